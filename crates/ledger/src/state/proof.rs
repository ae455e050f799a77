//! Proofs that a state holds a value, or holds none, from its root alone.
//!
//! A proof is one leaf and its path. For a key that is there it is the key's leaf;
//! for one that isn't it is the leaf whose gap the key falls into: its key comes
//! before and the next key it names comes after (see [`super::leaf`]).

use super::key::Key;
use super::leaf::{self, Leaf, MAX_HEIGHT, SENTINEL, TreeSlot};
use super::value::Value;
use bincode::{Decode, Encode};
use weft_types::{Hash, canonical};

/// A leaf and its path to the root.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Proof {
    /// Where the leaf stands.
    pub slot: TreeSlot,
    /// The leaf.
    pub leaf: Leaf,
    /// The nodes beside the path, from the leaf up; as many as the tree is high.
    pub siblings: Vec<Hash>,
}

canonical!(Proof, 2048);

/// Why a proof shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A path that no tree has.
    #[error("slot {slot} is not in a tree of height {height}; ask for another proof")]
    Shape {
        /// The slot it names.
        slot: TreeSlot,
        /// The length of its path.
        height: usize,
    },
    /// It leads elsewhere.
    #[error("the proof leads to root {got}, not to {want}; is it for another block?")]
    Root {
        /// The root that is trusted.
        want: Hash,
        /// Where the proof leads.
        got: Hash,
    },
    /// It is about another key.
    #[error("the proof is about key {got}, asked was {want}")]
    OtherKey {
        /// The hash of the key that was asked for.
        want: Hash,
        /// The hash in the leaf.
        got: Hash,
    },
    /// The key's value is another.
    #[error("the state holds a value with hash {got}, not one with hash {want}")]
    OtherValue {
        /// The hash of the value that was claimed.
        want: Hash,
        /// The hash in the leaf.
        got: Hash,
    },
    /// Absence was claimed, and the leaf does not show it.
    #[error("the leaf {before} does not skip key {key}, so absence is not shown")]
    NotSkipped {
        /// The hash of the key that was asked for.
        key: Hash,
        /// The hash of the leaf's key.
        before: Hash,
    },
}

impl Proof {
    /// The root this proof leads to.
    ///
    /// # Errors
    /// [`ProofError::Shape`] when no tree has such a path.
    pub fn root(&self) -> Result<Hash, ProofError> {
        let (slot, height) = (self.slot, self.siblings.len());
        if height > MAX_HEIGHT || leaf::height_of(slot) > height {
            return Err(ProofError::Shape { slot, height });
        }
        let (mut index, mut hash) = (slot, self.leaf.hash());
        for sibling in &self.siblings {
            let is_left = index & 1 == 0;
            let (left, right) = if is_left { (&hash, sibling) } else { (sibling, &hash) };
            hash = leaf::node(left, right);
            index >>= 1;
        }
        Ok(leaf::root(&hash, height))
    }

    /// Checks that the state with this root holds `value` under `key`, or, with no
    /// value, that it holds nothing there.
    ///
    /// # Errors
    /// [`ProofError`] says why the proof does not show it.
    pub fn verify(&self, root: &Hash, key: &Key, value: Option<&Value>) -> Result<(), ProofError> {
        let got = self.root()?;
        if got != *root {
            return Err(ProofError::Root { want: *root, got });
        }
        let key = key.hash();
        match value {
            Some(value) => self.shows(key, value.hash()),
            None if self.leaf.skips(&key) => Ok(()),
            None => Err(ProofError::NotSkipped { key, before: self.leaf.key }),
        }
    }

    fn shows(&self, key: Hash, value: Hash) -> Result<(), ProofError> {
        if self.slot == SENTINEL || self.leaf.key != key {
            return Err(ProofError::OtherKey { want: key, got: self.leaf.key });
        }
        if self.leaf.value != value {
            return Err(ProofError::OtherValue { want: value, got: self.leaf.value });
        }
        Ok(())
    }
}
