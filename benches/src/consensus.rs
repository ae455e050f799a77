//! `bench consensus`: real processes under a steady load, measured from outside, with
//! the result checked.
//!
//! 1. A local network with the bench preset and funded senders is started.
//! 2. A load process of its own offers transfers at a fixed rate and watches them
//!    become final at every node ([`crate::load`]).
//! 3. The nodes are asked for their state roots and totals, then stopped.
//! 4. Each node's log is replayed from genesis; the replay must give the same roots and
//!    shows whether a voter ever voted or proposed twice.

use crate::host::{Host, Usage, usage};
use crate::offered::{LoadPlan, LoadReport};
use crate::percentiles::{Percentiles, percentiles};
use crate::reads::ReadReport;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use weft_rpc::client::Client;
use weft_testnet::up::{Wish, status, up};
use weft_testnet::{Net, NetError};
use weft_types::{ChainId, Rao};

/// Seconds of load before what counts.
pub const WARMUP_S: u64 = 3;

/// What each transfer pays: enough for its size.
const FEE: Rao = Rao(5_000);

/// What to measure.
#[derive(Clone, Debug)]
pub struct BenchPlan {
    /// The network, with its program and directory.
    pub wish: Wish,
    /// Transfers a second.
    pub rate: u64,
    /// Seconds that count.
    pub duration_s: u64,
    /// Reads a second of the first node meanwhile.
    pub reads: u64,
}

/// What was checked after the load.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Checks {
    /// Every node has the same state root at the same height.
    pub state_roots_equal: bool,
    /// Issuance equals the sum of its parts, summed over the whole state, at every node.
    pub conserved: bool,
    /// Replaying each node's log from genesis gives the roots that were live.
    pub replay_equal: bool,
    /// No voter signed two bodies for a round, no proposer two headers for a slot.
    pub no_double_vote: bool,
}

/// What became of the transfers of the part that counts.
#[derive(Clone, Debug, Serialize)]
pub struct Transfers {
    /// How many were offered.
    pub offered: u64,
    /// How many became final at every node.
    pub committed: u64,
    /// How many no node took.
    pub refused: u64,
    /// Why the first of those was not taken.
    pub first_refusal: Option<String>,
}

/// The result of a run.
#[derive(Clone, Debug, Serialize)]
pub struct BenchReport {
    /// Transfers offered a second.
    pub offered_tps: f64,
    /// Transfers a second that became final everywhere during the measured part.
    pub committed_tps: f64,
    /// Transfers offered, committed and refused.
    pub transfers: Transfers,
    /// From due to final everywhere, over all offered.
    pub finality_ms: Percentiles,
    /// Between two final blocks of the measured part, on average; none when there were none.
    pub block_ms: Option<f64>,
    /// The reads beside it, if there were any.
    pub reads: Option<ReadReport>,
    /// How many nodes.
    pub nodes: usize,
    /// Bytes of a transfer.
    pub tx_bytes: usize,
    /// Seconds that count.
    pub duration_s: u64,
    /// Seconds before.
    pub warmup_s: u64,
    /// How many accounts sent.
    pub senders: usize,
    /// The file of the subnet, if it was a real one.
    pub metagraph: Option<PathBuf>,
    /// Length of a slot.
    pub slot_ms: u64,
    /// Whether blocks and votes are synced to disk before they are acknowledged.
    pub fsync: bool,
    /// Whether every node verifies every signature.
    pub signatures_verified: bool,
    /// The checks.
    pub checks: Checks,
    /// What each node used.
    pub usage: Vec<Usage>,
    /// Where it ran.
    pub machine: Host,
    /// The text all keys are derived from.
    pub seed: String,
    /// The commit or version of the program.
    pub version: &'static str,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The network could not be run.
    #[error(transparent)]
    Net(#[from] NetError),
    /// A file could not be used.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A process said something that is no report.
    #[error("{what} gave no report: {reason}")]
    NoReport {
        /// Which.
        what: String,
        /// Why not.
        reason: String,
    },
}

/// Runs the whole bench.
///
/// # Errors
/// [`BenchError`] when a process fails; a failed check is in the report instead.
pub async fn run(plan: &BenchPlan, say: &impl Fn(&str)) -> Result<BenchReport, BenchError> {
    up(&plan.wish, say).await?;
    let net = Net::load(&plan.wish.dir)?;
    let measured = measure(plan, &net, say).await;
    let live = live_checks(&net).await;
    let usage = net.nodes.iter().map(|n| usage(&n.name, n.pid)).collect();
    net.down()?;
    let load = measured?;
    say("check     replaying every node's log");
    let (replay_equal, no_double_vote) = replay(plan, &net)?;
    let (state_roots_equal, conserved) = live;
    let checks = Checks { state_roots_equal, conserved, replay_equal, no_double_vote };
    Ok(report(plan, &load, checks, usage))
}

async fn measure(
    plan: &BenchPlan,
    net: &Net,
    say: &impl Fn(&str),
) -> Result<LoadReport, BenchError> {
    let chain = chain_id(net).await?;
    let load = LoadPlan {
        nodes: net.nodes.iter().map(|n| n.rpc.clone()).collect(),
        chain,
        seed: plan.wish.choice.seed.clone(),
        senders: plan.wish.choice.senders,
        rate: plan.rate,
        warmup_s: WARMUP_S,
        duration_s: plan.duration_s,
        fee: FEE,
        reads: plan.reads,
    };
    say(&format!("load      {} transfers/s for {} + {} s", plan.rate, WARMUP_S, plan.duration_s));
    let file = plan.wish.dir.join("load.json");
    let text = serde_json::to_string(&load).map_err(|e| no_report("the plan", &e))?;
    std::fs::write(&file, text).map_err(|source| BenchError::Io { path: file.clone(), source })?;
    let binary = plan.wish.binary.clone();
    let out = tokio::task::spawn_blocking(move || {
        Command::new(binary)
            .args(["bench", "load", "--json", "--plan"])
            .arg(file)
            .stderr(Stdio::inherit())
            .output()
    });
    let out = out.await.map_err(|e| no_report("the load process", &e))?;
    let path = plan.wish.binary.clone();
    data(&out.map_err(|source| BenchError::Io { path, source })?.stdout, "the load process")
}

fn no_report(what: &str, reason: &impl ToString) -> BenchError {
    BenchError::NoReport { what: what.to_owned(), reason: reason.to_string() }
}

/// The `data` of a command's envelope.
fn data<T: for<'a> Deserialize<'a>>(stdout: &[u8], what: &str) -> Result<T, BenchError> {
    let envelope: Value = serde_json::from_slice(stdout).map_err(|e| no_report(what, &e))?;
    // A failed check still says what it found.
    if envelope["ok"] != json!(true) && envelope["data"].is_null() {
        return Err(no_report(what, &envelope["error"]["message"]));
    }
    serde_json::from_value(envelope["data"].clone()).map_err(|e| no_report(what, &e))
}

async fn ask(url: &str, method: &str, params: Value) -> Option<Value> {
    let client = Client::new(url, Duration::from_secs(10)).ok()?;
    client.call::<_, Value>(method, &params).await.ok()
}

async fn chain_id(net: &Net) -> Result<ChainId, BenchError> {
    let url = net.nodes.first().map(|n| n.rpc.clone()).unwrap_or_default();
    let genesis = ask(&url, "chain_getGenesis", json!({})).await.unwrap_or_default();
    serde_json::from_value(genesis["chain_id"].clone()).map_err(|e| no_report("node0", &e))
}

/// Equal roots at one height that every node has, and full sums at every node.
async fn live_checks(net: &Net) -> (bool, bool) {
    let common = status(net).await.nodes.iter().filter_map(|n| n.final_height).min().unwrap_or(0);
    let (mut roots, mut conserved) = (Vec::new(), true);
    for node in &net.nodes {
        let block = ask(&node.rpc, "chain_getBlock", json!({ "height": common })).await;
        roots.push(block.map(|b| b["state_root"].clone()));
        let supply = ask(&node.rpc, "chain_getSupply", json!({ "audit": true })).await;
        conserved &= supply.is_some_and(|s| s["conserved"] == json!(true));
    }
    let equal = common > 0 && roots.iter().all(|r| r.is_some() && *r == roots[0]);
    (equal, conserved)
}

/// Replays each node's log with the program itself.
fn replay(plan: &BenchPlan, net: &Net) -> Result<(bool, bool), BenchError> {
    let (mut equal, mut single) = (true, true);
    for node in &net.nodes {
        let report = replay_one(&plan.wish.binary, &node.home)?;
        equal &= report["equal"] == json!(true);
        single &= report["double_votes"] == json!(0) && report["double_proposals"] == json!(0);
    }
    Ok((equal, single))
}

fn replay_one(binary: &Path, home: &Path) -> Result<Value, BenchError> {
    let out = Command::new(binary)
        .args(["node", "replay", "--json", "--home"])
        .arg(home)
        .output()
        .map_err(|source| BenchError::Io { path: binary.to_owned(), source })?;
    data(&out.stdout, "node replay")
}

fn report(plan: &BenchPlan, load: &LoadReport, checks: Checks, usage: Vec<Usage>) -> BenchReport {
    let choice = &plan.wish.choice;
    BenchReport {
        offered_tps: rate(load.offered, plan.duration_s),
        committed_tps: rate(load.within, plan.duration_s),
        transfers: Transfers {
            offered: load.offered,
            committed: load.committed,
            refused: load.refused,
            first_refusal: load.refusal.clone(),
        },
        finality_ms: percentiles(&load.latencies_ms),
        block_ms: (load.blocks > 0).then(|| 1_000.0 / rate(load.blocks, plan.duration_s)),
        reads: load.reads.clone(),
        nodes: choice.nodes,
        tx_bytes: load.tx_bytes,
        duration_s: plan.duration_s,
        warmup_s: WARMUP_S,
        senders: choice.senders,
        metagraph: plan.wish.metagraph.clone(),
        slot_ms: choice.slot_ms,
        fsync: true,
        signatures_verified: true,
        checks,
        usage,
        machine: Host::here(),
        seed: choice.seed.clone(),
        version: env!("CARGO_PKG_VERSION"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people, from counts below 2^52")]
fn rate(count: u64, seconds: u64) -> f64 {
    count as f64 / seconds.max(1) as f64
}
