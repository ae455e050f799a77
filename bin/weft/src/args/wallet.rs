//! Arguments of the wallet.

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
    Show(WalletOf),
    /// Give all keys of a wallet another password
    Passwd(WalletPasswd),
    /// Write a key's seed down: who has it has the key
    Export(WalletExport),
    /// Sign a message
    Sign(WalletSign),
    /// Check signatures by the chain's rule
    Verify(WalletVerify),
}

#[derive(Args, Debug)]
pub struct WalletOf {
    /// Its name
    pub name: String,
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
pub struct WalletPasswd {
    /// The wallet
    pub name: String,
    /// File whose first line is the new password; asked for twice when not given
    #[arg(long, value_name = "FILE", conflicts_with = "unencrypted")]
    pub new_password_file: Option<PathBuf>,
    /// Keep the keys unencrypted from now on; only for test networks
    #[arg(long)]
    pub unencrypted: bool,
}

#[derive(Args, Debug)]
pub struct WalletExport {
    /// The wallet; its coldkey, or with --hotkey that hotkey
    pub name: String,
    /// The file to write, for its owner only and never written over; the screen when not given
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
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
