//! The power of some voters in a set, and whether it is enough (R10).

use weft_types::{PublicKey, VoterSet, VoterSets};

/// Parts of a whole that are told.
const PPM: u128 = 1_000_000;

/// The part of a set's power that some keys have, in a million, rounded down.
pub fn power_ppm(set: &VoterSet, has: impl Fn(&PublicKey) -> bool) -> u128 {
    (sum(set, has) * PPM).checked_div(sum(set, |_| true)).unwrap_or(0)
}

/// R10: whether voters have over two thirds of each set that votes.
pub fn is_quorum(sets: &VoterSets, voted: impl Fn(&PublicKey) -> bool) -> bool {
    let over = |set: &VoterSet| sum(set, &voted) * 3 > sum(set, |_| true) * 2;
    over(&sets.current) && sets.previous.as_ref().is_none_or(over)
}

/// The power of some keys of a set.
pub fn sum(set: &VoterSet, has: impl Fn(&PublicKey) -> bool) -> u128 {
    set.voters.iter().filter(|v| has(&v.key)).map(|v| u128::from(v.power.0)).sum()
}
