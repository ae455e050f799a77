//! What a core counts, for metrics.

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Blocks executed.
    pub blocks: u64,
    /// Blocks found invalid.
    pub invalid: u64,
    /// Blocks that became final.
    pub finalized: u64,
    /// Changes of the head to a block that does not extend it.
    pub reorganisations: u64,
    /// Shares taken from gossip.
    pub shares: u64,
    /// Shares that we signed.
    pub votes: u64,
    /// Blocks that we made.
    pub proposals: u64,
    /// Offences seen.
    pub offences: u64,
}

impl Counters {
    /// One more of something.
    pub(crate) const fn bump(count: &mut u64) {
        *count = count.saturating_add(1);
    }
}
