//! Which accounts a call opens: a sender looks before it says so, and sees what it costs.

use super::desk::Desk;
use crate::output::{Exit, Failure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use weft_types::{Call, PublicKey, Rao};

impl Desk<'_> {
    /// Says `open` in every transfer to somebody who has no account at the head, and in the
    /// others that there is nothing to open.
    pub async fn open_accounts(&self, call: &mut Call) -> Result<(), Failure> {
        let mut known = BTreeMap::new();
        for transfer in transfers(call) {
            let Call::Transfer { to, open, .. } = transfer else { continue };
            let is_open = match known.get(to) {
                Some(is_open) => *is_open,
                None => self.has_account(to).await?,
            };
            // The first of several opens it for the others.
            known.insert(*to, true);
            *open = !is_open;
        }
        Ok(())
    }

    /// What the accounts that a call opens cost at the price of now; nothing for most calls.
    pub async fn deposit_of(&self, call: &Call) -> Result<Rao, Failure> {
        let count = opens(call);
        if count == 0 {
            return Ok(Rao::ZERO);
        }
        let status = self.remote.call("chain_status", &json!({})).await?;
        let price = rao(&status["state"]["account_deposit"]).ok_or_else(|| {
            let held = (&status["state"]["values"], &status["state"]["capacity"]);
            let text = format!(
                "the state holds {} of {} values: no account can be opened",
                held.0, held.1
            );
            Failure::new(Exit::Failed, "StateFull", text).help("send to an account that is open")
        })?;
        Ok(Rao(price.0.saturating_mul(count)))
    }

    async fn has_account(&self, key: &PublicKey) -> Result<bool, Failure> {
        let account = self.remote.call("account_get", &json!({ "key": key, "at": "head" })).await?;
        account["open"].as_bool().ok_or_else(|| {
            let text = "the node does not say whether an account is open";
            Failure::new(Exit::Failed, "BadAnswer", text).help("update the node")
        })
    }
}

/// Says of a call what was found out of another that goes to the same accounts.
pub fn as_in(found: &Call, call: &mut Call) {
    match (found, call) {
        (Call::Transfer { open: found, .. }, Call::Transfer { open, .. }) => *open = *found,
        (Call::Batch { calls: found }, Call::Batch { calls }) => {
            for (found, call) in found.iter().zip(calls) {
                as_in(&found.0, &mut call.0);
            }
        }
        _ => {}
    }
}

/// A deposit and a little more: others may open accounts in the blocks until then.
pub const fn at_most(deposit: Rao) -> Rao {
    Rao(deposit.0.saturating_add(deposit.0 / 100))
}

fn transfers(call: &mut Call) -> Vec<&mut Call> {
    match call {
        Call::Transfer { .. } => vec![call],
        Call::Batch { calls } => calls.iter_mut().map(|call| &mut call.0).collect(),
        _ => Vec::new(),
    }
}

/// How many accounts a call says to open.
fn opens(call: &Call) -> u64 {
    match call {
        Call::Transfer { open, .. } => u64::from(*open),
        Call::Batch { calls } => calls.iter().map(|call| opens(&call.0)).sum(),
        _ => 0,
    }
}

fn rao(value: &Value) -> Option<Rao> {
    value.as_str()?.parse().ok().map(Rao)
}
