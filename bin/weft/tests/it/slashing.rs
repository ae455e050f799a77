//! Two things signed with one voter's key: who runs a key on two nodes is told and loses
//! nothing (F6); who signs two votes all the same is reported and pays for it (R17).

use crate::imported::free_port;
use crate::support::{Home, Running, until};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;
use weft_rpc::client::Client;
use weft_types::hash::{array_from_hex, to_hex};
use weft_types::{
    Call, Canonical, ChainTag, Checkpoint, Evidence, Hash, Nonce, Rao, Round, SecretKey, TxBody,
    Vote,
};

const PATIENCE: Duration = Duration::from_secs(120);

/// The key of the voter of a home.
fn key(home: &Path) -> SecretKey {
    let text = fs::read_to_string(home.join("voter.key")).expect("a key");
    SecretKey::from_seed(array_from_hex(text.trim()).expect("a seed in hex"))
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

/// A second home with key and data of one that stands still: a backup that an operator
/// starts beside the first. Answers where its RPC is.
fn twin(of: &Path, at: &Path) -> String {
    copy(of, at);
    fs::write(at.join("node.key"), "07".repeat(32)).expect("a network identity of its own");
    let config = fs::read_to_string(of.join("config.toml")).expect("a configuration");
    let rpc = format!("127.0.0.1:{}", free_port());
    let open = |line: &str| match line.split(" = ").next() {
        Some("listen") => "listen = [\"/ip4/127.0.0.1/tcp/0\"]".to_owned(),
        Some("rpc") => format!("rpc = \"{rpc}\""),
        _ => line.to_owned(),
    };
    let config: Vec<_> = config.lines().map(open).collect();
    fs::write(at.join("config.toml"), config.join("\n")).expect("a configuration");
    format!("http://{rpc}")
}

fn says(status: &Value, what: &str) -> bool {
    let all = ["reasons", "notes"].into_iter().filter_map(|list| status[list].as_array());
    all.flatten().filter_map(Value::as_str).any(|text| text.contains(what))
}

/// F6
#[test]
fn a_key_that_runs_on_two_nodes_stops_on_the_later_one_and_loses_nothing() {
    let home = Home::new();
    home.data(&["testnet", "up", "-n", "4", "--slot-ms", "250"]);
    let node = home.path().join("testnet/node0");
    let voter = key(&node).public().to_string();
    // A node that has just been started does not answer yet.
    let offences = || home.json(&["query", "offences", &voter]).1["data"].take();
    let stake = |o: &Value| o["stake"].as_str().and_then(|s| s.parse::<u64>().ok());
    let before = stake(&offences()).expect("an amount");
    home.data(&["testnet", "kill", "0"]);
    let copy = home.path().join("twin");
    let url = twin(&node, &copy);
    home.data(&["testnet", "restart", "0"]);
    let _twin = Running::node(&copy, &[]);
    let status = || home.json(&["node", "status", "--network", &url]).1["data"].take();
    let seen = until(PATIENCE, status, |s| says(s, "runs elsewhere too"));
    assert_eq!(seen["ready"], json!(false), "{seen}");
    let height = seen["height"].as_u64().expect("a height");
    let later = until(PATIENCE, status, |s| s["final_height"].as_u64() > Some(height + 20));
    assert!(says(&later, "runs elsewhere too"), "{later}");
    let after = offences();
    assert!(after["offences"].as_array().expect("a list").is_empty(), "{after}");
    assert!(stake(&after).is_some_and(|left| left >= before), "{after}, {before} before");
}

/// F6: neither listens first. Who sees the other's signature stops, and signs nothing more; that
/// may be one of them or both, and never do both sign on.
#[test]
fn of_a_key_on_two_nodes_that_were_told_not_to_wait_whoever_sees_the_other_stops() {
    let home = Home::new();
    let up = home.data(&["testnet", "up", "-n", "4", "--slot-ms", "250"]);
    let node = home.path().join("testnet/node0");
    home.data(&["testnet", "kill", "0"]);
    let copy = home.path().join("twin");
    let second = twin(&node, &copy);
    let _twin = Running::node(&copy, &["--no-wait", "--trusted-checkpoint", "own"]);
    // A testnet starts its nodes with --no-wait as well.
    home.data(&["testnet", "restart", "0"]);
    let first = up["nodes"][0]["rpc"].as_str().expect("a URL").to_owned();
    let status = |url: &str| home.json(&["node", "status", "--network", url]).1["data"].take();
    let both = || [status(&first), status(&second)];
    let stopped = |status: &Value| says(status, "runs elsewhere too");
    let seen = until(PATIENCE, both, |both| both.iter().any(stopped));
    let (url, seen) = if stopped(&seen[0]) { (&first, &seen[0]) } else { (&second, &seen[1]) };
    assert_eq!(seen["ready"], json!(false), "{seen}");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = Client::new(url, PATIENCE).expect("a URL");
    let voter = || -> Value {
        runtime.block_on(client.call("voter_status", &json!({}))).expect("the node answers")
    };
    let last = voter();
    assert!(last["key_runs_twice"].is_string(), "{last}");
    let height = |s: &Value| s["final_height"].as_u64();
    let begun = height(&status(url)).unwrap_or_default();
    until(PATIENCE, || status(url), |s| height(s) > Some(begun + 20));
    let later = voter();
    assert_eq!(later["last_vote"], last["last_vote"], "it signs nothing more");
    assert_eq!(
        later["key_runs_twice"], last["key_runs_twice"],
        "and it says so as long as it runs"
    );
}

/// Two votes of one round, signed with the key of a home, in a report of another's key.
/// Answers what the node says of it.
pub fn report(url: &str, offender: &Path, reporter: &Path) -> Value {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = Client::new(url, PATIENCE).expect("a URL");
    let ask = |method: &'static str, params: Value| {
        runtime.block_on(client.call::<_, Value>(method, &params)).expect("the node answers")
    };
    let genesis = ask("chain_getGenesis", json!({}));
    let chain: Hash = serde_json::from_value(genesis["chain_id"].clone()).expect("a chain id");
    let round = ask("chain_status", json!({}))["round"].as_u64().expect("a round");
    let (offender, reporter) = (key(offender), key(reporter));
    let vote = |mark: u8| {
        let at = |round| Checkpoint { round: Round(round), hash: Hash([mark; 32]) };
        let (source, target) = (at(round.saturating_sub(1)), at(round));
        let voter = offender.public();
        Box::new(Vote { voter, source, target, items: Hash::ZERO }.sign(&offender, &chain))
    };
    let call = Call::ReportEvidence { evidence: Evidence::Votes(vote(1), vote(2)) };
    let body = TxBody {
        chain: ChainTag::of(&chain),
        signer: reporter.public(),
        nonce: Nonce(0),
        fee: Rao(0),
        valid_until: None,
        call,
    };
    let raw = to_hex(&body.sign(&reporter, &chain).to_bytes());
    ask("tx_submit", json!({ "raw": raw }))
}

#[test]
fn r17_two_votes_of_one_round_are_reported_and_their_voter_is_jailed_and_cut() {
    let home = Home::new();
    let up = home.data(&["testnet", "up", "-n", "4", "--slot-ms", "250"]);
    let url = up["nodes"][0]["rpc"].as_str().expect("a URL");
    let node = |n: u8| home.path().join(format!("testnet/node{n}"));
    let voter = key(&node(0)).public().to_string();
    let offences = || home.json(&["query", "offences", &voter]).1["data"].take();
    let stake = |o: &Value| o["stake"].as_str().and_then(|s| s.parse::<u64>().ok());
    let before = stake(&offences()).expect("an amount");
    let taken = report(url, &node(0), &node(1));
    assert_eq!(taken["status"], json!("pending"), "{taken}");
    let is_caught = |o: &Value| o["jailed_until"].as_u64() > Some(0);
    let caught = until(PATIENCE, offences, is_caught);
    assert!(!caught["offences"].as_array().expect("a list").is_empty(), "{caught}");
    // A voter of four has a quarter of the power: three times that is cut.
    assert!(stake(&caught).is_some_and(|left| left < before / 3), "{caught}, {before} before");
    let supply = home.data(&["query", "supply", "--audit"]);
    assert_eq!(supply["conserved"], json!(true), "{supply}");
}
