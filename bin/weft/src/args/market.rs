//! Arguments of commands about subnets, neurons and voters that sign.

use super::paying::{Paying, Sending};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum SubnetCommand {
    /// All subnets
    List,
    /// The neurons of a subnet
    Metagraph {
        /// The subnet
        netuid: u16,
    },
    /// Create a subnet for a lock; the wallet's hotkey becomes its uid 0
    Create(SubnetCreate),
    /// Start a subnet of the wallet: it earns from the next block on
    Start(SubnetStart),
    /// Set a hyperparameter of a subnet of the wallet
    Set(SubnetSet),
    /// Say what a subnet of the wallet is
    Describe(SubnetDescribe),
}

#[derive(Args, Debug)]
pub struct SubnetCreate {
    /// The most to lock; the price of the moment when not given
    #[arg(long, value_name = "AMOUNT")]
    pub max_lock: Option<String>,
    #[command(flatten)]
    pub paying: Paying,
}

#[derive(Args, Debug)]
pub struct SubnetStart {
    /// The subnet
    pub netuid: u16,
    #[command(flatten)]
    pub paying: Paying,
}

#[derive(Args, Debug)]
pub struct SubnetSet {
    /// The subnet
    pub netuid: u16,
    /// Which, by name: weft query hyperparameters NETUID lists them
    pub name: String,
    /// To what: a whole number, on or off, or an amount: 1.5, 1.5tao or 1500000000rao
    pub value: String,
    #[command(flatten)]
    pub paying: Paying,
}

#[derive(Args, Debug)]
pub struct SubnetDescribe {
    /// The subnet
    pub netuid: u16,
    /// Its name
    #[arg(long)]
    pub name: String,
    /// Where to read on
    #[arg(long, default_value = "")]
    pub url: String,
    /// What its miners do
    #[arg(long, default_value = "")]
    pub description: String,
    #[command(flatten)]
    pub paying: Paying,
}

#[derive(Args, Debug)]
pub struct RegisterArgs {
    /// The subnet
    pub netuid: u16,
    /// Search for a stamp instead of burning coins: free, for a launch at which nobody
    /// has any
    #[arg(long, conflicts_with = "max_burn")]
    pub stamp: bool,
    /// The most to burn; what the wallet can pay when not given, at most the price and a fifth
    /// of it
    #[arg(long, value_name = "AMOUNT")]
    pub max_burn: Option<String>,
    #[command(flatten)]
    pub paying: Paying,
}

#[derive(Args, Debug)]
pub struct ServeArgs {
    /// The subnet
    pub netuid: u16,
    /// Where: /ip4/1.2.3.4/tcp/8091, with #4 behind for protocol 4
    pub endpoint: String,
    #[command(flatten)]
    pub sending: Sending,
}

#[derive(Args, Debug)]
pub struct PermitArgs {
    /// The subnet
    pub netuid: u16,
    /// Ask no more
    #[arg(long)]
    pub off: bool,
    #[command(flatten)]
    pub sending: Sending,
}

/// What `weft voter --help` says below the commands; a test follows it.
pub const HOW_TO_VOTE: &str = "\
How a node that follows becomes a voter (-w me is the wallet, N the subnet, NODE the node's home):
  1. weft node join URL --home NODE      follow the chain; leave it running
  2. weft wallet create me               a coldkey, and the hotkey that will vote; the coins come
                                         from whoever has some: weft transfer me AMOUNT
  3. weft register N -w me               a seat in a subnet: coins, or --stamp and time
  4. weft stake add me AMOUNT -w me      the stake behind the hotkey is its power
  5. weft permit N -w me                 ask to validate; the next epochs give permits by stake
  6. weft weights set N --set UID=SCORE,... -w me
                                         score miners; refused until there is a permit. A row that
                                         is older than activity_cutoff blocks (weft query
                                         hyperparameters N) at a rotation height counts for nothing:
                                         write it anew until the node votes
  7. weft voter key --node NODE -w me    give the node the hotkey, then start it again:
     weft node run --home NODE           it offers the hotkey by itself, in every quarter of a
                                         rotation
  8. weft query voters                   at a rotation height the candidates with most stake are
                                         taken, of their stake as much as they had at the one
                                         before; from then on the node signs
     weft --home NODE voter row N --set UID=SCORE,...
                                         is given to that node, whose shares then carry the row;
                                         without --home it goes to the testnet that runs here
Let the key run on one node only: two sign twice, and that costs the stake.";

#[derive(Subcommand, Debug)]
pub enum VoterCommand {
    /// Give a node's home the wallet's hotkey to vote with, from its next start on
    Key {
        /// The node's home; that of --home, or ~/.weft/node, when not given
        #[arg(long, value_name = "DIR")]
        node: Option<PathBuf>,
    },
    /// Offer the wallet's hotkey as a voter, or renew the offer
    Join {
        /// A subnet in which it has a permit and a row
        netuid: u16,
        #[command(flatten)]
        sending: Sending,
    },
    /// Give the node's own voter a row for its next shares; netuid 0 scores subnets
    Row {
        /// The subnet
        netuid: u16,
        /// Scores as uid=score,uid=score; only their ratios count
        #[arg(long, value_name = "UID=SCORE,…")]
        set: String,
    },
    /// Report a voter who signed two things that no honest one signs both of
    Report {
        /// The two as JSON, as a simulation or weft reference calls shows them
        file: PathBuf,
        #[command(flatten)]
        sending: Sending,
    },
    /// Take the offer of the wallet's hotkey back; a node that runs with its key offers it again,
    /// unless its config.toml says offer = false
    Leave {
        #[command(flatten)]
        paying: Paying,
    },
}

#[derive(Args, Debug)]
pub struct BatchArgs {
    /// A JSON list of calls, as weft reference calls shows them
    pub file: PathBuf,
    #[command(flatten)]
    pub paying: Paying,
}

#[derive(Args, Debug)]
pub struct TakeArgs {
    /// The part of the delegators' dividends to keep, in percent: 0 to 18
    pub percent: String,
    #[command(flatten)]
    pub paying: Paying,
}

#[derive(Subcommand, Debug)]
pub enum WeightsCommand {
    /// Write the row of the wallet's hotkey; netuid 0 scores subnets
    Set(WeightsSet),
    /// Commit to a row and keep what it was in the home directory
    Commit(WeightsSet),
    /// Reveal the row that was committed to
    Reveal(WeightsReveal),
    /// Rows as stored
    Show(WeightsShow),
}

#[derive(Args, Debug)]
pub struct WeightsSet {
    /// The subnet
    pub netuid: u16,
    /// Scores as uid=score,uid=score; only their ratios count
    #[arg(long, value_name = "UID=SCORE,…")]
    pub set: String,
    /// Version of the validator's code
    #[arg(long, default_value_t = 0)]
    pub version_key: u64,
    #[command(flatten)]
    pub sending: Sending,
}

#[derive(Args, Debug)]
pub struct WeightsReveal {
    /// The subnet
    pub netuid: u16,
    #[command(flatten)]
    pub sending: Sending,
}

#[derive(Args, Debug)]
pub struct WeightsShow {
    /// The subnet; 0 is the root matrix
    pub netuid: u16,
    /// Only this uid's row
    #[arg(long)]
    pub uid: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Table {
    /// What a transaction can do
    Calls,
    /// Why a call fails
    Errors,
    /// What a block did beside
    Events,
    /// The numbers of a subnet
    Hyperparameters,
}

#[derive(Args, Debug)]
pub struct ReferenceArgs {
    /// Only this table
    pub table: Option<Table>,
    /// As a page of documentation
    #[arg(long, conflicts_with = "table")]
    pub markdown: bool,
}
