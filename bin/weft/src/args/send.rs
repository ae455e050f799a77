//! Arguments of the wallet and of commands that sign.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum WalletCommand {
    /// Make a new wallet: a coldkey and a first hotkey
    Create(WalletName),
    /// Make a wallet of an existing seed
    Import(WalletImport),
    /// Wallets of this home
    List,
    /// Addresses of a wallet
    Show(WalletName),
    /// Sign a message
    Sign(WalletSign),
    /// Check signatures by the chain's rule
    Verify(WalletVerify),
}

#[derive(Args, Debug)]
pub struct WalletName {
    /// Its name
    pub name: String,
    /// Keep the keys unencrypted; only for test networks
    #[arg(long)]
    pub unencrypted: bool,
}

#[derive(Args, Debug)]
pub struct WalletImport {
    #[command(flatten)]
    pub name: WalletName,
    /// File whose first line is the coldkey's seed, 32 bytes in hex
    #[arg(long, value_name = "FILE")]
    pub seed_file: PathBuf,
}

#[derive(Args, Debug)]
pub struct WalletSign {
    /// The wallet
    pub name: String,
    /// What to sign
    #[arg(long)]
    pub message: String,
}

#[derive(Args, Debug)]
pub struct WalletVerify {
    /// A list of {public_key, message, signature} in hex; messages are raw bytes
    #[arg(long, value_name = "FILE", conflicts_with_all = ["address", "message", "signature"])]
    pub file: Option<PathBuf>,
    /// Check in batches of this many
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// Who is said to have signed
    #[arg(long, requires_all = ["message", "signature"])]
    pub address: Option<String>,
    /// What is said to be signed with `wallet sign`
    #[arg(long)]
    pub message: Option<String>,
    /// The signature in hex
    #[arg(long)]
    pub signature: Option<String>,
}

/// How long a sending command waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Wait {
    /// Not at all
    None,
    /// Until the transaction is final
    Finalized,
}

#[derive(Args, Debug)]
pub struct TransferArgs {
    /// Who receives: address, public key or wallet name
    pub to: String,
    /// How much: 1.5, 1.5tao or 1500000000rao
    pub amount: String,
    /// How long to wait
    #[arg(long, value_enum, default_value = "finalized")]
    pub wait: Wait,
}

#[derive(Subcommand, Debug)]
pub enum StakeCommand {
    /// Put free coins behind a hotkey
    Add(StakeArgs),
    /// Take stake back; it is free after the unbonding time
    Remove(StakeArgs),
    /// Set what the wallet's hotkey keeps of its delegators' dividends
    Take(super::market::TakeArgs),
}

#[derive(Args, Debug)]
pub struct StakeArgs {
    /// The hotkey: address, public key or wallet name
    pub to: String,
    /// How much
    pub amount: String,
    /// How long to wait
    #[arg(long, value_enum, default_value = "finalized")]
    pub wait: Wait,
}
