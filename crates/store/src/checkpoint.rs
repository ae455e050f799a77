//! What a checkpoint of the state is, as values and as keys of the database.
//!
//! ```text
//! "b"       -> the chain; written when the database begins
//! "m"       -> where the state stands ([`Meta`]), behind format and chain
//! "e" + key -> tree slot u32, value
//! ```
//!
//! Keys and values are opaque here: the ledger knows what they mean, and compares the
//! root of what it restored with [`Meta::state_root`].

use crate::database::{Batch, Database, DatabaseError};
use crate::preface::CHECKPOINT;
use bincode::{Decode, Encode};
use std::collections::BTreeMap;
use weft_types::{BlockHash, Canonical, ChainId, Hash, Header, Height, canonical};

/// What may be the format of a newer program; random bytes nearly never are.
const NEWER: std::ops::Range<u32> = CHECKPOINT + 1..1 << 16;

const BEGUN: &[u8] = b"b";
const META: &[u8] = b"m";
const ENTRY: &[u8] = b"e";

/// Where a checkpointed state stands.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Meta {
    /// The height of its block.
    pub height: Height,
    /// The name of its block; that of genesis is the chain id.
    pub hash: BlockHash,
    /// The root of the state.
    pub state_root: Hash,
    /// The header of its block.
    pub header: Header,
    /// What consensus needs to start from this block; opaque here.
    pub base: Vec<u8>,
}

/// One value of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its slot in the state tree.
    pub slot: u32,
    /// Its canonical bytes.
    pub value: Vec<u8>,
}

/// What changed since the checkpoint before, by canonical key; `None` where it is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateChanges(pub BTreeMap<Vec<u8>, Option<Entry>>);

/// A checkpoint as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Where it stands.
    pub meta: Meta,
    /// All of the state, keys ascending.
    pub entries: Vec<(Vec<u8>, Entry)>,
}

/// [`Meta`] as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Kept {
    format: u32,
    chain: ChainId,
    meta: Meta,
}

canonical!(Kept, 17 << 20);

/// Why there is no checkpoint to start from.
#[derive(Debug)]
pub enum Unusable {
    /// The database failed.
    Database(DatabaseError),
    /// A newer program wrote it, in this format.
    Newer(u32),
    /// It holds something else.
    Content(String),
}

impl From<DatabaseError> for Unusable {
    fn from(e: DatabaseError) -> Self {
        Self::Database(e)
    }
}

/// The writes of a checkpoint: the changes and where they lead, in one batch.
pub fn batch(chain: &ChainId, changes: StateChanges, meta: &Meta) -> Batch {
    let entry = |(key, entry): (Vec<u8>, Option<Entry>)| {
        let value = entry.map(|e| [&e.slot.to_le_bytes()[..], &e.value].concat());
        ([ENTRY, &key].concat(), value)
    };
    let mut writes: BTreeMap<_, _> = changes.0.into_iter().map(entry).collect();
    let kept = Kept { format: CHECKPOINT, chain: *chain, meta: meta.clone() };
    writes.insert(META.to_vec(), Some(kept.to_bytes()));
    Batch(writes)
}

/// Marks a database as begun by us, so that an empty one is told from one that was lost:
/// sled opens a file of garbage as if it were new.
pub fn begin(db: &mut impl Database, chain: &ChainId) -> Result<(), DatabaseError> {
    db.write_batch(Batch([(BEGUN.to_vec(), Some(chain.as_bytes().to_vec()))].into()))?;
    db.sync()
}

/// Whether [`begin`] was ever called on what the database holds.
pub fn has_begun(db: &impl Database) -> Result<bool, DatabaseError> {
    Ok(db.get(BEGUN)?.is_some())
}

/// Whether there is a checkpoint.
pub fn is_there(db: &impl Database) -> Result<bool, DatabaseError> {
    Ok(db.get(META)?.is_some())
}

/// Takes what says that there is a checkpoint out of its writes.
pub fn last_of(batch: &mut Batch) -> Batch {
    let meta = batch.0.remove_entry(META);
    Batch(meta.into_iter().collect())
}

/// Reads the checkpoint, when one was ever written.
pub fn read(db: &impl Database, chain: &ChainId) -> Result<Option<Saved>, Unusable> {
    let entries = db.range(ENTRY)?;
    let Some(kept) = db.get(META)? else {
        let wrong = "it has entries but does not say of which block";
        return if entries.is_empty() { Ok(None) } else { Err(Unusable::Content(wrong.into())) };
    };
    // The number stands first in every format, so it is read before the rest is.
    let format = kept.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes));
    if let Some(newer) = format.filter(|format| NEWER.contains(format)) {
        return Err(Unusable::Newer(newer));
    }
    let kept = Kept::from_bytes(&kept).map_err(|e| Unusable::Content(e.to_string()))?;
    if kept.format == 0 || kept.chain != *chain {
        let (format, chain) = (kept.format, kept.chain);
        let wrong = format!("it is of format {format} and chain {chain}");
        return Err(Unusable::Content(wrong));
    }
    let entries = entries.into_iter().map(|(key, value)| entry(&key, &value));
    Ok(Some(Saved { meta: kept.meta, entries: entries.collect::<Result<_, _>>()? }))
}

fn entry(key: &[u8], value: &[u8]) -> Result<(Vec<u8>, Entry), Unusable> {
    let key = key.strip_prefix(ENTRY).unwrap_or(key).to_vec();
    let (slot, value) = value
        .split_first_chunk::<4>()
        .ok_or_else(|| Unusable::Content("an entry is too short to have a slot".into()))?;
    Ok((key, Entry { slot: u32::from_le_bytes(*slot), value: value.to_vec() }))
}
