//! Evidence: two signed things that no honest key signs both of (R17).
//!
//! It speaks for itself: who offended, against what, and whether the signatures are good
//! follow from its bytes and the chain id alone. Whether the offender was a voter, and
//! what it costs, is said by the ledger.

use crate::canonical;
use crate::hash::ChainId;
use crate::header::SignedHeader;
use crate::key::PublicKey;
use crate::share::{SignedVote, Vote};
use crate::signature::{Claim, verify};
use crate::units::{Round, Slot};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Two signed things that no honest key signs both of (R7, R5).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Two different votes with one target round, or one link around another.
    Votes(Box<SignedVote>, Box<SignedVote>),
    /// Two different headers of one proposer for one slot.
    Headers(Box<SignedHeader>, Box<SignedHeader>),
}

canonical!(Evidence, 2048);

/// What an offender is punished for once, whatever pairs show it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Offence {
    /// Votes: the round of their target; of a link around another, that of the outer one.
    Vote(Round),
    /// Headers: their slot.
    Header(Slot),
}

/// Why two signed things show no offence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
pub enum EvidenceError {
    /// Nobody signed both.
    #[error("they are signed by {0} and by {1}; name two of one signer")]
    TwoSigners(PublicKey, PublicKey),
    /// They say the same.
    #[error("both say the same; only two different ones are an offence")]
    Same,
    /// Both may be signed by an honest voter.
    #[error("two votes with targets in rounds {0} and {1}, neither link around the other")]
    Compatible(Round, Round),
    /// Headers of two slots.
    #[error("two headers of slots {0} and {1}; only two of one slot are an offence")]
    TwoSlots(Slot, Slot),
}

/// The offence of two votes of one voter: one target round, or one link around the
/// other (R7).
#[must_use]
pub fn offence(a: &Vote, b: &Vote) -> Option<Offence> {
    let around =
        |a: &Vote, b: &Vote| a.source.round < b.source.round && b.target.round < a.target.round;
    let is_one = a != b && (a.target.round == b.target.round || around(a, b) || around(b, a));
    is_one.then(|| Offence::Vote(a.target.round.max(b.target.round)))
}

impl Evidence {
    /// Who is said to have signed both; of two signers the first.
    #[must_use]
    pub const fn offender(&self) -> PublicKey {
        match self {
            Self::Votes(a, _) => a.vote.voter,
            Self::Headers(a, _) => a.header.proposer,
        }
    }

    /// The offence that it shows, if the signatures are good.
    ///
    /// # Errors
    /// [`EvidenceError`] says why it shows none.
    pub fn offence(&self) -> Result<Offence, EvidenceError> {
        let (first, second, is_same) = match self {
            Self::Votes(a, b) => (a.vote.voter, b.vote.voter, a.vote == b.vote),
            Self::Headers(a, b) => (a.header.proposer, b.header.proposer, a.header == b.header),
        };
        if first != second {
            return Err(EvidenceError::TwoSigners(first, second));
        }
        if is_same {
            return Err(EvidenceError::Same);
        }
        match self {
            Self::Votes(a, b) => offence(&a.vote, &b.vote)
                .ok_or(EvidenceError::Compatible(a.vote.target.round, b.vote.target.round)),
            Self::Headers(a, b) if a.header.slot != b.header.slot => {
                Err(EvidenceError::TwoSlots(a.header.slot, b.header.slot))
            }
            Self::Headers(a, _) => Ok(Offence::Header(a.header.slot)),
        }
    }

    /// Whether both signatures are the offender's, on this chain.
    #[must_use]
    pub fn is_signed(&self, chain: &ChainId) -> bool {
        let key = self.offender();
        match self {
            Self::Votes(a, b) => [a, b].iter().all(|signed| {
                let message = signed.vote.signed_bytes(chain);
                verify(&Claim { key, signature: signed.signature, message: &message })
            }),
            Self::Headers(a, b) => {
                [a, b].iter().all(|signed| signed.header.proposer == key && signed.is_signed(chain))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Canonical;
    use crate::hash::Hash;
    use crate::key::derive_test_key;
    use crate::share::Checkpoint;

    const CHAIN: Hash = Hash([9; 32]);

    fn vote(source: u64, target: u64, mark: u8) -> SignedVote {
        let key = derive_test_key("evidence", "voter");
        let at = |round| Checkpoint { round: Round(round), hash: Hash([mark; 32]) };
        let vote =
            Vote { voter: key.public(), source: at(source), target: at(target), items: Hash::ZERO };
        vote.sign(&key, &CHAIN)
    }

    fn votes(a: SignedVote, b: SignedVote) -> Evidence {
        Evidence::Votes(Box::new(a), Box::new(b))
    }

    #[test]
    fn r17_the_offence_of_two_votes_is_named_by_the_later_target_whatever_their_order() {
        let table = [
            ((1, 5, 1), (1, 5, 2), Some(5)),
            ((1, 5, 1), (2, 4, 2), Some(5)),
            ((1, 4, 1), (1, 5, 2), None),
            ((1, 4, 1), (4, 5, 2), None),
        ];
        for (a, b, want) in table {
            let (a, b) = (vote(a.0, a.1, a.2), vote(b.0, b.1, b.2));
            let want = want.map(|round| Offence::Vote(Round(round)));
            assert_eq!(votes(a, b).offence().ok(), want);
            assert_eq!(votes(b, a).offence().ok(), want);
        }
        assert_eq!(votes(vote(1, 5, 1), vote(1, 5, 1)).offence(), Err(EvidenceError::Same));
    }

    #[test]
    fn r17_evidence_is_signed_by_its_offender_for_its_chain() {
        let (a, b) = (vote(1, 5, 1), vote(1, 5, 2));
        assert!(votes(a, b).is_signed(&CHAIN));
        assert!(!votes(a, b).is_signed(&Hash([8; 32])), "another chain's");
        assert!(!votes(a, SignedVote { signature: a.signature, ..b }).is_signed(&CHAIN));
        let mut other = b;
        other.vote.voter = derive_test_key("evidence", "other").public();
        assert!(matches!(votes(a, other).offence(), Err(EvidenceError::TwoSigners(..))));
        assert!(!votes(a, other).is_signed(&CHAIN));
        let bytes = votes(a, b).to_bytes();
        assert_eq!(Evidence::from_bytes(&bytes), Ok(votes(a, b)));
    }
}
