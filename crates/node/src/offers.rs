//! The voter's offer to vote, kept up by itself (R13).
//!
//! As soon as the voter's hotkey holds a permit and has a row in the state, and in every
//! quarter of a rotation once, a free call offers it as a voter. An offer that is lost is
//! sent again.
//!
//! Not here: rows (`rows`), and who is taken (the ledger).

use crate::engine::Engine;
use weft_ledger::query::voters;
use weft_types::{Call, Height, SecretKey};

/// After so many blocks an offer that is not in the state yet is sent again.
const AGAIN: u64 = 4;

/// Who offers itself, and when it did last.
#[derive(Default)]
pub struct Offers {
    key: Option<SecretKey>,
    sent: Option<Height>,
}

impl Offers {
    /// Those of a voter; of a node that doesn't vote there are none.
    #[must_use]
    pub const fn new(key: Option<SecretKey>) -> Self {
        Self { key, sent: None }
    }
}

impl Engine {
    /// Sends the voter's offer when one is due.
    pub(crate) fn offer_to_vote(&mut self) {
        let Some(key) = &self.offers.key else { return };
        let (head, hash) = (self.core.head().height, self.core.head_hash());
        if self.offers.sent.is_some_and(|sent| head.since(sent) < AGAIN) {
            return;
        }
        let Some(view) = self.core.executor().view(&hash) else { return };
        let Some(netuid) = voters::offer_due(&view, self.numbers(&view), &key.public()) else {
            return;
        };
        let call = Call::JoinVoters { netuid, at: head };
        if self.send_own(self.chain.free_call(key.public(), call), key) {
            self.offers.sent = Some(head);
        }
    }
}
