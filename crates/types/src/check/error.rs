//! Why something is refused before any state is looked at.

use crate::hash::Hash;
use crate::key::PublicKey;
use crate::tx::ChainTag;
use crate::units::Rao;

/// Why a transaction is refused before any state is looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TxError {
    /// It names another chain.
    #[error("the transaction is for chain {got}, this is chain {want}; sign it for this chain")]
    OtherChain {
        /// The chain it names.
        got: ChainTag,
        /// This chain.
        want: ChainTag,
    },
    /// It is larger than a transaction may be.
    #[error("the transaction has {got} bytes, {limit} are allowed")]
    TooLarge {
        /// How many it has.
        got: usize,
        /// How many it may have.
        limit: usize,
    },
    /// It pays too little.
    #[error("the fee of {have:#} TAO is too small; {need:#} TAO are due for {bytes} bytes")]
    FeeTooLow {
        /// What it offers.
        have: Rao,
        /// What is due.
        need: Rao,
        /// Its size.
        bytes: u32,
    },
    /// A free call has a fee or a nonce.
    #[error("{call} is free: its fee and nonce must be 0")]
    FreeCallPays {
        /// The call's name.
        call: &'static str,
    },
    /// A batch holds nothing, or too much.
    #[error("the batch holds {got} calls; from 1 to {limit} may be")]
    BatchSize {
        /// How many it holds.
        got: usize,
        /// How many it may hold.
        limit: u32,
    },
    /// A call can't be in a batch.
    #[error("{call} can't be in a batch: it is free, or a batch itself; send it alone")]
    NotInABatch {
        /// The call's name.
        call: &'static str,
    },
    /// It reports an offence that is not signed by whom it names.
    #[error("{offender} did not sign both on this chain; take them as they were sent")]
    BadEvidence {
        /// Who is said to have signed.
        offender: PublicKey,
    },
    /// The signature is not good.
    #[error("the signature is not by {signer} over this transaction")]
    BadSignature {
        /// Who is said to have signed.
        signer: PublicKey,
    },
}

/// Why a share is refused before any state is looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Its items are too many.
    #[error("the share's items have {got} bytes, {limit} are allowed")]
    TooLarge {
        /// How many they have.
        got: usize,
        /// How many they may have.
        limit: u32,
    },
    /// The signature is not good.
    #[error("the signature is not by voter {voter} over this vote")]
    BadSignature {
        /// Who is said to have voted.
        voter: PublicKey,
    },
    /// The items are not those that were voted on: the fault of the peer that sent
    /// them, never of the voter.
    #[error("the items hash to {got}, the vote of {voter} names {want}")]
    BadDigest {
        /// Who voted.
        voter: PublicKey,
        /// The digest in the vote.
        want: Hash,
        /// The digest of the items.
        got: Hash,
    },
}

/// Why a block is refused before any state is looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// It is larger than a block may be.
    #[error("the block has {got} bytes, {limit} are allowed")]
    TooLarge {
        /// How many it has.
        got: usize,
        /// How many it may have.
        limit: u32,
    },
    /// It has more calls than a block may have.
    #[error("the block has {got} transactions, {limit} are allowed")]
    TooManyCalls {
        /// How many it has.
        got: usize,
        /// How many it may have.
        limit: u32,
    },
    /// Its free calls take more bytes than they may.
    #[error("the block's free calls have {got} bytes, {limit} are allowed")]
    TooManyFreeBytes {
        /// How many they have.
        got: usize,
        /// How many they may have.
        limit: u32,
    },
    /// The proposer did not sign this header.
    #[error("the header is not signed by its proposer {proposer}")]
    BadSignature {
        /// Who is said to have proposed.
        proposer: PublicKey,
    },
    /// The transactions are not those of the header.
    #[error("the transactions have root {got}, the header names {want}")]
    TxsRoot {
        /// The header's.
        want: Hash,
        /// That of the transactions.
        got: Hash,
    },
    /// The proofs are not those of the header.
    #[error("the proofs have root {got}, the header names {want}")]
    ProofRoot {
        /// The header's.
        want: Hash,
        /// That of the proofs.
        got: Hash,
    },
    /// The voters of a proof are not strictly ascending.
    #[error("the voters of a proof are not strictly ascending at {voter}")]
    ProofOrder {
        /// The first one out of order.
        voter: PublicKey,
    },
    /// A share in the work proof is not good.
    #[error("a share of the work proof: {0}")]
    Share(#[from] ShareError),
    /// A vote in the catch-up proof is not good.
    #[error("the catch-up vote of {voter} is not signed by it")]
    CatchUpSignature {
        /// Who is said to have voted.
        voter: PublicKey,
    },
    /// A transaction is not good.
    #[error("transaction {index} of the block: {error}")]
    Tx {
        /// Its position.
        index: usize,
        /// What is wrong with it.
        error: TxError,
    },
}
