//! Trying a transaction on the head's state before anybody pays for it.
//!
//! It comes by the checker, as a submitted one does, so its signature is good and strangers
//! can't have more tried than they could submit. What it would do is said, or why it would
//! fail, by the same names as a receipt and a refusal; nothing is kept.

use crate::answer::Answer;
use crate::event::Reply;
use crate::node::Node;
use crate::submit::{no_state, refusal_error};
use crate::told::told;
use serde_json::json;
use weft_rpc::{Kind, RpcError};
use weft_types::CheckedTx;
use weft_types::check::TxError;

impl Node {
    /// Says what a checked transaction would do.
    pub(crate) fn answer_trial(&self, reply: Reply, checked: Vec<Result<CheckedTx, TxError>>) {
        let answer = self.knows_rules().and_then(|()| match checked.into_iter().next() {
            Some(Ok(tx)) => self.trial(&tx),
            Some(Err(error)) => Err(told(&error)),
            None => Err(RpcError::new(Kind::InvalidArgument, "BadTransaction", "there is none")),
        });
        // A client that went away does not want its answer.
        drop(reply.send(answer));
    }

    /// What a transaction would do in the next block.
    pub(crate) fn trial(&self, tx: &CheckedTx) -> Answer {
        let head = self.engine.core().head_hash();
        let view = self.engine.core().executor().view(&head).ok_or_else(no_state)?;
        let before = self.engine.before(tx.tx());
        let ledger = self.engine.core().executor().ledger();
        let trial = ledger.try_tx(&view, head, (&before, tx.tx()));
        let trial = trial.map_err(|e| refusal_error(&e, &tx.tx().body.call))?;
        trial.receipt.result.as_ref().map_err(told)?;
        Ok(json!({
            "tx": tx.id(),
            "network": self.chain.network,
            "height": self.engine.core().head().height,
            "fee": trial.receipt.fee,
            "events": trial.receipt.events,
            "free_before": trial.free_before,
            "free_after": trial.free_after,
        }))
    }
}
