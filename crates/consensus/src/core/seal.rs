//! Our own block: drafted here, filled by the shell, sealed here (R5, R6).

use super::Core;
use crate::clock::Moment;
use crate::counters::Counters;
use crate::effect::Effect;
use crate::error::Dismissal;
use crate::propose;
use std::sync::Arc;
use weft_types::check::{Known, seal_block};
use weft_types::executor::{Assembled, Draft, Executor};
use weft_types::{CheckedTx, Millis};

impl<E: Executor, K: Known> Core<E, K> {
    /// Asks the shell for transactions when it is our turn and time.
    pub(super) fn propose(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        let head = self.head_node();
        let slot = moment.slot;
        let Some(voter) = self.voter.as_ref().filter(|_| self.stopped().is_none()) else { return };
        let is_ours = head.schedule.proposer(slot) == Some(voter.public()); // R4
        let is_new = slot > head.header().slot && slot > self.turn.drafted; // R5
        // Nobody signs a share for a block of the last quarter (R7).
        let is_time = moment.quarter < 3 && self.is_steady(moment);
        if !(is_ours && is_new && is_time && voter.may_propose(slot)) {
            return;
        }
        if !propose::is_ready(&self.forks, head, moment.quarter) {
            return; // R6
        }
        if let Some(draft) =
            propose::draft(&self.forks, head, slot, (voter.public(), &self.program))
        {
            self.turn.drafted = slot;
            out.push(Effect::Propose(draft));
        }
    }

    /// Finishes a draft with transactions: executes, signs and announces the block,
    /// and votes for it. The proposed slot is recorded before the block leaves (R5).
    #[must_use]
    pub fn seal(&mut self, now: Millis, draft: Draft, txs: Vec<CheckedTx>) -> Vec<Effect> {
        let moment = self.look_at_clock(now);
        let mut out = Vec::new();
        match self.assemble(moment, &draft, txs) {
            Ok(assembled) => self.publish(moment, draft, assembled, &mut out),
            Err(why) => out.push(Effect::Dismissed { hash: self.head, why }),
        }
        self.settle(moment, &mut out);
        out
    }

    fn assemble(
        &mut self,
        moment: Moment,
        draft: &Draft,
        txs: Vec<CheckedTx>,
    ) -> Result<Assembled, Dismissal> {
        let (slot, tree) = (draft.header.slot, self.forks.tree());
        let may = self.voter.as_ref().is_some_and(|v| v.may_propose(slot));
        let has_parent = tree.get(&draft.header.parent).is_some_and(|n| tree.is_open(n));
        if slot != moment.slot || !may || !has_parent || !self.is_steady(moment) {
            return Err(Dismissal::StaleDraft { slot, now: moment.slot });
        }
        self.executor.assemble(draft, txs).map_err(|why| Dismissal::Draft(Arc::new(why)))
    }

    fn publish(
        &mut self,
        moment: Moment,
        draft: Draft,
        assembled: Assembled,
        out: &mut Vec<Effect>,
    ) {
        let Some(voter) = &mut self.voter else { return };
        let Assembled { header, txs, executed } = assembled;
        voter.propose(header.slot);
        let signer = (voter.key(), &self.chain);
        let block = seal_block(header, signer, draft.proof, draft.catch_up, txs);
        let block = Arc::new(block);
        out.push(Effect::Append(Arc::clone(&block)));
        out.push(Effect::Record(voter.record().clone()));
        out.push(Effect::Announce(block.block().signed.clone()));
        self.add(moment, &block, (draft.finality, executed), out);
        Counters::bump(&mut self.counters.proposals);
    }
}
