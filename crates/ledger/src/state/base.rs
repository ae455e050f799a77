//! The last final state, the layers of unfinal blocks, and reading through them.
//!
//! [`Base`] holds every value in the slot of its leaf. A [`Layer`] holds what one
//! block wrote and what that changed in the tree. A [`View`] is the state after some
//! block: it looks through the layers from the newest down, then at the base.

use super::changes::{Changes, Read};
use super::growth::{Touches, grow};
use super::key::Key;
use super::leaf::{SENTINEL, TreeSlot};
use super::map::{Index, Seed};
use super::proof::Proof;
use super::tree::{Stack, Tree, TreeLayer, place};
use super::value::Value;
use std::collections::BTreeMap;
use weft_types::Hash;

/// A value of the state with its name and slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub key: Key,
    /// Where its leaf stands in the tree.
    pub slot: TreeSlot,
    /// The value.
    pub value: Value,
}

/// What a block wrote under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The key.
    pub key: Key,
    /// The slot of its leaf, or the one that became free.
    pub slot: TreeSlot,
    /// The new value; none where it was deleted.
    pub value: Option<Value>,
}

/// The last final state.
pub struct Base {
    seed: Seed,
    /// The slots of all keys.
    index: Index,
    /// By slot.
    values: Vec<Option<(Key, Value)>>,
    tree: Tree,
}

/// What one block made of the state it ran on.
pub struct Layer {
    /// In the order of keys.
    writes: Vec<Write>,
    /// Where in `writes` a key is.
    index: Index,
    tree: TreeLayer,
}

/// The state after a block: some layers over the base.
pub struct View<'a> {
    base: &'a Base,
    /// Newest first.
    layers: Vec<&'a Layer>,
    stack: Stack<'a>,
}

/// Why entries are no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// Two values in one place.
    #[error(
        "slot {slot} is taken twice or is not for values; the stored state is damaged: \
         restore an older one or replay the blocks"
    )]
    Slot {
        /// Which.
        slot: TreeSlot,
    },
    /// Two values of one name.
    #[error(
        "{key:?} is there twice; the stored state is damaged: restore an older one or \
         replay the blocks"
    )]
    Key {
        /// Which.
        key: Key,
    },
    /// A value that can't be of that name.
    #[error(
        "{key:?} holds a value of another kind; the stored state is damaged: restore an \
         older one or replay the blocks"
    )]
    Kind {
        /// Which.
        key: Key,
    },
    /// More values than slots, or so distant slots that the tree would not fit.
    #[error(
        "slot {slot} for one of {entries} values; the stored state is damaged: restore \
         an older one or replay the blocks"
    )]
    Sparse {
        /// The highest slot.
        slot: TreeSlot,
        /// How many values there are.
        entries: usize,
    },
}

impl Base {
    /// The first state of a chain: slots from 1 up in the order of key hashes, as if
    /// written by one block on nothing.
    #[must_use]
    pub fn genesis(changes: Changes, seed: Seed) -> Self {
        let live = changes.0.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let mut keyed: Vec<_> = live.map(|(key, value)| (key.hash(), key, value)).collect();
        keyed.sort_unstable_by_key(|k| k.0);
        let entry = |(slot, (_, key, value))| Entry { key, slot, value };
        let entries = (1..).zip(keyed).map(entry);
        Self::restore(entries, seed).expect("a map names no key twice, and slots were counted")
    }

    /// The state of stored entries, in any order.
    ///
    /// # Errors
    /// [`RestoreError`] when they can't be the entries of one state. That they are the
    /// right ones is said by the root alone, which the caller compares.
    pub fn restore(
        entries: impl IntoIterator<Item = Entry>,
        seed: Seed,
    ) -> Result<Self, RestoreError> {
        let mut sorted: Vec<Entry> = entries.into_iter().collect();
        let mut index = Index::new(seed, sorted.len());
        sorted.sort_unstable_by_key(|e| e.slot);
        dense(&sorted)?;
        let mut values: Vec<Option<(Key, Value)>> = vec![None];
        let mut hashes = Vec::with_capacity(sorted.len());
        for Entry { key, slot, value } in sorted {
            if slot == SENTINEL || place(slot) < values.len() {
                return Err(RestoreError::Slot { slot });
            }
            if !value.fits(&key) {
                return Err(RestoreError::Kind { key });
            }
            let tag = index.tag(&key);
            if find_in(&values, &index, &key).is_some() {
                return Err(RestoreError::Key { key });
            }
            index.insert(tag, slot);
            hashes.push((key.hash(), slot, value.hash()));
            values.resize(place(slot), None);
            values.push(Some((key, value)));
        }
        Ok(Self { seed, index, values, tree: Tree::build(hashes) })
    }

    /// The base seen through layers, newest first, each grown right on the next.
    #[must_use]
    pub fn view<'a>(&'a self, layers: Vec<&'a Layer>) -> View<'a> {
        let trees = layers.iter().map(|l| &l.tree).collect();
        View { base: self, layers, stack: Stack { tree: &self.tree, layers: trees } }
    }

    /// Makes a layer, grown right on this base, part of it.
    pub fn absorb(&mut self, layer: &Layer) {
        for write in layer.writes.iter().filter(|w| w.value.is_none()) {
            self.index.remove(self.index.tag(&write.key), write.slot);
            if let Some(freed) = self.values.get_mut(place(write.slot)) {
                *freed = None;
            }
        }
        for write in &layer.writes {
            if let Some(value) = &write.value {
                self.set(write.slot, &write.key, value.clone());
            }
        }
        self.tree.absorb(&layer.tree);
    }

    fn set(&mut self, slot: TreeSlot, key: &Key, value: Value) {
        let at = place(slot);
        if at >= self.values.len() {
            self.values.resize(at.saturating_add(1), None);
        }
        match self.values.get_mut(at) {
            Some(Some((_, old))) => *old = value,
            Some(free) => {
                *free = Some((*key, value));
                self.index.insert(self.index.tag(key), slot);
            }
            None => {}
        }
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Every value, in the order of key hashes.
    pub fn entries(&self) -> impl Iterator<Item = (&Key, TreeSlot, &Value)> {
        self.tree.slots().filter_map(|slot| {
            let (key, value) = self.at(slot)?;
            Some((key, slot, value))
        })
    }

    fn at(&self, slot: TreeSlot) -> Option<&(Key, Value)> {
        self.values.get(place(slot))?.as_ref()
    }

    fn find(&self, key: &Key) -> Option<(TreeSlot, &Value)> {
        let slot = find_in(&self.values, &self.index, key)?;
        self.at(slot).map(|(_, value)| (slot, value))
    }
}

fn find_in(values: &[Option<(Key, Value)>], index: &Index, key: &Key) -> Option<TreeSlot> {
    let is = |slot| matches!(values.get(place(slot)), Some(Some((k, _))) if k == key);
    index.find(index.tag(key), is)
}

/// A state never has as many free slots as this unless it once had so many values.
fn dense(sorted: &[Entry]) -> Result<(), RestoreError> {
    let (entries, Some(last)) = (sorted.len(), sorted.last()) else { return Ok(()) };
    let most = entries.saturating_mul(64).saturating_add(1 << 20);
    match usize::try_from(last.slot) {
        Ok(slot) if slot <= most => Ok(()),
        _ => Err(RestoreError::Sparse { slot: last.slot, entries }),
    }
}

impl Layer {
    /// What the block wrote, in the order of keys.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// The same, taken out.
    #[must_use]
    pub fn into_writes(self) -> Vec<Write> {
        self.writes
    }

    /// The root of the state after the block.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.tree.root
    }

    /// What the block wrote under a key.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Write> {
        let is = |at| self.writes.get(place(at)).is_some_and(|w| w.key == *key);
        self.writes.get(place(self.index.find(self.index.tag(key), is)?))
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
        match self.layers.iter().find_map(|l| l.get(key)) {
            Some(write) => Some((write.slot, write.value.as_ref()?)),
            None => self.base.find(key),
        }
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
        let mut touches = Touches::default();
        let mut writes = Vec::with_capacity(changes.0.len());
        let mut fresh = Vec::new();
        for (key, value) in changes.0 {
            let slot = self.find(&key).map(|(slot, _)| slot);
            match (slot, &value) {
                (Some(slot), Some(value)) => touches.updates.push((slot, value.hash())),
                (Some(slot), None) => touches.deletions.push(slot),
                (None, Some(value)) => {
                    let hash = key.hash();
                    touches.insertions.push((hash, value.hash()));
                    fresh.push((writes.len(), hash));
                }
                (None, None) => continue,
            }
            writes.push(Write { key, slot: slot.unwrap_or(SENTINEL), value });
        }
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
        Layer { writes, index, tree }
    }
}

impl Read for View<'_> {
    fn get(&self, key: &Key) -> Option<Value> {
        self.find(key).map(|(_, value)| value.clone())
    }
}
