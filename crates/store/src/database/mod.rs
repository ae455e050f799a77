//! The ordered key-value store under the checkpoints, behind a trait so that sled can
//! be replaced: every implementation passes the same conformance tests.

mod journal;
mod memory;
mod sled;

pub use memory::Memory;
pub use sled::{FILE, Sled};

use std::collections::BTreeMap;

/// A database failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("can't {doing}: {reason}")]
pub struct DatabaseError {
    /// What was tried.
    pub doing: &'static str,
    /// What the database said.
    pub reason: String,
    /// What that means for what it holds.
    pub fault: Fault,
}

/// What an error of a database means for what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It can't be trusted: build it again.
    Damaged,
    /// There is no space left.
    DiskFull,
    /// It is out of reach for now.
    Unreachable,
    /// A newer program wrote it.
    Newer {
        /// The newest format that this one reads.
        known: u32,
        /// The one that is there.
        got: u32,
    },
}

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Writes that happen together or not at all; `None` deletes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch(pub BTreeMap<Vec<u8>, Option<Vec<u8>>>);

/// Keys and values as bytes, ordered by key.
pub trait Database: Send {
    /// The value under a key.
    ///
    /// # Errors
    /// [`DatabaseError`] when it can't be read.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError>;

    /// All keys with this prefix and their values, ascending.
    ///
    /// # Errors
    /// [`DatabaseError`] when they can't be read.
    fn range(&self, prefix: &[u8]) -> Result<Vec<Pair>, DatabaseError>;

    /// Writes a batch, all or nothing. Durable after the next [`Database::sync`].
    ///
    /// # Errors
    /// [`DatabaseError`] when it was not written.
    fn write_batch(&mut self, batch: Batch) -> Result<(), DatabaseError>;

    /// Returns when all that was written is on disk.
    ///
    /// # Errors
    /// [`DatabaseError`] when that is not so.
    fn sync(&mut self) -> Result<(), DatabaseError>;
}
