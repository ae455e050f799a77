//! Rounds (R6): parent's round + 1 with a quorum for the parent, or the slot.
//!
//! Always parent's round < round <= slot, so two blocks of one round never stand on
//! one chain, and the slot is always a possible value.

use weft_types::{Round, Slot};

/// A proposer jumps to its slot when the parent's round is this far behind it.
const MAX_LAG: u64 = 64;

/// Whether a block may have this round.
#[must_use]
pub fn is_valid(round: Round, slot: Slot, parent: Round, has_quorum: bool) -> bool {
    round.0 == slot.0 || (has_quorum && parent.next() == Some(round))
}

/// The round that an honest proposer takes. `seen_above`: it has seen, from a third of
/// the power, shares that count for known blocks of rounds above the parent's; then a
/// low round could never win their votes.
#[must_use]
pub fn choose(slot: Slot, parent: Round, has_quorum: bool, seen_above: bool) -> Round {
    let lag = slot.0.saturating_sub(parent.0);
    match parent.next() {
        Some(next) if has_quorum && !seen_above && lag <= MAX_LAG => next,
        _ => Round(slot.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r6_a_round_is_the_slot_or_with_a_quorum_the_next() {
        for (round, slot, parent, quorum, valid) in [
            (9, 9, 3, false, true),
            (9, 9, 3, true, true),
            (4, 9, 3, true, true),
            (4, 9, 3, false, false),
            (5, 9, 3, true, false),
            (3, 9, 3, true, false),
            (10, 9, 3, true, false),
            (4, 4, 3, false, true),
        ] {
            let got = is_valid(Round(round), Slot(slot), Round(parent), quorum);
            assert_eq!(got, valid, "round {round}, slot {slot}, parent {parent}, {quorum}");
        }
    }

    #[test]
    fn r6_a_proposer_counts_on_unless_it_must_jump() {
        for (slot, parent, quorum, above, want) in [
            (9, 3, true, false, 4),
            (9, 3, false, false, 9),
            (9, 3, true, true, 9),
            (67, 3, true, false, 4),
            (68, 3, true, false, 68),
        ] {
            let got = choose(Slot(slot), Round(parent), quorum, above);
            assert_eq!(got, Round(want), "slot {slot} parent {parent} {quorum} {above}");
            assert!(is_valid(got, Slot(slot), Round(parent), quorum));
        }
    }
}
