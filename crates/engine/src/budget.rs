//! How many bytes of blocks peers may have, so that who asks for everything takes nothing from
//! others: a peer for itself, and all together that are no voter's node.

use std::collections::BTreeMap;
use weft_types::Millis;

/// Bytes a second that a peer may have for long, and those that it may have at once.
const PEER: Rate = Rate { per_second: 16 << 20, at_once: 64 << 20 };

/// The same for all peers together that are no voter's node.
const STRANGERS: Rate = Rate { per_second: 64 << 20, at_once: 128 << 20 };

#[derive(Clone, Copy, Debug)]
struct Rate {
    per_second: u64,
    at_once: u64,
}

/// What was had and is not made up for by time.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    had: u64,
    at: Millis,
}

impl Account {
    fn had(self, rate: Rate, now: Millis) -> u64 {
        let since = now.0.saturating_sub(self.at.0);
        self.had.saturating_sub(rate.per_second.saturating_mul(since).div_euclid(1_000))
    }

    fn has_left(self, rate: Rate, now: Millis) -> bool {
        self.had(rate, now) < rate.at_once
    }

    fn charge(&mut self, bytes: u64, rate: Rate, now: Millis) {
        *self = Self { had: self.had(rate, now).saturating_add(bytes), at: now };
    }
}

/// Of how many peers it is remembered; it counts on when one went and comes again.
const ACCOUNTS: usize = 1_024;

/// What each peer had, by its name.
#[derive(Debug, Default)]
pub struct Budget {
    peers: BTreeMap<String, Account>,
    strangers: Account,
}

impl Budget {
    /// Whether a peer may have more now. It learns too late how many bytes an answer has, so it
    /// may get one too many.
    #[must_use]
    pub fn allows(&self, peer: &str, is_voters: bool, now: Millis) -> bool {
        let own = self.peers.get(peer).copied().unwrap_or_default();
        own.has_left(PEER, now) && (is_voters || self.strangers.has_left(STRANGERS, now))
    }

    /// A peer got so many bytes.
    pub fn charge(&mut self, peer: &str, is_voters: bool, bytes: u64, now: Millis) {
        if self.peers.len() >= ACCOUNTS && !self.peers.contains_key(peer) {
            self.peers.retain(|_, account| account.had(PEER, now) > 0);
            let least = self.peers.iter().min_by_key(|(_, account)| account.had(PEER, now));
            let least = least.map(|(name, _)| name.clone());
            if let Some(least) = least.filter(|_| self.peers.len() >= ACCOUNTS) {
                self.peers.remove(&least);
            }
        }
        self.peers.entry(peer.to_owned()).or_default().charge(bytes, PEER, now);
        if !is_voters {
            self.strangers.charge(bytes, STRANGERS, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_everything_waits_and_others_do_not() {
        let (greedy, other, now) = ("greedy", "other", Millis(1_000));
        let mut budget = Budget::default();
        budget.charge(greedy, false, PEER.at_once, now);
        assert!(!budget.allows(greedy, false, now));
        assert!(budget.allows(other, false, now));
        let later = Millis(now.0 + 1_000);
        assert!(budget.allows(greedy, false, later), "a second gives it something");
        budget.charge(greedy, false, PEER.per_second, later);
        assert!(!budget.allows(greedy, false, later), "and no more than that");
    }

    #[test]
    fn strangers_together_take_nothing_from_the_node_of_a_voter() {
        let (mut budget, now) = (Budget::default(), Millis(0));
        for peer in 0..4 {
            budget.charge(&format!("peer {peer}"), false, PEER.at_once / 2, now);
        }
        assert!(!budget.allows("another", false, now));
        assert!(budget.allows("another", true, now));
    }

    #[test]
    fn what_is_remembered_of_peers_has_a_bound_and_who_had_most_is_not_forgotten() {
        let mut budget = Budget::default();
        budget.charge("greedy", true, PEER.at_once, Millis(0));
        for peer in 0..2 * ACCOUNTS {
            budget.charge(&format!("peer {peer}"), true, 1_000, Millis(0));
        }
        assert_eq!(budget.peers.len(), ACCOUNTS);
        assert!(!budget.allows("greedy", true, Millis(0)));
    }
}
