//! A buffer that peers fill and none can flood (R19).
//!
//! Each entry belongs to the peer that brought it. There is a limit per peer and in
//! all; what is full makes room by the oldest entry of the fullest peer, so a flood
//! drowns itself first.

use crate::input::PeerId;
use std::collections::{BTreeMap, VecDeque};

/// Entries in the order they came, with their owners.
#[derive(Clone, Debug)]
pub struct Crowd<T> {
    entries: VecDeque<(PeerId, T)>,
    counts: BTreeMap<PeerId, usize>,
    per_peer: usize,
    in_all: usize,
}

impl<T> Crowd<T> {
    /// An empty buffer with its limits.
    #[must_use]
    pub const fn new(per_peer: usize, in_all: usize) -> Self {
        Self { entries: VecDeque::new(), counts: BTreeMap::new(), per_peer, in_all }
    }

    /// Adds an entry; gives back the one that had to go, if any.
    pub fn push(&mut self, owner: PeerId, entry: T) -> Option<T> {
        self.entries.push_back((owner, entry));
        let count = self.counts.entry(owner).or_default();
        *count = count.saturating_add(1);
        if self.count(owner) > self.per_peer {
            return self.evict(owner);
        }
        (self.entries.len() > self.in_all)
            .then(|| self.fullest())
            .flatten()
            .and_then(|p| self.evict(p))
    }

    /// How many entries a peer owns.
    #[must_use]
    pub fn count(&self, owner: PeerId) -> usize {
        self.counts.get(&owner).copied().unwrap_or_default()
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    /// The entries, oldest first.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut().map(|(_, entry)| entry)
    }

    /// Takes out what fits, oldest first.
    pub fn take(&mut self, fits: impl Fn(&T) -> bool) -> Vec<T> {
        let entries = std::mem::take(&mut self.entries);
        let mut taken = Vec::new();
        for (owner, entry) in entries {
            if fits(&entry) {
                self.discount(owner);
                taken.push(entry);
            } else {
                self.entries.push_back((owner, entry));
            }
        }
        taken
    }

    /// The entries with their owners, oldest first.
    pub fn owned(&self) -> impl Iterator<Item = (PeerId, &T)> {
        self.entries.iter().map(|(owner, entry)| (*owner, entry))
    }

    fn fullest(&self) -> Option<PeerId> {
        self.counts.iter().max_by_key(|(peer, count)| (**count, **peer)).map(|(peer, _)| *peer)
    }

    fn evict(&mut self, owner: PeerId) -> Option<T> {
        let at = self.entries.iter().position(|(p, _)| *p == owner)?;
        self.discount(owner);
        self.entries.remove(at).map(|(_, entry)| entry)
    }

    fn discount(&mut self, owner: PeerId) {
        if let Some(count) = self.counts.get_mut(&owner) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(&owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r19_a_peer_over_its_limit_loses_its_own_oldest() {
        let mut crowd = Crowd::new(2, 100);
        assert_eq!(crowd.push(PeerId(1), 'a'), None);
        assert_eq!(crowd.push(PeerId(2), 'b'), None);
        assert_eq!(crowd.push(PeerId(1), 'c'), None);
        assert_eq!(crowd.push(PeerId(1), 'd'), Some('a'));
        assert_eq!(crowd.iter().collect::<String>(), "bcd");
    }

    #[test]
    fn r19_a_full_buffer_evicts_from_the_fullest_peer_first() {
        let mut crowd = Crowd::new(3, 4);
        for (peer, entry) in [(1, 'a'), (2, 'b'), (2, 'c'), (2, 'd')] {
            assert_eq!(crowd.push(PeerId(peer), entry), None);
        }
        assert_eq!(crowd.push(PeerId(3), 'e'), Some('b'));
        assert_eq!(crowd.len(), 4);
        assert_eq!(crowd.take(|e| *e > 'b'), vec!['c', 'd', 'e']);
        assert_eq!(crowd.take(|_| true), vec!['a']);
        assert!(crowd.is_empty());
    }
}
