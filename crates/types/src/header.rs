//! Headers: what a proposer says of its block, and its signature under it.
//!
//! A block's hash is the hash of its unsigned header. What the roots in it bind is said in
//! [`crate::block`].

use crate::canonical;
use crate::codec::Canonical;
use crate::hash::{BlockHash, ChainId, Domain, Hash};
use crate::key::{PublicKey, SecretKey, Signature};
use crate::rules::RulesId;
use crate::share::Checkpoint;
use crate::signature::{Claim, signed_bytes, verify};
use crate::units::{Height, Round, Slot, Work};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

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

canonical!(Header, 512);
canonical!(SignedHeader, 1024);

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
