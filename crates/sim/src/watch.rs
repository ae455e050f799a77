//! The observer: sees every node and every message, and says which promise was broken.
//!
//! - one final block at a height over all nodes, reported in order, one state root each;
//! - money conserved in the state after every executed block, and no more of it than
//!   the schedule allows;
//! - no voter signs two votes with one target round, nor one around another (R7), nor
//!   a share after three quarters of its slot; no proposer two headers of a slot (R5);
//! - the paying transactions of an account have the nonces 0, 1, 2 ... on the final chain.
//!
//! The rules are written here once more, apart from the code that is watched.

use crate::world::{GENESIS_TIME, SLOT_MS, World};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use weft_ledger::forks::{FinalBlock, Forks};
use weft_types::units::RAO_PER_TAO;
use weft_types::{
    BlockHash, CheckedBlock, Hash, Header, Height, Nonce, PublicKey, Round, SignedVote, Slot, Vote,
};

/// How many broken promises are kept.
const KEPT: usize = 8;

/// What the observer remembers.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// The broken promises.
    pub violations: Vec<String>,
    /// Blocks that some node executed.
    pub blocks: BTreeMap<BlockHash, Arc<CheckedBlock>>,
    /// Different votes that were sent.
    pub shares: u64,
    /// Transactions in final blocks.
    pub transactions: u64,
    /// Items applied in final blocks.
    pub rows: u64,
    finals: BTreeMap<Height, BlockHash>,
    roots: BTreeMap<BlockHash, Hash>,
    votes: BTreeMap<PublicKey, Vec<Vote>>,
    signed: BTreeSet<Hash>,
    headers: BTreeMap<(PublicKey, Slot), BlockHash>,
    nonces: BTreeMap<PublicKey, Nonce>,
}

impl Watch {
    /// Notes a broken promise.
    pub fn broken(&mut self, time: u64, what: &str) {
        let text = format!("at {} ms: {what}", time.saturating_sub(GENESIS_TIME));
        if self.violations.len() < KEPT {
            self.violations.push(text);
        }
    }

    /// A node has executed a block and logs it.
    pub fn executed(&mut self, time: u64, world: &World, forks: &Forks, block: &Arc<CheckedBlock>) {
        let (hash, height) = (block.hash(), block.header().height);
        if self.blocks.insert(hash, Arc::clone(block)).is_some() {
            return;
        }
        match forks.audit(&hash) {
            Err(why) => self.broken(time, &format!("conservation: block {height} {hash}: {why}")),
            Ok(supply) => {
                let ever = u128::from(supply.issued.0) + u128::from(supply.recycled.0);
                let may = world.first_coins() + u128::from(height.0) * u128::from(RAO_PER_TAO);
                if ever > may {
                    let text = format!("supply: {ever} rao at height {height}, {may} may be");
                    self.broken(time, &text);
                }
            }
        }
    }

    /// A node reports a final block, after this last one of its present life.
    pub fn finalized(&mut self, time: u64, node: usize, last: Height, block: (BlockHash, Height)) {
        let (hash, height) = block;
        if height.0 != last.0 + 1 {
            let text = format!("finality: node {node} made {height} final after {last}");
            self.broken(time, &text);
        }
        let is_new = !self.finals.contains_key(&height);
        let first = *self.finals.entry(height).or_insert(hash);
        if first != hash {
            let text = format!("agreement: node {node} made {hash} final at {height}, not {first}");
            self.broken(time, &text);
        }
        match self.blocks.get(&hash).cloned() {
            Some(block) if is_new => self.count_nonces(time, &block),
            Some(_) => {}
            None => self.broken(time, &format!("durability: {hash} is final, no node logged it")),
        }
    }

    fn count_nonces(&mut self, time: u64, block: &CheckedBlock) {
        for tx in &block.block().txs {
            self.transactions += 1;
            let want = self.nonces.entry(tx.body.signer).or_default();
            let (got, want) = (tx.body.nonce, std::mem::replace(want, Nonce(tx.body.nonce.0 + 1)));
            if got != want {
                let height = block.header().height;
                self.broken(time, &format!("nonces: {got} instead of {want} at height {height}"));
            }
        }
    }

    /// The ledger of a node has taken a final block into its state.
    pub fn settled(&mut self, time: u64, node: usize, block: &FinalBlock) {
        let (hash, got) = (block.hash, block.state_root);
        let named = self.blocks.get(&hash).map(|b| b.header().state_root);
        let is_new = !self.roots.contains_key(&hash);
        let want = *self.roots.entry(hash).or_insert(named.unwrap_or(got));
        if is_new {
            let good = block.receipts.items.iter().filter(|r| r.result.is_ok()).count();
            self.rows += good as u64;
        }
        if got != want {
            let text = format!("state: node {node} has root {got} after {hash}, others {want}");
            self.broken(time, &text);
        }
    }

    /// A voter's share was seen on the wire.
    pub fn vote(&mut self, time: u64, signed: &SignedVote) {
        let vote = signed.vote;
        let before = self.votes.entry(vote.voter).or_default();
        if before.contains(&vote) {
            return;
        }
        let rival = before.iter().find_map(|old| Some((offence(old, &vote)?, *old)));
        before.push(vote);
        self.shares += 1;
        if let Some((offence, old)) = rival {
            let (voter, a, b) = (vote.voter, old.target, vote.target);
            let text = format!(
                "{offence}: voter {voter} voted for {} in round {} and for {} in round {}",
                a.hash, a.round, b.hash, b.round
            );
            self.broken(time, &text);
        }
    }

    /// A node records a share that it signs, by its own clock. A record that names the
    /// same share again signs nothing.
    pub fn signs(&mut self, time: u64, clock: u64, signed: &SignedVote) {
        let vote = signed.vote;
        let is_new = self.signed.insert(signed.seal());
        let Some(block) = self.blocks.get(&vote.target.hash).filter(|_| is_new) else { return };
        let start = GENESIS_TIME + block.header().slot.0 * SLOT_MS;
        if clock < start || (clock - start) * 4 >= SLOT_MS * 3 {
            let (voter, slot) = (vote.voter, block.header().slot);
            let text = format!("late share: {voter} signs for slot {slot} at {clock} ms");
            self.broken(time, &text);
        }
    }

    /// A node sends a share of its own; `recorded` is what its disk has synced (R7).
    pub fn sends(&mut self, time: u64, vote: &Vote, recorded: Round) {
        if recorded < vote.target.round {
            let (voter, round) = (vote.voter, vote.target.round);
            let text = format!("durability: {voter} sends a share of round {round} unrecorded");
            self.broken(time, &text);
        }
    }

    /// A header was seen on the wire.
    pub fn header(&mut self, time: u64, header: &Header) {
        let (key, hash) = ((header.proposer, header.slot), header.hash());
        let first = *self.headers.entry(key).or_insert(hash);
        if first != hash {
            let (proposer, slot) = key;
            let text = format!("double header: {proposer} made {first} and {hash} in slot {slot}");
            self.broken(time, &text);
        }
    }
}

/// The name of the offence that two different votes are, if they are one (R7).
fn offence(a: &Vote, b: &Vote) -> Option<&'static str> {
    let around =
        |x: &Vote, y: &Vote| x.source.round < y.source.round && y.target.round < x.target.round;
    if a.target.round == b.target.round {
        Some("double vote")
    } else if around(a, b) || around(b, a) {
        Some("surround vote")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::Checkpoint;

    fn vote(source: u64, target: u64, mark: u8) -> Vote {
        let at = |round| Checkpoint { round: Round(round), hash: Hash([mark; 32]) };
        let voter = PublicKey::default();
        Vote { voter, source: at(source), target: at(target), items: Hash::ZERO }
    }

    #[test]
    fn r7_two_votes_of_a_round_and_a_link_around_another_are_offences() {
        let table = [
            ((1, 5, 1), (1, 5, 2), Some("double vote")),
            ((1, 5, 1), (2, 4, 2), Some("surround vote")),
            ((2, 4, 1), (1, 5, 2), Some("surround vote")),
            ((1, 4, 1), (1, 5, 2), None),
            ((1, 4, 1), (4, 5, 2), None),
        ];
        for (a, b, want) in table {
            assert_eq!(offence(&vote(a.0, a.1, a.2), &vote(b.0, b.1, b.2)), want, "{a:?} {b:?}");
        }
    }
}
