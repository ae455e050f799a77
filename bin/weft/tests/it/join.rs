//! Joining a chain in one command: by the very line that a testnet prints, with what does
//! not fit refused by name, and nothing of a hostile URL taken on trust.

use crate::imported::free_port;
use crate::stub::{self, honest};
use crate::support::{Home, Running, shared, until};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use weft_types::{Genesis, Hash};

const PATIENCE: Duration = Duration::from_secs(120);

/// A `node join` that runs, and what it says.
pub struct Joining {
    child: Child,
    lines: Receiver<Value>,
}

impl Joining {
    /// Joins with these words behind `weft`.
    pub fn start(home: &Home, words: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_weft"))
            .args(words)
            .arg("--json")
            .env("WEFT_HOME", home.path())
            .env_remove("WEFT_NETWORK")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let out = child.stdout.take().expect("it was piped");
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).expect("one JSON document a line");
                if tell.send(value).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits until it says this; answers that document.
    pub fn event(&self, name: &str) -> Value {
        loop {
            let said = self.lines.recv_timeout(PATIENCE).expect("it says something in time");
            assert_eq!(said["ok"], json!(true), "{said}");
            if said["data"]["event"] == json!(name) {
                return said;
            }
        }
    }

    /// Waits until it refuses, with this exit code; answers the error. What joins where it
    /// must not says so first, and is stopped at once.
    pub fn refusal(mut self, exit: i32) -> Value {
        let mut said = self.lines.recv_timeout(PATIENCE).expect("it says something in time");
        assert_eq!(said["ok"], json!(false), "it joined: {said}");
        let code = until(
            PATIENCE,
            || self.child.try_wait().expect("it is ours").and_then(|status| status.code()),
            Option::is_some,
        );
        assert_eq!(code, Some(exit), "{said}");
        said["error"].take()
    }

    /// Asks it to stop, as Ctrl-C does; it must end well.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().expect("kill is there");
        assert!(sent.success());
        self.event("stopped");
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0));
    }
}

impl Drop for Joining {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn final_height(status: &Value) -> u64 {
    status["final_height"].as_u64().unwrap_or_default()
}

#[test]
fn a_fresh_home_joins_by_the_line_that_testnet_up_prints_and_outlives_the_node_it_asked() {
    let home = Home::new();
    let up = home.data(&["testnet", "up", "-n", "4", "--slot-ms", "400"]);
    let line = up["join"].as_str().expect("a line to join").to_owned();
    let said = String::from_utf8(home.weft(&["testnet", "status"]).stdout).expect("text");
    assert!(said.contains(&format!("join it: {line}")), "{said}");
    let net = || home.data(&["testnet", "status"])["nodes"].clone();
    until(PATIENCE, || final_height(&net()[0]), |h| *h >= 8);

    let words: Vec<_> = line.split_whitespace().skip(1).collect();
    let joined = home.path().join("testnet-joined");
    assert_eq!(words.last(), Some(&text(&joined)), "beside the network, not in it");
    let node = Joining::start(&home, &words);
    let begun = node.event("joined");
    assert!(begun["data"]["peers"].as_array().is_some_and(|p| p.len() >= 4), "{begun}");
    let synced = node.event("synced");
    assert!(final_height(&synced["data"]) >= 8, "{synced}");

    // F21: its home answers for itself, not for the testnet beside it.
    let status = || home.json(&["node", "status", "--home", text(&joined)]).1["data"].take();
    let own = status();
    assert_eq!(own["chain_id"], begun["data"]["chain_id"], "{own}");
    assert_eq!(own["voter"], Value::Null, "it only follows: {own}");

    // The node it asked dies; its peers bring the chain on.
    home.data(&["testnet", "kill", "0"]);
    let before = final_height(&status());
    until(PATIENCE, status, |s| final_height(s) >= before + 5);
    node.stop();

    // The same home goes on, through another node or through none.
    let node1 = net()[1]["rpc"].as_str().expect("a URL").to_owned();
    for url in [node1.as_str(), "http://127.0.0.1:1"] {
        let more = ["--home", text(&joined), "--until-synced"];
        let again = Joining::start(&home, &[&["node", "join", url][..], &more].concat());
        let synced = again.event("synced");
        assert!(final_height(&synced["data"]) >= before, "{url}: {synced}");
        again.event("stopped");
    }
}

/// Tries to join at a URL with more flags; the name of the error, and no home is made.
fn refused(exit: i32, url: &str, more: &[&str]) -> String {
    let home = Home::new();
    let at = home.path().join("node");
    let words = ["node", "join", url, "--home", text(&at), "--until-synced"];
    let error = Joining::start(&home, &[&words[..], more].concat()).refusal(exit);
    let name = error["name"].as_str().expect("an error has a name").to_owned();
    assert!(!at.join("config.toml").exists(), "{name}: a home was made");
    name
}

/// An honest node, but for one method.
fn lying(about: &'static str, lie: impl Fn(Value) -> Value + Send + 'static) -> String {
    let genesis = stub::genesis();
    stub::serve(move |method, params| {
        let truth = honest(&genesis, method, params);
        if method == about { lie(truth) } else { truth }
    })
}

/// With one field of an answer changed.
fn with(name: &'static str, value: Value) -> impl Fn(Value) -> Value + Send {
    move |mut answer| {
        answer[name] = value.clone();
        answer
    }
}

#[test]
fn a_url_where_no_node_is_has_an_error_by_name() {
    assert_eq!(refused(4, "http://127.0.0.1:1", &[]), "CannotConnect");
    assert_eq!(refused(2, "127.0.0.1:1", &[]), "BadUrl");
    let page = stub::raw(|_| Some("<html>hello</html>".to_owned()));
    assert_eq!(refused(1, &page, &[]), "BadAnswer");
    let other = stub::serve(|_, _| json!({ "jsonrpc": "of another program" }));
    assert_eq!(refused(1, &other, &[]), "NoNode");
    let silent = stub::raw(|_| None);
    assert_eq!(refused(4, &silent, &["--timeout", "1"]), "Timeout");
    let alone = lying("net_peers", |_| json!({ "local": { "addresses": [] }, "peers": [] }));
    assert_eq!(refused(1, &alone, &[]), "NoPeers");
}

#[test]
fn what_a_node_says_never_drives_the_terminal() {
    let genesis = stub::genesis();
    let url = stub::raw(move |_| {
        let data = json!({ "name": "\u{1b}[2JSeen", "kind": "internal", "help": "\u{7}" });
        let error = json!({ "code": -32_000, "message": "\u{1b}]0;mine\u{7}", "data": data });
        Some(json!({ "jsonrpc": "2.0", "id": 1, "error": error, "x": genesis.name }).to_string())
    });
    for words in [["node", "join"], ["node", "status"]] {
        let home = Home::new();
        let words = if words[1] == "join" {
            [&words[..], &[&url]].concat()
        } else {
            [&words[..], &["--network", &url]].concat()
        };
        let out = home.weft(&words);
        let said = [out.stdout, out.stderr].concat();
        assert!(!said.is_empty() && !said.contains(&0x1b) && !said.contains(&0x07), "{said:?}");
    }
}

#[test]
fn a_chain_that_is_older_than_its_window_is_joined_from_a_block_that_is_trusted() {
    let home = Home::new();
    let numbers = ["max_voters=4", "rotation_blocks=16", "unbonding_blocks=64"];
    let short: Vec<&str> = numbers.iter().flat_map(|n| ["--param", n]).collect();
    let up = home.data(&[&["testnet", "up", "-n", "4", "--slot-ms", "250"][..], &short].concat());
    let url = up["nodes"][0]["rpc"].as_str().expect("a URL").to_owned();
    let host = || home.data(&["node", "status", "--network", &url]);
    until(PATIENCE, host, |s| final_height(s) >= 80);
    let at = home.path().join("late");
    let rpc = format!("127.0.0.1:{}", free_port());
    let place = ["--home", text(&at), "--rpc", &rpc, "--listen", "/ip4/127.0.0.1/tcp/0"];
    let join = [&["node", "join", &url, "--until-synced"][..], &place].concat();
    let out = home.weft(&[&join[..], &["--json"]].concat());
    let last = String::from_utf8_lossy(&out.stdout).lines().last().map(ToOwned::to_owned);
    let error: Value = serde_json::from_str(&last.expect("it says something")).expect("JSON");
    assert_eq!(error["error"]["name"], json!("CheckpointNeeded"), "{error}");
    // What the node at the URL names, which this test trusts.
    let help = error["error"]["help"].as_str().expect("help");
    let block = help.split_whitespace().find(|w| w.contains(":0x")).expect("a block is named");
    let block = block.trim_end_matches(',');
    let node = Joining::start(&home, &[&join[..], &["--trusted-checkpoint", block]].concat());
    let synced = node.event("synced");
    assert!(final_height(&synced["data"]) >= 80, "{synced}");
    node.event("stopped");
}

#[test]
fn a_chain_that_began_with_a_launch_ledger_is_joined_and_its_genesis_is_the_same() {
    let Some(ledger) = shared("data/finney-genesis-snapshot.json") else { return };
    let home = Home::new();
    let out = home.path().join("chain");
    let made = home.data(&["genesis", "import", text(&ledger), "--out", text(&out)]);
    let genesis = made["genesis"].as_str().expect("a path");
    let (rpc, first) = (format!("127.0.0.1:{}", free_port()), home.path().join("first"));
    let listen = "/ip4/127.0.0.1/tcp/0";
    let _node = Running::node(&first, &["--genesis", genesis, "--rpc", &rpc, "--listen", listen]);
    let url = format!("http://{rpc}");
    let status = || home.json(&["node", "status", "--network", &url]).1["data"].take();
    until(PATIENCE, status, |s| final_height(s) >= 2);
    let (at, rpc) = (home.path().join("second"), format!("127.0.0.1:{}", free_port()));
    let join = ["node", "join", &url, "--home", text(&at), "--rpc", &rpc, "--listen", listen];
    let node = Joining::start(&home, &[&join[..], &["--until-synced"]].concat());
    assert_eq!(node.event("joined")["data"]["chain_id"], made["chain_id"]);
    node.event("synced");
    node.event("stopped");
    let mine = at.join("genesis.json");
    let shown = home.data(&["genesis", "show", text(&mine)]);
    assert_eq!(shown, home.data(&["genesis", "show", genesis]), "to the rao");
}

#[test]
fn a_genesis_that_is_not_of_its_chain_is_refused_and_so_is_one_that_never_ends() {
    // Another chain's genesis under this chain's name.
    let other = Genesis { name: "another".to_owned(), ..stub::genesis() };
    let swapped = lying("chain_genesis", move |_| honest(&other, "chain_genesis", &json!({})));
    assert_eq!(refused(1, &swapped, &[]), "GenesisLies");
    // One byte is another.
    let flipped = lying("chain_genesis", |mut page| {
        let hex = page["hex"].as_str().expect("hex").to_owned();
        let last = if hex.ends_with('0') { "1" } else { "0" };
        page["hex"] = json!(format!("{}{last}", hex.get(..hex.len() - 1).expect("hex")));
        page
    });
    assert_eq!(refused(1, &flipped, &[]), "GenesisLies");
    let huge = lying("chain_genesis", with("bytes", json!(1_u64 << 40)));
    assert_eq!(refused(1, &huge, &[]), "GenesisTooLarge");
    let dripping = lying("chain_genesis", |_| json!({ "bytes": 1 << 25, "hex": "00" }));
    assert_eq!(refused(1, &dripping, &[]), "NoNode");
    let bloated = lying("chain_genesis", |_| json!({ "hex": "0".repeat(3 << 20) }));
    assert_eq!(refused(1, &bloated, &[]), "BadAnswer");
}

#[test]
fn a_chain_a_version_or_a_clock_that_does_not_fit_is_said_by_name() {
    let far = lying("chain_status", |mut status| {
        status["time"] = json!(status["time"].as_u64().expect("a time") + 3_600_000);
        status
    });
    assert_eq!(refused(1, &far, &[]), "ClockOff");
    let newer = json!({ "version": 2, "id": "0x0102030405060708" });
    assert_eq!(refused(1, &lying("chain_status", with("rules", newer)), &[]), "OtherVersion");
    let honest = lying("", |answer| answer);
    let other = Hash([7; 32]).to_string();
    assert_eq!(refused(1, &honest, &["--chain", &other]), "OtherChain");

    // A home that is there already keeps to its chain.
    let home = Home::new();
    let at = home.path().join("node");
    home.data(&["node", "init", "--home", text(&at)]);
    let kept = std::fs::read(at.join("genesis.json")).expect("a genesis");
    let words = ["node", "join", &honest, "--home", text(&at)];
    let error = Joining::start(&home, &words).refusal(1);
    assert_eq!(error["name"], json!("OtherChain"), "{error}");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains(text(&at)) && message.contains("chain 0x"), "{message}");
    assert_eq!(std::fs::read(at.join("genesis.json")).expect("a genesis"), kept);
}

/// F20: the chain that the person names is compared with the home's own, whether the node at
/// the URL is there or not.
#[test]
fn a_chain_that_is_meant_is_compared_with_that_of_the_home_also_when_nobody_answers() {
    let (home, chain) = (Home::new(), stub::genesis().chain_id().to_string());
    let at = home.path().join("node");
    home.data(&["node", "init", "--home", text(&at)]);
    for url in ["http://127.0.0.1:1".to_owned(), lying("", |answer| answer)] {
        let words = ["node", "join", &url, "--home", text(&at), "--chain", &chain];
        let error = Joining::start(&home, &words).refusal(1);
        assert_eq!(error["name"], json!("OtherChain"), "{error}");
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains(text(&at)) && message.contains(&chain), "{message}");
    }
}

/// Anybody can say the name of a chain: addresses are taken from who shows its genesis.
#[test]
fn a_home_takes_no_peers_of_a_node_that_only_says_the_name_of_its_chain() {
    let (home, genesis) = (Home::new(), stub::genesis());
    let (at, file) = (home.path().join("node"), home.path().join("genesis.json"));
    std::fs::write(&file, serde_json::to_string(&genesis).expect("JSON")).expect("a file");
    home.data(&["node", "init", "--genesis", text(&file), "--home", text(&at)]);
    let other = Genesis { name: "another".to_owned(), ..stub::genesis() };
    let chain = genesis.chain_id();
    let url = stub::serve(move |method, params| {
        let mut answer = honest(&other, method, params);
        if method == "chain_status" {
            answer["chain_id"] = json!(chain);
        }
        answer
    });
    let error = Joining::start(&home, &["node", "join", &url, "--home", text(&at)]).refusal(1);
    assert_eq!(error["name"], json!("GenesisLies"), "{error}");
}

/// A node on this machine may name peers on this machine, and no name, nothing of one link and
/// no group; what a node beyond may name is in `home/src/join/places.rs`.
#[test]
fn addresses_that_no_node_says_are_not_written_into_the_home() {
    let home = Home::new();
    let at = home.path().join("node");
    let url = lying("net_peers", |_| {
        let said = [
            "/ip4/127.0.0.1/tcp/2",
            "/dns/localhost/tcp/3",
            "/dns/node.example/tcp/3",
            "/ip4/169.254.169.254/tcp/3",
            "/ip6/fe80::1/tcp/3",
            "/ip4/224.0.0.1/tcp/3",
            "/ip6/::ffff:127.0.0.1/tcp/4",
            "/ip4/10.0.0.7/tcp/5",
        ];
        let own = json!({ "name": "x", "addresses": ["/ip4/127.0.0.1/tcp/1"] });
        json!({ "local": own, "peers": [{ "name": "y", "addresses": said }] })
    });
    let rpc = format!("127.0.0.1:{}", free_port());
    let place = ["--rpc", &rpc, "--listen", "/ip4/127.0.0.1/tcp/0"];
    let words = [&["node", "join", &url, "--home", text(&at)][..], &place].concat();
    let node = Joining::start(&home, &words);
    let want = ["127.0.0.1/tcp/1", "127.0.0.1/tcp/2", "127.0.0.1/tcp/4", "10.0.0.7/tcp/5"];
    let want = json!(want.map(|address| format!("/ip4/{address}")));
    assert_eq!(node.event("joined")["data"]["peers"], want);
    let config = std::fs::read_to_string(at.join("config.toml")).expect("a configuration");
    for none in ["/dns/localhost", "/dns/node", "/169.254", "/fe80", "/224.0", "ffff"] {
        assert!(!config.contains(none), "{none}: {config}");
    }
}

/// F20: at the head is what the node sees itself; who overstates its height holds nobody up.
#[test]
fn a_url_that_overstates_its_height_is_named_and_ends_no_waiting_for_ever() {
    let (home, plan) = (Home::new(), stub::plan(250));
    let (first, file) = (home.path().join("first"), home.path().join("genesis.json"));
    std::fs::write(&file, serde_json::to_string(&plan.genesis).expect("JSON")).expect("a file");
    let seed = weft_types::hash::to_hex(plan.nodes[0].voter.seed());
    std::fs::write(home.path().join("voter.key"), seed).expect("a file");
    let place =
        || (format!("127.0.0.1:{}", free_port()), format!("/ip4/127.0.0.1/tcp/{}", free_port()));
    let (rpc, listen) = place();
    let _node =
        Running::node(&first, &["--genesis", text(&file), "--rpc", &rpc, "--listen", &listen]);
    let real = format!("http://{rpc}");
    let status = || home.json(&["node", "status", "--network", &real]).1["data"].take();
    until(PATIENCE, status, |s| final_height(s) >= 2);

    // A minute of slots has no block: what it says can be, and nobody will ever have it.
    let genesis = plan.genesis.clone();
    let url = stub::serve(move |method, params| {
        let mut answer = honest(&genesis, method, params);
        match method {
            "chain_status" => {
                answer["height"] = json!(1_u64 << 40);
                answer["final_height"] = json!(1_u64 << 40);
            }
            "net_peers" => answer["local"]["addresses"] = json!([listen]),
            _ => {}
        }
        answer
    });
    let at = home.path().join("node");
    let (rpc, listen) = place();
    let place = ["--rpc", &rpc, "--listen", &listen, "--until-synced"];
    let words = [&["node", "join", &url, "--home", text(&at)][..], &place].concat();
    let node = Joining::start(&home, &words);
    let progress = node.event("progress");
    let way = &progress["data"];
    assert!(way["height"].is_u64() && way["of"].as_u64() > way["height"].as_u64(), "{progress}");
    assert!(way.get("seconds_left").is_some() && way["reasons"].is_array(), "{progress}");
    let differs = node.event("differs");
    assert_eq!(differs["data"]["name"], json!("HostAhead"), "{differs}");
    assert!(differs["data"]["of"].as_u64() > differs["data"]["height"].as_u64(), "{differs}");
    let synced = node.event("synced");
    assert!(final_height(&synced["data"]) >= 2, "{synced}");
    node.event("stopped");
}
