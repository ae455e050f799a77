//! A whole node in a test: what stops it, and what it starts from.

use super::*;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;
use weft_consensus::trust::Awaited;
use weft_rpc::{Method, Written};
use weft_store::{Entry, Saved, StateChanges};
use weft_testnet::{Choice, Plan};
use weft_types::{BlockHash, Hash, Height, Network};

/// A test that hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// An address for RPC that is free now.
fn free() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The home of a node that is a chain of its own.
fn home(dir: &std::path::Path) -> Home {
    let plan = Plan::small(&Choice {
        nodes: 1,
        slot_ms: 100,
        seed: "start".to_owned(),
        genesis_time: crate::clock::now(),
        network: Network::Local,
        senders: 0,
    });
    let home = Home::new(dir.join("node"));
    let config = Config {
        listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
        rpc: free(),
        ..Config::default()
    };
    init(&home, &config, &plan.genesis, &[7; 32], Some(&plan.nodes[0].voter)).unwrap();
    home
}

fn value(answer: &Written) -> Value {
    serde_json::from_str(answer.as_str()).unwrap()
}

fn status(reads: &Reads) -> Value {
    value(&reads.answer(now(), Method::ChainStatus, &json!({})).unwrap())
}

/// Runs the node until it has so many more final blocks, and stops it.
async fn run_for(home: &Home, blocks: u64) -> Value {
    let (node, server, events) = assemble(home, Order::default()).await.unwrap();
    let reads = Arc::clone(&node.reads);
    let run = tokio::spawn(run_node(node));
    let from = status(&reads)["final_height"].as_u64().unwrap();
    let last = loop {
        let now = status(&reads);
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
    let (node, _server, _events) = assemble(&home, Order::default()).await.unwrap();
    assert_eq!(node.engine.core().head().height, weft_types::Height::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_stops_by_name_when_its_network_ends() {
    let dir = tempfile::tempdir().unwrap();
    let (node, _server, _events) = assemble(&home(dir.path()), Order::default()).await.unwrap();
    node.network.gossip.task.abort();
    let end = timeout(PATIENCE, run_node(node)).await.expect("it does not run on");
    assert!(matches!(end, Err(NodeError::Task { what: "the network", .. })), "{end:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_stops_by_name_when_its_checker_ends_and_keeps_its_state() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    let (mut node, server, events) = assemble(&home, Order::default()).await.unwrap();
    let (desk, inbox) = checker::desk();
    node.checker = desk;
    node.checking = Watched::start("the checker", move || {
        drop(inbox);
        panic!("a planted fault")
    })
    .unwrap();
    let end = timeout(PATIENCE, run_node(node)).await.expect("it does not run on");
    let end = end.map_err(|e| e.to_string());
    assert!(end.clone().is_err_and(|t| t.contains("a planted fault")), "{end:?}");
    drop((server, events));
    assert!(assemble(&home, Order::default()).await.is_ok(), "the directory is free and whole");
}

fn ask(reads: &Reads, params: &Value) -> Value {
    let answer = reads.answer(now(), Method::AccountGet, params);
    answer.map_or_else(|e| json!({ "name": e.name }), |answer| value(&answer))
}

/// A2
#[tokio::test(flavor = "multi_thread")]
async fn r16_while_a_block_is_awaited_nothing_is_called_final_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    run_for(&home, 3).await;
    let ahead = Awaited { height: Height(100_000), hash: Hash([7; 32]) };
    for trust in [Some(Trust::Block(ahead)), None] {
        let order = Order { trust, ..Order::default() };
        let (node, server, events) = assemble(&home, order).await.unwrap();
        let reads = Arc::clone(&node.reads);
        let run = tokio::spawn(run_node(node));
        let status = status(&reads);
        for field in ["final_height", "final_hash", "state_root", "final_lag_slots"] {
            assert!(status[field].is_null(), "{field}: {status}");
        }
        assert_eq!(status["awaited"], json!({ "height": 100_000, "hash": ahead.hash }));
        assert_eq!(status["ready"], json!(false));
        let reasons = reads.health(now()).reasons;
        assert!(reasons.iter().any(|r| r.contains("100000")), "{reasons:?}");
        let block = value(&reads.block(now(), &json!({ "height": 1 })).unwrap());
        assert_eq!(block["final"], json!(false), "{block}");
        let genesis = value(&reads.block(now(), &json!({ "height": 0 })).unwrap());
        assert_eq!(genesis["final"], json!(false), "{genesis}");
        let key = home.voter_key().unwrap().unwrap().public();
        let read = ask(&reads, &json!({ "key": key }));
        assert_eq!(read["name"], json!("CheckpointNotReached"), "{read}");
        let read = ask(&reads, &json!({ "key": key, "at": "head" }));
        assert_eq!(read["finalized"], json!(false), "{read}");
        let text = reads.figures(now());
        assert!(text.contains("weft_consensus_finalized_height 0"), "{text}");
        events.send(Event::Stop).await.unwrap();
        run.await.unwrap().unwrap();
        drop(server);
    }
    // It voted for nothing all the while; its operator takes his word back.
    let order = Order { trust: Some(Trust::Own), ..Order::default() };
    let (node, _server, _events) = assemble(&home, order).await.unwrap();
    assert_eq!((node.engine.finals().awaited(), node.disk.store.awaited().unwrap()), (None, None));
}

/// A2
#[tokio::test(flavor = "multi_thread")]
async fn r16_what_is_trusted_is_refused_in_a_configuration_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    let path = home.path().join("config.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("trusted_checkpoint = \"own\"\n{text}")).unwrap();
    let refused = assemble(&home, Order::default()).await.map(drop).unwrap_err().to_string();
    assert!(refused.contains("trusted_checkpoint"), "{refused}");
}

/// F19
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_others_can_read_is_refused_by_name() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    for name in ["voter.key", "node.key"] {
        let path = home.path().join(name);
        let set = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        set(0o644);
        let refused = assemble(&home, Order::default()).await.map(drop).unwrap_err().to_string();
        assert!(refused.contains(name) && refused.contains("644"), "{refused}");
        set(0o600);
    }
}

/// A8
#[tokio::test(flavor = "multi_thread")]
async fn the_engine_heeds_its_clock_though_events_never_cease() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    let (mut node, server, events) = assemble(&home, Order::default()).await.unwrap();
    // As many events as there is room for, before and behind each other.
    let (flood, inbox) = mpsc::channel(EVENTS);
    node.events = inbox;
    let reads = Arc::clone(&node.reads);
    let run = tokio::spawn(run_node(node));
    let asks = flood.clone();
    let asking = tokio::spawn(async move {
        loop {
            let peer = weft_consensus::PeerId(7);
            let event = weft_engine::Event::PeerDown { peer };
            if asks.send(Event::Engine(event)).await.is_err() {
                return;
            }
        }
    });
    let from = status(&reads)["final_height"].as_u64().unwrap();
    let grown = async {
        while status(&reads)["final_height"].as_u64().unwrap() < from + 5 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, grown).await.expect("blocks are made under a flood of events");
    asking.abort();
    flood.send(Event::Stop).await.unwrap();
    run.await.unwrap().unwrap();
    drop((server, events));
}

/// The vote file as a program of the next format writes it.
fn as_of_a_newer_program(votes: &[u8]) -> Vec<u8> {
    let mut bytes = votes.to_vec();
    bytes[8..12].copy_from_slice(&2_u32.to_le_bytes());
    let sum = Hash::of(weft_types::Domain::Record, &bytes[..44]);
    bytes[44..76].copy_from_slice(sum.as_bytes());
    bytes
}

/// A5: whose votes a newer program knows, nobody may forget.
#[tokio::test(flavor = "multi_thread")]
async fn r21_override_votes_does_not_touch_the_file_of_a_newer_program() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    run_for(&home, 1).await;
    let votes = home.data().join("votes");
    let own = std::fs::read(&votes).unwrap();
    let newer = as_of_a_newer_program(&own);
    std::fs::write(&votes, &newer).unwrap();
    let refused = override_votes(&home).unwrap_err().to_string();
    assert!(refused.contains("newer program"), "{refused}");
    assert_eq!(std::fs::read(&votes).unwrap(), newer);
    std::fs::write(&votes, &own).unwrap();
    assert!(matches!(override_votes(&home), Err(NodeError::VotesNotLost)));
    assert_eq!(std::fs::read(&votes).unwrap(), own);
}

/// What can be done without is not a reason to throw the votes away with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_small_file_that_can_not_be_read_is_named_with_what_is_lost_without_it() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    for name in ["offences", "rows"] {
        let path = home.data().join(name);
        std::fs::write(&path, b"no such thing").unwrap();
        let refused = assemble(&home, Order::default()).await.map(drop).unwrap_err().to_string();
        assert!(refused.contains(&format!("data/{name}")), "{refused}");
        assert!(refused.contains("away alone") && refused.contains("lost"), "{refused}");
        std::fs::remove_file(&path).unwrap();
    }
    assert!(assemble(&home, Order::default()).await.is_ok());
}

#[test]
fn a_row_file_that_is_none_is_named() {
    let path = std::path::Path::new("no-such-rows.json");
    let refused = read_rows(Some(path), &[0; 32]).map(drop).unwrap_err().to_string();
    assert!(refused.contains("no-such-rows.json"), "{refused}");
}

/// A client whose transactions find no room in the checker is told so.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_checker_is_behind_a_submit_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let (mut node, _server, _events) = assemble(&home(dir.path()), Order::default()).await.unwrap();
    let (desk, _inbox) = checker::desk();
    while desk.txs(weft_engine::io::Source::Own { is_offer: false }, none()).is_none() {}
    node.checker = desk;
    let (reply, answer) = oneshot::channel();
    node.take(Event::Submit { txs: Vec::new(), reply }).unwrap();
    let refused = answer.await.unwrap().unwrap_err();
    assert_eq!(refused.name, "CheckerBusy");
}

fn none() -> weft_engine::io::Txs {
    weft_engine::io::Txs::Decoded(Vec::new())
}

/// F17: a parameter that is not what it should be is named, whichever read it is for.
#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_of_a_read_that_is_of_another_kind_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (node, _server, _events) = assemble(&home(dir.path()), Order::default()).await.unwrap();
    let refused = node.reads.block(now(), &json!({ "height": 0, "txs": 5 })).unwrap_err();
    assert_eq!(refused.context["parameter"], json!("txs"), "{refused}");
    let refused = node.reads.answer(now(), Method::AccountGet, &json!({ "key": 5 })).unwrap_err();
    assert_eq!(refused.context["parameter"], json!("key"), "{refused}");
}

/// Planted bugs that this finds: one row kept as the whole matrix, a question without `at`, answers
/// that are never kept.
#[tokio::test(flavor = "multi_thread")]
async fn what_everybody_asks_is_written_once_for_a_state_and_is_what_was_asked() {
    let dir = tempfile::tempdir().unwrap();
    let (node, server, events) = assemble(&home(dir.path()), Order::default()).await.unwrap();
    let reads = Arc::clone(&node.reads);
    let run = tokio::spawn(run_node(node));
    let ask = |method, params: Value| reads.answer(now(), method, &params);
    let twice = async {
        loop {
            let all = [(); 2].map(|()| ask(Method::SubnetMetagraph, json!({ "netuid": 1 })));
            if let [Ok(one), Ok(two)] = &all {
                let height = |answer| value(answer)["height"].as_u64();
                if height(one) > Some(0) && height(one) == height(two) {
                    return all.map(Result::unwrap);
                }
            }
            tokio::task::yield_now().await;
        }
    };
    let [one, two] = timeout(PATIENCE, twice).await.expect("it answers");
    assert!(std::ptr::eq(one.as_str(), two.as_str()), "it was written twice");
    assert!(value(&one)["neurons"].is_array() && value(&one)["finalized"] == json!(true));
    let head = ask(Method::SubnetMetagraph, json!({ "netuid": 1, "at": "head" })).unwrap();
    assert_eq!(value(&head)["finalized"], json!(false));
    let rows = ask(Method::SubnetWeights, json!({ "netuid": 1 })).unwrap();
    assert!(value(&rows)["rows"].is_array(), "{rows:?}");
    let row = ask(Method::SubnetWeights, json!({ "netuid": 1, "uid": 999 }));
    assert_eq!(row.unwrap_err().name, "NoSuchNeuron");
    for method in [Method::SubnetMetagraph, Method::SubnetWeights] {
        let none = ask(method, json!({ "netuid": 9 }));
        assert_eq!(none.unwrap_err().name, "SubnetNotExists");
    }
    events.send(Event::Stop).await.unwrap();
    run.await.unwrap().unwrap();
    drop(server);
}

/// Decision 0033. Planted bugs that this finds: a loop that never waits for readers, one that
/// waits for each, readers that are not told.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_long_keeps_its_state_and_is_told_to_go_when_many_blocks_wait() {
    let dir = tempfile::tempdir().unwrap();
    let (node, server, events) = assemble(&home(dir.path()), Order::default()).await.unwrap();
    let reads = Arc::clone(&node.reads);
    let run = tokio::spawn(run_node(node));
    let until = |what: &'static str, is: Box<dyn Fn(&Value) -> bool + Send>| {
        let reads = Arc::clone(&reads);
        async move {
            let come = async {
                while !is(&status(&reads)) {
                    tokio::task::yield_now().await;
                }
            };
            timeout(PATIENCE, come).await.expect(what);
        }
    };
    let final_above = |height: u64| -> Box<dyn Fn(&Value) -> bool + Send> {
        Box::new(move |status| status["final_height"].as_u64() > Some(height))
    };
    until("blocks become final", final_above(1)).await;
    let seen = reads.board.look().unwrap();
    let (root, at) = (seen.head.root(), seen.header.height.0);
    let most = u64::try_from(crate::show::MOST).unwrap();
    until("the loop goes on though somebody reads", final_above(at + most / 2)).await;
    assert!(!reads.board.is_hurried());
    let board = Arc::clone(&reads.board);
    let told = tokio::task::spawn_blocking(move || {
        let from = Instant::now();
        while !board.is_hurried() {
            assert!(from.elapsed() < PATIENCE, "who reads is not told to go");
            std::thread::yield_now();
        }
    });
    told.await.unwrap();
    assert_eq!((seen.head.view().root(), seen.header.state_root), (root, root));
    assert!(seen.head.audit(|| true).unwrap().is_ok());
    drop(seen);
    until("the loop goes on when nobody reads", final_above(at + most + 5)).await;
    assert!(!reads.board.is_hurried() && reads.board.waited_us() > 0);
    events.send(Event::Stop).await.unwrap();
    run.await.unwrap().unwrap();
    drop(server);
}
