//! Four real processes: they agree, lose one of them and go on, take it back, and stop
//! without a trace.

use crate::support::{Home, running_on, until};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

fn heights(status: &Value, field: &str) -> Vec<Option<u64>> {
    let nodes = status["nodes"].as_array().into_iter().flatten();
    nodes.map(|n| n[field].as_u64()).collect()
}

/// Every node has the block of this height as final, with one hash and one root.
fn assert_agreed(home: &Home, status: &Value, height: u64) {
    let height = height.to_string();
    let block = |node: &Value| {
        let url = node["rpc"].as_str().unwrap_or_default();
        let block = home.data(&["query", "block", &height, "--network", url]);
        assert_eq!(block["final"], json!(true), "{block}");
        (block["hash"].clone(), block["state_root"].clone())
    };
    let blocks: Vec<_> = status["nodes"].as_array().into_iter().flatten().map(block).collect();
    assert!(blocks.iter().all(|b| *b == blocks[0]), "height {height}: {blocks:?}");
}

fn number(value: &Value) -> u128 {
    value.as_str().and_then(|t| t.parse().ok()).expect("amounts are decimal strings")
}

/// The totals add up, and issuance is what genesis and the schedule say (slots, not
/// heights, would be wrong: a slot without a block mints nothing). Pay for shares that a
/// block does not carry is not minted (R18): the first block carries none, so a 32nd of its
/// emission always is missing, and never more than that of each block.
fn assert_supply(home: &Home) {
    assert_supply_of(home, 4);
}

fn assert_supply_of(home: &Home, voters: u128) {
    let supply = home.data(&["query", "supply"]);
    let parts = ["free", "staked", "locked", "pending", "unbonding"];
    let sum: u128 = parts.iter().map(|p| number(&supply[*p])).sum();
    assert_eq!(sum, number(&supply["issued"]), "{supply}");
    let tao = 1_000_000_000;
    let genesis = 3 * 100_000 * tao + voters * 10_000 * tao;
    let minted = u128::from(supply["height"].as_u64().expect("a height")) * tao;
    let issued = number(&supply["issued"]) + number(&supply["recycled"]);
    let (most, least) = (minted - tao / 32, minted - minted / 32);
    assert!((genesis + least..=genesis + most).contains(&issued), "{supply}");
    assert_eq!(number(&supply["block_emission"]), tao);
}

#[test]
fn four_nodes_agree_lose_one_take_it_back_and_leave_no_process() {
    let home = Home::new();
    let up = home.data(&["testnet", "up", "-n", "4", "--slot-ms", "400"]);
    assert!(heights(&up, "final_height").iter().all(|h| h.is_some_and(|h| h > 0)), "{up}");
    assert_agreed(&home, &up, 1);
    assert_supply(&home);

    let sent = home.data(&["transfer", "carol", "1.5", "--wallet", "alice"]);
    assert_eq!(sent["status"], json!("finalized"), "{sent}");

    home.data(&["testnet", "kill", "3"]);
    let (code, down) = home.json(&["testnet", "status"]);
    assert_eq!(code, 0);
    assert_eq!(heights(&down["data"], "final_height")[3], None, "a dead node answers null");
    let sent = home.data(&["transfer", "carol", "2", "--wallet", "alice", "--timeout", "60"]);
    let height = sent["receipt"]["height"].as_u64().expect("final in a block");

    home.data(&["testnet", "restart", "3"]);
    let status = until(
        PATIENCE,
        || home.data(&["testnet", "status"]),
        |s| heights(s, "final_height").iter().all(|h| h.is_some_and(|h| h >= height)),
    );
    assert_agreed(&home, &status, height);
    assert_supply(&home);
    let carol = home.data(&["query", "account", "carol"]);
    assert_eq!(number(&carol["free"]), 100_003_500_000_000);

    let pids: Vec<_> = status["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|n| n["pid"].as_u64())
        .collect();
    assert_eq!(pids.len(), 4);
    home.data(&["testnet", "down"]);
    for pid in pids {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        assert!(!stat.contains("weft"), "process {pid} is left: {stat}");
    }
    // What the nodes wrote runs again to the same roots, and nobody signed twice.
    for node in ["node0", "node3"] {
        let dir = home.path().join("testnet").join(node);
        let replay = home.data(&["node", "replay", "--home", dir.to_str().expect("a plain path")]);
        assert_eq!(replay["equal"], json!(true), "{replay}");
        assert_eq!(replay["double_votes"], json!(0), "{replay}");
        assert_eq!(replay["double_proposals"], json!(0), "{replay}");
    }
}

#[test]
fn a_second_node_on_one_directory_is_refused_by_name() {
    let home = Home::new();
    home.data(&["testnet", "up", "-n", "1", "--slot-ms", "300"]);
    let dir = home.path().join("testnet/node0");
    let out = Command::new(env!("CARGO_BIN_EXE_weft"))
        .args(["node", "run", "--json", "--home"])
        .arg(&dir)
        .output()
        .expect("the program starts");
    assert_eq!(out.status.code(), Some(1));
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(text.contains("another node uses this directory"), "{text}");
}

#[test]
fn killed_again_and_again_a_node_comes_back_and_never_signs_twice() {
    let home = Home::new();
    home.data(&["testnet", "up", "-n", "4", "--slot-ms", "300"]);
    for round in 0..6_u64 {
        let node = (round % 4).to_string();
        // A different moment of the slot each time.
        std::thread::park_timeout(Duration::from_millis(70 + 83 * round));
        home.data(&["testnet", "kill", &node]);
        home.data(&["testnet", "restart", &node]);
    }
    let before = home.data(&["testnet", "status"]);
    let target = heights(&before, "final_height").into_iter().flatten().max().unwrap_or(0) + 5;
    let status = until(
        PATIENCE,
        || home.data(&["testnet", "status"]),
        |s| heights(s, "final_height").iter().all(|h| h.is_some_and(|h| h >= target)),
    );
    assert_agreed(&home, &status, target);
    home.data(&["testnet", "down"]);
    for node in 0..4 {
        let dir = home.path().join("testnet").join(format!("node{node}"));
        let replay = home.data(&["node", "replay", "--home", dir.to_str().expect("a plain path")]);
        let found = (&replay["equal"], &replay["double_votes"], &replay["double_proposals"]);
        assert_eq!(found, (&json!(true), &json!(0), &json!(0)), "node{node}: {replay}");
    }
}

#[test]
fn a_node_that_restarts_on_a_checkpoint_behind_a_crash_has_lost_no_write() {
    let home = Home::new();
    home.data(&["testnet", "up", "-n", "1", "--slot-ms", "300"]);
    let final_height = || heights(&home.data(&["testnet", "status"]), "final_height")[0];
    // Twice: blocks that were not final at the crash become final after the restart and
    // must be in the checkpoint that the next restart begins with.
    for amount in ["1", "2"] {
        let sent = ["transfer", "carol", amount, "--wallet", "alice", "--wait", "none"];
        home.data(&sent);
        let start = until(PATIENCE, final_height, Option::is_some).unwrap_or(0);
        until(PATIENCE, final_height, |h| h.is_some_and(|h| h > start));
        home.data(&["testnet", "kill", "0"]);
        home.data(&["testnet", "restart", "0"]);
        let back = until(PATIENCE, final_height, Option::is_some).unwrap_or(0);
        // Long enough for a checkpoint: they are two seconds apart.
        until(PATIENCE, final_height, |h| h.is_some_and(|h| h > back + 12));
    }
    home.data(&["testnet", "kill", "0"]);
    home.data(&["testnet", "restart", "0"]);
    until(PATIENCE, final_height, Option::is_some);
    let carol = home.data(&["query", "account", "carol"]);
    assert_eq!(number(&carol["free"]), 100_003_000_000_000);
    assert_supply_of(&home, 1);
}

#[test]
fn a_start_that_was_interrupted_does_not_bar_the_next() {
    let home = Home::new();
    let file = home.path().join("testnet/testnet.json");
    let mut child = Command::new(env!("CARGO_BIN_EXE_weft"))
        .args(["testnet", "up", "-n", "8"])
        .env("WEFT_HOME", home.path())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    let text = until(PATIENCE, || std::fs::read_to_string(&file).ok(), Option::is_some);
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
    assert!(text.is_some_and(|t| t.contains("\"starting\"")), "it is written down at once");
    home.data(&["testnet", "down"]);
    for node in 0..8 {
        let dir = home.path().join(format!("testnet/node{node}"));
        until(PATIENCE, || running_on(&dir), Vec::is_empty);
    }
    let up = home.data(&["testnet", "up", "-n", "1", "--slot-ms", "300"]);
    assert_eq!(up["state"], json!("up"));
}

/// A program that is in the way: its first node finds one of its ports taken.
const LOSES_ONCE: &str = r#"#!/bin/sh
if [ "$1 $2" = "node run" ] && mkdir "LOST" 2>/dev/null; then
    head -c 1 >/dev/null
    echo "the RPC server can't listen on 127.0.0.1:1: Address already in use (os error 98)" >&2
    exit 1
fi
exec "WEFT" "$@"
"#;

/// Between the choice of a port and its use another program may take it.
#[test]
fn a_network_that_loses_a_port_begins_anew_with_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let (script, lost) = (home.path().join("weft"), home.path().join("lost"));
    let program = LOSES_ONCE
        .replace("LOST", lost.to_str().expect("a plain path"))
        .replace("WEFT", env!("CARGO_BIN_EXE_weft"));
    std::fs::write(&script, program).expect("a file");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&script, mode).expect("it is ours");
    let wish = weft_testnet::up::Wish {
        dir: home.path().join("testnet"),
        binary: script,
        choice: weft_testnet::Choice {
            nodes: 2,
            slot_ms: 300,
            seed: "races".to_owned(),
            genesis_time: weft_types::Millis(weft_node::clock::now().0 + 1_000),
            network: weft_types::Network::Local,
            senders: 0,
        },
        metagraph: None,
        fair_launch: false,
        wires: false,
        test_rules: false,
        params: Vec::new(),
        usual_ports: false,
        rpc_body_bytes: 1 << 20,
    };
    let said = std::cell::RefCell::new(Vec::new());
    let say = |line: &str| said.borrow_mut().push(line.to_owned());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let status = runtime.block_on(weft_testnet::up::up(&wish, &say)).expect("it comes up");
    assert!(lost.exists() && status.nodes.iter().all(|node| node.pid.is_some()), "{status:?}");
    let said = said.into_inner();
    assert!(said.iter().any(|l| l.contains(" is another program's now; anew")), "{said:?}");
}

/// What the test above has a program say is what a node says, of RPC and of peers.
#[test]
fn a_node_whose_port_is_taken_says_so_as_a_network_reads_it() {
    let held = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = held.local_addr().expect("an address").port();
    let (rpc, listen) = (format!("127.0.0.1:{port}"), format!("/ip4/127.0.0.1/tcp/{port}"));
    for (name, flags) in [("rpc", ["--rpc", &rpc]), ("listen", ["--listen", &listen])] {
        let home = Home::new();
        let free = format!("127.0.0.1:{}", crate::imported::free_port());
        let other =
            if name == "rpc" { ["--listen", "/ip4/127.0.0.1/tcp/0"] } else { ["--rpc", &free] };
        home.data(
            &[
                &["node", "init", "--home", home.path().join("n").to_str().expect("a path")][..],
                &flags,
                &other,
            ]
            .concat(),
        );
        let out =
            home.weft(&["node", "run", "--home", home.path().join("n").to_str().expect("a path")]);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!out.status.success() && weft_testnet::up::is_port_taken(&said), "{name}: {said}");
    }
}
