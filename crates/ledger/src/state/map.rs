//! The one map that hashes.
//!
//! A lookup by name in a state of a million accounts is some ten times faster by hash
//! than in an ordered map. What is dangerous about a hash map is its order, so this
//! one has none to show: it can't be iterated, drained, printed or compared. Its
//! hasher is keyed by the caller, so that nobody can choose keys that collide; answers
//! don't depend on the key.
//!
//! It holds places, not keys: who uses it has keys and values in a dense list and says
//! whether the key at a place is the one that is looked for. A million keys cost it
//! 16 MiB. Open addressing: an entry stands at the place its hash names or, in an
//! unbroken run, behind it; removing one moves the run up, so there are no tombstones.

use super::key::Key;
use ahash::RandomState;

/// What keys the hashers of a state. Any value gives the same answers; one that peers
/// don't know keeps them from slowing lookups down with chosen keys.
#[derive(Clone, Copy, Default)]
pub struct Seed(pub [u64; 4]);

/// 32 bits of a key's keyed hash, never even, so that no entry is zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tag(u32);

/// Where in a list keys are, to be looked up and never walked.
pub struct Index {
    hasher: RandomState,
    /// Tag and place of each entry, or zero; as many as a power of two.
    table: Vec<u64>,
    /// 32 less the number of bits of a position in the table.
    shift: u32,
    len: usize,
}

/// The smallest table has 2^3 entries.
const LEAST_BITS: u32 = 3;

impl Index {
    /// An empty index with room for `capacity` keys.
    #[must_use]
    pub fn new(Seed([a, b, c, d]): Seed, capacity: usize) -> Self {
        let room = capacity.saturating_mul(4).div_euclid(3).saturating_add(1);
        let bits = room.next_power_of_two().trailing_zeros().clamp(LEAST_BITS, 31);
        Self::with_bits(RandomState::with_seeds(a, b, c, d), bits)
    }

    fn with_bits(hasher: RandomState, bits: u32) -> Self {
        let size = 1_usize.checked_shl(bits).expect("a table has at most 2^31 entries");
        Self { hasher, table: vec![0; size], shift: 32_u32.saturating_sub(bits), len: 0 }
    }

    /// The tag of a key in this index.
    #[must_use]
    pub fn tag(&self, key: &Key) -> Tag {
        let hash = self.hasher.hash_one(key) >> 32;
        Tag(u32::try_from(hash).expect("half of 64 bits are 32") | 1)
    }

    /// The place of a key with this tag, among those that `is` knows to be the one.
    pub fn find(&self, tag: Tag, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = self.home(tag);
        loop {
            let (found, place) = parts(self.entry(at)?);
            if found == tag && is(place) {
                return Some(place);
            }
            at = self.after(at);
        }
    }

    /// The place of the first key with this tag, which is nearly always the one that is
    /// looked for.
    #[must_use]
    pub fn guess(&self, tag: Tag) -> Option<u32> {
        self.find(tag, |_| true)
    }

    /// Adds a key that is not there.
    pub fn insert(&mut self, tag: Tag, place: u32) {
        if self.len.saturating_mul(4) >= self.table.len().saturating_mul(3) {
            self.double();
        }
        self.put(tag, place);
        self.len = self.len.saturating_add(1);
    }

    /// Takes a key out that is there.
    pub fn remove(&mut self, tag: Tag, place: u32) {
        let mut hole = self.home(tag);
        loop {
            match self.entry(hole) {
                None => return,
                Some(entry) if parts(entry) == (tag, place) => break,
                Some(_) => hole = self.after(hole),
            }
        }
        self.len = self.len.saturating_sub(1);
        // What follows moves into the hole unless that would be before its home.
        let mut at = self.after(hole);
        while let Some(entry) = self.entry(at) {
            let home = self.home(parts(entry).0);
            if self.distance(home, at) >= self.distance(hole, at) {
                self.set(hole, entry);
                hole = at;
            }
            at = self.after(at);
        }
        self.set(hole, 0);
    }

    /// How many keys there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no key.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn double(&mut self) {
        let bits = 33_u32.saturating_sub(self.shift);
        let mut larger = Self::with_bits(self.hasher.clone(), bits);
        for (tag, place) in self.table.iter().filter(|e| **e != 0).map(|e| parts(*e)) {
            larger.put(tag, place);
        }
        larger.len = self.len;
        *self = larger;
    }

    fn put(&mut self, tag: Tag, place: u32) {
        let mut at = self.home(tag);
        while self.entry(at).is_some() {
            at = self.after(at);
        }
        self.set(at, (u64::from(tag.0) << 32) | u64::from(place));
    }

    fn home(&self, tag: Tag) -> usize {
        usize::try_from(tag.0.checked_shr(self.shift).unwrap_or(0)).unwrap_or(0)
    }

    const fn after(&self, at: usize) -> usize {
        at.wrapping_add(1) & self.table.len().wrapping_sub(1)
    }

    /// How far it is forward from one position to another.
    const fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.table.len().wrapping_sub(1)
    }

    fn entry(&self, at: usize) -> Option<u64> {
        self.table.get(at).copied().filter(|entry| *entry != 0)
    }

    fn set(&mut self, at: usize, entry: u64) {
        if let Some(place) = self.table.get_mut(at) {
            *place = entry;
        }
    }
}

fn parts(entry: u64) -> (Tag, u32) {
    let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(0);
    (Tag(half(entry >> 32)), half(entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use weft_types::{Height, PublicKey};

    fn key(n: u8) -> Key {
        Key::Account(PublicKey([n; 32]))
    }

    /// Whether an index holds exactly the places of a model.
    fn agrees(index: &Index, model: &BTreeMap<u8, u32>, tag: impl Fn(u8) -> Tag) {
        for n in 0..=255 {
            let is = |place| model.get(&n) == Some(&place);
            assert_eq!(index.find(tag(n), is), model.get(&n).copied(), "key {n}");
        }
        assert_eq!((index.len(), index.is_empty()), (model.len(), model.is_empty()));
    }

    /// Puts absent keys in and takes present ones out, comparing after each step.
    fn run(index: &mut Index, steps: &[u8], tag: impl Fn(&Index, u8) -> Tag) {
        let mut model = BTreeMap::new();
        for (place, n) in (0..).zip(steps) {
            let of = tag(index, *n);
            match model.remove(n) {
                Some(old) => index.remove(of, old),
                None => {
                    model.insert(*n, place);
                    index.insert(of, place);
                }
            }
            agrees(index, &model, |n| tag(index, n));
        }
    }

    proptest! {
        #[test]
        fn it_finds_what_an_ordered_map_finds(steps in prop::collection::vec(any::<u8>(), 0..300), seed: [u64; 4]) {
            run(&mut Index::new(Seed(seed), 0), &steps, |index, n| index.tag(&key(n)));
        }

        #[test]
        fn keys_that_collide_are_still_told_apart(steps in prop::collection::vec(0_u8..40, 0..120)) {
            // Five tags in all, at both ends of the table, so that runs wrap around.
            let tags = [1, 3, u32::MAX, u32::MAX - 2, 1 << 31 | 1];
            run(&mut Index::new(Seed::default(), 0), &steps, |_, n| Tag(tags[usize::from(n) % 5]));
        }
    }

    #[test]
    fn room_that_was_asked_for_is_there_from_the_start() {
        let mut index = Index::new(Seed::default(), 1_000);
        let size = index.table.len();
        for n in 0..1_000 {
            let tag = index.tag(&Key::Exits(Height(u64::from(n))));
            index.insert(tag, n);
        }
        assert_eq!(index.table.len(), size);
    }
}
