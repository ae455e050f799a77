//! Who proposes when (R4): an even schedule without dice.
//!
//! The voters of a set are laid out by the hash of (key, anchor), each as wide as its
//! power. Slot s points at (s * golden mod 2^64) / 2^64 of the total. A golden-ratio
//! sequence is the most even there is; the anchor is fixed after the keys, so nobody
//! can choose a place. Integers only.

use weft_types::{Domain, Hash, PublicKey, Slot, VoterSet};

/// 2^64 divided by the golden ratio, rounded to odd.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A voter set laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Voters in the order of the layout, each with the sum of powers up to and with it.
    ends: Vec<(u128, PublicKey)>,
    total: u128,
}

impl Schedule {
    /// Lays out a set.
    #[must_use]
    pub fn of(set: &VoterSet) -> Self {
        let place = |key: &PublicKey| Hash::pair(Domain::Schedule, &Hash(key.0), &set.anchor);
        let mut layout: Vec<_> = set.voters.iter().map(|v| (place(&v.key), v)).collect();
        layout.sort_by_key(|(place, voter)| (*place, voter.key));
        let mut total = 0_u128;
        let mut ends = Vec::with_capacity(layout.len());
        for (_, voter) in layout {
            total = total.saturating_add(u128::from(voter.power.0));
            ends.push((total, voter.key));
        }
        Self { ends, total }
    }

    /// The proposer of a slot; none when the set has no power.
    #[must_use]
    pub fn proposer(&self, slot: Slot) -> Option<PublicKey> {
        let point = u128::from(slot.0.wrapping_mul(GOLDEN));
        let at = scaled(point, self.total);
        let index = self.ends.partition_point(|(end, _)| *end <= at);
        self.ends.get(index).map(|(_, key)| *key)
    }
}

/// point / 2^64 of the total, rounded down. Powers are parts of the supply, so the
/// total is below 2^64 and the product fits.
fn scaled(point: u128, total: u128) -> u128 {
    point.saturating_mul(total) >> 64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use weft_types::{Power, Voter};

    fn set(powers: &[u64], anchor: u8) -> VoterSet {
        let voters = (0_u8..).zip(powers).map(|(i, p)| Voter {
            key: PublicKey([i; 32]),
            power: Power(*p),
            trust: 0,
        });
        VoterSet { voters: voters.collect(), anchor: Hash([anchor; 32]) }
    }

    fn counts(set: &VoterSet, slots: u64) -> BTreeMap<PublicKey, u64> {
        let schedule = Schedule::of(set);
        let mut counts = BTreeMap::new();
        for slot in 0..slots {
            *counts.entry(schedule.proposer(Slot(slot)).unwrap()).or_default() += 1;
        }
        counts
    }

    #[test]
    fn r4_every_voter_proposes_as_often_as_its_power_says() {
        let set = set(&[10, 20, 30, 40], 1);
        for (key, n) in counts(&set, 10_000) {
            let power = set.get(&key).unwrap().power.0;
            let want = power * 100;
            assert!(n.abs_diff(want) <= 20, "power {power} has {n} of 10000 slots");
        }
    }

    #[test]
    fn r4_the_schedule_is_even_in_short_stretches_too() {
        let schedule = Schedule::of(&set(&[1, 1, 1, 1], 1));
        for start in 0..500 {
            for voter in 0..4 {
                let key = PublicKey([voter; 32]);
                let mut slots = start..start + 8;
                assert!(slots.any(|s| schedule.proposer(Slot(s)) == Some(key)), "{start} {voter}");
            }
        }
    }

    #[test]
    fn r4_another_anchor_is_another_layout_of_the_same_shares() {
        let powers = [1; 16];
        let draw = |anchor| {
            let schedule = Schedule::of(&set(&powers, anchor));
            (0..64).map(|s| schedule.proposer(Slot(s))).collect::<Vec<_>>()
        };
        assert_ne!(draw(1), draw(2));
        assert_eq!(draw(1), draw(1));
    }

    #[test]
    fn r4_power_zero_never_proposes_and_an_empty_set_has_no_proposer() {
        assert!(!counts(&set(&[5, 0, 5], 3), 1_000).contains_key(&PublicKey([1; 32])));
        assert_eq!(Schedule::of(&set(&[], 1)).proposer(Slot(1)), None);
    }

    #[test]
    fn r4_the_largest_powers_do_not_overflow() {
        let schedule = Schedule::of(&set(&[u64::MAX / 2, u64::MAX / 2], 1));
        assert!((0..100).all(|s| schedule.proposer(Slot(s)).is_some()));
    }
}
