//! A node's disk: a block log and a vote record, in memory.
//!
//! What is appended is not there yet: a sync makes it so. A crash takes what was not
//! synced. The vote record is written and synced at once, after the log (R7).

use std::collections::BTreeMap;
use std::sync::Arc;
use weft_consensus::VoteRecord;
use weft_consensus::trust::Awaited;
use weft_types::{BlockHash, CheckedBlock, Hash, Height};

/// The most blocks in one answer to a peer.
const ANSWER_BLOCKS: usize = 256;

/// What a node has written.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    synced: Vec<Arc<CheckedBlock>>,
    buffer: Vec<Arc<CheckedBlock>>,
    record: VoteRecord,
    /// What must become final before the node believes anything (R16).
    pub awaited: Option<Awaited>,
    index: BTreeMap<BlockHash, Arc<CheckedBlock>>,
    /// What was voted for last when the log was lost.
    lost: BlockHash,
}

impl Disk {
    /// Writes a block to the log; it is not synced.
    pub fn append(&mut self, block: Arc<CheckedBlock>) {
        self.index.insert(block.hash(), Arc::clone(&block));
        self.buffer.push(block);
    }

    /// Syncs the log.
    pub fn sync(&mut self) {
        self.synced.append(&mut self.buffer);
    }

    /// Syncs the log, then the vote record.
    pub fn record(&mut self, record: VoteRecord) {
        self.sync();
        self.record = record;
    }

    /// What is not synced is gone; answers how many blocks that were.
    pub fn crash(&mut self) -> usize {
        for block in &self.buffer {
            self.index.remove(&block.hash());
        }
        let lost = self.buffer.len();
        self.buffer.clear();
        lost
    }

    /// The log is gone; the vote record is not.
    pub fn lose_log(&mut self) {
        self.synced.clear();
        self.buffer.clear();
        self.index.clear();
        self.lost = self.record.last_target.hash;
    }

    /// Whether the block voted for last is not in the log, though it was not lost with it.
    #[must_use]
    pub fn lacks_target(&self) -> bool {
        let target = self.record.last_target.hash;
        ![Hash::ZERO, self.lost].contains(&target)
            && !self.synced.iter().any(|b| b.hash() == target)
    }

    /// The vote record as last synced.
    #[must_use]
    pub const fn vote(&self) -> &VoteRecord {
        &self.record
    }

    /// The log as last synced, in its order.
    #[must_use]
    pub fn log(&self) -> Vec<Arc<CheckedBlock>> {
        self.synced.clone()
    }

    /// A block of the log.
    #[must_use]
    pub fn block(&self, hash: &BlockHash) -> Option<&Arc<CheckedBlock>> {
        self.index.get(hash)
    }

    /// The whole chain to `tip`, oldest first.
    #[must_use]
    pub fn whole_chain(&self, tip: &BlockHash) -> Vec<Arc<CheckedBlock>> {
        let walk = std::iter::successors(self.block(tip), |b| self.block(&b.header().parent));
        let mut chain: Vec<_> = walk.cloned().collect();
        chain.reverse();
        chain
    }

    /// The chain to `tip` from a height on, oldest first, as many as one answer holds.
    #[must_use]
    pub fn chain(&self, from: Height, tip: &BlockHash) -> Vec<Arc<CheckedBlock>> {
        let mut chain = self.whole_chain(tip);
        chain.retain(|block| block.header().height >= from);
        chain.truncate(ANSWER_BLOCKS);
        chain
    }
}
