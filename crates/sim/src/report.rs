//! What a run says of itself.

use serde::Serialize;
use weft_types::Hash;

/// What happened in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether no promise was broken.
    pub ok: bool,
    /// The broken promises, first ones first, a few at most.
    pub violations: Vec<String>,
    /// The hash of every delivered message and every effect, in order, with its time.
    pub trace_hash: Hash,
    /// The highest final height of any node.
    pub final_height: u64,
    /// The lowest final height of any node.
    pub lowest_final_height: u64,
    /// The highest final height of any node when faults stopped.
    pub stormy_final_height: u64,
    /// The highest head of any node.
    pub head_height: u64,
    /// How many slots went by, those in fair weather at the end included.
    pub slots: u64,
    /// How many slots after the last fault every node had a new final block.
    pub recovery_slots: u64,
    /// Messages that arrived.
    pub delivered: u64,
    /// Messages that did not: [`Report::lost`] and [`Report::cut`] together.
    pub dropped: u64,
    /// Messages lost by chance.
    pub lost: u64,
    /// Messages that the partition held back.
    pub cut: u64,
    /// Different blocks that some node executed.
    pub blocks: u64,
    /// Different shares that were sent.
    pub shares: u64,
    /// Transactions in final blocks.
    pub transactions: u64,
    /// Rows that arrived in final blocks and were applied.
    pub rows: u64,
    /// Starts from disk after a crash.
    pub restarts: u64,
    /// Logged blocks that crashes took because they were not synced.
    pub unsynced: u64,
    /// Offences that nodes noticed.
    pub evidence: u64,
}
