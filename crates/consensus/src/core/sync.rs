//! Catching up: asking peers for what they have and we lack, and for nothing else.

use super::Core;
use super::blocks::give_up;
use crate::clock::Moment;
use crate::effect::Effect;
use crate::input::{PeerId, Status, Want};
use weft_types::BlockHash;
use weft_types::check::Known;
use weft_types::executor::Executor;

impl<E: Executor, K: Known> Core<E, K> {
    pub(super) fn on_status(&mut self, from: PeerId, status: &Status) {
        let is_above = status.height > self.finalized().0.height;
        // R21: what lies above where we stop is of no use here; up to there we ask.
        let is_of_use = self.stopped().is_none() || self.may_run(status.version);
        if is_above && is_of_use && !self.is_known(&status.head.hash) {
            self.peers.has(from, status.head.hash);
        }
    }

    pub(super) fn on_peer_gone(&mut self, peer: PeerId, out: &mut Vec<Effect>) {
        self.peers.gone(peer);
        self.waiting.lost(peer, None).iter().for_each(|gone| give_up(gone, out));
    }

    /// An answer that does not hold the block that was asked for is none.
    pub(super) fn on_fetched(&mut self, peer: PeerId, want: &Want, out: &mut Vec<Effect>) {
        let lacks = |hash: &BlockHash| self.waiting.lacks_body(hash);
        if matches!(want, Want::Block(hash) if lacks(hash)) {
            return self.on_fetch_failed(peer, want, out);
        }
        let finalized = self.finalized().0.height;
        self.peers.ended(peer, want, finalized);
    }

    pub(super) fn on_fetch_failed(&mut self, peer: PeerId, want: &Want, out: &mut Vec<Effect>) {
        let finalized = self.finalized().0.height;
        self.peers.ended(peer, want, finalized);
        if let Want::Block(hash) = want {
            self.waiting.lost(peer, Some(hash)).iter().for_each(|gone| give_up(gone, out));
        }
    }

    fn is_known(&self, hash: &BlockHash) -> bool {
        self.forks.tree().get(hash).is_some() || self.invalid.contains(hash)
    }

    /// Ends what was not answered, then asks every idle peer for one thing.
    pub(super) fn request(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        for (peer, want) in self.peers.overdue(moment.slot) {
            self.on_fetch_failed(peer, &want, out);
        }
        self.waiting.expire(moment.slot).iter().for_each(|gone| give_up(gone, out));
        self.note_orphans(moment);
        for peer in self.peers.idle() {
            if let Some(want) = self.body_wanted(peer).or_else(|| self.chain_wanted(peer)) {
                self.peers.ask(peer, want, moment.slot);
                out.push(Effect::Fetch { peer, want });
            }
        }
    }

    /// Blocks whose parent is unknown: who sent them has the chain to them.
    fn note_orphans(&mut self, moment: Moment) {
        let tree = self.forks.tree();
        for entry in self.waiting.iter().filter(|e| !e.is_vetted) {
            let header = &entry.signed.header;
            let is_orphan = tree.get(&header.parent).is_none()
                && self.may_run(header.version)
                && !self.waiting.contains(&header.parent)
                && self.clock.admits(header.slot) <= moment.now;
            if is_orphan {
                let tip = if entry.body.is_some() { header.parent } else { entry.hash };
                entry.sources.iter().for_each(|source| self.peers.has(*source, tip));
            }
        }
    }

    /// A body that this peer has announced and nobody is being asked for.
    fn body_wanted(&self, peer: PeerId) -> Option<Want> {
        let wanted = |want: Want| !self.peers.is_asked(|asked| *asked == want);
        let announced = self.waiting.iter().filter(|e| e.is_vetted && e.body.is_none());
        let mut from_peer = announced.filter(|e| e.sources.contains(&peer));
        from_peer.find_map(|e| Some(Want::Block(e.hash)).filter(|want| wanted(*want)))
    }

    fn chain_wanted(&mut self, peer: PeerId) -> Option<Want> {
        let finalized = self.finalized().0.height;
        let (tree, invalid) = (self.forks.tree(), &self.invalid);
        let is_known = |hash: &BlockHash| tree.get(hash).is_some() || invalid.contains(hash);
        self.peers.chain_wanted(peer, finalized, is_known)
    }
}
