//! When blocks became final at every node, and which transfers were in them.

use crate::offered::{LoadPlan, LoadReport, due};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use weft_rpc::client::Client;
use weft_types::TxId;

/// How often each node is asked how far it is.
const LOOK: Duration = Duration::from_millis(15);

/// A block that is final at every node.
#[derive(Debug)]
pub struct FinalBlock {
    height: u64,
    seen: Instant,
    txs: Vec<TxId>,
}

/// All that was seen.
#[derive(Debug)]
pub struct Finals {
    seen: HashMap<TxId, Instant>,
    height: u64,
    /// When each block was final everywhere.
    blocks: Vec<Instant>,
}

/// Watches all nodes; sends each block once it is final everywhere.
pub async fn watch(nodes: Vec<Arc<Client>>, expected: usize) -> mpsc::Receiver<FinalBlock> {
    let (out, blocks) = mpsc::channel(expected.clamp(16, 4_096));
    let heights: Arc<Vec<AtomicU64>> = Arc::new(nodes.iter().map(|_| AtomicU64::new(0)).collect());
    for (n, client) in nodes.iter().enumerate() {
        let (client, heights) = (Arc::clone(client), Arc::clone(&heights));
        let alive = out.downgrade();
        tokio::spawn(async move {
            while alive.upgrade().is_some() {
                if let Ok(status) = client.call::<_, Value>("chain_status", &json!({})).await
                    && let Some(height) = status["final_height"].as_u64()
                {
                    heights[n].store(height, Ordering::Relaxed);
                }
                sleep(LOOK).await;
            }
        });
    }
    tokio::spawn(follow(nodes, heights, out));
    blocks
}

async fn follow(
    nodes: Vec<Arc<Client>>,
    heights: Arc<Vec<AtomicU64>>,
    out: mpsc::Sender<FinalBlock>,
) {
    let mut next = 1;
    loop {
        let everywhere = heights.iter().map(|h| h.load(Ordering::Relaxed)).min().unwrap_or(0);
        let seen = Instant::now();
        while next <= everywhere {
            let node = &nodes[usize::try_from(next).unwrap_or(0) % nodes.len()];
            let params = json!({ "height": next, "txs": "ids" });
            if let Ok(block) = node.call::<_, Value>("chain_getBlock", &params).await {
                let ids = block["tx_ids"].as_array().cloned().unwrap_or_default();
                let txs = ids.iter().filter_map(|id| id.as_str()?.parse().ok()).collect();
                if out.send(FinalBlock { height: next, seen, txs }).await.is_err() {
                    return;
                }
                next += 1;
            }
        }
        sleep(LOOK).await;
    }
}

impl Finals {
    /// Gathers final blocks until every transfer was seen or time is over.
    pub async fn collect(
        watcher: JoinHandle<mpsc::Receiver<FinalBlock>>,
        ids: &[TxId],
        deadline: Instant,
    ) -> Self {
        let mut all =
            Self { seen: HashMap::with_capacity(ids.len()), height: 0, blocks: Vec::new() };
        let Ok(mut blocks) = watcher.await else { return all };
        while all.seen.len() < ids.len() {
            let Ok(Some(block)) = tokio::time::timeout_at(deadline, blocks.recv()).await else {
                break;
            };
            all.height = block.height;
            all.blocks.push(block.seen);
            all.seen.extend(block.txs.into_iter().map(|id| (id, block.seen)));
        }
        all
    }

    /// How many transfers became final everywhere in a stretch of time, whenever they
    /// were offered: the rate at which the net really commits.
    fn within(&self, from: Instant, length: Duration) -> u64 {
        inside(self.seen.values(), from, length)
    }

    /// The figures over the measured part: everything due after the warm-up.
    pub fn report(&self, plan: &LoadPlan, ids: &[TxId], start: Instant) -> LoadReport {
        let warmup = Duration::from_secs(plan.warmup_s);
        let length = Duration::from_secs(plan.duration_s);
        let mut latencies_ms = Vec::with_capacity(ids.len());
        let mut committed = 0;
        for (n, id) in ids.iter().enumerate() {
            let after = due(plan, n);
            if after < warmup {
                continue;
            }
            let latency = match self.seen.get(id) {
                Some(seen) => {
                    committed += 1;
                    seen.saturating_duration_since(start + after)
                }
                None => length,
            };
            latencies_ms.push(u32::try_from(latency.as_millis()).unwrap_or(u32::MAX));
        }
        latencies_ms.sort_unstable();
        LoadReport {
            offered: u64::try_from(latencies_ms.len()).unwrap_or(u64::MAX),
            committed,
            refused: 0,
            refusal: None,
            tx_bytes: 0,
            within: self.within(start + warmup, length),
            final_height: self.height,
            blocks: inside(self.blocks.iter(), start + warmup, length),
            reads: None,
            latencies_ms,
        }
    }
}

/// How many of these lie in a stretch of time.
fn inside<'a>(all: impl Iterator<Item = &'a Instant>, from: Instant, length: Duration) -> u64 {
    let count = all.filter(|seen| **seen >= from && **seen < from + length).count();
    u64::try_from(count).unwrap_or(u64::MAX)
}
