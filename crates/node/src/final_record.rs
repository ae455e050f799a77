//! What became final: its receipts for those who wait, and its writes on the way to the
//! next checkpoint.
//!
//! The core may know a block to be final from shares it has seen; this node *says* so
//! only when the state of a block in its synced log says it (settled: final in RPC is
//! what is durable here), and only while it awaits no trusted block (R16). [`Finals::said`]
//! is the one place that decides what may be called final: status, blocks, transactions,
//! reads, health, metrics and log ask it.

use crate::remembered::{Landed, Remembered};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use weft_consensus::trust::{Awaited, Guard};
use weft_ledger::forks::FinalBlock;
use weft_store::{Entry, Meta, StateChanges};
use weft_types::{BlockHash, Canonical, CheckedBlock, Hash, Header, Height, Slot, TxId};

/// How often the state is written.
const EVERY: Duration = Duration::from_secs(2);

/// The last final block as this node knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its height.
    pub height: Height,
    /// Its hash.
    pub hash: BlockHash,
    /// The root of its state.
    pub state_root: Hash,
    /// Its slot.
    pub slot: Slot,
}

/// Final blocks and what of them is still to be done.
pub struct Finals {
    said: Tip,
    guard: Guard,
    known: BTreeMap<Height, Tip>,
    remembered: Remembered,
    recent: BTreeMap<BlockHash, Arc<CheckedBlock>>,
    writes: StateChanges,
    meta: Option<(Tip, Header)>,
    written: Instant,
}

impl Finals {
    /// Starts from the block whose state was restored.
    #[must_use]
    pub fn new(base: Tip) -> Self {
        Self {
            said: base,
            guard: Guard::closed(),
            known: BTreeMap::new(),
            remembered: Remembered::default(),
            recent: BTreeMap::new(),
            writes: StateChanges::default(),
            meta: None,
            written: Instant::now(),
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

    /// Takes a block that became final, with its header and transactions.
    pub fn add(&mut self, block: FinalBlock, header: Header, ids: &[TxId]) {
        let FinalBlock { height, hash, state_root, .. } = block;
        let tip = Tip { height, hash, state_root, slot: header.slot };
        self.meta = Some((tip.clone(), header));
        self.known.insert(block.height, tip);
        for (index, (id, receipt)) in ids.iter().zip(&block.receipts.txs).enumerate() {
            self.remembered.add(*id, (block.height, index), receipt);
        }
        for write in block.writes {
            let entry = write.value.map(|v| Entry { slot: write.slot, value: v.to_bytes() });
            self.writes.0.insert(write.key.to_bytes(), entry);
        }
    }

    /// Says that everything up to this block is final: a synced state names it.
    pub fn say(&mut self, hash: &BlockHash) {
        let Some(tip) = self.known.values().find(|tip| tip.hash == *hash).cloned() else { return };
        self.known = self.known.split_off(&Height(tip.height.0.saturating_add(1)));
        self.said = tip;
    }

    /// What became of a transaction.
    #[must_use]
    pub fn landed(&self, id: &TxId) -> Option<&Landed> {
        self.remembered.get(id)
    }

    /// A checkpoint, when it is time for one or when the node stops. `base` is what the
    /// core needs to start from the block `at`, which must be the last one added.
    pub fn checkpoint(
        &mut self,
        at: BlockHash,
        base: Vec<u8>,
        stopping: bool,
    ) -> Option<(StateChanges, Meta)> {
        if !stopping && self.written.elapsed() < EVERY {
            return None;
        }
        self.meta.as_ref().filter(|(tip, _)| tip.hash == at)?;
        let (tip, header) = self.meta.take()?;
        self.written = Instant::now();
        let Tip { height, hash, state_root, .. } = tip;
        let meta = Meta { height, hash, state_root, header, base };
        Some((std::mem::take(&mut self.writes), meta))
    }

    /// The whole state of a restored base, for a store that has no checkpoint.
    pub fn whole(&mut self, entries: impl Iterator<Item = (Vec<u8>, Entry)>) {
        for (key, entry) in entries {
            self.writes.0.entry(key).or_insert(Some(entry));
        }
    }
}
