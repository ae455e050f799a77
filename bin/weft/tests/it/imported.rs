//! The real launch ledger: imported to the rao, served by a node that starts from it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; a test that can't go on fails"
)]

use crate::support::{Home, Running, shared, until};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;
use weft_rpc::client::{Client, ClientError};
use weft_types::key::derive_test_key;

const PATIENCE: Duration = Duration::from_secs(60);

/// Two well-known development keys.
const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const BOB: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

pub fn free_port() -> u16 {
    let ports = weft_testnet::free_ports(&[0]).expect("a port is free");
    ports.first().copied().expect("one was asked for")
}

/// A node of a genesis, in a home made by its start; its URL beside it.
fn start(home: &Path, genesis: &str) -> (Running, String) {
    let rpc = format!("127.0.0.1:{}", free_port());
    let listen = format!("/ip4/127.0.0.1/tcp/{}", free_port());
    let flags = ["--genesis", genesis, "--rpc", &rpc, "--listen", &listen];
    (Running::node(home, &flags), format!("http://{rpc}"))
}

fn is_final((code, answer): &(i32, Value)) -> bool {
    *code == 0 && answer["data"]["final_height"].as_u64() >= Some(1)
}

#[test]
fn a_chain_starts_from_the_real_launch_ledger_and_serves_every_account() {
    let Some(ledger) = shared("data/finney-genesis-snapshot.json") else { return };
    let text = std::fs::read_to_string(&ledger).expect("the ledger can be read");
    let real: Value = serde_json::from_str(&text).expect("the ledger is JSON");
    let home = Home::new();
    let out = home.path().join("chain");
    let (file, out) = (ledger.to_str().unwrap(), out.to_str().unwrap());
    let made = home.data(&["genesis", "import", file, "--out", out]);
    assert_eq!((&made["accounts"], &made["stakes"]), (&json!(18_618), &json!(4_096)));
    assert_eq!(made["balance_sum"], json!("1819812196185399"));
    assert_eq!(made["stake_sum"], json!("2361517466099541"));
    let genesis = made["genesis"].as_str().unwrap();
    let shown = home.data(&["genesis", "show", genesis]);
    assert_eq!(shown["chain_id"], made["chain_id"]);
    assert_eq!(shown["stake_sum"], made["stake_sum"]);

    let (_node, url) = start(&home.path().join("node"), genesis);
    let ask = |args: &[&str]| home.json(&[args, &["--network", &url]].concat());
    until(PATIENCE, || ask(&["node", "status"]), is_final);
    let supply = ask(&["query", "supply", "--audit"]).1["data"].take();
    assert_eq!(supply["conserved"], json!(true));
    assert_eq!(supply["free"], made["balance_sum"]);
    assert_eq!(supply["staked"], made["stake_sum"]);
    tokio::runtime::Runtime::new().unwrap().block_on(serves(&url, &real));

    let address = real["balances"].as_object().unwrap().keys().next().unwrap();
    let account = ask(&["query", "account", address]).1["data"].take();
    assert!(account["address"].as_str().unwrap().starts_with("weftl1"), "{account}");
    let slip = address.replace('5', "6");
    let error = ask(&["query", "account", &slip]);
    assert_eq!((error.0, &error.1["error"]["name"]), (2, &json!("Ss58Prefix")), "{}", error.1);
}

/// Every account and every stake, asked for by SS58.
async fn serves(url: &str, real: &Value) {
    let client = Client::new(url, PATIENCE).expect("a URL");
    let ask = async |method: &str, params: Value| -> Value {
        client.call(method, &params).await.unwrap_or_else(|e| panic!("{params}: {e}"))
    };
    for (address, rao) in real["balances"].as_object().unwrap() {
        let account = ask("account_get", json!({ "key": address })).await;
        assert_eq!(account["free"], json!(rao.to_string()), "{address}");
    }
    for (coldkey, hotkeys) in real["stakes"].as_object().unwrap() {
        for (hotkey, stake) in hotkeys.as_object().unwrap() {
            let got = ask("stake_get", json!({ "hotkey": hotkey, "coldkey": coldkey })).await;
            assert_eq!(got["stake"], json!(stake[0].to_string()), "{hotkey}");
        }
    }
    let slip = json!({ "key": ALICE.replace('Q', "R") });
    match client.call::<_, Value>("account_get", &slip).await {
        Err(ClientError::Application(error)) => assert_eq!(error.name, "Ss58Checksum"),
        other => panic!("a slip was taken: {other:?}"),
    }
}

fn ledger(home: &Home, name: &str, text: &str) -> String {
    let path = home.path().join(name);
    std::fs::write(&path, text).expect("the test's file can be written");
    path.to_str().expect("a plain path").to_owned()
}

fn small(home: &Home) -> String {
    let text = json!({ "balances": { ALICE: 500 }, "stakes": { ALICE: { BOB: [7, 3] } } });
    ledger(home, "small.json", &text.to_string())
}

#[test]
fn secrets_are_their_owners_alone_and_are_never_written_over() {
    let home = Home::new();
    let (file, out) = (small(&home), home.path().join("out"));
    let import = ["genesis", "import", &file, "--out", out.to_str().unwrap()];
    let made = home.data(&import);
    let genesis = std::fs::read_to_string(out.join("genesis.json")).unwrap();
    for name in ["voter_key", "coldkey_key"] {
        let path = made[name].as_str().expect("a new key has a file");
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
        let seed = std::fs::read_to_string(path).unwrap();
        assert_eq!(seed.len(), 64, "{path}");
        assert!(!genesis.contains(&seed), "the genesis holds a secret");
    }
    let before = std::fs::read(out.join("voter.key")).unwrap();
    assert_eq!(home.error(&import, 1), "FileExists");
    std::fs::remove_file(out.join("genesis.json")).unwrap();
    assert_eq!(home.error(&import, 1), "FileExists");
    assert_eq!(std::fs::read(out.join("voter.key")).unwrap(), before);
    let shown = home.data(&["genesis", "show", &ledger(&home, "genesis.json", &genesis)]);
    let of = |name: &str| shown[name].clone();
    assert_eq!(json!([1, 1, 1, 1]), json!(["voters", "accounts", "stakes", "subnets"].map(of)));
}

#[test]
fn an_operator_votes_with_a_key_of_his_own_on_numbers_of_his_choice() {
    let home = Home::new();
    let (file, out) = (small(&home), home.path().join("out"));
    let out = out.to_str().unwrap();
    let mine = derive_test_key("an operator", "hotkey");
    let key = ledger(&home, "mine.key", &weft_types::hash::to_hex(mine.seed()));
    let hotkey = mine.public().to_string();
    let import = ["genesis", "import", &file, "--out", out, "--voter", &hotkey];
    let made = home.data(&[&import[..], &["--network-preset", "bench"]].concat());
    assert_eq!((&made["voter"], &made["voter_key"]), (&json!(hotkey), &Value::Null));
    assert!(!Path::new(out).join("voter.key").exists());
    let genesis = made["genesis"].as_str().unwrap();
    let text: Value = serde_json::from_str(&std::fs::read_to_string(genesis).unwrap()).unwrap();
    assert_eq!(
        (&text["params"]["slot_ms"], &text["params"]["root_tempo"]),
        (&json!(250), &json!(40))
    );

    let node = home.path().join("node");
    home.data(&[
        "node",
        "init",
        "--genesis",
        genesis,
        "--voter-key",
        &key,
        "--home",
        node.to_str().unwrap(),
        "--rpc",
        &format!("127.0.0.1:{}", free_port()),
        "--listen",
        "/ip4/127.0.0.1/tcp/0",
    ]);
    drop(std::fs::remove_dir_all(&node));
    // The same by one command.
    std::fs::copy(&key, Path::new(out).join("voter.key")).unwrap();
    let (_node, url) = start(&node, genesis);
    until(PATIENCE, || home.json(&["node", "status", "--network", &url]), is_final);
}

#[test]
fn a_voter_of_the_ledger_keeps_its_owner() {
    let home = Home::new();
    let (file, out) = (small(&home), home.path().join("out"));
    let import = ["genesis", "import", &file, "--out", out.to_str().unwrap(), "--voter", BOB];
    let made = home.data(&import);
    let alice = weft_types::ss58::read(ALICE).unwrap();
    assert_eq!(made["coldkey"], json!(alice));
    assert_eq!((&made["voter_key"], &made["coldkey_key"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_ledger_that_is_none_is_refused_by_name_and_leaves_nothing_behind() {
    let home = Home::new();
    let out = home.path().join("out");
    let refused = |text: &str, exit: i32| {
        let file = ledger(&home, "bad.json", text);
        let name = home.error(&["genesis", "import", &file, "--out", out.to_str().unwrap()], exit);
        assert!(!out.exists(), "{name}");
        name
    };
    let balances = |text: &str| format!("{{\"balances\":{{{text}}},\"stakes\":{{}}}}");
    let cap = 21_000_000_000_000_000_u64;
    assert_eq!(refused("{}", 2), "LedgerMalformed");
    assert_eq!(refused(&balances(&format!("\"{ALICE}\":1,\"{ALICE}\":1")), 2), "KeyTwice");
    assert_eq!(
        refused(&balances(&format!("\"{}\":1", ALICE.replace('Q', "R"))), 2),
        "Ss58Checksum"
    );
    assert_eq!(refused(&balances(&format!("\"{ALICE}1\":1")), 2), "Ss58Length");
    assert_eq!(
        refused(&balances("\"15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5\":1"), 2),
        "Ss58Prefix"
    );
    let over = format!("\"{ALICE}\":{cap},\"{BOB}\":1");
    assert_eq!(refused(&balances(&over), 2), "TooManyCoins");
    let out = out.to_str().unwrap();
    assert_eq!(home.error(&["genesis", "import", "/no/such", "--out", out], 3), "LedgerUnreadable");
}
