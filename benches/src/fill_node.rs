//! `bench fill --node`: what a node has in memory that was filled while it ran, and what the
//! same node has after a restart.
//!
//! 1. a node of its own is started, the one voter of its chain;
//! 2. batches of calls, each of which makes one value, go to its RPC, a few blocks' worth at a
//!    time, until its state holds as many values more as were asked for;
//! 3. it is looked at some blocks later, when its checkpoints are written;
//! 4. it is stopped, started again, and looked at when it has made as many blocks.
//!
//! Both looks are at one state, so what the first one has more is what running left behind.

use crate::chain::key;
use crate::consensus::BenchError;
use crate::fill::Filler;
use crate::host::{Resident, load_average, resident};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use weft_rpc::client::Client;
use weft_testnet::Net;
use weft_testnet::plan::sender;
use weft_testnet::up::{Wish, up};
use weft_types::call::BatchCall;
use weft_types::hash::to_hex;
use weft_types::{
    Call, Canonical as _, ChainTag, Genesis, Nonce, PublicKey, Rao, SecretKey, TxBody,
};

/// Accounts that open others; they have a hundred TAO each.
pub const SENDERS: usize = 64;

/// Batches of one request.
const AT_ONCE: usize = 32;

/// So many blocks later a node has written its checkpoints and let go of what it can.
const BLOCKS: u64 = 48;

/// How often the node is asked meanwhile.
const LOOK: Duration = Duration::from_millis(50);

/// How long it may be without progress.
const PATIENCE: Duration = Duration::from_secs(60);

/// What each call pays: enough for any size of batch.
const FEE: u64 = 20_000;

/// What is filled.
#[derive(Clone, Debug)]
pub struct NodePlan {
    /// The network, of one node.
    pub wish: Wish,
    /// With what: accounts or positions.
    pub kind: Filler,
    /// How many.
    pub entries: u32,
    /// Names of what is made follow from it.
    pub seed: u64,
}

/// What the node had.
#[derive(Clone, Debug, Serialize)]
pub struct NodeReport {
    /// Before it was filled.
    pub before: Resident,
    /// After, still running.
    pub after: Resident,
    /// The same node started again.
    pub restarted: Resident,
    /// By how many hundredths the running one is larger than the restarted one.
    pub more_percent: i64,
    /// How many calls there were in a batch.
    pub batch: usize,
    /// The machine's load at the end, over one minute and five.
    pub load: String,
}

/// How many funded accounts a kind needs.
#[must_use]
pub fn senders(kind: Filler, entries: u32) -> usize {
    match kind {
        Filler::Position => usize::try_from(entries).unwrap_or(usize::MAX).div_ceil(HOTKEYS),
        _ => SENDERS,
    }
}

/// Hotkeys of the network's genesis: the voter and six miners.
const HOTKEYS: usize = 7;

/// Fills a node.
///
/// # Errors
/// [`BenchError`] when the node could not be run, or took no more.
pub async fn run(plan: &NodePlan, say: &impl Fn(&str)) -> Result<NodeReport, BenchError> {
    up(&plan.wish, say).await?;
    let mut net = Net::load(&plan.wish.dir)?;
    let report = measure(plan, &mut net, say).await;
    net.down()?;
    report
}

async fn measure(
    plan: &NodePlan,
    net: &mut Net,
    say: &impl Fn(&str),
) -> Result<NodeReport, BenchError> {
    let path = plan.wish.dir.join("genesis.json");
    let text = std::fs::read(&path).map_err(|source| BenchError::Io { path, source })?;
    let genesis: Genesis = serde_json::from_slice(&text).map_err(|e| stuck(&e))?;
    let client = client(net)?;
    rest(&client).await?;
    let before = look(net);
    say(&format!("filling   {} values by calls to the RPC", plan.entries));
    let batches = batches(plan, &genesis);
    let batch = batches.iter().map(|b| b.calls).max().unwrap_or(0);
    fill(plan, &client, batches).await?;
    rest(&client).await?;
    let after = look(net);
    say("restart   the same node");
    net.down()?;
    net.start(0, &plan.wish.binary)?;
    rest(&client).await?;
    let restarted = look(net);
    let percent = |of: u64| i64::try_from(of.saturating_mul(100) / restarted.rss_kib.max(1));
    let more_percent = percent(after.rss_kib).unwrap_or(i64::MAX) - 100;
    Ok(NodeReport { before, after, restarted, more_percent, batch, load: load_average() })
}

fn stuck(reason: &impl ToString) -> BenchError {
    BenchError::NoReport { what: "the node".to_owned(), reason: reason.to_string() }
}

fn look(net: &Net) -> Resident {
    resident(net.nodes.first().and_then(|node| node.pid))
}

fn client(net: &Net) -> Result<Client, BenchError> {
    let url = net.nodes.first().map(|n| n.rpc.clone()).unwrap_or_default();
    Client::new(&url, Duration::from_secs(10)).map_err(|e| stuck(&e))
}

/// Waits until the node has made some blocks more.
async fn rest(client: &Client) -> Result<(), BenchError> {
    let mut first = None;
    wait(client, "made no block", async |client| {
        let status: Value = client.call("chain_status", &json!({})).await.ok()?;
        let height = status["final_height"].as_u64()?;
        let first = *first.get_or_insert(height);
        Some((height.saturating_sub(first), BLOCKS))
    })
    .await
}

/// Asks how far the node is until it is there; gives up when it gets no further.
async fn wait(
    client: &Client,
    what: &str,
    mut far: impl AsyncFnMut(&Client) -> Option<(u64, u64)>,
) -> Result<(), BenchError> {
    let (mut best, mut since) = (0, Instant::now());
    loop {
        if let Some((now, wanted)) = far(client).await {
            if now >= wanted {
                return Ok(());
            }
            if now > best {
                (best, since) = (now, Instant::now());
            }
        }
        if since.elapsed() > PATIENCE {
            return Err(stuck(&format!("it {what} for {} s", PATIENCE.as_secs())));
        }
        sleep(LOOK).await;
    }
}

/// How many values the state holds.
async fn held(client: &Client) -> Option<u64> {
    let text = client.text("/metrics").await.ok()?;
    let line = text.lines().find(|line| line.starts_with("weft_state_values "))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// A signed batch, and how many values it makes.
struct Batch {
    raw: String,
    calls: usize,
}

async fn fill(plan: &NodePlan, client: &Client, batches: Vec<Batch>) -> Result<(), BenchError> {
    let first = held(client).await.ok_or_else(|| stuck(&"it says no number of values"))?;
    let mut made = first;
    for some in batches.chunks(AT_ONCE) {
        let raws: Vec<_> = some.iter().map(|batch| batch.raw.as_str()).collect();
        let answer: Value =
            client.call("tx_submitMany", &json!({ "raws": raws })).await.map_err(|e| stuck(&e))?;
        let results = answer["results"].as_array().cloned().unwrap_or_default();
        if let Some(refused) = results.iter().find(|r| r["error"].is_object()) {
            return Err(stuck(&refused["error"]["message"]));
        }
        made += some.iter().map(|b| u64::try_from(b.calls).unwrap_or(0)).sum::<u64>();
        wait(client, "took no more", async |client| Some((held(client).await?, made))).await?;
    }
    let wanted = first + u64::from(plan.entries);
    wait(client, "lost values", async |client| Some((held(client).await?, wanted))).await
}

/// All calls, by the account that sends them, as many in a batch as may be.
fn batches(plan: &NodePlan, genesis: &Genesis) -> Vec<Batch> {
    let most = usize::try_from(genesis.params.limits.batch_calls).unwrap_or(1);
    let entries = usize::try_from(plan.entries).unwrap_or(usize::MAX);
    let hotkeys: Vec<PublicKey> = genesis.stakes.iter().map(|stake| stake.hotkey).collect();
    let in_one = if plan.kind == Filler::Position { hotkeys.len() } else { most };
    let call = |n: usize| match plan.kind {
        Filler::Position => {
            let hotkey = hotkeys.get(n % in_one.max(1)).copied().unwrap_or_default();
            Call::AddStake { hotkey, amount: genesis.params.min_stake }
        }
        _ => {
            let to = key(5, plan.seed, u32::try_from(n).unwrap_or(u32::MAX));
            Call::Transfer { to, amount: Rao(1), open: true }
        }
    };
    let mut nonces = vec![0; plan.wish.choice.senders];
    let numbers: Vec<usize> = (0..entries).collect();
    let signed = |(at, part): (usize, &[usize])| {
        let who = at % nonces.len().max(1);
        let nonce = nonces.get_mut(who).map(|n| std::mem::replace(n, *n + 1));
        let calls: Vec<_> = part.iter().map(|n| BatchCall(call(*n))).collect();
        let from = sender(&plan.wish.choice.seed, who);
        sign(genesis, &from, Nonce(nonce.unwrap_or(0)), calls)
    };
    numbers.chunks(in_one.max(1)).enumerate().map(signed).collect()
}

fn sign(genesis: &Genesis, from: &SecretKey, nonce: Nonce, batch: Vec<BatchCall>) -> Batch {
    let chain = genesis.chain_id();
    let calls = batch.len();
    let body = TxBody {
        chain: ChainTag::of(&chain),
        signer: from.public(),
        nonce,
        fee: Rao(FEE.saturating_mul(u64::try_from(calls).unwrap_or(u64::MAX))),
        valid_until: None,
        call: Call::Batch { calls: batch },
    };
    Batch { raw: to_hex(&body.sign(from, &chain).to_bytes()), calls }
}
