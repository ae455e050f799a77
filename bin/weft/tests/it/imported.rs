//! The real launch ledger: imported to the rao, served by a node that starts from it.

use crate::support::{Home, shared, until};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A node that is killed when the test is over.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
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

    let (rpc, listen) = (format!("127.0.0.1:{}", free_port()), free_port());
    let node = home.path().join("node");
    let child = Command::new(env!("CARGO_BIN_EXE_weft"))
        .args(["node", "run", "--genesis", genesis, "--rpc", &rpc])
        .args(["--listen", &format!("/ip4/127.0.0.1/tcp/{listen}")])
        .arg("--home")
        .arg(&node)
        .stderr(Stdio::null())
        .spawn()
        .expect("the node starts");
    let _node = Node(child);
    let url = format!("http://{rpc}");
    let ask = |args: &[&str]| home.json(&[args, &["--network", &url]].concat());
    let is_final = |(code, answer): &(i32, Value)| {
        *code == 0 && answer["data"]["final_height"].as_u64() >= Some(1)
    };
    until(Duration::from_secs(60), || ask(&["node", "status"]), is_final);

    let supply = ask(&["query", "supply", "--audit"]).1["data"].take();
    assert_eq!(supply["conserved"], json!(true));
    assert_eq!(supply["free"], made["balance_sum"]);
    let balances = real["balances"].as_object().unwrap();
    for (address, rao) in balances.iter().step_by(1_500) {
        let account = ask(&["query", "account", address]).1["data"].take();
        assert_eq!(account["free"], json!(rao.to_string()), "{address}");
        assert!(account["address"].as_str().unwrap().starts_with("weftl1"));
    }
    let slip = balances.keys().next().unwrap().replace('5', "6");
    assert_eq!(ask(&["query", "account", &slip]).0, 2);
}
