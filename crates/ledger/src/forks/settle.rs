//! Final blocks on their way into the base.
//!
//! A caller that says later what is final than it knows it, as a node does that waits for the
//! disk, reads the state of what it has said: final layers then stay layers until it says so
//! ([`Forks::absorb_when_said`], [`Forks::absorb`]).

use super::{FinalBlock, Forks, Kept};
use std::sync::Arc;
use weft_types::BlockHash;

/// The most final layers that wait to be said; the oldest is absorbed unsaid.
const WAITING: usize = 64;

impl Forks {
    /// From now on a final block becomes the base when it is said, not when it is final.
    pub const fn absorb_when_said(&mut self) {
        self.waits = true;
    }

    /// Says a final block: its state is the base from now on, or as soon as this is said again
    /// when nobody reads what was base before. What is not final, or is the base already,
    /// changes nothing. Answers how many said blocks wait for readers.
    pub fn absorb(&mut self, block: &BlockHash) -> usize {
        let path = self.path(&self.last).unwrap_or_default();
        // Newest first.
        let place = |of: &BlockHash| path.iter().position(|(hash, _)| hash == of);
        let is_newer = place(block).is_some_and(|new| place(&self.due).is_none_or(|due| new < due));
        if is_newer {
            self.due = *block;
        }
        self.absorb_due()
    }

    /// Makes base what is to be: what was said, and what is final for so long unsaid that it would
    /// pile up. Answers how many blocks of it wait for readers.
    pub fn absorb_due(&mut self) -> usize {
        let path = self.path(&self.last).unwrap_or_default();
        let hashes = path.iter().map(|(hash, _)| *hash);
        let mut due: Vec<BlockHash> = hashes.skip_while(|hash| *hash != self.due).collect();
        while let Some(hash) = due.last() {
            let Some(base) = Arc::get_mut(&mut self.base) else { break };
            if let Some(kept) = self.kept.remove(hash) {
                base.absorb(&kept.layer);
                self.base_hash = *hash;
            }
            due.pop();
        }
        due.len()
    }

    /// Whether a block is the base, or final and not yet said.
    pub(super) fn is_final(&self, block: &BlockHash) -> bool {
        let path = self.path(&self.last).unwrap_or_default();
        *block == self.base_hash || path.iter().any(|(hash, _)| hash == block)
    }

    /// Makes a kept block final: what does not descend from it goes, and what it and those
    /// below it wrote is handed out.
    pub(super) fn settle(&mut self, block: &BlockHash) {
        if self.is_final(block) {
            return;
        }
        let Some(path) = self.path(block) else { return };
        let hashes: Vec<BlockHash> = path.iter().rev().map(|(hash, _)| *hash).collect();
        let known = hashes.iter().position(|hash| *hash == self.last);
        let fresh = hashes.iter().skip(known.map_or(0, |place| place.saturating_add(1)));
        let made: Vec<FinalBlock> =
            fresh.filter_map(|hash| Some(final_block(*hash, self.kept.get(hash)?))).collect();
        self.finals.extend(made);
        self.last = *block;
        let mut alive = self.with_descendants(*block);
        alive.extend(&hashes);
        self.kept.retain(|hash, _| alive.contains(hash));
        let unsaid = if self.waits { WAITING } else { 0 };
        let said = hashes.len().saturating_sub(unsaid).checked_sub(1);
        if let Some(hash) = said.and_then(|place| hashes.get(place)) {
            self.absorb(hash);
        }
    }
}

fn final_block(hash: BlockHash, kept: &Kept) -> FinalBlock {
    FinalBlock {
        hash,
        height: kept.height,
        writes: kept.layer.writes().to_vec(),
        state_root: kept.executed.state_root,
        receipts: std::sync::Arc::clone(&kept.receipts),
    }
}
