//! True time in slots: when slot 0 begins, how long each lasts.

/// When slot 0 begins.
pub const GENESIS_TIME: u64 = 1_000_000;

/// Length of a slot.
pub const SLOT_MS: u64 = 1_000;

/// The slot that a time lies in; 0 for what is before them all.
pub const fn slot_at(time: u64) -> u64 {
    time.saturating_sub(GENESIS_TIME) / SLOT_MS
}

/// When a slot begins.
pub const fn start_of(slot: u64) -> u64 {
    GENESIS_TIME + slot * SLOT_MS
}
