//! Rules that change (R21), worked out once more from the headers of each chain: which
//! version a block must have, and whether a node may stop where it did.

use super::finality::{Standing, Standings};
use super::power::sum;
use crate::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};
use weft_types::rules::{LAUNCH, TEST_TWO};
use weft_types::{BlockHash, CheckedBlock, Genesis, PublicKey, Round, RulesId};

/// So often in a row two thirds must name rules.
const ROW: u16 = 14;

/// A change that is locked in.
#[derive(Clone, Copy, Debug)]
struct Next {
    id: RulesId,
    due: u64,
    round: Round,
}

/// What the headers of a block's chain come to.
#[derive(Clone, Debug)]
struct Said {
    version: u16,
    next: Option<Next>,
    row: Option<(RulesId, u16)>,
    latest: BTreeMap<PublicKey, RulesId>,
}

/// What the headers of all chains come to.
pub struct Rules {
    said: BTreeMap<BlockHash, Said>,
    blocks: u64,
    rotations: u64,
    never: bool,
    /// Blocks with which the rules changed.
    pub changed: BTreeSet<BlockHash>,
    /// Blocks at which a change was put off.
    pub delayed: u64,
}

impl Rules {
    pub fn new(genesis: &Genesis, plan: &Plan) -> Self {
        let (version, latest) = (genesis.rules.version, BTreeMap::new());
        let first = Said { version, next: None, row: None, latest };
        Self {
            said: BTreeMap::from([(genesis.block_hash(), first)]),
            blocks: genesis.params.rotation_blocks,
            rotations: genesis.params.change_rotations,
            never: plan.upgrade.is_some_and(|upgrade| upgrade.never),
            changed: BTreeSet::new(),
            delayed: 0,
        }
    }

    /// The version of a child of a block.
    fn child(said: &Said, standing: &Standing) -> u16 {
        let due = said.next.is_some_and(|next| {
            next.due == standing.height.0 + 1
                && standing.finality.finalized.round >= next.round
                && standing.sets.previous.is_none()
        });
        said.version + u16::from(due)
    }

    /// A block was executed, and the standings know it; what is wrong with it, if anything.
    pub fn executed(&mut self, block: &CheckedBlock, standings: &Standings) -> Option<String> {
        let (header, hash) = (block.header(), block.hash());
        let (parent, own) = (standings.get(&header.parent)?, standings.get(&hash)?);
        let before = self.said.get(&header.parent)?.clone();
        let want = Self::child(&before, parent);
        let height = header.height.0;
        let mut said = before.clone();
        if want > before.version {
            said = Said { version: want, next: None, row: None, latest: BTreeMap::new() };
            self.changed.insert(hash);
        } else if let Some(next) = said.next.as_mut().filter(|next| next.due == height) {
            next.due += self.blocks;
            self.delayed += 1;
        }
        said.latest.insert(header.proposer, header.signal);
        if height.is_multiple_of(self.blocks) {
            let waits =
                parent.sets.previous.is_some() && own.finality.finalized.round < parent.rotated;
            self.at_rotation(&mut said, parent, (header.round, height), waits);
            said.latest.retain(|key, _| own.sets.current.get(key).is_some());
        }
        self.said.insert(hash, said);
        if header.version != want {
            let got = header.version;
            return Some(format!("rules: block {hash} at {height} has version {got}, not {want}"));
        }
        (self.never && want > 1)
            .then(|| format!("rules: they changed at {height}, and too few name others"))
    }

    fn at_rotation(
        &self,
        said: &mut Said,
        parent: &Standing,
        (round, height): (Round, u64),
        waits: bool,
    ) {
        let set = &parent.sets.current;
        let all = sum(set, |_| true);
        let named = |id: RulesId| sum(set, |key| said.latest.get(key) == Some(&id));
        if let Some(next) = said.next {
            if next.due - height <= self.blocks && named(next.id) * 3 <= all * 2 {
                (said.next, said.row) = (None, None);
            }
            return;
        }
        if waits {
            return;
        }
        let id = RulesId::of(if said.version == 1 { TEST_TWO } else { LAUNCH });
        let power = if said.version == 1 { named(id) } else { 0 };
        if power * 3 <= all * 2 {
            said.row = None;
            return;
        }
        let times = said.row.map_or(0, |(_, times)| times) + 1;
        said.row = Some((id, times));
        if power * 5 >= all * 4 || times >= ROW {
            let due = height + self.rotations * self.blocks + self.blocks / 2;
            (said.next, said.row) = (Some(Next { id, due, round }), None);
        }
    }

    /// Whether a node whose head is this block must stop, when it runs no later version than
    /// this; none while the block is not known here.
    pub fn must_stop(&self, head: &BlockHash, runs: u16, standings: &Standings) -> Option<bool> {
        Some(Self::child(self.said.get(head)?, standings.get(head)?) > runs)
    }
}
