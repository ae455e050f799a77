//! Headers and blocks.
//!
//! A block's hash is the hash of its unsigned header. The header binds the rest:
//! `txs_root` over the transactions with their signatures, `proof_root` over the
//! votes of work proof and catch-up proof with their signatures. Items are bound by
//! the digest in their vote, so an archive may drop them.

use crate::canonical;
use crate::codec::Canonical;
use crate::hash::{ChainId, Domain, Hash};
use crate::key::{PublicKey, SecretKey, Signature};
use crate::merkle;
use crate::rules::RulesId;
use crate::share::{Checkpoint, Share, SignedVote};
use crate::signature::{Claim, signed_bytes, verify};
use crate::tx::Tx;
use crate::units::{Height, Round, Slot, Work};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// The hash of an unsigned header.
pub type BlockHash = Hash;

/// What a proposer says of its block. No version of the rules changes it; every header
/// begins, for ever, with the version it was made by (R21).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// By which rules the block is made: what the parent's state says (R21).
    pub version: u16,
    /// The next rules that its proposer runs, or none (R21).
    pub signal: RulesId,
    /// The time step it was proposed in; above the parent's (R5).
    pub slot: Slot,
    /// Parent's round + 1, or the slot (R6).
    pub round: Round,
    /// How many ancestors it has.
    pub height: Height,
    /// The block it extends.
    pub parent: BlockHash,
    /// The hotkey the schedule names for the slot (R4).
    pub proposer: PublicKey,
    /// The root over the transactions.
    pub txs_root: Hash,
    /// The root over the proofs.
    pub proof_root: Hash,
    /// The state after this block.
    pub state_root: Hash,
    /// The parent's cumulative work + the work of the parent's shares carried (R8).
    pub work: Work,
}

/// A header and its proposer's signature: how a block is announced.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHeader {
    /// What is signed.
    pub header: Header,
    /// The proposer's signature.
    pub signature: Signature,
}

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

canonical!(Header, 512);
canonical!(SignedHeader, 1024);
canonical!(Block, 5 << 20);

impl Header {
    /// The block's hash.
    #[must_use]
    pub fn hash(&self) -> BlockHash {
        Hash::of(Domain::Header, &self.to_bytes())
    }

    /// The block as a checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { round: self.round, hash: self.hash() }
    }

    /// Signs this header.
    #[must_use]
    pub fn sign(self, key: &SecretKey, chain: &ChainId) -> SignedHeader {
        let signature = key.sign(&signed_bytes(Domain::Header, chain, &self));
        SignedHeader { header: self, signature }
    }
}

impl SignedHeader {
    /// A hash of header and signature: the name under which a good signature is
    /// remembered.
    #[must_use]
    pub fn seal(&self) -> Hash {
        Hash::of(Domain::HeaderSeal, &self.to_bytes())
    }

    /// Whether the proposer named in it signed it.
    #[must_use]
    pub fn is_signed(&self, chain: &ChainId) -> bool {
        let message = signed_bytes(Domain::Header, chain, &self.header);
        verify(&Claim { key: self.header.proposer, signature: self.signature, message: &message })
    }
}

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
