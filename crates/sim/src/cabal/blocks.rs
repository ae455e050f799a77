//! Blocks that they make.

use super::forge::Defect;
use super::{Blocks, Conduct, When};
use crate::agenda::{Message, Parcel, Secret};
use crate::net::Net;
use std::sync::Arc;
use weft_consensus::forks::{ForkChoice, link_of};
use weft_consensus::propose;
use weft_consensus::tally::Tally;
use weft_consensus::tree;
use weft_consensus::{Draft, Executor as _, finality, judge};
use weft_engine::accounts::AccountsAt;
use weft_types::block::proof_root;
use weft_types::check::seal_block;
use weft_types::{BlockHash, Call, CheckedBlock, CheckedTx, PublicKey, Round, Share, Slot};

/// How one of two blocks differs from the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// All shares and transactions.
    Full,
    /// No transaction, and the last share left out.
    Thin,
}

impl Net {
    /// A quarter of a slot is over: makes blocks if it is its turn.
    pub(super) fn make_blocks(&mut self, i: usize, slot: Slot) {
        let Some(conduct) = self.conduct() else { return };
        let Some(parent) = self.parent_for(i, slot, &conduct) else { return };
        if !self.mind.proposed.insert((i, slot)) {
            return;
        }
        self.acted();
        match conduct.blocks {
            Blocks::None => self.faults.note("silent_slots"),
            Blocks::One => {
                if let Some(block) = self.make(i, (&parent, slot), &conduct, Shape::Full) {
                    let withheld = conduct.shows_block == When::NextSlot;
                    self.faults.add("withheld_blocks", u64::from(withheld));
                    self.show(i, &announced(&block), conduct.shows_block, &conduct);
                }
            }
            Blocks::Two => self.make_two(i, (&parent, slot), &conduct),
        }
    }

    fn make_two(&mut self, i: usize, at: (&BlockHash, Slot), conduct: &Conduct) {
        let first = self.make(i, at, conduct, Shape::Full);
        let second = self.make(i, at, conduct, Shape::Thin);
        let (some, others) = self.halves(i);
        match (first, second) {
            (Some(first), Some(second)) if first.hash() != second.hash() => {
                self.faults.note("equivocations");
                self.show_to(i, some, &announced(&first));
                self.show_to(i, others, &announced(&second));
            }
            (Some(one), _) | (None, Some(one)) => {
                self.show(i, &announced(&one), conduct.shows_block, conduct);
            }
            (None, None) => {}
        }
    }

    /// The block to build on, if it is this voter's turn there.
    fn parent_for(&self, i: usize, slot: Slot, conduct: &Conduct) -> Option<BlockHash> {
        let core = self.core(i)?;
        let key = self.world.keys.get(i)?.public();
        let tree = core.forks().tree();
        let head = tree.get(&core.head_hash())?;
        let beside = || self.lighter(i).or(Some(head.header().parent));
        let beside = conduct.forks.then(beside).flatten().and_then(|hash| tree.get(&hash));
        let turn = |block: &&tree::Node| {
            block.header().slot < slot
                && tree.is_open(block)
                && block.schedule.proposer(slot) == Some(key)
        };
        let parent = beside.filter(turn).or(Some(head)).filter(turn)?;
        Some(parent.standing.hash)
    }

    /// Makes a block and tells the others of the cabal.
    fn make(
        &mut self,
        i: usize,
        (parent, slot): (&BlockHash, Slot),
        conduct: &Conduct,
        shape: Shape,
    ) -> Option<CheckedBlock> {
        let node = self.nodes.get_mut(i)?;
        let engine = node.engine.as_mut()?;
        let core = engine.core();
        let key = self.world.keys.get(i)?;
        let known = core.forks();
        let signer = (key.public(), core.program());
        let draft = propose::draft(known, known.tree().get(parent)?, slot, signer)?;
        let left = draft.proof.len();
        let draft = shaped(known, parent, draft, (conduct, shape))?;
        self.faults.add("omitted_shares", (left - draft.proof.len()) as u64);
        let accounts = AccountsAt::of(core.executor(), parent);
        let txs: Vec<CheckedTx> = match shape {
            Shape::Full => {
                let mut txs = engine.pool().pick(&self.world.genesis.params.limits, &accounts);
                // Who offends carries no report of it.
                txs.retain(|tx| !matches!(tx.tx().body.call, Call::ReportEvidence { .. }));
                txs
            }
            Shape::Thin => Vec::new(),
        };
        let defect = Defect::of(conduct.forges, slot);
        let draft = match defect {
            Some(defect) => defect.forge(known, parent, draft, (key, &self.world.chain))?,
            None => draft,
        };
        let mut made = engine.core_mut().executor_mut().assemble(&draft, txs).ok()?;
        if let Some(defect) = defect {
            defect.spoil(&mut made.header);
        }
        let block = seal_block(
            made.header,
            (key, &self.world.chain),
            draft.proof,
            draft.catch_up,
            made.txs,
        );
        self.seals.add(block.block().signed.seal());
        let block = Arc::new(block);
        self.mind.hidden.insert(block.hash());
        if defect.is_some() {
            // No core of theirs takes it either: it is served from their disks.
            self.faults.note("forged_blocks");
            self.mind.forged.insert(block.hash());
            self.nodes.get_mut(i)?.disk.append(Arc::clone(&block));
            return Some(Arc::unwrap_or_clone(block));
        }
        self.tell_cabal(&Secret::Block(Arc::clone(&block)));
        Some(Arc::unwrap_or_clone(block))
    }
}

fn announced(block: &CheckedBlock) -> Parcel {
    Parcel::new(Message::header(&block.block().signed))
}

/// A draft with fewer shares or a higher round, and what follows from that.
fn shaped(
    known: &ForkChoice,
    parent: &BlockHash,
    mut draft: Draft,
    (conduct, shape): (&Conduct, Shape),
) -> Option<Draft> {
    let parent = known.tree().get(parent)?;
    let standing = &parent.standing;
    if !conduct.carries {
        draft.proof.clear();
    } else if shape == Shape::Thin {
        draft.proof.pop();
    }
    let voters: Vec<PublicKey> = draft.proof.iter().map(|s| s.share().vote().voter).collect();
    let tally = Tally::of(&standing.sets, voters.iter());
    let has_quorum = tally.is_quorum(&standing.sets);
    if conduct.jumps || !has_quorum {
        draft.header.round = Round(draft.header.slot.0);
    }
    let late = draft.catch_up.as_ref().and_then(|late| known.tree().get(&late.target.hash));
    let links = [late.map(|n| link_of(&n.standing)), has_quorum.then(|| link_of(standing))];
    let links: Vec<_> = links.into_iter().flatten().collect();
    draft.finality = finality::after(standing.finality, &links);
    draft.header.work = judge::work(parent, &tally);
    let shares: Vec<Share> = draft.proof.iter().map(|s| s.share().clone()).collect();
    draft.header.proof_root = proof_root(&shares, draft.catch_up.as_ref());
    Some(draft)
}
