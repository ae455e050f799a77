//! Rows that are committed to: each is revealed in its epoch by the node that committed to it,
//! with nobody's hand, though the row has changed since and the node was restarted.

use crate::net::Net;
use crate::watch::Open;
use crate::world::TEMPO;
use weft_types::Hash;

/// By so many slots after its commitment a node must be up to reveal it: its epoch may end with
/// the next block, and the one in which it is revealed has then begun.
const UP_BY: u64 = TEMPO - 4;

/// Blocks after which a commitment is revealed or never.
const OVER: u64 = 3 * (TEMPO + 1);

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
            let at = self.world.keys.iter().position(|key| key.public() == open.voter);
            let node = at.and_then(|at| self.nodes.get(at).map(|node| (at, node)));
            let Some((i, node)) = node.filter(|(i, _)| is_judged && !self.is_byzantine(*i)) else {
                continue;
            };
            if node.is_up() && node.since <= open.slot.0 + UP_BY {
                self.watch.broken(format!(
                    "rows: node {i} committed to {hash} in slot {} and never revealed it",
                    open.slot
                ));
            }
        }
    }
}
