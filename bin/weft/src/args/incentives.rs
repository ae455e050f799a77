//! Arguments of `weft sim incentives`.

use clap::Args;
use std::path::PathBuf;

#[derive(Args, Debug)]
pub struct SimIncentives {
    /// Which attack, or all of them
    #[arg(long, default_value = "all", value_name = "NAME|all")]
    pub attack: String,
    /// How many epochs are counted
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub epochs: u64,
    /// Everything that is random follows from it
    #[arg(long, default_value_t = 1, value_parser = super::seed::seed())]
    pub seed: u64,
    /// By which part a judge errs at most, 0 to 1, instead of what the attack has
    #[arg(long, value_name = "P")]
    pub error: Option<String>,
    /// By which part work gets better or worse from epoch to epoch at most, 0 to 1
    #[arg(long, value_name = "P")]
    pub drift: Option<String>,
    /// After how many epochs a new miner takes a uid; 0 for never
    #[arg(long, value_name = "EPOCHS")]
    pub change: Option<u64>,
    /// Also write a plot of what each strategy earns; of all attacks one each, its name
    /// put into the file's
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}
