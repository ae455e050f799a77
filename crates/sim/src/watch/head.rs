//! The head of a node, worked out once more from R8.
//!
//! From the highest justified block the node knows: the tip with the most cumulative work,
//! adding the shares seen for the tip itself, and for what is or descends from the timely
//! block of the slot the work of its whole set; of equals the higher slot, then the lower
//! hash.

use crate::seals::Seals;
use crate::slots::{GENESIS_TIME, SLOT_MS, slot_at};
use weft_consensus::Core;
use weft_consensus::tree::{Node, Tree};
use weft_ledger::forks::Forks;
use weft_types::{BlockHash, Round, Slot, VoterSet};

/// So many blocks of coming slots are remembered.
const EARLY: usize = 16;

/// Which block of the current slot came first at a node, and in time.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    slot: u64,
    timely: Option<BlockHash>,
    early: Vec<(Slot, BlockHash)>,
}

impl Arrivals {
    /// The clock of the node shows this.
    fn turn(&mut self, clock: u64) {
        let slot = slot_at(clock);
        if slot > self.slot {
            self.slot = slot;
            self.timely = self.early.iter().find(|(s, _)| s.0 == slot).map(|(_, hash)| *hash);
            self.early.retain(|(s, _)| s.0 > slot);
        }
    }

    /// A block was executed.
    pub fn note(&mut self, clock: u64, slot: Slot, hash: BlockHash) {
        self.turn(clock);
        let into = clock.saturating_sub(GENESIS_TIME) % SLOT_MS;
        if slot.0 > self.slot && self.early.len() < EARLY {
            self.early.push((slot, hash));
        } else if slot.0 == self.slot && into * 2 < SLOT_MS && self.timely.is_none() {
            self.timely = Some(hash);
        }
    }

    /// What is wrong with the head of the node, if anything.
    pub fn fault(&mut self, clock: u64, core: &Core<Forks, Seals>) -> Option<String> {
        self.turn(clock);
        let (tree, got) = (core.forks().tree(), core.head_hash());
        let known = tree.get(&core.justified().hash);
        let root = known.filter(|node| tree.is_open(node)).unwrap_or_else(|| tree.base());
        let higher = justified(core).filter(|round| *round > core.justified().round);
        if let Some(round) = higher {
            return Some(format!("round {round} is justified, {:?} is known", core.justified()));
        }
        let mut best: Option<(u128, &Node)> = None;
        for tip in tree.nodes().filter(|n| is_tip(tree, n) && above(tree, n, root)) {
            let weight = self.weight(core, tip);
            let is_better = best.is_none_or(|(most, other)| {
                let (a, b) = (tip.header().slot, other.header().slot);
                let lower = tip.standing.hash < other.standing.hash;
                (weight, a) > (most, b) || ((weight, a) == (most, b) && lower)
            });
            if is_better {
                best = Some((weight, tip));
            }
        }
        let (weight, want) = best?;
        (want.standing.hash != got).then(|| {
            let (slot, hash) = (want.header().slot, want.standing.hash);
            format!("the head is {got}; R8 makes it {hash} of slot {slot} with {weight}")
        })
    }

    fn weight(&self, core: &Core<Forks, Seals>, tip: &Node) -> u128 {
        let tree = core.forks().tree();
        let set = &tip.standing.sets.current;
        let shares = core.forks().shares().counted(&tip.standing);
        let seen: u128 = shares.iter().map(|held| work_of(set, &held.signed.vote.voter)).sum();
        let timely = self.timely.and_then(|hash| tree.get(&hash));
        let boost = timely.filter(|block| above(tree, tip, block)).map_or(0, |block| {
            let set = &block.standing.sets.current;
            set.voters.iter().map(|v| work_of(set, &v.key)).sum()
        });
        tip.header().work.0 + seen + boost
    }
}

fn work_of(set: &VoterSet, key: &weft_types::PublicKey) -> u128 {
    let voter = set.voters.iter().find(|v| v.key == *key);
    voter.map_or(0, |v| u128::from(v.power.0) * (65_535 + u128::from(v.trust)))
}

/// The highest justified round that the blocks say.
fn justified(core: &Core<Forks, Seals>) -> Option<Round> {
    let nodes = core.forks().tree().nodes();
    nodes.map(|node| node.standing.finality.justified.round).max()
}

fn is_tip(tree: &Tree, node: &Node) -> bool {
    tree.is_open(node) && !tree.nodes().any(|n| is_child(n, node))
}

fn is_child(child: &Node, of: &Node) -> bool {
    child.header().height > of.header().height && child.header().parent == of.standing.hash
}

/// Whether a block is another or descends from it.
fn above(tree: &Tree, tip: &Node, block: &Node) -> bool {
    let mut at = Some(tip);
    while let Some(node) = at.filter(|node| node.header().height > block.header().height) {
        at = tree.get(&node.header().parent);
    }
    at.is_some_and(|node| node.standing.hash == block.standing.hash)
}
