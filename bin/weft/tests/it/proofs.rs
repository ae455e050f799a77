//! Proofs of accounts by RPC: of the state that is asked for.

use crate::support::Home;
use serde_json::{Value, json};
use std::time::Duration;
use weft_ledger::state::{Key, Proof, Value as Stored};
use weft_rpc::client::Client;
use weft_types::key::derive_test_key;
use weft_types::{Canonical, Hash};

#[test]
fn a_proof_of_an_account_leads_to_the_root_of_the_state_that_it_was_asked_of() {
    let home = Home::new();
    let up = home.data(&["testnet", "up", "-n", "1", "--slot-ms", "300"]);
    let url = up["nodes"][0]["rpc"].as_str().expect("a URL");
    let client = Client::new(url, Duration::from_secs(20)).expect("a URL");
    let alice = derive_test_key("weft", "alice/coldkey").public();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ask = |params: Value| runtime.block_on(client.call::<_, Value>("account_proof", &params));
    for at in ["finalized", "head"] {
        let params = json!({ "key": alice.to_string(), "at": at });
        let said = ask(params).expect("it answers");
        let bytes = weft_types::hash::from_hex(said["proof"].as_str().expect("text"));
        let proof = Proof::from_bytes(&bytes.expect("hex")).expect("a proof");
        let root: Hash = serde_json::from_value(said["state_root"].clone()).expect("a root");
        assert_eq!(proof.root(), Ok(root), "{at}");
        // It shows what stands there, which is not nothing.
        assert!(proof.verify(&root, &Key::Account(alice), None::<&Stored>).is_err(), "{at}");
    }
    assert!(ask(json!({ "key": alice.to_string(), "at": "yesterday" })).is_err());
}
