//! The store: log, votes and checkpoints of one directory behind one owner.

use crate::checkpoint::{Meta, Saved, StateChanges};
use crate::error::StoreError;
use crate::log::{BlockLog, Cut, Tail};
use crate::preface::{self, Kind};
use crate::reader::Reader;
use crate::recover::{self, Rebuilt};
use crate::small::Small;
use crate::vote::{VoteFile, VoteState};
use crate::writer::Writer;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use weft_types::{BlockHash, ChainId, CheckedBlock};

const LOCK: &str = "lock";
const LOG: &str = "blocks.log";
const VOTES: &str = "votes";
const STATE: &str = "state";
const AWAITED: &str = "awaited";
const ROWS: &str = "rows";
const OFFENCES: &str = "offences";
/// Stands while a directory is being initialised.
const BEGUN: &str = "begun";

/// What a directory is written and read through. One per directory.
#[derive(Debug)]
pub struct Store {
    chain: ChainId,
    log: BlockLog,
    votes: VoteFile,
    writer: Writer,
    awaited: Small,
    rows: Small,
    /// Offences that it saw and that wait to be reported.
    offences: Small,
    stopped: bool,
    /// Held until the store is dropped, so it comes last.
    _lock: Arc<File>,
}

/// What was found in the directory.
#[derive(Debug)]
pub struct Recovered {
    /// The last checkpoint, `None` when the state must be built from genesis: then the
    /// first [`Store::checkpoint`] must hold the whole state.
    pub checkpoint: Option<Saved>,
    /// The blocks behind the checkpoint, or all; also such as never became final.
    pub tail: Tail,
    /// What the vote file says.
    pub vote: VoteState,
    /// What was cut off the log, if anything.
    pub cut: Option<Cut>,
    /// Why the checkpoint is gone, if it was moved aside.
    pub rebuilt: Option<Rebuilt>,
}

fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join(LOCK);
    let file = File::options().create(true).append(true).open(&path);
    let file = file.map_err(|e| StoreError::io("open", &path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { dir: dir.to_owned() }),
        Err(TryLockError::Error(e)) => Err(StoreError::io("lock", &path, e)),
    }
}

impl Store {
    /// Makes a directory a chain's, once. `first_vote` is the record of a voter that
    /// never voted. When it is interrupted, it may be called again.
    ///
    /// # Errors
    /// [`StoreError::AlreadyInitialised`] rather than forget a vote; [`StoreError::InUse`];
    /// those of the disk.
    pub fn init(dir: &Path, chain: ChainId, first_vote: &[u8]) -> Result<(), StoreError> {
        fs::create_dir_all(dir).map_err(|e| StoreError::io("create", dir, e))?;
        let _lock = lock(dir)?;
        let begun = dir.join(BEGUN);
        let there = |name| dir.join(name).exists();
        if !begun.exists() && [LOG, VOTES, STATE].into_iter().any(there) {
            return Err(StoreError::AlreadyInitialised { dir: dir.to_owned() });
        }
        preface::create(&begun, &[])?;
        VoteFile::create(&dir.join(VOTES), &chain, first_vote)?;
        BlockLog::open(&dir.join(LOG), chain)?;
        fs::remove_file(&begun).map_err(|e| StoreError::io("remove", &begun, e))?;
        preface::sync_parent(&begun)?;
        preface::sync_parent(dir)
    }

    /// Opens a directory and reads what it holds. The log is read through once; a torn
    /// end is cut, a damaged checkpoint moved aside, both said in [`Recovered`].
    ///
    /// # Errors
    /// [`StoreError::NotInitialised`], [`StoreError::InUse`], [`StoreError::OtherChain`],
    /// [`StoreError::NewerFormat`], [`StoreError::DamagedWithin`], or those of the disk.
    pub fn open(dir: &Path, chain: ChainId) -> Result<(Self, Recovered), StoreError> {
        Self::open_with(dir, chain, None)
    }

    /// Closes the store and opens it again without its checkpoint, which could not be
    /// used for this reason: the database is moved aside, so no key of it stays, and the
    /// state is to be built from the log.
    ///
    /// # Errors
    /// Those of [`Store::close`] and [`Store::open`].
    pub fn rebuild(self, dir: &Path, reason: String) -> Result<(Self, Recovered), StoreError> {
        let chain = self.chain;
        self.close()?;
        Self::open_with(dir, chain, Some(reason))
    }

    fn open_with(
        dir: &Path,
        chain: ChainId,
        useless: Option<String>,
    ) -> Result<(Self, Recovered), StoreError> {
        let there = |name| dir.join(name).exists();
        if there(BEGUN) || !(there(LOG) || there(VOTES)) {
            return Err(StoreError::NotInitialised { dir: dir.to_owned() });
        }
        let lock = Arc::new(lock(dir)?);
        let (votes, vote) = VoteFile::open(&dir.join(VOTES), chain)?;
        let (log, cut) = BlockLog::open(&dir.join(LOG), chain)?;
        let opened = recover::open_state(&dir.join(STATE), &chain, &log, useless)?;
        let (checkpoint, rebuilt) = (opened.saved, opened.rebuilt);
        let at = checkpoint.as_ref().map(|saved| saved.meta.hash);
        let tail = log.tail(at.as_ref());
        let writer = Writer::start(chain, Some(Arc::clone(&lock)), opened.db)?;
        let awaited = Small { kind: Kind::Awaited, path: dir.join(AWAITED), chain };
        let rows = Small { kind: Kind::Rows, path: dir.join(ROWS), chain };
        let offences = Small { kind: Kind::Offences, path: dir.join(OFFENCES), chain };
        let stopped = false;
        let mut store =
            Self { chain, log, votes, writer, awaited, rows, offences, stopped, _lock: lock };
        if let Some(hash) = at {
            store.mark_final(&hash)?;
        }
        Ok((store, Recovered { checkpoint, tail, vote, cut, rebuilt }))
    }

    /// Runs a writing call unless one failed before: after a failed write or sync, what
    /// the disk holds is not known.
    fn writing(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped);
        }
        let done = write(self);
        self.stopped = done.is_err();
        done
    }

    /// Adds an executed block to the log; one that is there is not added twice. It is
    /// durable after the next [`Store::sync`].
    ///
    /// # Errors
    /// [`StoreError::UnknownParent`] and those of the disk.
    pub fn append(&mut self, block: &CheckedBlock) -> Result<(), StoreError> {
        self.writing(|store| store.log.append(block))
    }

    /// Returns when every appended block is on disk (I6).
    ///
    /// # Errors
    /// Those of the disk.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.writing(|store| store.log.sync())
    }

    /// Writes the voter's record and returns when it is on disk. Call it after
    /// [`Store::sync`] and before the signature leaves (R7).
    ///
    /// # Errors
    /// [`StoreError::VoteTooLong`] and those of the disk.
    pub fn write_vote(&mut self, record: &[u8]) -> Result<(), StoreError> {
        self.writing(|store| store.votes.record(record))
    }

    /// What is awaited before anything here may be believed (R16).
    ///
    /// # Errors
    /// [`StoreError::Damaged`] and those of the disk.
    pub fn awaited(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.awaited.read()
    }

    /// Writes what is awaited, or that nothing is, and returns when it is on disk.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn write_awaited(&mut self, awaited: Option<&[u8]>) -> Result<(), StoreError> {
        self.writing(|store| store.awaited.write(awaited))
    }

    /// What is kept of the voter's rows.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] and those of the disk.
    pub fn rows(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.rows.read()
    }

    /// Writes what is to be kept of the voter's rows, and returns when it is on disk.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn write_rows(&mut self, rows: &[u8]) -> Result<(), StoreError> {
        self.writing(|store| store.rows.write(Some(rows)))
    }

    /// What is kept of the offences that wait to be reported.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] and those of the disk.
    pub fn offences(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.offences.read()
    }

    /// Writes what is to be kept of them, and returns when it is on disk.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn write_offences(&mut self, offences: &[u8]) -> Result<(), StoreError> {
        self.writing(|store| store.offences.write(Some(offences)))
    }

    /// Queues what changed since the last checkpoint. Merged when the thread is behind.
    ///
    /// # Errors
    /// An error of an earlier checkpoint, or [`StoreError::Stalled`].
    pub fn checkpoint(&mut self, changes: StateChanges, meta: Meta) -> Result<(), StoreError> {
        self.writing(|store| {
            // The log must not be behind the state that is built on it.
            store.log.sync()?;
            store.writer.queue(changes, meta)
        })
    }

    /// Looks after the checkpoint thread; to be called every second or so.
    ///
    /// # Errors
    /// An error of an earlier checkpoint, or [`StoreError::Stalled`].
    pub fn poll(&mut self) -> Result<(), StoreError> {
        self.writing(|store| store.writer.poll())
    }

    /// Returns when everything that was appended or queued is on disk, and ends.
    ///
    /// # Errors
    /// Those of the disk and of the database.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.writing(|store| {
            store.log.sync()?;
            store.writer.finish()
        })
    }

    /// Says that a block and its ancestors are final.
    ///
    /// # Errors
    /// [`StoreError::UnknownBlock`]; [`StoreError::ForksFinal`] when another one of its
    /// height or below is final: the chain's promise is broken, keep the evidence.
    pub fn mark_final(&mut self, hash: &BlockHash) -> Result<(), StoreError> {
        let mut fresh = Vec::new();
        let mut at = *hash;
        while at != self.chain {
            let place = self.reader().place(&at).ok_or(StoreError::UnknownBlock { hash: at })?;
            match self.reader().final_hash(place.height) {
                Some(had) if had == at => break,
                Some(had) => {
                    return Err(StoreError::ForksFinal { height: place.height, had, got: at });
                }
                None => fresh.push(at),
            }
            at = place.parent;
        }
        self.reader().add_finals(fresh.into_iter().rev());
        Ok(())
    }

    /// Who finds blocks, here and beside the store.
    #[must_use]
    pub const fn reader(&self) -> &Reader {
        self.log.reader()
    }

    /// Every block of the log, in log order.
    #[must_use]
    pub fn all(&self) -> Tail {
        self.log.tail(None)
    }

    /// Whether a block is in the log.
    #[must_use]
    pub fn has(&self, hash: &BlockHash) -> bool {
        self.reader().place(hash).is_some()
    }

    /// How many blocks are in the log.
    #[must_use]
    pub fn len(&self) -> usize {
        self.reader().len()
    }

    /// Whether the log is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
