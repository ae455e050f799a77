//! What newcomers stumbled over: lines to try that failed, answers of another's node, amounts
//! without their unit, and silence where something was missing.

use crate::imported::free_port;
use crate::join::Joining;
use crate::node::{init, text};
use crate::support::{Home, Running, until};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// The error of a command that must fail with this exit code and name.
fn refused(home: &Home, args: &[&str], exit: i32, name: &str) -> Value {
    let (code, mut envelope) = home.json(args);
    let error = envelope["error"].take();
    assert_eq!((code, &error["name"]), (exit, &json!(name)), "{args:?}: {error}");
    error
}

#[test]
fn the_line_of_a_second_network_joins_it_and_not_the_first() {
    let home = Home::new();
    let joins = || {
        let up = home.data(&["testnet", "up", "-n", "1", "--slot-ms", "300"]);
        let line = up["join"].as_str().expect("a line to join").to_owned();
        let words: Vec<_> = line.split_whitespace().skip(1).collect();
        let node = Joining::start(&home, &[&words[..], &["--until-synced"]].concat());
        let joined = node.event("joined")["data"].take();
        node.event("stopped");
        joined
    };
    let first = joins();
    home.data(&["testnet", "down"]);
    let second = joins();
    assert_ne!(first["chain_id"], second["chain_id"]);
    assert_ne!(first["home"], second["home"]);
}

#[test]
fn a_node_whose_ports_are_taken_names_them_and_a_line_after_which_it_runs() {
    let home = Home::new();
    let held: Vec<_> =
        (0..2).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
    let ports: Vec<_> = held.iter().map(|h| h.local_addr().expect("it has one").port()).collect();
    let (rpc, listen) =
        (format!("127.0.0.1:{}", ports[0]), format!("/ip4/127.0.0.1/tcp/{}", ports[1]));
    let node = init(&home, "node", &["--rpc", &rpc, "--listen", &listen]);
    let (code, said) = home.json(&["node", "run", "--home", text(&node)]);
    let error = &said["error"];
    assert_eq!(code, 1, "{said}");
    let taken = error["context"]["taken"].as_array().expect("what is taken");
    let named: Vec<_> = taken.iter().map(|t| (&t["option"], t["port"].as_u64())).collect();
    let want =
        [(&json!("--rpc"), Some(ports[0].into())), (&json!("--listen"), Some(ports[1].into()))];
    assert_eq!(named, want, "{error}");
    let help = error["help"].as_str().expect("help");
    assert!(help.contains(&format!("{}/config.toml (rpc, listen)", node.display())), "{help}");
    let tried = help.split("try: ").nth(1).expect("a line to try");
    let (change, run) = tried.split_once(" && ").expect("two commands");
    assert!(run.starts_with(&format!("weft node run --home {}", node.display())), "{help}");
    assert!(Command::new("sh").args(["-c", change]).status().expect("a shell").success());
    let _node = Running::node(&node, &[]);
    until(PATIENCE, || home.json(&["node", "status", "--home", text(&node)]).0, |code| *code == 0);
}

/// F21, of every read: nobody else answers for a home.
#[test]
fn what_is_asked_of_a_home_is_answered_by_its_own_node_or_by_nobody() {
    let home = Home::new();
    let rpc = format!("127.0.0.1:{}", free_port());
    let flags = ["--rpc", &rpc, "--listen", "/ip4/127.0.0.1/tcp/0"];
    let (one, two) = (init(&home, "one", &flags), init(&home, "two", &flags));
    let reads: [&[&str]; 5] = [
        &["query", "supply"],
        &["query", "voters"],
        &["subnet", "list"],
        &["weights", "show", "1"],
        &["voter", "row", "1", "--set", "1=1"],
    ];
    let of = |at: &Path, read: &[&str]| -> (i32, Value) {
        home.json(&[read, &["--home", text(at)]].concat())
    };
    for read in reads {
        let (code, down) = of(&one, read);
        assert_eq!((code, &down["error"]["name"]), (4, &json!("CannotConnect")), "{down}");
        let help = down["error"]["help"].as_str().expect("help");
        assert!(help.contains(&format!("weft node run --home {}", one.display())), "{help}");
    }
    let other = Running::node(&two, &[]);
    until(PATIENCE, || of(&two, reads[0]).0, |code| *code == 0);
    for read in reads {
        let (code, said) = of(&one, read);
        assert_eq!((code, &said["error"]["name"]), (4, &json!("OtherNode")), "{read:?}: {said}");
    }
    let (code, named) = home.json(&["query", "supply", "--network", &format!("http://{rpc}")]);
    assert_eq!(code, 0, "who is named by its address answers: {named}");
    drop(other);

    // A testnet that does not run is a home of nodes as well.
    let net = Home::new();
    let up = net.data(&["testnet", "up", "-n", "1", "--slot-ms", "300"]);
    net.data(&["testnet", "down"]);
    let rpc = up["nodes"][0]["rpc"].as_str().expect("a URL").trim_start_matches("http://");
    let flags = ["--rpc", rpc, "--listen", "/ip4/127.0.0.1/tcp/0"];
    let third = init(&net, "third", &flags);
    let _third = Running::node(&third, &[]);
    let status = || net.json(&["node", "status", "--home", text(&third)]).0;
    until(PATIENCE, status, |code| *code == 0);
    let error = refused(&net, &["query", "supply"], 4, "OtherNode");
    let help = error["help"].as_str().expect("help");
    assert!(help.contains("weft testnet restart 0 --dir"), "{help}");
}

fn leaving(home: &Home, who: &str) -> Vec<Value> {
    let account = home.data(&["query", "account", who]);
    account["leaving"].as_array().expect("what is on its way back").clone()
}

/// R15; errors say TAO where people read them, and rao where programs do.
#[test]
fn stake_on_its_way_back_is_shown_with_its_block_and_errors_say_tao() {
    let home = Home::new();
    let numbers = ["--param", "exit_blocks=40", "--param", "min_stake=1tao"];
    let up = ["testnet", "up", "-n", "1", "--slot-ms", "250"];
    home.data(&[&up[..], &numbers].concat());
    for (args, name, exit) in [
        (&["transfer", "carol", "9999999"][..], "NotEnoughBalance", 1),
        (&["stake", "add", "alice", "0.5"], "AmountTooLow", 1),
        (&["transfer", "carol", "1", "--fee", "1rao"], "FeeTooLow", 1),
        (&["transfer", "carol", "22000000"], "BadAmount", 2),
    ] {
        if name == "AmountTooLow" {
            // To a hotkey that nobody registered: what comes next is a command.
            let error = refused(
                &home,
                &["stake", "add", "alice", "5", "-w", "alice"],
                3,
                "HotKeyAccountNotExists",
            );
            let help = error["help"].as_str().expect("help");
            assert!(help.contains("weft register NETUID -w WALLET -k HOTKEY"), "{help}");
            home.data(&["register", "1", "-w", "alice"]);
        }
        let error = refused(&home, &[args, &["-w", "alice"]].concat(), exit, name);
        let said = format!("{} {}", error["message"], error["help"]);
        assert!(said.contains("TAO") && !said.contains(" rao"), "{said}");
        if exit == 1 {
            let numbers = error["context"].as_object().expect("numbers");
            let exact =
                numbers.values().filter(|v| v.as_str().is_some_and(|t| t.parse::<u64>().is_ok()));
            let exact: Vec<_> = exact.filter_map(Value::as_str).collect();
            assert!(exact.len() >= 2, "{error}");
            let told = |rao: &&str| said.split([' ', '"', ',', ';']).any(|word| word == *rao);
            assert!(!exact.iter().any(told), "rao are said as TAO: {error}");
        }
    }

    assert!(leaving(&home, "alice").is_empty());
    home.data(&["stake", "add", "alice", "50", "-w", "alice"]);
    let sent = home.data(&["stake", "remove", "alice", "20", "-w", "alice"]);
    let event = &sent["receipt"]["receipt"]["events"][0];
    let matures = event["matures"].as_u64().expect("a height");
    let ways = leaving(&home, "alice");
    assert_eq!(ways.len(), 1, "{ways:?}");
    assert_eq!((&ways[0]["amount"], &ways[0]["hotkey"]), (&event["amount"], &event["hotkey"]));
    assert_eq!((ways[0]["free_at"].as_u64(), &ways[0]["lost"]), (Some(matures), &json!("0")));
    let shown = home.weft(&["query", "account", "alice"]).stdout;
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(shown.contains("stake on its way back"), "{shown}");
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!(" {matures} in about ")), "{shown}");

    // Behind a voter it has no time yet.
    let voters = home.data(&["query", "voters"]);
    let voter = voters["current"][0]["hotkey"].as_str().expect("a voter").to_owned();
    home.data(&["stake", "add", &voter, "30", "-w", "alice"]);
    home.data(&["stake", "remove", &voter, "all", "-w", "alice"]);
    let ways = leaving(&home, "alice");
    let behind = ways.iter().find(|way| way["hotkey"] == json!(voter)).expect("it is shown");
    assert_eq!((&behind["free_at"], behind["requested"].is_u64()), (&Value::Null, true));
    let soonest = behind["not_before"].as_u64();
    assert!(soonest > voters["next_rotation"].as_u64(), "{behind}");
    // What is free is not on its way.
    let own = |ways: &Vec<Value>| ways.iter().any(|way| way["free_at"] == json!(matures));
    until(PATIENCE, || leaving(&home, "alice"), |ways| !own(ways));
}

/// R13: who votes is not offered again without a row, and nobody said so.
#[test]
fn a_voter_that_is_not_offered_for_lack_of_a_row_says_so_once_and_what_to_do() {
    let home = Home::new();
    let up = home.data(&["testnet", "up", "-n", "1", "--slot-ms", "250", "--fair-launch"]);
    let node = home.path().join("testnet/node0");
    let status = || home.data(&["node", "status", "--home", text(&node)]);
    let noted = |status: &Value| {
        let notes = status["notes"].as_array().expect("notes").iter();
        notes.filter_map(Value::as_str).find(|note| note.contains("not offered")).map(str::to_owned)
    };
    let note = noted(&status()).expect("it says so");
    assert!(note.contains("uid 0 of subnet 1 has a permit and no row there"), "{note}");
    assert!(note.contains("weft voter row 1 --set UID=SCORE"), "{note}");
    let url = up["nodes"][0]["rpc"].as_str().expect("a URL");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = weft_rpc::client::Client::new(url, PATIENCE).expect("a URL");
    let voter = || -> Value {
        runtime.block_on(client.call("voter_status", &json!({}))).expect("the node answers")
    };
    assert_eq!(voter()["not_offered"], json!(note));
    home.data(&["voter", "row", "1", "--set", "0=1"]);
    until(PATIENCE, status, |status| noted(status).is_none());
    assert_eq!(voter()["not_offered"], Value::Null);
    let log = std::fs::read_to_string(node.join("node.log")).expect("a log");
    assert_eq!(log.matches("is not offered for the next rotation").count(), 1, "{log}");
}
