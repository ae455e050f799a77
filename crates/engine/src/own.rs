//! The free calls that the voter of a node sends by itself: its offer to vote (R13) and reports of
//! offences (R17).
//!
//! Not here: when the next offer may be sent (`offers`), and what waits to be reported (`reports`).

use crate::engine::Engine;
use crate::io::{Io, Note};
use crate::kept::Offences;
use weft_ledger::query::voters;
use weft_ledger::rules::CallError;
use weft_types::check::Known;
use weft_types::{BlockHash, Call, Offence, TxBody};

impl<K: Known> Engine<K> {
    /// Sends the voter's offer when one is due.
    pub(crate) fn offer_to_vote(&mut self) {
        let (head, hash) = (self.core().head().height, self.core().head_hash());
        if !self.offers.may_send(head) {
            return;
        }
        let (Some(voter), Some(key)) = (self.voter(), self.key().cloned()) else { return };
        let executor = self.core().executor();
        let Some(view) = executor.view(&hash) else { return };
        let params = executor.ledger().numbers_of(&view);
        let Some(netuid) = voters::offer_due(&view, params, &voter) else { return };
        let call = Call::JoinVoters { netuid, at: head };
        self.send_own(self.free_call(voter, call), &key);
        self.offers.sent(head);
    }

    /// Takes what waited to be reported when the node stopped, before [`Engine::start`].
    pub fn recall_offences(&mut self, kept: Offences) {
        self.reports.recall(kept);
    }

    /// What waits to be reported is written, twice a second at most: an offender makes as many as it
    /// likes.
    pub(crate) fn keep_offences(&mut self) {
        if let Some(kept) = self.reports.news() {
            self.out(Io::Offences(Box::new(kept)));
        }
    }

    /// Sends the reports that are due.
    pub(crate) fn report_offences(&mut self) {
        if self.reports.count() == 0 {
            return;
        }
        let (Some(voter), Some(key)) = (self.voter(), self.key().cloned()) else { return };
        let (head, hash) = (self.core().head().height, self.core().head_hash());
        for (name, evidence) in self.reports.due(head) {
            let body = self.free_call(voter, Call::ReportEvidence { evidence });
            match self.try_free(&hash, &body) {
                None | Some(Err(CallError::OffenceTooEarly { .. })) => continue, // A block has yet to come so far.
                Some(Ok(())) => {
                    self.send_own(body, &key);
                    self.note(Note::ReportSent(name.0));
                }
                // What only the head says, which may yet be another, is not for good.
                Some(Err(why)) if self.is_refused_for_good(name.1, &body) => {
                    self.note(Note::NotReported { offender: name.0, why });
                    self.reports.forget(&name);
                    continue;
                }
                Some(Err(_)) => {}
            }
            // Also where another's report waits: it is looked at again when that had its time.
            self.reports.tried(&name, head);
        }
    }

    /// Whether the last final state refuses a report too, for what no later block changes: below the
    /// offence it may not know yet that the offender votes.
    fn is_refused_for_good(&self, offence: Offence, report: &TxBody) -> bool {
        let (header, last) = self.core().finalized();
        let is_behind = match offence {
            Offence::Vote(round) => header.round < round,
            Offence::Header(slot) => header.slot < slot,
        };
        match self.try_free(&last, report) {
            Some(Err(CallError::HadNoPower { .. })) => !is_behind,
            Some(Err(why)) => matches!(
                why,
                CallError::NoOffence { .. }
                    | CallError::OffenceTooOld { .. }
                    | CallError::OffenceKnown { .. }
                    | CallError::OffencesFull { .. }
            ),
            None | Some(Ok(())) => false,
        }
    }

    /// What the state after a block says of a free call; nothing when it is not kept.
    fn try_free(&self, after: &BlockHash, body: &TxBody) -> Option<Result<(), CallError>> {
        let executor = self.core().executor();
        let view = executor.view(after)?;
        Some(executor.ledger().try_free(&view, *after, body))
    }
}
