//! A node's disk: a block log, a vote record and a checkpoint, in memory.
//!
//! What is appended is not there yet: a sync makes it so. A crash takes what was not
//! synced. The vote record is written and synced at once, after the log (R7).

use crate::checkpoint::Checkpoint;
use std::collections::BTreeMap;
use std::sync::Arc;
use weft_consensus::VoteRecord;
use weft_consensus::trust::Awaited;
use weft_engine::io::Places;
use weft_engine::kept::{Kept, Offences};
use weft_types::{BlockHash, CheckedBlock, Hash, Height};

/// What a voter saw of offences is on its disk within so many milliseconds.
pub const WRITTEN_MS: u64 = 600;

/// What a node has written.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    synced: Vec<Arc<CheckedBlock>>,
    buffer: Vec<Arc<CheckedBlock>>,
    record: VoteRecord,
    /// What must become final before the node believes anything (R16).
    pub awaited: Option<Awaited>,
    /// The voter's rows.
    pub rows: Option<Kept>,
    /// Offences that wait to be reported.
    pub offences: Offences,
    /// The state of a final block, where the plan has nodes start from it.
    pub checkpoint: Checkpoint,
    index: BTreeMap<BlockHash, Arc<CheckedBlock>>,
    finals: BTreeMap<Height, BlockHash>,
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

    /// Writes and syncs the vote record.
    pub fn record(&mut self, record: VoteRecord) {
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
        self.finals.clear();
        self.checkpoint.clear();
        self.lost = self.record.last_target.hash;
    }

    /// Of the log all is gone that is behind the block of the checkpoint; without one, all of it.
    pub fn lose_tail(&mut self) {
        self.synced.truncate(self.behind());
        self.buffer.clear();
        self.index = self.synced.iter().map(|block| (block.hash(), Arc::clone(block))).collect();
        self.finals.retain(|_, hash| self.index.contains_key(hash));
        self.lost = self.record.last_target.hash;
    }

    /// Where the log goes on behind the block of the checkpoint.
    fn behind(&self) -> usize {
        let at = self.checkpoint.block();
        let place = at.and_then(|at| self.synced.iter().position(|block| block.hash() == at));
        place.map_or(0, |place| place + 1)
    }

    /// Whether the block voted for last is not in the log, though it was not lost with it.
    pub fn lacks_target(&self) -> bool {
        let target = self.record.last_target.hash;
        ![Hash::ZERO, self.lost].contains(&target)
            && !self.synced.iter().any(|b| b.hash() == target)
    }

    /// The vote record as last synced.
    pub const fn vote(&self) -> &VoteRecord {
        &self.record
    }

    /// The log as last synced, in its order: what of it is behind the checkpoint.
    pub fn tail(&self) -> Vec<Arc<CheckedBlock>> {
        self.synced.iter().skip(self.behind()).cloned().collect()
    }

    /// A block of the log.
    pub fn block(&self, hash: &BlockHash) -> Option<&Arc<CheckedBlock>> {
        self.index.get(hash)
    }

    /// The whole chain to `tip`, oldest first.
    pub fn whole_chain(&self, tip: &BlockHash) -> Vec<Arc<CheckedBlock>> {
        let walk = std::iter::successors(self.block(tip), |b| self.block(&b.header().parent));
        let mut chain: Vec<_> = walk.cloned().collect();
        chain.reverse();
        chain
    }

    /// The blocks that stand in these places, up to one that is not here. The final ones are
    /// those below the last named, or below the last that is final.
    pub fn at(&self, places: &Places) -> Vec<Arc<CheckedBlock>> {
        let (from, to) = places.finals();
        let finals = (from.0..to.0).map_while(|height| self.finals.get(&Height(height)));
        let blocks = finals.chain(places.blocks());
        blocks.map_while(|hash| self.block(hash)).cloned().collect()
    }

    /// A block and all below it are final.
    pub fn mark_final(&mut self, hash: &BlockHash) {
        let mut at = *hash;
        while let Some(block) = self.block(&at) {
            let (height, parent) = (block.header().height, block.header().parent);
            if self.finals.insert(height, at) == Some(at) {
                return;
            }
            at = parent;
        }
    }

    /// Whether a block is in the log and synced.
    pub fn is_synced(&self, hash: &BlockHash) -> bool {
        self.index.contains_key(hash) && !self.buffer.iter().any(|block| block.hash() == *hash)
    }
}
