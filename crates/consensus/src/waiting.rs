//! Blocks on their way: announced headers without a body, bodies without a parent,
//! blocks of a slot that has not begun (R5, R20).

use crate::crowd::Crowd;
use crate::input::{PeerId, Ticket};
use std::collections::BTreeMap;
use std::sync::Arc;
use weft_types::{BlockHash, CheckedBlock, SignedHeader, Slot};

/// Blocks on their way per peer and in all.
const PER_PEER: usize = 16;
const IN_ALL: usize = 128;

/// Bytes of bodies per peer and in all: what is over is given up, oldest first.
const BYTES_PER_PEER: u64 = 16 << 20;
const BYTES_IN_ALL: u64 = 64 << 20;

/// Peers that are remembered to have one body, and messages that wait for one verdict.
const SOURCES: usize = 8;

/// Slots after which a block that did not come is given up.
const PATIENCE: u64 = 4;

/// A block that is not executed yet.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its hash.
    pub hash: BlockHash,
    /// Its header.
    pub signed: SignedHeader,
    /// Its body, once it is here.
    pub body: Option<Arc<CheckedBlock>>,
    /// Whether parent, proposer and signature were found good.
    pub is_vetted: bool,
    /// Whether it came as part of a chain we asked for: then it may be a third block
    /// of its slot, because others may have built on it.
    pub is_asked: bool,
    /// Peers that should have it.
    pub sources: Vec<PeerId>,
    /// Messages to be answered.
    pub tickets: Vec<Ticket>,
    since: Slot,
}

impl Entry {
    /// A block that was announced or arrived.
    #[must_use]
    pub const fn new(hash: BlockHash, signed: SignedHeader, since: Slot) -> Self {
        Self {
            hash,
            signed,
            body: None,
            is_vetted: false,
            is_asked: false,
            sources: Vec::new(),
            tickets: Vec::new(),
            since,
        }
    }

    /// How many bytes its body takes.
    fn bytes(&self) -> u64 {
        self.body.as_ref().map_or(0, |body| u64::from(body.bytes()))
    }

    /// Adds a peer that has it, and its message; false when enough are kept.
    pub fn heard(&mut self, from: PeerId, ticket: Option<Ticket>) -> bool {
        if !self.sources.contains(&from) && self.sources.len() < SOURCES {
            self.sources.push(from);
        }
        if let Some(ticket) = ticket {
            if self.tickets.len() >= SOURCES {
                return false;
            }
            self.tickets.push(ticket);
        }
        true
    }
}

/// All blocks on their way.
#[derive(Clone, Debug)]
pub struct Waiting {
    entries: Crowd<Entry>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { entries: Crowd::new(PER_PEER, IN_ALL) }
    }
}

impl Waiting {
    /// The entry of a block.
    pub fn get_mut(&mut self, hash: &BlockHash) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|e| e.hash == *hash)
    }

    /// Whether a block is on its way.
    #[must_use]
    pub fn contains(&self, hash: &BlockHash) -> bool {
        self.entries.iter().any(|e| e.hash == *hash)
    }

    /// The entries, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The entries, oldest first.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut()
    }

    /// Adds an entry on the account of a peer; gives back what had to make room.
    pub fn push(&mut self, owner: PeerId, entry: Entry) -> Option<Entry> {
        self.entries.push(owner, entry)
    }

    /// Takes out the oldest bodies of whoever has too many bytes waiting, and of those that have
    /// most while there are too many in all (R19).
    pub fn over(&mut self) -> Vec<Entry> {
        let mut gone = Vec::new();
        loop {
            let mut sums: BTreeMap<PeerId, u64> = BTreeMap::new();
            for (owner, entry) in self.entries.owned() {
                let sum = sums.entry(owner).or_default();
                *sum = sum.saturating_add(entry.bytes());
            }
            let all = sums.values().fold(0_u64, |all, sum| all.saturating_add(*sum));
            let most = sums.into_iter().max_by_key(|(owner, sum)| (*sum, *owner));
            let Some((owner, sum)) = most else { return gone };
            if sum <= BYTES_PER_PEER && all <= BYTES_IN_ALL {
                return gone;
            }
            let mut theirs = self.entries.owned().filter(|(o, e)| *o == owner && e.body.is_some());
            let Some(hash) = theirs.next().map(|(_, e)| e.hash) else { return gone };
            drop(theirs);
            gone.extend(self.take(|e| e.hash == hash));
        }
    }

    /// Takes out what fits, oldest first.
    pub fn take(&mut self, fits: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        self.entries.take(fits)
    }

    /// Takes out what waited too long.
    pub fn expire(&mut self, now: Slot) -> Vec<Entry> {
        self.take(|e| e.since.0.saturating_add(PATIENCE) < now.0)
    }

    /// A peer is gone, or what it sent as a block is none: it is no source of it.
    pub fn lost(&mut self, peer: PeerId, hash: Option<&BlockHash>) {
        let meant = |e: &Entry| hash.is_none_or(|hash| e.hash == *hash);
        for entry in self.entries.iter_mut().filter(|e| meant(e)) {
            entry.sources.retain(|p| *p != peer);
        }
    }
}
