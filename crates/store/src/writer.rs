//! The thread that writes checkpoints, and the owner's side of it.
//!
//! One batch is with the thread at a time. What the owner queues meanwhile is merged
//! into one further batch, so nothing grows but with the state itself. Each batch is
//! acknowledged once it is synced; an error, or an acknowledgement that does not come,
//! reaches the owner at its next call and is the end.

use crate::checkpoint::{self, Meta, StateChanges};
use crate::database::{Batch, Database, DatabaseError};
use crate::error::StoreError;
use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use weft_types::ChainId;

/// How long a checkpoint may take before the disk counts as dead: a flush that stalls
/// on a full disk gives no error.
const FLUSH_LIMIT: Duration = Duration::from_secs(5);

/// And as much more for each write of it, since the first one holds the whole state.
const WRITE_LIMIT: Duration = Duration::from_micros(200);

/// The owner's side.
#[derive(Debug)]
pub struct Writer {
    chain: ChainId,
    /// `None` once the thread has been told to end.
    jobs: Option<SyncSender<Batch>>,
    thread: Option<JoinHandle<()>>,
    acks: Receiver<Result<(), DatabaseError>>,
    busy: Option<Busy>,
    waiting: Option<(StateChanges, Meta)>,
}

/// The batch that is with the thread.
#[derive(Clone, Copy, Debug)]
struct Busy {
    since: Instant,
    limit: Duration,
}

/// How many writes of the first checkpoint go to the database at once, few enough to need no
/// journal there, which would be as large as the state: all of a million
/// took 4 GiB there, and as much with 20 000 at once; with 200 it takes no notice.
const PART: usize = 200;

/// After how many parts they are synced.
const PARTS: usize = 10;

/// Writes a checkpoint and syncs it. The first one, which holds the whole state, goes in
/// parts: what says that there is a checkpoint comes with the last of them, and entries
/// without it count as none.
fn write(db: &mut impl Database, batch: Batch) -> Result<(), DatabaseError> {
    let mut rest = batch;
    if rest.0.len() > PART && !checkpoint::is_there(db)? {
        let last = checkpoint::last_of(&mut rest);
        let mut parts = 0_usize;
        while let Some(key) = rest.0.keys().nth(PART).cloned() {
            let later = rest.0.split_off(&key);
            db.write_batch(std::mem::replace(&mut rest, Batch(later)))?;
            parts = parts.saturating_add(1);
            if parts.is_multiple_of(PARTS) {
                db.sync()?;
            }
        }
        db.write_batch(rest)?;
        db.sync()?;
        rest = last;
    }
    db.write_batch(rest)?;
    db.sync()
}

impl Writer {
    /// Starts the thread, which ends when the writer is dropped or the database fails.
    ///
    /// It keeps `lock` as long as it keeps the database, so that nobody opens the
    /// directory before it has ended.
    pub fn start(
        chain: ChainId,
        lock: Option<Arc<File>>,
        mut db: impl Database + 'static,
    ) -> Result<Self, StoreError> {
        let (jobs, inbox) = sync_channel::<Batch>(1);
        let (outbox, acks) = sync_channel(1);
        let work = move || {
            for batch in inbox {
                let done = write(&mut db, batch);
                let failed = done.is_err();
                if outbox.send(done).is_err() || failed {
                    break;
                }
            }
            drop(db);
            drop(lock);
        };
        let spawned = thread::Builder::new().name("checkpoint".to_owned()).spawn(work);
        let reason = |e: std::io::Error| StoreError::Database {
            doing: "start its thread",
            reason: e.to_string(),
        };
        let thread = Some(spawned.map_err(reason)?);
        Ok(Self { chain, jobs: Some(jobs), thread, acks, busy: None, waiting: None })
    }

    /// Queues a checkpoint; merged with one that waits already.
    pub fn queue(&mut self, changes: StateChanges, meta: Meta) -> Result<(), StoreError> {
        let merged = match self.waiting.take() {
            None => changes,
            Some((mut before, _)) => {
                before.0.extend(changes.0);
                before
            }
        };
        self.waiting = Some((merged, meta));
        self.poll()
    }

    /// Looks for an acknowledgement and hands on what waits.
    pub fn poll(&mut self) -> Result<(), StoreError> {
        if let Some(busy) = self.busy {
            match self.acks.try_recv() {
                Ok(done) => done?,
                Err(TryRecvError::Disconnected) => return Err(StoreError::Stopped),
                Err(TryRecvError::Empty) if busy.since.elapsed() > busy.limit => {
                    return Err(busy.stalled());
                }
                Err(TryRecvError::Empty) => return Ok(()),
            }
            self.busy = None;
        }
        let Some((changes, meta)) = self.waiting.take() else { return Ok(()) };
        let batch = checkpoint::batch(&self.chain, changes, &meta);
        let writes = u32::try_from(batch.0.len()).unwrap_or(u32::MAX);
        let limit = FLUSH_LIMIT.saturating_add(WRITE_LIMIT.saturating_mul(writes));
        let jobs = self.jobs.as_ref().ok_or(StoreError::Stopped)?;
        jobs.send(batch).map_err(|_| StoreError::Stopped)?;
        self.busy = Some(Busy { since: Instant::now(), limit });
        Ok(())
    }

    /// Returns when all that was queued is on disk.
    pub fn finish(&mut self) -> Result<(), StoreError> {
        loop {
            self.poll()?;
            let Some(busy) = self.busy.take() else { return Ok(()) };
            match self.acks.recv_timeout(busy.limit.saturating_sub(busy.since.elapsed())) {
                Ok(done) => done?,
                Err(RecvTimeoutError::Timeout) => {
                    self.busy = Some(busy);
                    return Err(busy.stalled());
                }
                Err(RecvTimeoutError::Disconnected) => return Err(StoreError::Stopped),
            }
        }
    }
}

impl Drop for Writer {
    /// Ends the thread, and waits for it unless the disk may be dead.
    fn drop(&mut self) {
        self.jobs = None;
        if let (None, Some(thread)) = (self.busy, self.thread.take())
            && thread.join().is_err()
        {
            tracing::error!("the checkpoint thread panicked");
        }
    }
}

impl Busy {
    fn stalled(&self) -> StoreError {
        let limit_ms = u64::try_from(self.limit.as_millis()).unwrap_or(u64::MAX);
        StoreError::Stalled { limit_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Entry;
    use crate::database::{Fault, Memory, Pair};
    use std::sync::Mutex;
    use weft_types::{Hash, Header, Height, PublicKey, Round, Slot, Work};

    /// A database that a test looks into, holds up or breaks.
    #[derive(Clone, Default)]
    struct Watched {
        below: Arc<Mutex<Memory>>,
        batches: Arc<Mutex<usize>>,
        gate: Arc<Mutex<()>>,
        fails: bool,
    }

    impl Database for Watched {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError> {
            self.below.lock().unwrap().get(key)
        }
        fn range(&self, prefix: &[u8]) -> Result<Vec<Pair>, DatabaseError> {
            self.below.lock().unwrap().range(prefix)
        }
        fn write_batch(&mut self, batch: Batch) -> Result<(), DatabaseError> {
            *self.batches.lock().unwrap() += 1;
            self.below.lock().unwrap().write_batch(batch)
        }
        fn sync(&mut self) -> Result<(), DatabaseError> {
            let _open = self.gate.lock().unwrap();
            let reason = "no space left".to_owned();
            let full = DatabaseError { doing: "sync", reason, fault: Fault::DiskFull };
            if self.fails { Err(full) } else { Ok(()) }
        }
    }

    fn meta(height: u64) -> Meta {
        let header = Header {
            version: 1,
            signal: weft_types::RulesId::NONE,
            slot: Slot(height),
            round: Round(height),
            height: Height(height),
            parent: Hash::ZERO,
            proposer: PublicKey::default(),
            txs_root: Hash::ZERO,
            proof_root: Hash::ZERO,
            state_root: Hash::ZERO,
            work: Work::ZERO,
        };
        Meta {
            height: Height(height),
            hash: header.hash(),
            state_root: Hash::ZERO,
            header,
            base: Vec::new(),
        }
    }

    fn changes(list: &[(u8, Option<u8>)]) -> StateChanges {
        let entry = |value: u8| Entry { slot: u32::from(value), value: vec![value] };
        StateChanges(list.iter().map(|(key, v)| (vec![*key], v.map(entry))).collect())
    }

    #[test]
    fn what_is_queued_behind_a_slow_disk_is_merged_and_the_last_word_wins() {
        let db = Watched::default();
        let mut writer = Writer::start(Hash::ZERO, None, db.clone()).unwrap();
        let gate = db.gate.lock().unwrap();
        writer.queue(changes(&[(1, Some(1)), (2, Some(2))]), meta(1)).unwrap();
        for (height, value) in (2..50).zip(2..50) {
            writer.queue(changes(&[(1, Some(value)), (2, None)]), meta(height)).unwrap();
        }
        drop(gate);
        writer.finish().unwrap();
        let saved = checkpoint::read(&*db.below.lock().unwrap(), &Hash::ZERO).unwrap().unwrap();
        assert_eq!(saved.meta, meta(49));
        assert_eq!(saved.entries, [(vec![1], Entry { slot: 49, value: vec![49] })]);
        assert_eq!(*db.batches.lock().unwrap(), 2, "one at the disk, one merged behind it");
    }

    #[test]
    fn a_failed_flush_reaches_the_owner_by_name() {
        let db = Watched { fails: true, ..Watched::default() };
        let mut writer = Writer::start(Hash::ZERO, None, db).unwrap();
        writer.queue(changes(&[(1, Some(1))]), meta(1)).unwrap();
        assert!(matches!(writer.finish(), Err(StoreError::DiskFull { .. })));
        let next = writer.queue(changes(&[]), meta(2)).and_then(|()| writer.finish());
        assert!(matches!(next, Err(StoreError::Stopped)), "{next:?}");
    }

    #[test]
    fn a_flush_that_does_not_end_counts_as_a_dead_disk() {
        let db = Watched::default();
        let mut writer = Writer::start(Hash::ZERO, None, db.clone()).unwrap();
        let gate = db.gate.lock().unwrap();
        writer.queue(changes(&[(1, Some(1))]), meta(1)).unwrap();
        writer.busy = writer.busy.map(|busy| Busy { limit: Duration::ZERO, ..busy });
        assert!(matches!(writer.poll(), Err(StoreError::Stalled { .. })));
        assert!(matches!(writer.finish(), Err(StoreError::Stalled { .. })));
        drop(gate);
    }

    #[test]
    fn entries_without_a_head_are_no_checkpoint() {
        let mut db = Memory::default();
        assert!(checkpoint::read(&db, &Hash::ZERO).unwrap().is_none());
        let mut torn = checkpoint::batch(&Hash::ZERO, changes(&[(1, Some(1))]), &meta(1));
        torn.0.remove(&b"m"[..]);
        db.write_batch(torn).unwrap();
        assert!(checkpoint::read(&db, &Hash::ZERO).is_err());
    }

    /// Counts what it is given.
    #[derive(Default)]
    struct Counting {
        db: Memory,
        batches: Vec<usize>,
    }

    impl Database for Counting {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError> {
            self.db.get(key)
        }

        fn range(&self, prefix: &[u8]) -> Result<Vec<Pair>, DatabaseError> {
            self.db.range(prefix)
        }

        fn write_batch(&mut self, batch: Batch) -> Result<(), DatabaseError> {
            let saved = checkpoint::read(&self.db, &ChainId::ZERO);
            assert!(!matches!(saved, Ok(Some(_))) || self.batches.len() > 4, "too early");
            self.batches.push(batch.0.len());
            self.db.write_batch(batch)
        }

        fn sync(&mut self) -> Result<(), DatabaseError> {
            self.db.sync()
        }
    }

    fn whole(count: u32) -> Batch {
        let entry = |n: u32| (n.to_be_bytes().to_vec(), Some(Entry { slot: n, value: vec![7] }));
        let changes = StateChanges((0..count).map(entry).collect());
        checkpoint::batch(&ChainId::ZERO, changes, &meta(3))
    }

    #[test]
    fn a_first_checkpoint_goes_in_parts_and_counts_once_the_last_is_there() {
        let mut db = Counting::default();
        write(&mut db, whole(650)).unwrap();
        assert_eq!(db.batches, [PART, PART, PART, 50, 1]);
        let saved = checkpoint::read(&db.db, &ChainId::ZERO).unwrap().unwrap();
        assert_eq!(saved.entries.len(), 650);
        // A later one is all or nothing.
        write(&mut db, whole(500)).unwrap();
        assert_eq!(db.batches.last(), Some(&501));
    }
}
