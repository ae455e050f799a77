//! The voter's offer to vote, kept up by itself (R13).
//!
//! As soon as the voter's hotkey holds a permit and has a row in the state, and in every
//! quarter of a rotation once, a free call offers it as a voter. An offer that is lost is
//! sent again.
//!
//! Not here: rows (`rows`), and who is taken (the ledger).

use crate::engine::Engine;
use weft_ledger::query::voters;
use weft_types::check::Known;
use weft_types::{Call, Height};

/// After so many blocks an offer that is not in the state yet is sent again.
const AGAIN: u64 = 4;

/// Whether a voter offers itself, and when it did last.
#[derive(Debug)]
pub struct Offers {
    is_on: bool,
    sent: Option<Height>,
}

impl Offers {
    /// Those of a voter, or of a node that offers nothing.
    #[must_use]
    pub const fn new(is_on: bool) -> Self {
        Self { is_on, sent: None }
    }

    /// Whether it is to offer itself from now on.
    pub const fn turn(&mut self, is_on: bool) {
        self.is_on = is_on;
    }

    /// What was sent got lost on the way to our own pool: it may be sent again at once.
    pub const fn lost(&mut self) {
        self.sent = None;
    }
}

impl<K: Known> Engine<K> {
    /// Sends the voter's offer when one is due.
    pub(crate) fn offer_to_vote(&mut self) {
        if !self.offers.is_on {
            return;
        }
        let (Some(voter), Some(key)) = (self.voter(), self.key().cloned()) else { return };
        let (head, hash) = (self.core().head().height, self.core().head_hash());
        if self.offers.sent.is_some_and(|sent| head.since(sent) < AGAIN) {
            return;
        }
        let executor = self.core().executor();
        let Some(view) = executor.view(&hash) else { return };
        let params = executor.ledger().numbers_of(&view);
        let Some(netuid) = voters::offer_due(&view, params, &voter) else { return };
        let call = Call::JoinVoters { netuid, at: head };
        self.send_own(self.free_call(voter, call), &key);
        self.offers.sent = Some(head);
    }
}
