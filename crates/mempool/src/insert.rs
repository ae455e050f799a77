//! Taking a transaction in: whether it may wait here, for what room is made, and in whose place
//! it comes.
//!
//! Cheap checks first. Not here: which free calls may wait ([`crate::fits`]), and how what waits is kept
//! ([`crate::pool`]).

use crate::bounds::{Account, Accounts};
use crate::entry::{Entry, Place, asks, cost, named, place, rate};
use crate::error::PoolError;
use crate::pool::{Pool, count};
use crate::queue::Queue;
use weft_types::{Call, CheckedTx, Height, Nonce, Rao, TxBody, TxId};

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

impl Pool {
    /// Takes a transaction in, on the accounts of the head state.
    ///
    /// # Errors
    /// [`PoolError`]: it is not taken. What can run no more may have made room all the same.
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
