//! Blocks that wait, until they are executed (R20).
//!
//! A header waits until its slot is near, its parent known and its body here. It is
//! forwarded only when the block was executed, so whoever announces a block has it and
//! has found it valid.
//!
//! Not here: what may wait at all (`arrivals`).

use super::Core;
use crate::clock::Moment;
use crate::config::Standing;
use crate::counters::Counters;
use crate::effect::{Effect, Finding};
use crate::error::{BlockFault, Dismissal, Fault, Skip};
use crate::input::Ticket;
use crate::judge;
use crate::voter::Voter;
use crate::waiting::Entry;
use std::sync::Arc;
use weft_types::check::Known;
use weft_types::executor::{Executed, Executor};
use weft_types::{BlockHash, CheckedBlock, Finality, Header, Share, Vote};

/// How many invalid blocks are remembered.
const INVALID: usize = 256;

/// Blocks of one proposer and slot that chains we asked for may bring.
const ASKED_PER_SLOT: usize = 8;

impl<E: Executor, K: Known> Core<E, K> {
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
            out.push(Effect::Dismissed { hash, why: Dismissal::Invalid(fault) });
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
    fn look(&self, moment: Moment, entry: &Entry) -> Option<Result<(), Finding>> {
        let header = &entry.signed.header;
        if self.clock.admits(header.slot) > moment.now {
            return None; // R5: it waits.
        }
        if self.invalid.contains(&header.parent) {
            let why = BlockFault::KnownInvalid { hash: header.parent };
            return Some(Err(Finding::Reject(Fault::Block(why))));
        }
        let parent = self.forks.tree().get(&header.parent)?;
        if !self.forks.tree().is_open(parent) {
            let finalized = self.finalized().0.height;
            return Some(Err(Finding::Ignore(Skip::BelowFinal { finalized })));
        }
        if let Err(skip) = self.runs_child_of(parent, header) {
            return Some(Err(Finding::Ignore(skip))); // R21
        }
        if let Err(why) = judge::header(parent, header) {
            return Some(Err(Finding::Reject(Fault::Block(why))));
        }
        let is_allowed = entry.is_asked && self.has_room_in_tree(header);
        if let Some(skip) = self.headers.has_room(&entry.signed).err().filter(|_| !is_allowed) {
            return Some(Err(Finding::Ignore(skip)));
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
                    entry.tickets.iter().map(|ticket| Effect::Finding {
                        ticket: *ticket,
                        finding: Finding::Accept,
                    }),
                );
            }
            Err(fault) => self.refuse(entry, &Finding::Reject(Fault::Block(fault)), out),
        }
    }

    /// Answers for a block that goes nowhere. What is invalid is remembered, and a peer
    /// that sent its body unasked by gossip is blamed here.
    fn refuse(&mut self, entry: &Entry, finding: &Finding, out: &mut Vec<Effect>) {
        let hash = entry.hash;
        match finding {
            Finding::Accept => {}
            Finding::Ignore(skip) => {
                out.push(Effect::Dismissed { hash, why: Dismissal::Skipped(skip.clone()) });
            }
            Finding::Reject(fault) => {
                if let Fault::Block(why) = fault {
                    self.remember_invalid(hash);
                    out.push(Effect::Dismissed { hash, why: Dismissal::Invalid(why.clone()) });
                }
                let unasked = entry.sources.iter().filter(|_| entry.tickets.is_empty());
                out.extend(unasked.map(|p| Effect::Punish { peer: *p, why: fault.clone() }));
            }
        }
        let answer = |t: &Ticket| Effect::Finding { ticket: *t, finding: finding.clone() };
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
    let finding = Finding::Ignore(Skip::NotCompleted);
    out.extend(
        entry.tickets.iter().map(|t| Effect::Finding { ticket: *t, finding: finding.clone() }),
    );
}
