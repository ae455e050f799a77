//! The RPC's way to the engine: questions as events, transactions by way of the
//! checker, answers by a channel of one.

use crate::checker::Job;
use crate::event::{Event, Reply, Source};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use weft_rpc::{Backend, Health, Kind, Method, RpcError};
use weft_types::hash::from_hex;
use weft_types::{Canonical, Tx};

/// The most transactions of one `tx_submitMany`.
const MANY: usize = 2_000;

/// What the RPC server holds of the node.
#[derive(Clone)]
pub struct Door {
    /// To the engine.
    pub events: mpsc::Sender<Event>,
    /// To the checker.
    pub checker: mpsc::Sender<Job>,
}

fn stopping() -> RpcError {
    RpcError::new(Kind::NotReady, "Stopping", "the node is stopping")
}

impl Door {
    async fn ask(&self, method: Method, params: Value) -> Result<Value, RpcError> {
        let (reply, answer) = oneshot::channel();
        let event = Event::Query { method, params, reply };
        self.events.send(event).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }

    async fn submit(&self, txs: Vec<Tx>) -> Result<Value, RpcError> {
        let (reply, answer): (Reply, _) = oneshot::channel();
        let job = Job::Txs { source: Source::Client(reply), txs };
        self.checker.send(job).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }
}

fn transaction(raw: &Value) -> Result<Tx, RpcError> {
    let bad = |e: String| RpcError::new(Kind::InvalidArgument, "BadTransaction", e);
    let text = raw.as_str().ok_or_else(|| bad("a transaction is a text of hex".to_owned()))?;
    let bytes = from_hex(text).map_err(|e| bad(e.to_string()))?;
    Tx::from_bytes(&bytes).map_err(|e| bad(e.to_string()))
}

impl Backend for Door {
    async fn call(&self, method: Method, params: Value) -> Result<Value, RpcError> {
        match method {
            Method::TxSubmit => {
                let mut answers = self.submit(vec![transaction(&params["raw"])?]).await?;
                match answers["results"][0].take() {
                    Value::Object(one) if one.contains_key("error") => Err(refusal(&one["error"])),
                    one => Ok(one),
                }
            }
            Method::TxSubmitMany => {
                let raws = params["raws"].as_array().cloned().unwrap_or_default();
                if raws.len() > MANY {
                    let text = format!("{} transactions; {MANY} are allowed", raws.len());
                    return Err(RpcError::new(Kind::LimitExceeded, "TooMany", text));
                }
                let txs = raws.iter().map(transaction).collect::<Result<Vec<_>, _>>()?;
                self.submit(txs).await
            }
            _ => self.ask(method, params).await,
        }
    }

    async fn health(&self) -> Health {
        match self.ask(Method::ChainStatus, json!({})).await {
            Ok(status) => Health { reasons: reasons(&status) },
            Err(error) => Health { reasons: vec![error.to_string()] },
        }
    }

    async fn metrics(&self) -> String {
        let (reply, answer) = oneshot::channel();
        if self.events.send(Event::Metrics { reply }).await.is_err() {
            return String::new();
        }
        answer.await.unwrap_or_default()
    }
}

/// Slots without a final block after which a node says that it is not ready.
const STALE_SLOTS: u64 = 16;

fn reasons(status: &Value) -> Vec<String> {
    let lag = status["final_lag_slots"].as_u64().unwrap_or(u64::MAX);
    let late = lag > STALE_SLOTS;
    late.then(|| format!("the last final block is {lag} slots old")).into_iter().collect()
}

/// An error that stood in a list of answers, as an error of its own.
fn refusal(error: &Value) -> RpcError {
    let text = |name: &str| error["data"][name].as_str().unwrap_or_default().to_owned();
    let kind = serde_json::from_value(error["data"]["kind"].clone()).unwrap_or(Kind::Internal);
    let message = error["message"].as_str().unwrap_or_default();
    RpcError::new(kind, &text("name"), message)
        .help(&text("help"))
        .context(error["data"]["context"].clone())
}
