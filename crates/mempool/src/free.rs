//! Free calls that wait: by kind, in the order they came, and which may wait at all.
//!
//! Of a free call one waits for each signer, call and subnet. A report is named by what it
//! shows: one waits for each offence of a hotkey, whoever sends it. So nobody keeps others
//! out by sending what they send. Of one hotkey few wait: its later ones come when those are
//! in a block.
//!
//! Each kind has a room of its own, so that many of one (stamps cost but hashes) keep none of
//! another out; that of what can wait (endpoints, permits) is half as large (R19).

use crate::bounds::{Accounts, Bounds};
use crate::entry::{Arrival, Entry, Place, named};
use crate::error::PoolError;
use crate::pool::{Pool, count};
use std::collections::BTreeMap;
use weft_types::room::Kind;
use weft_types::{CheckedTx, Offence, PublicKey, Round, TxId};

/// A free call that names a height so many blocks later takes the place of one that waits.
const RENEWED: u64 = 4;

/// How many of the oldest free calls of a kind are asked for whether they can still run when
/// there is no room for another.
const SWEEP: usize = 64;

/// Free calls that wait.
#[derive(Clone, Debug, Default)]
pub struct Free {
    calls: BTreeMap<(Kind, Arrival), (PublicKey, Place)>,
    counts: BTreeMap<Kind, usize>,
    /// Who sent the report of an offence.
    reporters: BTreeMap<(PublicKey, Offence), PublicKey>,
}

impl Free {
    pub fn put(&mut self, (kind, arrival): (Kind, Arrival), (signer, place): (PublicKey, Place)) {
        if let Place::Report(offender, offence) = place {
            self.reporters.insert((offender, offence), signer);
        }
        if self.calls.insert((kind, arrival), (signer, place)).is_none() {
            let waiting = self.counts.entry(kind).or_default();
            *waiting = waiting.saturating_add(1);
        }
    }

    pub fn remove(&mut self, kind: Kind, arrival: Arrival) {
        let Some((_, place)) = self.calls.remove(&(kind, arrival)) else { return };
        if let Place::Report(offender, offence) = place {
            self.reporters.remove(&(offender, offence));
        }
        let waiting = self.counts.entry(kind).or_default();
        *waiting = waiting.saturating_sub(1);
    }

    /// Those of a kind, the earliest first.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &(PublicKey, Place)> {
        self.calls.range((kind, Arrival::MIN)..=(kind, Arrival::MAX)).map(|(_, call)| call)
    }

    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// The reports of a hotkey's offences, and who sent each.
    fn reports(&self, offender: &PublicKey) -> impl Iterator<Item = (Place, &PublicKey)> {
        let first = (*offender, Offence::Vote(Round::ZERO));
        let theirs = self.reporters.range(first..).take_while(move |((key, _), _)| *key == first.0);
        theirs.map(|((key, offence), who)| (Place::Report(*key, *offence), who))
    }

    fn count(&self, kind: Kind) -> usize {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// The limit that another call of a kind would break.
    fn full(&self, kind: Kind, bounds: &Bounds) -> Option<usize> {
        let limit = match kind {
            Kind::Evidence => bounds.reports,
            Kind::Optional => bounds.free.div_euclid(2),
            Kind::Heartbeat | Kind::Row | Kind::Stamp => bounds.free,
        };
        (self.count(kind) >= limit).then_some(limit)
    }
}

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
                let sent = self.free.reporters.get(&(*offender, *offence));
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
