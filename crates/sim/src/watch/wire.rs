//! Signed things on the wire: who signed what no honest key signs.

use super::Watch;
use super::signed::offence;
use crate::slots::{SLOT_MS, start_of};
use weft_types::{BlockHash, Evidence, Hash, Round, SignedHeader, SignedVote, Vote};

impl Watch {
    /// A voter's share was seen on the wire, with the seal of its vote.
    pub fn vote(&mut self, signed: &SignedVote, seal: Hash) {
        if !self.signed.seen.insert(seal) {
            return;
        }
        let vote = signed.vote;
        self.signed.by_target.entry(vote.target.hash).or_default().push(vote);
        let before = self.signed.votes.entry(vote.voter).or_default();
        let is_double = |old: &SignedVote| {
            offence(&old.vote, &vote).is_some() && old.vote.target.hash != vote.target.hash
        };
        if let Some(old) = before.iter().find(|old| is_double(old)) {
            let pair = || Evidence::Votes(Box::new(*old), Box::new(*signed));
            self.signed.twice.entry(vote.voter).or_insert_with(pair);
        }
        let rival = before.iter().find_map(|old| Some((offence(&old.vote, &vote)?, *old)));
        before.push(*signed);
        self.shares += 1;
        let Some((offence, old)) = rival else { return };
        self.signed.shown.insert(vote.voter);
        if !self.is_byzantine(&vote.voter) {
            let (voter, a, b) = (vote.voter, old.vote.target, vote.target);
            self.broken(format!(
                "{offence}: voter {voter} voted for {} in round {} and for {} in round {}",
                a.hash, a.round, b.hash, b.round
            ));
        }
    }

    /// A node records a share that it signs, by its own clock. A record that names the
    /// same share again signs nothing.
    pub fn signs(&mut self, clock: u64, signed: &SignedVote) {
        let vote = signed.vote;
        let is_new = self.signed.recorded.insert(signed.seal());
        let Some(block) = self.blocks.get(&vote.target.hash).filter(|_| is_new) else { return };
        let start = start_of(block.header().slot.0);
        if clock < start || (clock - start) * 4 >= SLOT_MS * 3 {
            let (voter, slot) = (vote.voter, block.header().slot);
            self.broken(format!("late share: {voter} signs for slot {slot} at {clock} ms"));
        }
    }

    /// A node sends a share of its own; `recorded` is what its disk has synced (R7).
    pub fn sends(&mut self, vote: &Vote, recorded: Round) {
        if recorded < vote.target.round {
            let (voter, round) = (vote.voter, vote.target.round);
            self.broken(format!("durability: {voter} sends a share of round {round} unrecorded"));
        }
    }

    /// A header was seen on the wire.
    pub fn header(&mut self, signed: &SignedHeader) {
        let (proposer, slot) = (signed.header.proposer, signed.header.slot);
        if self.is_byzantine(&proposer) {
            self.signed.by_byzantine.insert(signed.header.hash());
        }
        let first = self.signed.headers.entry((proposer, slot)).or_insert_with(|| signed.clone());
        if first.header == signed.header {
            return;
        }
        let (a, b) = (first.header.hash(), signed.header.hash());
        self.signed.shown.insert(proposer);
        if !self.is_byzantine(&proposer) {
            self.broken(format!("double header: {proposer} made {a} and {b} in slot {slot}"));
        }
    }

    /// Whether the proposer of a block that was announced is Byzantine.
    pub fn is_by_byzantine(&self, hash: &BlockHash) -> bool {
        self.signed.by_byzantine.contains(hash)
    }

    /// A node accuses a voter: rightly, and no honest one.
    pub fn accused(&mut self, node: usize, evidence: &Evidence) {
        let who = evidence.offender();
        // One good pair is enough to know an offender; its others are not verified again.
        let is_known = self.signed.shown.contains(&who);
        let is_shown = evidence.offence().is_ok() && (is_known || evidence.is_signed(&self.chain));
        if !is_shown || !self.is_byzantine(&who) {
            self.broken(format!("blame: node {node} accuses {who}, who offended: {is_shown}"));
        }
        if is_shown {
            self.signed.shown.insert(who);
        }
    }
}
