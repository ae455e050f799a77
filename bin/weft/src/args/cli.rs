//! The line as a whole: the flags that stand before every command, and the commands.
//!
//! Not here: what each command takes (the files beside this one), and how a line is read
//! ([`super::global`]).

use super::chain::{EmissionArgs, GenesisCommand};
use super::market::{
    BatchArgs, PermitArgs, ReferenceArgs, RegisterArgs, ServeArgs, SubnetCommand, VoterCommand,
    WeightsCommand,
};
use super::measure::{BenchCommand, YumaCommand};
use super::node::{NodeCommand, TestnetCommand};
use super::read::QueryCommand;
use super::send::{StakeCommand, TransferArgs};
use super::sim::SimCommand;
use super::wallet::WalletCommand;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// A chain whose proof of work is the weight matrix: its node, local networks, wallet,
/// measurements and simulator in one program.
#[derive(Parser, Debug)]
#[command(name = "weft", version, propagate_version = true, after_help = FIRST_STEPS)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What to try first.
const FIRST_STEPS: &str = "\
First steps:
  weft testnet up          a network of four nodes on this machine
  weft query supply        ask it something
  weft testnet down        stop it

docs/cli.md says how every command behaves.";

/// Flags of every command that has a use for them; [`super::global`] says which have none.
#[derive(Args, Debug, Clone)]
pub struct Global {
    /// Directory of wallets and settings [env: WEFT_HOME] [default: ~/.weft]
    #[arg(long, global = true, value_name = "DIR", help_heading = PLACES)]
    pub home: Option<PathBuf>,
    /// Node to ask: "local" (the running testnet) or a URL [env: WEFT_NETWORK]
    #[arg(long, global = true, default_value = "local", help_heading = PLACES)]
    pub network: String,
    /// Seconds to wait for an answer or for finality
    #[arg(long, global = true, default_value_t = 30, value_name = "SECONDS", help_heading = PLACES)]
    pub timeout: u64,
    /// Wallet to sign with [env: WEFT_WALLET]
    #[arg(long, short = 'w', global = true, value_name = "NAME", help_heading = SIGNING)]
    pub wallet: Option<String>,
    /// Hotkey of the wallet [env: WEFT_HOTKEY]
    #[arg(long, short = 'k', global = true, value_name = "NAME", help_heading = SIGNING)]
    pub hotkey: Option<String>,
    /// File whose first line is the wallet's password [env: WEFT_PASSWORD_FILE]
    #[arg(long, global = true, value_name = "FILE", help_heading = SIGNING)]
    pub password_file: Option<PathBuf>,
    /// Show what would be sent and stop
    #[arg(long, global = true, help_heading = SIGNING)]
    pub dry_run: bool,
    /// Say yes to what would be asked
    #[arg(long, short = 'y', global = true, help_heading = SIGNING)]
    pub yes: bool,
    /// Never ask; fail with exit code 5 instead
    #[arg(long, global = true, help_heading = SIGNING)]
    pub no_input: bool,
    /// One JSON document on stdout, never a question
    #[arg(long, global = true, help_heading = PRINTING)]
    pub json: bool,
    /// Print only the value at this JSON pointer of the answer, for scripts: /issued
    #[arg(long, global = true, value_name = "POINTER", conflicts_with = "json", help_heading = PRINTING)]
    pub pick: Option<String>,
    /// Print keys and hashes in full, also in tables
    #[arg(long, global = true, help_heading = PRINTING)]
    pub full: bool,
}

// Headings of the flags above in every help.
const PLACES: &str = "Where";
const SIGNING: &str = "Signing";
const PRINTING: &str = "Printing";

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
    /// Offer a hotkey as a voter; --help says how a follower becomes one
    #[command(subcommand, after_help = super::market::HOW_TO_VOTE)]
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
