//! Blocks: a header and what it binds by its roots.
//!
//! `txs_root` is over the transactions with their signatures, `proof_root` over the
//! votes of work proof and catch-up proof with their signatures. Items are bound by
//! the digest in their vote, so an archive may drop them.

use crate::canonical;
use crate::hash::{BlockHash, Domain, Hash};
use crate::header::{Header, SignedHeader};
use crate::merkle;
use crate::share::{Checkpoint, Share, SignedVote};
use crate::tx::Tx;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A quorum for an ancestor above the parent's justified checkpoint (R9). Counts for
/// finality, never for work, and carries no items.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct CatchUp {
    /// The ancestor.
    pub target: Checkpoint,
    /// Its votes, voters strictly ascending.
    pub votes: Vec<SignedVote>,
}

/// A block as it travels and is kept.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Block {
    /// The header with its signature.
    pub signed: SignedHeader,
    /// The work proof: shares for the parent, voters strictly ascending.
    pub proof: Vec<Share>,
    /// At most one catch-up proof.
    pub catch_up: Option<CatchUp>,
    /// The transactions, in the order they are executed.
    pub txs: Vec<Tx>,
}

canonical!(Block, 5 << 20);
canonical!(Vec<Block>, 16 << 20);

impl Block {
    /// The unsigned header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.signed.header
    }

    /// The block's hash.
    #[must_use]
    pub fn hash(&self) -> BlockHash {
        self.header().hash()
    }
}

/// The root over a block's transactions, from the seal of each.
#[must_use]
pub fn txs_root(seals: &[Hash]) -> Hash {
    merkle::root(seals)
}

/// The root over a block's proofs: the work proof's votes, then the catch-up proof.
#[must_use]
pub fn proof_root(proof: &[Share], catch_up: Option<&CatchUp>) -> Hash {
    let votes: Vec<Hash> = proof.iter().map(|s| s.signed.seal()).collect();
    let late = catch_up.map_or(Hash::ZERO, |c| {
        let votes: Vec<Hash> = c.votes.iter().map(SignedVote::seal).collect();
        Hash::pair(Domain::ListNode, &c.target.hash, &merkle::root(&votes))
    });
    Hash::pair(Domain::ListNode, &merkle::root(&votes), &late)
}
