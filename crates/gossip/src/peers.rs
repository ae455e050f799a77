//! Who is connected, how far its handshake is, and who is kept away. A pure table;
//! time is an argument.
//!
//! A peer is up once it said the chain id and subscribed to all topics, in whatever
//! order the two arrive; or once it gossips, which only who knows our chain's names can do,
//! but then it has to finish all the same.

use std::collections::BTreeMap;
use std::time::Duration;

use libp2p::PeerId;
use tokio::time::Instant;

use crate::names::{TOPICS, Topic};

/// Most bans kept; a further one lets the ban that would end first go.
const MOST_BANS: usize = 4_096;

/// The connected and the banned.
#[derive(Debug)]
pub(crate) struct Peers {
    connected: BTreeMap<PeerId, Handshake>,
    bans: BTreeMap<PeerId, Instant>,
    patience: Duration,
}

#[derive(Debug)]
struct Handshake {
    deadline: Instant,
    same_chain: bool,
    topics: [bool; TOPICS],
    up: bool,
    turned_away: bool,
}

impl Handshake {
    /// Whether all was said that has to be.
    fn is_done(&self) -> bool {
        self.same_chain && self.topics.iter().all(|subscribed| *subscribed)
    }

    /// Whether this very step finished the handshake.
    fn finish(&mut self) -> bool {
        self.is_done() && self.rise()
    }

    /// Whether this brings the peer up.
    fn rise(&mut self) -> bool {
        !self.turned_away && !std::mem::replace(&mut self.up, true)
    }
}

impl Peers {
    /// No peers. A handshake may take `patience`.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { connected: BTreeMap::new(), bans: BTreeMap::new(), patience }
    }

    /// A connection exists. Further connections of the same peer change nothing.
    pub(crate) fn connected(&mut self, peer: PeerId, now: Instant) {
        let deadline = now + self.patience;
        let fresh = Handshake {
            deadline,
            same_chain: false,
            topics: [false; TOPICS],
            up: false,
            turned_away: false,
        };
        self.connected.entry(peer).or_insert(fresh);
    }

    /// The peer named our chain. True when this brings it up.
    pub(crate) fn named_our_chain(&mut self, peer: PeerId) -> bool {
        self.connected.get_mut(&peer).is_some_and(|handshake| {
            handshake.same_chain = true;
            handshake.finish()
        })
    }

    /// The peer subscribed to a topic. True when this brings it up.
    pub(crate) fn subscribed(&mut self, peer: PeerId, topic: Topic) -> bool {
        self.connected.get_mut(&peer).is_some_and(|handshake| {
            handshake.topics[topic.index()] = true;
            handshake.finish()
        })
    }

    /// The peer gossips before its handshake is done. True when this brings it up.
    pub(crate) fn gossips(&mut self, peer: PeerId) -> bool {
        self.connected.get_mut(&peer).is_some_and(Handshake::rise)
    }

    /// Whether what the peer asks can be put off until it is up.
    pub(crate) fn may_come_up(&self, peer: PeerId) -> bool {
        self.connected.get(&peer).is_some_and(|handshake| !handshake.up && !handshake.turned_away)
    }

    /// The peer is being disconnected as a stranger, and will not come up any more on
    /// this connection. True the first time.
    pub(crate) fn turn_away(&mut self, peer: PeerId) -> bool {
        self.connected
            .get_mut(&peer)
            .is_some_and(|handshake| !std::mem::replace(&mut handshake.turned_away, true))
    }

    /// The last connection has closed. True when the peer was up.
    pub(crate) fn gone(&mut self, peer: PeerId) -> bool {
        self.connected.remove(&peer).is_some_and(|handshake| handshake.up)
    }

    /// Whether the peer is up.
    pub(crate) fn is_up(&self, peer: PeerId) -> bool {
        self.connected.get(&peer).is_some_and(|handshake| handshake.up)
    }

    /// How many peers are up.
    pub(crate) fn up_count(&self) -> usize {
        self.connected.values().filter(|handshake| handshake.up).count()
    }

    /// Every connected peer, up or not.
    pub(crate) fn all(&self) -> Vec<PeerId> {
        self.connected.keys().copied().collect()
    }

    /// Connected peers whose handshake takes too long.
    pub(crate) fn late(&self, now: Instant) -> Vec<PeerId> {
        let late = |handshake: &Handshake| !handshake.is_done() && handshake.deadline <= now;
        self.connected.iter().filter(|(_, at)| late(at)).map(|(peer, _)| *peer).collect()
    }

    /// Keeps a peer away until then. Returns the ban that had to go, when there were
    /// too many.
    pub(crate) fn ban(&mut self, peer: PeerId, until: Instant) -> Option<PeerId> {
        self.bans.insert(peer, until);
        if self.bans.len() <= MOST_BANS {
            return None;
        }
        let others = self.bans.iter().filter(|(other, _)| **other != peer);
        let first = others.min_by_key(|(_, until)| **until).map(|(other, _)| *other);
        first.inspect(|other| {
            self.bans.remove(other);
        })
    }

    /// Whether the peer is kept away.
    pub(crate) fn is_banned(&self, peer: PeerId) -> bool {
        self.bans.contains_key(&peer)
    }

    /// Until when the peer is kept away.
    pub(crate) fn banned_until(&self, peer: PeerId) -> Option<Instant> {
        self.bans.get(&peer).copied()
    }

    /// Takes out the bans whose time is over.
    pub(crate) fn pardon(&mut self, now: Instant) -> Vec<PeerId> {
        self.bans.extract_if(.., |_, until| *until <= now).map(|(peer, _)| peer).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use libp2p::PeerId;
    use tokio::time::Instant;

    use super::{MOST_BANS, Peers};
    use crate::names::Topic;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[test]
    fn a_peer_is_up_once_when_chain_and_topics_are_known_in_any_order() {
        let (mut peers, peer) = (Peers::new(PATIENCE), PeerId::random());
        peers.connected(peer, Instant::now());
        assert!(!peers.subscribed(peer, Topic::Headers));
        assert!(!peers.named_our_chain(peer));
        assert!(!peers.subscribed(peer, Topic::Shares));
        assert!(!peers.is_up(peer));
        assert!(peers.subscribed(peer, Topic::Transactions));
        assert!(!peers.named_our_chain(peer), "no second news");
        assert_eq!(peers.up_count(), 1);
        assert!(peers.gone(peer));
        assert!(!peers.gone(peer));
    }

    #[test]
    fn a_second_connection_does_not_restart_the_handshake() {
        let (mut peers, peer, now) = (Peers::new(PATIENCE), PeerId::random(), Instant::now());
        peers.connected(peer, now);
        peers.connected(peer, now + PATIENCE);
        assert_eq!(peers.late(now + PATIENCE), [peer]);
    }

    #[test]
    fn a_stranger_is_late_at_its_deadline_and_a_peer_never() {
        let (mut peers, now) = (Peers::new(PATIENCE), Instant::now());
        let (stranger, peer) = (PeerId::random(), PeerId::random());
        peers.connected(stranger, now);
        peers.connected(peer, now);
        peers.named_our_chain(peer);
        for topic in Topic::ALL {
            peers.subscribed(peer, topic);
        }
        assert!(peers.late(now).is_empty());
        assert_eq!(peers.late(now + PATIENCE), [stranger]);
    }

    #[test]
    fn who_gossips_is_up_at_once_and_late_all_the_same_until_its_handshake_is_done() {
        let (mut peers, peer, now) = (Peers::new(PATIENCE), PeerId::random(), Instant::now());
        assert!(!peers.gossips(peer), "it is not here");
        peers.connected(peer, now);
        assert!(peers.may_come_up(peer));
        assert!(peers.gossips(peer));
        assert!(!peers.gossips(peer) && !peers.may_come_up(peer), "no second news");
        assert_eq!(peers.late(now + PATIENCE), [peer]);
        for topic in Topic::ALL {
            assert!(!peers.subscribed(peer, topic));
        }
        assert!(!peers.named_our_chain(peer), "it was up before");
        assert!(peers.late(now + PATIENCE).is_empty());
        assert!(peers.gone(peer));
    }

    #[test]
    fn who_was_turned_away_does_not_come_up_by_gossip() {
        let (mut peers, peer) = (Peers::new(PATIENCE), PeerId::random());
        peers.connected(peer, Instant::now());
        peers.turn_away(peer);
        assert!(!peers.gossips(peer) && !peers.may_come_up(peer));
    }

    #[test]
    fn a_stranger_is_turned_away_once_and_then_cannot_come_up() {
        let (mut peers, peer) = (Peers::new(PATIENCE), PeerId::random());
        assert!(!peers.turn_away(peer), "it is not here");
        peers.connected(peer, Instant::now());
        assert!(peers.turn_away(peer));
        assert!(!peers.turn_away(peer));
        for topic in Topic::ALL {
            peers.subscribed(peer, topic);
        }
        assert!(!peers.named_our_chain(peer));
    }

    #[test]
    fn a_step_of_somebody_not_connected_is_no_news() {
        let (mut peers, peer) = (Peers::new(PATIENCE), PeerId::random());
        assert!(!peers.named_our_chain(peer));
        assert!(!peers.subscribed(peer, Topic::Shares));
        assert!(peers.all().is_empty());
    }

    #[test]
    fn a_ban_ends_at_its_time() {
        let (mut peers, peer, now) = (Peers::new(PATIENCE), PeerId::random(), Instant::now());
        assert_eq!(peers.ban(peer, now + PATIENCE), None);
        assert!(peers.pardon(now).is_empty());
        assert!(peers.is_banned(peer));
        assert_eq!(peers.pardon(now + PATIENCE), [peer]);
        assert!(!peers.is_banned(peer));
    }

    #[test]
    fn the_ban_that_ends_first_goes_when_there_are_too_many() {
        let (mut peers, now) = (Peers::new(PATIENCE), Instant::now());
        let first = PeerId::random();
        peers.ban(first, now);
        for _ in 1..MOST_BANS {
            assert_eq!(peers.ban(PeerId::random(), now + PATIENCE), None);
        }
        assert_eq!(peers.ban(PeerId::random(), now + PATIENCE), Some(first));
    }
}
