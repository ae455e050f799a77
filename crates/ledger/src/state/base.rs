//! The last final state: every value in the slot of its leaf.
//!
//! It changes in one way: a block that became final is absorbed, layer by layer.

use super::changes::Changes;
use super::key::Key;
use super::layer::Layer;
use super::leaf::{SENTINEL, TreeSlot};
use super::map::{Index, Seed, Tag};
use super::paged::Paged;
use super::tree::{Tree, place};
use super::value::Value;

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

/// The last final state.
pub struct Base {
    pub(super) seed: Seed,
    /// The slots of all keys.
    index: Index,
    /// By slot.
    pub(super) values: Paged<Option<(Key, Value)>>,
    pub(super) tree: Tree,
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
        let mut values = Paged::new();
        values.push(None);
        let mut hashes = Vec::with_capacity(sorted.len());
        for Entry { key, slot, value } in sorted {
            if slot == SENTINEL || place(slot) < values.len() {
                return Err(RestoreError::Slot { slot });
            }
            if !value.fits(&key) {
                return Err(RestoreError::Kind { key });
            }
            let tag = index.tag(&key);
            if find_in(&values, &index, (tag, &key)).is_some() {
                return Err(RestoreError::Key { key });
            }
            index.insert(tag, slot);
            hashes.push((key.hash(), slot, value.hash()));
            values.fill(place(slot), &None);
            values.push(Some((key, value)));
        }
        Ok(Self { seed, index, values, tree: Tree::build(hashes) })
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
        self.values.fill(at.saturating_add(1), &None);
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

    /// The tag of a key in the index, and in that of every layer grown on this base.
    pub(super) fn tag(&self, key: &Key) -> Tag {
        self.index.tag(key)
    }

    pub(super) fn find(&self, tag: Tag, key: &Key) -> Option<(TreeSlot, &Value)> {
        let slot = find_in(&self.values, &self.index, (tag, key))?;
        self.at(slot).map(|(_, value)| (slot, value))
    }

    /// The slots of many keys. Each step is made for all keys before the next, so that
    /// memory is waited for once for many.
    pub(super) fn find_all<'k>(
        &self,
        keys: impl Iterator<Item = &'k Key> + Clone,
    ) -> Vec<Option<TreeSlot>> {
        let tags: Vec<Tag> = keys.clone().map(|key| self.tag(key)).collect();
        let guesses: Vec<_> = tags.iter().map(|tag| self.index.guess(*tag)).collect();
        let slot = |((key, tag), guess): ((&Key, &Tag), &Option<TreeSlot>)| match self.at((*guess)?)
        {
            Some((at, _)) if at == key => *guess,
            _ => find_in(&self.values, &self.index, (*tag, key)),
        };
        keys.zip(&tags).zip(&guesses).map(slot).collect()
    }
}

fn find_in(
    values: &Paged<Option<(Key, Value)>>,
    index: &Index,
    (tag, key): (Tag, &Key),
) -> Option<TreeSlot> {
    let is = |slot| matches!(values.get(place(slot)), Some(Some((k, _))) if k == key);
    index.find(tag, is)
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
