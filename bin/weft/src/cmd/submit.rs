//! What every command that signs does: sign, submit, wait until final, receipt. The
//! transaction's id stands on stderr before it is sent and in the answer even when the
//! wait runs out (exit 6): then the outcome is unknown, and `weft query tx ID` tells it.

use crate::args::{Global, Wait};
use crate::output::{Answer, Exit, Failure, note};
use crate::remote::{ChainInfo, Remote};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use weft_types::hash::{Domain, to_hex};
use weft_types::signature::signed_bytes;
use weft_types::tx::Consent;
use weft_types::{
    Address, Call, Canonical, ChainTag, Height, Nonce, PublicKey, Rao, SecretKey, Signature, Tx,
    TxBody,
};

/// How often a waiting command asks.
const LOOK: Duration = Duration::from_millis(100);

/// A node and the chain it is of: what a command signs for.
pub struct Desk<'a> {
    pub global: &'a Global,
    pub remote: Remote,
    pub chain: ChainInfo,
}

/// Reads an amount.
pub fn amount(text: &str) -> Result<Rao, Failure> {
    Rao::parse(text).map_err(|e| Failure::new(Exit::Usage, "BadAmount", e))
}

impl<'a> Desk<'a> {
    /// The desk at the node that the flags name.
    pub async fn open(global: &'a Global) -> Result<Self, Failure> {
        let remote = Remote::new(global)?;
        let chain = remote.chain().await?;
        Ok(Self { global, remote, chain })
    }

    /// The height of the last final block.
    pub async fn final_height(&self) -> Result<Height, Failure> {
        let status = self.remote.call("chain_status", &json!({})).await?;
        Ok(Height(status["final_height"].as_u64().unwrap_or(0)))
    }

    /// A hotkey's signature under what it consents to.
    pub fn consent(&self, hotkey: &SecretKey, said: &Consent) -> Signature {
        hotkey.sign(&signed_bytes(Domain::Consent, &self.chain.chain, said))
    }

    /// Sends a call that pays: with the next nonce and the least fee.
    pub async fn pay(&self, key: &SecretKey, call: Call, wait: Wait) -> Result<Answer, Failure> {
        let params = json!({ "key": key.public(), "at": "head" });
        let account = self.remote.call("account_get", &params).await?;
        let nonce = account["next_nonce"].as_u64().unwrap_or(0);
        let mut body = self.body(key, Nonce(nonce), call);
        let size = Tx { body: body.clone(), signature: Signature([0; 64]) }.to_bytes().len();
        body.fee = self.fee(size, body.call.count()).await?;
        let deposit = self.deposit_of(&body.call).await?;
        self.send(body.sign(key, &self.chain.chain), deposit, wait).await
    }

    /// Sends a call that is free.
    pub async fn give(&self, key: &SecretKey, call: Call, wait: Wait) -> Result<Answer, Failure> {
        let body = self.body(key, Nonce::ZERO, call);
        self.send(body.sign(key, &self.chain.chain), Rao::ZERO, wait).await
    }

    fn body(&self, key: &SecretKey, nonce: Nonce, call: Call) -> TxBody {
        let (chain, signer) = (ChainTag::of(&self.chain.chain), key.public());
        TxBody { chain, signer, nonce, fee: Rao::ZERO, valid_until: None, call }
    }

    async fn fee(&self, bytes: usize, calls: usize) -> Result<Rao, Failure> {
        let genesis = self.remote.call("chain_getGenesis", &json!({})).await?;
        let number = |name: &str| genesis["params"][name].as_str()?.parse::<u64>().ok();
        let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let (Some(base), Some(byte)) = (number("base_fee"), number("byte_fee")) else {
            return Err(Failure::new(Exit::Failed, "BadAnswer", "the node does not say its fees"));
        };
        let base = base.saturating_mul(wide(calls));
        Ok(Rao(base.saturating_add(byte.saturating_mul(wide(bytes)))))
    }

    /// Submits and waits. The deposit is what opening accounts costs at the price of now.
    async fn send(&self, tx: Tx, deposit: Rao, wait: Wait) -> Result<Answer, Failure> {
        let id = tx.body.id();
        let plan = json!({
            "tx": id,
            "call": tx.body.call,
            "signer": self.show(tx.body.signer),
            "nonce": tx.body.nonce,
            "fee": tx.body.fee,
            "deposit": deposit,
        });
        if self.global.dry_run {
            let mut text =
                format!("would send {} with fee {} TAO", tx.body.call.name(), tx.body.fee.as_tao());
            if deposit > Rao::ZERO {
                text.push_str(&format!(", and {} TAO to open accounts", deposit.as_tao()));
            }
            return Answer::new(&json!({ "plan": plan, "sent": false }), text);
        }
        note(&format!("tx {id}"));
        self.remote.call("tx_submit", &json!({ "raw": to_hex(&tx.to_bytes()) })).await?;
        let network = Some(self.chain.network.name().to_owned());
        if wait == Wait::None {
            let text = format!("sent {id}, not final yet: weft query tx {id}");
            return Ok(Answer::new(&json!({ "plan": plan, "tx": id, "status": "pending" }), text)?
                .at(network, None));
        }
        let receipt = self.settle(&id.to_string()).await?;
        let height = receipt["height"].as_u64();
        let text = said(&tx, &receipt);
        let data = json!({ "plan": plan, "tx": id, "status": "finalized", "receipt": receipt });
        Ok(Answer::new(&data, text)?.at(network, height))
    }

    fn show(&self, key: PublicKey) -> String {
        Address { network: self.chain.network, key }.to_string()
    }

    /// Waits until the transaction is final; its failure on the chain is ours.
    async fn settle(&self, id: &str) -> Result<Value, Failure> {
        let (start, limit) = (Instant::now(), Duration::from_secs(self.global.timeout));
        loop {
            let answer = self.remote.call("tx_get", &json!({ "id": id })).await?;
            match answer["status"].as_str() {
                Some("finalized") => return Ok(answer),
                Some("failed") => return Err(failed(&answer)),
                _ => {}
            }
            if start.elapsed() > limit {
                let message = format!(
                    "{id} is not final after {} s; its outcome is unknown",
                    limit.as_secs()
                );
                return Err(Failure::new(Exit::Timeout, "OutcomeUnknown", message)
                    .help(format!("weft query tx {id}")));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn failed(answer: &Value) -> Failure {
    let name = answer["error"]["name"].as_str().unwrap_or("Failed").to_owned();
    let message = answer["error"]["message"].as_str().unwrap_or_default().to_owned();
    Failure::new(Exit::Failed, &name, message).data(answer)
}

/// The receipt for people: where it landed, what it cost, what happened.
fn said(tx: &Tx, receipt: &Value) -> String {
    let height = receipt["height"].as_u64().map_or_else(|| "-".to_owned(), |h| h.to_string());
    let id = tx.body.id();
    let mut text = format!("final {id} in block {height}, fee {} TAO", tx.body.fee.as_tao());
    for event in receipt["receipt"]["events"].as_array().into_iter().flatten() {
        let name = event["event"].as_str().unwrap_or_default();
        let fields = event.as_object().into_iter().flatten().filter(|(key, _)| *key != "event");
        let fields: Vec<_> = fields.map(|(key, value)| format!("{key} {value}")).collect();
        text.push_str(&format!("\n{name}: {}", fields.join(", ")));
    }
    text
}
