//! One voter's key on two nodes of a live net: it is caught, reported by the nodes
//! themselves, and pays for it (R17).

use crate::support::{Home, Running, until};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;
use weft_types::SecretKey;
use weft_types::hash::array_from_hex;

const PATIENCE: Duration = Duration::from_secs(120);

/// The public key of the voter of a home.
fn voter(home: &Path) -> String {
    let text = fs::read_to_string(home.join("voter.key")).expect("a key");
    let seed = array_from_hex(text.trim()).expect("a seed in hex");
    SecretKey::from_seed(seed).public().to_string()
}

/// Copies the files of a directory, and of those in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a file of the first");
        }
    }
}

/// A second node with key and data of one that stands still: a backup that an operator
/// starts beside the first.
fn twin(of: &Path, at: &Path) -> Running {
    copy(of, at);
    fs::write(at.join("node.key"), "07".repeat(32)).expect("a network identity of its own");
    let config = fs::read_to_string(of.join("config.toml")).expect("a configuration");
    let open = |line: &str| match line.split(" = ").next() {
        Some("listen") => "listen = [\"/ip4/127.0.0.1/tcp/0\"]".to_owned(),
        Some("rpc") => "rpc = \"127.0.0.1:0\"".to_owned(),
        _ => line.to_owned(),
    };
    let config: Vec<_> = config.lines().map(open).collect();
    fs::write(at.join("config.toml"), config.join("\n")).expect("a configuration");
    Running::node(at, &[])
}

#[test]
fn r17_a_key_that_runs_on_two_nodes_is_caught_jailed_and_cut() {
    let home = Home::new();
    home.data(&["testnet", "up", "-n", "4", "--slot-ms", "250"]);
    let node = home.path().join("testnet/node0");
    let voter = voter(&node);
    // A node that has just been started does not answer yet.
    let offences = || home.json(&["query", "offences", &voter]).1["data"].take();
    let stake = |o: &Value| o["stake"].as_str().and_then(|s| s.parse::<u64>().ok());
    let before = stake(&offences()).expect("an amount");
    home.data(&["testnet", "kill", "0"]);
    let _twin = twin(&node, &home.path().join("twin"));
    home.data(&["testnet", "restart", "0"]);
    let is_caught = |o: &Value| o["jailed_until"].as_u64() > Some(0);
    let caught = until(PATIENCE, offences, is_caught);
    assert!(!caught["offences"].as_array().expect("a list").is_empty(), "{caught}");
    // A voter of four has a quarter of the power: three times that is cut.
    assert!(stake(&caught).is_some_and(|left| left < before / 3), "{caught}, {before} before");
    let supply = home.data(&["query", "supply", "--audit"]);
    assert_eq!(supply["conserved"], json!(true), "{supply}");
}
