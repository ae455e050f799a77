//! A node's home: what `init` checks, which node `status` asks, and what a node says of
//! peers that are none.

use crate::imported::free_port;
use crate::support::{Home, Running, running_on, until};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// A home of a node in this directory with these flags.
pub fn init(home: &Home, name: &str, flags: &[&str]) -> PathBuf {
    let at = home.path().join(name);
    home.data(&[&["node", "init", "--home", text(&at)][..], flags].concat());
    at
}

/// F20, F31, F42.
#[test]
fn init_refuses_what_no_node_can_run_with_and_makes_nothing() {
    let home = Home::new();
    let at = home.path().join("node");
    let genesis = init(&home, "other", &[]).join("genesis.json");
    let genesis = ["--genesis", text(&genesis)];
    let cases: [(&[&str], &str); 6] = [
        (&["--rpc", "localhost"], "BadSetting"),
        (&["--rpc", "127.0.0.1:99999"], "BadSetting"),
        (&["--listen", "garbage"], "BadSetting"),
        (&["--listen", "/dns/localhost/tcp/1"], "BadSetting"),
        (&["--peer", "127.0.0.1:19900", genesis[0], genesis[1]], "BadSetting"),
        (&["--peer", "/ip4/127.0.0.1/tcp/19900"], "PeersNeedGenesis"),
    ];
    for (flags, name) in cases {
        let words = [&["node", "init", "--home", text(&at)][..], flags].concat();
        assert_eq!(home.error(&words, 2), name, "{flags:?}");
        assert!(!at.exists(), "{flags:?}: something was made");
    }
    let (_, answer) = home.json(&["node", "run", "--home", text(&at)]);
    let help = answer["error"]["help"].as_str().expect("help");
    assert_eq!(answer["error"]["name"], json!("HomeUnreadable"), "{answer}");
    assert!(help.contains("weft node init") && help.contains("weft node join"), "{help}");
}

/// F21, F31.
#[test]
fn status_is_of_the_homes_own_node_and_of_no_other() {
    let home = Home::new();
    let rpc = format!("localhost:{}", free_port());
    let flags = ["--rpc", &rpc, "--listen", "/ip4/127.0.0.1/tcp/0"];
    let (one, two) = (init(&home, "one", &flags), init(&home, "two", &flags));
    let status = |at: &Path| home.json(&["node", "status", "--home", text(at)]);
    let (code, away) = status(&one);
    assert_eq!((code, &away["error"]["name"]), (4, &json!("CannotConnect")), "{away}");
    assert!(away["error"]["help"].as_str().is_some_and(|h| h.contains("weft node run")), "{away}");
    let _node = Running::node(&one, &[]);
    until(PATIENCE, || status(&one).0, |code| *code == 0);
    let (code, other) = status(&two);
    assert_eq!((code, &other["error"]["name"]), (4, &json!("OtherNode")), "{other}");
    let (code, none) = status(&home.path().join("three"));
    assert_eq!((code, &none["error"]["name"]), (3, &json!("NoNode")), "{none}");
    // Other commands ask the node of their home as well.
    let supply = home.json(&["query", "supply", "--home", text(&one)]);
    assert_eq!(supply.0, 0, "{}", supply.1);
}

/// F20.
#[test]
fn a_peer_of_another_chain_and_one_that_never_answers_are_named_in_the_log() {
    let home = Home::new();
    let listen = format!("/ip4/127.0.0.1/tcp/{}", free_port());
    let rpc = || format!("127.0.0.1:{}", free_port());
    let other = init(&home, "other", &["--listen", &listen, "--rpc", &rpc()]);
    let _other = Running::node(&other, &[]);
    let genesis = init(&home, "third", &[]).join("genesis.json");
    let dead = format!("/ip4/127.0.0.1/tcp/{}", free_port());
    let flags = ["--genesis", text(&genesis), "--peer", &listen, "--peer", &dead];
    let rpc = rpc();
    let place = ["--listen", "/ip4/127.0.0.1/tcp/0", "--rpc", &rpc];
    let node = init(&home, "node", &[&flags[..], &place].concat());
    let log = home.path().join("log");
    let mut child = Command::new(env!("CARGO_BIN_EXE_weft"))
        .args(["node", "run", "--home", text(&node)])
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).expect("a file"))
        .spawn()
        .expect("the program starts");
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    let names = |log: &String, what: &str, address: &str| {
        log.lines().any(|l| l.contains("WARN") && l.contains(what) && l.contains(address))
    };
    let both = |log: &String| {
        names(log, "of another chain", &listen) && names(log, "nobody of our chain answers", &dead)
    };
    until(PATIENCE, said, both);
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
}

/// F32.
#[test]
fn a_node_that_is_down_is_not_killed_again() {
    let home = Home::new();
    home.data(&["testnet", "up", "-n", "1", "--slot-ms", "300"]);
    let kill = || home.data(&["testnet", "kill", "0"]);
    assert_eq!(kill(), json!({ "node": "node0", "killed": true }));
    assert_eq!(kill(), json!({ "node": "node0", "killed": false }));
    let said = home.weft(&["testnet", "kill", "0"]).stdout;
    assert!(String::from_utf8_lossy(&said).contains("was down already"));
}

/// F36.
#[test]
fn a_start_that_is_interrupted_from_the_keyboard_stops_its_nodes_and_says_so() {
    let home = Home::new();
    let file = home.path().join("testnet/testnet.json");
    let child = Command::new(env!("CARGO_BIN_EXE_weft"))
        .args(["testnet", "up", "-n", "8", "--json"])
        .env("WEFT_HOME", home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let net = || {
        let text = std::fs::read_to_string(&file).ok()?;
        serde_json::from_str::<Value>(&text).ok()
    };
    let runs = |net: &Option<Value>| net.as_ref().is_some_and(|n| n["nodes"][1]["pid"].is_u64());
    until(PATIENCE, net, runs);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill is there").success());
    let out = child.wait_with_output().expect("it ends");
    let answer: Value = serde_json::from_slice(&out.stdout).expect("one JSON document");
    assert_eq!((out.status.code(), &answer["error"]["name"]), (Some(1), &json!("Interrupted")));
    for node in 0..8 {
        let dir = home.path().join(format!("testnet/node{node}"));
        until(PATIENCE, || running_on(&dir), Vec::is_empty);
    }
}

/// Sends a signal as a terminal does: to a whole process group.
fn interrupt(group: u32) {
    let group = format!("-{group}");
    let sent = Command::new("kill").args(["-INT", "--", &group]).status().expect("kill is there");
    assert!(sent.success());
}

/// F36: what is up outlives Ctrl-C in the terminal that it was started from, and whoever
/// started it was told how to stop it.
#[test]
fn a_network_that_is_up_runs_on_when_its_terminal_is_interrupted_and_says_how_to_stop_it() {
    use std::os::unix::process::CommandExt as _;
    let home = Home::new();
    let said = home.path().join("said");
    let line = format!(
        "{} testnet up -n 2 --slot-ms 300 && echo UP && read word",
        env!("CARGO_BIN_EXE_weft")
    );
    let mut shell = Command::new("sh")
        .args(["-c", &line])
        .env("WEFT_HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(std::fs::File::create(&said).expect("a file"))
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a shell");
    let text = || std::fs::read_to_string(&said).unwrap_or_default();
    let text = until(PATIENCE, text, |text| text.ends_with("UP\n"));
    assert!(text.contains("weft testnet down"), "{text}");
    let before = home.data(&["testnet", "status"]);
    interrupt(shell.id());
    assert!(!shell.wait().expect("it ends").success());
    let height = |status: &Value| status["nodes"][1]["final_height"].as_u64();
    let status = || home.data(&["testnet", "status"]);
    let after = until(PATIENCE, status, |now| height(now) > height(&before));
    for n in 0..2 {
        let pid = |status: &Value| status["nodes"][n]["pid"].as_u64();
        assert!(pid(&after).is_some() && pid(&after) == pid(&before), "node {n}: {after}");
    }
}

/// F36: a second start in the place of a network that is up is interrupted before it has
/// found that: the network runs on, and nobody is told that it was stopped.
#[test]
fn a_start_in_the_place_of_a_network_that_is_up_stops_nothing_when_it_is_interrupted() {
    let home = Home::new();
    home.data(&["testnet", "up", "-n", "1", "--slot-ms", "300"]);
    let before = home.data(&["testnet", "status"]);
    // It waits for its metagraph.
    let pipe = home.path().join("metagraph");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there").success());
    let child = Command::new(env!("CARGO_BIN_EXE_weft"))
        .args(["testnet", "up", "--json", "--metagraph", text(&pipe)])
        .env("WEFT_HOME", home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let metagraph = std::fs::OpenOptions::new().write(true).open(&pipe).expect("it is read");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill is there").success());
    drop(metagraph);
    let out = child.wait_with_output().expect("it ends");
    let answer: Value = serde_json::from_slice(&out.stdout).expect("one JSON document");
    let error = &answer["error"];
    assert_eq!((out.status.code(), &error["name"]), (Some(1), &json!("Interrupted")), "{answer}");
    let (said, help) = (error["message"].to_string(), error["help"].to_string());
    assert!(said.contains("runs on") && help.contains("weft testnet down --dir"), "{answer}");
    let after = home.data(&["testnet", "status"]);
    assert_eq!(after["nodes"][0]["pid"], before["nodes"][0]["pid"]);
    assert!(after["nodes"][0]["height"].is_u64(), "{after}");
}

/// F42.
#[test]
fn a_network_in_another_place_is_named_in_what_to_try_next() {
    let home = Home::new();
    let dir = home.path().join("net");
    let up = home.weft(&["testnet", "up", "-n", "1", "--slot-ms", "300", "--dir", text(&dir)]);
    let said = String::from_utf8_lossy(&up.stdout).into_owned();
    let transfer = said.lines().find_map(|line| line.strip_prefix("its wallets: weft "));
    let transfer: Vec<_> = transfer.expect("its wallets are named").split_whitespace().collect();
    let sent = home.data(&transfer);
    assert_eq!(sent["status"], json!("finalized"), "{sent}");
    assert!(said.contains(&format!("weft testnet down --dir {}", dir.display())), "{said}");
    home.data(&["testnet", "down", "--dir", text(&dir)]);
}
