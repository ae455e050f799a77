//! The forks room: one state per block that is not yet below the last final one.
//!
//! ```text
//! execute, assemble   parent's view ─► rules ─► Changes ─► a layer, kept under the block's hash
//! forget              the layer goes, and every layer that stands on it
//! finalize            the layers up to the block become base, in order, at once or when they
//!                     are said (`settle`); what does not descend from it goes; the blocks wait
//!                     in `take_final` for the disk
//! ```
//!
//! It knows parent links and nothing else of consensus: which block deserves to be
//! executed, preferred or final is said by its caller.

pub mod audit;
mod error;
mod execute;
mod settle;
mod state;

pub use crate::state::View;
pub use audit::{AuditError, sum_up};
pub use error::{Refusal, RestoreError};
pub use state::State;

use crate::rules::{Ledger, Receipts, child_rules, reads};
use crate::state::value::{Chain, Supply};
use crate::state::{Base, Entry, Key, Layer, Proof, Read, Seed, Value, Write};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use weft_types::executor::Executed;
use weft_types::genesis::GenesisError;
use weft_types::{BlockHash, Genesis, Hash, Height, Version};

/// The states of all blocks from the last final one up.
pub struct Forks {
    ledger: Arc<Ledger>,
    /// Changed only while no [`State`] that somebody reads has it.
    base: Arc<Base>,
    base_hash: BlockHash,
    /// The last final block; above the base while it waits to be said.
    last: BlockHash,
    /// Whether final blocks wait to be said before they become base.
    waits: bool,
    /// Up to which final block all are to become base.
    due: BlockHash,
    kept: BTreeMap<BlockHash, Kept>,
    /// How many blocks were ever kept.
    born: u64,
    finals: Vec<FinalBlock>,
}

/// A block that was run and is not final.
struct Kept {
    parent: BlockHash,
    height: Height,
    /// How many blocks were kept before it: less than any child's.
    born: u64,
    layer: Arc<Layer>,
    executed: Executed,
    receipts: Arc<Receipts>,
}

/// A block that became final: what the node writes to disk of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalBlock {
    /// Which.
    pub hash: BlockHash,
    /// Its height.
    pub height: Height,
    /// What it wrote, in the order of keys.
    pub writes: Vec<Write>,
    /// The root of the state after it.
    pub state_root: Hash,
    /// What became of its items and transactions.
    pub receipts: Arc<Receipts>,
}

impl Forks {
    /// The first state of a chain.
    ///
    /// # Errors
    /// [`GenesisError`] names what is wrong with the genesis.
    pub fn new(genesis: &Genesis, seed: Seed) -> Result<Self, GenesisError> {
        let (ledger, changes) = Ledger::genesis(genesis)?;
        let base = Base::genesis(changes, seed);
        Ok(Self::on(ledger, base, genesis.block_hash()))
    }

    /// A stored state, which must be the one after block `hash` with this root. Entries
    /// may come in any order.
    ///
    /// # Errors
    /// [`RestoreError`] when the entries are no state or lead to another root.
    pub fn restore(
        genesis: &Genesis,
        (hash, want): (BlockHash, Hash),
        entries: impl IntoIterator<Item = Entry>,
        seed: Seed,
    ) -> Result<Self, RestoreError> {
        let (ledger, _) = Ledger::genesis(genesis)?;
        let forks = Self::on(ledger, Base::restore(entries, seed)?, hash);
        let got = forks.base.view(Vec::new()).root();
        if got != want {
            return Err(RestoreError::Root { hash, want, got });
        }
        match forks.chain(&hash) {
            Some(_) => Ok(forks),
            None => Err(RestoreError::NoChain { hash }),
        }
    }

    fn on(ledger: Ledger, base: Base, base_hash: BlockHash) -> Self {
        let (last, due, waits) = (base_hash, base_hash, false);
        Self {
            ledger: Arc::new(ledger),
            base: Arc::new(base),
            base_hash,
            last,
            waits,
            due,
            kept: BTreeMap::new(),
            born: 0,
            finals: Vec::new(),
        }
    }

    /// The constants of the chain.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The block whose state is the base: the last final one, or the last that was said and
    /// that no reader kept from becoming base.
    #[must_use]
    pub const fn base_hash(&self) -> BlockHash {
        self.base_hash
    }

    /// The state after a block, if it is kept.
    #[must_use]
    pub fn view(&self, block: &BlockHash) -> Option<View<'_>> {
        let path = self.path(block)?;
        Some(self.base.view(path.into_iter().map(|(_, kept)| &*kept.layer).collect()))
    }

    /// The same to be kept and read elsewhere, while blocks go on here.
    #[must_use]
    pub fn state(&self, block: &BlockHash) -> Option<State> {
        let layers = self
            .path(block)?
            .into_iter()
            .map(|(hash, kept)| (hash, kept.height, Arc::clone(&kept.layer)));
        let rules = self.rules(block)?;
        Some(State::new(&self.ledger, &self.base, (*block, rules), layers))
    }

    /// The root of the state after a block.
    #[must_use]
    pub fn root_of(&self, block: &BlockHash) -> Option<Hash> {
        match self.kept.get(block) {
            Some(kept) => Some(kept.executed.state_root),
            None => self.view(block).map(|view| view.root()),
        }
    }

    /// What the state after a block says of itself: height, slot, standing, voters.
    #[must_use]
    pub fn chain(&self, block: &BlockHash) -> Option<Chain> {
        match self.view(block)?.get(&Key::Chain)? {
            Value::Chain(chain) => Some(*chain),
            _ => None,
        }
    }

    /// The rules that a child of a block is run by (R21).
    #[must_use]
    pub fn rules(&self, block: &BlockHash) -> Option<Version> {
        match self.kept.get(block) {
            Some(kept) => Some(kept.executed.rules),
            None => self.executed(block).map(|executed| executed.rules),
        }
    }

    /// Root and voters of the state after a block.
    #[must_use]
    pub fn executed(&self, block: &BlockHash) -> Option<Executed> {
        if let Some(kept) = self.kept.get(block) {
            return Some(kept.executed.clone());
        }
        let (view, chain) = (self.view(block)?, self.chain(block)?);
        let rules = child_rules(&reads::rules(&view), &chain);
        Some(Executed { state_root: self.root_of(block)?, sets: chain.voters, rules })
    }

    /// What became of the items and transactions of a block that is not final yet.
    #[must_use]
    pub fn receipts(&self, block: &BlockHash) -> Option<Arc<Receipts>> {
        self.kept.get(block).map(|kept| Arc::clone(&kept.receipts))
    }

    /// What shows that the state after a block holds a value, or holds none.
    #[must_use]
    pub fn prove(&self, block: &BlockHash, key: &Key) -> Option<Proof> {
        self.view(block).map(|view| view.prove(key))
    }

    /// Sums up everything in the state after a block.
    ///
    /// # Errors
    /// [`AuditError`] names the first total that is not the sum of its parts.
    pub fn audit(&self, block: &BlockHash) -> Result<Supply, AuditError> {
        let view = self.view(block).ok_or(AuditError::UnknownBlock { block: *block })?;
        sum_up(view.values())
    }

    /// Every value of the last final state with its slot, in the order of key hashes.
    pub fn entries(&self) -> impl Iterator<Item = (&Key, u32, &Value)> {
        self.base.entries()
    }

    /// The blocks that became final since the last call, in order. They are kept until
    /// they are taken.
    #[must_use = "what is taken is nowhere else: it must reach the disk"]
    pub fn take_final(&mut self) -> Vec<FinalBlock> {
        std::mem::take(&mut self.finals)
    }

    /// How many blocks are kept above the last final one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether no block stands above the last final one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many blocks the longest fork has above the last final one.
    #[must_use]
    pub fn depth(&self) -> usize {
        let of = |block: &BlockHash| self.path(block).map_or(0, |path| path.len());
        self.kept.keys().map(of).max().unwrap_or(0)
    }

    /// The kept blocks from `block` down to the base, newest first.
    fn path(&self, block: &BlockHash) -> Option<Vec<(BlockHash, &Kept)>> {
        let mut path = Vec::new();
        let mut at = *block;
        while at != self.base_hash {
            let kept = self.kept.get(&at)?;
            path.push((at, kept));
            at = kept.parent;
        }
        Some(path)
    }

    /// Drops a block and all that stand on it. The last final block stays.
    fn drop_from(&mut self, block: &BlockHash) {
        if self.kept.contains_key(block) && !self.is_final(block) {
            let gone = self.with_descendants(*block);
            self.kept.retain(|hash, _| !gone.contains(hash));
        }
    }

    fn with_descendants(&self, block: BlockHash) -> BTreeSet<BlockHash> {
        let mut by_age: Vec<_> =
            self.kept.iter().map(|(hash, kept)| (kept.born, *hash, kept.parent)).collect();
        by_age.sort_unstable();
        let mut family = BTreeSet::from([block]);
        for (_, hash, parent) in by_age {
            if family.contains(&parent) {
                family.insert(hash);
            }
        }
        family
    }
}
