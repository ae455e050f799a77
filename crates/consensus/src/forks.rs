//! What is known of all forks, and which one is the head (R8).
//!
//! In the order things happen: a block or share arrives and may complete quorums; a
//! quorum raises the highest justified block known and may make its source final
//! (R11), in a state or in what was seen; what is final prunes the tree; the head is
//! the heaviest tip above the highest justified block.

use crate::clock::Moment;
use crate::config::{Base, Standing};
use crate::finality::Link;
use crate::shares::Shares;
use crate::tally::set_work;
use crate::tree::{Node, Tree};
use std::cmp::Reverse;
use std::sync::Arc;
use weft_types::check::shares_of;
use weft_types::{BlockHash, CheckedBlock, Checkpoint, Evidence, Height, Slot, Work};

/// How many blocks of coming slots are remembered as early.
const EARLY: usize = 16;

/// The timely block of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Timely {
    slot: Slot,
    hash: Option<BlockHash>,
}

/// The block tree, the shares and what follows from both.
#[derive(Clone, Debug)]
pub struct ForkChoice {
    tree: Tree,
    shares: Shares,
    justified: Checkpoint,
    final_seen: Checkpoint,
    timely: Timely,
    early: Vec<(Slot, BlockHash)>,
}

impl ForkChoice {
    /// What is known at start.
    #[must_use]
    pub fn new(base: &Base) -> Self {
        let at = base.standing().checkpoint();
        Self {
            tree: Tree::new(base),
            shares: Shares::default(),
            justified: at,
            final_seen: at,
            timely: Timely { slot: Slot::ZERO, hash: None },
            early: Vec::new(),
        }
    }

    /// The blocks.
    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The shares.
    #[must_use]
    pub const fn shares(&self) -> &Shares {
        &self.shares
    }

    /// The shares, to add to; [`ForkChoice::review`] the target afterwards.
    pub const fn shares_mut(&mut self) -> &mut Shares {
        &mut self.shares
    }

    /// The highest justified block known, from chains or from shares seen.
    #[must_use]
    pub const fn justified(&self) -> Checkpoint {
        self.justified
    }

    /// Adds an executed block and the shares it carries.
    pub fn insert(&mut self, standing: Standing, block: Arc<CheckedBlock>) -> Vec<Evidence> {
        let (hash, parent) = (standing.hash, standing.header.parent);
        let (proof, finality) = (shares_of(&block), standing.finality);
        let late = block.block().catch_up.clone();
        let votes = late.as_ref().map_or(&[][..], |c| c.votes.as_slice());
        let evidence = self.shares.add_carried(proof, votes);
        self.tree.insert(standing, block);
        self.shares.settle(&hash);
        self.raise(finality.justified);
        self.see_final(finality.finalized);
        for target in [Some(parent), late.map(|c| c.target.hash), Some(hash)].iter().flatten() {
            self.review(target);
        }
        evidence
    }

    /// The quorum seen for a block, if there is one (R10).
    #[must_use]
    pub fn link(&self, node: &Node) -> Option<Link> {
        let standing = &node.standing;
        let quorum = self.shares.tally(standing).is_quorum(&standing.sets);
        quorum.then(|| link_of(standing))
    }

    /// Looks whether the shares seen for a block make a quorum now.
    pub fn review(&mut self, target: &BlockHash) {
        let Some(link) = self.tree.get(target).and_then(|node| self.link(node)) else { return };
        self.raise(link.target);
        if let Some(last) = link.finalizes() {
            self.see_final(last); // R11
        }
    }

    fn raise(&mut self, justified: Checkpoint) {
        if justified.round > self.justified.round {
            self.justified = justified;
        }
    }

    fn see_final(&mut self, last: Checkpoint) {
        if last.round > self.final_seen.round {
            self.final_seen = last;
        }
    }

    /// Makes final what was seen to be: the new final blocks, oldest first, or the
    /// checkpoint that is not on our final chain.
    ///
    /// # Errors
    /// The checkpoint, when it does not descend from our last final block: over a third
    /// of the voters broke R7.
    pub fn finalize(&mut self) -> Result<Vec<(BlockHash, Height)>, Checkpoint> {
        let (last, base) = (self.final_seen, self.tree.base().standing.checkpoint());
        if last.round <= base.round {
            return Ok(Vec::new());
        }
        let path = self.tree.chain(&last.hash).take_while(|n| n.standing.hash != base.hash);
        let mut path: Vec<_> = path.map(|n| (n.standing.hash, n.header().clone())).collect();
        path.reverse();
        if path.first().is_none_or(|(_, header)| header.parent != base.hash) {
            self.final_seen = base;
            return Err(last);
        }
        self.tree.settle(&last.hash);
        let tree = &self.tree;
        self.shares.prune(last.round, |hash| tree.get(hash).is_some());
        self.raise(last);
        Ok(path.into_iter().map(|(hash, header)| (hash, header.height)).collect())
    }

    /// A slot begins: the boost of the last one ends. A block that came before its slot
    /// is the first of it.
    pub fn turn(&mut self, moment: Moment) {
        if moment.slot > self.timely.slot {
            let first = self.early.iter().find(|(slot, _)| *slot == moment.slot);
            self.timely = Timely { slot: moment.slot, hash: first.map(|(_, hash)| *hash) };
            self.early.retain(|(slot, _)| *slot > moment.slot);
        }
    }

    /// A valid block has arrived: timely if it is the first of the current slot and
    /// half of it has not passed (R8).
    pub fn arrived(&mut self, moment: Moment, slot: Slot, hash: BlockHash) {
        let now = self.timely.slot;
        if slot == now && moment.slot == now && moment.quarter < 2 && self.timely.hash.is_none() {
            self.timely.hash = Some(hash);
        } else if slot > now && self.early.len() < EARLY {
            self.early.push((slot, hash));
        }
    }

    /// The head (R8): from the highest justified block known the heaviest tip.
    #[must_use]
    pub fn head(&self) -> &Node {
        let base = self.tree.base();
        let root = self.tree.get(&self.justified.hash).filter(|n| self.tree.is_open(n));
        let tips = self.tree.tips(&root.unwrap_or(base).standing.hash);
        if let [tip] = tips.as_slice() {
            return tip; // What it weighs decides nothing.
        }
        let timely = self.timely.hash.and_then(|hash| self.tree.get(&hash));
        let weight = |tip: &&Node| {
            let work = self.weight(tip, timely);
            (work, tip.header().slot, Reverse(tip.standing.hash))
        };
        tips.into_iter().max_by_key(weight).unwrap_or(base)
    }

    /// Cumulative work, shares seen for the tip itself, and the boost of the timely
    /// block.
    fn weight(&self, tip: &Node, timely: Option<&Node>) -> Work {
        let seen = self.shares.tally(&tip.standing).work;
        let boost = timely
            .filter(|block| self.tree.descends(&tip.standing.hash, block))
            .map_or(Work::ZERO, |block| set_work(&block.standing.sets.current));
        let sum = tip.header().work.0.saturating_add(seen.0).saturating_add(boost.0);
        Work(sum)
    }
}

/// The link that a quorum for this block makes.
#[must_use]
pub const fn link_of(target: &Standing) -> Link {
    Link {
        source: target.finality.justified,
        target: target.checkpoint(),
        parent: target.header.parent,
    }
}
