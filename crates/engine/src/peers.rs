//! Peers as the engine knows them: numbers given by the shell, what they are called, how high
//! they say they are, what can't be read of them; and the messages that wait for a verdict.

use crate::io::MessageName;
use std::collections::{BTreeMap, BTreeSet};
use weft_consensus::{PeerId, Ticket};
use weft_types::{Height, Millis, PublicKey, Slot};

/// The number of all that are not connected: nothing is asked of it or said to it.
pub const NOBODY: PeerId = PeerId(u64::MAX - 1);

/// How many messages may wait for a verdict; older ones are left to expire.
const TICKETS: usize = 16_384;

/// How many bytes an hour of a peer may be unreadable: a few answers, or the gossip of many
/// hours. One above it is disconnected, and may come again.
pub const UNREADABLE: u64 = 64 << 20;

/// How long such bytes count.
const HOUR_MS: u64 = 3_600_000;

/// Of how many peers they are counted; they count on when it went and comes again.
const ACCOUNTS: usize = 1_024;

/// How many nodes of one voter are known: its old one and its new one.
const OF_ONE: usize = 2;

/// After how many slots a peer is told again whose node this is.
const CLAIM_SLOTS: u64 = 32;

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

/// One that is connected.
struct Peer {
    name: String,
    height: Option<Height>,
    has_claimed: bool,
    voter: Option<PublicKey>,
    /// When it heard last which voter's node this is.
    heard: Option<Slot>,
}

/// Who is connected, and what awaits judgement.
#[derive(Default)]
pub struct Peers {
    peers: BTreeMap<PeerId, Peer>,
    next_ticket: u64,
    tickets: BTreeMap<Ticket, Pending>,
    /// Bytes of each that we could not read, and since when they count (R21).
    unreadable: BTreeMap<String, (Millis, u64)>,
    /// Who voted when the shell was told.
    voters: BTreeSet<PublicKey>,
}

impl Peers {
    /// A peer is connected.
    pub fn up(&mut self, id: PeerId, name: String) {
        let new = Peer { name, height: None, has_claimed: false, voter: None, heard: None };
        self.peers.insert(id, new);
    }

    /// A peer is gone; answers whether it was here.
    pub fn down(&mut self, id: PeerId) -> bool {
        self.peers.remove(&id).is_some()
    }

    /// Whether a peer is up; what comes late from one that left is not looked at.
    #[must_use]
    pub fn is_up(&self, id: PeerId) -> bool {
        self.peers.contains_key(&id)
    }

    /// What a peer is called.
    #[must_use]
    pub fn name(&self, id: PeerId) -> Option<&str> {
        self.peers.get(&id).map(|peer| peer.name.as_str())
    }

    /// A peer says whose node it is; true once while it is connected and the same vote, so
    /// that a signature is looked at once.
    pub fn claims(&mut self, id: PeerId) -> bool {
        let peer = self.peers.get_mut(&id);
        peer.is_some_and(|peer| !std::mem::replace(&mut peer.has_claimed, true))
    }

    /// A peer has heard which voter's node this is.
    pub fn heard_claim(&mut self, id: PeerId, slot: Slot) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.heard = Some(slot);
        }
    }

    /// Whether a peer is to be told whose node this is: it has not heard it, or long ago, when
    /// others may have voted by what it knew.
    #[must_use]
    pub fn lacks_claim(&self, id: PeerId, slot: Slot) -> bool {
        let heard = self.peers.get(&id).and_then(|peer| peer.heard);
        heard.is_none_or(|heard| heard.0.saturating_add(CLAIM_SLOTS) <= slot.0)
    }

    /// A peer has shown that it is the node of a voter.
    pub fn keeps(&mut self, id: PeerId, voter: PublicKey) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.voter = Some(voter);
        }
        let theirs = self.peers.values_mut().filter(|peer| peer.voter == Some(voter));
        // Numbers rise: the last ones came last.
        theirs.rev().skip(OF_ONE).for_each(|peer| peer.voter = None);
    }

    /// Peers that have shown that they are the nodes of voters.
    pub fn kept(&self) -> impl Iterator<Item = PeerId> {
        self.peers.iter().filter(|(_, peer)| peer.voter.is_some()).map(|(id, _)| *id)
    }

    /// The node of a voter, as far as one has shown that.
    #[must_use]
    pub fn node_of(&self, voter: &PublicKey) -> Option<PeerId> {
        self.peers.iter().find(|(_, peer)| peer.voter == Some(*voter)).map(|(id, _)| *id)
    }

    /// Whether a peer is the node of a voter, as far as it has shown.
    #[must_use]
    pub fn is_kept(&self, id: PeerId) -> bool {
        self.peers.get(&id).is_some_and(|peer| peer.voter.is_some())
    }

    /// A peer says how high its head is.
    pub fn told(&mut self, id: PeerId, height: Height) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.height = Some(height);
        }
    }

    /// The height that at least half of the peers that said one are at or above.
    #[must_use]
    pub fn median_height(&self) -> Option<Height> {
        let mut heights: Vec<_> = self.peers.values().filter_map(|peer| peer.height).collect();
        heights.sort_unstable();
        // Of an even number the lower one: one peer of two says nothing alone.
        heights.get(heights.len().checked_sub(1)?.div_euclid(2)).copied()
    }

    /// Bytes that a peer sent and we can't read. Answers how many there were within the hour,
    /// when they are too many.
    pub fn charge(&mut self, id: PeerId, bytes: u64, now: Millis) -> Option<u64> {
        let name = self.name(id)?.to_owned();
        let is_old = |since: &Millis| now.0.saturating_sub(since.0) >= HOUR_MS;
        if self.unreadable.len() >= ACCOUNTS && !self.unreadable.contains_key(&name) {
            self.unreadable.retain(|_, (since, _)| !is_old(since));
            let least = self.unreadable.iter().min_by_key(|(_, (_, sum))| *sum);
            let least = least.map(|(name, _)| name.clone());
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

    /// Who votes now; true when the shell has not been told.
    #[must_use]
    pub fn has_news(&self, voters: &BTreeSet<PublicKey>) -> bool {
        self.voters != *voters
    }

    /// The shell is told who votes. Everybody may say anew whose node it is; answers who voted
    /// before.
    pub fn told_voters(&mut self, voters: BTreeSet<PublicKey>) -> BTreeSet<PublicKey> {
        for peer in self.peers.values_mut() {
            peer.voter = peer.voter.filter(|voter| voters.contains(voter));
            (peer.has_claimed, peer.heard) = (false, None);
        }
        std::mem::replace(&mut self.voters, voters)
    }

    /// All peers.
    #[must_use]
    pub fn all(&self) -> Vec<PeerId> {
        self.peers.keys().copied().collect()
    }

    /// Keeps a message until its verdict.
    pub fn ticket(&mut self, message: Pending) -> Ticket {
        self.next_ticket = self.next_ticket.saturating_add(1);
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
        peers.up(PeerId(1), "one".to_owned());
        let at = |ms| Millis(1_000_000 + ms);
        assert_eq!(peers.charge(PeerId(1), UNREADABLE, at(0)), None);
        peers.down(PeerId(1));
        assert_eq!(peers.charge(PeerId(1), 1, at(1)), None, "who is not here is not counted");
        peers.up(PeerId(2), "one".to_owned());
        assert_eq!(peers.charge(PeerId(2), 1, at(2)), Some(UNREADABLE + 1));
        assert_eq!(peers.charge(PeerId(2), 1, at(HOUR_MS)), None, "an hour is over");
    }
}
