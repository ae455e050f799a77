//! Requests under way: ours that have no response, and those of peers that have not
//! got theirs. Pure tables over whatever ids the transport uses.

use std::collections::BTreeMap;
use std::time::Duration;

use libp2p::PeerId;
use tokio::time::Instant;

use crate::command::RequestFailure;

/// How many may be open, per peer and in all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    pub(crate) per_peer: usize,
    pub(crate) total: usize,
}

impl Quota {
    fn check(self, of_peer: usize, of_all: usize) -> Result<(), RequestFailure> {
        if of_peer >= self.per_peer {
            return Err(RequestFailure::TooManyOpen { open: of_peer, limit: self.per_peer });
        }
        if of_all >= self.total {
            return Err(RequestFailure::TooManyOpen { open: of_all, limit: self.total });
        }
        Ok(())
    }
}

/// Our own open requests. `K` is the transport's id.
///
/// Each has a deadline of its own here: the transport starts its clock only when the
/// peer has agreed to a stream, for which it waits another ten seconds.
#[derive(Debug)]
pub(crate) struct Asked<K> {
    open: BTreeMap<K, Question>,
    quota: Quota,
    patience: Duration,
}

#[derive(Debug)]
struct Question {
    peer: PeerId,
    id: u64,
    deadline: Instant,
}

impl<K: Ord> Asked<K> {
    pub(crate) fn new(quota: Quota, patience: Duration) -> Self {
        Self { open: BTreeMap::new(), quota, patience }
    }

    /// Whether one more request to this peer may be sent.
    pub(crate) fn check(&self, peer: PeerId) -> Result<(), RequestFailure> {
        let of_peer = self.open.values().filter(|question| question.peer == peer).count();
        self.quota.check(of_peer, self.open.len())
    }

    /// Notes a request that was sent.
    pub(crate) fn sent(&mut self, key: K, peer: PeerId, id: u64, now: Instant) {
        self.open.insert(key, Question { peer, id, deadline: now + self.patience });
    }

    /// Takes a request out at its end and returns the node's id for it.
    pub(crate) fn ended(&mut self, key: &K) -> Option<u64> {
        self.open.remove(key).map(|question| question.id)
    }

    /// Takes out the requests whose time is over.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<(PeerId, u64)> {
        let over = self.open.extract_if(.., |_, question| question.deadline <= now);
        over.map(|(_, question)| (question.peer, question.id)).collect()
    }
}

/// The open requests of peers. `K` is the transport's id, `C` the way to answer. One
/// counts as open until its response is on the wire or its stream is gone.
#[derive(Debug)]
pub(crate) struct Tickets<K, C> {
    open: BTreeMap<K, Asker>,
    waiting: BTreeMap<u64, (K, C)>,
    next: u64,
    quota: Quota,
    /// How many bytes to one stranger may be on their way.
    bytes: usize,
}

/// Who asked, and how many bytes of a response are on their way to it.
#[derive(Clone, Copy, Debug)]
struct Asker {
    peer: PeerId,
    bytes: usize,
}

impl<K: Ord + Copy, C> Tickets<K, C> {
    pub(crate) fn new(quota: Quota, bytes: usize) -> Self {
        Self { open: BTreeMap::new(), waiting: BTreeMap::new(), next: 0, quota, bytes }
    }

    /// Writes a ticket for a request, or hands the channel back when too many are open.
    pub(crate) fn issue(&mut self, key: K, peer: PeerId, channel: C) -> Result<u64, C> {
        let of_peer = self.open.values().filter(|asker| asker.peer == peer).count();
        if self.quota.check(of_peer, self.open.len()).is_err() {
            return Err(channel);
        }
        let ticket = self.next;
        self.next += 1;
        self.open.insert(key, Asker { peer, bytes: 0 });
        self.waiting.insert(ticket, (key, channel));
        Ok(ticket)
    }

    /// Whether a response of this size may be sent, which is noted then: to a peer that is kept
    /// always, to a stranger while it has not too many bytes to read yet.
    pub(crate) fn may_send(
        &mut self,
        ticket: u64,
        bytes: usize,
        is_kept: impl Fn(&PeerId) -> bool,
    ) -> bool {
        let Some((key, _)) = self.waiting.get(&ticket) else { return false };
        let Some(peer) = self.open.get(key).map(|asker| asker.peer) else { return false };
        if is_kept(&peer) {
            return true;
        }
        let theirs = self.open.values().filter(|asker| asker.peer == peer);
        let under_way: usize = theirs.map(|asker| asker.bytes).sum();
        let may = under_way == 0 || under_way.saturating_add(bytes) <= self.bytes;
        if let Some(asker) = self.open.get_mut(key).filter(|_| may) {
            asker.bytes = bytes;
        }
        may
    }

    /// Takes out the channel for the answer. `None` when the ticket is unknown or over.
    pub(crate) fn redeem(&mut self, ticket: u64) -> Option<C> {
        self.waiting.remove(&ticket).map(|(_, channel)| channel)
    }

    /// The request is over: answered, timed out or disconnected.
    pub(crate) fn close(&mut self, key: K) {
        if self.open.remove(&key).is_some() {
            self.waiting.retain(|_, (waiting, _)| *waiting != key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use libp2p::PeerId;
    use tokio::time::Instant;

    use super::{Asked, Quota, Tickets};
    use crate::command::RequestFailure;

    const QUOTA: Quota = Quota { per_peer: 2, total: 3 };
    const PATIENCE: Duration = Duration::from_secs(10);
    const BYTES: usize = 100;

    #[test]
    fn our_requests_are_limited_per_peer_and_in_all() {
        let (one, two, now) = (PeerId::random(), PeerId::random(), Instant::now());
        let mut asked = Asked::new(QUOTA, PATIENCE);
        asked.sent(1, one, 11, now);
        asked.sent(2, one, 12, now);
        let full = Err(RequestFailure::TooManyOpen { open: 2, limit: 2 });
        assert_eq!(asked.check(one), full);
        assert_eq!(asked.check(two), Ok(()));
        asked.sent(3, two, 13, now);
        let full = Err(RequestFailure::TooManyOpen { open: 3, limit: 3 });
        assert_eq!(asked.check(two), full);
        assert_eq!(asked.ended(&1), Some(11));
        assert_eq!(asked.ended(&1), None);
        assert_eq!(asked.check(one), Ok(()));
    }

    #[test]
    fn a_request_of_ours_ends_at_its_deadline_and_not_twice() {
        let (mut asked, peer) = (Asked::new(QUOTA, PATIENCE), PeerId::random());
        let now = Instant::now();
        asked.sent(1, peer, 11, now);
        asked.sent(2, peer, 12, now + Duration::from_millis(1));
        assert!(asked.expire(now + PATIENCE - Duration::from_millis(1)).is_empty());
        assert_eq!(asked.expire(now + PATIENCE), [(peer, 11)]);
        assert_eq!(asked.ended(&1), None);
        assert_eq!(asked.ended(&2), Some(12));
    }

    #[test]
    fn a_request_counts_until_its_response_is_sent() {
        let (mut tickets, peer) = (Tickets::new(QUOTA, BYTES), PeerId::random());
        assert_eq!(tickets.issue(1, peer, 'a'), Ok(0));
        assert_eq!(tickets.issue(2, peer, 'b'), Ok(1));
        assert_eq!(tickets.redeem(0), Some('a'));
        assert_eq!(tickets.redeem(0), None);
        assert_eq!(tickets.issue(3, peer, 'c'), Err('c'), "the first is still being sent");
        tickets.close(1);
        assert_eq!(tickets.issue(3, peer, 'c'), Ok(2));
    }

    #[test]
    fn a_stranger_that_reads_slowly_waits_and_takes_nothing_from_others() {
        let mut tickets = Tickets::new(Quota { per_peer: 2, total: 9 }, BYTES);
        let (slow, other, kept) = (PeerId::random(), PeerId::random(), PeerId::random());
        let is_kept = |peer: &PeerId| *peer == kept;
        for (key, peer) in [(1, slow), (2, slow), (3, other), (4, kept), (5, kept)] {
            assert!(tickets.issue(key, peer, key).is_ok());
        }
        assert!(tickets.may_send(0, 2 * BYTES, is_kept), "its first may be large");
        assert!(!tickets.may_send(1, 1, is_kept), "it has yet to read that");
        assert!(tickets.may_send(2, BYTES, is_kept), "another does not wait for it");
        assert!(tickets.may_send(3, BYTES, is_kept) && tickets.may_send(4, BYTES, is_kept));
        tickets.close(1);
        assert!(tickets.may_send(1, 1, is_kept), "it was read");
    }

    #[test]
    fn a_closed_request_cannot_be_answered() {
        let (mut tickets, peer) = (Tickets::new(QUOTA, BYTES), PeerId::random());
        assert_eq!(tickets.issue(1, peer, 'a'), Ok(0));
        tickets.close(1);
        assert_eq!(tickets.redeem(0), None);
    }
}
