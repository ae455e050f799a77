//! What `--resume` makes of each answer to a second send: only a receipt ends it.

use crate::stub;
use crate::support::Home;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What a scripted node answers to a submit, and to the question what became of it.
#[derive(Clone, Debug)]
struct Script {
    /// A JSON-RPC body; none for a connection that says nothing.
    submit: Option<Value>,
    /// The `status` of `tx_get`, the first time and behind a submit.
    known: (&'static str, &'static str),
    submits: u64,
    /// What opening an account costs; null where none can be opened.
    price: Value,
}

impl Script {
    fn new(submit: Option<Value>, known: (&'static str, &'static str)) -> Self {
        Self { submit, known, submits: 0, price: json!("5") }
    }
}

/// A node of a chain that nobody runs, whose answers a test exchanges.
struct Node {
    url: String,
    script: Arc<Mutex<Script>>,
}

fn refusal(kind: &str, name: &str) -> Value {
    json!({ "error": { "code": -32_000, "message": "no", "data": {
        "kind": kind, "name": name, "help": "", "context": {},
    } } })
}

impl Node {
    fn new() -> Self {
        let script = Script::new(None, ("unknown", "unknown"));
        let script = Arc::new(Mutex::new(script));
        let (genesis, state) = (stub::genesis(), Arc::clone(&script));
        let url = stub::raw(move |request| {
            let call: Value = serde_json::from_str(request).unwrap_or_default();
            let mut script = state.lock().expect("no test panics here");
            let result = match call["method"].as_str().unwrap_or_default() {
                "chain_getGenesis" => json!({
                    "network": genesis.network, "chain_id": genesis.chain_id(),
                    "params": genesis.params,
                }),
                "chain_status" => {
                    json!({ "state": { "account_deposit": script.price, "values": 1 } })
                }
                "account_get" => json!({
                    "free": "9000000000000", "waiting": "0", "next_nonce": 4, "open": false,
                }),
                "tx_try" => json!({ "height": 5 }),
                "tx_get" => {
                    let (before, behind) = script.known;
                    let status = if script.submits == 0 { before } else { behind };
                    json!({ "status": status, "height": 7, "receipt": { "events": [] } })
                }
                "tx_submit" => {
                    script.submits += 1;
                    return script.submit.as_ref().map(ToString::to_string);
                }
                _ => Value::Null,
            };
            Some(json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string())
        });
        Self { url, script }
    }

    fn says(&self, submit: Option<Value>, known: (&'static str, &'static str)) {
        *self.script.lock().expect("no test panics here") = Script::new(submit, known);
    }

    fn submits(&self) -> u64 {
        self.script.lock().expect("no test panics here").submits
    }
}

/// A home whose wallet `ann` has sent a transfer of which it heard nothing.
struct Sent {
    home: Home,
    node: Node,
    id: String,
}

const TRANSFER: [&str; 5] = ["transfer", "ann", "3", "-w", "ann"];

impl Sent {
    fn new() -> Self {
        let (home, node) = (Home::new(), Node::new());
        home.data(&["wallet", "create", "ann", "--unencrypted"]);
        let (code, lost) = home.json(&with(&TRANSFER, &["--network", &node.url, "--timeout", "1"]));
        assert_eq!((code, &lost["error"]["name"]), (6, &json!("OutcomeUnknown")), "{lost}");
        let id = lost["error"]["context"]["tx"].as_str().expect("the id").to_owned();
        Self { home, node, id }
    }

    fn again(&self, more: &[&str]) -> (i32, Value) {
        let flags = ["--resume", &self.id, "--network", &self.node.url, "--timeout", "1"];
        self.home.json(&with(&with(&TRANSFER, &flags), more))
    }

    fn kept(&self) -> Option<PathBuf> {
        let chains = std::fs::read_dir(self.home.path().join("sent")).expect("it is there");
        let name = format!("{}.tx", self.id.trim_start_matches("0x"));
        chains.flatten().map(|chain| chain.path().join(&name)).find(|path| path.exists())
    }

    /// The outcome is still unknown, and the bytes are still there.
    fn is_open(&self, what: &str, (code, said): &(i32, Value)) {
        assert_eq!(
            (*code, &said["error"]["name"]),
            (6, &json!("OutcomeUnknown")),
            "{what}: {said}"
        );
        assert_eq!(said["error"]["context"]["tx"], json!(self.id), "{what}: {said}");
        assert!(self.kept().is_some(), "{what}: the bytes stay");
    }
}

fn with<'a>(args: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [args, more].concat()
}

/// F2: no refusal of a second send is an outcome, whatever its name.
#[test]
fn a_refusal_of_a_second_send_leaves_the_outcome_open_and_the_bytes_kept() {
    let sent = Sent::new();
    for (kind, name) in [
        ("invalid_argument", "NonceUsed"),
        ("already_exists", "NonceTaken"),
        ("too_early", "NonceAhead"),
        ("insufficient_balance", "TooPoor"),
        ("insufficient_balance", "NotEnoughStake"),
        ("limit_exceeded", "SignerFull"),
        ("limit_exceeded", "PoolFull"),
        ("rate_limited", "RemovalPending"),
        ("rate_limited", "CheckerBusy"),
        ("invalid_argument", "NotAllowed"),
        ("invalid_argument", "Expired"),
        ("invalid_argument", "FeeTooLow"),
        ("invalid_argument", "OtherChain"),
        ("not_authorized", "BadSignature"),
        ("not_found", "SubnetNotExists"),
        ("not_ready", "UnknownRules"),
        ("internal", "Stopping"),
    ] {
        sent.node.says(Some(refusal(kind, name)), ("unknown", "unknown"));
        let said = sent.again(&[]);
        sent.is_open(name, &said);
        assert_eq!(said.1["error"]["context"]["refused"], json!(name), "{}", said.1);
        let help = said.1["error"]["help"].as_str().expect("help");
        assert!(help.contains("--nonce 4"), "what can safely be sent instead: {help}");
        assert_eq!(sent.node.submits(), 1, "{name}");
        // The same bytes made by the same command, without the flag.
        let same = with(&TRANSFER, &["--nonce", "4", "--network", &sent.node.url]);
        let said = sent.home.json(&same);
        sent.is_open(name, &said);
    }
    // A connection that breaks, an answer that is none, and nobody at all.
    sent.node.says(None, ("unknown", "unknown"));
    sent.is_open("silence", &sent.again(&[]));
    sent.node.says(Some(json!("hm")), ("unknown", "unknown"));
    sent.is_open("babble", &sent.again(&[]));
    sent.node.says(None, ("odd", "odd"));
    sent.is_open("no status", &sent.again(&[]));
    let away = ["--resume", &sent.id, "--network", "http://127.0.0.1:1"];
    sent.is_open("nobody", &sent.home.json(&with(&TRANSFER, &away)));
    // What was never sent is not unknown but not there.
    let other = format!("0x{}", "7".repeat(64));
    let away = ["--resume", &other, "--network", "http://127.0.0.1:1"];
    assert_eq!(sent.home.error(&with(&TRANSFER, &away), 4), "CannotConnect");
}

/// F2: what the node has is waited for and not sent again, and what became final between the
/// question and the second send is found.
#[test]
fn what_the_node_has_is_concluded_and_not_sent_again() {
    let sent = Sent::new();
    sent.node.says(Some(refusal("internal", "NotAsked")), ("pending", "pending"));
    sent.is_open("it waits", &sent.again(&[]));
    let (code, said) = sent.again(&["--wait", "none"]);
    assert_eq!((code, &said["data"]["status"]), (0, &json!("pending")), "{said}");
    assert!(sent.kept().is_some(), "that is no receipt");
    assert_eq!(sent.node.submits(), 0);
    sent.node.says(Some(refusal("invalid_argument", "NonceUsed")), ("unknown", "finalized"));
    let (code, said) = sent.again(&[]);
    assert_eq!((code, &said["data"]["status"]), (0, &json!("finalized")), "{said}");
    assert_eq!(sent.kept(), None, "a receipt is an outcome");
}

/// A first send that is refused by name is nowhere, and is not kept.
#[test]
fn a_first_send_that_is_refused_is_kept_no_longer() {
    let sent = Sent::new();
    sent.node.says(Some(refusal("limit_exceeded", "PoolFull")), ("unknown", "unknown"));
    let other = ["transfer", "ann", "4", "-w", "ann", "--network", &sent.node.url];
    assert_eq!(sent.home.error(&other, 1), "PoolFull");
    let dir = sent.kept().and_then(|path| path.parent().map(ToOwned::to_owned)).expect("a folder");
    assert_eq!(std::fs::read_dir(dir).expect("it is read").count(), 1, "only that of before");
}

/// Another command than the one that made it is refused, whatever it is that differs.
#[test]
fn another_command_than_the_first_is_refused_whatever_differs() {
    let sent = Sent::new();
    sent.home.data(&["wallet", "create", "bob", "--unencrypted"]);
    for args in [
        &["transfer", "bob", "3", "-w", "ann"][..],
        &["transfer", "ann", "4", "-w", "ann"],
        &["transfer", "ann", "3", "-w", "bob"],
        &["transfer", "ann", "3", "-w", "ann", "--nonce", "5"],
        &["transfer", "ann", "3", "-w", "ann", "--fee", "1"],
        &["stake", "add", "ann", "3", "-w", "ann"],
        &["stake", "take", "3", "-w", "ann"],
        &["register", "1", "-w", "ann"],
        &["voter", "leave", "-w", "ann"],
        &["weights", "reveal", "1", "-w", "ann"],
        &["subnet", "start", "1", "-w", "ann"],
    ] {
        let flags = ["--resume", &sent.id, "--network", &sent.node.url];
        assert_eq!(sent.home.error(&with(args, &flags), 2), "OtherTransaction", "{args:?}");
    }
    assert_eq!(sent.node.submits(), 1, "nothing was sent but the first");
}

/// A state so full that no account can be opened is no reason not to ask what became of it.
#[test]
fn a_deposit_that_is_not_known_stops_no_resume() {
    let sent = Sent::new();
    sent.node.says(None, ("finalized", "finalized"));
    sent.node.script.lock().expect("no test panics here").price = Value::Null;
    let (code, said) = sent.again(&[]);
    assert_eq!((code, &said["data"]["plan"]["leaves_at_most"]), (0, &Value::Null), "{said}");
}
