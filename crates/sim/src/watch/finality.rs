//! Justified, final and the sets that vote (R9 to R12), worked out once more from the votes
//! that blocks carry.

use super::power;
use std::collections::BTreeMap;
use weft_types::{
    BlockHash, CheckedBlock, Checkpoint, Finality, Genesis, Height, Round, Vote, VoterSets,
};

/// What a block's state must say.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    parent: BlockHash,
    pub(super) height: Height,
    at: Checkpoint,
    pub(super) finality: Finality,
    pub(super) sets: VoterSets,
    /// The round of the last rotation on its chain.
    pub(super) rotated: Round,
}

/// What the states of all blocks must say.
#[derive(Clone, Debug)]
pub struct Standings(BTreeMap<BlockHash, Standing>);

impl Standings {
    /// That of genesis, whose state may know more of the voters than it says: their trust.
    pub fn new(genesis: &Genesis, sets: VoterSets) -> Self {
        let at = genesis.checkpoint();
        let finality = Finality { justified: at, finalized: at };
        let (parent, height, rotated) = (at.hash, Height::ZERO, Round::ZERO);
        let first = Standing { parent, height, at, finality, sets, rotated };
        Self(BTreeMap::from([(at.hash, first)]))
    }

    /// What the state of a block must say.
    pub(super) fn get(&self, hash: &BlockHash) -> Option<&Standing> {
        self.0.get(hash)
    }

    /// The sets that vote on a block.
    pub fn sets(&self, hash: &BlockHash) -> Option<&VoterSets> {
        self.0.get(hash).map(|standing| &standing.sets)
    }

    /// A block was executed, and its state says this; what is wrong with that, if anything.
    pub fn executed(
        &mut self,
        block: &CheckedBlock,
        said: Finality,
        sets: &VoterSets,
    ) -> Option<String> {
        let header = block.header();
        let parent = self.0.get(&header.parent)?.clone();
        let at = header.checkpoint();
        let (mut finality, mut fault) = (parent.finality, None);
        let proof: Vec<&Vote> = block.block().proof.iter().map(weft_types::Share::vote).collect();
        if proof.iter().any(|vote| !counts(vote, &parent)) {
            fault = Some("it carries a share that does not count".to_owned());
        }
        let mut links = Vec::new();
        if let Some(late) = &block.block().catch_up {
            let votes: Vec<&Vote> = late.votes.iter().map(|signed| &signed.vote).collect();
            match self.ancestor(&parent, &late.target.hash) {
                Some(target) if is_quorum(&votes, &target) => links.push(target),
                _ => fault = Some("its catch-up proof is none".to_owned()),
            }
        }
        if is_quorum(&proof, &parent) {
            links.push(parent.clone());
        }
        for target in &links {
            let source = target.finality.justified;
            if target.at.round > finality.justified.round {
                finality.justified = target.at; // R10
            }
            let is_next = source.round.0 + 1 == target.at.round.0 && source.hash == target.parent;
            if is_next && source.round > finality.finalized.round {
                finality.finalized = source; // R11
            }
        }
        let is_new = sets.previous.is_some() && parent.sets.previous.is_none();
        let has_rotated = is_new || sets.current != parent.sets.current;
        let rotated = if has_rotated { at.round } else { parent.rotated };
        let lets_go = finality.finalized.round >= parent.rotated;
        let had = parent.sets.previous.as_ref().filter(|_| !lets_go);
        let want = if has_rotated { Some(&parent.sets.current) } else { had };
        if finality != said {
            fault = Some(format!("its state says {said:?}, its votes say {finality:?}"));
        } else if sets.previous.as_ref() != want {
            fault = Some("the set before is let go too soon or too late".to_owned());
        } else if has_rotated && had.is_some() {
            fault = Some("it rotates while a rotation waits to be final".to_owned()); // R12
        }
        let (parent, height, sets) = (header.parent, header.height, sets.clone());
        let new = Standing { parent, height, at, finality, sets, rotated };
        self.0.insert(block.hash(), new);
        fault.map(|what| format!("standing: block {} at height {height}: {what}", block.hash()))
    }

    /// A proper ancestor of a child of `parent`, above the justified checkpoint there.
    fn ancestor(&self, parent: &Standing, hash: &BlockHash) -> Option<Standing> {
        let justified = parent.finality.justified.round;
        let mut above = self.up(&parent.at.hash).skip(1).take_while(|s| s.at.round > justified);
        above.find(|s| s.at.hash == *hash).cloned()
    }

    /// Whether the votes seen make a block final: itself or a block above it has a child in
    /// the next round for which a quorum voted from it.
    pub fn is_final(&self, hash: &BlockHash, votes: &BTreeMap<BlockHash, Vec<Vote>>) -> bool {
        self.0.values().any(|child| {
            let source = child.finality.justified;
            let is_link = source.hash == child.parent && source.round.0 + 1 == child.at.round.0;
            let seen = || votes.get(&child.at.hash).into_iter().flatten().collect::<Vec<_>>();
            is_link && self.stands_on(&child.parent, hash) && is_quorum(&seen(), child)
        })
    }

    /// Whether a block is another one or stands on it.
    pub fn stands_on(&self, tip: &BlockHash, block: &BlockHash) -> bool {
        let Some(height) = self.0.get(block).map(|s| s.height) else { return false };
        self.up(tip).find(|s| s.height <= height).is_some_and(|s| s.at.hash == *block)
    }

    /// The last common ancestor of two blocks.
    pub fn common(&self, a: &BlockHash, b: &BlockHash) -> Option<BlockHash> {
        self.up(b).map(|s| s.at.hash).find(|hash| self.stands_on(a, hash))
    }

    /// A block and all that it stands on, the highest first.
    fn up(&self, tip: &BlockHash) -> impl Iterator<Item = &Standing> {
        std::iter::successors(self.0.get(tip), |s| {
            self.0.get(&s.parent).filter(|parent| parent.height < s.height)
        })
    }
}

/// R9.
fn counts(vote: &Vote, target: &Standing) -> bool {
    let sets = [Some(&target.sets.current), target.sets.previous.as_ref()];
    let votes = sets.into_iter().flatten().any(|s| s.voters.iter().any(|v| v.key == vote.voter));
    vote.target == target.at && vote.source == target.finality.justified && votes
}

/// R10, one vote a voter.
fn is_quorum(votes: &[&Vote], target: &Standing) -> bool {
    power::is_quorum(&target.sets, |key| votes.iter().any(|v| v.voter == *key && counts(v, target)))
}
