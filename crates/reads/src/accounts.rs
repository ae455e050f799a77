//! Answers about accounts, stake and transactions.

use crate::look::{Answer, Look};
use serde_json::json;
use weft_engine::accounts::AccountsAt;
use weft_ledger::query::{self, leaving};
use weft_ledger::state::Key;
use weft_types::hash::to_hex;
use weft_types::{Canonical as _, Hash, Height};

impl Look<'_> {
    pub(crate) fn account(&self) -> Answer {
        let key = self.key("key")?;
        self.read(|at| {
            let account = query::account(&at.view, &key);
            let accounts = AccountsAt::within(&self.seen.head);
            let (next, waiting) = {
                let pool = self.reads.waiting.look();
                (pool.next_nonce(&key, &accounts), pool.committed(&key, account.nonce))
            };
            Ok(json!({
                "address": self.reads.chain.address(key),
                "key": key,
                "open": query::has_account(&at.view, &key),
                "free": account.free,
                "nonce": account.nonce,
                "next_nonce": next.max(account.nonce),
                "waiting": waiting,
            }))
        })
    }

    pub(crate) fn proof(&self) -> Answer {
        let key = self.key("key")?;
        self.read(|at| {
            let proof = at.state.prove(&Key::Account(key));
            Ok(json!({ "proof": to_hex(&proof.to_bytes()), "state_root": at.state.root() }))
        })
    }

    pub(crate) fn stake(&self) -> Answer {
        let (hotkey, coldkey) = (self.key("hotkey")?, self.key("coldkey")?);
        self.read(|at| Ok(json!({ "stake": query::stake(&at.view, &hotkey, &coldkey) })))
    }

    pub(crate) fn leaving(&self) -> Answer {
        let coldkey = self.key("coldkey")?;
        let from = self.parse::<Option<Height>>("from")?.unwrap_or_default();
        self.read(|at| Ok(json!(leaving::page(&at.view, at.numbers(), (&coldkey, from)))))
    }

    pub(crate) fn get_tx(&self) -> Answer {
        let id: Hash = self.parse("id")?;
        let network = self.reads.chain.network;
        // In this order: what leaves the pool is in the records by then.
        let waits = self.reads.waiting.look().get(&id).is_some();
        let landed = self.reads.records.get(&id);
        let Some(landed) = landed.as_ref().filter(|landed| self.seen.says(landed.height)) else {
            let waits = waits || landed.is_some();
            let status = if waits { "pending" } else { "unknown" };
            return Ok(json!({ "id": id, "status": status, "network": network }));
        };
        let mut answer = landed.said(id);
        answer["id"] = json!(id);
        answer["height"] = json!(landed.height);
        answer["index"] = json!(landed.index);
        answer["network"] = json!(network);
        Ok(answer)
    }
}
