//! Trying a transaction on the head's state before anybody pays for it.
//!
//! It comes by the checker, as a submitted one does, so its signature is good and strangers
//! can't have more tried than they could submit. What it would do is said, or why it would
//! fail, by the same names as a receipt and a refusal; nothing is kept.

use crate::look::{Answer, Look};
use crate::submit::breach_error;
use crate::told::told;
use serde_json::json;
use weft_engine::accounts::AccountsAt;
use weft_types::check::TxError;
use weft_types::{CheckedTx, Tx};

impl Look<'_> {
    /// What a checked transaction would do in the next block.
    pub(crate) fn trial(&self, checked: Result<CheckedTx, TxError>) -> Answer {
        self.knows_rules()?;
        let tx = checked.map_err(|error| told(&error))?;
        let head = &self.seen.head;
        let before = self.reads.waiting.before(tx.tx(), &AccountsAt::within(head));
        let before: Vec<&Tx> = before.iter().collect();
        let trial = head.ledger().try_tx(&head.view(), head.block(), (&before, tx.tx()));
        let trial = trial.map_err(|e| breach_error(&e, &tx.tx().body.call))?;
        trial.receipt.result.as_ref().map_err(told)?;
        Ok(json!({
            "tx": tx.id(),
            "network": self.reads.chain.network,
            "height": self.seen.header.height,
            "fee": trial.receipt.fee,
            "events": trial.receipt.events,
            "free_before": trial.free_before,
            "free_after": trial.free_after,
        }))
    }
}
