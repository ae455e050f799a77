//! What the room counts. Plain atomics, written by the network task and read by
//! whoever holds the other end; they order nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::names::{TOPICS, Topic};

/// The live counters. All but `peers` only grow, from the start of the task.
#[derive(Debug, Default)]
pub struct Counters {
    pub(crate) peers: Cell,
    pub(crate) refused: Cell,
    pub(crate) banned: Cell,
    pub(crate) duplicates: Cell,
    pub(crate) unheard: Cell,
    pub(crate) dropped: Cell,
    pub(crate) unanswered: Cell,
    pub(crate) late_verdicts: Cell,
    pub(crate) requests_sent: Cell,
    pub(crate) request_failures: Cell,
    pub(crate) requests_received: Cell,
    pub(crate) requests_refused: Cell,
    topics: [TopicCells; TOPICS],
}

/// The counters of one topic.
#[derive(Debug, Default)]
pub(crate) struct TopicCells {
    pub(crate) received: Cell,
    pub(crate) received_bytes: Cell,
    pub(crate) published: Cell,
    pub(crate) published_bytes: Cell,
    pub(crate) accepted: Cell,
    pub(crate) ignored: Cell,
    pub(crate) rejected: Cell,
}

/// One counter.
#[derive(Debug, Default)]
pub(crate) struct Cell(AtomicU64);

impl Cell {
    pub(crate) fn add(&self, more: usize) {
        self.0.fetch_add(wide(more), Ordering::Relaxed);
    }

    pub(crate) fn one(&self) {
        self.add(1);
    }

    pub(crate) fn set(&self, value: usize) {
        self.0.store(wide(value), Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).expect("no target has a usize of more than 64 bits")
}

impl Counters {
    pub(crate) fn topic(&self, topic: Topic) -> &TopicCells {
        &self.topics[topic.index()]
    }

    /// All counters now. Each is exact, but they are read one after the other.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            peers: self.peers.get(),
            refused: self.refused.get(),
            banned: self.banned.get(),
            duplicates: self.duplicates.get(),
            unheard: self.unheard.get(),
            dropped: self.dropped.get(),
            unanswered: self.unanswered.get(),
            late_verdicts: self.late_verdicts.get(),
            requests_sent: self.requests_sent.get(),
            request_failures: self.request_failures.get(),
            requests_received: self.requests_received.get(),
            requests_refused: self.requests_refused.get(),
            topics: Topic::ALL.map(|topic| self.topic(topic).read()),
        }
    }
}

impl TopicCells {
    fn read(&self) -> TopicCounts {
        TopicCounts {
            received: self.received.get(),
            received_bytes: self.received_bytes.get(),
            published: self.published.get(),
            published_bytes: self.published_bytes.get(),
            accepted: self.accepted.get(),
            ignored: self.ignored.get(),
            rejected: self.rejected.get(),
        }
    }
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Peers that are up now.
    pub peers: u64,
    /// Connections ended because the peer is of another chain, speaks none of our
    /// protocols, or did not finish its handshake in time.
    pub refused: u64,
    /// Times a peer was sent away, by `Punish` or by its score.
    pub banned: u64,
    /// Publishes of bytes already seen within two minutes.
    pub duplicates: u64,
    /// Publishes that no peer was there to take.
    pub unheard: u64,
    /// Messages given up: too large, all queues full, or one peer too slow.
    pub dropped: u64,
    /// Messages the node left without a verdict, which became Ignore.
    pub unanswered: u64,
    /// Verdicts that came too late or named no waiting message.
    pub late_verdicts: u64,
    /// Requests sent to peers.
    pub requests_sent: u64,
    /// Own requests without a response, sent or not.
    pub request_failures: u64,
    /// Requests of peers handed to the node.
    pub requests_received: u64,
    /// Requests of peers turned away because too many were open.
    pub requests_refused: u64,
    /// Per topic, by [`Topic::index`].
    pub topics: [TopicCounts; TOPICS],
}

/// The counters of one topic at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopicCounts {
    /// Different messages received from peers.
    pub received: u64,
    /// Their bytes, without framing.
    pub received_bytes: u64,
    /// Own messages handed to at least one peer's queue.
    pub published: u64,
    /// Their bytes, counted once however many peers there are.
    pub published_bytes: u64,
    /// Received messages that the node accepted and we forwarded.
    pub accepted: u64,
    /// Received messages that the node ignored, in time.
    pub ignored: u64,
    /// Received messages rejected by the node or by the room's size limit.
    pub rejected: u64,
}

#[cfg(test)]
mod tests {
    use super::Counters;
    use crate::names::Topic;

    #[test]
    fn a_snapshot_shows_what_was_counted_where() {
        let counters = Counters::default();
        counters.peers.set(3);
        counters.unheard.one();
        counters.topic(Topic::Headers).published_bytes.add(70);
        let seen = counters.snapshot();
        assert_eq!((seen.peers, seen.unheard), (3, 1));
        assert_eq!(seen.topics[Topic::Headers.index()].published_bytes, 70);
        assert_eq!(seen.topics[Topic::Shares.index()].published_bytes, 0);
    }
}
