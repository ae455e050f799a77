//! What those who sent transactions hear.

use crate::rules::unknown_rules;
use crate::told::told;
use serde_json::{Value, json};
use weft_engine::refused::Refused;
use weft_ledger::rules::{Breach, CallError};
use weft_rpc::{Kind, RpcError};
use weft_types::codec::CodecError;
use weft_types::{Call, TxId};

/// The answer to a client that submitted transactions.
pub fn answer(results: Vec<Result<TxId, Refused>>) -> Result<Value, RpcError> {
    if let Some(Err(Refused::Stopped(stopped))) = results.first() {
        return Err(unknown_rules(stopped));
    }
    let one = |result: Result<TxId, Refused>| match result {
        Ok(id) => json!({ "tx": id, "status": "pending" }),
        Err(why) => json!({ "error": refused(&why).to_json() }),
    };
    let results: Vec<Value> = results.into_iter().map(one).collect();
    Ok(json!({ "results": results }))
}

/// Why a transaction or a row was not taken.
pub fn refused(why: &Refused) -> RpcError {
    match why {
        Refused::Stopped(stopped) => unknown_rules(stopped),
        Refused::Tx(error) => told(error),
        Refused::Never(error, call) => breach_error(error, call),
        Refused::Call(error) => told(error),
        Refused::Pool(error) => told(error),
        Refused::NoState => no_state(),
    }
}

/// Why no block could carry a transaction, as an error of its own.
pub fn breach_error(error: &Breach, call: &Call) -> RpcError {
    match error {
        Breach::FreeCallFails { error, .. } => told(error),
        Breach::AgainstRules { error, .. } => told(error),
        Breach::CannotPay { have, need, .. } => {
            let (have, need) = (*have, *need);
            told(&match call {
                Call::RemoveStake { .. } => CallError::NotEnoughStake { have, need },
                _ => CallError::NotEnoughBalance { have, need },
            })
        }
        Breach::Expired { .. } => RpcError::new(Kind::InvalidArgument, "Expired", error),
        other => RpcError::new(Kind::Internal, "NotRun", other),
    }
}

/// What a client hears whose transactions can't be read.
pub fn unread(error: &CodecError) -> RpcError {
    RpcError::new(Kind::InvalidArgument, "BadTransaction", error)
}

/// What was to be tried on the head's state can't be: nothing is taken for good untried.
pub fn no_state() -> RpcError {
    RpcError::new(Kind::StatePruned, "StatePruned", "the state of the head is not kept")
        .help("try again in a moment")
}
