//! What a load offers to whom, and what was seen of it.

use crate::reads::ReadReport;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use weft_types::{ChainId, Rao};

/// What to offer to whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadPlan {
    /// RPC addresses of the nodes.
    pub nodes: Vec<String>,
    /// Which chain.
    pub chain: ChainId,
    /// The text the senders' keys are derived from.
    pub seed: String,
    /// How many senders.
    pub senders: usize,
    /// Transfers a second.
    pub rate: u64,
    /// Seconds before the measured part.
    pub warmup_s: u64,
    /// Seconds of the measured part.
    pub duration_s: u64,
    /// What each transfer pays.
    pub fee: Rao,
    /// Reads a second of the first node, beside the measured part.
    pub reads: u64,
}

/// What was seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadReport {
    /// Transfers offered in the measured part.
    pub offered: u64,
    /// Of these, seen final at every node.
    pub committed: u64,
    /// Of these, refused by a node when they were offered.
    pub refused: u64,
    /// The first reason for a refusal.
    pub refusal: Option<String>,
    /// Bytes of one transfer.
    pub tx_bytes: usize,
    /// Milliseconds from due to final everywhere, one per transfer offered, sorted.
    pub latencies_ms: Vec<u32>,
    /// Transfers that became final everywhere during the measured part.
    pub within: u64,
    /// The last height that was final everywhere.
    pub final_height: u64,
    /// Blocks that became final everywhere during the measured part.
    pub blocks: u64,
    /// The reads beside it.
    pub reads: Option<ReadReport>,
}

/// When the n-th transfer is due after the start.
pub(crate) fn due(plan: &LoadPlan, n: usize) -> Duration {
    let n = u64::try_from(n).unwrap_or(u64::MAX);
    Duration::from_micros(n.saturating_mul(1_000_000) / plan.rate.max(1))
}
