//! Small things that are kept over restarts, a file each: what a node awaits before it believes
//! anything (R16), and its voter's rows.
//!
//! ```text
//! preface 76 | what it says | checksum 32
//! ```
//!
//! A file is written whole or not at all, and is gone when there is nothing to say. What it
//! says is opaque here. A damaged one is refused by name: to forget what is awaited would be a
//! way around it.

use crate::error::StoreError;
use crate::preface::{self, Kind};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::PathBuf;
use weft_types::{ChainId, Domain, Hash};

const SUM: usize = 32;

/// The file.
#[derive(Debug)]
pub struct Small {
    /// Where it is.
    pub path: PathBuf,
    /// Whose it is.
    pub chain: ChainId,
    /// What it is.
    pub kind: Kind,
}

impl Small {
    /// What it says, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::OtherChain`], or those of the disk.
    pub fn read(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let path = &self.path;
        let file = match File::open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(StoreError::io("open", path, e)),
        };
        preface::check(&file, path, self.kind, &self.chain)?;
        let bytes = fs::read(path).map_err(|e| StoreError::io("read", path, e))?;
        let body = bytes.get(preface::BYTES..).unwrap_or_default();
        let (said, sum) = body.split_at(body.len().saturating_sub(SUM));
        if Hash::of(Domain::Record, said).as_bytes() != sum {
            let (offset, reason) = (preface::BYTES as u64, "it doesn't have its checksum".into());
            return Err(StoreError::Damaged { path: path.clone(), offset, reason });
        }
        Ok(Some(said.to_vec()))
    }

    /// Writes what there is to say, or that there is nothing, and returns when it is on disk.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn write(&self, what: Option<&[u8]>) -> Result<(), StoreError> {
        let Some(said) = what else {
            return match fs::remove_file(&self.path) {
                Ok(()) => preface::sync_parent(&self.path),
                Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
                Err(e) => Err(StoreError::io("remove", &self.path, e)),
            };
        };
        let mut bytes = preface::of(self.kind, &self.chain);
        bytes.extend_from_slice(said);
        bytes.extend_from_slice(Hash::of(Domain::Record, said).as_bytes());
        preface::create(&self.path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A2
    #[test]
    fn what_is_awaited_is_kept_until_it_is_not_and_damage_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("awaited");
        let file = Small { kind: Kind::Awaited, path: path.clone(), chain: Hash([7; 32]) };
        assert_eq!(file.read().unwrap(), None);
        file.write(Some(b"block 7")).unwrap();
        file.write(Some(b"block 9")).unwrap();
        assert_eq!(file.read().unwrap(), Some(b"block 9".to_vec()));
        let other = Small { kind: Kind::Awaited, path: path.clone(), chain: Hash([8; 32]) };
        assert!(matches!(other.read(), Err(StoreError::OtherChain { .. })));
        let whole = fs::read(&path).unwrap();
        for at in [9, preface::BYTES, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert!(file.read().is_err(), "byte {at}");
        }
        fs::write(&path, &whole[..preface::BYTES]).unwrap();
        assert!(matches!(file.read(), Err(StoreError::Damaged { .. })));
        file.write(None).unwrap();
        file.write(None).unwrap();
        assert_eq!(file.read().unwrap(), None);
    }
}
