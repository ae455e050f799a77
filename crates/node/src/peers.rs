//! Peers as the core knows them: numbers given here, names known to gossip, addresses for
//! those who join; and the messages that wait for a verdict.

use std::collections::{BTreeMap, BTreeSet};
use weft_consensus::{PeerId, Ticket};
use weft_gossip::{MessageName, PeerName};
use weft_types::{Height, Millis, PublicKey};

/// The number of all that are not connected: nothing is asked of it or said to it.
pub const NOBODY: PeerId = PeerId(0);

/// How many messages may wait for a verdict; older ones are left to expire.
const TICKETS: usize = 16_384;

/// The most addresses of our own that are kept: a machine may have many.
const OWN_ADDRESSES: usize = 16;

/// How many bytes an hour of a peer may be unreadable: a few answers, or the gossip of many
/// hours. One above it is disconnected, and may come again.
pub const UNREADABLE: u64 = 64 << 20;

/// How long such bytes count.
const HOUR_MS: u64 = 3_600_000;

/// Of how many peers they are counted; they count on when it went and comes again.
const ACCOUNTS: usize = 1_024;

/// What waits for a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which message.
    pub message: MessageName,
    /// Who sent it.
    pub from: PeerId,
    /// How many bytes it had.
    pub bytes: usize,
}

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
    tickets: BTreeMap<Ticket, Pending>,
    /// Bytes of each that we could not read, and since when they count (R21).
    unreadable: BTreeMap<PeerName, (Millis, u64)>,
    /// Who voted when gossip was told.
    voters: BTreeSet<PublicKey>,
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
        Some(id)
    }

    /// A peer says whose node it is; true once while it is connected and the same vote, so
    /// that a signature is looked at once.
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

    /// Bytes that a peer sent and we can't read. Answers how many there were within the hour,
    /// when they are too many.
    pub fn charge(&mut self, id: PeerId, bytes: u64, now: Millis) -> Option<u64> {
        let name = self.name(id)?;
        let is_old = |since: &Millis| now.0.saturating_sub(since.0) >= HOUR_MS;
        if self.unreadable.len() >= ACCOUNTS && !self.unreadable.contains_key(&name) {
            self.unreadable.retain(|_, (since, _)| !is_old(since));
            let least = self.unreadable.iter().min_by_key(|(_, (_, sum))| *sum);
            let least = least.map(|(name, _)| *name);
            if let Some(least) = least.filter(|_| self.unreadable.len() >= ACCOUNTS) {
                self.unreadable.remove(&least);
            }
        }
        let (since, sum) = self.unreadable.entry(name).or_insert((now, 0));
        if is_old(since) {
            (*since, *sum) = (now, 0);
        }
        *sum = sum.saturating_add(bytes);
        (*sum > UNREADABLE).then_some(*sum)
    }

    /// Who votes now; true when gossip has not been told.
    pub fn has_news(&self, voters: &BTreeSet<PublicKey>) -> bool {
        self.voters != *voters
    }

    /// Gossip was told who votes. Everybody may say anew whose node it is; answers who voted
    /// before.
    pub fn told_voters(&mut self, voters: BTreeSet<PublicKey>) -> BTreeSet<PublicKey> {
        self.claimed.clear();
        std::mem::replace(&mut self.voters, voters)
    }

    /// All peers.
    pub fn all(&self) -> impl Iterator<Item = (&PeerId, &PeerName)> {
        self.by_id.iter()
    }

    /// Where others can dial a peer.
    pub fn reached_at(&mut self, name: PeerName, addresses: Vec<String>) {
        if self.by_name.contains_key(&name) {
            self.addresses.insert(name, addresses);
        }
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
    pub fn ticket(&mut self, message: Pending) -> Ticket {
        self.next_ticket += 1;
        let ticket = Ticket(self.next_ticket);
        self.tickets.insert(ticket, message);
        if self.tickets.len() > TICKETS {
            self.tickets.pop_first();
        }
        ticket
    }

    /// The message of a ticket, once.
    pub fn redeem(&mut self, ticket: Ticket) -> Option<Pending> {
        self.tickets.remove(&ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A5
    #[test]
    fn r21_bytes_that_can_not_be_read_count_for_an_hour_also_when_their_peer_comes_again() {
        let mut peers = Peers::default();
        let name = PeerName::of_key(&[1; 32]).unwrap();
        let id = peers.number(&name);
        let at = |ms| Millis(1_000_000 + ms);
        assert_eq!(peers.charge(id, UNREADABLE, at(0)), None);
        peers.forget(&name);
        assert_eq!(peers.charge(id, 1, at(1)), None, "who is not here is not counted");
        let again = peers.number(&name);
        assert_eq!(peers.charge(again, 1, at(2)), Some(UNREADABLE + 1));
        assert_eq!(peers.charge(again, 1, at(HOUR_MS)), None, "an hour is over");
    }
}
