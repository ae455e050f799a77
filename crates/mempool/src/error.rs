//! Why a transaction is not taken into the pool.

use weft_types::{Height, Netuid, Nonce, PublicKey, Rao};

/// Why a transaction is refused. All depend on the state or on the pool, so waiting or
/// paying more may help; what is wrong with a transaction itself is said by
/// [`weft_types::check`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// Its nonce was used.
    #[error(
        "nonce {got} of {signer} was used, the next one is {want}; see whether this very transaction used it before you sign another"
    )]
    NonceUsed {
        /// Who signed.
        signer: PublicKey,
        /// The nonce it has.
        got: Nonce,
        /// The next one of the account.
        want: Nonce,
    },
    /// Its nonce is too far ahead.
    #[error(
        "nonce {got} of {signer} is too far ahead of {want}; up to {limit} may wait, send the ones before it first"
    )]
    NonceAhead {
        /// Who signed.
        signer: PublicKey,
        /// The nonce it has.
        got: Nonce,
        /// The next one of the account.
        want: Nonce,
        /// How many nonces may wait.
        limit: u64,
    },
    /// Another one with this nonce waits.
    #[error(
        "another transaction with nonce {nonce} waits; a fee of {need:#} TAO or more replaces it"
    )]
    NonceTaken {
        /// The nonce.
        nonce: Nonce,
        /// The least fee that replaces the other one.
        need: Rao,
    },
    /// The signer can't pay for it and what already waits.
    #[error(
        "{signer} has {have:#} TAO free, this and what waits already need {need:#}; name less, or wait until what waits has run"
    )]
    TooPoor {
        /// Who signed.
        signer: PublicKey,
        /// What it has.
        have: Rao,
        /// What all would cost, amounts and fees; more than a rao amount holds is cut.
        need: Rao,
    },
    /// The signer has too many waiting.
    #[error("{signer} has {limit} transactions waiting, no more are kept; wait for a block")]
    SignerFull {
        /// Who signed.
        signer: PublicKey,
        /// How many may wait.
        limit: usize,
    },
    /// What the signer has waiting is too large.
    #[error("{signer} has {limit} bytes waiting or nearly so, no more are kept; wait for a block")]
    SignerBytes {
        /// Who signed.
        signer: PublicKey,
        /// How many bytes may wait.
        limit: u64,
    },
    /// The signer takes stake back from behind this hotkey already.
    #[error("{signer} takes stake back from behind {hotkey} already; wait for a block")]
    RemovalPending {
        /// Who signed.
        signer: PublicKey,
        /// Behind whom.
        hotkey: PublicKey,
    },
    /// The pool is full of better ones.
    #[error("the pool is full; pay more above the least fee or wait for a block")]
    Full,
    /// A free call of this kind waits already.
    #[error("a free {call} of {signer} for subnet {netuid} waits already; wait for a block")]
    FreePending {
        /// Who signed.
        signer: PublicKey,
        /// The call.
        call: &'static str,
        /// The subnet.
        netuid: Netuid,
    },
    /// A report of this offence waits already, whoever sent it.
    #[error("a report of that offence of {offender} waits already; there is nothing to do")]
    ReportPending {
        /// Who offended.
        offender: PublicKey,
    },
    /// Reports of other offences of that hotkey wait.
    #[error("{limit} reports of offences of {offender} wait, no more are kept; wait for a block")]
    OffenderFull {
        /// Who offended.
        offender: PublicKey,
        /// How many may wait.
        limit: usize,
    },
    /// There is no room for another free call.
    #[error("{limit} free calls wait, no more are kept; wait for a block")]
    FreeFull {
        /// How many may wait.
        limit: usize,
    },
    /// The state would not carry it.
    #[error(
        "{call} of {signer} would fail on the present state; see its rate limit, permit or stake"
    )]
    NotAllowed {
        /// Who signed.
        signer: PublicKey,
        /// The call.
        call: &'static str,
    },
    /// Its time is over.
    #[error("valid until height {until}, the next block has height {next}; sign it anew")]
    Expired {
        /// The last height that may carry it.
        until: Height,
        /// The height of the next block.
        next: Height,
    },
}
