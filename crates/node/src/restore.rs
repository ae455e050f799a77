//! From disk to an engine that stands where the node stood.

use crate::clock::now;
use crate::disk::Disk;
use crate::entropy;
use crate::error::NodeError;
use std::path::Path;
use std::sync::Arc;
use weft_consensus::trust::{Mark, Trust};
use weft_consensus::{Base, Config, Core, VoteFile, VoteRecord};
use weft_engine::io::Io;
use weft_engine::kept::{Kept, Offences};
use weft_engine::rows::Rows;
use weft_engine::trust::Word;
use weft_engine::{Engine, Setup};
use weft_ledger::forks::Forks;
use weft_ledger::state::{Entry, Key, Seed, Value};
use weft_mempool::Bounds;
use weft_reads::record::Records;
use weft_store::{Recovered, Saved, Store, VoteState};
use weft_types::check::{Known, check_block};
use weft_types::{Canonical, Genesis, Hash, Height, Program, SecretKey, Slot};

/// What a node starts from.
pub(crate) struct Restored {
    /// The engine, with the log's tail in it.
    pub engine: Engine,
    /// The disk.
    pub disk: Disk,
    /// What became of transactions.
    pub records: Records,
    /// The root of the first state.
    pub genesis_root: Hash,
    /// Whether the vote file says that its key never signed.
    pub is_fresh: bool,
}

/// Who the node is, and what its operator set.
pub(crate) struct Who {
    /// The key of its voter.
    pub voter: Option<SecretKey>,
    /// Which rules it runs.
    pub program: Program,
    /// Whether the voter offers itself.
    pub offers: bool,
    /// The voter's rows.
    pub rows: Rows,
    /// How much the pool holds.
    pub pool: Bounds,
    /// What it is called among peers.
    pub name: String,
}

/// What is in our log was verified before it came there.
struct Logged;

impl Known for Logged {
    fn knows(&self, _: &Hash) -> bool {
        true
    }
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn state(reason: impl ToString) -> NodeError {
    NodeError::State { reason: reason.to_string() }
}

/// A seed for the state's map, so that nobody can choose keys that collide.
fn seed() -> Seed {
    let bytes = entropy::seed();
    let (words, _) = bytes.as_chunks::<8>();
    let mut seed = [0; 4];
    seed.iter_mut().zip(words).for_each(|(s, w)| *s = u64::from_le_bytes(*w));
    Seed(seed)
}

/// Opens the store and rebuilds the state.
///
/// # Errors
/// [`NodeError`] when the store can't be opened or holds another state than it says.
pub(crate) fn open(data: &Path, genesis: &Genesis, who: Who) -> Result<Restored, NodeError> {
    let (mut store, mut found) = Store::open(data, genesis.chain_id())?;
    let saved = found.checkpoint.take().map(|saved| from_checkpoint(genesis, saved));
    let standing = match saved.transpose() {
        Ok(standing) => standing,
        Err(reason) => {
            let cut = found.cut.take();
            (store, found) = store.rebuild(data, reason)?;
            found.cut = cut;
            None
        }
    };
    if let Some(cut) = &found.cut {
        tracing::warn!(bytes = cut.bytes, reason = %cut.reason, "the log's torn end was cut off");
    }
    if let Some(rebuilt) = &found.rebuilt {
        let (reason, aside) = (&rebuilt.reason, rebuilt.moved_to.display());
        tracing::warn!(%reason, %aside, "the checkpoint was unusable; the state is rebuilt from the log");
    }
    let first = first_state(genesis)?;
    let genesis_root = root(&first, &genesis.block_hash())?;
    let vote = vote_file(&found.vote)?;
    let is_fresh = matches!(found.vote, VoteState::Fresh(_));
    let Recovered { tail, .. } = found;
    let (forks, base, whole) = match standing {
        Some((forks, base)) => (forks, base, false),
        None => {
            let base = Base::genesis(genesis, executed(&first, genesis)?);
            (first, base, true)
        }
    };
    let mut disk = Disk::new(store);
    if whole {
        disk.whole(forks.entries().map(|(key, slot, value)| {
            (key.to_bytes(), weft_store::Entry { slot, value: value.to_bytes() })
        }));
    }
    let Who { voter, program, offers, mut rows, pool, name } = who;
    if let Some(key) = &voter {
        rows.recall(kept_rows(&disk.store)?, &key.public());
    }
    let config = Config { program, ..Config::new(genesis, voter.clone(), vote) };
    let core = Core::new(config, forks, &base);
    let setup = Setup { core, key: voter, offers, rows, pool, name };
    let mut engine = Engine::new(genesis, setup);
    engine.recall_offences(kept_offences(&disk.store)?);
    let mut restored =
        Restored { engine, disk, records: Records::default(), genesis_root, is_fresh };
    for block in tail {
        restored.replay(block?, genesis)?;
    }
    Ok(restored)
}

/// What was kept of the voter's rows.
fn kept_rows(store: &Store) -> Result<Kept, NodeError> {
    let lost = "rows that clients handed in, and commitments that were to be revealed";
    small("rows", lost, store.rows())
}

/// What was kept of the offences that waited to be reported.
fn kept_offences(store: &Store) -> Result<Offences, NodeError> {
    small(
        "offences",
        "offences that were to be reported, which others may have seen",
        store.offences(),
    )
}

/// What a small file holds, or nothing when it is not there.
fn small<T: Canonical + Default>(
    name: &'static str,
    lost: &'static str,
    read: Result<Option<Vec<u8>>, weft_store::StoreError>,
) -> Result<T, NodeError> {
    let bad = |reason: String| NodeError::Small { name, reason, lost };
    match read {
        Ok(None) => Ok(T::default()),
        Ok(Some(bytes)) => T::from_bytes(&bytes).map_err(|e| bad(e.to_string())),
        Err(newer @ weft_store::StoreError::NewerFormat { .. }) => Err(newer.into()),
        Err(e) => Err(bad(e.to_string())),
    }
}

/// The state after genesis.
pub(crate) fn first_state(genesis: &Genesis) -> Result<Forks, NodeError> {
    Forks::new(genesis, seed()).map_err(|e| NodeError::Genesis { reason: e.to_string() })
}

fn root(forks: &Forks, hash: &Hash) -> Result<Hash, NodeError> {
    forks.root_of(hash).ok_or_else(|| state("the first state has no root"))
}

pub(crate) fn executed(
    forks: &Forks,
    genesis: &Genesis,
) -> Result<weft_consensus::Executed, NodeError> {
    forks.executed(&genesis.block_hash()).ok_or_else(|| state("the first state has no voters"))
}

fn vote_file(found: &VoteState) -> Result<VoteFile, NodeError> {
    match found {
        VoteState::Fresh(bytes) | VoteState::Known(bytes) => match VoteRecord::from_bytes(bytes) {
            Ok(record) => Ok(VoteFile::Known(record)),
            Err(e) => Err(state(format!("the vote file is of another version: {e}"))),
        },
        VoteState::Lost(reason) => {
            tracing::error!(%reason, "the vote file is lost; this voter is silent for a while (R7)");
            Ok(VoteFile::Lost)
        }
    }
}

/// The state of a checkpoint and what the core needs to start from it, or why they are
/// not those of the block that the checkpoint names.
fn from_checkpoint(genesis: &Genesis, saved: Saved) -> Result<(Forks, Base), String> {
    let Saved { meta, entries } = saved;
    let base = Base::from_bytes(&meta.base).map_err(|e| e.to_string())?;
    let standing = base.standing();
    if standing.hash != meta.hash || standing.header.state_root != meta.state_root {
        return Err(format!("it does not say the same of its block {} twice", meta.hash));
    }
    let entry = |(key, entry): (Vec<u8>, weft_store::Entry)| {
        let key = Key::from_bytes(&key).map_err(|e| e.to_string())?;
        let value = Value::from_bytes(&entry.value).map_err(|e| e.to_string())?;
        Ok(Entry { key, slot: entry.slot, value })
    };
    let entries = entries.into_iter().map(entry).collect::<Result<Vec<_>, String>>()?;
    let at = (meta.hash, meta.state_root);
    let forks = Forks::restore(genesis, at, entries, seed()).map_err(|e| e.to_string())?;
    Ok((forks, base))
}

impl Restored {
    /// Gives one block of the log to the core. It was checked before it was logged, and
    /// the log's checksum says that it is the same, so its shares and transactions are not
    /// verified again; `weft node replay` verifies everything.
    fn replay(&mut self, block: weft_types::Block, genesis: &Genesis) -> Result<(), NodeError> {
        let mut rng = entropy::generator();
        let rules = (&genesis.widest(), &genesis.chain_id());
        let block = check_block(block, rules, &Logged, &mut rng).map_err(state)?;
        let list = self.engine.restore(now(), Arc::new(block))?;
        self.carry_out(list)
    }

    /// Judges the start (R16). What is awaited is on disk before this returns, and nothing was
    /// taken from a peer yet.
    pub(crate) fn judge(&mut self, word: Option<Trust>) -> Result<(), NodeError> {
        let store = &self.disk.store;
        let stored = crate::trust::stored(store, word)?;
        let own = |height: Height| {
            let hash = store.reader().final_hash(height)?;
            let slot = match height {
                Height::ZERO => Slot::ZERO,
                _ => store.reader().block(&hash).ok()??.header().slot,
            };
            Some(Mark { height, hash, slot })
        };
        let list = self.engine.start(now(), Word { stored, word }, own)?;
        if let Some(awaited) = self.engine.finals().awaited() {
            tracing::warn!(height = %awaited.height, hash = %awaited.hash, "nothing is signed or called final before this trusted block is");
        }
        self.carry_out(list)
    }

    /// Carries out what a start asks for; nothing of it leaves the node.
    fn carry_out(&mut self, list: Vec<Io>) -> Result<(), NodeError> {
        for io in list {
            match io {
                Io::Final(finality) => self.disk.add(*finality, &self.records),
                Io::MarkFinal(hash) => self.disk.mark_final(&hash)?,
                Io::Await(awaited) => self.disk.wait_for(awaited)?,
                other => return Err(state(format!("a start asked for {other:?}"))),
            }
        }
        Ok(())
    }
}
