//! What a run says of itself.

use crate::faults::Faults;
use crate::net::Net;
use serde::Serialize;
use weft_types::{Evidence, Hash, PublicKey};

/// What was measured after faults stopped.
#[derive(Clone, Copy, Debug, Default)]
pub struct Healing {
    /// The highest final height of an honest node when faults stopped.
    pub mark: u64,
    /// The slots until every honest node had a higher one.
    pub slots: u64,
    /// In how many it should be.
    pub bound: u64,
    /// The longest that some honest node then waited for a new one under attack.
    pub gap: u64,
}

/// What happened in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether no promise was broken, and every fault that was asked for happened.
    pub ok: bool,
    /// The seed.
    pub seed: u64,
    /// The profile.
    pub profile: String,
    /// The nodes.
    pub nodes: usize,
    /// The broken promises, first ones first, a few at most.
    pub violations: Vec<String>,
    /// The hash of every delivered message and every effect, in order, with its time.
    pub trace_hash: Hash,
    /// The highest final height of any honest node.
    pub final_height: u64,
    /// The lowest final height of any honest node.
    pub lowest_final_height: u64,
    /// The highest final height of any honest node when faults stopped.
    pub stormy_final_height: u64,
    /// The highest head of any node.
    pub head_height: u64,
    /// How many slots went by, those in fair weather at the end included.
    pub slots: u64,
    /// How many slots after the last fault every honest node had a new final block.
    pub slots_to_final_after_healing: u64,
    /// In how many it had to.
    pub healing_bound: u64,
    /// Then, with Byzantine voters and no other fault: the most slots in which some honest
    /// node made nothing final.
    pub longest_gap: u64,
    /// What really went wrong, by kind.
    pub faults: Faults,
    /// Messages that arrived.
    pub delivered: u64,
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
    /// Heights at which two different blocks are final.
    pub conflicts: u64,
    /// Voters that voted for two targets of one round, or around another vote.
    pub offenders: Vec<PublicKey>,
    /// Two such votes of each of them, as they were sent.
    pub evidence: Vec<Evidence>,
    /// Their part of the power, in a million: of the set that both final blocks of a
    /// conflict stand on.
    pub offenders_ppm: u64,
}

impl Net {
    /// What happened.
    pub fn report(&self, healing: Healing) -> Report {
        let heads = self.honest().map(|(_, node)| node.head_height());
        let blame = self.watch.blame();
        Report {
            ok: self.watch.violations.is_empty(),
            seed: self.plan.seed,
            profile: self.plan.profile.clone(),
            nodes: self.nodes.len(),
            violations: self.watch.violations.clone(),
            trace_hash: self.trace.hash(),
            final_height: self.finals().max().unwrap_or_default(),
            lowest_final_height: self.finals().min().unwrap_or_default(),
            stormy_final_height: healing.mark,
            head_height: heads.max().unwrap_or_default(),
            slots: self.slot(),
            slots_to_final_after_healing: healing.slots,
            healing_bound: healing.bound,
            longest_gap: healing.gap,
            faults: self.faults.clone(),
            delivered: self.delivered,
            blocks: self.watch.blocks.len() as u64,
            shares: self.watch.shares,
            transactions: self.watch.transactions,
            rows: self.watch.rows,
            restarts: self.restarts,
            conflicts: self.watch.conflicts.len() as u64,
            offenders: blame.offenders,
            evidence: blame.evidence,
            offenders_ppm: blame.power_ppm,
        }
    }
}
