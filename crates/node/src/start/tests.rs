//! A whole node in a test: what stops it, and what it starts from.

use super::*;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;
use weft_rpc::Method;
use weft_store::{Entry, Saved, StateChanges};
use weft_testnet::{Choice, Plan};
use weft_types::{BlockHash, Network};

/// A test that hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// The home of a node that is a chain of its own.
fn home(dir: &std::path::Path) -> Home {
    let plan = Plan::small(&Choice {
        nodes: 1,
        slot_ms: 100,
        seed: "start".to_owned(),
        genesis_time: crate::engine::now(),
        network: Network::Local,
        senders: 0,
    });
    let home = Home::new(dir.join("node"));
    let config = Config {
        listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
        rpc: "127.0.0.1:0".to_owned(),
        ..Config::default()
    };
    init(&home, &config, &plan.genesis, &[7; 32], Some(&plan.nodes[0].voter)).unwrap();
    home
}

async fn status(events: &mpsc::Sender<Event>) -> Value {
    let (reply, answer) = oneshot::channel();
    let (method, params) = (Method::ChainStatus, json!({}));
    events.send(Event::Query { method, params, reply }).await.unwrap();
    answer.await.unwrap().unwrap()
}

/// Runs the node until it has so many more final blocks, and stops it.
async fn run_for(home: &Home, blocks: u64) -> Value {
    let (engine, server, events) = assemble(home, Order::default()).await.unwrap();
    let run = tokio::spawn(run_engine(engine));
    let from = status(&events).await["final_height"].as_u64().unwrap();
    let last = loop {
        let now = status(&events).await;
        if now["final_height"].as_u64().unwrap() >= from + blocks {
            break now;
        }
        tokio::task::yield_now().await;
    };
    events.send(Event::Stop).await.unwrap();
    run.await.unwrap().unwrap();
    drop(server);
    last
}

fn saved(home: &Home) -> (Store, Saved) {
    let (store, found) = Store::open(&home.data(), home.genesis().unwrap().chain_id()).unwrap();
    (store, found.checkpoint.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_with_another_root_is_rebuilt_from_the_log_without_its_stale_keys() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    let before = run_for(&home, 3).await;
    // A value that no block wrote, and a key that none knows.
    let (mut store, Saved { meta, entries }) = saved(&home);
    let (key, entry) = entries.first().unwrap().clone();
    let stale = b"no key of any block".to_vec();
    let other = Entry { value: entries.last().unwrap().1.value.clone(), ..entry.clone() };
    let changes = [(key, Some(other)), (stale.clone(), Some(entry))];
    store.checkpoint(StateChanges(changes.into()), meta.clone()).unwrap();
    store.close().unwrap();
    let after = run_for(&home, 2).await;
    assert!(after["height"].as_u64() > before["height"].as_u64(), "{before} {after}");
    assert!(home.data().join("state.damaged").exists(), "it is said and kept");
    let (store, now) = saved(&home);
    assert!(now.meta.height > meta.height && now.entries.iter().all(|(key, _)| *key != stale));
    store.close().unwrap();
    std::fs::remove_dir_all(home.data().join("state.damaged")).unwrap();
    // The same when only the checkpoint's word for its root is wrong.
    let (mut store, Saved { meta, .. }) = saved(&home);
    let meta = weft_store::Meta { state_root: BlockHash::ZERO, ..meta };
    store.checkpoint(StateChanges::default(), meta).unwrap();
    store.close().unwrap();
    run_for(&home, 1).await;
    assert!(home.data().join("state.damaged").exists());
    let report = crate::replay::run(&home).unwrap();
    assert!(report.equal && report.double_votes == 0, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_log_stops_the_start_by_name_and_may_be_moved_away_alone() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    run_for(&home, 3).await;
    let log = home.data().join("blocks.log");
    let mut bytes = std::fs::read(&log).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    let refused = assemble(&home, Order::default()).await.map(drop).unwrap_err().to_string();
    assert!(refused.contains("nothing was cut") && refused.contains("move it alone"), "{refused}");
    std::fs::rename(&log, dir.path().join("blocks.log")).unwrap();
    let (engine, _server, _events) = assemble(&home, Order::default()).await.unwrap();
    assert_eq!(engine.core.head().height, weft_types::Height::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_stops_by_name_when_its_network_ends() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, _server, _events) = assemble(&home(dir.path()), Order::default()).await.unwrap();
    engine.gossip.task.abort();
    let end = timeout(PATIENCE, run_engine(engine)).await.expect("it does not run on");
    assert!(matches!(end, Err(NodeError::Task { what: "the network", .. })), "{end:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_stops_by_name_when_its_checker_ends_and_keeps_its_state() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    let (mut engine, server, events) = assemble(&home, Order::default()).await.unwrap();
    let (desk, inbox) = checker::desk();
    engine.checker = desk;
    engine.checking = Watched::start("the checker", move || {
        drop(inbox);
        panic!("a planted fault")
    })
    .unwrap();
    let end = timeout(PATIENCE, run_engine(engine)).await.expect("it does not run on");
    let end = end.map_err(|e| e.to_string());
    assert!(end.clone().is_err_and(|t| t.contains("a planted fault")), "{end:?}");
    drop((server, events));
    assert!(assemble(&home, Order::default()).await.is_ok(), "the directory is free and whole");
}
