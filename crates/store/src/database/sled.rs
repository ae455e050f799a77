//! sled 0.34.7 as the database: one tree, batches, then a flush.
//!
//! sled batches are atomic within a tree only, so there is one tree and parts are told
//! apart by key prefixes. Its cache is kept small: what is read often lives in the
//! ledger's memory. It flushes when it is told to and never by itself, because its
//! timed flush can stall without an error when the disk is full.
//!
//! What a write replaces, some 3 KB a write, sled hands to crossbeam's epochs, which free a
//! little of it every 128 operations; a batch counts as one, however long it is. So a long one
//! is put into the [`Journal`] and written in parts, and each part is followed by as many
//! rounds of freeing as it takes (docs/decisions/0030).

use super::journal::{Journal, Long, Write, failed};
use super::{Batch, Database, DatabaseError, Fault, Pair};
use crossbeam_epoch::pin;
use std::fs::File;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CACHE_BYTES: u64 = 16 << 20;

/// How long a dropped handle may take to let go of the database's lock.
const LET_GO: Duration = Duration::from_secs(5);

/// The most rounds of freeing after a batch, of some 500 pieces each. It takes so many only
/// while another thread is in the middle of something; then the next batch frees more.
const ROUNDS: usize = 1 << 14;

/// How many writes go to sled at once; a batch of more is a long one.
const PART: usize = 256;

/// sled's main file.
pub const FILE: &str = "db";

/// An open sled database.
#[derive(Debug)]
pub struct Sled {
    db: sled::Db,
    file: PathBuf,
    journal: Journal,
    long: State,
}

/// How far a long batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There is none in the journal.
    None,
    /// It may be in the journal, and not all of it is written.
    Begun,
    /// It is written, and maybe not synced.
    Written,
}

/// What an error of sled means.
fn fault(e: &sled::Error) -> Fault {
    match e {
        sled::Error::Io(e) => match e.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Fault::DiskFull,
            ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::WouldBlock
            | ErrorKind::Interrupted => Fault::Unreachable,
            _ => Fault::Damaged,
        },
        _ => Fault::Damaged,
    }
}

fn named(doing: &'static str) -> impl Fn(sled::Error) -> DatabaseError {
    move |e| DatabaseError { doing, fault: fault(&e), reason: e.to_string() }
}

/// sled panics on some damage where it should answer an error.
fn guarded<T>(
    doing: &'static str,
    work: impl FnOnce() -> sled::Result<T>,
) -> Result<T, DatabaseError> {
    let reason = || "sled panicked".to_owned();
    let panicked = |_| DatabaseError { doing, reason: reason(), fault: Fault::Damaged };
    catch_unwind(AssertUnwindSafe(work)).map_err(panicked)?.map_err(named(doing))
}

/// Frees what writes have replaced: all that was put away before the mark is gone when the
/// mark is.
fn free_replaced() {
    let freed = Arc::new(AtomicBool::new(false));
    let mark = Arc::clone(&freed);
    pin().defer(move || mark.store(true, Ordering::Relaxed));
    for _ in 0..ROUNDS {
        if freed.load(Ordering::Relaxed) {
            return;
        }
        pin().flush();
    }
}

impl Sled {
    /// Opens or begins a database in a directory, and finishes a batch that was interrupted.
    ///
    /// # Errors
    /// [`DatabaseError`] when the directory can't be used or sled finds it damaged.
    pub fn open(dir: &Path) -> Result<Self, DatabaseError> {
        let db = Self::open_db(dir)?;
        let (file, journal) = (dir.join(FILE), Journal::of(dir)?);
        let mut opened = Self { db, file, journal, long: State::None };
        let Some(long) = opened.journal.read()? else { return Ok(opened) };
        let last = long.writes.last().map(|(key, _)| key.as_slice()).unwrap_or_default();
        if !long.fits(opened.get(last)?.as_ref()) {
            let reason = "its journal stands on what it does not hold".to_owned();
            return Err(DatabaseError { doing: "be finished", fault: Fault::Damaged, reason });
        }
        opened.long = State::Begun;
        opened.finish(long.writes)?;
        opened.sync()?;
        Ok(opened)
    }

    fn open_db(dir: &Path) -> Result<sled::Db, DatabaseError> {
        let config = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES);
        let config = config.flush_every_ms(None);
        let start = Instant::now();
        loop {
            match guarded("open", || config.open()) {
                Ok(db) => return Ok(db),
                // A handle of this process that was dropped just now lets go of its lock
                // from a thread of its own; no other process can hold it (`lock`).
                Err(e) if e.reason.contains("acquire lock") && start.elapsed() < LET_GO => {
                    std::thread::park_timeout(Duration::from_millis(5));
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// Writes what the journal holds.
    fn finish(&mut self, writes: Vec<Write>) -> Result<(), DatabaseError> {
        self.write_parts(writes)?;
        self.long = State::Written;
        Ok(())
    }

    fn write_parts(&self, writes: impl IntoIterator<Item = Write>) -> Result<(), DatabaseError> {
        let mut rest = writes.into_iter().peekable();
        while rest.peek().is_some() {
            let mut part = sled::Batch::default();
            for (key, value) in rest.by_ref().take(PART) {
                match value {
                    Some(value) => part.insert(key, value),
                    None => part.remove(key),
                }
            }
            let done = guarded("write", || self.db.apply_batch(part));
            free_replaced();
            done?;
        }
        Ok(())
    }
}

impl Database for Sled {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError> {
        guarded("read", || self.db.get(key)).map(|value| value.map(|v| v.to_vec()))
    }

    fn range(&self, prefix: &[u8]) -> Result<Vec<Pair>, DatabaseError> {
        let pair = |pair: sled::Result<(sled::IVec, sled::IVec)>| {
            pair.map(|(key, value)| (key.to_vec(), value.to_vec()))
        };
        guarded("read", || self.db.scan_prefix(prefix).map(pair).collect())
    }

    fn write_batch(&mut self, batch: Batch) -> Result<(), DatabaseError> {
        let is_long = batch.0.len() > PART;
        // What is in the journal is written again after a crash: what came before it must be
        // on disk by then, and what comes behind it only once it is gone.
        if is_long || self.long != State::None {
            self.sync()?;
        }
        if !is_long {
            return self.write_parts(batch.0);
        }
        let last = batch.0.last_key_value().map(|(key, _)| key.as_slice()).unwrap_or_default();
        let before = self.get(last)?;
        let long = Long::new(batch, before);
        self.long = State::Begun;
        self.journal.write(&long)?;
        self.finish(long.writes)
    }

    fn sync(&mut self) -> Result<(), DatabaseError> {
        if self.long == State::Begun {
            let reason = "an earlier batch was not written to its end".to_owned();
            return Err(DatabaseError { doing: "sync", fault: Fault::Unreachable, reason });
        }
        guarded("sync", || self.db.flush())?;
        // A flush leaves to the kernel a part of what the file needs.
        File::open(&self.file).and_then(|f| f.sync_all()).map_err(|e| failed("sync", &e))?;
        if self.long == State::Written {
            self.journal.remove()?;
            self.long = State::None;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    type Map = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

    /// Keys from a place on, all with one value, or gone.
    fn writes(keys: std::ops::Range<u32>, value: Option<u8>) -> Map {
        keys.map(|n| (n.to_be_bytes().to_vec(), value.map(|v| vec![v]))).collect()
    }

    fn all(db: &Sled) -> Map {
        db.range(b"").unwrap().into_iter().map(|(key, value)| (key, Some(value))).collect()
    }

    const LONG: u32 = 4 * 256 + 7;

    /// Puts a batch into the journal as [`Sled::write_batch`] does.
    fn put(db: &Sled, long: &Map) {
        let before = db.get(long.last_key_value().unwrap().0).unwrap();
        db.journal.write(&Long::new(Batch(long.clone()), before)).unwrap();
    }

    #[test]
    fn a_long_batch_that_was_interrupted_anywhere_is_finished_at_the_next_start() {
        let mut long = writes(0..LONG / 2, Some(2));
        long.extend(writes(LONG / 2..LONG, None));
        long.extend(writes(LONG..2 * LONG, Some(3)));
        let want: Map = long.clone().into_iter().filter(|(_, value)| value.is_some()).collect();
        for parts in 0..=long.len().div_ceil(PART) {
            let dir = tempfile::tempdir().unwrap();
            let mut db = Sled::open(dir.path()).unwrap();
            db.write_batch(Batch(writes(0..LONG, Some(1)))).unwrap();
            db.sync().unwrap();
            put(&db, &long);
            db.write_parts(long.clone().into_iter().take(parts * PART)).unwrap();
            drop(db);
            let db = Sled::open(dir.path()).unwrap();
            assert_eq!(all(&db), want, "{parts} parts were written");
            assert_eq!(db.journal.read().unwrap(), None);
        }
    }

    #[test]
    fn a_journal_that_was_not_whole_yet_has_no_say_and_is_cleared_away() {
        let dir = tempfile::tempdir().unwrap();
        let db = Sled::open(dir.path()).unwrap();
        put(&db, &writes(0..LONG, Some(2)));
        let (path, beside) = (dir.path().join("journal"), dir.path().join("journal.new"));
        let whole = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&beside, &whole[..whole.len() / 2]).unwrap();
        drop(db);
        assert_eq!(all(&Sled::open(dir.path()).unwrap()), Map::new());
        assert!(!beside.exists());
    }

    #[test]
    fn a_journal_is_not_written_to_a_database_that_it_does_not_stand_on() {
        let dir = tempfile::tempdir().unwrap();
        let mut db = Sled::open(dir.path()).unwrap();
        put(&db, &writes(0..LONG, Some(2)));
        let other = writes(LONG - 1..LONG, Some(7));
        db.write_batch(Batch(other.clone())).unwrap();
        db.sync().unwrap();
        drop(db);
        let damaged = Sled::open(dir.path()).unwrap_err();
        assert_eq!(damaged.fault, Fault::Damaged, "{damaged}");
        std::fs::remove_file(dir.path().join("journal")).unwrap();
        assert_eq!(all(&Sled::open(dir.path()).unwrap()), other, "nothing was written");
    }

    #[test]
    fn what_is_written_behind_a_long_batch_is_not_undone_by_its_journal() {
        let dir = tempfile::tempdir().unwrap();
        let mut db = Sled::open(dir.path()).unwrap();
        db.write_batch(Batch(writes(0..LONG, Some(1)))).unwrap();
        assert!(db.journal.read().unwrap().is_some(), "not synced yet");
        db.write_batch(Batch(writes(5..9, Some(2)))).unwrap();
        drop(db);
        let mut want = writes(0..LONG, Some(1));
        want.extend(writes(5..9, Some(2)));
        assert_eq!(all(&Sled::open(dir.path()).unwrap()), want);
    }
}
