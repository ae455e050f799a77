//! From the changes of a block to a layer of the tree.
//!
//! In this order, so that every node gives a value the same slot:
//! 1. updates write their leaf;
//! 2. deletions close the gap in the links and free their slot;
//! 3. insertions, in the order of key hashes, take the lowest free slot each and are
//!    linked in;
//! 4. the touched paths are hashed, level by level, each node once.

use super::leaf::{self, Leaf, TreeSlot};
use super::tree::{Link, Sorted, Stack, TreeLayer, find, newest_of, slot_before};
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use weft_types::Hash;

/// What a block does to the tree; keys and values are hashes.
#[derive(Default)]
pub(super) struct Touches {
    /// New values in slots that are in use.
    pub updates: Vec<(TreeSlot, Hash)>,
    /// Slots in use that become free.
    pub deletions: Vec<TreeSlot>,
    /// Keys that are not in the tree, with their values.
    pub insertions: Vec<(Hash, Hash)>,
}

/// A layer on the way.
struct Growth<'a, F: Iterator<Item = TreeSlot>> {
    stack: &'a Stack<'a>,
    /// The leaves with new values.
    updated: Sorted<Option<Leaf>>,
    /// The leaves that links or slots changed, whatever `updated` says of them.
    relinked: BTreeMap<TreeSlot, Option<Leaf>>,
    links: BTreeMap<Hash, Option<TreeSlot>>,
    /// Slots that are free in the tree, and maybe not any more.
    free: Peekable<F>,
    /// Slots that some layer freed, and maybe another took.
    freed: BTreeSet<TreeSlot>,
    end: TreeSlot,
}

/// The layer that a block's touches make on the tree it runs on.
pub(super) fn grow(stack: &Stack<'_>, mut touches: Touches) -> TreeLayer {
    touches.updates.sort_unstable_by_key(|(slot, _)| *slot);
    touches.insertions.sort_unstable();
    let mut growth = Growth {
        stack,
        updated: updated(stack, &touches.updates),
        relinked: BTreeMap::new(),
        links: BTreeMap::new(),
        free: stack.tree.free().peekable(),
        freed: stack.layers.iter().flat_map(|l| l.freed.iter().copied()).collect(),
        end: stack.end(),
    };
    for slot in &touches.deletions {
        growth.delete(*slot);
    }
    growth.freed.extend(&touches.deletions);
    for (key, value) in touches.insertions {
        growth.insert(key, value);
    }
    growth.finish()
}

fn updated(stack: &Stack<'_>, updates: &[(TreeSlot, Hash)]) -> Sorted<Option<Leaf>> {
    let mut reader = stack.leaves();
    let of = |(slot, value): &(TreeSlot, Hash)| {
        let old = reader.at(*slot).unwrap_or_else(|| stack.tree.leaf(*slot));
        (*slot, old.map(|leaf| Leaf { value: *value, ..leaf }))
    };
    updates.iter().map(of).collect()
}

impl<F: Iterator<Item = TreeSlot>> Growth<'_, F> {
    fn leaf(&self, slot: TreeSlot) -> Option<Leaf> {
        let relinked = self.relinked.get(&slot).copied();
        let written = relinked.or_else(|| find(&self.updated, slot));
        written.unwrap_or_else(|| self.stack.leaf(slot))
    }

    fn before(&self, key: &Hash) -> (TreeSlot, Leaf) {
        let link_before = |bound: &Hash| -> Option<Link> {
            let ours = self.links.range(..*bound).next_back().map(|(k, s)| (*k, *s));
            newest_of(ours.into_iter().chain(self.stack.link_before(bound)))
        };
        let slot = slot_before(key, link_before);
        (slot, self.leaf(slot).expect("a linked slot holds a leaf"))
    }

    fn delete(&mut self, slot: TreeSlot) {
        let leaf = self.leaf(slot).expect("only a slot in use is deleted");
        let (at, before) = self.before(&leaf.key);
        self.relinked.insert(at, Some(Leaf { next: leaf.next, ..before }));
        self.relinked.insert(slot, None);
        self.links.insert(leaf.key, None);
    }

    fn insert(&mut self, key: Hash, value: Hash) {
        let slot = self.lowest_free();
        let (at, before) = self.before(&key);
        self.relinked.insert(at, Some(Leaf { next: key, ..before }));
        self.relinked.insert(slot, Some(Leaf { key, value, next: before.next }));
        self.links.insert(key, Some(slot));
    }

    fn lowest_free(&mut self) -> TreeSlot {
        loop {
            let lists = [self.free.peek().copied(), self.freed.first().copied()];
            let Some(slot) = lists.into_iter().flatten().min() else { break };
            self.free.next_if_eq(&slot);
            self.freed.remove(&slot);
            if self.leaf(slot).is_none() {
                return slot;
            }
        }
        let slot = self.end;
        self.end = slot.checked_add(1).expect("memory ends long before 2^32 slots");
        slot
    }

    fn finish(mut self) -> TreeLayer {
        let leaves = merged(std::mem::take(&mut self.updated), &self.relinked);
        let leaf = |slot| find(&leaves, slot).unwrap_or_else(|| self.stack.leaf(slot));
        let touched = leaves.last().map_or(0, |(slot, _)| *slot);
        let mut last = touched.max(self.stack.last());
        while last > 0 && leaf(last).is_none() {
            last = last.saturating_sub(1);
        }
        let height = self.stack.height().max(leaf::height_of(touched));
        let hash = |leaf: &Option<Leaf>| leaf.as_ref().map_or(Hash::ZERO, Leaf::hash);
        let bottom = leaves.iter().map(|(slot, leaf)| (*slot, hash(leaf))).collect();
        let levels = climb(self.stack, bottom, height);
        let root = self.stack.root_from(last, |level| match levels.get(level).map(Vec::as_slice) {
            Some([(0, node), ..]) => *node,
            _ => self.stack.node(level, 0),
        });
        let freed = leaves.iter().filter(|(_, leaf)| leaf.is_none()).map(|(s, _)| *s).collect();
        let links = self.links.into_iter().collect();
        TreeLayer { leaves, levels, links, freed, last, end: self.end, root }
    }
}

/// Both lists in one, ascending; of a slot in both the second says what it holds.
fn merged(
    updated: Sorted<Option<Leaf>>,
    relinked: &BTreeMap<TreeSlot, Option<Leaf>>,
) -> Sorted<Option<Leaf>> {
    if relinked.is_empty() {
        return updated;
    }
    let kept = updated.into_iter().filter(|(slot, _)| !relinked.contains_key(slot));
    let mut all: Vec<_> = kept.chain(relinked.iter().map(|(slot, leaf)| (*slot, *leaf))).collect();
    all.sort_unstable_by_key(|(slot, _)| *slot);
    all
}

/// All levels over the changed leaves: every touched node is hashed once. Siblings are
/// gathered before anything is hashed, so that memory is waited for once for many.
fn climb(stack: &Stack<'_>, bottom: Sorted<Hash>, height: usize) -> Vec<Sorted<Hash>> {
    let mut levels = Vec::with_capacity(height.saturating_add(1));
    let mut pairs = Vec::with_capacity(bottom.len());
    let mut below = bottom;
    for level in 0..height {
        gather(stack, level, &below, &mut pairs);
        let node = |(index, left, right): &(u32, Hash, Hash)| (*index, leaf::node(left, right));
        let above = pairs.iter().map(node).collect();
        levels.push(std::mem::replace(&mut below, above));
    }
    levels.push(below);
    levels
}

/// Every changed node of a level beside its sibling, with the index of their parent.
fn gather(
    stack: &Stack<'_>,
    level: usize,
    changed: &Sorted<Hash>,
    pairs: &mut Vec<(u32, Hash, Hash)>,
) {
    let mut reader = stack.nodes(level);
    let mut untouched = |index| reader.at(index).unwrap_or_else(|| stack.tree.node(level, index));
    pairs.clear();
    let mut nodes = changed.iter().copied().peekable();
    while let Some((index, hash)) = nodes.next() {
        let sibling = match nodes.next_if(|(next, _)| *next == index ^ 1) {
            Some((_, sibling)) => sibling,
            None => untouched(index ^ 1),
        };
        let (left, right) = if index & 1 == 0 { (hash, sibling) } else { (sibling, hash) };
        pairs.push((index >> 1, left, right));
    }
}
