//! What one signer has waiting.

use crate::entry::{Arrival, Entry, Place, Rate};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use weft_types::{Nonce, PublicKey};

/// One signer's transactions: paying ones by nonce, then free calls.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    entries: BTreeMap<Place, Entry>,
    promise: Option<Promise>,
    bytes: u64,
}

/// How good the best of a queue may be: its highest rate and earliest arrival, which
/// need not belong together, or may be gone since. Better ones sort first.
pub type Promise = (Reverse<Rate>, Arrival);

/// How soon a queue gives one up when the pool is full: the fullest first, then the one
/// whose last transaction pays least, then the latest.
pub type Fullness = (Reverse<usize>, Rate, Reverse<Arrival>);

/// The paying part of a queue.
const PAYING: std::ops::RangeInclusive<Place> =
    Place::Paying(Nonce::ZERO)..=Place::Paying(Nonce::MAX);

impl Queue {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn get(&self, place: &Place) -> Option<&Entry> {
        self.entries.get(place)
    }

    pub fn insert(&mut self, place: Place, entry: Entry) {
        if matches!(place, Place::Paying(_)) {
            let own = (Reverse(entry.rate), entry.arrival);
            let better = |p: Promise| (p.0.min(own.0), p.1.min(own.1));
            self.promise = Some(self.promise.map_or(own, better));
        }
        self.bytes = self.bytes.saturating_add(entry.bytes());
        self.entries.insert(place, entry);
    }

    pub fn remove(&mut self, place: &Place) -> Option<Entry> {
        let entry = self.entries.remove(place)?;
        self.bytes = self.bytes.saturating_sub(entry.bytes());
        Some(entry)
    }

    /// The paying ones from a nonce on.
    pub fn from(&self, nonce: Nonce) -> impl Iterator<Item = &Entry> {
        self.entries.range(Place::Paying(nonce)..=*PAYING.end()).map(|(_, entry)| entry)
    }

    /// The places of those whose nonce is below this one.
    pub fn below(&self, nonce: Nonce) -> Vec<Place> {
        self.entries.range(*PAYING.start()..Place::Paying(nonce)).map(|(place, _)| *place).collect()
    }

    /// The paying one with the highest nonce: dropping it leaves no gap.
    pub fn last(&self) -> Option<&Entry> {
        self.backwards().next()
    }

    /// The paying ones from the highest nonce down.
    pub fn backwards(&self) -> impl Iterator<Item = &Entry> {
        self.entries.range(PAYING).rev().map(|(_, entry)| entry)
    }

    /// The bytes of all.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub const fn promise(&self) -> Option<Promise> {
        self.promise
    }

    /// Promises no more than there still is. Left out where only the last one goes: a
    /// promise too high costs a look, never the order.
    pub fn settle(&mut self) {
        let paying = || self.entries.range(PAYING).map(|(_, entry)| entry);
        let rate = paying().map(|e| Reverse(e.rate)).min();
        self.promise = rate.zip(paying().map(|e| e.arrival).min());
    }

    pub fn fullness(&self) -> Option<Fullness> {
        let last = self.last()?;
        Some((Reverse(self.len()), last.rate, Reverse(last.arrival)))
    }
}

/// Signers sorted by something of their queue.
pub type Ranking<T> = std::collections::BTreeSet<(T, PublicKey)>;
