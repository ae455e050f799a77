//! Trying a transaction on the head's state before anybody pays for it.
//!
//! It comes by the checker, as a submitted one does, so its signature is good and strangers
//! can't have more tried than they could submit. What it would do is said, or why it would
//! fail, by the same names as a receipt and a refusal; nothing is kept.

use crate::answer::Answer;
use crate::engine::Engine;
use crate::event::Reply;
use crate::submit::{AccountsAt, no_state};
use crate::told::told;
use serde_json::json;
use weft_ledger::rules::{CallError, Refusal};
use weft_mempool::Accounts as _;
use weft_rpc::{Kind, RpcError};
use weft_types::check::TxError;
use weft_types::{Call, CheckedTx, Nonce, Tx};

/// The most waiting transactions of a signer that run before the one that is tried.
const BEFORE: usize = 64;

impl Engine {
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
        let head = self.core.head_hash();
        let view = self.core.executor().view(&head).ok_or_else(no_state)?;
        let before = self.before(tx.tx());
        let ledger = self.core.executor().ledger();
        let trial = ledger.try_tx(&view, head, (&before, tx.tx()));
        let trial = trial.map_err(|e| refusal_error(&e, &tx.tx().body.call))?;
        trial.receipt.result.as_ref().map_err(told)?;
        Ok(json!({
            "tx": tx.id(),
            "network": self.chain.network,
            "height": self.core.head().height,
            "fee": trial.receipt.fee,
            "events": trial.receipt.events,
            "free_before": trial.free_before,
            "free_after": trial.free_after,
        }))
    }

    /// What waits of the signer and runs before this one.
    fn before(&self, tx: &Tx) -> Vec<&Tx> {
        if tx.body.call.is_free() {
            return Vec::new();
        }
        let accounts = AccountsAt::of(self.core.executor(), &self.core.head_hash());
        let first: Nonce = accounts.account(&tx.body.signer).nonce;
        let waiting = self.pool.waiting(&tx.body.signer, first);
        let earlier = waiting.filter(|w| w.tx().body.nonce < tx.body.nonce);
        earlier.take(BEFORE).map(CheckedTx::tx).collect()
    }
}

/// Why no block could carry a transaction, as an error of its own.
fn refusal_error(error: &Refusal, call: &Call) -> RpcError {
    match error {
        Refusal::FreeCallFails { error, .. } => told(error),
        Refusal::AgainstRules { error, .. } => told(error),
        Refusal::CannotPay { have, need, .. } => {
            let (have, need) = (*have, *need);
            told(&match call {
                Call::RemoveStake { .. } => CallError::NotEnoughStake { have, need },
                _ => CallError::NotEnoughBalance { have, need },
            })
        }
        Refusal::Expired { .. } => RpcError::new(Kind::InvalidArgument, "Expired", error),
        other => RpcError::new(Kind::Internal, "NotRun", other),
    }
}
