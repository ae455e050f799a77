//! Offences that this node saw, taken to the chain (R17).
//!
//! What the core reports as evidence waits here. While a voter runs on this node it signs
//! a free call for the oldest. One goes at a time, since a pool keeps one report of a signer. What a block
//! would not take any more, because somebody's report was sooner or it shows no offence
//! of a voter, is dropped. A lost one is sent again.
//!
//! Not here: what an offence is (consensus), and what it costs (the ledger).

use crate::engine::Engine;
use std::collections::VecDeque;
use weft_ledger::rules::CallError;
use weft_types::{Call, Evidence, Height, SecretKey};

/// The most that wait; a newer one is left out, other nodes see it too.
const MOST: usize = 64;

/// After so many blocks a report that is not in the state yet is sent again.
const AGAIN: u64 = 4;

/// What waits to be reported, and by whom.
#[derive(Default)]
pub struct Reports {
    key: Option<SecretKey>,
    waiting: VecDeque<Evidence>,
    sent: Option<Height>,
}

impl Reports {
    /// Those of a voter; a node without one reports nothing.
    #[must_use]
    pub const fn new(key: Option<SecretKey>) -> Self {
        Self { key, waiting: VecDeque::new(), sent: None }
    }

    /// The voter's key.
    #[must_use]
    pub const fn key(&self) -> Option<&SecretKey> {
        self.key.as_ref()
    }

    /// Takes evidence in. Nobody reports itself: an offence of our own key is somebody's who
    /// has it too.
    pub fn add(&mut self, evidence: Evidence) {
        let is_own = self.key.as_ref().is_some_and(|key| key.public() == evidence.offender());
        let has_room = self.waiting.len() < MOST && !self.waiting.contains(&evidence);
        if self.key.is_some() && !is_own && has_room {
            self.waiting.push_back(evidence);
        }
    }
}

impl Engine {
    /// Sends the next report when one is due.
    pub(crate) fn report_offences(&mut self) {
        let Some(key) = self.reports.key.clone() else { return };
        let (head, hash) = (self.core.head().height, self.core.head_hash());
        while let Some(evidence) = self.reports.waiting.front() {
            let call = Call::ReportEvidence { evidence: evidence.clone() };
            let body = self.chain.free_call(key.public(), call);
            let executor = self.core.executor();
            let Some(view) = executor.view(&hash) else { return };
            let may = executor.ledger().try_free(&view, hash, &body);
            if matches!(may, Err(CallError::OffenceTooEarly { .. })) {
                return; // The next block is there soon.
            }
            if let Err(why) = may {
                tracing::info!(offender = %evidence.offender(), %why, "an offence is not reported");
                self.reports.waiting.pop_front();
                self.reports.sent = None;
                continue;
            }
            if self.reports.sent.is_some_and(|sent| head.since(sent) < AGAIN) {
                return;
            }
            if self.send_own(body, &key) {
                tracing::warn!(offender = %evidence.offender(), "an offence is reported");
                self.reports.sent = Some(head);
            }
            return;
        }
    }
}
