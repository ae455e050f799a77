//! Rows that are committed to: each is revealed in its epoch by the node that committed to it,
//! with nobody's hand, though the row has changed since and the node was restarted.

use crate::net::Net;
use crate::world::TEMPO;
use std::collections::BTreeMap;
use weft_ledger::forks::FinalBlock;
use weft_types::{CheckedBlock, Hash, Height, Item, PublicKey, Slot};

/// By so many slots after its commitment a node must be up to reveal it: its epoch may end with
/// the next block, and the one in which it is revealed has then begun.
const UP_BY: u64 = TEMPO - 4;

/// Blocks after which a commitment is revealed or never.
const OVER: u64 = 3 * (TEMPO + 1);

#[derive(Clone, Copy, Debug)]
struct Open {
    voter: PublicKey,
    height: Height,
    slot: Slot,
}

/// Commitments in final blocks that are not revealed.
#[derive(Default)]
pub struct Veil {
    open: BTreeMap<Hash, Open>,
    /// How many were revealed.
    pub revealed: u64,
    last: Height,
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

impl Net {
    /// What should have been revealed by now was, where nothing keeps a node from it but that it
    /// dies and starts again.
    pub fn watch_reveals(&mut self) {
        let is_judged = self.plan.commits
            && self.plan.cuts.is_empty()
            && self.plan.links == crate::plan::Links::default()
            && self.plan.rotation.is_none();
        let last = self.watch.veil.last;
        let over: Vec<(Hash, Open)> = self
            .watch
            .veil
            .open
            .iter()
            .filter(|(_, open)| last.since(open.height) > OVER)
            .map(|(hash, open)| (*hash, *open))
            .collect();
        for (hash, open) in over {
            self.watch.veil.open.remove(&hash);
            let at = self.world.keys.iter().position(|pair| pair.public == open.voter);
            let node = at.and_then(|at| self.nodes.get(at).map(|node| (at, node)));
            let Some((i, node)) = node.filter(|(i, _)| is_judged && !self.is_byzantine(*i)) else {
                continue;
            };
            if node.is_up() && node.since <= open.slot.0 + UP_BY {
                let text = format!(
                    "rows: node {i} committed to {hash} in slot {} and never revealed it",
                    open.slot
                );
                self.watch.broken(self.now, &text);
            }
        }
    }
}
