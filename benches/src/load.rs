//! The load process: offers pre-signed transfers at a fixed rate and watches when each
//! is final at every node.
//!
//! The rate is kept by the clock, not by answers: a transfer's latency counts from the
//! moment it was due, so a net that makes its clients wait is not flattered. One that
//! is never seen final counts as the length of the run.

use crate::offered::{LoadPlan, LoadReport};
use crate::reads::{self, ReadPlan, ReadReport};
use crate::watch::{Finals, watch};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use weft_rpc::client::{Client, ClientError};
use weft_testnet::plan::sender;
use weft_types::hash::to_hex;
use weft_types::{Call, Canonical, ChainTag, Nonce, PublicKey, Rao, SecretKey, TxBody, TxId};

/// Length of a step of the load; its transfers go out together.
const STEP: Duration = Duration::from_millis(10);

/// How long the nodes may take to finish after the last transfer.
const DRAIN: Duration = Duration::from_secs(10);

/// Requests under way to one node.
const IN_FLIGHT: usize = 64;

/// One signed transfer.
struct Signed {
    id: TxId,
    raw: String,
    bytes: usize,
}

/// Why the load could not be offered.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A node could not be asked.
    #[error("a node could not be asked: {0}")]
    Client(#[from] ClientError),
    /// The plan makes no load.
    #[error("the plan offers nothing: rate, duration, senders and nodes must be positive")]
    Empty,
}

/// Signs everything, offers it, waits for the rest and reports.
///
/// # Errors
/// [`LoadError`] when a node can't be reached or the plan is empty.
pub async fn run(plan: &LoadPlan) -> Result<LoadReport, LoadError> {
    let total = plan.rate.saturating_mul(plan.warmup_s.saturating_add(plan.duration_s));
    if total == 0 || plan.senders == 0 || plan.nodes.is_empty() || plan.duration_s == 0 {
        return Err(LoadError::Empty);
    }
    let signed = sign_all(plan, total);
    let clients = plan
        .nodes
        .iter()
        .map(|url| Client::new(url, Duration::from_secs(10)).map(Arc::new))
        .collect::<Result<Vec<_>, _>>()?;
    let watcher = tokio::spawn(watch(clients.clone(), signed.len()));
    let start = Instant::now() + Duration::from_millis(200);
    let reading = read_beside(plan, &clients, start);
    let (refused, refusal) = offer(plan, &signed, &clients, start).await;
    let ids: Vec<TxId> = signed.iter().map(|s| s.id).collect();
    let deadline = Instant::now() + DRAIN;
    let finals = Finals::collect(watcher, &ids, deadline).await;
    let mut report = finals.report(plan, &ids, start);
    report.tx_bytes = signed.first().map_or(0, |s| s.bytes);
    report.refused = refused;
    report.refusal = refusal;
    if let Some(reading) = reading {
        report.reads = reading.await.ok();
    }
    Ok(report)
}

/// Starts the reads, if there are to be any.
fn read_beside(
    plan: &LoadPlan,
    clients: &[Arc<Client>],
    start: Instant,
) -> Option<JoinHandle<ReadReport>> {
    let client = clients.first().filter(|_| plan.reads > 0)?;
    Some(tokio::spawn(reads::run(ReadPlan {
        client: Arc::clone(client),
        account: sender(&plan.seed, 0).public(),
        rate: plan.reads,
        start: start + Duration::from_secs(plan.warmup_s),
        length: Duration::from_secs(plan.duration_s),
    })))
}

/// The sender of the n-th transfer, its nonce, and the node it goes to: a sender keeps
/// to one node, so its nonces arrive in order.
fn place(plan: &LoadPlan, n: usize) -> (usize, u64, usize) {
    let who = n % plan.senders;
    let nonce = u64::try_from(n / plan.senders).unwrap_or(u64::MAX);
    (who, nonce, who % plan.nodes.len())
}

fn sign_all(plan: &LoadPlan, total: u64) -> Vec<Signed> {
    let keys: Vec<SecretKey> = (0..plan.senders).map(|n| sender(&plan.seed, n)).collect();
    let public: Vec<PublicKey> = keys.iter().map(SecretKey::public).collect();
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    let sign = |n: usize| {
        let (who, nonce, _) = place(plan, n);
        let to = public[(who + 1) % public.len()];
        let body = TxBody {
            chain: ChainTag::of(&plan.chain),
            signer: public[who],
            nonce: Nonce(nonce),
            fee: plan.fee,
            valid_until: None,
            call: Call::Transfer { to, amount: Rao(1_000), open: true },
        };
        let id = body.id();
        let raw = body.sign(&keys[who], &plan.chain).to_bytes();
        Signed { id, raw: to_hex(&raw), bytes: raw.len() }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = total.div_ceil(threads);
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|t| (t * part).min(total)..((t + 1) * part).min(total))
            .map(|range| scope.spawn(|| range.map(sign).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|p| p.join().unwrap_or_default()).collect()
    })
}

/// Offers step by step; answers how many were refused, and why first.
async fn offer(
    plan: &LoadPlan,
    signed: &[Signed],
    clients: &[Arc<Client>],
    start: Instant,
) -> (u64, Option<String>) {
    let gates: Vec<_> = clients.iter().map(|_| Arc::new(Semaphore::new(IN_FLIGHT))).collect();
    let mut tasks = tokio::task::JoinSet::new();
    let mut sent = 0;
    let mut step = 0_u32;
    while sent < signed.len() {
        step += 1;
        let due = start + STEP * step;
        sleep_until(due).await;
        let until = due_count(plan, STEP * step).min(signed.len());
        let mut per_node: Vec<Vec<&str>> = vec![Vec::new(); clients.len()];
        for (n, tx) in signed.iter().enumerate().take(until).skip(sent) {
            per_node[place(plan, n).2].push(&tx.raw);
        }
        sent = until;
        for (node, raws) in per_node.into_iter().enumerate().filter(|(_, raws)| !raws.is_empty()) {
            let (client, gate) = (Arc::clone(&clients[node]), Arc::clone(&gates[node]));
            let params = json!({ "raws": raws });
            let permit = gate.acquire_owned().await;
            tasks.spawn(async move {
                let answer = client.call::<_, Value>("tx_submitMany", &params).await;
                drop(permit);
                refusals(answer, params["raws"].as_array().map_or(0, Vec::len))
            });
        }
    }
    let mut all = (0, None);
    while let Some(done) = tasks.join_next().await {
        if let Ok((count, reason)) = done {
            all.0 += count;
            all.1 = all.1.or(reason);
        }
    }
    all
}

/// How many transfers are due this long after the start.
fn due_count(plan: &LoadPlan, since: Duration) -> usize {
    let due = since.as_micros().saturating_mul(u128::from(plan.rate)) / 1_000_000;
    usize::try_from(due).unwrap_or(usize::MAX)
}

fn refusals(answer: Result<Value, ClientError>, offered: usize) -> (u64, Option<String>) {
    match answer {
        Ok(answer) => {
            let results = answer["results"].as_array().cloned().unwrap_or_default();
            let errors: Vec<_> = results.iter().filter(|r| r["error"].is_object()).collect();
            let first = errors.first().map(|r| r["error"]["message"].to_string());
            (u64::try_from(errors.len()).unwrap_or(u64::MAX), first)
        }
        Err(error) => (u64::try_from(offered).unwrap_or(u64::MAX), Some(error.to_string())),
    }
}
