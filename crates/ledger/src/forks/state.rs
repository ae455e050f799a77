//! The state after one block, to be kept and read beside the forks that go on.
//!
//! It stays as it is: layers never change, and [`Forks`](super::Forks) makes no layer part of
//! the base while a [`State`] has that base. So final layers pile up on it as long as somebody
//! reads: who hands states out lets go of them, and says again what is final
//! ([`Forks::absorb`](super::Forks::absorb)).

use super::audit::{AuditError, sum_up};
use crate::rules::Ledger;
use crate::state::value::{Chain, Supply};
use crate::state::{Base, Key, Layer, Proof, Read as _, Value, View};
use std::sync::Arc;
use weft_types::{BlockHash, Hash, Height, Version};

/// The state after a block.
#[derive(Clone)]
pub struct State {
    ledger: Arc<Ledger>,
    base: Arc<Base>,
    /// From the block down to the base's first child.
    layers: Vec<(BlockHash, Height, Arc<Layer>)>,
    block: BlockHash,
    rules: Version,
}

impl State {
    pub(super) fn new(
        ledger: &Arc<Ledger>,
        base: &Arc<Base>,
        (block, rules): (BlockHash, Version),
        layers: impl Iterator<Item = (BlockHash, Height, Arc<Layer>)>,
    ) -> Self {
        let (ledger, base) = (Arc::clone(ledger), Arc::clone(base));
        Self { ledger, base, layers: layers.collect(), block, rules }
    }

    /// The constants of the chain.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// After which block.
    #[must_use]
    pub const fn block(&self) -> BlockHash {
        self.block
    }

    /// The rules that a child of the block is run by (R21).
    #[must_use]
    pub const fn rules(&self) -> Version {
        self.rules
    }

    /// What there is to read.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        self.base.view(self.layers.iter().map(|(.., layer)| &**layer).collect())
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.layers.first().map_or_else(|| self.view().root(), |(.., layer)| layer.root())
    }

    /// What it says of itself.
    #[must_use]
    pub fn chain(&self) -> Option<Chain> {
        match self.view().get(&Key::Chain)? {
            Value::Chain(chain) => Some(*chain),
            _ => None,
        }
    }

    /// The block of a height, as far as it is above the base.
    #[must_use]
    pub fn hash_at(&self, height: Height) -> Option<BlockHash> {
        self.layers.iter().find(|(_, at, _)| *at == height).map(|(hash, ..)| *hash)
    }

    /// What shows that it holds a value, or holds none.
    #[must_use]
    pub fn prove(&self, key: &Key) -> Proof {
        self.view().prove(key)
    }

    /// Sums up everything in it, as long as `goes_on` says so; none when it was broken off.
    ///
    /// # Errors
    /// [`AuditError`] names the first total that is not the sum of its parts.
    pub fn audit(&self, goes_on: impl Fn() -> bool) -> Option<Result<Supply, AuditError>> {
        sum_up_in_pieces(&self.view(), goes_on)
    }
}

/// So many values are looked at before it is asked whether to go on: some tenths of a
/// millisecond.
const PIECE: usize = 1_024;

fn sum_up_in_pieces(
    view: &View<'_>,
    goes_on: impl Fn() -> bool,
) -> Option<Result<Supply, AuditError>> {
    let mut is_whole = true;
    let values = view.values().enumerate().map_while(|(at, value)| {
        if at.is_multiple_of(PIECE) {
            is_whole = goes_on();
        }
        is_whole.then_some(value)
    });
    let sums = sum_up(values);
    is_whole.then_some(sums)
}
