//! Who has a place here: of the connections that others open, most are for anybody, and
//! some are kept for configured peers and for voters, whom a crowd of strangers must not
//! keep out. A pure table; time is an argument.
//!
//! A peer that nobody vouches for is a stranger. The first ones stay; one that comes beyond
//! their places has a while to show that it belongs to a voter, and has to go when it does
//! not. Configured peers and known voters take no place of strangers' and come in though
//! all are taken.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use libp2p::PeerId;
use tokio::time::Instant;

/// The most voters whose nodes are remembered; more than vote.
const VOTERS: usize = 256;

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
    voters: VecDeque<PeerId>,
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

    /// A peer has shown that it belongs to a voter. True when that is new; and who is
    /// remembered no more, when there are too many.
    pub(crate) fn voter(&mut self, peer: PeerId) -> (bool, Option<PeerId>) {
        self.strangers.remove(&peer);
        if self.voters.contains(&peer) {
            return (false, None);
        }
        self.voters.push_back(peer);
        let forgotten = if self.voters.len() > VOTERS { self.voters.pop_front() } else { None };
        (true, forgotten.filter(|gone| !self.configured.contains(gone)))
    }

    /// A peer opened a connection to us.
    pub(crate) fn came(&mut self, peer: PeerId, now: Instant) {
        if !self.configured.contains(&peer) && !self.voters.contains(&peer) {
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

    use super::{Seats, VOTERS};
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
        assert_eq!(seats.voter(voter), (true, None));
        assert!(seats.beyond(later + GRACE).is_empty());
        // It is known when it comes again.
        seats.left(voter);
        seats.came(voter, later);
        assert!(seats.beyond(later + GRACE).is_empty());
        assert_eq!(seats.voter(voter), (false, None));
    }

    /// A8
    #[test]
    fn so_many_voters_are_remembered_and_no_more() {
        let mut seats = seats();
        let first = PeerId::random();
        assert_eq!(seats.voter(first), (true, None));
        for _ in 1..VOTERS {
            assert_eq!(seats.voter(PeerId::random()), (true, None));
        }
        assert_eq!(seats.voter(PeerId::random()), (true, Some(first)));
    }
}
