//! What a long batch will write, on disk before the database hears of any of it.
//!
//! ```text
//! format u32 | what it stands on and the writes | checksum 32
//! ```
//!
//! A batch that is written in parts could end between two of them. With the whole of it beside
//! the database it is finished at the next start: to write it again changes nothing. It stands
//! on the value that its last key had, which is written last: a database that holds neither
//! that nor the new one is another one, and nothing is written to it.
//!
//! Not here: when there is a journal ([`super::sled`]).

use super::{Batch, DatabaseError, Fault};
use crate::preface;
use bincode::{Decode, Encode};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use weft_types::{Canonical as _, Domain, Hash, canonical};

const FORMAT: u32 = 1;

/// The file.
#[derive(Debug)]
pub(super) struct Journal {
    dir: PathBuf,
}

/// A key, and its value or that it is gone.
pub(super) type Write = (Vec<u8>, Option<Vec<u8>>);

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Long {
    /// What the last key held before.
    pub(super) before: Option<Vec<u8>>,
    /// Keys ascending.
    pub(super) writes: Vec<Write>,
}

canonical!(Long, 1 << 30);

/// An error of the disk is no damage of what the database holds.
pub(super) fn failed(doing: &'static str, e: &io::Error) -> DatabaseError {
    let fault = match e.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Fault::DiskFull,
        _ => Fault::Unreachable,
    };
    DatabaseError { doing, fault, reason: e.to_string() }
}

impl Long {
    /// A batch, behind what its last key holds.
    pub(super) fn new(batch: Batch, before: Option<Vec<u8>>) -> Self {
        Self { before, writes: batch.0.into_iter().collect() }
    }

    /// Whether a database whose last key holds this may be finished.
    pub(super) fn fits(&self, held: Option<&Vec<u8>>) -> bool {
        let new = self.writes.last().and_then(|(_, value)| value.as_ref());
        held == self.before.as_ref() || held == new
    }
}

impl Journal {
    /// That of a database in this directory. What was not whole is taken away.
    pub(super) fn of(dir: &Path) -> Result<Self, DatabaseError> {
        let journal = Self { dir: dir.to_owned() };
        match fs::remove_file(journal.path().with_extension("new")) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(failed("clean its journal", &e)),
            _ => Ok(journal),
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.join("journal")
    }

    /// What is there, if anything is.
    pub(super) fn read(&self) -> Result<Option<Long>, DatabaseError> {
        let bytes = match fs::read(self.path()) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed("read its journal", &e)),
        };
        let wrong =
            |fault, reason: String| DatabaseError { doing: "read its journal", fault, reason };
        let damaged = |reason: &str| wrong(Fault::Damaged, reason.to_owned());
        let (said, sum) = bytes.split_last_chunk::<32>().ok_or_else(|| damaged("it is short"))?;
        if Hash::of(Domain::Record, said).as_bytes() != sum {
            return Err(damaged("it doesn't have its checksum"));
        }
        let (format, long) = said.split_first_chunk::<4>().ok_or_else(|| damaged("it is short"))?;
        match u32::from_le_bytes(*format) {
            FORMAT => Long::from_bytes(long).map(Some).map_err(|e| damaged(&e.to_string())),
            got => {
                let newer = Fault::Newer { known: FORMAT, got };
                Err(wrong(newer, format!("it is of format {got}, {FORMAT} is known here")))
            }
        }
    }

    /// Puts a batch there, in place of what was, and returns when it is on disk.
    pub(super) fn write(&self, long: &Long) -> Result<(), DatabaseError> {
        let mut bytes = FORMAT.to_le_bytes().to_vec();
        bytes.append(&mut long.to_bytes());
        let sum = Hash::of(Domain::Record, &bytes);
        bytes.extend_from_slice(sum.as_bytes());
        preface::whole(&self.path(), &bytes).map_err(|(doing, e)| failed(doing, &e))?;
        preface::sync_dir(&self.dir).map_err(|e| failed("sync its directory", &e))
    }

    /// Takes it away, and returns when that is on disk: if it came back it would undo what was
    /// written since.
    pub(super) fn remove(&self) -> Result<(), DatabaseError> {
        let removed = match fs::remove_file(self.path()) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        };
        let done = removed.and_then(|()| preface::sync_dir(&self.dir));
        done.map_err(|e| failed("remove its journal", &e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_bytes_are_these() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::of(dir.path()).unwrap();
        let writes = vec![(vec![1], None), (vec![2], Some(vec![3]))];
        let long = Long { before: Some(vec![9]), writes };
        journal.write(&long).unwrap();
        let bytes = fs::read(journal.path()).unwrap();
        let said: Vec<u8> = [
            &1_u32.to_le_bytes()[..],
            &[1, 1, 0, 0, 0, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 0, 0, 0],
            &[1, 0, 0, 0, 0, 0, 0, 0, 1, 0],
            &[1, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 3],
        ]
        .concat();
        assert_eq!(bytes[..bytes.len() - 32], said);
        assert_eq!(journal.read().unwrap(), Some(long));
        journal.remove().unwrap();
        journal.remove().unwrap();
        assert_eq!(journal.read().unwrap(), None);
    }

    #[test]
    fn what_is_short_flipped_or_of_another_kind_is_damage_and_a_newer_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::of(dir.path()).unwrap();
        let put = |said: &[u8]| {
            let sum = Hash::of(Domain::Record, said);
            fs::write(journal.path(), [said, &sum.as_bytes()[..]].concat()).unwrap();
            journal.read().unwrap_err().fault
        };
        assert_eq!(put(&[]), Fault::Damaged);
        assert_eq!(put(&[1, 0, 0, 0, 7]), Fault::Damaged);
        assert_eq!(put(&[2, 0, 0, 0, 7]), Fault::Newer { known: 1, got: 2 });
        let long = Long { before: None, writes: vec![(vec![1], Some(vec![2]))] };
        journal.write(&long).unwrap();
        let whole = fs::read(journal.path()).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(journal.path(), bytes).unwrap();
            assert_eq!(journal.read().unwrap_err().fault, Fault::Damaged, "byte {at}");
        }
        fs::write(journal.path(), &whole[..31]).unwrap();
        assert_eq!(journal.read().unwrap_err().fault, Fault::Damaged);
    }
}
