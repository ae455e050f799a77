//! What every command that signs does: take its turn, sign, try, say the plan and the
//! transaction's id, keep the bytes, submit, wait until final, receipt.
//!
//! Tried on the head's state first, what would fail is refused before it is paid. Once the
//! bytes are on the wire, nothing that breaks says whether the node has them: then the
//! outcome is unknown (exit 6), the id stands in the error, and `--resume ID` ([`super::resume`])
//! sends the same bytes again.

use super::desk::{Desk, Purse, amount};
use super::kept::Kept;
use super::open;
use super::plan::Plan;
use super::turn;
use crate::args::{Paying, Sending, Wait};
use crate::output::{Answer, Exit, Failure, note};
use crate::remote::failure;
use crate::show::inline;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};
use weft_rpc::client::ClientError;
use weft_types::hash::to_hex;
use weft_types::{Call, Canonical, ChainTag, Nonce, Rao, SecretKey, Signature, Tx, TxBody, TxId};

/// How often a waiting command asks.
const LOOK: Duration = Duration::from_millis(100);

/// How often in a row a node may be out of reach while a command waits.
const SILENT: u32 = 20;

/// How often a nonce that somebody else has just taken is asked for anew.
const RIVALS: u32 = 8;

impl Desk<'_> {
    /// Sends a call that pays.
    pub async fn pay(
        &self,
        key: &SecretKey,
        call: Call,
        paying: &Paying,
    ) -> Result<Answer, Failure> {
        self.pay_with(key, paying, |_, _| Ok(call.clone())).await
    }

    /// Sends a call that pays and that is made from what there is to pay with and the fee.
    pub async fn pay_with(
        &self,
        key: &SecretKey,
        paying: &Paying,
        make: impl Fn(&Purse, Rao) -> Result<Call, Failure>,
    ) -> Result<Answer, Failure> {
        let turn = match self.global.dry_run {
            true => None,
            false => turn::take(self.global, &self.charter.chain, &key.public()).await?,
        };
        let mut rivals = 0;
        let (tx, plan) = loop {
            let purse = self.purse(key.public()).await?;
            let nonce = paying.nonce.map_or(purse.next, Nonce);
            let mut draft = make(&purse, Rao::ZERO)?;
            self.open_accounts(&mut draft).await?;
            let deposit = open::at_most(self.deposit_of(&draft).await?);
            let fee = match &paying.fee {
                Some(text) => amount(text)?,
                None => self.least_fee(self.body(key, nonce, draft.clone())),
            };
            let mut call = make(&Purse { spendable: purse.after(deposit), ..purse }, fee)?;
            open::as_in(&draft, &mut call);
            let tx = TxBody { fee, ..self.body(key, nonce, call) }.sign(key, &self.charter.chain);
            let sent = self.offer(&tx, deposit, &paying.sending).await;
            let taken = |e: &Failure| matches!(e.words.name.as_str(), "NonceTaken" | "NonceUsed");
            match sent {
                // Somebody signs with this key elsewhere; what was refused is nowhere.
                Err(e) if taken(&e) && paying.nonce.is_none() && rivals < RIVALS => rivals += 1,
                sent => break (tx, sent?),
            }
        };
        drop(turn);
        self.conclude(&tx, plan, &paying.sending).await
    }

    /// Sends a call that is free.
    pub async fn give(
        &self,
        key: &SecretKey,
        call: Call,
        sending: &Sending,
    ) -> Result<Answer, Failure> {
        let tx = self.body(key, Nonce::ZERO, call).sign(key, &self.charter.chain);
        let plan = self.offer(&tx, Rao::ZERO, sending).await?;
        self.conclude(&tx, plan, sending).await
    }

    fn body(&self, key: &SecretKey, nonce: Nonce, call: Call) -> TxBody {
        let (chain, signer) = (ChainTag::of(&self.charter.chain), key.public());
        TxBody { chain, signer, nonce, fee: Rao::ZERO, valid_until: None, call }
    }

    fn least_fee(&self, body: TxBody) -> Rao {
        let calls = body.call.count();
        let size = Tx { body, signature: Signature([0; 64]) }.to_bytes().len();
        self.charter.params.min_fee(u32::try_from(size).unwrap_or(u32::MAX), calls)
    }

    /// Tries a transaction, says the plan, and submits it: all but `--dry-run`'s.
    async fn offer(&self, tx: &Tx, deposit: Rao, sending: &Sending) -> Result<Plan, Failure> {
        let mut plan = Plan::of(tx, Some(deposit), &self.charter);
        if !sending.force {
            let raw = json!({ "raw": to_hex(&tx.to_bytes()) });
            let tried = self.remote.call("tx_try", &raw).await;
            let refused = |e: Failure| e.data(&json!({ "plan": plan.value, "sent": false }));
            let tried = tried.map_err(refused)?;
            plan.value["expected"] = json!({
                "height": tried["height"],
                "free_before": tried["free_before"],
                "free_after": tried["free_after"],
                "events": tried["events"],
            });
        }
        if !self.global.dry_run {
            note(&format!("plan {}", plan.text));
            note(&format!("tx {}", tx.body.id()));
            self.submit(tx).await?;
        }
        Ok(plan)
    }

    /// Keeps the bytes and hands them to the node. What breaks on the way leaves the outcome
    /// open; a refusal by name does not, and then nothing is kept. That holds for bytes which
    /// nobody has had: of those that were kept before, a node may hold what this one refuses.
    async fn submit(&self, tx: &Tx) -> Result<(), Failure> {
        let (id, kept) = (tx.body.id(), Kept::of(self.global, &self.charter.chain)?);
        let is_new = kept.keep(tx);
        match self.hand_over(tx).await {
            Ok(()) => Ok(()),
            Err(e) if is_new && e.is_certain() => {
                kept.forget(&id);
                Err(failure(e))
            }
            Err(e) => Err(unknown(&id, &e.to_string())),
        }
    }

    /// Hands the bytes to the node.
    pub async fn hand_over(&self, tx: &Tx) -> Result<(), ClientError> {
        let raw = json!({ "raw": to_hex(&tx.to_bytes()) });
        self.remote.ask("tx_submit", &raw).await.map(drop)
    }

    /// What the command says in the end.
    pub async fn conclude(
        &self,
        tx: &Tx,
        plan: Plan,
        sending: &Sending,
    ) -> Result<Answer, Failure> {
        let (id, network) = (tx.body.id(), Some(self.charter.network.name().to_owned()));
        let Plan { value: plan, text } = plan;
        if self.global.dry_run {
            let text = format!("would send {text}");
            return Ok(
                Answer::new(&json!({ "plan": plan, "sent": false }), text)?.at(network, None)
            );
        }
        if sending.wait == Wait::None {
            let text = format!("sent {id}, not final yet: weft query tx {id}");
            return Ok(Answer::new(&json!({ "plan": plan, "tx": id, "status": "pending" }), text)?
                .at(network, None));
        }
        let settled = self.settle(&id).await;
        if settled.as_ref().err().is_none_or(|e| e.exit != Exit::Timeout) {
            Kept::of(self.global, &self.charter.chain)?.forget(&id);
        }
        let receipt = settled?;
        let height = receipt["height"].as_u64();
        let text = said(tx, &receipt);
        let data = json!({ "plan": plan, "tx": id, "status": "finalized", "receipt": receipt });
        Ok(Answer::new(&data, text)?.at(network, height))
    }

    /// Waits until the transaction is final; its failure on the chain is ours. A node that
    /// is busy or says odd things is asked again; one that stays out of reach is given up.
    async fn settle(&self, id: &TxId) -> Result<Value, Failure> {
        let (start, limit) = (Instant::now(), Duration::from_secs(self.global.timeout));
        let mut silent = 0;
        let mut last = format!("not final after {} s", limit.as_secs());
        loop {
            let params = json!({ "id": id });
            let left = limit.saturating_sub(start.elapsed()).max(LOOK);
            match tokio::time::timeout(left, self.remote.ask("tx_get", &params)).await {
                Err(_) => {}
                Ok(Ok(answer)) => {
                    silent = 0;
                    match answer["status"].as_str() {
                        Some("finalized") => return Ok(answer),
                        Some("failed") => return Err(failed(id, &answer)),
                        _ => {}
                    }
                }
                Ok(Err(e)) => {
                    silent += 1;
                    last = e.to_string();
                }
            }
            if silent >= SILENT || start.elapsed() > limit {
                return Err(unknown(id, &last));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// What is said when a transaction was sent and nobody knows what became of it.
pub fn unknown(id: &TxId, why: &str) -> Failure {
    let message = format!("{id} was sent, and its outcome is unknown: {why}");
    Failure::new(Exit::Timeout, "OutcomeUnknown", message)
        .help(format!(
            "weft query tx {id} tells; the same command with --resume {id} sends the same bytes again and pays once"
        ))
        .context(json!({ "tx": id }))
}

/// The failure that a receipt holds, with all that the chain says of it.
fn failed(id: &TxId, answer: &Value) -> Failure {
    let error = &answer["error"];
    let text = |name: &str| error[name].as_str().unwrap_or_default();
    let kind = if text("kind").is_empty() { "failed" } else { text("kind") };
    let mut context = match &error["context"] {
        Value::Object(numbers) => numbers.clone(),
        _ => Map::new(),
    };
    context.insert("tx".to_owned(), json!(id));
    Failure::of_kind(kind, text("name"), text("message"))
        .help(text("help"))
        .context(Value::Object(context))
        .data(answer)
}

/// The receipt for people: where it landed, what it cost, what happened.
fn said(tx: &Tx, receipt: &Value) -> String {
    let height = receipt["height"].as_u64().map_or_else(|| "-".to_owned(), |h| h.to_string());
    let id = tx.body.id();
    let mut text = format!("final {id} in block {height}, fee {} TAO", tx.body.fee.as_tao());
    for event in receipt["receipt"]["events"].as_array().into_iter().flatten() {
        let name = event["event"].as_str().unwrap_or_default();
        let fields = event.as_object().into_iter().flatten().filter(|(key, _)| *key != "event");
        let fields: Vec<_> =
            fields.map(|(key, value)| format!("{key} {}", inline(key, value))).collect();
        text.push_str(&format!("\n{name}: {}", fields.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_whose_numbers_are_no_object_is_told_with_the_id_all_the_same() {
        let id = weft_types::Hash([7; 32]);
        for odd in [json!(null), json!("x"), json!([1]), json!({ "have": "1" })] {
            let error = json!({ "kind": "not_found", "name": "N", "context": odd });
            let failure = failed(&id, &json!({ "error": error }));
            assert_eq!(failure.words.context["tx"], json!(id));
            assert_eq!(failure.exit, Exit::NotFound);
        }
    }
}
