//! From a fresh home to a share in a block: the steps that `weft voter --help` names,
//! followed one by one.

use crate::imported::free_port;
use crate::join::Joining;
use crate::support::{Home, Running, until};
use serde_json::{Value, json};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(240);

/// In how many blocks since the last rotation height a share of this voter was carried.
fn carried(voters: &Value, hotkey: &Value) -> u64 {
    let current = voters["current"].as_array().into_iter().flatten();
    let counts = voters["carried"].as_array().into_iter().flatten();
    let mut both = current.zip(counts);
    both.find(|(v, _)| v["hotkey"] == *hotkey).and_then(|(_, n)| n.as_u64()).unwrap_or(0)
}

#[test]
fn a_follower_becomes_a_voter_by_the_steps_of_the_help() {
    let home = Home::new();
    let help = String::from_utf8(home.weft(&["voter", "--help"]).stdout).expect("text");
    let steps = [
        "weft node join URL --home NODE",
        "weft wallet create me",
        "weft register N -w me",
        "weft stake add me AMOUNT -w me",
        "weft permit N -w me",
        "weft weights set N --set UID=SCORE",
        "weft voter key --node NODE -w me",
        "weft node run --home NODE",
        "weft query voters",
    ];
    for step in steps {
        assert!(help.contains(step), "{step} is not in\n{help}");
    }

    let rotation = ["--param", "rotation_blocks=32", "--param", "max_voters=8"];
    let up =
        home.data(&[&["testnet", "up", "-n", "4", "--slot-ms", "250"][..], &rotation].concat());
    let url = up["nodes"][0]["rpc"].as_str().expect("a URL");
    let node = home.path().join("follower").to_str().expect("a plain path").to_owned();
    let rpc = format!("127.0.0.1:{}", free_port());
    let place = ["--home", &node, "--rpc", &rpc, "--listen", "/ip4/127.0.0.1/tcp/0"];
    let following = Joining::start(&home, &[&["node", "join", url][..], &place].concat());
    following.event("synced");

    home.data(&["wallet", "create", "me", "--unencrypted"]);
    let shown = home.data(&["wallet", "show", "me"]);
    let hotkey = shown["hotkeys"][0]["key"].clone();
    // Of what is bought with: the test's wallets have coins.
    home.data(&["transfer", "me", "20000", "-w", "alice", "--yes"]);
    home.data(&["register", "1", "-w", "me", "--yes"]);
    home.data(&["stake", "add", "me", "15000", "-w", "me", "--yes"]);
    home.data(&["permit", "1", "-w", "me"]);
    // The next epochs give the permit; until then the row is refused.
    let score = || home.json(&["weights", "set", "1", "--set", "4=1,5=2", "-w", "me"]).0;
    until(PATIENCE, score, |code| *code == 0);

    following.stop();
    let given = home.data(&["voter", "key", "--node", &node, "-w", "me"]);
    assert_eq!(given["voter"], hotkey, "{given}");
    let _voter = Running::node(node.as_ref(), &[]);
    let status = || home.json(&["node", "status", "--home", &node]).1["data"].take();
    until(PATIENCE, status, |s| s["voter"] != Value::Null && s["final_height"].as_u64() > Some(0));

    let voters = || home.data(&["query", "voters"]);
    let seated = until(PATIENCE, voters, |v| carried(v, &hotkey) > 0);
    assert_eq!(seated["current"].as_array().map(Vec::len), Some(5), "{seated}");
    let supply = home.data(&["query", "supply", "--audit"]);
    assert_eq!(supply["conserved"], json!(true), "{supply}");
}
