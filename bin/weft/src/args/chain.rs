//! Arguments of `weft emission` and `weft genesis`.

use clap::{Args, Subcommand};
use std::path::PathBuf;
use weft_types::Network;

#[derive(Args, Debug)]
pub struct EmissionArgs {
    /// Only what a block emits at this issuance: 1.5 and 1.5tao are TAO, 123rao are rao
    #[arg(long, value_name = "ISSUANCE", conflicts_with = "svg")]
    pub at: Option<String>,
    /// Also write a plot of the supply
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub enum GenesisCommand {
    /// Make the genesis of a fair launch: nobody has a coin
    New(GenesisNew),
    /// Make a genesis of a launch ledger: balances {SS58: rao} and stakes
    /// {coldkey: {hotkey: [rao, uid]}}
    Import(GenesisImport),
    /// What a genesis file holds
    Show {
        /// The file
        file: PathBuf,
    },
}

/// Whose numbers a chain has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Preset {
    /// The public chain's
    Main,
    /// Short times, for one machine
    Local,
    /// Shorter still, for measuring
    Bench,
}

impl From<Preset> for Network {
    fn from(preset: Preset) -> Self {
        match preset {
            Preset::Main => Self::Main,
            Preset::Local => Self::Local,
            Preset::Bench => Self::Bench,
        }
    }
}

#[derive(Args, Debug)]
pub struct GenesisNew {
    /// The file to write; never written over
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// A voter with the coldkey that owns it; addresses or public keys; give it once for each
    #[arg(long, value_name = "HOTKEY:COLDKEY", required = true)]
    pub voter: Vec<String>,
    /// Whose numbers the chain has
    #[arg(long, value_enum, default_value = "main")]
    pub network_preset: Preset,
    /// A name; part of the chain id
    #[arg(long, default_value = "weft")]
    pub name: String,
    /// When slot 0 begins, in milliseconds since 1970; a minute from now when not given
    #[arg(long, value_name = "MS")]
    pub genesis_time: Option<u64>,
}

#[derive(Args, Debug)]
pub struct GenesisImport {
    /// The ledger
    pub file: PathBuf,
    /// Where genesis.json, voter.key and coldkey.key are written; none of them is ever
    /// written over
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Whose numbers the chain has
    #[arg(long, alias = "preset", value_enum, default_value = "local")]
    pub network_preset: Preset,
    /// The hotkey that votes: address or public key; a new one, in voter.key, when not given
    #[arg(long, value_name = "HOTKEY")]
    pub voter: Option<String>,
    /// A name; part of the chain id
    #[arg(long, default_value = "imported")]
    pub name: String,
    /// When slot 0 begins, in milliseconds since 1970; a second from now when not given
    #[arg(long, value_name = "MS")]
    pub genesis_time: Option<u64>,
}
