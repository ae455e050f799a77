//! Reading and writing: the narrow trait, and the writes of a block as a value.

use super::key::Key;
use super::value::Value;
use std::collections::BTreeMap;

/// A state that can be read. Nothing can be listed: see [`Key`].
pub trait Read {
    /// The value under a key.
    fn get(&self, key: &Key) -> Option<Value>;
}

/// What a block writes: the new value of each key, `None` where it is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(pub BTreeMap<Key, Option<Value>>);

/// Writes over a state that stays as it is. Scratches nest: a call that fails drops
/// its own and leaves what was below.
pub struct Scratch<'a, R: Read + ?Sized> {
    below: &'a R,
    changes: Changes,
}

impl<'a, R: Read + ?Sized> Scratch<'a, R> {
    /// No writes yet.
    pub fn new(below: &'a R) -> Self {
        Self { below, changes: Changes::default() }
    }

    /// Sets a value.
    pub fn put(&mut self, key: Key, value: Value) {
        self.changes.0.insert(key, Some(value));
    }

    /// Deletes a value.
    pub fn delete(&mut self, key: Key) {
        self.changes.0.insert(key, None);
    }

    /// All writes so far.
    #[must_use]
    pub fn into_changes(self) -> Changes {
        self.changes
    }

    /// Takes over the writes of a scratch that was laid on this one.
    pub fn merge(&mut self, changes: Changes) {
        self.changes.0.extend(changes.0);
    }
}

impl<R: Read + ?Sized> Read for Scratch<'_, R> {
    fn get(&self, key: &Key) -> Option<Value> {
        match self.changes.0.get(key) {
            Some(written) => written.clone(),
            None => self.below.get(key),
        }
    }
}
