//! A network of real processes is cut in two and healed: nothing new becomes final while
//! no side has a quorum, nothing forks, and all agree again.

use crate::support::{Home, running_on, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// The network's own file.
fn file(home: &Home) -> Option<Value> {
    let text = std::fs::read_to_string(home.path().join("testnet/testnet.json")).ok()?;
    serde_json::from_str(&text).ok()
}

fn wires_pid(home: &Home) -> Option<u64> {
    file(home)?["wires"]["pid"].as_u64()
}

fn finals(status: &Value) -> Vec<Option<u64>> {
    let nodes = status["nodes"].as_array().into_iter().flatten();
    nodes.map(|n| n["final_height"].as_u64()).collect()
}

/// The nodes' own ports.
fn ports(home: &Home) -> BTreeSet<u16> {
    let net = file(home).expect("a network");
    let port = |node: &Value| node["listen"].as_str()?.rsplit('/').next()?.parse().ok();
    net["nodes"].as_array().into_iter().flatten().filter_map(port).collect()
}

/// The sockets of a process.
fn sockets(pid: u64) -> BTreeSet<String> {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    files
        .filter_map(|f| std::fs::read_link(f.path()).ok())
        .filter_map(|l| Some(l.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect()
}

/// Who has dialled the nodes' own ports: connections of the wires, and of anybody else.
fn dialled(home: &Home) -> (usize, usize) {
    let ports = ports(home);
    let pid = wires_pid(home).expect("they run");
    let before = sockets(pid);
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let theirs: BTreeSet<String> = before.union(&sockets(pid)).cloned().collect();
    let (mut wired, mut direct) = (0, 0);
    for line in table.lines().skip(1) {
        let words: Vec<_> = line.split_whitespace().collect();
        let remote = words[2].rsplit(':').next().and_then(|hex| u16::from_str_radix(hex, 16).ok());
        let is_established = words[3] == "01";
        if is_established && remote.is_some_and(|port| ports.contains(&port)) {
            let count = if theirs.contains(words[9]) { &mut wired } else { &mut direct };
            *count += 1;
        }
    }
    (wired, direct)
}

#[test]
fn a_cut_in_two_halves_stops_finality_and_heals_to_one_head() {
    let home = Home::new();
    home.data(&["testnet", "up", "-n", "4", "--wires"]);
    // Who goes around the wires is seen.
    let around = ports(&home).first().map(|port| TcpStream::connect(("127.0.0.1", *port)));
    assert!(around.as_ref().is_some_and(Result::is_ok));
    assert_eq!(dialled(&home).1, 1);
    drop(around);
    until(PATIENCE, || dialled(&home).1, |direct| *direct == 0);

    let cut = ["testnet", "fault", "partition", "0,1/2,3", "--for", "8s"];
    let report = std::thread::scope(|scope| {
        let command = scope.spawn(|| home.data(&cut));
        // No node reaches another but through the wires, neither before nor in the cut.
        let seen = until(
            PATIENCE,
            || (dialled(&home), command.is_finished()),
            |((wired, direct), is_over)| {
                assert_eq!(*direct, 0);
                assert!(*wired > 0, "the wires are seen");
                *is_over
            },
        );
        assert!(seen.1);
        command.join().expect("it answers")
    });
    assert_eq!((&report["ok"], &report["quorum"]), (&json!(true), &json!([false, false])));
    assert_eq!((&report["forks"], &report["offences"]), (&json!(0), &json!(0)), "{report}");
    let list = |name: &str| -> Vec<u64> {
        report[name].as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
    };
    let (heads, grown, stopped) = (list("head_before"), list("head_during"), list("final_during"));
    assert_eq!((heads.len(), grown.len(), stopped.len()), (4, 4, 4), "{report}");
    let under_way = heads.iter().max();
    assert!(stopped.iter().max() <= under_way, "a block of the cut became final: {report}");
    assert!(heads.iter().zip(&grown).all(|(then, now)| now > then), "{report}");
    assert!(report["final_after"].as_u64().as_ref() > under_way, "{report}");
    assert!(report["heal_ms"].as_u64().is_some_and(|ms| ms <= 10_000), "{report}");

    home.data(&["testnet", "down"]);
    let left = running_on(&home.path().join("testnet"));
    assert!(left.is_empty(), "the wires are stopped as well, not {left:?}");
    for node in 0..4 {
        let dir = home.path().join(format!("testnet/node{node}"));
        let replay = home.data(&["node", "replay", "--home", dir.to_str().expect("a plain path")]);
        let found = (&replay["equal"], &replay["double_votes"], &replay["double_proposals"]);
        assert_eq!(found, (&json!(true), &json!(0), &json!(0)), "node{node}: {replay}");
    }
}

#[test]
fn wires_that_died_start_again_with_the_next_node_and_what_does_not_heal_is_named() {
    let home = Home::new();
    home.data(&["testnet", "up", "-n", "2", "--wires", "--slot-ms", "300"]);
    let pid = wires_pid(&home).expect("they run").to_string();
    let killed = Command::new("kill").args(["-9", &pid]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    until(PATIENCE, || running_on(&home.path().join("testnet")), Vec::is_empty);
    assert_eq!(home.error(&["testnet", "fault", "heal"], 4), "WiresSilent");
    home.data(&["testnet", "kill", "1"]);
    home.data(&["testnet", "restart", "1"]);
    let before = until(
        PATIENCE,
        || finals(&home.data(&["testnet", "status"])),
        |all| all.iter().all(Option::is_some),
    );
    until(
        PATIENCE,
        || finals(&home.data(&["testnet", "status"])),
        |all| all.iter().min() > before.iter().max(),
    );
    assert_eq!(home.data(&["testnet", "fault", "heal"])["was"], json!("whole"));

    // One of two can make nothing final, so healing the wires does not heal the network.
    home.data(&["testnet", "kill", "1"]);
    let cut = ["testnet", "fault", "partition", "0/1", "--for", "1", "--heal-within", "1"];
    let (code, failed) = home.json(&cut);
    assert_eq!((code, &failed["error"]["name"]), (8, &json!("NotHealed")), "{failed}");
    assert_eq!((&failed["data"]["ok"], &failed["data"]["heal_ms"]), (&json!(false), &Value::Null));
}

#[test]
fn a_start_that_was_interrupted_leaves_no_wires_behind() {
    let home = Home::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_weft"))
        .args(["testnet", "up", "-n", "4", "--wires"])
        .env("WEFT_HOME", home.path())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    until(PATIENCE, || wires_pid(&home), Option::is_some);
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
    home.data(&["testnet", "down"]);
    until(PATIENCE, || running_on(&home.path().join("testnet")), Vec::is_empty);
}

#[test]
fn what_can_not_be_cut_is_refused_by_name() {
    let home = Home::new();
    let cut = ["testnet", "fault", "partition", "0/1"];
    assert_eq!(home.error(&cut, 3), "NoTestnet");
    assert_eq!(home.error(&["testnet", "up", "-n", "17", "--wires"], 2), "NodeCount");
    home.data(&["testnet", "up", "-n", "2", "--slot-ms", "300"]);
    assert_eq!(home.error(&cut, 1), "NoWires");
    assert_eq!(home.error(&["testnet", "fault", "heal"], 1), "NoWires");
    let (_, refused) = home.json(&cut);
    let help = refused["error"]["help"].as_str().unwrap_or_default();
    assert!(help.contains("weft testnet up --wires"), "{help}");
    let with = |groups, flag, time| ["testnet", "fault", "partition", groups, flag, time];
    assert_eq!(home.error(&with("0,1", "--for", "1"), 2), "BadGroups");
    assert_eq!(home.error(&with("0/2", "--for", "1"), 3), "NoSuchNode");
    assert_eq!(home.error(&with("0/1", "--for", "0s"), 2), "BadDuration");
    assert_eq!(home.error(&with("0/1", "--heal-within", "soon"), 2), "BadDuration");
    home.data(&["testnet", "down"]);
    home.data(&["testnet", "up", "-n", "1", "--slot-ms", "300", "--wires"]);
    home.data(&["testnet", "down"]);
    assert_eq!(home.error(&["testnet", "fault", "heal"], 4), "NoNodeRuns");
}
