//! What was asked of peers and is not answered.

use std::collections::BTreeMap;
use weft_consensus::{PeerId, Want};

/// Requests that may be open; more than the shell lets through.
const OPEN: usize = 1_024;

/// Requests under way, by number: whom, and for which blocks, or else for a status.
#[derive(Debug, Default)]
pub struct Asks {
    next: u64,
    open: BTreeMap<u64, (PeerId, Option<Want>)>,
}

impl Asks {
    /// A number for a request of a peer for blocks, or else for a status.
    pub fn begin(&mut self, peer: PeerId, want: Option<Want>) -> u64 {
        self.next = self.next.saturating_add(1);
        self.open.insert(self.next, (peer, want));
        if self.open.len() > OPEN {
            self.open.pop_first();
        }
        self.next
    }

    /// Which blocks the request of a peer with this number was for, once.
    pub fn end(&mut self, peer: PeerId, ask: u64) -> Option<Want> {
        let (asked, want) = self.open.remove(&ask)?;
        want.filter(|_| asked == peer)
    }

    /// A peer is gone: nothing that was asked of it will be answered.
    pub fn gone(&mut self, peer: PeerId) {
        self.open.retain(|_, (asked, _)| *asked != peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::Hash;

    #[test]
    fn what_was_asked_of_a_peer_ends_with_its_answer_or_when_it_is_gone() {
        let (mut asks, want) = (Asks::default(), Want::Block(Hash::ZERO));
        let first = asks.begin(PeerId(1), Some(want));
        let second = asks.begin(PeerId(2), Some(want));
        asks.begin(PeerId(2), None);
        assert_eq!(asks.end(PeerId(2), first), None, "another was asked");
        assert_eq!(asks.end(PeerId(1), first), None, "once");
        asks.gone(PeerId(2));
        assert_eq!(asks.end(PeerId(2), second), None);
        assert!(asks.open.is_empty(), "nothing is left of it");
    }
}
