//! The tree of executed blocks above the last final one.
//!
//! Below the base, its last final ancestors stay as the *trunk*: a catch-up proof in a
//! block may still name one above the justified checkpoint of the base's state (R9).

use crate::config::{Base, Standing};
use crate::schedule::Schedule;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use weft_types::{BlockHash, CheckedBlock, Header, Height, Slot};

/// An executed block.
#[derive(Clone, Debug)]
pub struct Node {
    /// The block and what its state says.
    pub standing: Standing,
    /// Who may propose its children, slot by slot.
    pub schedule: Arc<Schedule>,
    /// The block itself; none for the block we started from.
    pub block: Option<Arc<CheckedBlock>>,
    children: Vec<BlockHash>,
}

impl Node {
    /// The block's header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.standing.header
    }
}

/// All executed blocks that may still matter.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: BTreeMap<BlockHash, Node>,
    base: BlockHash,
    base_height: Height,
}

impl Tree {
    /// The tree of a node that starts from `base`.
    #[must_use]
    pub fn new(base: &Base) -> Self {
        let last = base.standing();
        let mut nodes = BTreeMap::new();
        for standing in base.trunk().iter().chain([last]) {
            nodes.insert(standing.hash, node(standing.clone(), None, None));
        }
        Self { nodes, base: last.hash, base_height: last.header.height }
    }

    /// The block with this hash.
    #[must_use]
    pub fn get(&self, hash: &BlockHash) -> Option<&Node> {
        self.nodes.get(hash)
    }

    /// The last final block.
    #[must_use]
    pub fn base(&self) -> &Node {
        self.nodes.get(&self.base).expect("the base is never removed")
    }

    /// All nodes, by hash.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// Whether children of this block may still come: it is the base or above it.
    #[must_use]
    pub fn is_open(&self, node: &Node) -> bool {
        node.standing.hash == self.base || node.header().height > self.base_height
    }

    /// Adds an executed block whose parent is in the tree.
    pub fn insert(&mut self, standing: Standing, block: Arc<CheckedBlock>) {
        let (hash, parent) = (standing.hash, standing.header.parent);
        let new = node(standing, Some(block), self.nodes.get(&parent));
        if self.nodes.insert(hash, new).is_none()
            && let Some(parent) = self.nodes.get_mut(&parent)
        {
            parent.children.push(hash);
        }
    }

    /// A block and its ancestors as far as they are known, newest first.
    pub fn chain<'a>(&'a self, tip: &BlockHash) -> impl Iterator<Item = &'a Node> {
        // Genesis names itself as its parent: both are the chain id.
        let parent = |node: &&'a Node| {
            let header = node.header();
            (header.height > Height::ZERO).then(|| self.nodes.get(&header.parent)).flatten()
        };
        std::iter::successors(self.nodes.get(tip), parent)
    }

    /// The block at or above which `tip` was built at this height.
    #[must_use]
    pub fn ancestor(&self, tip: &BlockHash, height: Height) -> Option<&Node> {
        let at = self.chain(tip).take_while(|n| n.header().height >= height).last()?;
        (at.header().height == height).then_some(at)
    }

    /// Whether `tip` is `block` or descends from it.
    #[must_use]
    pub fn descends(&self, tip: &BlockHash, block: &Node) -> bool {
        self.ancestor(tip, block.header().height)
            .is_some_and(|node| node.standing.hash == block.standing.hash)
    }

    /// The blocks without children at or above a block.
    #[must_use]
    pub fn tips(&self, from: &BlockHash) -> Vec<&Node> {
        let mut open = vec![*from];
        let mut tips = Vec::new();
        while let Some(node) = open.pop().and_then(|hash| self.nodes.get(&hash)) {
            open.extend(&node.children);
            if node.children.is_empty() {
                tips.push(node);
            }
        }
        tips
    }

    /// The highest slot of any block.
    #[must_use]
    pub fn highest_slot(&self) -> Slot {
        self.nodes.values().map(|n| n.header().slot).max().unwrap_or_default()
    }

    /// Makes a block the base and drops what does not descend from it, but for the
    /// trunk. Answers whether it is above the old base.
    pub fn settle(&mut self, hash: &BlockHash) -> bool {
        let Some(base) = self.nodes.get(hash) else { return false };
        let (height, justified) = (base.header().height, base.standing.finality.justified.round);
        let trunk = self.chain(hash).skip(1).take_while(|n| n.header().round > justified);
        let mut kept: BTreeSet<BlockHash> = trunk.map(|n| n.standing.hash).collect();
        let mut open = vec![*hash];
        while let Some(node) = open.pop().and_then(|h| self.nodes.get(&h)) {
            open.extend(&node.children);
            kept.insert(node.standing.hash);
        }
        let rises = height > self.base_height;
        self.nodes.retain(|hash, _| kept.contains(hash));
        self.base = *hash;
        self.base_height = height;
        rises
    }

    /// The base to start again from.
    #[must_use]
    pub fn to_base(&self) -> Base {
        let mut trunk: Vec<Standing> =
            self.chain(&self.base).skip(1).map(|n| n.standing.clone()).collect();
        trunk.reverse();
        Base::new(self.base().standing.clone(), trunk)
    }
}

/// A node; the parent's schedule is shared while the set is the same.
fn node(standing: Standing, block: Option<Arc<CheckedBlock>>, parent: Option<&Node>) -> Node {
    let same = parent.filter(|p| p.standing.sets.current == standing.sets.current);
    let schedule = same.map_or_else(
        || Arc::new(Schedule::of(&standing.sets.current)),
        |parent| Arc::clone(&parent.schedule),
    );
    Node { standing, schedule, block, children: Vec::new() }
}
