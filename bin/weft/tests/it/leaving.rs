//! Stake that left behind a voter in time pays as much for what the voter signed as stake
//! that stayed (R15, R17).

use crate::support::{Home, until};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;
use weft_rpc::client::Client;
use weft_types::hash::array_from_hex;
use weft_types::{
    ChainId, Checkpoint, Evidence, Hash, PublicKey, Rao, Round, SecretKey, SignedVote, Vote,
};

const PATIENCE: Duration = Duration::from_secs(120);

/// The key of the voter of a home.
fn key(home: &Path) -> SecretKey {
    let text = fs::read_to_string(home.join("voter.key")).expect("a key");
    SecretKey::from_seed(array_from_hex(text.trim()).expect("a seed in hex"))
}

/// Two votes of a voter for one round.
fn double(key: &SecretKey, chain: &ChainId, round: u64) -> Evidence {
    let vote = |mark| -> Box<SignedVote> {
        let at = |round| Checkpoint { round: Round(round), hash: Hash([mark; 32]) };
        let (source, target) = (at(round - 1), at(round));
        let vote = Vote { voter: key.public(), source, target, items: Hash::ZERO };
        Box::new(vote.sign(key, chain))
    };
    Evidence::Votes(vote(1), vote(2))
}

/// Asks a node itself.
fn ask(url: &str, method: &str, params: &Value) -> Value {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = Client::new(url, PATIENCE).expect("a URL");
    runtime.block_on(client.call(method, params)).expect("the node answers")
}

/// A1: leave, one rotation, `exit_blocks`, and 99 % of a stake were out of reach of a report
/// made well inside the window, while who stayed lost everything.
#[test]
fn r15_stake_that_left_behind_a_voter_and_stake_that_stayed_lose_the_same() {
    let home = Home::new();
    let numbers = ["max_voters=4", "rotation_blocks=16", "unbonding_blocks=64", "exit_blocks=2"];
    let short = numbers.iter().flat_map(|n| ["--param", n]);
    let up = ["testnet", "up", "-n", "4", "--slot-ms", "250"];
    let up = home.data(&up.into_iter().chain(short).collect::<Vec<_>>());
    let url = up["nodes"][0]["rpc"].as_str().expect("a URL");
    let offender = key(&home.path().join("testnet/node3"));
    let hotkey = offender.public().to_string();
    for who in ["alice", "bob"] {
        home.data(&["stake", "add", &hotkey, "2000", "-w", who, "--yes"]);
    }
    // What the voter signs now, unseen by others; then its node is gone, and so is its seat.
    let block = home.data(&["query", "block", "latest"]);
    let round = block["round"].as_u64().expect("a round");
    home.data(&["testnet", "kill", "3"]);
    let voters = || home.data(&["query", "voters"]);
    let is_without = |v: &Value| {
        let current = v["current"].as_array().into_iter().flatten();
        v["previous"].is_null() && current.into_iter().all(|one| one["hotkey"] != hotkey)
    };
    let gone = until(PATIENCE, voters, is_without);

    let of = |value: &Value| -> u64 {
        serde_json::from_value::<Rao>(value.clone()).expect("an amount").0
    };
    let free = || of(&home.data(&["query", "account", "alice"])["free"]);
    home.data(&["stake", "remove", &hotkey, "all", "-w", "alice", "--yes"]);
    let before = free();
    let height = |v: &Value| v["height"].as_u64().expect("a height");
    until(PATIENCE, voters, |v| height(v) > height(&gone) + 12);
    assert_eq!(free(), before, "after more than exit_blocks it has not left");

    let genesis = ask(url, "chain_getGenesis", &json!({}));
    let chain: ChainId = serde_json::from_value(genesis["chain_id"].clone()).expect("a chain id");
    let file = home.path().join("evidence.json");
    let evidence = serde_json::to_string(&double(&offender, &chain, round)).expect("JSON");
    fs::write(&file, evidence).expect("a file");
    home.data(&["voter", "report", file.to_str().expect("a plain path"), "-w", "carol"]);

    let bob: PublicKey = weft_types::key::derive_test_key("weft", "bob/coldkey").public();
    let params = json!({ "hotkey": offender.public(), "coldkey": bob });
    let stayed = || of(&ask(url, "stake_get", &params)["stake"]);
    // A voter of four had a quarter of the power: three times that is cut.
    let quarter = 480_000_000_000..520_000_000_000;
    let stayed = until(PATIENCE, stayed, |left| *left < 1_900_000_000_000);
    assert!(quarter.contains(&stayed), "{stayed} stayed of 2 000 TAO");
    let left = until(PATIENCE, free, |now| *now > before) - before;
    assert!(quarter.contains(&left), "{left} left of 2 000 TAO");
    // What stayed has earned since, and what left has paid a fee.
    assert!(left.abs_diff(stayed) < 2_000_000_000, "{left} rao left, {stayed} rao stayed");
    let supply = home.data(&["query", "supply", "--audit"]);
    assert_eq!(supply["conserved"], json!(true), "{supply}");
}
