//! Opening the state database, and what is done when it can't be used.
//!
//! A database that does not open is tried once more without sled's snapshot files,
//! which it can do without. One that still does not open, holds something else or
//! nothing at all, or stands at a block that the log does not have is moved aside, and
//! so is one whose state its owner could not use; the state is then built again from the
//! log. A disk that is full or out of reach is no damage: it is refused
//! by name.

use crate::checkpoint::{self, Saved, Unusable};
use crate::database::{FILE, Fault, Sled};
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

/// Opens the state database in `dir`, whatever it takes; anew when its owner says why
/// its state is of no use.
pub fn open_state(
    dir: &Path,
    chain: &ChainId,
    log: &BlockLog,
    useless: Option<String>,
) -> Result<Opened, StoreError> {
    if let Some(reason) = useless {
        return anew(dir, chain, reason);
    }
    let unusable = match load(dir, chain, log) {
        Ok((db, saved)) => return Ok(Opened { db, saved, rebuilt: None }),
        Err(unusable) => unusable,
    };
    let reason = damage(dir, unusable)?;
    tracing::warn!(reason, "the state database is tried again without its snapshot files");
    remove_snapshots(dir)?;
    let unusable = match load(dir, chain, log) {
        Ok((db, saved)) => return Ok(Opened { db, saved, rebuilt: None }),
        Err(unusable) => unusable,
    };
    anew(dir, chain, damage(dir, unusable)?)
}

/// Moves the database aside and begins another.
fn anew(dir: &Path, chain: &ChainId, reason: String) -> Result<Opened, StoreError> {
    let moved_to = move_aside(dir)?;
    tracing::error!(reason, to = %moved_to.display(), "the state database was moved aside");
    let mut db = Sled::open(dir)?;
    checkpoint::begin(&mut db, chain)?;
    Ok(Opened { db, saved: None, rebuilt: Some(Rebuilt { reason, moved_to }) })
}

fn load(dir: &Path, chain: &ChainId, log: &BlockLog) -> Result<(Sled, Option<Saved>), Unusable> {
    let is_new = !dir.join(FILE).exists();
    let mut db = Sled::open(dir)?;
    let saved = checkpoint::read(&db, chain)?;
    if saved.is_none() && !checkpoint::has_begun(&db)? {
        let blocks = log.reader().len();
        if !is_new && blocks > 0 {
            let wrong = format!("it opens as if it were new, but the log has {blocks} blocks");
            return Err(Unusable::Content(wrong));
        }
        if blocks > 0 {
            tracing::warn!(blocks, "there is no state database; the log is replayed");
        }
        checkpoint::begin(&mut db, chain)?;
    }
    if let Some(Saved { meta, .. }) = &saved
        && meta.hash != *chain
        && log.reader().place(&meta.hash).is_none_or(|place| place.height != meta.height)
    {
        let (height, hash) = (meta.height, meta.hash);
        let wrong = format!("its block {hash} of height {height} is not in the log");
        return Err(Unusable::Content(wrong));
    }
    Ok((db, saved))
}

/// What is wrong, when it is the data; an error when it is the disk, or a newer program's.
fn damage(dir: &Path, unusable: Unusable) -> Result<String, StoreError> {
    match unusable {
        Unusable::Newer(got) => {
            let (path, known) = (dir.to_owned(), preface::CHECKPOINT);
            Err(StoreError::NewerFormat { path, known, got })
        }
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
