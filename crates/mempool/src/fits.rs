//! Whether one more free call may wait: one for each signer, call and subnet, one report for each
//! offence, few of one hotkey, and as many of a kind as it has room for. What can't run any more
//! gives its place up.
//!
//! Not here: those that wait ([`crate::free`]), and paying transactions ([`crate::insert`]).

use crate::bounds::Accounts;
use crate::entry::{Entry, Place, named};
use crate::error::PoolError;
use crate::pool::{Pool, count};
use weft_types::room::Kind;
use weft_types::{CheckedTx, PublicKey, TxId};

/// A free call that names a height so many blocks later takes the place of one that waits.
const RENEWED: u64 = 4;

/// How many of the oldest free calls of a kind are asked for whether they can still run when
/// there is no room for another.
const SWEEP: usize = 64;

impl Pool {
    /// A free call that can't run any more gives its place up to the next one, and one that
    /// nobody has carried to one that names a later height: where it came too early it was
    /// refused, and is not taken again. When there is no room, some of the oldest of its kind
    /// are dropped that can't run.
    pub(crate) fn free_fits(
        &mut self,
        tx: &CheckedTx,
        (kind, place): (Kind, &Place),
        accounts: &impl Accounts,
    ) -> Result<(), PoolError> {
        let signer = tx.tx().body.signer;
        let is_dead = |entry: &&Entry| !accounts.allows(&entry.tx.tx().body);
        match place {
            Place::Report(offender, offence) => {
                let sent = self.free.reporter(offender, *offence);
                let sent = sent.and_then(|who| self.queues.get(who)?.get(place));
                if sent.is_some_and(|entry| !is_dead(&entry)) {
                    return Err(PoolError::ReportPending { offender: *offender });
                }
                if let Some(id) = sent.map(|entry| *entry.tx.id()) {
                    self.expire_one(&id);
                }
                self.offender_fits(offender, is_dead)?;
            }
            Place::Free(call, netuid) => {
                if let Some(before) = self.queues.get(&signer).and_then(|q| q.get(place)) {
                    let height = |tx: &CheckedTx| named(&tx.tx().body.call).unwrap_or_default();
                    let is_later = height(tx).since(height(&before.tx)) >= RENEWED;
                    if !is_later && !is_dead(&before) {
                        return Err(PoolError::FreePending { signer, call, netuid: *netuid });
                    }
                    return Ok(());
                }
            }
            Place::Paying(_) => return Ok(()),
        }
        if self.free.full(kind, &self.bounds).is_some() {
            let oldest = self.free.of(kind).take(SWEEP);
            let entries = oldest.filter_map(|(who, place)| self.queues.get(who)?.get(place));
            let dead: Vec<TxId> = entries.filter(is_dead).map(|e| *e.tx.id()).collect();
            dead.iter().for_each(|id| self.expire_one(id));
        }
        match self.free.full(kind, &self.bounds) {
            Some(limit) => Err(PoolError::FreeFull { limit }),
            None => Ok(()),
        }
    }

    /// R17: of one hotkey few reports wait, so that a small offender with many offences keeps
    /// no others out. Those that can't run any more make room.
    fn offender_fits(
        &mut self,
        offender: &PublicKey,
        is_dead: impl Fn(&&Entry) -> bool,
    ) -> Result<(), PoolError> {
        let limit = self.bounds.of_offender;
        if self.free.reports(offender).count() < limit {
            return Ok(());
        }
        let waiting = self.free.reports(offender);
        let entries = waiting.filter_map(|(place, who)| self.queues.get(who)?.get(&place));
        let dead: Vec<TxId> = entries.filter(is_dead).map(|e| *e.tx.id()).collect();
        if dead.is_empty() {
            return Err(PoolError::OffenderFull { offender: *offender, limit });
        }
        dead.iter().for_each(|id| self.expire_one(id));
        Ok(())
    }

    fn expire_one(&mut self, id: &TxId) {
        self.drop_tx(id);
        count(&mut self.counters.expired);
    }
}
