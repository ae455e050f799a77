//! Counting shares: power for quorums (R10), work for forks (R8).
//!
//! A quorum is over two thirds of the power of the current set and, while the last
//! rotation is not final in the state, of the previous one. Work counts the current
//! set alone: power * (65 535 + trust).

use weft_types::{Power, PublicKey, VoterSet, VoterSets, Work};

/// What a list of voters, each named once, weighs in a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Power in the current set.
    pub current: Power,
    /// Power in the previous set.
    pub previous: Power,
    /// Work.
    pub work: Work,
}

impl Tally {
    /// Counts voters; each must come once.
    pub fn of<'a>(sets: &VoterSets, voters: impl Iterator<Item = &'a PublicKey>) -> Self {
        let mut tally = Self::default();
        for key in voters {
            let current = sets.current.get(key);
            let previous = sets.previous.as_ref().and_then(|set| set.get(key));
            tally.current = sum(tally.current, current.map(|v| v.power));
            tally.previous = sum(tally.previous, previous.map(|v| v.power));
            let work = current.map_or(0, |v| work_weight(v.power, v.trust));
            tally.work = Work(tally.work.0.saturating_add(work));
        }
        tally
    }

    /// Whether this is a quorum of a state with these sets (R10).
    #[must_use]
    pub fn is_quorum(&self, sets: &VoterSets) -> bool {
        sets.current.is_quorum(self.current)
            && sets.previous.as_ref().is_none_or(|set| set.is_quorum(self.previous))
    }

    /// Whether this is a third of the current set's power or more (R6).
    #[must_use]
    pub fn is_third(&self, sets: &VoterSets) -> bool {
        let total = u128::from(sets.current.total().0);
        u128::from(self.current.0).saturating_mul(3) >= total
    }
}

/// Powers are parts of the supply, so their sum fits.
fn sum(power: Power, more: Option<Power>) -> Power {
    Power(power.0.saturating_add(more.unwrap_or_default().0))
}

fn work_weight(power: Power, trust: u16) -> u128 {
    u128::from(power.0).saturating_mul(u128::from(trust).saturating_add(65_535))
}

/// The work weight of a whole set: what a timely block is worth (R8).
#[must_use]
pub fn set_work(set: &VoterSet) -> Work {
    Work(set.voters.iter().fold(0, |sum, v| sum.saturating_add(work_weight(v.power, v.trust))))
}

/// Whether a key is in a voter set of the state.
#[must_use]
pub fn is_voter(sets: &VoterSets, key: &PublicKey) -> bool {
    let of = |set: &VoterSet| set.get(key).is_some();
    of(&sets.current) || sets.previous.as_ref().is_some_and(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::{Hash, Voter};

    fn set(powers: &[(u8, u64, u16)]) -> VoterSet {
        let voter = |(k, p, trust): &(u8, u64, u16)| Voter {
            key: PublicKey([*k; 32]),
            power: Power(*p),
            trust: *trust,
        };
        VoterSet { voters: powers.iter().map(voter).collect(), anchor: Hash::ZERO }
    }

    fn quorum(sets: &VoterSets, keys: &[u8]) -> bool {
        let keys: Vec<_> = keys.iter().map(|k| PublicKey([*k; 32])).collect();
        Tally::of(sets, keys.iter()).is_quorum(sets)
    }

    #[test]
    fn r10_a_quorum_is_over_two_thirds_and_not_two_thirds() {
        let thirds = VoterSets { current: set(&[(1, 1, 0), (2, 1, 0), (3, 1, 0)]), previous: None };
        assert!(!quorum(&thirds, &[1, 2]));
        assert!(quorum(&thirds, &[1, 2, 3]));
        let four = VoterSets {
            current: set(&[(1, 1, 0), (2, 1, 0), (3, 1, 0), (4, 1, 0)]),
            previous: None,
        };
        assert!(quorum(&four, &[1, 2, 4]));
        let one = VoterSets { current: set(&[(1, 7, 0)]), previous: None };
        assert!(quorum(&one, &[1]));
        assert!(!quorum(&one, &[]));
    }

    #[test]
    fn r10_until_a_rotation_is_final_both_sets_must_agree() {
        let sets = VoterSets {
            current: set(&[(3, 1, 0), (4, 1, 0)]),
            previous: Some(set(&[(1, 1, 0), (2, 1, 0), (3, 1, 0)])),
        };
        assert!(!quorum(&sets, &[3, 4]));
        assert!(!quorum(&sets, &[1, 2, 3]));
        assert!(quorum(&sets, &[1, 2, 3, 4]));
    }

    #[test]
    fn r8_trust_doubles_work_at_most_and_is_nothing_for_a_quorum() {
        let sets = VoterSets {
            current: set(&[(1, 10, 0), (2, 10, u16::MAX), (3, 10, 0)]),
            previous: None,
        };
        let work = |key: u8| Tally::of(&sets, [PublicKey([key; 32])].iter()).work;
        assert_eq!(work(1), Work(10 * 65_535));
        assert_eq!(work(2), Work(20 * 65_535));
        assert_eq!(set_work(&sets.current), Work(40 * 65_535));
        assert!(!quorum(&sets, &[2, 3]));
    }

    #[test]
    fn r8_a_voter_of_the_previous_set_alone_has_no_work() {
        let sets = VoterSets { current: set(&[(1, 1, 0)]), previous: Some(set(&[(2, 9, 0)])) };
        assert_eq!(Tally::of(&sets, [PublicKey([2; 32])].iter()).work, Work::ZERO);
        assert!(is_voter(&sets, &PublicKey([2; 32])));
        assert!(!is_voter(&sets, &PublicKey([3; 32])));
    }
}
