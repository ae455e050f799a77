//! The one map that hashes.
//!
//! A lookup by name in a state of a million accounts is some ten times faster in a
//! hash map than in an ordered one. What is dangerous about a hash map is its order,
//! so this one has none to show: it can't be iterated, drained, printed or compared.
//! Its hasher is keyed by the caller, so that nobody can choose keys that collide;
//! answers don't depend on the key.

use super::key::Key;
use ahash::RandomState;
#[expect(clippy::disallowed_types, reason = "lookup only: nothing here shows the order (I2)")]
use std::collections::HashMap;

/// What keys the hashers of a state. Any value gives the same answers; one that peers
/// don't know keeps them from slowing lookups down with chosen keys.
#[derive(Clone, Copy, Default)]
pub struct Seed(pub [u64; 4]);

/// Values by [`Key`], to be looked up and never walked.
#[derive(Clone)]
pub struct LookupMap<V> {
    #[expect(clippy::disallowed_types, reason = "private, and no method walks it (I2)")]
    inner: HashMap<Key, V, RandomState>,
}

impl<V> LookupMap<V> {
    /// An empty map with room for `capacity` values.
    #[must_use]
    pub fn new(Seed([a, b, c, d]): Seed, capacity: usize) -> Self {
        let hasher = RandomState::with_seeds(a, b, c, d);
        #[expect(clippy::disallowed_types, reason = "private, and no method walks it (I2)")]
        let inner = HashMap::with_capacity_and_hasher(capacity, hasher);
        Self { inner }
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&V> {
        self.inner.get(key)
    }

    /// Sets a value and answers the one before.
    pub fn insert(&mut self, key: Key, value: V) -> Option<V> {
        self.inner.insert(key, value)
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &Key) -> Option<V> {
        self.inner.remove(key)
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::PublicKey;

    fn key(n: u8) -> Key {
        Key::Account(PublicKey([n; 32]))
    }

    #[test]
    fn a_value_is_found_whatever_the_seed() {
        for seed in [Seed::default(), Seed([1, 2, 3, 4]), Seed([u64::MAX; 4])] {
            let mut map = LookupMap::new(seed, 0);
            for n in 0..100 {
                assert_eq!(map.insert(key(n), n), None);
            }
            assert_eq!(map.insert(key(7), 200), Some(7));
            assert_eq!(map.remove(&key(8)), Some(8));
            assert_eq!(
                (map.get(&key(7)), map.get(&key(8)), map.get(&key(9))),
                (Some(&200), None, Some(&9))
            );
            assert_eq!((map.len(), map.is_empty()), (99, false));
        }
    }
}
