//! Who has a place here: of the connections that others open, most are for anybody, and
//! some are kept for configured peers and for voters, whom a crowd of strangers must not
//! keep out. Of a voter two peers are known, those that showed it last, so that none fills the
//! table with names; who votes no more is forgotten. A pure table; time is an argument.
//!
//! A peer that nobody vouches for is a stranger. The first ones stay; one that comes beyond
//! their places has a while to show that it belongs to a voter, and has to go when it does
//! not. Configured peers and known voters take no place of strangers' and come in though
//! all are taken.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use libp2p::PeerId;
use tokio::time::Instant;

/// The most nodes of voters that are remembered: two of each that may vote.
const NODES: usize = 1_024;

/// The most nodes of one voter: its old one and its new one.
const OF_ONE: usize = 2;

/// A voter's public key.
type Voter = [u8; 32];

/// Who came in, and who is known.
#[derive(Debug)]
pub(crate) struct Seats {
    /// How many strangers stay.
    room: usize,
    /// How long one beyond them has to show whose it is.
    grace: Duration,
    /// Strangers that came in, by when they did.
    strangers: BTreeMap<PeerId, Instant>,
    configured: BTreeSet<PeerId>,
    /// The nodes of voters, longest known first.
    voters: VecDeque<(Voter, PeerId)>,
}

impl Seats {
    /// Nobody has come.
    pub(crate) const fn new(room: usize, grace: Duration) -> Self {
        Self {
            room,
            grace,
            strangers: BTreeMap::new(),
            configured: BTreeSet::new(),
            voters: VecDeque::new(),
        }
    }

    /// A configured peer is known by its name. True when that is new.
    pub(crate) fn configured(&mut self, peer: PeerId) -> bool {
        self.strangers.remove(&peer);
        self.configured.insert(peer)
    }

    /// A peer has shown that it belongs to a voter. True when it had no place before; and who
    /// has none any more, because the voter has newer ones, or there are too many.
    pub(crate) fn voter(&mut self, voter: Voter, peer: PeerId) -> (bool, Option<PeerId>) {
        self.strangers.remove(&peer);
        let is_new = !self.is_kept(&peer);
        self.voters.retain(|known| *known != (voter, peer));
        self.voters.push_back((voter, peer));
        let mut theirs = self.voters.iter().enumerate().filter(|(_, (v, _))| *v == voter);
        let oldest = theirs.next().map(|(at, _)| at);
        let is_over = theirs.count() >= OF_ONE;
        let gone = match oldest {
            Some(at) if is_over => self.voters.remove(at),
            _ if self.voters.len() > NODES => self.voters.pop_front(),
            _ => None,
        };
        (is_new, gone.map(|(_, peer)| peer).filter(|gone| !self.is_kept(gone)))
    }

    /// Who votes now. Answers the peers that have no place any more.
    pub(crate) fn voters(&mut self, now: &BTreeSet<Voter>) -> Vec<PeerId> {
        let (stay, gone) = self.voters.drain(..).partition(|(voter, _)| now.contains(voter));
        self.voters = stay;
        let gone: VecDeque<(Voter, PeerId)> = gone;
        gone.into_iter().map(|(_, peer)| peer).filter(|peer| !self.is_kept(peer)).collect()
    }

    /// Whether a peer is configured or has shown that it belongs to a voter.
    pub(crate) fn is_kept(&self, peer: &PeerId) -> bool {
        self.configured.contains(peer) || self.voters.iter().any(|(_, known)| known == peer)
    }

    /// A peer opened a connection to us.
    pub(crate) fn came(&mut self, peer: PeerId, now: Instant) {
        if !self.is_kept(&peer) {
            self.strangers.entry(peer).or_insert(now);
        }
    }

    /// A peer has no connection left.
    pub(crate) fn left(&mut self, peer: PeerId) {
        self.strangers.remove(&peer);
    }

    /// The strangers that have to go: those beyond the first ones, when they had their time.
    pub(crate) fn beyond(&self, now: Instant) -> Vec<PeerId> {
        let mut strangers: Vec<_> = self.strangers.iter().map(|(peer, at)| (*at, *peer)).collect();
        strangers.sort_unstable();
        let late = strangers.into_iter().skip(self.room).filter(|(at, _)| *at + self.grace <= now);
        late.map(|(_, peer)| peer).collect()
    }
}

#[cfg(test)]
mod tests {
    use libp2p::PeerId;
    use tokio::time::Instant;

    use super::{NODES, Seats};
    use std::collections::BTreeSet;
    use std::time::Duration;

    const STRANGERS: usize = 32;
    const GRACE: Duration = Duration::from_secs(5);

    fn seats() -> Seats {
        Seats::new(STRANGERS, GRACE)
    }

    fn crowd(seats: &mut Seats, count: usize, now: Instant) -> Vec<PeerId> {
        let crowd: Vec<_> = (0..count).map(|_| PeerId::random()).collect();
        crowd.iter().for_each(|peer| seats.came(*peer, now));
        crowd
    }

    /// A8
    #[test]
    fn strangers_beyond_their_places_go_after_a_while_and_the_first_stay() {
        let (mut seats, now) = (seats(), Instant::now());
        let first = crowd(&mut seats, STRANGERS, now);
        let late = now + GRACE;
        assert!(seats.beyond(late).is_empty());
        let more = crowd(&mut seats, 3, late);
        assert!(seats.beyond(late).is_empty(), "they have time to show whose they are");
        let mut beyond = seats.beyond(late + GRACE);
        beyond.sort_unstable();
        let mut want = more.clone();
        want.sort_unstable();
        assert_eq!(beyond, want);
        seats.left(first[0]);
        assert_eq!(seats.beyond(late + GRACE).len(), 2, "one moved up");
    }

    /// A8
    #[test]
    fn a_voter_and_a_configured_peer_keep_their_place_in_a_crowd() {
        let (mut seats, now) = (seats(), Instant::now());
        crowd(&mut seats, STRANGERS, now);
        let later = now + GRACE;
        let (voter, friend) = (PeerId::random(), PeerId::random());
        assert!(seats.configured(friend));
        for peer in [voter, friend] {
            seats.came(peer, later);
        }
        assert_eq!(seats.voter([1; 32], voter), (true, None));
        assert!(seats.beyond(later + GRACE).is_empty());
        // It is known when it comes again.
        seats.left(voter);
        seats.came(voter, later);
        assert!(seats.beyond(later + GRACE).is_empty());
        assert_eq!(seats.voter([1; 32], voter), (false, None));
    }

    fn nth(n: usize) -> [u8; 32] {
        let mut voter = [0; 32];
        voter[..8].copy_from_slice(&n.to_le_bytes());
        voter
    }

    /// A8
    #[test]
    fn so_many_nodes_of_voters_are_remembered_and_no_more() {
        let mut seats = seats();
        let first = PeerId::random();
        assert_eq!(seats.voter(nth(0), first), (true, None));
        for n in 1..NODES {
            assert_eq!(seats.voter(nth(n), PeerId::random()), (true, None));
        }
        assert_eq!(seats.voter(nth(NODES), PeerId::random()), (true, Some(first)));
    }

    /// A8
    #[test]
    fn a_voter_that_names_many_peers_has_places_for_its_last_two_and_takes_nobody_elses() {
        let (mut seats, now) = (Seats::new(0, GRACE), Instant::now());
        let honest = PeerId::random();
        seats.came(honest, now);
        assert_eq!(seats.voter(nth(1), honest), (true, None));
        let crowd = crowd(&mut seats, NODES, now);
        let gone: Vec<_> = crowd.iter().filter_map(|peer| seats.voter(nth(2), *peer).1).collect();
        assert_eq!(gone, crowd[..NODES - 2], "the newest win");
        crowd.iter().for_each(|peer| seats.came(*peer, now));
        assert_eq!(seats.beyond(now + GRACE).len(), NODES - 2);
        assert_eq!(seats.voter(nth(1), honest), (false, None), "it is known all the while");
    }

    /// A8
    #[test]
    fn who_votes_no_more_is_a_stranger_again() {
        let (mut seats, now) = (Seats::new(0, GRACE), Instant::now());
        let (one, both, friend) = (PeerId::random(), PeerId::random(), PeerId::random());
        seats.configured(friend);
        assert_eq!(seats.voter(nth(1), one), (true, None));
        assert_eq!(seats.voter(nth(1), both), (true, None));
        assert_eq!(seats.voter(nth(2), both), (false, None));
        assert_eq!(seats.voter(nth(1), friend), (false, Some(one)));
        assert_eq!(seats.voter(nth(3), one), (true, None));
        assert_eq!(seats.voters(&BTreeSet::from([nth(2)])), [one]);
        for peer in [one, both, friend] {
            seats.came(peer, now);
        }
        assert_eq!(seats.beyond(now + GRACE), [one]);
    }
}
