//! Headers and bodies as they come: what waits, what is ignored, and whom it is charged to
//! (R20, R19).
//!
//! Not here: what becomes of what waits (`blocks`).

use super::Core;
use super::blocks::give_up;
use crate::clock::Moment;
use crate::effect::{Effect, Finding};
use crate::error::{BlockFault, Fault, Skip};
use crate::input::{PeerId, Ticket};
use crate::waiting::Entry;
use std::sync::Arc;
use weft_types::check::{BlockError, Known};
use weft_types::executor::Executor;
use weft_types::{BlockHash, CheckedBlock, Header, SignedHeader};

/// How many slots ahead of ours a block may wait for its time.
const AHEAD: u64 = 2;

/// On whose account blocks without a sender wait.
const OURSELVES: PeerId = PeerId(u64::MAX);

impl<E: Executor, K: Known> Core<E, K> {
    pub(super) fn on_header(
        &mut self,
        moment: Moment,
        (from, ticket): (PeerId, Ticket),
        signed: SignedHeader,
        out: &mut Vec<Effect>,
    ) {
        let hash = signed.header.hash();
        if self.invalid.contains(&hash) {
            let why = Fault::Block(BlockFault::KnownInvalid { hash });
            out.push(Effect::Finding { ticket, finding: Finding::Reject(why) });
        } else if let Err(skip) = self.skip_header(moment, &hash, &signed) {
            out.push(Effect::Finding { ticket, finding: Finding::Ignore(skip) });
        } else if let Err(finding) = self.vouched(&signed) {
            out.push(Effect::Finding { ticket, finding });
        } else if let Some(entry) = self.waiting.get_mut(&hash) {
            if !entry.heard(from, Some(ticket)) {
                out.push(Effect::Finding { ticket, finding: Finding::Ignore(Skip::Known) });
            }
        } else {
            let mut entry = Entry::new(hash, signed, moment.slot);
            entry.heard(from, Some(ticket));
            self.wait(from, entry, out);
        }
    }

    /// Nothing waits that its proposer did not sign: a header's hash does not cover the
    /// signature, so a forged copy would stand in the place of the good one. While the
    /// parent is unknown only headers of voters wait, since anyone can make others.
    fn vouched(&self, signed: &SignedHeader) -> Result<(), Finding> {
        let proposer = signed.header.proposer;
        if !self.is_of_a_voter_or_connects(&signed.header) {
            return Err(Finding::Ignore(Skip::NotAVoter { voter: proposer }));
        }
        if self.known.knows(&signed.seal()) || signed.is_signed(&self.chain) {
            return Ok(());
        }
        Err(Finding::Reject(Fault::Header { proposer }))
    }

    /// Whether its parent is executed, or its proposer votes by our head.
    fn is_of_a_voter_or_connects(&self, header: &Header) -> bool {
        let sets = &self.head_node().standing.sets;
        let sets = [Some(&sets.current), sets.previous.as_ref()];
        self.forks.tree().get(&header.parent).is_some()
            || sets.into_iter().flatten().any(|set| set.get(&header.proposer).is_some())
    }

    /// Whether a body that nobody announced may wait here: as its header might, or as a part of
    /// a chain that was asked for and stands on what waits (R19). Its own were made here.
    fn may_wait(&self, from: Option<PeerId>, header: &Header, is_asked: bool) -> bool {
        from.is_none()
            || self.is_of_a_voter_or_connects(header)
            || (is_asked && self.waiting.contains(&header.parent))
    }

    fn skip_header(
        &self,
        moment: Moment,
        hash: &BlockHash,
        signed: &SignedHeader,
    ) -> Result<(), Skip> {
        let (slot, now) = (signed.header.slot, moment.slot);
        self.knows_version(signed.header.version)?; // R21
        if self.forks.tree().get(hash).is_some() {
            return Err(Skip::Known);
        }
        if slot.0 > now.0.saturating_add(AHEAD) {
            return Err(Skip::TooEarly { slot, now }); // R5
        }
        let finalized = self.finalized().0.height;
        if signed.header.height <= finalized {
            return Err(Skip::BelowFinal { finalized });
        }
        self.headers.has_room(signed)
    }

    fn wait(&mut self, from: PeerId, entry: Entry, out: &mut Vec<Effect>) {
        if let Some(gone) = self.waiting.push(from, entry) {
            give_up(&gone, out);
        }
    }

    pub(super) fn on_block(
        &mut self,
        moment: Moment,
        (from, is_asked): (Option<PeerId>, bool),
        block: Arc<CheckedBlock>,
        out: &mut Vec<Effect>,
    ) {
        let (hash, height) = (block.hash(), block.header().height);
        if self.forks.tree().get(&hash).is_some() {
            return;
        }
        let (slot, finalized) = (block.header().slot, self.finalized().0.height);
        let is_far = slot.0 > moment.slot.0.saturating_add(AHEAD);
        let is_strange = self.knows_version(block.header().version).is_err(); // R21
        if is_far || is_strange || height <= finalized {
            return;
        }
        if let Some(entry) = self.waiting.get_mut(&hash) {
            entry.body = Some(block);
            entry.is_asked |= is_asked;
        } else if self.may_wait(from, block.header(), is_asked) {
            let mut entry = Entry::new(hash, block.block().signed.clone(), moment.slot);
            entry.body = Some(block);
            entry.is_asked = is_asked;
            if let Some(from) = from {
                entry.heard(from, None);
            }
            self.wait(from.unwrap_or(OURSELVES), entry, out);
        }
        self.settle_blocks(moment, out);
        for gone in self.waiting.over() {
            give_up(&gone, out);
        }
    }

    pub(super) fn on_bad_block(
        &mut self,
        from: PeerId,
        (hash, version): (BlockHash, u16),
        why: BlockError,
        out: &mut Vec<Effect>,
    ) {
        self.waiting.lost(from, Some(&hash));
        if !self.judges(version) {
            return; // R21: what is wrong by our rules may be right by its own.
        }
        out.push(Effect::Punish { peer: from, why: Fault::Body(why) });
    }
}
