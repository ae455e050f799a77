//! What can go wrong on disk.

use crate::database::{DatabaseError, Fault};
use std::io;
use std::path::{Path, PathBuf};
use weft_types::{BlockHash, ChainId, Height};

/// Why the store could not do what it was asked. Every error of a writing call is
/// final: stop the node and open the store again.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("can't {doing} {path}: {source}; see to the disk and its permissions and start again")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No space is left.
    #[error("the disk is full at {path}; free some space and start the node again")]
    DiskFull {
        /// Which file could not grow.
        path: PathBuf,
    },
    /// Another process holds the directory.
    #[error("another node uses this directory: {dir}; stop it first")]
    InUse {
        /// Which directory.
        dir: PathBuf,
    },
    /// Nothing was ever kept here, or the first time was interrupted.
    #[error("{dir} holds no chain data; initialise it first")]
    NotInitialised {
        /// Which directory.
        dir: PathBuf,
    },
    /// There is chain data already, and maybe a vote that must not be forgotten.
    #[error("{dir} holds chain data already; choose another directory")]
    AlreadyInitialised {
        /// Which directory.
        dir: PathBuf,
    },
    /// The data is of another chain.
    #[error("{path} belongs to chain {got}, this is chain {want}; choose another directory")]
    OtherChain {
        /// Which file.
        path: PathBuf,
        /// The chain that was asked for.
        want: ChainId,
        /// The chain it belongs to.
        got: ChainId,
    },
    /// A newer program wrote it (R21).
    #[error(
        "{path} was written by a newer program: it has format {got}, this program reads up to \
         {known}; start that program again. What it holds is whole and stays as it is"
    )]
    NewerFormat {
        /// Which file.
        path: PathBuf,
        /// The newest format known here.
        known: u32,
        /// The format found.
        got: u32,
    },
    /// What was read is not what was written.
    #[error(
        "{path} is damaged at byte {offset}: {reason}; see to the disk, then bring the file back from a copy"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// A record within the block log is not what was written, and whole ones follow: what
    /// would be cut off was acknowledged.
    #[error(
        "{path} is damaged at byte {offset} ({reason}), and a whole block follows at byte {next}, so nothing was cut; see to the disk, then bring the file back from a copy, or move it alone away and start again: peers have its blocks, and the vote file stays"
    )]
    DamagedWithin {
        /// Which file.
        path: PathBuf,
        /// Where the bad record begins.
        offset: u64,
        /// Where the next whole one begins.
        next: u64,
        /// What is wrong.
        reason: String,
    },
    /// A block is appended whose parent is not in the log.
    #[error("block {hash} can't be kept: its parent {parent} is not in the log")]
    UnknownParent {
        /// The block.
        hash: BlockHash,
        /// Its parent.
        parent: BlockHash,
    },
    /// A block is named that is not in the log.
    #[error("block {hash} is not in the log; append it first")]
    UnknownBlock {
        /// The block.
        hash: BlockHash,
    },
    /// A block is called final that does not extend what is final.
    #[error("at height {height} block {had} is final, {got} can't be; stop and keep the data")]
    ForksFinal {
        /// Where.
        height: Height,
        /// What is final.
        had: BlockHash,
        /// What was said to be.
        got: BlockHash,
    },
    /// A vote record does not fit its slot.
    #[error("the vote record has {got} bytes, {limit} are allowed")]
    VoteTooLong {
        /// Its size.
        got: usize,
        /// The most it may have.
        limit: usize,
    },
    /// The database failed.
    #[error("the state database can't {doing}: {reason}")]
    Database {
        /// What was tried.
        doing: &'static str,
        /// What it said.
        reason: String,
    },
    /// A checkpoint takes so long that the disk must be taken for dead.
    #[error("a state checkpoint takes longer than {limit_ms} ms; see to the disk and start again")]
    Stalled {
        /// How long it may take.
        limit_ms: u64,
    },
    /// An earlier error was not the end of it.
    #[error("the store stopped after an earlier error; start the node again")]
    Stopped,
}

impl From<DatabaseError> for StoreError {
    fn from(e: DatabaseError) -> Self {
        match e.fault {
            Fault::DiskFull => Self::DiskFull { path: PathBuf::from("state") },
            Fault::Newer { known, got } => {
                Self::NewerFormat { path: PathBuf::from("state/journal"), known, got }
            }
            Fault::Damaged | Fault::Unreachable => {
                Self::Database { doing: e.doing, reason: e.reason }
            }
        }
    }
}

impl StoreError {
    /// Names an error of the operating system.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { doing, path, source },
        }
    }
}
