//! What was signed so far, and which two votes no honest key signs.
//!
//! Not here: what is seen on the wire (`wire`).

use std::collections::{BTreeMap, BTreeSet};
use weft_types::{BlockHash, Evidence, Hash, PublicKey, SignedHeader, SignedVote, Slot, Vote};

/// What was signed so far.
#[derive(Clone, Debug, Default)]
pub struct Signed {
    pub(super) votes: BTreeMap<PublicKey, Vec<SignedVote>>,
    pub(super) seen: BTreeSet<Hash>,
    pub(super) recorded: BTreeSet<Hash>,
    pub(super) headers: BTreeMap<(PublicKey, Slot), SignedHeader>,
    pub(super) by_byzantine: BTreeSet<BlockHash>,
    /// Who offended, in any way.
    pub(super) shown: BTreeSet<PublicKey>,
    /// Who voted for two targets of one round, or around another vote, with two such votes.
    pub(super) twice: BTreeMap<PublicKey, Evidence>,
    /// The votes for each block.
    pub(super) by_target: BTreeMap<BlockHash, Vec<Vote>>,
}

/// Whether two different votes of one voter are an offence (R7).
pub fn offends(a: &Vote, b: &Vote) -> bool {
    offence(a, b).is_some()
}

/// The name of the offence that two different votes are, if they are one (R7).
pub(super) fn offence(a: &Vote, b: &Vote) -> Option<&'static str> {
    let around =
        |x: &Vote, y: &Vote| x.source.round < y.source.round && y.target.round < x.target.round;
    if a.target.round == b.target.round {
        Some("double vote")
    } else if around(a, b) || around(b, a) {
        Some("surround vote")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::{Checkpoint, Round};

    fn vote(source: u64, target: u64, mark: u8) -> Vote {
        let at = |round| Checkpoint { round: Round(round), hash: Hash([mark; 32]) };
        let voter = PublicKey::default();
        Vote { voter, source: at(source), target: at(target), items: Hash::ZERO }
    }

    #[test]
    fn r7_two_votes_of_a_round_and_a_link_around_another_are_offences() {
        let table = [
            ((1, 5, 1), (1, 5, 2), Some("double vote")),
            ((1, 5, 1), (2, 4, 2), Some("surround vote")),
            ((2, 4, 1), (1, 5, 2), Some("surround vote")),
            ((1, 4, 1), (1, 5, 2), None),
            ((1, 4, 1), (4, 5, 2), None),
        ];
        for (a, b, want) in table {
            assert_eq!(offence(&vote(a.0, a.1, a.2), &vote(b.0, b.1, b.2)), want, "{a:?} {b:?}");
        }
    }
}
