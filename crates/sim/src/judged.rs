//! What a node thinks of others, held against the truth: nobody honest is blamed, accused or refused,
//! and who offends before the eyes of an honest node is accused.

use crate::agenda::Said;
use crate::net::Net;
use crate::plan::Conflict;
use crate::strangers::FIRST;
use crate::watch::offends;
use weft_consensus::{Dismissal, Foreign};
use weft_types::{BlockHash, Evidence};

impl Net {
    /// A node believes that its key runs elsewhere too: only that of a twin does, whose nodes
    /// are not asked.
    pub fn key_twice(&mut self, i: usize, seen: &Foreign) {
        if self.world.keys.get(i).is_some_and(|key| self.watch.is_byzantine(&key.public())) {
            return; // It was sold.
        }
        self.watch.broken(format!("own key: node {i} takes {seen} for somebody else's"));
    }

    /// A node blames another: no honest node gives an honest one a reason to.
    pub fn blames(&mut self, i: usize, other: usize, why: &str) {
        if !self.is_byzantine(i) && !self.is_byzantine(other) && other < FIRST {
            self.watch.broken(format!("blame: node {i} blames node {other}: {why}"));
        }
    }

    /// A node sees an offence: an honest voter commits none.
    pub fn accuse(&mut self, i: usize, evidence: &Evidence) {
        self.faults.note("evidence");
        self.watch.accused(i, evidence);
        if !self.is_byzantine(i) && !self.plan.is_twin(i) {
            self.watch.duties.saw(i, self.now, evidence);
        }
        if let Some(node) = self.nodes.get_mut(i) {
            node.taken.accused.insert(evidence.offender());
        }
        self.witness_dies(i);
    }

    /// An honest node took a message in: of two that no honest key signs both of, the
    /// second must have made it accuse the signer.
    pub fn takes(&mut self, i: usize, said: &Said) {
        if self.is_byzantine(i) {
            return;
        }
        let Some(node) = self.nodes.get_mut(i) else { return };
        let Some(last) = node.core().map(|core| core.finalized().0.clone()) else { return };
        let who = match said {
            Said::Share(share) if share.vote().target.round > last.round => {
                let vote = share.vote();
                let votes = node.taken.votes.entry(vote.voter).or_default();
                // What finality has passed the node may have forgotten.
                votes.retain(|old| old.target.round > last.round);
                let is_offence = votes.iter().any(|old| old != vote && offends(old, vote));
                votes.push(*vote);
                is_offence.then_some(vote.voter)
            }
            Said::Header(signed) if signed.header.slot > last.slot => {
                let (header, hash) = (&signed.header, signed.header.hash());
                let first = node.taken.headers.entry((header.proposer, header.slot));
                (*first.or_insert(hash) != hash).then_some(header.proposer)
            }
            _ => None,
        };
        if let Some(who) = who.filter(|who| !node.taken.accused.contains(who)) {
            self.watch.broken(format!("blind: node {i} took two of {who} and accused nobody"));
        }
    }

    pub fn refused(&mut self, i: usize, hash: &BlockHash, why: &Dismissal) {
        let is_grave = match why {
            // What one honest node executed all take.
            Dismissal::Invalid(_) => {
                !self.watch.is_by_byzantine(hash) || self.watch.blocks.contains_key(hash)
            }
            Dismissal::Draft(_) => true,
            Dismissal::Conflict(_) => {
                self.plan.conflict == Conflict::Never && self.plan.former.is_none()
            }
            _ => false,
        };
        if is_grave && !self.is_byzantine(i) {
            self.watch.broken(format!("refusal: node {i} refuses {hash}: {why}"));
        }
    }
}
