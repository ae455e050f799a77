//! Messages that wait for the node's verdict, each with a deadline.
//!
//! Time is an argument and never goes back, so the deadlines stand in the order of
//! arrival and the oldest is always in front.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use libp2p::PeerId;
use tokio::time::Instant;

use crate::names::{MessageName, Topic};

/// Where a waiting message came from, and what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) from: PeerId,
    pub(crate) topic: Topic,
}

/// The waiting messages.
#[derive(Debug)]
pub(crate) struct Verdicts {
    open: BTreeMap<MessageName, (Origin, Instant)>,
    order: VecDeque<(Instant, MessageName)>,
    wait: Duration,
    most: usize,
}

impl Verdicts {
    /// A table of at most `most` messages that each wait no longer than `wait`.
    pub(crate) fn new(wait: Duration, most: usize) -> Self {
        Self { open: BTreeMap::new(), order: VecDeque::new(), wait, most }
    }

    /// Notes a message that was just handed to the node.
    pub(crate) fn wait_for(&mut self, name: MessageName, origin: Origin, now: Instant) {
        let deadline = now + self.wait;
        self.open.insert(name, (origin, deadline));
        self.order.push_back((deadline, name));
    }

    /// Takes the message out for its verdict. `None` when it is not waiting (any more).
    pub(crate) fn answer(&mut self, name: MessageName) -> Option<Origin> {
        self.open.remove(&name).map(|(origin, _)| origin)
    }

    /// Takes out one message whose time is over, or the oldest while there are too many.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<(MessageName, Origin)> {
        while let Some(&(deadline, name)) = self.order.front() {
            if deadline > now && self.order.len() <= self.most {
                return None;
            }
            self.order.pop_front();
            // An answered message has left, and may since have come again with a later
            // deadline: then this entry is an old one and stands for nothing.
            if self.open.get(&name).is_some_and(|(_, current)| *current == deadline) {
                return self.answer(name).map(|origin| (name, origin));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use libp2p::PeerId;
    use libp2p::gossipsub::TopicHash;
    use tokio::time::Instant;

    use super::{Origin, Verdicts};
    use crate::names::{MessageName, Topic};

    const WAIT: Duration = Duration::from_secs(5);

    fn name(data: &[u8]) -> MessageName {
        MessageName::of(&TopicHash::from_raw("t"), data)
    }

    fn origin() -> Origin {
        Origin { from: PeerId::random(), topic: Topic::Shares }
    }

    #[test]
    fn a_message_is_answered_once() {
        let (mut verdicts, now, origin) = (Verdicts::new(WAIT, 10), Instant::now(), origin());
        verdicts.wait_for(name(b"a"), origin, now);
        assert_eq!(verdicts.answer(name(b"a")), Some(origin));
        assert_eq!(verdicts.answer(name(b"a")), None);
        assert_eq!(verdicts.expire(now + WAIT), None);
    }

    #[test]
    fn a_message_expires_at_its_deadline_and_not_before() {
        let (mut verdicts, now, origin) = (Verdicts::new(WAIT, 10), Instant::now(), origin());
        verdicts.wait_for(name(b"a"), origin, now);
        assert_eq!(verdicts.expire(now + WAIT - Duration::from_millis(1)), None);
        assert_eq!(verdicts.expire(now + WAIT), Some((name(b"a"), origin)));
        assert_eq!(verdicts.answer(name(b"a")), None);
    }

    #[test]
    fn the_oldest_leaves_when_there_are_too_many() {
        let (mut verdicts, now, origin) = (Verdicts::new(WAIT, 2), Instant::now(), origin());
        for data in [b"a", b"b", b"c"] {
            verdicts.wait_for(name(data), origin, now);
        }
        assert_eq!(verdicts.expire(now), Some((name(b"a"), origin)));
        assert_eq!(verdicts.expire(now), None);
    }

    #[test]
    fn a_message_that_came_again_keeps_its_later_deadline() {
        let (mut verdicts, now, origin) = (Verdicts::new(WAIT, 10), Instant::now(), origin());
        verdicts.wait_for(name(b"a"), origin, now);
        verdicts.answer(name(b"a"));
        verdicts.wait_for(name(b"a"), origin, now + WAIT / 2);
        assert_eq!(verdicts.expire(now + WAIT), None);
        assert_eq!(verdicts.answer(name(b"a")), Some(origin));
    }
}
