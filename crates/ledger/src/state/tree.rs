//! The tree over the final state, and reading it through the layers of unfinal
//! blocks.
//!
//! Every value has a slot from its creation to its deletion, so an update touches one
//! path and nothing moves. A new value takes the lowest slot that is free. A tree has
//! as many slots as the highest one in use needs, rounded up to a power of two, so
//! slots, and with them the root, follow from (key, slot, value) alone: a restored
//! state has the root of the one that was stored.
//!
//! A [`TreeLayer`] holds what one block changed, per level and sorted. A [`Stack`]
//! looks through the layers from the newest down and then at the tree.

use super::leaf::{self, Leaf, SENTINEL, TreeSlot};
use super::paged::Paged;
use super::proof::Proof;
use std::collections::{BTreeMap, BTreeSet};
use weft_types::Hash;

/// A key hash and its slot, or none where the key was deleted.
pub(super) type Link = (Hash, Option<TreeSlot>);

/// Something per slot or node, ascending.
pub(super) type Sorted<T> = Vec<(u32, T)>;

/// The tree over the final state.
pub struct Tree {
    /// By slot; none where it is free.
    leaves: Paged<Option<Leaf>>,
    /// Hashes by level, leaves first; what lies beyond a level's end is empty.
    levels: Vec<Paged<Hash>>,
    /// The slots of all key hashes and of the sentinel.
    order: BTreeMap<Hash, TreeSlot>,
    /// The free slots below the highest one ever used.
    free: BTreeSet<TreeSlot>,
    /// The highest slot in use.
    last: TreeSlot,
    /// The hashes of empty subtrees by height.
    empty: Vec<Hash>,
}

/// What one block changed in the tree.
pub struct TreeLayer {
    pub(super) leaves: Sorted<Option<Leaf>>,
    pub(super) levels: Vec<Sorted<Hash>>,
    /// Keys that came or went, ascending.
    pub(super) links: Vec<Link>,
    /// Slots that became free, ascending.
    pub(super) freed: Vec<TreeSlot>,
    /// The highest slot in use.
    pub(super) last: TreeSlot,
    /// The lowest slot that was never used.
    pub(super) end: TreeSlot,
    pub(super) root: Hash,
}

/// The tree as it is after some unfinal blocks.
#[derive(Clone)]
pub struct Stack<'a> {
    pub(super) tree: &'a Tree,
    /// Newest first.
    pub(super) layers: Vec<&'a TreeLayer>,
}

impl Tree {
    /// The tree of keys, slots and values, all as hashes. No key or slot occurs twice,
    /// none is the sentinel's: the caller has looked.
    pub(super) fn build(mut entries: Vec<(Hash, TreeSlot, Hash)>) -> Self {
        entries.sort_unstable_by_key(|e| e.0);
        let last = entries.iter().map(|e| e.1).max().unwrap_or(SENTINEL);
        let mut leaves = Paged::new();
        leaves.fill(place(last).saturating_add(1), &None);
        let nexts = entries.iter().map(|e| e.0).chain([Hash::ZERO]);
        let all = [(Hash::ZERO, SENTINEL, Hash::ZERO)].into_iter().chain(entries.iter().copied());
        let mut order = Vec::with_capacity(leaves.len());
        for ((key, slot, value), next) in all.zip(nexts) {
            leaves.set(place(slot), Some(Leaf { key, value, next }), &None);
            order.push((key, slot));
        }
        let free = (0..=last).filter(|slot| leaves.get(place(*slot)) == Some(&None)).collect();
        let empty = leaf::empty_subtrees();
        let levels = build_levels(&leaves, &empty);
        Self { leaves, levels, order: order.into_iter().collect(), free, last, empty }
    }

    /// Takes a layer over that was grown right on this tree.
    pub(super) fn absorb(&mut self, layer: &TreeLayer) {
        for (slot, leaf) in &layer.leaves {
            self.leaves.set(place(*slot), *leaf, &None);
            match leaf {
                Some(_) => self.free.remove(slot),
                None => self.free.insert(*slot),
            };
        }
        for (key, slot) in &layer.links {
            match slot {
                Some(slot) => self.order.insert(*key, *slot),
                None => self.order.remove(key),
            };
        }
        self.levels.resize(layer.levels.len().max(self.levels.len()), Paged::new());
        for ((ours, theirs), empty) in self.levels.iter_mut().zip(&layer.levels).zip(&self.empty) {
            for (index, hash) in theirs {
                ours.set(place(*index), *hash, empty);
            }
        }
        self.last = layer.last;
    }

    /// All slots in use in the order of key hashes, the sentinel's not among them.
    pub(super) fn slots(&self) -> impl Iterator<Item = TreeSlot> + '_ {
        self.order.values().copied().filter(|slot| *slot != SENTINEL)
    }

    /// The free slots, ascending.
    pub(super) fn free(&self) -> impl Iterator<Item = TreeSlot> + '_ {
        self.free.iter().copied()
    }

    pub(super) fn node(&self, level: usize, index: u32) -> Hash {
        let stored = self.levels.get(level).and_then(|l| l.get(place(index)));
        *stored.or_else(|| self.empty.get(level)).unwrap_or(&Hash::ZERO)
    }

    pub(super) fn leaf(&self, slot: TreeSlot) -> Option<Leaf> {
        self.leaves.get(place(slot)).copied().flatten()
    }
}

impl TreeLayer {
    /// The slot of a key that came with this layer.
    pub(super) fn slot_of(&self, key: &Hash) -> Option<TreeSlot> {
        let at = self.links.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        self.links.get(at)?.1
    }
}

impl<'a> Stack<'a> {
    /// The root of the state.
    pub(super) fn root(&self) -> Hash {
        match self.layers.first() {
            Some(newest) => newest.root,
            None => self.root_from(self.tree.last, |level| self.node(level, 0)),
        }
    }

    pub(super) fn root_from(&self, last: TreeSlot, node: impl Fn(usize) -> Hash) -> Hash {
        let height = leaf::height_of(last);
        leaf::root(&node(height), height)
    }

    /// The highest slot in use.
    pub(super) fn last(&self) -> TreeSlot {
        self.layers.first().map_or(self.tree.last, |l| l.last)
    }

    /// The lowest slot that was never used.
    pub(super) fn end(&self) -> TreeSlot {
        let of_tree = || TreeSlot::try_from(self.tree.leaves.len()).unwrap_or(TreeSlot::MAX);
        self.layers.first().map_or_else(of_tree, |l| l.end)
    }

    /// How many levels are kept over the leaves.
    pub(super) fn height(&self) -> usize {
        let levels = self.layers.first().map_or(self.tree.levels.len(), |l| l.levels.len());
        levels.saturating_sub(1)
    }

    /// The leaf in a slot.
    pub(super) fn leaf(&self, slot: TreeSlot) -> Option<Leaf> {
        let written = self.layers.iter().find_map(|l| find(&l.leaves, slot));
        written.unwrap_or_else(|| self.tree.leaf(slot))
    }

    /// The hash of a node.
    pub(super) fn node(&self, level: usize, index: u32) -> Hash {
        let written = self.layers.iter().find_map(|l| find(l.levels.get(level)?, index));
        written.unwrap_or_else(|| self.tree.node(level, index))
    }

    /// Reads leaves at rising slots.
    pub(super) fn leaves(&self) -> Rising<'a, Option<Leaf>> {
        Rising { rests: self.layers.iter().map(|l| l.leaves.as_slice()).collect() }
    }

    /// Reads nodes of one level at rising indexes.
    pub(super) fn nodes(&self, level: usize) -> Rising<'a, Hash> {
        let of = |l: &&'a TreeLayer| l.levels.get(level).map_or(&[][..], Vec::as_slice);
        Rising { rests: self.layers.iter().map(of).collect() }
    }

    /// The closest key before `bound` that any layer or the tree names, with the
    /// newest word on it.
    pub(super) fn link_before(&self, bound: &Hash) -> Option<Link> {
        let layers = self.layers.iter().filter_map(|l| {
            let at = l.links.partition_point(|(key, _)| key < bound);
            l.links.get(at.checked_sub(1)?).copied()
        });
        let tree = self.tree.order.range(..*bound).next_back().map(|(k, s)| (*k, Some(*s)));
        newest_of(layers.chain(tree))
    }

    /// What shows that the leaf in `slot` holds its key, or, given no slot, that the
    /// key is in no leaf.
    pub(super) fn prove(&self, key: &Hash, slot: Option<TreeSlot>) -> Proof {
        let slot = slot.unwrap_or_else(|| slot_before(key, |bound| self.link_before(bound)));
        let leaf = self.leaf(slot).expect("a linked slot holds a leaf");
        let mut siblings = Vec::new();
        let mut index = slot;
        for level in 0..leaf::height_of(self.last()) {
            siblings.push(self.node(level, index ^ 1));
            index >>= 1;
        }
        Proof { slot, leaf, siblings }
    }
}

/// The greatest link; of equal keys the first, which is the newest.
pub(super) fn newest_of(links: impl Iterator<Item = Link>) -> Option<Link> {
    links.reduce(|best, next| if next.0 > best.0 { next } else { best })
}

/// The slot of the last key before `key`, given the closest link before a bound.
pub(super) fn slot_before(key: &Hash, link_before: impl Fn(&Hash) -> Option<Link>) -> TreeSlot {
    let mut bound = *key;
    loop {
        match link_before(&bound) {
            Some((_, Some(slot))) => return slot,
            Some((deleted, None)) => bound = deleted,
            None => return SENTINEL,
        }
    }
}

/// A reader of sorted lists at rising indexes: what was passed is not searched again.
pub(super) struct Rising<'a, T> {
    rests: Vec<&'a [(u32, T)]>,
}

impl<T: Copy> Rising<'_, T> {
    /// What the newest layer that names `index` says.
    pub(super) fn at(&mut self, index: u32) -> Option<T> {
        self.rests.iter_mut().find_map(|rest| {
            skip(rest, index);
            rest.first().filter(|(i, _)| *i == index).map(|(_, t)| *t)
        })
    }
}

/// Drops what is below `index`, in steps that double, then halve.
fn skip<T>(rest: &mut &[(u32, T)], index: u32) {
    let mut bound = 1_usize;
    while rest.get(bound).is_some_and(|(i, _)| *i < index) {
        bound = bound.saturating_mul(2);
    }
    let near = rest.get(..bound.saturating_add(1)).unwrap_or(rest);
    let passed = near.partition_point(|(i, _)| *i < index);
    *rest = rest.get(passed..).unwrap_or_default();
}

/// What a sorted list holds for an index.
pub(super) fn find<T: Copy>(list: &Sorted<T>, index: u32) -> Option<T> {
    let at = list.binary_search_by_key(&index, |(i, _)| *i).ok()?;
    list.get(at).map(|(_, t)| *t)
}

/// A slot, or the index of a node, as a place in a list.
pub(super) fn place(slot: u32) -> usize {
    usize::try_from(slot).expect("a slot has 32 bits and so has an address")
}

fn build_levels(leaves: &Paged<Option<Leaf>>, empty: &[Hash]) -> Vec<Paged<Hash>> {
    let of = |leaf: &Option<Leaf>| leaf.as_ref().map_or(Hash::ZERO, Leaf::hash);
    let mut level: Paged<Hash> = leaves.iter().map(of).collect();
    let mut levels = Vec::new();
    for empty in empty {
        if level.len() <= 1 {
            break;
        }
        let above = above(&level, empty);
        levels.push(std::mem::replace(&mut level, above));
    }
    levels.push(level);
    levels
}

fn above(level: &Paged<Hash>, empty: &Hash) -> Paged<Hash> {
    let mut nodes = level.iter();
    let pair = || Some(leaf::node(nodes.next()?, nodes.next().unwrap_or(empty)));
    std::iter::from_fn(pair).collect()
}
