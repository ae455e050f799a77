//! Where commands that sign stand: a node and the chain it is of, and what an account can pay with.
//!
//! Not here: sending ([`super::submit`]).

use crate::args::Global;
use crate::output::{Exit, Failure};
use crate::remote::{Charter, Remote};
use serde_json::json;
use weft_types::hash::Domain;
use weft_types::signature::signed_bytes;
use weft_types::tx::Consent;
use weft_types::{Height, Nonce, PublicKey, Rao, SecretKey, Signature};

/// A node and the chain it is of: what a command signs for.
pub struct Desk<'a> {
    pub global: &'a Global,
    pub remote: Remote,
    pub charter: Charter,
}

/// What an account can pay with, at the node's head.
#[derive(Clone, Copy, Debug)]
pub struct Purse {
    /// Free coins less what its waiting transactions may take.
    pub spendable: Rao,
    /// The nonce behind all that wait.
    pub next: Nonce,
}

impl Purse {
    /// What can be spent when this fee is paid as well.
    pub const fn after(&self, fee: Rao) -> Rao {
        Rao(self.spendable.0.saturating_sub(fee.0))
    }
}

/// Reads an amount.
pub fn amount(text: &str) -> Result<Rao, Failure> {
    Rao::parse(text).map_err(|e| Failure::new(Exit::Usage, "BadAmount", e))
}

fn bad_answer(what: impl ToString) -> Failure {
    Failure::new(Exit::Failed, "BadAnswer", what)
}

impl<'a> Desk<'a> {
    /// The desk at the node that the flags name.
    pub async fn open(global: &'a Global) -> Result<Self, Failure> {
        let remote = Remote::new(global)?;
        let charter = remote.charter().await?;
        Ok(Self { global, remote, charter })
    }

    /// The height of the last final block.
    pub async fn final_height(&self) -> Result<Height, Failure> {
        let status = self.remote.call("chain_status", &json!({})).await?;
        let height = status["final_height"].as_u64();
        height.map(Height).ok_or_else(|| bad_answer("the node does not say its final height"))
    }

    /// A hotkey's signature under what it consents to.
    pub fn consent(&self, hotkey: &SecretKey, said: &Consent) -> Signature {
        hotkey.sign(&signed_bytes(Domain::Consent, &self.charter.chain, said))
    }

    /// What an account can pay with.
    pub async fn purse(&self, key: PublicKey) -> Result<Purse, Failure> {
        let params = json!({ "key": key, "at": "head" });
        let account = self.remote.call("account_get", &params).await?;
        let amount =
            |name: &str| serde_json::from_value::<Rao>(account[name].clone()).map_err(bad_answer);
        let next = serde_json::from_value(account["next_nonce"].clone()).map_err(bad_answer)?;
        let spendable = amount("free")?.0.saturating_sub(amount("waiting")?.0);
        Ok(Purse { spendable: Rao(spendable), next })
    }
}
