//! What an unfinal block wrote, and what that changed in the tree.

use super::key::Key;
use super::leaf::TreeSlot;
use super::map::{Index, Tag};
use super::tree::{TreeLayer, place};
use super::value::Value;
use weft_types::Hash;

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

/// What one block made of the state it ran on.
pub struct Layer {
    /// In the order in which keys were first written.
    pub(super) writes: Vec<Write>,
    /// Where in `writes` a key is.
    pub(super) index: Index,
    /// How many values it added, and how many it deleted.
    pub(super) added: u64,
    pub(super) deleted: u64,
    pub(super) tree: TreeLayer,
}

impl Layer {
    /// What the block wrote, in the order in which keys were first written.
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
        self.tagged(self.index.tag(key), key)
    }

    /// The same by the key's tag, which is one in all maps over a base.
    pub(super) fn tagged(&self, tag: Tag, key: &Key) -> Option<&Write> {
        let is = |at| self.writes.get(place(at)).is_some_and(|w| w.key == *key);
        self.writes.get(place(self.index.find(tag, is)?))
    }
}
