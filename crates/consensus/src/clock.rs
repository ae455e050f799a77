//! Slots: all arithmetic of time (sections 4 and 5).
//!
//! Slot s begins at genesis time + s * slot_ms. A slot has four quarters: in the first
//! a proposer may wait for a quorum (R6), a block of the first two may be timely (R8),
//! a voter signs in the first three (R7). Before genesis time it is slot 0, which
//! belongs to genesis.

use weft_types::{Millis, Slot};

/// When slots begin.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    genesis_time: u64,
    slot_ms: u64,
}

/// A time as the chain sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time.
    pub now: Millis,
    /// The slot it lies in.
    pub slot: Slot,
    /// How many quarters of the slot have passed, 0 to 3.
    pub quarter: u8,
}

impl Clock {
    /// The clock of a chain; a slot of no length counts as one millisecond.
    #[must_use]
    pub fn new(genesis_time: Millis, slot_ms: u64) -> Self {
        Self { genesis_time: genesis_time.0, slot_ms: slot_ms.max(1) }
    }

    /// Which slot and quarter a time lies in.
    #[must_use]
    pub fn at(&self, now: Millis) -> Moment {
        let since = now.0.saturating_sub(self.genesis_time);
        let slot = since.checked_div(self.slot_ms).unwrap_or_default();
        let into = since.checked_rem(self.slot_ms).unwrap_or_default();
        let passed = u128::from(into).saturating_mul(4).checked_div(u128::from(self.slot_ms));
        let quarter = passed.and_then(|q| u8::try_from(q).ok()).unwrap_or(3).min(3);
        Moment { now, slot: Slot(slot), quarter }
    }

    /// When a slot begins.
    #[must_use]
    pub fn start(&self, slot: Slot) -> Millis {
        Millis(self.genesis_time.saturating_add(slot.0.saturating_mul(self.slot_ms)))
    }

    /// The first time at which a block of this slot no longer waits: a quarter slot
    /// before the slot begins (R5).
    #[must_use]
    pub fn admits(&self, slot: Slot) -> Millis {
        let drift = self.slot_ms.checked_div(4).unwrap_or_default();
        Millis(self.start(slot).0.saturating_sub(drift))
    }

    /// When the next quarter begins.
    #[must_use]
    pub fn next_quarter(&self, moment: Moment) -> Millis {
        let start = self.start(moment.slot);
        if moment.now < start {
            return start;
        }
        let next = u64::from(moment.quarter).saturating_add(1);
        Millis(start.0.saturating_add(self.slot_ms.saturating_mul(next).div_ceil(4)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_has_four_quarters_and_the_next_begins_where_it_ends() {
        let clock = Clock::new(Millis(1_000), 10);
        let table = [
            (0, 0, 0, 1_000),
            (999, 0, 0, 1_000),
            (1_000, 0, 0, 1_003),
            (1_002, 0, 0, 1_003),
            (1_003, 0, 1, 1_005),
            (1_005, 0, 2, 1_008),
            (1_008, 0, 3, 1_010),
            (1_010, 1, 0, 1_013),
            (1_029, 2, 3, 1_030),
        ];
        for (now, slot, quarter, next) in table {
            let moment = clock.at(Millis(now));
            assert_eq!((moment.slot, moment.quarter), (Slot(slot), quarter), "at {now}");
            assert_eq!(clock.next_quarter(moment), Millis(next), "at {now}");
            let later = clock.at(clock.next_quarter(moment));
            assert!(
                now < 1_000 || later.quarter != moment.quarter,
                "a wake-up changes the quarter"
            );
        }
    }

    #[test]
    fn r5_a_block_may_be_a_quarter_slot_early_and_no_more() {
        let clock = Clock::new(Millis(1_000), 1_000);
        assert_eq!(clock.start(Slot(3)), Millis(4_000));
        assert_eq!(clock.admits(Slot(3)), Millis(3_750));
    }

    #[test]
    fn extreme_clocks_and_slots_do_not_overflow() {
        let clock = Clock::new(Millis(u64::MAX), 0);
        assert_eq!(clock.at(Millis(u64::MAX)).slot, Slot(0));
        assert_eq!(clock.start(Slot(u64::MAX)), Millis(u64::MAX));
        assert_eq!(Clock::new(Millis(0), u64::MAX).at(Millis(u64::MAX)).slot, Slot(1));
    }
}
