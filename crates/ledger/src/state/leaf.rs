//! Leaves, nodes and the root: what is hashed, and how (protocol, section 12).
//!
//! A leaf is the hash of (key hash, value hash, next key hash): every leaf names the
//! next key in the order of key hashes, so absence can be shown by the one leaf
//! whose gap a key falls into. The *sentinel* in slot 0 stands before the first key,
//! and the last leaf names the end; both are the hash zero, which no key has. An
//! empty slot counts as the hash zero, and an empty subtree as the hash of two empty
//! ones. The root binds the number of slots.

use weft_types::hash::{Domain, Hash};

/// Where in the tree a leaf stands (no step of time). Slot 0 is the sentinel's.
pub type TreeSlot = u32;

/// The sentinel's slot.
pub const SENTINEL: TreeSlot = 0;

/// How many levels of nodes can stand over the leaves: a slot has that many bits.
pub const MAX_HEIGHT: usize = 32;

/// What stands in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Leaf {
    /// The hash of the key; zero in the sentinel.
    pub key: Hash,
    /// The hash of the value; zero in the sentinel.
    pub value: Hash,
    /// The hash of the next key; zero at the end.
    pub next: Hash,
}

impl Leaf {
    /// The sentinel of a state with nothing in it.
    pub const ALONE: Self = Self { key: Hash::ZERO, value: Hash::ZERO, next: Hash::ZERO };

    /// The hash of the leaf.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let mut bytes = [0; 96];
        for (to, from) in bytes.chunks_mut(32).zip([self.key, self.value, self.next]) {
            to.copy_from_slice(&from.0);
        }
        Hash::of(Domain::StateLeaf, &bytes)
    }

    /// Whether a key falls into the gap behind this leaf.
    #[must_use]
    pub fn skips(&self, key: &Hash) -> bool {
        self.key < *key && (self.next == Hash::ZERO || *key < self.next)
    }
}

/// An inner node.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Hash::pair(Domain::StateNode, left, right)
}

/// The state root of a tree of 2^`height` slots.
#[must_use]
pub fn root(top: &Hash, height: usize) -> Hash {
    let slots = u32::try_from(height).ok().and_then(|h| 1_u64.checked_shl(h)).unwrap_or(0);
    let mut bound = [0; 32];
    if let Some(low) = bound.first_chunk_mut::<8>() {
        *low = slots.to_le_bytes();
    }
    Hash::pair(Domain::StateRoot, top, &Hash(bound))
}

/// The height of the smallest tree that has this slot.
#[must_use]
pub fn height_of(slot: TreeSlot) -> usize {
    MAX_HEIGHT.saturating_sub(usize::try_from(slot.leading_zeros()).unwrap_or(MAX_HEIGHT))
}

/// The hashes of empty subtrees, by height.
#[must_use]
pub fn empty_subtrees() -> Vec<Hash> {
    let up = |below: &Hash| Some(node(below, below));
    std::iter::successors(Some(Hash::ZERO), up).take(MAX_HEIGHT.saturating_add(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_as_high_as_its_highest_slot_needs() {
        for (slot, height) in [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (7, 3), (8, 4)] {
            assert_eq!(height_of(slot), height, "slot {slot}");
        }
        assert_eq!(height_of(u32::MAX), 32);
    }

    #[test]
    fn a_gap_ends_before_the_next_key_and_the_last_gap_does_not_end() {
        let h = |n: u8| Hash([n; 32]);
        let leaf = Leaf { key: h(2), value: h(9), next: h(5) };
        let inside = |n| leaf.skips(&h(n));
        assert_eq!([1, 2, 3, 4, 5, 6].map(inside), [false, false, true, true, false, false]);
        let last = Leaf { next: Hash::ZERO, ..leaf };
        assert!(last.skips(&h(255)) && !last.skips(&h(2)));
    }

    #[test]
    fn the_root_binds_the_number_of_slots() {
        let top = Hash([1; 32]);
        assert_ne!(root(&top, 3), root(&top, 4));
    }
}
