//! One block of the log: where it stands, and reading it there, on whatever thread.

use crate::error::StoreError;
use crate::record::{self, At, Bad};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use weft_types::{Block, BlockHash, Canonical as _, ChainId, Height};

/// Where a block stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub(crate) offset: u64,
    pub(crate) end: u64,
    /// Its height.
    pub height: Height,
    /// Its parent.
    pub parent: BlockHash,
}

/// What is needed to read a record.
#[derive(Clone, Debug)]
pub struct Source {
    pub(crate) file: Arc<File>,
    pub(crate) path: PathBuf,
    pub(crate) chain: ChainId,
}

impl Source {
    pub(crate) fn io(&self, doing: &'static str, e: std::io::Error) -> StoreError {
        StoreError::io(doing, &self.path, e)
    }

    pub(crate) fn damaged(&self, offset: u64, reason: &str) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), offset, reason: reason.into() }
    }

    pub(crate) fn read(&self, offset: u64) -> Result<Vec<u8>, StoreError> {
        let mut from = At { file: &self.file, offset };
        record::read(&mut from, &self.chain, offset).map_err(|bad| match bad {
            Bad::Record(reason) => self.damaged(offset, reason),
            Bad::Io(e) => self.io("read", e),
        })
    }

    pub(crate) fn decode(&self, offset: u64, bytes: &[u8]) -> Result<Block, StoreError> {
        Block::from_bytes(bytes).map_err(|e| self.damaged(offset, &e.to_string()))
    }
}

/// A block of the log, to be read without its owner: on another thread, or never.
#[derive(Clone, Debug)]
pub struct Stored {
    pub(crate) source: Source,
    pub(crate) hash: BlockHash,
    pub(crate) place: Place,
}

impl Stored {
    /// Its height.
    #[must_use]
    pub const fn height(&self) -> Height {
        self.place.height
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is not what was written, and those of the disk.
    pub fn read(&self) -> Result<Block, StoreError> {
        self.source.decode(self.place.offset, &self.bytes()?)
    }

    /// Reads its canonical bytes, to be served to peers as they are.
    ///
    /// # Errors
    /// Those of [`Stored::read`].
    pub fn bytes(&self) -> Result<Vec<u8>, StoreError> {
        let bytes = self.source.read(self.place.offset)?;
        match record::header_of(&bytes) {
            Some(header) if header.hash() == self.hash => Ok(bytes),
            _ => Err(self.source.damaged(self.place.offset, "another block stands there")),
        }
    }
}
