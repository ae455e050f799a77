//! A node that comes late to a chain: it needs a block to trust, keeps to it, and follows
//! no other chain (R16).

use crate::support::{Home, Running, until};
use serde_json::{Value, json};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn r16_a_node_that_comes_late_starts_only_from_a_block_that_is_trusted() {
    let home = Home::new();
    // A node may be away for 192 - 2 x 16 slots here: 40 seconds.
    let numbers = ["max_voters=4", "rotation_blocks=16", "unbonding_blocks=192"];
    let short: Vec<&str> = numbers.iter().flat_map(|n| ["--param", n]).collect();
    home.data(&[&["testnet", "up", "-n", "4", "--slot-ms", "250"][..], &short].concat());
    let status = || home.data(&["node", "status"]);
    let height = |s: &Value| s["final_height"].as_u64().unwrap_or_default();
    until(PATIENCE, status, |s| height(s) >= 180);
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

    // The last final block is within the window; what was final at the start is not.
    let last = height(&status());
    let hash = |height: u64| {
        let block = home.data(&["query", "block", &height.to_string()]);
        block["hash"].as_str().expect("a hash").to_owned()
    };
    let (good, url) = make("good", &["--trusted-checkpoint", &format!("{last}:{}", hash(last))]);
    let (old, old_url) = make("old", &["--trusted-checkpoint", &format!("5:{}", hash(5))]);
    let _nodes = [Running::node(good.as_ref(), &[]), Running::node(old.as_ref(), &[])];
    let ask = |url: &str| home.json(&["node", "status", "--network", url]).1["data"].take();
    until(PATIENCE, || ask(&url), |s| height(s) > last);
    let said = until(PATIENCE, || ask(&old_url), |s| s["height"].as_u64() > Some(last));
    assert!(said["final_height"].is_null(), "a block that is too old ends no wait: {said}");
    assert_eq!(said["awaited"]["height"], json!(5), "{said}");

    let other = hash(last).chars().rev().take(64).collect::<String>();
    let wrong = format!("{last}:0x{other}");
    let (misled, _) = make("misled", &["--trusted-checkpoint", &wrong]);
    assert_eq!(home.error(&["node", "run", "--home", &misled], 1), "NotTrusted");
    let own = ["node", "init", "--home", &misled, "--trusted-checkpoint", "own"];
    assert_eq!(home.error(&own, 2), "OwnIsForAStart");
}
