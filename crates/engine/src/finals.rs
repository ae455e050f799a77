//! What became final, and what of it may be said.
//!
//! The core may know a block to be final from shares it has seen; this node *says* so
//! only when the state of a block in its synced log says it (settled: final in RPC is
//! what is durable here), and only while it awaits no trusted block (R16). [`Finals::said`]
//! is the one place that decides what may be called final: status, blocks, transactions,
//! reads, health, metrics and log ask it.
//!
//! Not here: receipts and writes, which the shell keeps ([`crate::Io::Final`]).

use crate::io::Tip;
use crate::timer::Timer;
use std::collections::BTreeMap;
use std::sync::Arc;
use weft_consensus::trust::{Awaited, Guard};
use weft_types::{BlockHash, CheckedBlock, Height, Millis};

/// How often the state is written, in milliseconds.
const EVERY_MS: u64 = 2_000;

/// Final blocks and what of them is still to be done.
pub struct Finals {
    said: Tip,
    guard: Guard,
    is_judged: bool,
    known: BTreeMap<Height, Tip>,
    recent: BTreeMap<BlockHash, Arc<CheckedBlock>>,
    /// The last final block, while no checkpoint names it.
    fresh: Option<BlockHash>,
    checkpoint: Timer,
}

impl Finals {
    /// Starts from the block whose state was restored.
    #[must_use]
    pub fn new(base: Tip) -> Self {
        Self {
            said: base,
            guard: Guard::closed(),
            is_judged: false,
            known: BTreeMap::new(),
            recent: BTreeMap::new(),
            fresh: None,
            checkpoint: Timer::every(EVERY_MS),
        }
    }

    /// The last block that this node says is final; none while it awaits a trusted one, or
    /// before its start was judged (R16).
    #[must_use]
    pub fn said(&self) -> Option<&Tip> {
        self.guard.says_final().then_some(&self.said)
    }

    /// Whether a final block of this height may be called so.
    #[must_use]
    pub fn says(&self, height: Height) -> bool {
        self.said().is_some_and(|said| height <= said.height)
    }

    /// The block that is awaited.
    #[must_use]
    pub const fn awaited(&self) -> Option<Awaited> {
        self.guard.awaited()
    }

    /// Takes the judgement of the start.
    pub const fn judged(&mut self, guard: Guard) {
        self.guard = guard;
        self.is_judged = true;
    }

    /// Whether the start was judged.
    #[must_use]
    pub const fn is_judged(&self) -> bool {
        self.is_judged
    }

    /// Who decides what may be believed.
    pub const fn guard_mut(&mut self) -> &mut Guard {
        &mut self.guard
    }

    /// The last block that the core knows to be final.
    #[must_use]
    pub fn height(&self) -> Height {
        self.known.last_key_value().map_or(self.said.height, |(height, _)| *height)
    }

    /// Remembers an executed block until it, or another of its height, is final.
    pub fn remember(&mut self, block: Arc<CheckedBlock>) {
        self.recent.insert(block.hash(), block);
    }

    /// The block that became final, if it was remembered; it and what it outlived are
    /// forgotten.
    pub fn recall(&mut self, hash: &BlockHash, height: Height) -> Option<Arc<CheckedBlock>> {
        let block = self.recent.remove(hash);
        self.recent.retain(|_, other| other.header().height > height);
        block
    }

    /// Takes a block that became final.
    pub fn add(&mut self, tip: Tip) {
        self.fresh = Some(tip.hash);
        self.known.insert(tip.height, tip);
    }

    /// Says that everything up to this block is final: a synced state names it.
    pub fn say(&mut self, hash: &BlockHash) {
        let Some(tip) = self.known.values().find(|tip| tip.hash == *hash).cloned() else { return };
        self.known = self.known.split_off(&Height(tip.height.0.saturating_add(1)));
        self.said = tip;
    }

    /// Whether a checkpoint of the last final block is due, or wanted since the node stops.
    pub fn wants_checkpoint(&mut self, at: BlockHash, now: Millis, is_stopping: bool) -> bool {
        let is_due = is_stopping || self.checkpoint.rings(now);
        let is_wanted = self.fresh == Some(at) && is_due;
        if is_wanted {
            self.fresh = None;
        }
        is_wanted
    }
}
