//! Shares: signed votes for a block that carry work.
//!
//! A [`Vote`] names a source (the justified checkpoint of the target's state), a
//! target and the digest of the items; its signature covers no more, so light
//! clients can check votes without matrices. A [`Share`] is a vote with its items
//! present, as it travels and as a block carries it.

use crate::canonical;
use crate::codec::Canonical;
use crate::hash::{BlockHash, ChainId, Domain, Hash};
use crate::key::{PublicKey, SecretKey, Signature};
use crate::row::{Commitment, Reveal, WeightRow};
use crate::signature::signed_bytes;
use crate::units::{Power, Round};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A block and its round.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The block's round.
    pub round: Round,
    /// The block's hash.
    pub hash: BlockHash,
}

/// What a state says of its own standing (R10, R11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Finality {
    /// The justified checkpoint: the source of every share for this block.
    pub justified: Checkpoint,
    /// The last final block.
    pub finalized: Checkpoint,
}

/// A piece of work that a share carries.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub enum Item {
    /// A weight row in the open; netuid 0 makes it a row of the root matrix.
    Row(WeightRow),
    /// A promise of a row.
    Commit(Commitment),
    /// The row behind an earlier promise.
    Reveal(Reveal),
}

/// The digest of a list of items, which a vote signs.
#[must_use]
pub fn items_digest(items: &Vec<Item>) -> Hash {
    Hash::of(Domain::Items, &crate::codec::encode(items))
}

/// How many bytes a list of items takes of `share_bytes` (R19).
#[must_use]
pub fn items_bytes(items: &Vec<Item>) -> usize {
    crate::codec::encode(items).len()
}

/// The signed body of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// Who votes: a hotkey in a voter set of the target's state.
    pub voter: PublicKey,
    /// The justified checkpoint of the target's state (R7).
    pub source: Checkpoint,
    /// The block voted for.
    pub target: Checkpoint,
    /// The digest of the items that travel with the vote.
    pub items: Hash,
}

/// A vote and its signature: all of a share that counts for finality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedVote {
    /// What is signed.
    pub vote: Vote,
    /// The voter's signature.
    pub signature: Signature,
}

/// A signed vote with its items present.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Share {
    /// The vote, which holds the items' digest.
    pub signed: SignedVote,
    /// The work.
    pub items: Vec<Item>,
}

canonical!(Vote, 256);
canonical!(SignedVote, 512);
canonical!(Share, 16 << 10);

impl Vote {
    /// The bytes a voter signs (R1).
    #[must_use]
    pub fn signed_bytes(&self, chain: &ChainId) -> Vec<u8> {
        signed_bytes(Domain::Vote, chain, self)
    }

    /// Signs this vote.
    #[must_use]
    pub fn sign(self, key: &SecretKey, chain: &ChainId) -> SignedVote {
        SignedVote { vote: self, signature: key.sign(&self.signed_bytes(chain)) }
    }
}

impl SignedVote {
    /// A hash of vote and signature: what a work proof's root binds, and the name
    /// under which a good signature is remembered.
    #[must_use]
    pub fn seal(&self) -> Hash {
        Hash::of(Domain::VoteSeal, &self.to_bytes())
    }
}

impl Share {
    /// The body of the vote.
    #[must_use]
    pub const fn vote(&self) -> &Vote {
        &self.signed.vote
    }
}

/// One member of a voter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Voter {
    /// The hotkey that signs shares and headers.
    pub key: PublicKey,
    /// Its voting power (R8).
    pub power: Power,
    /// Its trust, 65 535 = 1; fixed with the set, 0 until rotation exists.
    pub trust: u16,
}

/// The voters between two rotations.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct VoterSet {
    /// The members, keys strictly ascending, no power zero.
    pub voters: Vec<Voter>,
    /// The hash of the block that was last final when the set was fixed: it lays out
    /// the proposer schedule (R4).
    pub anchor: BlockHash,
}

impl VoterSet {
    /// The member with this key.
    #[must_use]
    pub fn get(&self, key: &PublicKey) -> Option<&Voter> {
        let at = self.voters.binary_search_by(|v| v.key.cmp(key)).ok()?;
        self.voters.get(at)
    }

    /// The power of all together.
    #[must_use]
    pub fn total(&self) -> Power {
        self.voters.iter().map(|v| v.power).sum()
    }

    /// Whether this much power is over two thirds of the set (R10).
    #[must_use]
    pub fn is_quorum(&self, power: Power) -> bool {
        u128::from(power.0).saturating_mul(3) > u128::from(self.total().0).saturating_mul(2)
    }
}

/// The voter sets of a state: who proposes next and whose shares count for it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct VoterSets {
    /// The set that proposes and votes.
    pub current: VoterSet,
    /// The set before the last rotation, while that rotation is not final in this
    /// state: both must agree (R10). `None` when the current set alone decides.
    pub previous: Option<VoterSet>,
}
