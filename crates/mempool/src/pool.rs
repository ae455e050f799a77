//! The pool: how what waits is kept and found, given up and forgotten.
//!
//! Not here: what may wait ([`crate::insert`], [`crate::fits`]), and what goes into a block
//! ([`crate::pick`]).

use crate::bounds::{Accounts, Bounds, Counters};
use crate::entry::{Arrival, Entry, Place};
use crate::free::Free;
use crate::queue::{Fullness, Promise, Queue, Ranking};
use std::collections::{BTreeMap, BTreeSet};
use weft_types::check::Known;
use weft_types::{CheckedBlock, CheckedTx, Hash, Height, PublicKey, TxId};

/// The transactions that wait.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    pub(crate) bounds: Bounds,
    /// The height of the head, for lifetimes.
    pub(crate) head: Height,
    pub(crate) queues: BTreeMap<PublicKey, Queue>,
    pub(crate) free: Free,
    /// Signers, the most promising first.
    pub(crate) promising: Ranking<Promise>,
    /// Signers, the fullest first.
    pub(crate) full: Ranking<Fullness>,
    pub(crate) places: BTreeMap<TxId, (PublicKey, Place)>,
    seals: BTreeSet<Hash>,
    deadlines: BTreeSet<(Height, TxId)>,
    arrivals: Arrival,
    pub(crate) counters: Counters,
}

/// The pool remembers whose signatures it has seen.
impl Known for Pool {
    fn knows(&self, seal: &Hash) -> bool {
        self.seals.contains(seal)
    }
}

pub fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}

impl Pool {
    /// An empty pool.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, ..Self::default() }
    }

    /// The height of the block that is built next.
    pub(crate) fn next_height(&self) -> Height {
        Height(self.head.0.saturating_add(1))
    }

    pub(crate) fn put(&mut self, tx: CheckedTx, place: Place, (until, cost): (Height, u128)) {
        self.arrivals = self.arrivals.saturating_add(1);
        let (id, seal) = (*tx.id(), *tx.seal());
        let entry = Entry::new(tx, self.arrivals, (until, cost));
        let signer = entry.signer();
        self.places.insert(id, (signer, place));
        self.seals.insert(seal);
        self.deadlines.insert((until, id));
        if let Some(kind) = entry.tx.tx().body.call.kind() {
            self.free.put((kind, entry.arrival), (signer, place));
        }
        self.counters.bytes = self.counters.bytes.saturating_add(entry.bytes());
        self.unrank(&signer);
        self.queues.entry(signer).or_default().insert(place, entry);
        self.rank(signer);
    }

    /// Drops a transaction and everything that was noted of it.
    pub(crate) fn drop_tx(&mut self, id: &TxId) -> bool {
        let Some((signer, place)) = self.places.remove(id) else { return false };
        self.unrank(&signer);
        if let Some(entry) = self.queues.get_mut(&signer).and_then(|q| q.remove(&place)) {
            self.seals.remove(entry.tx.seal());
            self.deadlines.remove(&(entry.until, *id));
            if let Some(kind) = entry.tx.tx().body.call.kind() {
                self.free.remove(kind, entry.arrival);
            }
            self.counters.bytes = self.counters.bytes.saturating_sub(entry.bytes());
        }
        self.rank(signer);
        true
    }

    fn unrank(&mut self, signer: &PublicKey) {
        let Some(queue) = self.queues.get(signer) else { return };
        if let Some(promise) = queue.promise() {
            self.promising.remove(&(promise, *signer));
        }
        if let Some(fullness) = queue.fullness() {
            self.full.remove(&(fullness, *signer));
        }
    }

    fn rank(&mut self, signer: PublicKey) {
        let Some(queue) = self.queues.get(&signer) else { return };
        if queue.len() == 0 {
            self.queues.remove(&signer);
            return;
        }
        if let Some(promise) = queue.promise() {
            self.promising.insert((promise, signer));
        }
        if let Some(fullness) = queue.fullness() {
            self.full.insert((fullness, signer));
        }
    }

    /// Drops what a final block carried, and what its signers can't use any more on the
    /// accounts of its state.
    pub fn on_final(&mut self, block: &CheckedBlock, accounts: &impl Accounts) {
        let signers: BTreeSet<_> = block.block().txs.iter().map(|tx| tx.body.signer).collect();
        let mut used: Vec<TxId> = block.tx_ids().to_vec();
        for signer in &signers {
            let Some(queue) = self.queues.get(signer) else { continue };
            let below = queue.below(accounts.account(signer).nonce);
            used.extend(below.iter().filter_map(|p| queue.get(p)).map(|e| *e.tx.id()));
        }
        for id in used {
            if self.drop_tx(&id) {
                count(&mut self.counters.finalized);
            }
        }
        for signer in signers {
            self.unrank(&signer);
            if let Some(queue) = self.queues.get_mut(&signer) {
                queue.settle();
            }
            self.rank(signer);
        }
    }

    /// Drops what the rules of the next block refuse; for when these have changed (R21).
    /// Answers how many.
    pub fn recheck(&mut self, accounts: &impl Accounts) -> usize {
        let entries = self
            .places
            .iter()
            .filter_map(|(id, (signer, place))| Some((*id, self.queues.get(signer)?.get(place)?)));
        let bad = entries.filter(|(_, entry)| !accounts.is_good(&entry.tx.tx().body));
        let bad: Vec<TxId> = bad.map(|(id, _)| id).collect();
        for id in &bad {
            self.drop_tx(id);
            count(&mut self.counters.expired);
        }
        bad.len()
    }

    /// Says how high the head is, and drops what no later block may carry.
    pub fn expire(&mut self, head: Height) {
        self.head = head;
        while let Some((until, id)) = self.deadlines.first().copied()
            && until <= head
        {
            self.drop_tx(&id);
            count(&mut self.counters.expired);
        }
    }

    /// A waiting transaction.
    #[must_use]
    pub fn get(&self, id: &TxId) -> Option<&CheckedTx> {
        let (signer, place) = self.places.get(id)?;
        self.queues.get(signer)?.get(place).map(|entry| &entry.tx)
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// What is held and what became of the rest.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let of = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        Counters {
            txs: of(self.places.len()),
            free: of(self.free.len()),
            signers: of(self.queues.len()),
            ..self.counters
        }
    }
}
