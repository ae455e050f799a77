//! Reads beside the load: metagraph, account, block and supply in turn, at a fixed rate, of one
//! node.
//!
//! As with transfers, the rate is kept by the clock, and a latency counts from the moment the
//! read was due.

use crate::percentiles::{Percentiles, percentiles};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use weft_rpc::client::Client;
use weft_types::PublicKey;

/// Length of a step; its reads go out together.
const STEP: Duration = Duration::from_millis(5);

/// Reads under way.
const IN_FLIGHT: usize = 64;

/// What became of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadReport {
    /// Reads a second that were asked for.
    pub rate: u64,
    /// Reads that were due.
    pub due: u64,
    /// Of these, answered without an error.
    pub answered: u64,
    /// The first error.
    pub first_error: Option<String>,
    /// From due to answered.
    pub latency_ms: Percentiles,
    /// The longest that the node's loop waited for readers since its start, in microseconds.
    pub loop_waited_us: Option<u64>,
}

/// Whom to ask, for whose account, how often, and for how long from when.
pub struct ReadPlan {
    /// The node.
    pub client: Arc<Client>,
    /// The account.
    pub account: PublicKey,
    /// Reads a second.
    pub rate: u64,
    /// When the first is due.
    pub start: Instant,
    /// How long they go on.
    pub length: Duration,
}

/// The n-th read.
fn question(plan: &ReadPlan, n: u64) -> (&'static str, Value) {
    match n % 4 {
        0 => ("subnet_metagraph", json!({ "netuid": 1 })),
        1 => ("account_get", json!({ "key": plan.account, "at": "head" })),
        2 => ("chain_getBlock", json!({ "height": 1 + n % 8, "txs": "ids" })),
        _ => ("chain_getSupply", json!({})),
    }
}

/// Reads until the time is over.
pub async fn run(plan: ReadPlan) -> ReadReport {
    let gate = Arc::new(Semaphore::new(IN_FLIGHT));
    let (mut tasks, mut due) = (JoinSet::new(), 0_u64);
    let mut since = Duration::ZERO;
    while since < plan.length {
        since += STEP;
        let at = plan.start + since;
        sleep_until(at).await;
        let until = u64::try_from(since.as_millis()).unwrap_or(u64::MAX) * plan.rate / 1_000;
        for n in due..until {
            let (client, (method, params)) = (Arc::clone(&plan.client), question(&plan, n));
            let Ok(turn) = Arc::clone(&gate).acquire_owned().await else { break };
            tasks.spawn(async move {
                let answer = client.call::<_, Value>(method, &params).await;
                drop(turn);
                let error = answer.err().map(|error| format!("{method}: {error}"));
                (u32::try_from(at.elapsed().as_millis()).unwrap_or(u32::MAX), error)
            });
        }
        due = until;
    }
    let (mut latencies, mut answered, mut first_error) = (Vec::new(), 0, None);
    while let Some(done) = tasks.join_next().await {
        let Ok((latency, error)) = done else { continue };
        latencies.push(latency);
        answered += u64::from(error.is_none());
        first_error = first_error.or(error);
    }
    latencies.sort_unstable();
    let latency_ms = percentiles(&latencies);
    let loop_waited_us = loop_waited(&plan.client).await;
    ReadReport { rate: plan.rate, due, answered, first_error, latency_ms, loop_waited_us }
}

/// What the node says of its own loop.
async fn loop_waited(client: &Client) -> Option<u64> {
    let text = client.text("/metrics").await.ok()?;
    text.lines().find_map(|l| l.strip_prefix("weft_rpc_loop_waited_us_max "))?.trim().parse().ok()
}
