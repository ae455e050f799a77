//! How a transaction is sent: arguments that every command which signs has.

use clap::Args;
use weft_types::Hash;

/// How long a sending command waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Wait {
    /// Not at all
    None,
    /// Until the transaction is final
    Finalized,
}

/// How a transaction is sent.
#[derive(Args, Debug, Clone)]
pub struct Sending {
    /// How long to wait
    #[arg(long, value_enum, default_value = "finalized", help_heading = "Sending")]
    pub wait: Wait,
    /// Send also what would fail on the node's present state
    #[arg(long, help_heading = "Sending")]
    pub force: bool,
    /// Send the very bytes of this transaction again, which were kept when it was sent first;
    /// nothing is signed, and nothing is paid twice
    #[arg(long, value_name = "ID", help_heading = "Sending")]
    pub resume: Option<Hash>,
}

/// How a transaction that pays is sent.
#[derive(Args, Debug, Clone)]
pub struct Paying {
    #[command(flatten)]
    pub sending: Sending,
    /// The fee; the least that is taken when not given
    #[arg(long, value_name = "AMOUNT", help_heading = "Sending")]
    pub fee: Option<String>,
    /// The nonce; the one behind all that wait when not given. With that of one that waits and
    /// a higher --fee it takes its place
    #[arg(long, value_name = "N", help_heading = "Sending")]
    pub nonce: Option<u64>,
}
