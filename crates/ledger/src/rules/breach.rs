//! Why a block is invalid.

use super::error::CallError;
use weft_types::check::TxError;
use weft_types::{Height, Nonce, Rao, TxId, Version};

/// Why a block is invalid by the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// The parent's state is not whole.
    #[error("the parent's state has no record of {0}; this is a fault of the program")]
    StateIncomplete(&'static str),
    /// It is no child of the state it runs on.
    #[error("the block has height {got}, a child of this state has {want}")]
    WrongHeight {
        /// The header's.
        got: Height,
        /// One above the state's.
        want: Height,
    },
    /// Its header names another version than the parent's state asks for (R21).
    #[error("the header has version {got}, a child of this state has {want}")]
    WrongVersion {
        /// The header's.
        got: u16,
        /// What the parent's state asks for.
        want: u16,
    },
    /// The state asks for rules that this program can't run (R21).
    #[error("it is run by rules {} ({}), which this program does not know; update it", .0.version, .0.id)]
    UnknownRules(Version),
    /// A transaction that the rules of this version refuse (R21).
    #[error("transaction {id} is not good by rules {version}: {error}")]
    AgainstRules {
        /// Which transaction.
        id: TxId,
        /// The number of the rules.
        version: u16,
        /// What is wrong with it.
        error: TxError,
    },
    /// A nonce with a gap or used before.
    #[error("transaction {id} has nonce {got}, the account's next is {want}")]
    WrongNonce {
        /// Which transaction.
        id: TxId,
        /// Its nonce.
        got: Nonce,
        /// The next one.
        want: Nonce,
    },
    /// The signer can't pay the fee.
    #[error("transaction {id} owes {need:#} TAO of fee and deposit, its signer has {have:#}")]
    CannotPay {
        /// Which transaction.
        id: TxId,
        /// What the signer has.
        have: Rao,
        /// The fee, and the deposit that `remove_stake` pays where its signer has no account.
        need: Rao,
    },
    /// As many requests to take stake back are in the block as may be; it can be in the next.
    #[error("the block holds {limit} requests to take stake back, and {id} is one too many")]
    ExitsFull {
        /// Which transaction.
        id: TxId,
        /// How many may be.
        limit: u32,
    },
    /// The state is full, and the signer has no account.
    #[error("transaction {id} can't open its signer's account: {error}")]
    CannotOpen {
        /// Which transaction.
        id: TxId,
        /// Why.
        error: CallError,
    },
    /// Too late.
    #[error("transaction {id} was valid until height {until}, the block is at {height}")]
    Expired {
        /// Which transaction.
        id: TxId,
        /// Its last height.
        until: Height,
        /// The block's.
        height: Height,
    },
    /// A free call that fails.
    #[error("free transaction {id} fails: {error}")]
    FreeCallFails {
        /// Which transaction.
        id: TxId,
        /// Why.
        error: CallError,
    },
    /// A total left its range: nothing a valid state can come to.
    #[error("a total left its range; this is a fault of the program")]
    Overflow,
}
