//! A node that comes late to a chain: it needs a block to trust, keeps to it, and follows
//! no other chain (R16).

use crate::support::{Home, Running, until};
use serde_json::Value;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn r16_a_node_that_comes_late_starts_only_from_a_block_that_is_trusted() {
    let home = Home::new();
    // Stake answers for its votes for 64 blocks here: 16 seconds.
    let numbers = ["max_voters=4", "rotation_blocks=16", "unbonding_blocks=64"];
    let short: Vec<&str> = numbers.iter().flat_map(|n| ["--param", n]).collect();
    home.data(&[&["testnet", "up", "-n", "4", "--slot-ms", "250"][..], &short].concat());
    let status = || home.data(&["node", "status"]);
    let height = |s: &Value| s["final_height"].as_u64().unwrap_or_default();
    until(PATIENCE, status, |s| height(s) >= 90);
    let net = std::fs::read_to_string(home.path().join("testnet/testnet.json")).expect("its file");
    let net: Value = serde_json::from_str(&net).expect("JSON");
    let peer = net["nodes"][0]["listen"].as_str().expect("an address").to_owned();
    let genesis = home.path().join("testnet/genesis.json");
    let make = |name: &str, more: &[&str]| {
        let dir = home.path().join(name).to_str().expect("a plain path").to_owned();
        let genesis = genesis.to_str().expect("a plain path");
        let rpc = format!("127.0.0.1:{}", crate::imported::free_port());
        let init = ["node", "init", "--genesis", genesis, "--peer", &peer, "--rpc", &rpc];
        let place = ["--listen", "/ip4/127.0.0.1/tcp/0", "--home", &dir];
        home.data(&[&init[..], &place, more].concat());
        (dir, format!("http://{rpc}"))
    };

    let (bare, _) = make("bare", &[]);
    assert_eq!(home.error(&["node", "run", "--home", &bare], 2), "CheckpointNeeded");

    let block = home.data(&["query", "block", "30"]);
    let hash = block["hash"].as_str().expect("a hash");
    let (good, url) = make("good", &["--trusted-checkpoint", &format!("30:{hash}")]);
    let _node = Running::node(good.as_ref(), &[]);
    let ask = || home.json(&["node", "status", "--network", &url]).1["data"].take();
    until(PATIENCE, ask, |s| height(s) >= 40);

    let other = hash.chars().rev().take(64).collect::<String>();
    let wrong = format!("30:0x{other}");
    let (misled, _) = make("misled", &["--trusted-checkpoint", &wrong]);
    assert_eq!(home.error(&["node", "run", "--home", &misled], 1), "NotTrusted");
}
