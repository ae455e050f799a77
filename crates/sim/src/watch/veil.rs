//! Rows that are committed to in final blocks, and what of it was revealed.
//!
//! Not here: whether a node should have revealed one (`reveals`).

use std::collections::BTreeMap;
use weft_ledger::forks::FinalBlock;
use weft_types::{CheckedBlock, Hash, Height, Item, PublicKey, Slot};

/// A commitment in a final block.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    /// Whose.
    pub voter: PublicKey,
    /// In which block it stands.
    pub height: Height,
    /// Of which slot that is.
    pub slot: Slot,
}

/// Commitments in final blocks that are not revealed.
#[derive(Default)]
pub struct Veil {
    pub(crate) open: BTreeMap<Hash, Open>,
    /// How many were revealed.
    pub revealed: u64,
    pub(crate) last: Height,
}

impl Veil {
    /// A block became final, for the first time.
    pub fn settled(&mut self, known: &CheckedBlock, block: &FinalBlock) {
        let (height, slot) = (known.header().height, known.header().slot);
        self.last = self.last.max(height);
        let shares = known.block().proof.iter();
        let items = shares.flat_map(|s| s.items.iter().map(move |item| (s.vote().voter, item)));
        for ((voter, item), receipt) in items.zip(&block.receipts.items) {
            match item {
                Item::Commit(said) if receipt.result.is_ok() => {
                    self.open.insert(said.hash, Open { voter, height, slot });
                }
                Item::Reveal(said) if receipt.result.is_ok() => {
                    self.open.remove(&said.commitment(&voter));
                    self.revealed += 1;
                }
                _ => {}
            }
        }
    }
}
