//! Reading and writing: the narrow trait, and the writes of a block as a value.
//!
//! A call writes a few keys, a block tens of thousands, and every read looks through all
//! writes first. So few writes are kept in order, and many are found by the map that
//! hashes and put in order once, at the end.

use super::key::Key;
use super::map::{Index, Seed};
use super::tree::place;
use super::value::Value;
use std::collections::BTreeMap;

/// A state that can be read. Nothing can be listed: see [`Key`].
pub trait Read {
    /// The value under a key.
    fn get(&self, key: &Key) -> Option<Value>;

    /// What keys the maps over this state; no answer depends on it.
    fn seed(&self) -> Seed {
        Seed::default()
    }
}

/// What a block writes: the new value of each key, `None` where it is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(pub BTreeMap<Key, Option<Value>>);

/// Writes over a state that stays as it is. Scratches nest: a call that fails drops
/// its own and leaves what was below.
pub struct Scratch<'a, R: Read + ?Sized> {
    below: &'a R,
    writes: Writes,
}

/// The writes so far.
enum Writes {
    Few(BTreeMap<Key, Option<Value>>),
    Many(Table),
}

/// From how many writes on they are kept in a table.
const MANY: usize = 32;

/// Many writes, in the order in which their keys were first written.
struct Table {
    index: Index,
    list: Vec<(Key, Option<Value>)>,
}

impl Table {
    fn new(few: BTreeMap<Key, Option<Value>>, seed: Seed) -> Self {
        let mut table = Self { index: Index::new(seed, MANY), list: Vec::new() };
        few.into_iter().for_each(|(key, value)| table.put(key, value));
        table
    }

    fn find(&self, key: &Key) -> Option<usize> {
        let is = |at| self.list.get(place(at)).is_some_and(|(k, _)| k == key);
        self.index.find(self.index.tag(key), is).map(place)
    }

    fn put(&mut self, key: Key, value: Option<Value>) {
        match self.find(&key).and_then(|at| self.list.get_mut(at)) {
            Some((_, old)) => *old = value,
            None => {
                let at = u32::try_from(self.list.len()).expect("a block has fewer writes");
                self.index.insert(self.index.tag(&key), at);
                self.list.push((key, value));
            }
        }
    }
}

impl<'a, R: Read + ?Sized> Scratch<'a, R> {
    /// No writes yet.
    pub const fn new(below: &'a R) -> Self {
        Self { below, writes: Writes::Few(BTreeMap::new()) }
    }

    /// Sets a value.
    pub fn put(&mut self, key: Key, value: Value) {
        self.write(key, Some(value));
    }

    /// Deletes a value.
    pub fn delete(&mut self, key: Key) {
        self.write(key, None);
    }

    /// All writes so far.
    #[must_use]
    pub fn into_changes(self) -> Changes {
        match self.writes {
            Writes::Few(few) => Changes(few),
            Writes::Many(Table { mut list, .. }) => {
                list.sort_unstable_by(|a, b| a.0.cmp(&b.0));
                Changes(list.into_iter().collect())
            }
        }
    }

    /// Takes over the writes of a scratch that was laid on this one.
    pub fn merge(&mut self, changes: Changes) {
        changes.0.into_iter().for_each(|(key, value)| self.write(key, value));
    }

    fn write(&mut self, key: Key, value: Option<Value>) {
        match &mut self.writes {
            Writes::Many(table) => table.put(key, value),
            Writes::Few(few) => {
                few.insert(key, value);
                if few.len() >= MANY {
                    self.writes = Writes::Many(Table::new(std::mem::take(few), self.below.seed()));
                }
            }
        }
    }
}

impl<R: Read + ?Sized> Read for Scratch<'_, R> {
    fn get(&self, key: &Key) -> Option<Value> {
        let written = match &self.writes {
            Writes::Few(few) => few.get(key),
            Writes::Many(table) => {
                table.find(key).and_then(|at| table.list.get(at)).map(|(_, value)| value)
            }
        };
        match written {
            Some(written) => written.clone(),
            None => self.below.get(key),
        }
    }

    fn seed(&self) -> Seed {
        self.below.seed()
    }
}
