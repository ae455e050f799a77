//! Peers as the core knows them: numbers given here, names known to gossip; and the
//! messages that wait for a verdict.

use std::collections::BTreeMap;
use weft_consensus::{PeerId, Ticket};
use weft_gossip::{MessageName, PeerName};

/// How many messages may wait for a verdict; older ones are left to expire.
const TICKETS: usize = 16_384;

/// Who is connected, and what awaits judgement.
#[derive(Default)]
pub struct Peers {
    next: u64,
    by_id: BTreeMap<PeerId, PeerName>,
    by_name: BTreeMap<PeerName, PeerId>,
    next_ticket: u64,
    tickets: BTreeMap<Ticket, MessageName>,
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
        let id = self.by_name.remove(name)?;
        self.by_id.remove(&id);
        Some(id)
    }

    /// All peers.
    pub fn all(&self) -> impl Iterator<Item = (&PeerId, &PeerName)> {
        self.by_id.iter()
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
