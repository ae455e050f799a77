//! Opening the state database, and what is done when it can't be used.
//!
//! A database that does not open is tried once more without sled's snapshot files,
//! which it can do without. One that still does not open, holds something else, or
//! stands at a block that the log does not have is moved aside, and the state is built
//! again from the log. A disk that is full or out of reach is no damage: it is refused
//! by name.

use crate::checkpoint::{self, Saved, Unusable};
use crate::database::{Fault, Sled};
use crate::error::StoreError;
use crate::log::BlockLog;
use crate::preface;
use std::fs;
use std::path::{Path, PathBuf};
use weft_types::ChainId;

/// Why the state must be built again from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// What was wrong with the checkpoint.
    pub reason: String,
    /// Where the old database is now; the next one moved aside takes its place.
    pub moved_to: PathBuf,
}

/// The state database, open.
pub struct Opened {
    /// The database.
    pub db: Sled,
    /// Its checkpoint, when it has one.
    pub saved: Option<Saved>,
    /// What was moved aside.
    pub rebuilt: Option<Rebuilt>,
}

/// Opens the state database in `dir`, whatever it takes.
pub fn open_state(dir: &Path, chain: &ChainId, log: &BlockLog) -> Result<Opened, StoreError> {
    let unusable = match load(dir, chain, log) {
        Ok((db, saved)) => return Ok(Opened { db, saved, rebuilt: None }),
        Err(unusable) => unusable,
    };
    let reason = damage(unusable)?;
    tracing::warn!(reason, "the state database is tried again without its snapshot files");
    remove_snapshots(dir)?;
    let unusable = match load(dir, chain, log) {
        Ok((db, saved)) => return Ok(Opened { db, saved, rebuilt: None }),
        Err(unusable) => unusable,
    };
    let reason = damage(unusable)?;
    let moved_to = move_aside(dir)?;
    tracing::error!(reason, to = %moved_to.display(), "the state database was moved aside");
    let db = Sled::open(dir)?;
    Ok(Opened { db, saved: None, rebuilt: Some(Rebuilt { reason, moved_to }) })
}

fn load(dir: &Path, chain: &ChainId, log: &BlockLog) -> Result<(Sled, Option<Saved>), Unusable> {
    let db = Sled::open(dir)?;
    let saved = checkpoint::read(&db, chain)?;
    if let Some(Saved { meta, .. }) = &saved
        && meta.hash != *chain
        && log.place(&meta.hash).is_none_or(|place| place.height != meta.height)
    {
        let (height, hash) = (meta.height, meta.hash);
        let wrong = format!("its block {hash} of height {height} is not in the log");
        return Err(Unusable::Content(wrong));
    }
    Ok((db, saved))
}

/// What is wrong, when it is the data; an error when it is the disk.
fn damage(unusable: Unusable) -> Result<String, StoreError> {
    match unusable {
        Unusable::Content(reason) => Ok(reason),
        Unusable::Database(e) if e.fault == Fault::Damaged => Ok(e.to_string()),
        Unusable::Database(e) => Err(e.into()),
    }
}

fn remove_snapshots(dir: &Path) -> Result<(), StoreError> {
    let io = |e| StoreError::io("clean", dir, e);
    for file in fs::read_dir(dir).map_err(io)? {
        let file = file.map_err(io)?;
        if file.file_name().to_string_lossy().starts_with("snap.") {
            fs::remove_file(file.path()).map_err(io)?;
        }
    }
    Ok(())
}

fn move_aside(dir: &Path) -> Result<PathBuf, StoreError> {
    let aside = dir.with_extension("damaged");
    let io = |e| StoreError::io("move aside", dir, e);
    if aside.exists() {
        fs::remove_dir_all(&aside).map_err(io)?;
    }
    fs::rename(dir, &aside).map_err(io)?;
    preface::sync_parent(dir)?;
    Ok(aside)
}
