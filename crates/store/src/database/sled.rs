//! sled 0.34.7 as the database: one tree, one batch, then a flush.
//!
//! sled batches are atomic within a tree only, so there is one tree and parts are told
//! apart by key prefixes. Its cache is kept small: what is read often lives in the
//! ledger's memory. It flushes when it is told to and never by itself, because its
//! timed flush can stall without an error when the disk is full.
//!
//! What a write replaces, some 3 KB a write, sled hands to crossbeam's epochs, which free a
//! little of it every 128 operations; a batch counts as one, however long it is. So each batch
//! is followed by as many rounds of freeing as it takes (docs/decisions/0030).

use super::{Batch, Database, DatabaseError, Fault, Pair};
use crossbeam_epoch::pin;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CACHE_BYTES: u64 = 16 << 20;

/// How long a dropped handle may take to let go of the database's lock.
const LET_GO: Duration = Duration::from_secs(5);

/// The most rounds of freeing after a batch, of some 500 pieces each. It takes so many only
/// while another thread is in the middle of something; then the next batch frees more.
const ROUNDS: usize = 1 << 14;

/// An open sled database.
#[derive(Debug)]
pub struct Sled {
    db: sled::Db,
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
    /// Opens or begins a database in a directory.
    ///
    /// # Errors
    /// [`DatabaseError`] when the directory can't be used or sled finds it damaged.
    pub fn open(dir: &Path) -> Result<Self, DatabaseError> {
        let config = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES);
        let config = config.flush_every_ms(None);
        let start = Instant::now();
        loop {
            match guarded("open", || config.open()) {
                Ok(db) => return Ok(Self { db }),
                // A handle of this process that was dropped just now lets go of its lock
                // from a thread of its own; no other process can hold it (`lock`).
                Err(e) if e.reason.contains("acquire lock") && start.elapsed() < LET_GO => {
                    std::thread::park_timeout(Duration::from_millis(5));
                }
                Err(e) => return Err(e),
            }
        }
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
        let mut writes = sled::Batch::default();
        for (key, value) in batch.0 {
            match value {
                Some(value) => writes.insert(key, value),
                None => writes.remove(key),
            }
        }
        let done = guarded("write", || self.db.apply_batch(writes));
        free_replaced();
        done
    }

    fn sync(&mut self) -> Result<(), DatabaseError> {
        guarded("sync", || self.db.flush()).map(drop)
    }
}
