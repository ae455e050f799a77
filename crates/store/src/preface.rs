//! The first bytes of each of our files: what it is, of which format and chain; and
//! how a file comes into being whole.
//!
//! ```text
//! "weft" kind(4) | format u32 | chain id 32 | checksum 32
//! ```

use crate::error::StoreError;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use weft_types::{ChainId, Domain, Hash};

/// The newest format of a checkpoint that this program reads and writes.
pub const CHECKPOINT: u32 = 2;

/// How many bytes a preface has.
pub const BYTES: usize = 76;

const SUMMED: usize = BYTES - 32;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The block log.
    Log,
    /// The vote file.
    Votes,
    /// What is awaited.
    Awaited,
    /// The voter's rows.
    Rows,
    /// Offences that it saw.
    Offences,
}

impl Kind {
    /// The newest format of such a file that this program reads and writes. A program reads
    /// all formats before its own; the preface is the same in all of them, for ever.
    pub const fn format(self) -> u32 {
        match self {
            Self::Log | Self::Votes | Self::Awaited | Self::Rows | Self::Offences => 1,
        }
    }

    const fn name(self) -> &'static [u8; 8] {
        match self {
            Self::Log => b"weftlog ",
            Self::Votes => b"weftvote",
            Self::Awaited => b"weftwait",
            Self::Rows => b"weftrows",
            Self::Offences => b"weftsaw ",
        }
    }
}

/// The preface of a file of this kind and chain.
pub fn of(kind: Kind, chain: &ChainId) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BYTES);
    bytes.extend_from_slice(kind.name());
    bytes.extend_from_slice(&kind.format().to_le_bytes());
    bytes.extend_from_slice(chain.as_bytes());
    let sum = Hash::of(Domain::Record, &bytes);
    bytes.extend_from_slice(sum.as_bytes());
    bytes
}

/// Writes a new file, whole or not at all: beside its place, synced, renamed, the
/// directory synced.
///
/// # Errors
/// Those of the disk; there is no file at `path` then.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    whole(path, bytes).map_err(|(doing, e)| StoreError::io(doing, path, e))?;
    sync_parent(path)
}

/// Writes a file, whole or not at all; its name is durable once its directory is synced.
///
/// # Errors
/// What could not be done, and why.
pub fn whole(path: &Path, bytes: &[u8]) -> Result<(), (&'static str, io::Error)> {
    let beside = path.with_extension("new");
    let io = |doing| move |e| (doing, e);
    let mut file = File::create(&beside).map_err(io("create"))?;
    file.write_all(bytes).map_err(io("write"))?;
    file.sync_all().map_err(io("sync"))?;
    fs::rename(&beside, path).map_err(io("rename"))
}

/// Makes what was created, renamed or removed beside `path` durable.
///
/// # Errors
/// Those of the disk.
pub fn sync_parent(path: &Path) -> Result<(), StoreError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    sync_dir(dir).map_err(|e| StoreError::io("sync", dir, e))
}

/// Makes the names in a directory durable.
///
/// # Errors
/// Those of the disk.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir).and_then(|dir| dir.sync_all())
}

/// Reads a file's preface and compares it.
///
/// # Errors
/// Damage, a newer format or another chain, each by name.
pub fn check(file: &File, path: &Path, kind: Kind, want: &ChainId) -> Result<(), StoreError> {
    let damaged =
        |reason: &str| StoreError::Damaged { path: path.into(), offset: 0, reason: reason.into() };
    let mut bytes = [0; BYTES];
    file.read_exact_at(&mut bytes, 0).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => damaged("its first bytes are missing"),
        _ => StoreError::io("read", path, e),
    })?;
    let (summed, sum) = bytes.split_at(SUMMED);
    if Hash::of(Domain::Record, summed).as_bytes() != sum {
        return Err(damaged("its first bytes don't have their checksum"));
    }
    let (name, rest) = summed.split_at(8);
    let (format, chain) = rest.split_at(4);
    if name != kind.name() {
        return Err(damaged("it is another kind of file"));
    }
    let got = u32::from_le_bytes(format.try_into().expect("four bytes were split off"));
    let known = kind.format();
    if got > known || got == 0 {
        return Err(StoreError::NewerFormat { path: path.into(), known, got });
    }
    let got = Hash(chain.try_into().expect("32 bytes are left"));
    if got != *want {
        return Err(StoreError::OtherChain { path: path.into(), want: *want, got });
    }
    Ok(())
}
