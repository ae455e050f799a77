//! From disk to a core that stands where the node stood.

use crate::entropy;
use crate::error::NodeError;
use crate::final_record::{Finals, Tip};
use std::path::Path;
use std::sync::Arc;
use weft_consensus::{Base, Config, Core, Effect, Input, VoteFile, VoteRecord};
use weft_ledger::forks::Forks;
use weft_ledger::state::{Entry, Key, Seed, Value};
use weft_store::{Recovered, Saved, Store, VoteState};
use weft_types::check::{Known, check_block};
use weft_types::{Canonical, Genesis, Hash, Program, SecretKey};

/// What a node starts from.
pub(crate) struct Restored {
    /// The open store.
    pub store: Store,
    /// The core, with the log's tail in it.
    pub core: Core<Forks>,
    /// What is final.
    pub finals: Finals,
    /// The root of the first state.
    pub genesis_root: Hash,
    /// Whether the vote file says that its key never signed.
    pub is_fresh: bool,
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
pub(crate) fn open(
    data: &Path,
    genesis: &Genesis,
    (voter, program): (Option<SecretKey>, Program),
) -> Result<Restored, NodeError> {
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
    let standing = base.standing();
    let mut finals = Finals::new(Tip {
        height: standing.header.height,
        hash: standing.hash,
        state_root: standing.header.state_root,
        slot: standing.header.slot,
    });
    if whole {
        finals.whole(forks.entries().map(|(key, slot, value)| {
            (key.to_bytes(), weft_store::Entry { slot, value: value.to_bytes() })
        }));
    }
    let config = Config { program, ..Config::new(genesis, voter, vote) };
    let core = Core::new(config, forks, &base);
    let mut restored = Restored { store, core, finals, genesis_root, is_fresh };
    for block in tail {
        restored.replay(block?, genesis)?;
    }
    restored.settle();
    Ok(restored)
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
        // It becomes final later, in the engine, with all that it wrote.
        let block = Arc::new(block);
        self.finals.remember(Arc::clone(&block));
        let input = Input::Restored { block };
        let effects = self.core.step(crate::engine::now(), input);
        for effect in effects {
            if let Effect::Finalized { hash, .. } = effect {
                self.take_final()?;
                self.store.mark_final(&hash)?;
            }
        }
        Ok(())
    }

    fn take_final(&mut self) -> Result<(), NodeError> {
        for block in self.core.executor_mut().take_final() {
            let full = self
                .finals
                .recall(&block.hash, block.height)
                .ok_or_else(|| state(format!("final block {} is not in the log", block.hash)))?;
            self.finals.add(block, full.header().clone(), full.tx_ids());
        }
        Ok(())
    }

    /// What the restored head's state calls final may be said.
    fn settle(&mut self) {
        let head = self.core.head_hash();
        if let Some(chain) = self.core.executor().chain(&head) {
            self.finals.say(&chain.finality.finalized.hash);
        }
    }
}
