//! What peers have that we lack, and what we asked them for.
//!
//! One request per peer at a time. A peer whose head we don't know, or who announced a
//! block on a parent we don't know, is asked for its chain to that tip from our last
//! final block on; as long as answers bring us further, for the rest. A tip that leads
//! nowhere is not asked of that peer again.

use crate::input::{PeerId, Want};
use std::collections::BTreeMap;
use weft_types::{BlockHash, Height, Slot};

/// How many peers are remembered; the shell has fewer connections.
const LIMIT: usize = 1_024;

/// Slots that a peer has to answer, counted anew with each block of the answer.
const PATIENCE: u64 = 3;

#[derive(Clone, Copy, Debug, Default)]
struct Peer {
    /// A block it has and we lack.
    tip: Option<BlockHash>,
    /// A tip that led nowhere.
    dead: Option<BlockHash>,
    /// The last height its chain brought us to.
    reached: Height,
    busy: Option<Busy>,
}

#[derive(Clone, Copy, Debug)]
struct Busy {
    want: Want,
    until: Slot,
    has_moved: bool,
}

/// All peers that have or lack something.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    peers: BTreeMap<PeerId, Peer>,
}

impl Peers {
    fn get(&mut self, peer: PeerId) -> Option<&mut Peer> {
        if self.peers.len() >= LIMIT && !self.peers.contains_key(&peer) {
            return None;
        }
        Some(self.peers.entry(peer).or_default())
    }

    /// A peer has this block, and we lack it.
    pub fn has(&mut self, from: PeerId, tip: BlockHash) {
        if let Some(peer) = self.get(from).filter(|p| p.dead != Some(tip) && p.tip != Some(tip)) {
            peer.tip = Some(tip);
        }
    }

    /// Forgets what peers have: it is of no use here, and they say again what they have.
    pub fn forget_tips(&mut self) {
        self.peers.values_mut().for_each(|peer| peer.tip = None);
    }

    /// A peer left; its requests will not be answered.
    pub fn gone(&mut self, peer: PeerId) {
        self.peers.remove(&peer);
    }

    /// The peers that may be asked something.
    #[must_use]
    pub fn idle(&self) -> Vec<PeerId> {
        self.peers.iter().filter(|(_, p)| p.busy.is_none()).map(|(id, _)| *id).collect()
    }

    /// Marks a peer as one that may be asked.
    pub fn met(&mut self, peer: PeerId) {
        self.get(peer);
    }

    /// Whether some peer was asked for this.
    #[must_use]
    pub fn is_asked(&self, want: impl Fn(&Want) -> bool) -> bool {
        self.peers.values().filter_map(|p| p.busy).any(|busy| want(&busy.want))
    }

    /// The chain that an idle peer should be asked for, none when we know its tip or
    /// another peer is being asked for it.
    pub fn chain_wanted(
        &mut self,
        id: PeerId,
        finalized: Height,
        is_known: impl Fn(&BlockHash) -> bool,
    ) -> Option<Want> {
        let peer = self.peers.get_mut(&id)?;
        let tip = peer.tip?;
        if is_known(&tip) {
            peer.tip = None;
            return None;
        }
        let from = finalized.max(peer.reached).next()?;
        let same = |want: &Want| matches!(want, Want::Chain { tip: t, .. } if *t == tip);
        (!self.is_asked(same)).then_some(Want::Chain { from, tip })
    }

    /// A request goes out.
    pub fn ask(&mut self, id: PeerId, want: Want, now: Slot) {
        if let Some(peer) = self.get(id) {
            let until = Slot(now.0.saturating_add(PATIENCE));
            peer.busy = Some(Busy { want, until, has_moved: false });
        }
    }

    /// A block came from a peer: part of its answer. Answers whether a chain of it was
    /// asked for.
    pub fn came(&mut self, id: PeerId, hash: &BlockHash, now: Slot) -> bool {
        let Some(peer) = self.get(id) else { return false };
        match &mut peer.busy {
            Some(Busy { want: Want::Block(wanted), .. }) if wanted == hash => {
                peer.busy = None;
                false
            }
            Some(busy @ Busy { want: Want::Chain { .. }, .. }) => {
                busy.until = Slot(now.0.saturating_add(PATIENCE));
                true
            }
            _ => false,
        }
    }

    /// A block of a peer's chain is known now, up to this height.
    pub fn moved(&mut self, id: PeerId, hash: &BlockHash, height: Height) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if let Some(Busy { want: Want::Chain { tip, .. }, has_moved, .. }) = &mut peer.busy {
            *has_moved = *has_moved || height > peer.reached;
            peer.reached = peer.reached.max(height);
            if tip == hash {
                peer.busy = None;
            }
        }
    }

    /// A request ended, in full or not. Answers whether it was open.
    pub fn ended(&mut self, id: PeerId, want: &Want, finalized: Height) -> bool {
        let Some(peer) = self.peers.get_mut(&id) else { return false };
        let Some(busy) = peer.busy.filter(|busy| busy.want == *want) else { return false };
        peer.busy = None;
        let Want::Chain { from, tip } = busy.want else { return true };
        if !busy.has_moved && from > finalized.next().unwrap_or(from) {
            peer.reached = Height::ZERO; // It switched forks: once more from the bottom.
        } else if !busy.has_moved {
            peer.dead = Some(tip);
            peer.tip = peer.tip.filter(|t| *t != tip);
        }
        true
    }

    /// The requests that were not answered in time.
    #[must_use]
    pub fn overdue(&self, now: Slot) -> Vec<(PeerId, Want)> {
        let busy = self.peers.iter().filter_map(|(id, p)| Some((*id, p.busy?)));
        busy.filter(|(_, busy)| busy.until < now).map(|(id, busy)| (id, busy.want)).collect()
    }
}
