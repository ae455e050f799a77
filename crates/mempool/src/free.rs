//! Free calls that wait: by kind, in the order they came.
//!
//! Of a free call one waits for each signer, call and subnet. A report is named by what it
//! shows: one waits for each offence of a hotkey, whoever sends it. So nobody keeps others
//! out by sending what they send. Of one hotkey few wait: its later ones come when those are
//! in a block.
//!
//! Each kind has a room of its own, so that many of one (stamps cost but hashes) keep none of
//! another out; that of what can wait (endpoints, permits) is half as large (R19).

use crate::bounds::Bounds;
use crate::entry::{Arrival, Place};
use std::collections::BTreeMap;
use weft_types::room::Kind;
use weft_types::{Offence, PublicKey, Round};

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
    pub fn reports(&self, offender: &PublicKey) -> impl Iterator<Item = (Place, &PublicKey)> {
        let first = (*offender, Offence::Vote(Round::ZERO));
        let theirs = self.reporters.range(first..).take_while(move |((key, _), _)| *key == first.0);
        theirs.map(|((key, offence), who)| (Place::Report(*key, *offence), who))
    }

    /// Who sent the report of an offence of a hotkey.
    pub fn reporter(&self, offender: &PublicKey, offence: Offence) -> Option<&PublicKey> {
        self.reporters.get(&(*offender, offence))
    }

    fn count(&self, kind: Kind) -> usize {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// The limit that another call of a kind would break.
    pub fn full(&self, kind: Kind, bounds: &Bounds) -> Option<usize> {
        let limit = match kind {
            Kind::Evidence => bounds.reports,
            Kind::Optional => bounds.free.div_euclid(2),
            Kind::Heartbeat | Kind::Row | Kind::Stamp => bounds.free,
        };
        (self.count(kind) >= limit).then_some(limit)
    }
}
