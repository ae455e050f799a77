//! What a large batch will write, on disk before the database hears of any of it.
//!
//! ```text
//! format u32 | the batch | checksum 32
//! ```
//!
//! A batch that is written in parts could end between two of them. With the whole of it beside
//! the database it is finished at the next start: to write it again changes nothing.

use super::{Batch, DatabaseError, Fault};
use crate::preface;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use weft_types::{Canonical as _, Domain, Hash};

const FORMAT: u32 = 1;

/// The file.
#[derive(Debug)]
pub(super) struct Journal {
    /// In the database's directory.
    pub(super) dir: PathBuf,
}

impl Journal {
    fn path(&self) -> PathBuf {
        self.dir.join("journal")
    }

    /// The batch that is there, if one is.
    pub(super) fn read(&self) -> Result<Option<Batch>, DatabaseError> {
        let bytes = match fs::read(self.path()) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(DatabaseError::io("read its journal", &e)),
        };
        let damaged = |reason: &str| DatabaseError {
            doing: "read its journal",
            fault: Fault::Damaged,
            reason: reason.to_owned(),
        };
        let (said, sum) = bytes.split_last_chunk::<32>().ok_or_else(|| damaged("it is short"))?;
        if Hash::of(Domain::Record, said).as_bytes() != sum {
            return Err(damaged("it doesn't have its checksum"));
        }
        match said.split_first_chunk::<4>() {
            Some((format, batch)) if u32::from_le_bytes(*format) == FORMAT => {
                Batch::from_bytes(batch).map(Some).map_err(|e| damaged(&e.to_string()))
            }
            _ => Err(damaged("it is of another format")),
        }
    }

    /// Puts a batch there, in place of what was, and returns when it is on disk.
    pub(super) fn write(&self, batch: &Batch) -> Result<(), DatabaseError> {
        let mut bytes = FORMAT.to_le_bytes().to_vec();
        bytes.append(&mut batch.to_bytes());
        let sum = Hash::of(Domain::Record, &bytes);
        bytes.extend_from_slice(sum.as_bytes());
        let failed = |e: &std::io::Error| DatabaseError::io("write its journal", e);
        preface::whole(&self.path(), &bytes).map_err(|(_, e)| failed(&e))?;
        preface::sync_dir(&self.dir).map_err(|e| failed(&e))
    }

    /// Takes it away, and returns when that is on disk: if it came back it would undo what was
    /// written since.
    pub(super) fn remove(&self) -> Result<(), DatabaseError> {
        let removed = fs::remove_file(self.path()).and_then(|()| preface::sync_dir(&self.dir));
        removed.map_err(|e| DatabaseError::io("remove its journal", &e))
    }
}
