//! Why a block is invalid.

use super::error::{Broken, CallError};
use weft_types::{Height, Nonce, PublicKey, Rao, Slot};

/// Why the rules refuse a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not stand on this state.
    #[error("the block has height {got}, on this state {want} belongs")]
    Height {
        /// The header's.
        got: Height,
        /// One above the state's.
        want: Height,
    },
    /// Its slot is not later than its parent's (R5).
    #[error("the block's slot {got} is not after its parent's slot {parent}")]
    Slot {
        /// The header's.
        got: Slot,
        /// The state's.
        parent: Slot,
    },
    /// Nobody owns the proposer's hotkey.
    #[error("the proposer {hotkey} is no hotkey with an owner; nobody could earn its fees")]
    UnknownProposer {
        /// The proposer.
        hotkey: PublicKey,
    },
    /// A transaction that must not be in a block.
    #[error("transaction {index} of the block: {error}")]
    Tx {
        /// Its position.
        index: usize,
        /// What is wrong with it.
        error: TxRefusal,
    },
    /// The state contradicts itself.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Why no block may carry a transaction on this state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TxRefusal {
    /// Its time is over.
    #[error("it is valid until height {until}, the block has height {now}")]
    Expired {
        /// The last height it is good for.
        until: Height,
        /// The block's.
        now: Height,
    },
    /// Its nonce is not the signer's next.
    #[error("its nonce is {got}, the signer's next is {want}")]
    WrongNonce {
        /// Its nonce.
        got: Nonce,
        /// The signer's next.
        want: Nonce,
    },
    /// The signer can't pay the fee.
    #[error("its fee is {fee} rao, the signer has {have} free")]
    CannotPay {
        /// The fee.
        fee: Rao,
        /// The signer's free coins.
        have: Rao,
    },
    /// A call that pays nothing, or only when it succeeds, fails.
    #[error("{call} fails, and then pays nothing: {error}")]
    Fails {
        /// The call's name.
        call: &'static str,
        /// Why it fails.
        error: CallError,
    },
}
