//! Peers as sources of blocks: which tip each told of, where its chain leaves ours, what it
//! brought, and which of them rest because they were busy.
//!
//! Not here: what is under way (`asks`).

use std::collections::{BTreeMap, BTreeSet};
use weft_consensus::PeerId;
use weft_types::{BlockHash, Height, Millis};

/// How often in a row a peer may be busy before it is no source for a while.
const BUSY_IN_A_ROW: u32 = 4;

/// For how many slots it is none then.
const REST_SLOTS: u64 = 16;

/// How a question about blocks ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With an answer whose bodies were looked at.
    Brought,
    /// With nothing: the peer does not have it, or what came is no answer to it.
    Nothing,
    /// Without a word.
    Silence,
    /// The peer had no room for the question.
    Later,
    /// We had no room for the answer.
    NoRoom,
}

#[derive(Clone, Debug, Default)]
struct Source {
    /// A block it has and we lack.
    tip: Option<BlockHash>,
    /// A tip that led nowhere.
    dead: Option<BlockHash>,
    /// Its chain does not pass our head.
    is_elsewhere: bool,
    /// The last height that its chain brought us to.
    reached: Height,
    /// Whether the chain under way has brought us further.
    has_moved: bool,
    /// Whether its tip was asked for from the bottom once more.
    was_restarted: bool,
    /// How often in a row it was asked in vain.
    failures: u32,
    /// When it was asked for a chain last, among all that were.
    turn: u64,
    busy_in_a_row: u32,
    rests_until: Millis,
}

/// A chain that a peer may be asked for.
#[derive(Clone, Copy, Debug)]
pub struct Chain {
    /// Whom.
    pub peer: PeerId,
    /// From which height on.
    pub from: Height,
    /// Up to which block.
    pub tip: BlockHash,
}

/// All peers, as sources.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    peers: BTreeMap<PeerId, Source>,
    turns: u64,
}

/// Where we stand, for whoever asks from there on.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Our last final block.
    pub base: Height,
    /// Our head.
    pub head: Height,
}

impl Sources {
    /// A peer is connected.
    pub fn up(&mut self, peer: PeerId) {
        self.peers.entry(peer).or_default();
    }

    /// A peer is gone.
    pub fn gone(&mut self, peer: PeerId) {
        self.peers.remove(&peer);
    }

    /// A peer has a block of this height that we lack.
    pub fn told(&mut self, peer: PeerId, tip: BlockHash, height: Height, place: Place) {
        let Some(source) = self.peers.get_mut(&peer) else { return };
        if source.dead != Some(tip) && source.tip != Some(tip) {
            (source.tip, source.was_restarted) = (Some(tip), false);
            if height <= place.head && !source.is_elsewhere {
                (source.is_elsewhere, source.reached) = (true, Height::ZERO);
            }
        }
    }

    /// Forgets what peers have: it is of no use here, and they say again what they have.
    pub fn forget_tips(&mut self) {
        self.peers.values_mut().for_each(|source| source.tip = None);
    }

    /// Whether nobody told of a block that we lack.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.peers.values().all(|source| source.tip.is_none())
    }

    /// Drops the tips that are known by now.
    pub fn learn(&mut self, is_known: impl Fn(&BlockHash) -> bool) {
        for source in self.peers.values_mut().filter(|s| s.tip.is_some_and(|tip| is_known(&tip))) {
            (source.tip, source.is_elsewhere) = (None, false);
        }
    }

    /// Whether a peer is here and does not rest.
    #[must_use]
    pub fn is_ready(&self, peer: PeerId, now: Millis) -> bool {
        self.peers.get(&peer).is_some_and(|source| source.rests_until <= now)
    }

    /// All that are ready, and how often in a row each was asked in vain.
    pub fn ready(&self, now: Millis) -> impl Iterator<Item = (PeerId, u32)> {
        let ready = self.peers.iter().filter(move |(_, source)| source.rests_until <= now);
        ready.map(|(peer, source)| (*peer, source.failures))
    }

    /// The chains that peers which are ready may be asked for: those of peers that were not asked
    /// in vain first, of these the `kept` ones, then who was asked in vain fewest times in a row, then who
    /// was not asked for longest.
    #[must_use]
    pub fn chains(&self, now: Millis, place: Place, kept: &BTreeSet<PeerId>) -> Vec<Chain> {
        let chain = |(peer, source): (&PeerId, &Source)| {
            let tip = source.tip.filter(|_| source.rests_until <= now)?;
            let below = if source.is_elsewhere { source.reached } else { place.head };
            let from = below.max(place.base).next()?;
            let rank = (source.failures > 0, !kept.contains(peer), source.failures, source.turn);
            Some((rank, Chain { peer: *peer, from, tip }))
        };
        let mut chains: Vec<_> = self.peers.iter().filter_map(chain).collect();
        chains.sort_by_key(|(rank, _)| *rank);
        chains.into_iter().map(|(_, chain)| chain).collect()
    }

    /// When the next of those that rest and told of a tip may be asked.
    #[must_use]
    pub fn wakes_at(&self, now: Millis) -> Option<Millis> {
        let resting = self.peers.values().filter(|s| s.tip.is_some() && s.rests_until > now);
        resting.map(|source| source.rests_until).min()
    }

    /// A peer is asked for a chain.
    pub fn begins(&mut self, peer: PeerId) {
        self.turns = self.turns.saturating_add(1);
        if let Some(source) = self.peers.get_mut(&peer) {
            (source.has_moved, source.turn) = (false, self.turns);
        }
    }

    /// A block that a peer sent is known now.
    pub fn served(&mut self, peer: PeerId) {
        if let Some(source) = self.peers.get_mut(&peer) {
            source.failures = 0;
        }
    }

    /// The chain of a peer has brought us to this height.
    pub fn moved(&mut self, peer: PeerId, height: Height) {
        self.known(peer, height);
        self.served(peer);
    }

    /// Ours and a peer's chain part above this height: its answer held nothing else.
    pub fn known(&mut self, peer: PeerId, height: Height) {
        if let Some(source) = self.peers.get_mut(&peer) {
            source.has_moved |= height > source.reached;
            source.reached = source.reached.max(height);
        }
    }

    /// A question to a peer ended; of a chain from where to which tip, if it was for one.
    pub fn ended(
        &mut self,
        peer: PeerId,
        chain: Option<(Height, BlockHash)>,
        outcome: Outcome,
        (now, slot_ms, place): (Millis, u64, Place),
    ) {
        let Some(source) = self.peers.get_mut(&peer) else { return };
        if outcome == Outcome::NoRoom {
            source.rests_until = Millis(now.0.saturating_add(slot_ms.div_ceil(4)));
            return;
        }
        if outcome == Outcome::Later {
            source.busy_in_a_row = source.busy_in_a_row.saturating_add(1);
            let quarters = 1_u64 << source.busy_in_a_row.min(BUSY_IN_A_ROW).saturating_sub(1);
            let wait = if source.busy_in_a_row > BUSY_IN_A_ROW {
                slot_ms.saturating_mul(REST_SLOTS)
            } else {
                slot_ms.div_ceil(4).saturating_mul(quarters)
            };
            source.rests_until = Millis(now.0.saturating_add(wait));
            return;
        }
        source.busy_in_a_row = 0;
        let has_moved = std::mem::take(&mut source.has_moved) && outcome == Outcome::Brought;
        let Some((from, tip)) = chain.filter(|_| !has_moved) else {
            source.failures =
                source.failures.saturating_add(u32::from(outcome == Outcome::Silence));
            return;
        };
        let is_from_base = place.base.next().is_none_or(|first| from <= first);
        if outcome == Outcome::Silence || is_from_base || source.was_restarted {
            source.failures = source.failures.saturating_add(1);
            source.dead = Some(tip);
            source.tip = source.tip.filter(|t| *t != tip);
        } else {
            // Once more from the bottom: it switched forks, or was never on ours.
            (source.is_elsewhere, source.reached) = (true, Height::ZERO);
            source.was_restarted = true;
        }
    }
}
