//! Reading and writing: the narrow trait, and the writes of a block as a value.
//!
//! A call writes a few keys, a block tens of thousands, and every read looks through all
//! writes first. So few writes are walked, and many are found by the map that hashes.

use super::key::Key;
use super::map::{Index, Seed};
use super::tree::place;
use super::value::Value;
use std::collections::BTreeMap;

/// A state that can be read. Nothing can be listed: see [`Key`].
pub trait Read {
    /// The value under a key.
    fn get(&self, key: &Key) -> Option<Value>;

    /// How many values the state holds. What is written over it is not counted before it
    /// is a state itself.
    fn held(&self) -> u64;

    /// What keys the maps over this state; no answer depends on it.
    fn seed(&self) -> Seed {
        Seed::default()
    }
}

/// What a block writes: the new value of each key, `None` where it is deleted. No key
/// stands there twice. The order is that in which the keys were first written; nothing
/// that comes of it depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(pub Vec<(Key, Option<Value>)>);

impl From<BTreeMap<Key, Option<Value>>> for Changes {
    fn from(map: BTreeMap<Key, Option<Value>>) -> Self {
        Self(map.into_iter().collect())
    }
}

/// Writes over a state that stays as it is. Scratches nest: a call that fails drops
/// its own and leaves what was below.
pub struct Scratch<'a, R: Read + ?Sized> {
    below: &'a R,
    writes: Writes,
}

/// The writes of a scratch, in the order in which their keys were first written.
#[derive(Default)]
pub struct Writes {
    list: Vec<(Key, Option<Value>)>,
    /// Where in the list a key is, once they are many.
    index: Option<Index>,
}

/// So many writes are walked faster than they are looked up.
const FEW: usize = 8;

impl Writes {
    fn find(&self, key: &Key) -> Option<usize> {
        let is = |at| self.list.get(place(at)).is_some_and(|(k, _)| k == key);
        match &self.index {
            Some(index) => index.find(index.tag(key), is).map(place),
            None => self.list.iter().position(|(k, _)| k == key),
        }
    }

    fn get(&self, key: &Key) -> Option<&Option<Value>> {
        self.list.get(self.find(key)?).map(|(_, value)| value)
    }

    fn put(&mut self, key: Key, value: Option<Value>, seed: impl Fn() -> Seed) {
        if let Some((_, old)) = self.find(&key).and_then(|at| self.list.get_mut(at)) {
            *old = value;
            return;
        }
        self.list.push((key, value));
        match &mut self.index {
            Some(index) => index.insert(index.tag(&key), last(&self.list)),
            None if self.list.len() > FEW => self.index = Some(indexed(&self.list, seed())),
            None => {}
        }
    }
}

fn last<T>(list: &[T]) -> u32 {
    u32::try_from(list.len().saturating_sub(1)).expect("a block has fewer writes")
}

fn indexed(list: &[(Key, Option<Value>)], seed: Seed) -> Index {
    let mut index = Index::new(seed, list.len());
    for (at, (key, _)) in (0..).zip(list) {
        index.insert(index.tag(key), at);
    }
    index
}

impl<'a, R: Read + ?Sized> Scratch<'a, R> {
    /// No writes yet.
    pub const fn new(below: &'a R) -> Self {
        Self { below, writes: Writes { list: Vec::new(), index: None } }
    }

    /// Sets a value.
    pub fn put(&mut self, key: Key, value: Value) {
        self.write(key, Some(value));
    }

    /// Deletes a value.
    pub fn delete(&mut self, key: Key) {
        self.write(key, None);
    }

    /// All writes so far, to be merged into the scratch below.
    #[must_use]
    pub fn into_writes(self) -> Writes {
        self.writes
    }

    /// All writes so far, as those of a block.
    #[must_use]
    pub fn into_changes(self) -> Changes {
        Changes(self.writes.list)
    }

    /// Takes over the writes of a scratch that was laid on this one.
    pub fn merge(&mut self, writes: Writes) {
        writes.list.into_iter().for_each(|(key, value)| self.write(key, value));
    }

    fn write(&mut self, key: Key, value: Option<Value>) {
        let below = self.below;
        self.writes.put(key, value, || below.seed());
    }
}

impl<R: Read + ?Sized> Read for Scratch<'_, R> {
    fn get(&self, key: &Key) -> Option<Value> {
        match self.writes.get(key) {
            Some(written) => written.clone(),
            None => self.below.get(key),
        }
    }

    fn held(&self) -> u64 {
        self.below.held()
    }

    fn seed(&self) -> Seed {
        self.below.seed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use weft_types::Height;

    /// A state of even heights, each holding its number.
    struct Even;

    fn key(n: u8) -> Key {
        Key::Exits(Height(u64::from(n)))
    }

    impl Read for Even {
        fn get(&self, key: &Key) -> Option<Value> {
            let Key::Exits(Height(n)) = key else { return None };
            n.is_multiple_of(2).then_some(Value::Position(u128::from(*n)))
        }

        fn held(&self) -> u64 {
            128
        }
    }

    fn write(scratch: &mut Scratch<'_, impl Read>, (n, value): (u8, Option<u128>)) {
        match value {
            Some(value) => scratch.put(key(n), Value::Position(value)),
            None => scratch.delete(key(n)),
        }
    }

    fn agrees(scratch: &impl Read, model: &BTreeMap<Key, Option<Value>>) {
        for n in 0..=255 {
            let want = model.get(&key(n)).cloned().unwrap_or_else(|| Even.get(&key(n)));
            assert_eq!(scratch.get(&key(n)), want, "{n}");
        }
    }

    proptest! {
        #[test]
        fn few_and_many_writes_read_and_merge_as_an_ordered_map(
            below in prop::collection::vec(any::<(u8, Option<u128>)>(), 0..60),
            above in prop::collection::vec(any::<(u8, Option<u128>)>(), 0..30),
        ) {
            let (mut scratch, mut model) = (Scratch::new(&Even), BTreeMap::new());
            let value = |v: Option<u128>| v.map(Value::Position);
            for (n, v) in below {
                write(&mut scratch, (n, v));
                model.insert(key(n), value(v));
            }
            let before = model.clone();
            let mut own = Scratch::new(&scratch);
            for (n, v) in above {
                write(&mut own, (n, v));
                model.insert(key(n), value(v));
            }
            agrees(&own, &model);
            agrees(&scratch, &before);
            let writes = own.into_writes();
            scratch.merge(writes);
            agrees(&scratch, &model);
            let mut list = scratch.into_changes().0;
            list.sort_unstable_by_key(|(key, _)| *key);
            prop_assert_eq!(Changes(list), Changes::from(model));
        }
    }
}
