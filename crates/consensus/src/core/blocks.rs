//! Headers and blocks: from an announcement to an executed block (R20).
//!
//! A header waits until its slot is near, its parent known and its body here. It is
//! forwarded only when the block was executed, so whoever announces a block has it and
//! has found it valid.

use super::Core;
use crate::clock::Moment;
use crate::config::Standing;
use crate::counters::Counters;
use crate::effect::{Effect, Verdict};
use crate::error::{BlockFault, Fault, Refusal, Skip};
use crate::input::{PeerId, Ticket};
use crate::judge;
use crate::voter::Voter;
use crate::waiting::Entry;
use std::sync::Arc;
use weft_types::check::{BlockError, Known};
use weft_types::executor::{Executed, Executor};
use weft_types::{BlockHash, CheckedBlock, Finality, Header, Share, SignedHeader, Vote};

/// How many slots ahead of ours a block may wait for its time.
const AHEAD: u64 = 2;

/// How many invalid blocks are remembered.
const INVALID: usize = 256;

/// Blocks of one proposer and slot that chains we asked for may bring.
const ASKED_PER_SLOT: usize = 8;

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
        self.peers.met(from);
        let hash = signed.header.hash();
        if self.invalid.contains(&hash) {
            let why = Fault::Block(BlockFault::KnownInvalid { hash });
            out.push(Effect::Verdict { ticket, verdict: Verdict::Reject(why) });
        } else if let Err(skip) = self.skip_header(moment, &hash, &signed) {
            out.push(Effect::Verdict { ticket, verdict: Verdict::Ignore(skip) });
        } else if let Err(verdict) = self.vouched(&signed) {
            out.push(Effect::Verdict { ticket, verdict });
        } else if let Some(entry) = self.waiting.get_mut(&hash) {
            if !entry.heard(from, Some(ticket)) {
                out.push(Effect::Verdict { ticket, verdict: Verdict::Ignore(Skip::Known) });
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
    fn vouched(&self, signed: &SignedHeader) -> Result<(), Verdict> {
        let proposer = signed.header.proposer;
        if !self.is_of_a_voter_or_connects(&signed.header) {
            return Err(Verdict::Ignore(Skip::NotAVoter { voter: proposer }));
        }
        if self.known.knows(&signed.seal()) || signed.is_signed(&self.chain) {
            return Ok(());
        }
        Err(Verdict::Reject(Fault::Header { proposer }))
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
        from: Option<PeerId>,
        block: Arc<CheckedBlock>,
        out: &mut Vec<Effect>,
    ) {
        let (hash, height) = (block.hash(), block.header().height);
        let is_asked = from.is_some_and(|from| self.peers.came(from, &hash, moment.slot));
        if let Some(from) = from.filter(|_| self.forks.tree().get(&hash).is_some()) {
            self.peers.moved(from, &hash, height);
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
        if let Some(from) = from.filter(|_| self.forks.tree().get(&hash).is_some()) {
            self.peers.moved(from, &hash, height);
        }
    }

    pub(super) fn on_bad_block(
        &mut self,
        from: PeerId,
        (hash, version): (BlockHash, u16),
        why: BlockError,
        out: &mut Vec<Effect>,
    ) {
        for gone in self.waiting.lost(from, Some(&hash)) {
            give_up(&gone, out);
        }
        if !self.judges(version) {
            return; // R21: what is wrong by our rules may be right by its own.
        }
        self.peers.gone(from);
        out.push(Effect::Punish { peer: from, why: Fault::Body(why) });
    }

    pub(super) fn on_restored(
        &mut self,
        moment: Moment,
        block: &Arc<CheckedBlock>,
        out: &mut Vec<Effect>,
    ) {
        let (hash, slot) = (block.hash(), block.header().slot);
        if let Some(voter) = &mut self.voter {
            voter.was_at(slot);
            if block.header().proposer == voter.public() {
                voter.has_proposed(slot);
            }
            carried(block).for_each(|vote| voter.has_voted(vote));
        }
        let finalized = self.finalized().0.height;
        if self.forks.tree().get(&hash).is_some() || block.header().height <= finalized {
            return;
        }
        if let Err(fault) = self.execute(moment, block, out) {
            out.push(Effect::Refused { hash, why: Refusal::Invalid(fault) });
        }
    }

    /// Vets and executes everything that has what it needs, until nothing moves.
    pub(super) fn settle_blocks(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        loop {
            self.vet(moment, out);
            let (clock, tree) = (self.clock, self.forks.tree());
            let ready = self.waiting.take(|e| {
                e.body.is_some()
                    && clock.admits(e.signed.header.slot) <= moment.now // R5
                    && tree.get(&e.signed.header.parent).is_some()
            });
            if ready.is_empty() {
                return;
            }
            for entry in ready {
                self.finish(moment, &entry, out);
            }
        }
    }

    /// Looks at the headers whose parent is known.
    fn vet(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        let unvetted = self.waiting.iter().filter(|e| !e.is_vetted);
        let looked: Vec<_> =
            unvetted.filter_map(|e| Some((e.hash, self.look(moment, e)?))).collect();
        for (hash, outcome) in looked {
            if let Err(why) = outcome {
                for entry in self.waiting.take(|e| e.hash == hash) {
                    self.refuse(&entry, &why, out);
                }
            } else if let Some(entry) = self.waiting.get_mut(&hash) {
                entry.is_vetted = true;
                let (header, evidence) =
                    (entry.signed.header.clone(), self.headers.add(&entry.signed));
                self.mind(|voter| voter.foreign_header(&header), out);
                self.report(evidence, out);
            }
        }
    }

    /// Parent, proposer, count and signature of a header (R20); none while its slot is
    /// far or its parent unknown.
    fn look(&self, moment: Moment, entry: &Entry) -> Option<Result<(), Verdict>> {
        let header = &entry.signed.header;
        if self.clock.admits(header.slot) > moment.now {
            return None; // R5: it waits.
        }
        if self.invalid.contains(&header.parent) {
            let why = BlockFault::KnownInvalid { hash: header.parent };
            return Some(Err(Verdict::Reject(Fault::Block(why))));
        }
        let parent = self.forks.tree().get(&header.parent)?;
        if !self.forks.tree().is_open(parent) {
            let finalized = self.finalized().0.height;
            return Some(Err(Verdict::Ignore(Skip::BelowFinal { finalized })));
        }
        if let Err(skip) = self.runs_child_of(parent, header) {
            return Some(Err(Verdict::Ignore(skip))); // R21
        }
        if let Err(why) = judge::header(parent, header) {
            return Some(Err(Verdict::Reject(Fault::Block(why))));
        }
        let is_allowed = entry.is_asked && self.has_room_in_tree(header);
        if let Some(skip) = self.headers.has_room(&entry.signed).err().filter(|_| !is_allowed) {
            return Some(Err(Verdict::Ignore(skip)));
        }
        Some(Ok(()))
    }

    /// A chain that was asked for may hold a third block of a slot, since others may have
    /// built on it; a proposer can't fill the tree with them all the same (R19).
    fn has_room_in_tree(&self, header: &Header) -> bool {
        let place = (header.slot, header.proposer);
        let same = self.forks.tree().nodes().filter(|n| {
            let other = n.header();
            (other.slot, other.proposer) == place
        });
        same.count() < ASKED_PER_SLOT
    }

    fn finish(&mut self, moment: Moment, entry: &Entry, out: &mut Vec<Effect>) {
        let Some(block) = &entry.body else { return };
        let at = out.len();
        match self.execute(moment, block, out) {
            Ok(()) => {
                out.insert(at, Effect::Append(Arc::clone(block)));
                out.extend(
                    entry.tickets.iter().map(|ticket| Effect::Verdict {
                        ticket: *ticket,
                        verdict: Verdict::Accept,
                    }),
                );
            }
            Err(fault) => self.refuse(entry, &Verdict::Reject(Fault::Block(fault)), out),
        }
    }

    /// Answers for a block that goes nowhere. What is invalid is remembered, and a peer
    /// that sent its body unasked by gossip is blamed here.
    fn refuse(&mut self, entry: &Entry, verdict: &Verdict, out: &mut Vec<Effect>) {
        let hash = entry.hash;
        match verdict {
            Verdict::Accept => {}
            Verdict::Ignore(skip) => {
                out.push(Effect::Refused { hash, why: Refusal::Skipped(skip.clone()) });
            }
            Verdict::Reject(fault) => {
                if let Fault::Block(why) = fault {
                    self.remember_invalid(hash);
                    out.push(Effect::Refused { hash, why: Refusal::Invalid(why.clone()) });
                }
                let unasked = entry.sources.iter().filter(|_| entry.tickets.is_empty());
                out.extend(unasked.map(|p| Effect::Punish { peer: *p, why: fault.clone() }));
            }
        }
        let answer = |t: &Ticket| Effect::Verdict { ticket: *t, verdict: verdict.clone() };
        out.extend(entry.tickets.iter().map(answer));
    }

    fn remember_invalid(&mut self, hash: BlockHash) {
        Counters::bump(&mut self.counters.invalid);
        self.invalid.push_back(hash);
        if self.invalid.len() > INVALID {
            self.invalid.pop_front();
        }
    }

    /// Judges, executes and adds a block whose parent is known.
    fn execute(
        &mut self,
        moment: Moment,
        block: &Arc<CheckedBlock>,
        out: &mut Vec<Effect>,
    ) -> Result<(), BlockFault> {
        let header = block.header();
        let (tree, hash) = (self.forks.tree(), header.parent);
        let parent = tree.get(&hash).ok_or(BlockFault::UnknownParent { hash })?;
        self.runs_child_of(parent, header).map_err(BlockFault::Rules)?;
        let finality = judge::block(tree, parent, block)?;
        let run = self.executor.execute(block, finality);
        let executed = run.map_err(|why| BlockFault::Execution(Arc::new(why)))?;
        let (want, got) = (header.state_root, executed.state_root);
        if want != got {
            self.executor.forget(&block.hash());
            return Err(BlockFault::StateRoot { want, got });
        }
        self.add(moment, block, (finality, executed), out);
        Ok(())
    }

    /// Adds an executed block to what is known.
    pub(super) fn add(
        &mut self,
        moment: Moment,
        block: &Arc<CheckedBlock>,
        (finality, executed): (Finality, Executed),
        out: &mut Vec<Effect>,
    ) {
        let (header, hash) = (block.header().clone(), block.hash());
        let slot = header.slot;
        self.mind(|voter| voter.foreign_header(&header), out);
        for vote in carried(block) {
            self.mind(|voter| voter.foreign_vote(vote), out);
        }
        let evidence = self.headers.add(&block.block().signed);
        self.report(evidence, out);
        let Executed { sets, rules, .. } = executed;
        let standing = Standing { header, hash, finality, sets, rules };
        let evidence = self.forks.insert(standing, Arc::clone(block));
        self.report(evidence, out);
        self.forks.arrived(moment, slot, hash);
        let own = self.voter.as_ref().map(Voter::public);
        for share in block.block().proof.iter().filter(|s| Some(s.vote().voter) == own) {
            self.queue.carried(hash, share);
        }
        Counters::bump(&mut self.counters.blocks);
    }
}

/// The votes that a block carries.
fn carried(block: &CheckedBlock) -> impl Iterator<Item = &Vote> {
    let block = block.block();
    let late = block.catch_up.iter().flat_map(|proof| &proof.votes).map(|signed| &signed.vote);
    block.proof.iter().map(Share::vote).chain(late)
}

/// Answers for a block that waited in vain.
pub(super) fn give_up(entry: &Entry, out: &mut Vec<Effect>) {
    let verdict = Verdict::Ignore(Skip::NotCompleted);
    out.extend(
        entry.tickets.iter().map(|t| Effect::Verdict { ticket: *t, verdict: verdict.clone() }),
    );
}
