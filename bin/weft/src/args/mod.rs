//! The command line. Names and manners follow docs/cli.md.

mod chain;
mod incentives;
mod market;
mod measure;
mod node;
mod read;
mod send;
mod sends;
mod sim;
mod wallet;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

pub use chain::{EmissionArgs, GenesisCommand, GenesisImport, GenesisNew};
pub use incentives::SimIncentives;
pub use market::{
    BatchArgs, PermitArgs, ReferenceArgs, RegisterArgs, ServeArgs, SubnetCommand, SubnetCreate,
    Table, VoterCommand, WeightsCommand, WeightsReveal, WeightsSet, WeightsShow,
};
pub use measure::{
    BenchCommand, BenchConsensus, BenchEpochs, BenchLedger, BenchLoad, BenchYuma, YumaCommand,
};
pub use node::{
    FaultCommand, FaultPartition, NodeCommand, NodeInit, NodeRun, TestnetCommand, TestnetUp,
    TestnetWires,
};
pub use read::QueryCommand;
pub use send::{Paying, Sending, StakeArgs, StakeCommand, TransferArgs, Wait};
pub use sim::{SimCommand, SimHunt, SimLaunch, SimRun, SimScenario, SimTwins};
pub use wallet::{WalletCommand, WalletExport, WalletName, WalletPasswd, WalletSign, WalletVerify};

/// A chain whose proof of work is the weight matrix.
#[derive(Parser, Debug)]
#[command(name = "weft", version, about, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Args, Debug, Clone)]
pub struct Global {
    /// Directory of wallets and settings
    #[arg(long, global = true, env = "WEFT_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Node to ask: "local" (the running testnet) or a URL
    #[arg(long, global = true, env = "WEFT_NETWORK", default_value = "local")]
    pub network: String,
    /// Wallet to sign with
    #[arg(long, short = 'w', global = true, env = "WEFT_WALLET", value_name = "NAME")]
    pub wallet: Option<String>,
    /// Hotkey of the wallet
    #[arg(long, short = 'k', global = true, env = "WEFT_HOTKEY", value_name = "NAME")]
    pub hotkey: Option<String>,
    /// One JSON document on stdout, never a question
    #[arg(long, global = true)]
    pub json: bool,
    /// Print only the value at this JSON pointer of the answer, for scripts: /issued
    #[arg(long, global = true, value_name = "POINTER", conflicts_with = "json")]
    pub pick: Option<String>,
    /// Say yes to what would be asked
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,
    /// Show what would be sent and stop
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Never ask; fail with exit code 5 instead
    #[arg(long, global = true)]
    pub no_input: bool,
    /// File whose first line is the wallet's password
    #[arg(long, global = true, env = "WEFT_PASSWORD_FILE", value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Seconds to wait for an answer or for finality
    #[arg(long, global = true, default_value_t = 30, value_name = "SECONDS")]
    pub timeout: u64,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a node
    #[command(subcommand)]
    Node(NodeCommand),
    /// Make, watch and stop a network of processes on this machine
    #[command(subcommand)]
    Testnet(TestnetCommand),
    /// Keys in encrypted files
    #[command(subcommand)]
    Wallet(WalletCommand),
    /// Send free coins
    Transfer(TransferArgs),
    /// Put coins behind a hotkey, or take them back
    #[command(subcommand)]
    Stake(StakeCommand),
    /// Register a hotkey as a neuron of a subnet
    Register(RegisterArgs),
    /// Say where the wallet's neuron can be reached
    Serve(ServeArgs),
    /// Ask for a validator permit for the wallet's neuron
    Permit(PermitArgs),
    /// Offer a hotkey as a voter
    #[command(subcommand)]
    Voter(VoterCommand),
    /// Send several calls as one: all are done, or none
    Batch(BatchArgs),
    /// Weight rows
    #[command(subcommand)]
    Weights(WeightsCommand),
    /// The tables of calls, errors, events and hyperparameters
    Reference(ReferenceArgs),
    /// Subnets and their neurons
    #[command(subcommand, alias = "subnets")]
    Subnet(SubnetCommand),
    /// Read accounts, blocks and totals
    #[command(subcommand)]
    Query(QueryCommand),
    /// Every halving and the supply of every year, from block 0 to the last rao
    Emission(EmissionArgs),
    /// Genesis files
    #[command(subcommand)]
    Genesis(GenesisCommand),
    /// Yuma consensus on a file
    #[command(subcommand)]
    Yuma(YumaCommand),
    /// Measure, and check what was measured
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Many voters under a seeded clock and network
    #[command(subcommand)]
    Sim(SimCommand),
}

impl Command {
    /// Whether there are transactions that it may send, so that `--dry-run` has something to
    /// show.
    pub const fn may_send(&self) -> bool {
        matches!(
            self,
            Self::Transfer(_)
                | Self::Stake(_)
                | Self::Register(_)
                | Self::Serve(_)
                | Self::Permit(_)
                | Self::Voter(_)
                | Self::Batch(_)
                | Self::Weights(_)
                | Self::Subnet(_)
        )
    }
}
