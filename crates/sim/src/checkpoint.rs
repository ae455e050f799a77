//! The checkpoint on a node's disk: the state of a final block, from which the node starts again with
//! what its log has behind that block.
//!
//! As in a node (`node/src/disk.rs`): what final blocks wrote since the last checkpoint is in memory
//! alone, one checkpoint replaces the other in one write, and the last one may still be on its way when
//! the node dies. No node takes the checkpoint of another: one that has none begins at genesis and
//! fetches every block.

use std::collections::BTreeMap;
use weft_consensus::Base;
use weft_ledger::forks::Forks;
use weft_ledger::state::{Entry, Key, Seed, Value, Write};
use weft_types::{BlockHash, Genesis};

/// What is written.
#[derive(Clone, Debug, Default)]
pub struct Checkpoint {
    /// The block that it stands at, and what a core needs of it.
    base: Option<Base>,
    state: BTreeMap<Key, (u32, Value)>,
    /// One that is handed to the disk, and what it changes.
    under_way: Option<(Base, Vec<Write>)>,
    /// What final blocks wrote since.
    writes: Vec<Write>,
    /// The last of them, of which a checkpoint may be asked for once.
    last: Option<BlockHash>,
}

impl Checkpoint {
    /// A block became final and wrote this.
    pub fn add(&mut self, block: BlockHash, writes: &[Write]) {
        self.last = Some(block);
        self.writes.extend(writes.iter().cloned());
    }

    /// The state of the last final block is handed to the disk; the one before has come there. The
    /// first one writes the whole state, from the first on. Answers whether it is that block, once; a
    /// node stops otherwise.
    pub fn write(&mut self, base: Base, first: impl FnOnce() -> Vec<Entry>) -> bool {
        let is_last = self.last.take() == Some(base.standing().hash);
        self.settle();
        if self.state.is_empty() {
            let entries = first().into_iter();
            self.state = entries.map(|entry| (entry.key, (entry.slot, entry.value))).collect();
        }
        self.under_way = Some((base, std::mem::take(&mut self.writes)));
        is_last
    }

    /// What was under way is on the disk.
    fn settle(&mut self) {
        let Some((base, writes)) = self.under_way.take() else { return };
        for Write { key, slot, value } in writes {
            match value {
                Some(value) => self.state.insert(key, (slot, value)),
                None => self.state.remove(&key),
            };
        }
        self.base = Some(base);
    }

    /// The node dies: what was in memory is gone, and what was under way too, if it is so.
    pub fn crash(&mut self, is_under_way: bool) {
        self.writes.clear();
        self.last = None;
        if is_under_way {
            self.under_way = None;
        }
        self.settle();
    }

    /// It is of no use: the log lacks its block.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The block that it stands at.
    pub fn block(&self) -> Option<BlockHash> {
        self.base.as_ref().map(|base| base.standing().hash)
    }

    /// The states and the base that a node starts from.
    pub fn start(&self, genesis: &Genesis, seed: Seed) -> Option<(Forks, Base)> {
        let base = self.base.as_ref()?;
        let standing = base.standing();
        let at = (standing.hash, standing.header.state_root);
        let entry = |(key, (slot, value)): (&Key, &(u32, Value))| Entry {
            key: *key,
            slot: *slot,
            value: value.clone(),
        };
        let forks = Forks::restore(genesis, at, self.state.iter().map(entry), seed);
        Some((forks.expect("a checkpoint holds the state of its block"), base.clone()))
    }
}
