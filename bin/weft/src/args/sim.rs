//! Arguments of `weft sim`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum SimCommand {
    /// Play one seed
    Run(SimRun),
    /// The ways in which things go wrong
    Profiles,
    /// Play many seeds; exit 8 when one breaks a promise
    Hunt(SimHunt),
    /// Play voters whose keys run on two nodes each, under scripted partitions
    Twins(SimTwins),
    /// Play a written scenario
    Scenario(SimScenario),
    /// Play a launch from zero coins on the real ledger: who holds what, day by day
    Launch(SimLaunch),
    /// Play attacks on incentives on the real ledger: what each strategy earns
    Incentives(super::SimIncentives),
}

#[derive(Args, Debug)]
pub struct SimRun {
    /// Everything that is random follows from it
    #[arg(long, default_value_t = 1, value_parser = super::seed::seed())]
    pub seed: u64,
    /// What goes wrong, by the name of a profile; without one the flags below say it
    #[arg(long, conflicts_with_all = ["voters", "slots", "loss", "partition"])]
    pub profile: Option<String>,
    /// How many voters
    #[arg(long, default_value_t = 4)]
    pub voters: usize,
    /// For how many slots things go wrong; a few in fair weather follow, until all is final
    #[arg(long, default_value_t = 100)]
    pub slots: u64,
    /// Which part of the messages is lost, 0 to 1
    #[arg(long, default_value = "0")]
    pub loss: String,
    /// Slots in which the voters are split in two halves; the run lasts until they end
    #[arg(long, value_name = "K1..K2")]
    pub partition: Option<String>,
}

#[derive(Args, Debug)]
pub struct SimHunt {
    /// The seeds, the last not among them
    #[arg(long, value_name = "A..B", default_value = "0..1000")]
    pub seeds: String,
    /// One profile; without it all take turns
    #[arg(long)]
    pub profile: Option<String>,
    /// Seeds at a time; without it one for each core
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=64))]
    pub jobs: Option<u64>,
    /// Stop at the first seed that breaks a promise
    #[arg(long)]
    pub first: bool,
}

#[derive(Args, Debug)]
pub struct SimTwins {
    /// How many voters
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(2..=32))]
    pub voters: u64,
    /// How many of them have a twin; without it as many as are less than a third
    #[arg(long)]
    pub twins: Option<usize>,
    /// Rounds, with a partition each
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=32))]
    pub rounds: u32,
    /// How many scenarios at the most; all there are, when they are fewer
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub sample: u64,
    /// Which ones, when not all; keys and schedules follow it too
    #[arg(long, default_value_t = 1, value_parser = super::seed::seed())]
    pub seed: u64,
    /// Play just the scenario of this number
    #[arg(long, value_name = "NUMBER")]
    pub only: Option<u64>,
    /// Scenarios at a time; without it one for each core
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=64))]
    pub jobs: Option<u64>,
}

#[derive(Args, Debug)]
pub struct SimScenario {
    /// The scenario, in TOML
    pub file: PathBuf,
    /// Play just this seed
    #[arg(long, value_parser = super::seed::seed())]
    pub seed: Option<u64>,
    /// Play just the case of this name
    #[arg(long, value_name = "NAME")]
    pub case: Option<String>,
    /// Seeds at a time; without it one for each core
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=64))]
    pub jobs: Option<u64>,
}

#[derive(Args, Debug)]
pub struct SimLaunch {
    /// How many days of 7200 blocks
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3650))]
    pub days: u64,
    /// Everything that is random follows from it
    #[arg(long, default_value_t = 1, value_parser = super::seed::seed())]
    pub seed: u64,
    /// Miners of many people
    #[arg(long, default_value_t = 168, value_parser = clap::value_parser!(u16).range(0..=2000))]
    pub honest: u16,
    /// Miners of one attacker, who score only each other and all validate
    #[arg(long, default_value_t = 72, value_parser = clap::value_parser!(u16).range(0..=2000))]
    pub attackers: u16,
    /// Cores that search for each of the attacker's stamps; an honest miner has one
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub attacker_cores: u64,
    /// Which part of the honest miners also validates, 0 to 1
    #[arg(long, default_value = "0.2")]
    pub validating: String,
    /// Voters that genesis names
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub voters: u16,
    /// Also write a plot of who holds what
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}
