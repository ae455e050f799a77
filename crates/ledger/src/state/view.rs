//! The state after some block: the base seen through the layers of the blocks above it.
//!
//! A [`View`] looks through the layers from the newest down, then at the base. What a block
//! writes on it is the next [`Layer`], which copies nothing of what is below.

use super::base::Base;
use super::changes::{Changes, Read};
use super::growth::{Touches, grow};
use super::key::Key;
use super::layer::{Layer, Write};
use super::leaf::{SENTINEL, TreeSlot};
use super::map::{Index, Seed};
use super::proof::Proof;
use super::tree::Stack;
use super::value::Value;
use std::collections::BTreeMap;
use weft_types::Hash;

/// The state after a block: some layers over the base.
pub struct View<'a> {
    base: &'a Base,
    /// Newest first.
    layers: Vec<&'a Layer>,
    stack: Stack<'a>,
}

impl Base {
    /// The base seen through layers, newest first, each grown right on the next.
    #[must_use]
    pub fn view<'a>(&'a self, layers: Vec<&'a Layer>) -> View<'a> {
        let trees = layers.iter().map(|l| &l.tree).collect();
        View { base: self, layers, stack: Stack { tree: &self.tree, layers: trees } }
    }
}

impl<'a> View<'a> {
    /// The root of the state.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.stack.root()
    }

    /// The value under a key with its slot.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<(TreeSlot, &'a Value)> {
        let tag = self.base.tag(key);
        match self.layers.iter().find_map(|l| l.tagged(tag, key)) {
            Some(write) => Some((write.slot, write.value.as_ref()?)),
            None => self.base.find(tag, key),
        }
    }

    /// The slot of a key, given the one in the base.
    fn slot(&self, key: &Key, below: Option<TreeSlot>) -> Option<TreeSlot> {
        let tag = self.base.tag(key);
        match self.layers.iter().find_map(|l| l.tagged(tag, key)) {
            Some(write) => write.value.as_ref().map(|_| write.slot),
            None => below,
        }
    }

    /// Brings what the base holds under many keys near, for rules that will soon ask for
    /// them one by one. No answer depends on it.
    pub fn warm(&self, keys: &[Key]) {
        std::hint::black_box(self.base.find_all(keys.iter()));
    }

    /// What shows that the state holds the value under a key, or that it holds none.
    #[must_use]
    pub fn prove(&self, key: &Key) -> Proof {
        self.stack.prove(&key.hash(), self.find(key).map(|(slot, _)| slot))
    }

    /// Every value, in no order that may matter: base first, then what layers added.
    pub fn values(&self) -> impl Iterator<Item = (&'a Key, &'a Value)> {
        let mut written: BTreeMap<&Key, Option<&Value>> = BTreeMap::new();
        for write in self.layers.iter().rev().flat_map(|l| &l.writes) {
            written.insert(&write.key, write.value.as_ref());
        }
        let layered: Vec<_> = written.iter().filter_map(|(k, v)| Some((*k, (*v)?))).collect();
        let base = self.base.values.iter().flatten().map(|(key, value)| (key, value));
        base.filter(move |(key, _)| !written.contains_key(key)).chain(layered)
    }

    /// The layer that a block's changes make on this state.
    #[must_use]
    pub fn grow(&self, changes: Changes) -> Layer {
        let write = |(key, value)| Write { key, slot: SENTINEL, value };
        let mut writes: Vec<Write> = changes.0.into_iter().map(write).collect();
        let slots = self.base.find_all(writes.iter().map(|w| &w.key));
        for (write, below) in writes.iter_mut().zip(slots) {
            write.slot = self.slot(&write.key, below).unwrap_or(SENTINEL);
        }
        writes.retain(|w| w.slot != SENTINEL || w.value.is_some());
        let mut touches = Touches::default();
        let mut fresh = Vec::new();
        for (at, Write { key, slot, value }) in writes.iter().enumerate() {
            match value.as_ref().map(Value::hash) {
                None => touches.deletions.push(*slot),
                Some(value) if *slot != SENTINEL => touches.updates.push((*slot, value)),
                Some(value) => {
                    let key = key.hash();
                    touches.insertions.push((key, value));
                    fresh.push((at, key));
                }
            }
        }
        let (added, deleted) = (count(touches.insertions.len()), count(touches.deletions.len()));
        let tree = grow(&self.stack, touches);
        for (at, hash) in fresh {
            let slot = tree.slot_of(&hash).expect("what was inserted has a slot");
            if let Some(write) = writes.get_mut(at) {
                write.slot = slot;
            }
        }
        let mut index = Index::new(self.base.seed, writes.len());
        for (at, write) in (0..).zip(&writes) {
            index.insert(index.tag(&write.key), at);
        }
        Layer { writes, index, added, deleted, tree }
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).expect("memory holds fewer values")
}

impl Read for View<'_> {
    fn get(&self, key: &Key) -> Option<Value> {
        self.find(key).map(|(_, value)| value.clone())
    }

    fn held(&self) -> u64 {
        let base = count(self.base.len());
        self.layers
            .iter()
            .rev()
            .fold(base, |n, layer| n.saturating_add(layer.added).saturating_sub(layer.deleted))
    }

    fn seed(&self) -> Seed {
        self.base.seed
    }
}
