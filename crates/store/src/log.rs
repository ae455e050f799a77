//! The block log: every executed block, final or not, in the order it was executed.
//!
//! ```text
//! preface | record | record | ..
//! ```
//!
//! On open the log is read once from the front. A record that is not whole, with nothing
//! whole behind it, is what a crash leaves of the last write: it was never acknowledged
//! and is cut off. When something whole does stand behind it, the log was damaged where
//! it stands: nothing is cut, and the log is refused by name.

use crate::error::StoreError;
use crate::preface::{self, Kind};
use crate::reader::Reader;
use crate::record::{self, Bad};
use crate::search;
use crate::stored::{Place, Source};
use std::fs::OpenOptions;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use weft_types::{Block, BlockHash, Canonical as _, ChainId, CheckedBlock};

const START: u64 = preface::BYTES as u64;

/// What was cut off the log when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The byte at which the first bad record began.
    pub offset: u64,
    /// How many bytes were cut.
    pub bytes: u64,
    /// What was wrong with the record.
    pub reason: String,
}

/// The open log.
#[derive(Debug)]
pub struct BlockLog {
    reader: Reader,
    end: u64,
    dirty: bool,
}

impl BlockLog {
    /// Opens the log, or begins an empty one, and reads it through.
    pub fn open(path: &Path, chain: ChainId) -> Result<(Self, Option<Cut>), StoreError> {
        if !path.exists() {
            preface::create(path, &preface::of(Kind::Log, &chain))?;
        }
        let file = OpenOptions::new().read(true).write(true).open(path);
        let file = file.map_err(|e| StoreError::io("open", path, e))?;
        preface::check(&file, path, Kind::Log, &chain)?;
        let source = Source { file: Arc::new(file), path: path.to_owned(), chain };
        let mut log = Self { reader: Reader::new(source), end: START, dirty: true };
        let cut = log.read_through()?;
        Ok((log, cut))
    }

    fn read_through(&mut self) -> Result<Option<Cut>, StoreError> {
        let source = self.source().clone();
        let size = source.file.metadata().map_err(|e| source.io("read", e))?.len();
        let mut reader = BufReader::with_capacity(1 << 20, &*source.file);
        reader.seek(SeekFrom::Start(self.end)).map_err(|e| source.io("read", e))?;
        let mut reader = reader.take(size.saturating_sub(self.end));
        while self.end < size {
            match record::read(&mut reader, &source.chain, self.end) {
                Ok(block) => self.note(&block)?,
                Err(Bad::Io(e)) => return Err(source.io("read", e)),
                Err(Bad::Record(reason)) => return self.judge(size, reason).map(Some),
            }
        }
        Ok(None)
    }

    /// Takes the block whose record ends the log into the index.
    fn note(&mut self, block: &[u8]) -> Result<(), StoreError> {
        let header = record::header_of(block)
            .ok_or_else(|| self.source().damaged(self.end, "a whole record is no block"))?;
        let end = self.end.saturating_add(record::bytes(block));
        let (height, parent) = (header.height, header.parent);
        self.reader.note(header.hash(), Place { offset: self.end, end, height, parent });
        self.end = end;
        Ok(())
    }

    /// What to do about a bad record at the end of what was read.
    fn judge(&self, size: u64, reason: &str) -> Result<Cut, StoreError> {
        let Source { file, path, chain } = self.source();
        let next = search::whole_behind(file, chain, self.end, size);
        match next.map_err(|e| self.source().io("read", e))? {
            None => self.cut(size, reason),
            Some(next) => Err(StoreError::DamagedWithin {
                path: path.clone(),
                offset: self.end,
                next,
                reason: reason.into(),
            }),
        }
    }

    fn cut(&self, size: u64, reason: &str) -> Result<Cut, StoreError> {
        let (file, offset) = (&self.source().file, self.end);
        file.set_len(offset).map_err(|e| self.source().io("cut", e))?;
        file.sync_all().map_err(|e| self.source().io("sync", e))?;
        let bytes = size.saturating_sub(offset);
        tracing::warn!(offset, bytes, reason, "the block log was cut at a bad record");
        Ok(Cut { offset, bytes, reason: reason.into() })
    }

    /// Adds a block; one that is there already is not added twice.
    pub fn append(&mut self, block: &CheckedBlock) -> Result<(), StoreError> {
        let (hash, parent) = (block.hash(), block.header().parent);
        if self.reader.place(&hash).is_some() {
            return Ok(());
        }
        if parent != self.source().chain && self.reader.place(&parent).is_none() {
            return Err(StoreError::UnknownParent { hash, parent });
        }
        let bytes = block.block().to_bytes();
        let record = record::of(&self.source().chain, self.end, &bytes);
        let written = self.source().file.write_all_at(&record, self.end);
        written.map_err(|e| self.source().io("write", e))?;
        self.dirty = true;
        self.note(&bytes)
    }

    /// Returns when all that was appended is on disk.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        if self.dirty {
            self.source().file.sync_data().map_err(|e| self.source().io("sync", e))?;
            self.dirty = false;
        }
        Ok(())
    }

    /// Who finds its blocks.
    pub const fn reader(&self) -> &Reader {
        &self.reader
    }

    const fn source(&self) -> &Source {
        &self.reader.source
    }

    /// The blocks behind one, or all when none is named, in the order of the log.
    pub fn tail(&self, after: Option<&BlockHash>) -> Tail {
        let place = after.and_then(|hash| self.reader.place(hash));
        let next = place.map_or(START, |p| p.end);
        Tail { source: self.source().clone(), next, end: self.end }
    }
}

/// Blocks of the log, parents before children, read one by one. They were checked
/// before they were written. The last item is an error when one can't be read.
#[derive(Debug)]
pub struct Tail {
    source: Source,
    next: u64,
    end: u64,
}

impl Tail {
    /// How many bytes are still to be read: the measure of progress of a replay.
    #[must_use]
    pub const fn bytes_left(&self) -> u64 {
        self.end.saturating_sub(self.next)
    }
}

impl Iterator for Tail {
    type Item = Result<Block, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        // After an error nothing follows.
        let offset = std::mem::replace(&mut self.next, self.end);
        Some(self.source.read(offset).and_then(|bytes| {
            self.next = offset.saturating_add(record::bytes(&bytes));
            self.source.decode(offset, &bytes)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::{
        Hash, Header, Height, PublicKey, Round, SecretKey, Slot, Work, check::seal_block,
    };

    #[test]
    fn a_full_disk_is_named_when_a_block_is_appended() {
        let dir = tempfile::tempdir().unwrap();
        let chain = Hash([7; 32]);
        let (mut log, _) = BlockLog::open(&dir.path().join("blocks.log"), chain).unwrap();
        let header = Header {
            version: 1,
            signal: weft_types::RulesId::NONE,
            slot: Slot(1),
            round: Round(1),
            height: Height(1),
            parent: chain,
            proposer: PublicKey::default(),
            txs_root: Hash::ZERO,
            proof_root: Hash::ZERO,
            state_root: Hash::ZERO,
            work: Work::ZERO,
        };
        let key = SecretKey::from_seed([1; 32]);
        let block = seal_block(header, (&key, &chain), vec![], None, vec![]);
        let full = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
        let file = std::mem::replace(&mut log.reader.source.file, Arc::new(full));
        assert!(matches!(log.append(&block), Err(StoreError::DiskFull { .. })));
        assert_eq!(log.reader().len(), 0, "what was not written is not in the index");
        log.reader.source.file = file;
        log.append(&block).unwrap();
        assert_eq!(log.reader().block(&block.hash()).unwrap().as_ref(), Some(block.block()));
    }
}
