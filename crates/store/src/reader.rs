//! Which blocks the log has, where, and which of them are final: shared by the one that writes
//! and all that read, on whatever thread.
//!
//! The lock is held for a look into the index, never while the disk is read or written.

use crate::error::StoreError;
use crate::stored::{Place, Source, Stored};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use weft_types::{Block, BlockHash, Height};

/// Reads blocks while the store goes on.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(crate) source: Source,
    index: Arc<RwLock<Index>>,
}

#[derive(Debug, Default)]
struct Index {
    places: BTreeMap<BlockHash, Place>,
    /// The final blocks: position = height - 1.
    finals: Vec<BlockHash>,
}

impl Reader {
    pub(crate) fn new(source: Source) -> Self {
        Self { source, index: Arc::default() }
    }

    fn look(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, hash: BlockHash, place: Place) {
        self.change().places.insert(hash, place);
    }

    /// Where a block stands.
    pub(crate) fn place(&self, hash: &BlockHash) -> Option<Place> {
        self.look().places.get(hash).copied()
    }

    /// How many blocks there are.
    pub(crate) fn len(&self) -> usize {
        self.look().places.len()
    }

    /// Takes more final blocks, in the order of their heights.
    pub(crate) fn add_finals(&self, fresh: impl Iterator<Item = BlockHash>) {
        self.change().finals.extend(fresh);
    }

    /// The hash of the final block of a height; that of height 0 is the chain id.
    #[must_use]
    pub fn final_hash(&self, height: Height) -> Option<BlockHash> {
        match height.0.checked_sub(1) {
            None => Some(self.source.chain),
            Some(at) => self.look().finals.get(usize::try_from(at).ok()?).copied(),
        }
    }

    /// The height of the last final block.
    #[must_use]
    pub fn final_height(&self) -> Height {
        Height(u64::try_from(self.look().finals.len()).unwrap_or(u64::MAX))
    }

    /// A block to be read later, or elsewhere.
    #[must_use]
    pub fn stored(&self, hash: &BlockHash) -> Option<Stored> {
        let place = self.place(hash)?;
        Some(Stored { source: self.source.clone(), hash: *hash, place })
    }

    /// A block, final or not.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is not what was written.
    pub fn block(&self, hash: &BlockHash) -> Result<Option<Block>, StoreError> {
        self.stored(hash).map(|stored| stored.read()).transpose()
    }
}
