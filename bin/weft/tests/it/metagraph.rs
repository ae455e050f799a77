//! A real subnet on four processes: its rows arrive by both doors, and its first epoch
//! pays what the live chain's code pays.

use crate::support::{Home, shared, until};
use serde_json::{Value, json};
use std::time::Duration;

const FILE: &str = "data/mainnet-netuid15-block4769998.json";
const CASE: &str = "vectors/yuma/mainnet_netuid15_yuma3.json";

/// The validators that the chain must permit.
const PERMITTED: [u64; 11] = [0, 2, 21, 52, 56, 57, 94, 112, 206, 245, 253];

fn numbers(list: &Value, field: &str) -> Vec<u64> {
    let entries = list.as_array().into_iter().flatten();
    entries
        .map(|e| if field.is_empty() { e } else { &e[field] })
        .filter_map(Value::as_u64)
        .collect()
}

#[test]
fn the_first_epoch_of_a_real_subnet_pays_what_the_live_chain_pays() {
    let (Some(file), Some(case)) = (shared(FILE), shared(CASE)) else { return };
    let home = Home::new();
    let file = file.to_str().expect("a plain path");
    let up = home.data(&["testnet", "up", "--metagraph", file, "--slot-ms", "400"]);
    let rows = up["rows"].as_array().expect("a report on the rows");
    assert_eq!(rows.len(), 20);
    for row in rows {
        let uid = row["uid"].as_u64().expect("a uid");
        assert_eq!(row["accepted"], json!(PERMITTED.contains(&uid)), "{row}");
        let by_share = [2, 52, 56, 57].contains(&uid);
        assert_eq!(row["door"], json!(if by_share { "share" } else { "transaction" }), "{row}");
        assert_eq!(row["error"].is_string(), !PERMITTED.contains(&uid), "refused by name: {row}");
    }
    let metagraph = until(
        Duration::from_secs(120),
        || home.data(&["subnet", "metagraph", "1"]),
        |m| m["subnet"]["epochs"].as_u64().is_some_and(|e| e > 0),
    );
    assert_eq!(metagraph["subnet"]["epochs"], json!(1), "the first epoch is looked at");
    let text = std::fs::read_to_string(case).expect("the case can be read");
    let case: Value = serde_json::from_str(&text).expect("the case is JSON");
    let want = numbers(&case["epochs"][0]["out"]["incentive"], "");
    assert_eq!(numbers(&metagraph["neurons"], "incentive"), want);
    let permits = metagraph["neurons"].as_array().into_iter().flatten();
    let permits: Vec<_> =
        permits.filter(|n| n["permit"] == json!(true)).filter_map(|n| n["uid"].as_u64()).collect();
    assert_eq!(permits, PERMITTED);
}

#[test]
fn fewer_validators_than_nodes_are_said_and_none_are_refused() {
    let home = Home::new();
    let path = home.path().join("metagraph.json");
    let file = path.to_str().expect("a plain path");
    let write = |stakes: &str| {
        let text = format!(r#"{{"stake_rao":{stakes},"weights":[[[2,9]],[[2,9]],[]]}}"#);
        std::fs::write(&path, text).expect("the file can be written");
    };
    let up = ["testnet", "up", "-n", "4", "--slot-ms", "300", "--metagraph", file];
    write("[1,1,5000000000000]");
    assert_eq!(home.error(&up, 2), "MetagraphNoVoter");
    write("[5000000000000,4000000000000,0]");
    let out = home.weft(&[&up[..], &["--json"]].concat());
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("2 instead of 4"), "{said}");
    let answer: Value = serde_json::from_slice(&out.stdout).expect("stdout is JSON");
    let (data, fewer) = (&answer["data"], &answer["data"]["fewer"]);
    assert_eq!((&fewer["asked"], &fewer["made"]), (&json!(4), &json!(2)), "{answer}");
    assert_eq!((data["nodes"].as_array().map(Vec::len), &data["state"]), (Some(2), &json!("up")));
}

#[test]
fn a_metagraph_that_is_none_is_refused_by_name() {
    let home = Home::new();
    let up = |file: &str| {
        home.error(
            &["testnet", "up", "--metagraph", file],
            if file == "absent.json" { 3 } else { 2 },
        )
    };
    assert_eq!(up("absent.json"), "MetagraphUnreadable");
    for (text, name) in [
        ("[]", "MetagraphShape"),
        (r#"{"stake_rao":[1,2],"weights":[[]]}"#, "MetagraphSize"),
        (r#"{"stake_rao":[1],"weights":[[[9,1]]]}"#, "MetagraphUnknownUid"),
        (r#"{"stake_rao":[18446744073709551615],"weights":[[]]}"#, "MetagraphTooMuchStake"),
    ] {
        let path = home.path().join("metagraph.json");
        std::fs::write(&path, text).expect("the file can be written");
        assert_eq!(up(path.to_str().expect("a plain path")), name, "{text}");
    }
}
