//! A fair launch: its genesis, and a launch that is played.

use crate::support::Home;
use serde_json::json;
use weft_types::key::derive_test_key;

#[test]
fn the_genesis_of_a_fair_launch_allocates_nothing_and_is_the_same_for_everybody() {
    let home = Home::new();
    let file = home.path().join("genesis.json");
    let file = file.to_str().unwrap();
    let voter = |n: u8| {
        let key = |kind: &str| derive_test_key("fair", &format!("{n}/{kind}")).public();
        format!("{}:{}", key("hot"), key("cold"))
    };
    let (one, two) = (voter(1), voter(2));
    let make = ["genesis", "new", "--out", file, "--genesis-time", "5", "--voter"];
    let made = home.data(&[&make[..], &[&one, "--voter", &two]].concat());
    let of = |name: &str| made[name].clone();
    assert_eq!(json!([2, 0, 0, 1]), json!(["voters", "accounts", "stakes", "subnets"].map(of)));
    assert_eq!(made["network"], json!("main"));
    assert_eq!(home.error(&[&make[..], &[&one]].concat(), 1), "FileExists");
    std::fs::remove_file(file).unwrap();
    let turned = home.data(&[&make[..], &[&two, "--voter", &one]].concat());
    assert_ne!(made["chain_id"], turned["chain_id"], "uids go by the order");
    std::fs::remove_file(file).unwrap();
    assert_eq!(home.error(&[&make[..], &[&one, "--voter", &one]].concat(), 2), "BadGenesis");
    assert_eq!(home.error(&[&make[..], &["no colon"]].concat(), 2), "BadVoter");
}

#[test]
fn a_launch_is_played_told_and_drawn() {
    let home = Home::new();
    let svg = home.path().join("launch.svg");
    let play = ["sim", "launch", "--days", "1", "--honest", "9", "--attackers", "3", "--svg"];
    let launch = [&play[..], &[svg.to_str().unwrap()]].concat();
    let said = home.data(&launch);
    assert_eq!((&said["ok"], said["days"].as_array().unwrap().len()), (&json!(true), 1));
    assert_eq!(said["registrations"], json!(12));
    assert!(std::fs::read_to_string(&svg).unwrap().contains("<polyline"));
    assert_eq!(home.data(&launch)["state_root"], said["state_root"]);
    assert_eq!(home.error(&["sim", "launch", "--validating", "2"], 2), "BadPart");
}
