//! Rules that change on a live net (R21): four nodes are updated one by one under load, the
//! change comes at one height for all, and one that is old again stops by name and goes on
//! after its update.

use crate::support::{Home, until};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use weft_rpc::client::Client;
use weft_types::hash::to_hex;
use weft_types::key::derive_test_key;
use weft_types::rules::{LAUNCH, TEST_TWO};
use weft_types::{
    BatchCall, Call, Canonical, ChainTag, Nonce, PublicKey, Rao, RulesId, Tx, TxBody,
};

const PATIENCE: Duration = Duration::from_secs(240);
const NODES: usize = 4;

struct Net {
    home: Home,
    urls: Vec<String>,
    chain: weft_types::ChainId,
    runtime: tokio::runtime::Runtime,
}

impl Net {
    fn up() -> Self {
        let home = Home::new();
        let flags = ["testnet", "up", "-n", "4", "--slot-ms", "300", "--test-rules"];
        let params = ["--param", "rotation_blocks=32", "--param", "max_voters=8"];
        let up = home.data(&[&flags[..], &params].concat());
        let url = |node: &Value| node["rpc"].as_str().expect("a URL").to_owned();
        let urls: Vec<_> = up["nodes"].as_array().into_iter().flatten().map(url).collect();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let mut net = Self { home, urls, chain: weft_types::Hash::ZERO, runtime };
        let genesis = net.ask(0, "chain_getGenesis", &json!({})).expect("the node answers");
        net.chain = serde_json::from_value(genesis["chain_id"].clone()).expect("a chain id");
        net
    }

    fn ask(&self, node: usize, method: &str, params: &Value) -> Option<Value> {
        let client = Client::new(&self.urls[node], Duration::from_secs(5)).expect("a URL");
        self.runtime.block_on(client.call(method, params)).ok()
    }

    fn status(&self, node: usize) -> Value {
        self.ask(node, "chain_status", &json!({})).unwrap_or_default()
    }

    fn final_height(&self, node: usize) -> u64 {
        self.status(node)["final_height"].as_u64().unwrap_or(0)
    }

    fn version(&self, node: usize) -> Value {
        self.ask(node, "chain_version", &json!({ "at": "head" })).unwrap_or_default()
    }

    /// What a node's configuration says that it knows; nothing: all there is.
    fn restart_knowing(&self, node: usize, known: Option<RulesId>) {
        let path: PathBuf = self.home.path().join(format!("testnet/node{node}/config.toml"));
        let text = std::fs::read_to_string(&path).expect("a configuration");
        let others = text.lines().filter(|line| !line.starts_with("known_rules"));
        let line = known.map(|id| format!("known_rules = [\"{id}\"]"));
        let lines: Vec<_> = others.map(ToOwned::to_owned).chain(line).collect();
        std::fs::write(&path, lines.join("\n") + "\n").expect("it is written");
        let number = node.to_string();
        self.home.data(&["testnet", "kill", &number]);
        self.home.data(&["testnet", "restart", &number]);
        let before = (0..NODES).map(|n| self.final_height(n)).max().unwrap_or(0);
        if known.is_none() {
            until(PATIENCE, || self.final_height(node), |height| *height > before);
        }
    }

    /// The version that a block's header names, on a node.
    fn header_version(&self, node: usize, height: u64) -> (Value, Value) {
        let block = self.ask(node, "chain_getBlock", &json!({ "height": height }));
        let block = block.unwrap_or_default();
        (block["version"].clone(), block["hash"].clone())
    }

    /// A figure of a node.
    fn figure(&self, node: usize, name: &str) -> f64 {
        let url = format!("{}/metrics", self.urls[node]);
        let text = self.runtime.block_on(get(&url));
        let line = text.lines().find(|line| line.starts_with(&format!("{name} ")));
        line.and_then(|l| l.rsplit(' ').next()?.parse().ok()).unwrap_or(f64::NAN)
    }

    fn submit(&self, node: usize, tx: &Tx) -> Result<(), String> {
        self.hands(node, "tx_submit", tx)
    }

    fn tries(&self, node: usize, tx: &Tx) -> Result<(), String> {
        self.hands(node, "tx_try", tx)
    }

    fn hands(&self, node: usize, method: &str, tx: &Tx) -> Result<(), String> {
        let client = Client::new(&self.urls[node], Duration::from_secs(5)).expect("a URL");
        let raw = json!({ "raw": to_hex(&tx.to_bytes()) });
        let sent = self.runtime.block_on(client.call::<_, Value>(method, &raw));
        match sent {
            Ok(_) => Ok(()),
            Err(weft_rpc::client::ClientError::Application(e)) => Err(e.name),
            Err(other) => Err(other.to_string()),
        }
    }

    fn tx(&self, nonce: u64, call: Call) -> Tx {
        let key = derive_test_key("weft", "alice/coldkey");
        let fee = Rao(100_000);
        let (chain, signer) = (ChainTag::of(&self.chain), key.public());
        TxBody { chain, signer, nonce: Nonce(nonce), fee, valid_until: None, call }
            .sign(&key, &self.chain)
    }

    fn next_nonce(&self) -> u64 {
        let key = derive_test_key("weft", "alice/coldkey").public();
        let account = self.ask(0, "account_get", &json!({ "key": key, "at": "head" }));
        account.and_then(|a| a["next_nonce"].as_u64()).unwrap_or(0)
    }
}

/// A page of a node.
async fn get(url: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (host, path) = url.trim_start_matches("http://").split_once('/').expect("a path");
    let mut stream = tokio::net::TcpStream::connect(host).await.expect("the node listens");
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it is sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("it answers");
    text
}

/// Somebody who is known already.
fn carol() -> PublicKey {
    derive_test_key("weft", "carol/coldkey").public()
}

/// A batch of so many transfers.
fn batch(count: u64) -> Call {
    let one = || BatchCall(Call::Transfer { to: carol(), amount: Rao(1_000), open: false });
    Call::Batch { calls: (0..count).map(|_| one()).collect() }
}

/// Sends transfers as they are taken, until it is told to stop; answers how many.
fn load(net: &Net, stop: &AtomicBool) -> u64 {
    let sent = AtomicU64::new(0);
    let transfer = || Call::Transfer { to: carol(), amount: Rao(1_000), open: false };
    while !stop.load(Ordering::Relaxed) {
        let from = net.next_nonce();
        for nonce in from..from + 8 {
            // A node that is being restarted, or took one before, refuses it: that is load too.
            if net.submit(0, &net.tx(nonce, transfer())).is_ok() {
                sent.fetch_add(1, Ordering::Relaxed);
            }
        }
        std::thread::park_timeout(Duration::from_millis(200));
    }
    sent.load(Ordering::Relaxed)
}

/// Over a third signal what the fourth node does not know: its notes, its figures and its log say so.
fn awaits_the_warning(net: &Net) {
    let signals = |v: &Value| {
        let signal = &v["signals"][0];
        signal["id"] == json!(RulesId::of(TEST_TWO))
            && signal["power_ppm"].as_u64() >= Some(333_333)
    };
    until(PATIENCE, || net.version(0), |v| signals(v) || !v["next"].is_null());
    let unknown = |status: &Value| status["notes"].to_string().contains("signal rules that");
    until(PATIENCE, || net.status(3), unknown);
    let ppm = || net.figure(3, "weft_rules_unknown_signal_ppm");
    until(PATIENCE, ppm, |ppm| *ppm >= 333_333.0);
    let log = net.home.path().join("testnet/node3/node.log");
    let warns = |line: &str| line.contains("WARN") && line.contains("signal rules that");
    // It is logged when the node looks at itself next, which is not when it is asked.
    let read = || std::fs::read_to_string(&log).expect("it has a log");
    until(PATIENCE, read, |log| log.lines().any(warns));
}

/// Says that it is over, also when what it waits for fails: else who sends would send for ever.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A5
#[test]
fn a_rolling_change_comes_at_one_height_for_all_and_one_left_old_stops_by_name() {
    let net = Net::up();
    let (first, second) = (RulesId::of(LAUNCH), RulesId::of(TEST_TWO));
    let old = net.home.data(&["query", "version"]);
    assert_eq!(
        (&old["version"], &old["id"], &old["next"]),
        (&json!(1), &json!(first), &json!(null))
    );
    assert_eq!((&old["runs"], &old["signals"]), (&json!([first]), &json!([])));
    let nine = net.tx(0, batch(9));
    assert_eq!(net.submit(0, &nine), Ok(()), "nine are good by the first rules");

    let stop = AtomicBool::new(false);
    let (height, sent) = std::thread::scope(|scope| {
        let loaded = scope.spawn(|| load(&net, &stop));
        let over = Over(&stop);
        (0..NODES - 1).for_each(|node| net.restart_knowing(node, None));
        awaits_the_warning(&net);
        net.restart_knowing(3, None);
        let locked = until(PATIENCE, || net.version(0), |v| !v["next"].is_null());
        assert_eq!(locked["next"]["id"], json!(second), "{locked}");
        let height = locked["next"]["height"].as_u64().expect("a height");
        assert_eq!(height % 32, 16, "half a rotation after a rotation height: {locked}");

        // One takes its word back; the other three are over two thirds.
        net.restart_knowing(3, Some(first));
        let coming = |status: &Value| status["notes"].to_string().contains("changes to rules");
        until(PATIENCE, || net.status(3), coming);

        let changed = |v: &Value| v["version"] == json!(2);
        until(PATIENCE, || net.version(0), changed);
        until(PATIENCE, || net.final_height(0), |now| *now > height + 8);
        drop(over);
        (height, loaded.join().expect("it loads"))
    });
    assert!(sent > 20, "{sent} transfers were taken meanwhile");

    // The old one stands below the change, says why, and signs nothing.
    let stopped = until(PATIENCE, || net.status(3), |s| !s["stopped"].is_null());
    let why = stopped["stopped"].as_str().unwrap_or_default();
    let want =
        format!("runs rules 2 ({second}) from height {height}, this program knows 1: update");
    assert!(why.contains(&want), "{why}");
    assert_eq!((&stopped["height"], &stopped["ready"]), (&json!(height - 1), &json!(false)));
    let page = net.runtime.block_on(get(&format!("{}/health", net.urls[3])));
    assert!(page.starts_with("HTTP/1.1 503") && page.contains("runs rules 2"), "{page}");
    let vote = |net: &Net| net.ask(3, "voter_status", &json!({})).map(|v| v["last_vote"].clone());
    let last = vote(&net);
    let from = net.next_nonce();
    let tx = net.tx(from, Call::Transfer { to: carol(), amount: Rao(1), open: false });
    assert_eq!(net.submit(3, &tx), Err("UnknownRules".to_owned()));
    assert_eq!(net.tries(3, &tx), Err("UnknownRules".to_owned()), "nor is it tried by old ones");
    assert_eq!(net.submit(0, &net.tx(from, batch(9))), Err("BatchSize".to_owned()));
    assert_eq!(net.submit(0, &net.tx(from, batch(8))), Ok(()));
    let now = net.final_height(0);
    until(PATIENCE, || net.final_height(0), |later| *later > now + 8);
    assert_eq!(vote(&net), last, "it signs nothing");
    assert!(net.header_version(3, height - 8).0.is_number(), "it serves what it has");

    // After its update it goes on, and nobody was banned.
    net.restart_knowing(3, None);
    for node in 0..NODES {
        assert_eq!(net.figure(node, "weft_p2p_banned_total"), 0.0, "node{node}");
        let (before, at) = (net.header_version(node, height - 1), net.header_version(node, height));
        assert_eq!((&before.0, &at.0), (&json!(1), &json!(2)), "node{node}");
        assert_eq!(
            (before, at),
            (net.header_version(0, height - 1), net.header_version(0, height))
        );
    }
    net.home.data(&["testnet", "down"]);
    for node in 0..NODES {
        let dir = net.home.path().join(format!("testnet/node{node}"));
        let replay =
            net.home.data(&["node", "replay", "--home", dir.to_str().expect("a plain path")]);
        let found = (&replay["equal"], &replay["double_votes"], &replay["double_proposals"]);
        assert_eq!(found, (&json!(true), &json!(0), &json!(0)), "node{node}: {replay}");
    }
}
