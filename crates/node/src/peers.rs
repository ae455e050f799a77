//! Peers as the core knows them: numbers given here, names known to gossip, addresses for
//! those who join; and the messages that wait for a verdict.

use std::collections::{BTreeMap, BTreeSet};
use weft_consensus::{PeerId, Ticket};
use weft_gossip::{MessageName, PeerName};
use weft_types::Height;

/// How many messages may wait for a verdict; older ones are left to expire.
const TICKETS: usize = 16_384;

/// The most addresses of our own that are kept: a machine may have many.
const OWN_ADDRESSES: usize = 16;

/// Who is connected, and what awaits judgement.
#[derive(Default)]
pub struct Peers {
    next: u64,
    by_id: BTreeMap<PeerId, PeerName>,
    by_name: BTreeMap<PeerName, PeerId>,
    addresses: BTreeMap<PeerName, Vec<String>>,
    own: Vec<String>,
    heights: BTreeMap<PeerId, Height>,
    claimed: BTreeSet<PeerId>,
    next_ticket: u64,
    tickets: BTreeMap<Ticket, MessageName>,
    /// Bytes of each that we could not read (R21).
    unreadable: BTreeMap<PeerId, u64>,
}

impl Peers {
    /// The number of a peer, given now if it has none.
    pub fn number(&mut self, name: &PeerName) -> PeerId {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        self.next += 1;
        let id = PeerId(self.next);
        self.by_id.insert(id, *name);
        self.by_name.insert(*name, id);
        id
    }

    /// The number of a peer that is up; what comes late from one that left has none.
    pub fn known(&self, name: &PeerName) -> Option<PeerId> {
        self.by_name.get(name).copied()
    }

    /// The name of a number.
    pub fn name(&self, id: PeerId) -> Option<PeerName> {
        self.by_id.get(&id).copied()
    }

    /// Forgets a peer that is gone.
    pub fn forget(&mut self, name: &PeerName) -> Option<PeerId> {
        self.addresses.remove(name);
        let id = self.by_name.remove(name)?;
        self.by_id.remove(&id);
        self.heights.remove(&id);
        self.claimed.remove(&id);
        self.unreadable.remove(&id);
        Some(id)
    }

    /// A peer says whose node it is; true once while it is connected, so that a signature
    /// is looked at once.
    pub fn claims(&mut self, id: PeerId) -> bool {
        self.by_id.contains_key(&id) && self.claimed.insert(id)
    }

    /// A peer says how high its head is.
    pub fn told(&mut self, id: PeerId, height: Height) {
        if self.by_id.contains_key(&id) {
            self.heights.insert(id, height);
        }
    }

    /// The height that at least half of the peers that said one are at or above.
    pub fn median_height(&self) -> Option<Height> {
        let mut heights: Vec<_> = self.heights.values().copied().collect();
        heights.sort_unstable();
        // Of an even number the lower one: one peer of two says nothing alone.
        heights.get(heights.len().checked_sub(1)? / 2).copied()
    }

    /// Bytes that a peer sent and we can't read.
    pub fn charge(&mut self, id: PeerId, bytes: u64) {
        let sum = self.unreadable.entry(id).or_default();
        *sum = sum.saturating_add(bytes);
    }

    /// How many bytes of a peer we could not read.
    pub fn unreadable(&self, id: &PeerId) -> u64 {
        self.unreadable.get(id).copied().unwrap_or(0)
    }

    /// All peers.
    pub fn all(&self) -> impl Iterator<Item = (&PeerId, &PeerName)> {
        self.by_id.iter()
    }

    /// Where others can dial a peer.
    pub fn reached_at(&mut self, name: PeerName, addresses: Vec<String>) {
        self.addresses.insert(name, addresses);
    }

    /// Where others can dial a peer, as far as we know.
    pub fn addresses(&self, name: &PeerName) -> &[String] {
        self.addresses.get(name).map_or(&[], Vec::as_slice)
    }

    /// We accept connections here.
    pub fn listening(&mut self, address: String) {
        if self.own.len() < OWN_ADDRESSES && !self.own.contains(&address) {
            self.own.push(address);
        }
    }

    /// Where we accept connections.
    pub fn own(&self) -> &[String] {
        &self.own
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_id.len()
    }

    /// Keeps a message until its verdict.
    pub fn ticket(&mut self, message: MessageName) -> Ticket {
        self.next_ticket += 1;
        let ticket = Ticket(self.next_ticket);
        self.tickets.insert(ticket, message);
        if self.tickets.len() > TICKETS {
            self.tickets.pop_first();
        }
        ticket
    }

    /// The message of a ticket, once.
    pub fn redeem(&mut self, ticket: Ticket) -> Option<MessageName> {
        self.tickets.remove(&ticket)
    }
}
