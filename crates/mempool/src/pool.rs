//! The pool: taking in, giving up, forgetting.

use crate::bounds::{Account, Accounts, Bounds, Counters};
use crate::entry::{Arrival, Entry, Place, asks, cost, named, place, rate};
use crate::error::PoolError;
use crate::free::Free;
use crate::queue::{Fullness, Promise, Queue, Ranking};
use std::collections::{BTreeMap, BTreeSet};
use weft_types::check::Known;
use weft_types::{
    Call, CheckedBlock, CheckedTx, Hash, Height, Nonce, PublicKey, Rao, TxBody, TxId,
};

/// What became of a transaction that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It waits now.
    Added,
    /// It waits now in the place of this one, which paid less.
    Replaced(TxId),
    /// It waits already.
    Known,
}

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
    full: Ranking<Fullness>,
    places: BTreeMap<TxId, (PublicKey, Place)>,
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

    /// Takes a transaction in, on the accounts of the head state.
    ///
    /// # Errors
    /// [`PoolError`]: nothing has changed then.
    pub fn insert(
        &mut self,
        tx: CheckedTx,
        accounts: &impl Accounts,
    ) -> Result<Inserted, PoolError> {
        if self.places.contains_key(tx.id()) {
            return Ok(Inserted::Known);
        }
        let taken = self.admit(tx, accounts);
        count(if taken.is_ok() { &mut self.counters.added } else { &mut self.counters.refused });
        taken
    }

    fn admit(&mut self, tx: CheckedTx, accounts: &impl Accounts) -> Result<Inserted, PoolError> {
        let (body, place) = (&tx.tx().body, place(&tx));
        let until = self.until(body)?;
        let (signer, call) = (body.signer, body.call.name());
        let cost = cost(&tx, accounts).ok_or(PoolError::NotAllowed { signer, call })?;
        match place {
            Place::Paying(nonce) => {
                self.paying_fits((&tx, nonce), &accounts.account(&body.signer), cost)?;
            }
            Place::Free(..) | Place::Report(..) => {
                if let Some(kind) = body.call.kind() {
                    self.free_fits(&tx, (kind, &place), accounts)?;
                }
            }
        }
        if !accounts.is_good(body) || (asks(&body.call) && !accounts.allows(body)) {
            return Err(PoolError::NotAllowed { signer, call });
        }
        let before = self.queues.get(&signer).and_then(|q| q.get(&place));
        let before = before.map(|e| (*e.tx.id(), e.bytes()));
        self.make_room(&tx, before.map(|(_, bytes)| bytes))?;
        let before = before.map(|(id, _)| id);
        if let Some(before) = before {
            self.drop_tx(&before);
            count(&mut self.counters.replaced);
        }
        self.put(tx, place, (until, cost));
        Ok(before.map_or(Inserted::Added, Inserted::Replaced))
    }

    /// The last height that may carry it: its own or the pool's.
    fn until(&self, body: &TxBody) -> Result<Height, PoolError> {
        let next = self.next_height();
        let behind = |from: Height, blocks| Height(from.0.saturating_add(blocks));
        let life = behind(self.head, self.bounds.lifetime_blocks);
        let fresh = match body.call {
            Call::RegisterStamp { .. } => self.bounds.stamp_blocks,
            _ => self.bounds.free_blocks,
        };
        let life = named(&body.call).map_or(life, |at| life.min(behind(at, fresh)).max(next));
        match body.valid_until {
            Some(until) if until < next => Err(PoolError::Expired { until, next }),
            own => Ok(own.unwrap_or(life).min(life)),
        }
    }

    /// The height of the block that is built next.
    pub(crate) fn next_height(&self) -> Height {
        Height(self.head.0.saturating_add(1))
    }

    fn paying_fits(
        &self,
        (tx, got): (&CheckedTx, Nonce),
        account: &Account,
        cost: u128,
    ) -> Result<(), PoolError> {
        let (signer, want) = (tx.tx().body.signer, account.nonce);
        let limit = self.bounds.nonces_ahead;
        match got.checked_sub(want) {
            None => return Err(PoolError::NonceUsed { signer, got, want }),
            Some(ahead) if ahead.0 >= limit => {
                return Err(PoolError::NonceAhead { signer, got, want, limit });
            }
            Some(_) => {}
        }
        let queue = self.queues.get(&signer);
        let rival = queue.and_then(|q| q.get(&Place::Paying(got)));
        if let Some(rival) = rival {
            replaces(tx, rival, got)?;
        }
        if let Call::RemoveStake { hotkey, .. } = tx.tx().body.call {
            // Each is looked at by itself and costs nothing before it runs: one at a time.
            let same = |e: &Entry| {
                let body = &e.tx.tx().body;
                body.nonce != got
                    && matches!(body.call, Call::RemoveStake { hotkey: h, .. } if h == hotkey)
            };
            if queue.into_iter().flat_map(|q| q.from(want)).any(same) {
                return Err(PoolError::RemovalPending { signer, hotkey });
            }
        }
        let waiting = queue.into_iter().flat_map(|q| q.from(want));
        let others = waiting.filter(|e| e.tx.tx().body.nonce != got).map(|e| e.cost);
        let need = others.fold(cost, u128::saturating_add);
        if need > u128::from(account.free.0) {
            let need = Rao(u64::try_from(need).unwrap_or(u64::MAX));
            return Err(PoolError::TooPoor { signer, have: account.free, need });
        }
        Ok(())
    }

    /// Sees that one more transaction of this signer fits, in the place of one with so many
    /// bytes if there is one, or drops worse ones.
    fn make_room(&mut self, tx: &CheckedTx, before: Option<u64>) -> Result<(), PoolError> {
        let signer = tx.tx().body.signer;
        let queue = self.queues.get(&signer);
        let (own, held) = queue.map_or((0, 0), |q| (q.len(), q.bytes()));
        let (added, limit) = (usize::from(before.is_none()), self.bounds.per_signer);
        let own = own.saturating_add(added);
        if own > limit {
            return Err(PoolError::SignerFull { signer, limit });
        }
        let grown = |held: u64| {
            held.saturating_sub(before.unwrap_or(0)).saturating_add(u64::from(tx.bytes()))
        };
        let limit = self.bounds.signer_bytes;
        if grown(held) > limit {
            return Err(PoolError::SignerBytes { signer, limit });
        }
        let free = tx.tx().body.call.is_free();
        let mut bytes = grown(self.counters.bytes);
        let mut txs = self.places.len().saturating_add(added);
        let mut given_up = Vec::new();
        // The fullest signer first, from its last one down, as long as it is the fuller one.
        let mut victims = self.full.iter().flat_map(|((fullness, ..), who)| {
            let queue = self.queues.get(who).into_iter().flat_map(Queue::backwards);
            (1..=fullness.0).rev().zip(queue).map(|(count, entry)| (*who, count, entry))
        });
        while bytes > self.bounds.bytes || txs > self.bounds.txs {
            let (victim, count, entry) = victims.next().ok_or(PoolError::Full)?;
            // R19: the fullest signer gives way; among equals the lower rate. A free call,
            // whose room is bounded apart, gives way to none.
            let fuller = count > own || (count == own && entry.rate < rate(tx));
            if victim == signer || !(free || fuller) {
                return Err(PoolError::Full);
            }
            bytes = bytes.saturating_sub(entry.bytes());
            txs = txs.saturating_sub(1);
            given_up.push(*entry.tx.id());
        }
        drop(victims);
        for id in given_up {
            self.drop_tx(&id);
            count(&mut self.counters.evicted);
        }
        Ok(())
    }

    fn put(&mut self, tx: CheckedTx, place: Place, (until, cost): (Height, u128)) {
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

/// Whether a transaction takes the place of one with its nonce: a tenth more fee, and
/// no worse a rate, so that replacing costs something each time.
fn replaces(tx: &CheckedTx, rival: &Entry, nonce: Nonce) -> Result<(), PoolError> {
    let paid = rival.tx.tx().body.fee.0;
    let more = paid.checked_div(10).unwrap_or_default().max(1);
    let need = Rao(paid.saturating_add(more));
    if tx.tx().body.fee >= need && rate(tx) >= rival.rate {
        return Ok(());
    }
    Err(PoolError::NonceTaken { nonce, need })
}
