//! What this node lacks and who said to have it. Whom to ask, and when, is not decided here.

use super::Core;
use crate::clock::Moment;
use crate::effect::Effect;
use crate::input::{PeerId, Status};
use crate::waiting::Entry;
use weft_types::check::Known;
use weft_types::executor::Executor;
use weft_types::{BlockHash, Header, Height, PublicKey};

use super::blocks::give_up;

/// A block that is lacked.
#[derive(Clone, Copy, Debug)]
pub struct Lack<'a> {
    /// Which.
    pub hash: BlockHash,
    /// Its height.
    pub height: Height,
    /// Who signed the header that told of it.
    pub signer: PublicKey,
    /// Who said to have it.
    pub tellers: &'a [PeerId],
}

impl<E: Executor, K: Known> Core<E, K> {
    /// Whether nothing is on its way, so that nothing is lacked.
    #[must_use]
    pub fn lacks_nothing(&self) -> bool {
        self.waiting.iter().next().is_none()
    }

    /// Announced blocks whose body is not here. Parent, proposer and signature of their headers
    /// are good, so that they are worth asking others for than who told of them.
    pub fn lacked_bodies(&self) -> impl Iterator<Item = Lack<'_>> {
        let announced = self.waiting.iter().filter(|e| e.is_vetted && e.body.is_none());
        announced.map(|e| {
            let Header { height, proposer, .. } = e.signed.header;
            Lack { hash: e.hash, height, signer: proposer, tellers: &e.sources }
        })
    }

    /// Blocks that are known to somebody, whose chain down to ours is lacked: a voter signed
    /// them, or one that stands on them.
    pub fn lacked_chains(&self) -> impl Iterator<Item = Lack<'_>> {
        self.waiting.iter().filter(|e| self.is_orphan(e)).map(|e| {
            let Header { height, parent, proposer, .. } = e.signed.header;
            let below = Height(height.0.saturating_sub(1));
            let (hash, height) = if e.body.is_none() { (e.hash, height) } else { (parent, below) };
            Lack { hash, height, signer: proposer, tellers: &e.sources }
        })
    }

    /// Whether nothing is known of its parent, at a time when it may be taken.
    fn is_orphan(&self, entry: &Entry) -> bool {
        let header = &entry.signed.header;
        !entry.is_vetted
            && self.forks.tree().get(&header.parent).is_none()
            && self.may_run(header.version)
            && !self.waiting.contains(&header.parent)
            && self.clock.admits(header.slot) <= self.turn.latest
    }

    /// Whether what a peer says of its head is a reason to ask it for blocks.
    #[must_use]
    pub fn is_of_use(&self, status: &Status) -> bool {
        let is_above = status.height > self.finalized().0.height;
        // R21: what lies above where we stop is of no use here; up to there we ask.
        let may_run = self.stopped().is_none() || self.may_run(status.version);
        is_above && may_run && !self.is_known(&status.head.hash)
    }

    /// Whether a block was executed here and is not below the last final one, or was found
    /// invalid.
    #[must_use]
    pub fn is_known(&self, hash: &BlockHash) -> bool {
        self.forks.tree().get(hash).is_some() || self.invalid.contains(hash)
    }

    /// Gives up what waited too long.
    pub(super) fn expire(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        self.waiting.expire(moment.slot).iter().for_each(|gone| give_up(gone, out));
    }
}
