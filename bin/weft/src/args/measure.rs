//! Arguments of `weft yuma` and `weft bench`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum YumaCommand {
    /// Run the epochs of a case file; compare when it holds results
    Run {
        /// The case
        file: PathBuf,
    },
}

#[derive(Subcommand, Debug)]
pub enum BenchCommand {
    /// Real processes under a steady load of transfers
    Consensus(BenchConsensus),
    /// One epoch
    Yuma(BenchYuma),
    /// Plain transfers on a large state, on one thread
    Ledger(BenchLedger),
    /// Blocks with no, one and more epochs, on one thread
    Epochs(BenchEpochs),
    /// What a value of each kind takes of every node, and what it costs
    Fill(BenchFill),
    /// One part of `bench fill`, in a process of its own
    #[command(hide = true)]
    FillOne(BenchFillOne),
    /// The load process of `bench consensus`
    #[command(hide = true)]
    Load(BenchLoad),
}

#[derive(Args, Debug)]
pub struct BenchConsensus {
    /// How many nodes
    #[arg(short = 'n', long = "nodes", default_value_t = 4)]
    pub nodes: usize,
    /// Transfers offered a second
    #[arg(long, default_value_t = 6_000)]
    pub rate: u64,
    /// Seconds of load, after the warm-up
    #[arg(long, default_value = "20", value_name = "SECONDS")]
    pub duration: String,
    /// Accounts that send
    #[arg(long, default_value_t = 10_000)]
    pub senders: usize,
    /// Reads a second of the first node meanwhile: metagraph, account, block and supply in turn
    #[arg(long, default_value_t = 0)]
    pub reads: u64,
    /// A real subnet's stake and rows, in place of four voters and six miners
    #[arg(long, value_name = "FILE")]
    pub metagraph: Option<PathBuf>,
    /// Length of a slot
    #[arg(long, default_value_t = 250, value_name = "MS")]
    pub slot_ms: u64,
    /// Text that all keys are derived from
    #[arg(long, default_value = "bench")]
    pub seed: String,
    /// Where the network lives meanwhile
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct BenchLoad {
    /// The plan, as JSON
    #[arg(long)]
    pub plan: PathBuf,
}

#[derive(Args, Debug)]
pub struct BenchYuma {
    /// Validators with a dense row each
    #[arg(long, default_value_t = 64)]
    pub validators: u16,
    /// Neurons
    #[arg(long, default_value_t = 256)]
    pub uids: u16,
    /// yuma2, yuma3 or liquid
    #[arg(long, default_value = "yuma3")]
    pub variant: String,
    /// A case file instead of a dense epoch
    #[arg(long, value_name = "CASE")]
    pub file: Option<PathBuf>,
    /// How many runs
    #[arg(long, default_value_t = 201)]
    pub runs: usize,
    /// Everything that is random in a dense epoch follows from it
    #[arg(long, default_value_t = 1, value_parser = super::seed::seed(), conflicts_with = "file")]
    pub seed: u64,
}

#[derive(Args, Debug)]
pub struct BenchLedger {
    /// Accounts of the genesis
    #[arg(long, default_value_t = 1_000_000)]
    pub accounts: u32,
    /// Blocks to run
    #[arg(long, default_value_t = 20)]
    pub blocks: u32,
    /// Transfers in each
    #[arg(long, default_value_t = 20_000)]
    pub txs: u32,
    /// Everything that is random follows from it
    #[arg(long, default_value_t = 1, value_parser = super::seed::seed())]
    pub seed: u64,
}

#[derive(Args, Debug)]
pub struct BenchEpochs {
    /// Started subnets, all due at one height
    #[arg(long, default_value_t = 128)]
    pub subnets: u16,
    /// Neurons of each
    #[arg(long, default_value_t = 256)]
    pub uids: u16,
    /// Validators with a full row in each
    #[arg(long, default_value_t = 64)]
    pub validators: u16,
    /// The most epochs in a block; smaller caps are run as well
    #[arg(long, default_value_t = 2)]
    pub cap: u16,
    /// Blocks between two epochs of a subnet
    #[arg(long, default_value_t = 128)]
    pub tempo: u16,
    /// Timed passes over all subnets
    #[arg(long, default_value_t = 2)]
    pub passes: u16,
    /// Everything that is random follows from it
    #[arg(long, default_value_t = 1, value_parser = super::seed::seed())]
    pub seed: u64,
}

#[derive(Args, Debug)]
pub struct BenchFill {
    /// Which kinds; all when none is named
    #[arg(long = "kind", value_name = "KIND")]
    pub kinds: Vec<String>,
    /// Fill a node through its RPC as well and restart it, where a call makes the kind
    #[arg(long)]
    pub node: bool,
    /// Where that node lives meanwhile
    #[arg(long, value_name = "DIR", requires = "node")]
    pub dir: Option<PathBuf>,
    /// Values of each
    #[arg(long, default_value_t = 100_000)]
    pub entries: u32,
    /// Everything that is random follows from it
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Args, Debug)]
pub struct BenchFillOne {
    /// The plan, as JSON
    #[arg(long)]
    pub plan: String,
}
