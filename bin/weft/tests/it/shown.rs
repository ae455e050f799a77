//! What a person sees: no JSON in tables, units, legends, every epoch, and charts that show what
//! they are held against.

use super::support::Home;
use serde_json::Value;

/// The text on stdout of a command that must succeed.
fn text(home: &Home, args: &[&str]) -> String {
    let out = home.weft(args);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{args:?}: {said}");
    String::from_utf8(out.stdout).expect("an answer is text")
}

fn docs(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    path.to_str().expect("a plain path").to_owned()
}

/// F41: a running network's answers hold no JSON for people, and keys in full when asked.
#[test]
fn answers_for_people_hold_no_json_and_show_whole_keys_when_asked() {
    let home = Home::new();
    home.data(&["testnet", "up", "-n", "1", "--slot-ms", "300"]);
    let sent = home.data(&["transfer", "carol", "1", "--wallet", "alice"]);
    let id = sent["tx"].as_str().expect("an id");
    for args in [
        &["wallet", "show", "alice"][..],
        &["query", "voters"],
        &["query", "candidates"],
        &["query", "tx", id],
        &["query", "root"],
        &["query", "block", "1"],
        &["query", "next-eviction"],
        &["query", "hyperparameters", "1"],
        &["subnet", "list"],
        &["subnet", "metagraph", "1"],
        &["weights", "show", "1"],
        &["node", "status", "--network", "local"],
    ] {
        let shown = text(&home, args);
        for odd in ["{\"", "[{", "\":", "[["] {
            assert!(!shown.contains(odd), "{args:?}: {odd} in\n{shown}");
        }
    }
    let metagraph = text(&home, &["subnet", "metagraph", "1"]);
    assert!(metagraph.contains("parts of 65535") && metagraph.contains('…'), "{metagraph}");
    let full = text(&home, &["subnet", "metagraph", "1", "--full"]);
    let data = home.data(&["subnet", "metagraph", "1"]);
    let hotkey = data["neurons"][0]["hotkey"].as_str().expect("an address");
    assert!(full.contains(hotkey) && !metagraph.contains(hotkey), "{full}");
    let out = home.weft(&["register", "1", "-w", "bob", "--dry-run", "--force"]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(said.matches("known to anyone").count() <= 1, "{said}");
}

/// F41: a genesis is shown with its units.
#[test]
fn a_genesis_is_shown_with_units() {
    let home = Home::new();
    let path = |name: &str| home.path().join(name).to_str().expect("a plain path").to_owned();
    let ledger = path("ledger.json");
    let key = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    let text_of = format!("{{\"balances\":{{\"{key}\":1500000000}},\"stakes\":{{}}}}");
    std::fs::write(&ledger, text_of).expect("the home can be written");
    let time = ["--genesis-time", "1767225600000"];
    let out = path("made");
    home.data(&[&["genesis", "import", &ledger, "--out", &out], &time[..]].concat());
    let shown = text(&home, &["genesis", "show", &format!("{out}/genesis.json")]);
    assert!(shown.contains("1500000000 rao = 1.5 TAO"), "{shown}");
    assert!(shown.contains("2026-01-01 00:00 UTC"), "{shown}");
}

/// F42: every epoch of a case is printed, and says which it is.
#[test]
fn every_epoch_of_a_case_is_printed_and_labelled() {
    let shown = text(&Home::new(), &["yuma", "run", &docs("samples/yuma.json")]);
    for part in ["epoch 1 of 2", "epoch 2 of 2", "parts of 65535"] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
}

/// F42: what looks like a contradiction is explained where it stands.
#[test]
fn two_final_blocks_beside_no_broken_promise_are_explained() {
    let home = Home::new();
    let args = ["sim", "hunt", "--seeds", "3..5", "--profile", "byzantine-third"];
    let shown = text(&home, &args);
    assert!(shown.contains("final twice: where a third of the power signs both"), "{shown}");
    let run = text(&home, &["sim", "run", "--slots", "20"]);
    assert!(run.contains("20 slots + "), "what follows in fair weather stands apart: {run}");
    let bad = home.path().join("bad.toml");
    std::fs::write(&bad, "about = \"x\"\nprofile = \"none\"\n").expect("the home can be written");
    let (_, answer) = home.json(&["sim", "scenario", bad.to_str().expect("a plain path")]);
    let message = answer["error"]["message"].as_str().expect("an error has a message");
    assert!(!message.contains("``") && !message.contains("case"), "{message}");
}

#[test]
fn a_bench_of_an_epoch_says_where_it_ran_and_from_which_seed() {
    let home = Home::new();
    let args = ["bench", "yuma", "--validators", "2", "--uids", "4", "--runs", "3", "--seed", "7"];
    let shown = text(&home, &args);
    let data = home.data(&args);
    let cpu = data["machine"]["cpu"].as_str().expect("a processor");
    assert!(shown.contains("seed 7") && shown.contains(cpu), "{shown}");
    assert_eq!(data["seed"], 7);
}

/// F43: each chart shows what its lines are held against.
#[test]
fn charts_show_what_their_lines_are_held_against() {
    let home = Home::new();
    let path = home.path().join("a.svg");
    let path = path.to_str().expect("a plain path");
    let plot = |args: &[&str]| {
        text(&home, &[args, &["--svg", path]].concat());
        std::fs::read_to_string(path).expect("the plot was written")
    };
    assert!(plot(&["emission"]).contains(">21 million"));
    let launch = plot(&["sim", "launch", "--days", "1", "--honest", "4", "--attackers", "2"]);
    assert!(launch.contains(">one third") && launch.contains("voting power"), "{launch:.2000}");
    let copier = plot(&["sim", "incentives", "--attack", "copier-hidden", "--epochs", "10"]);
    assert!(
        copier.contains("percent of the honest") && copier.contains(">as much as"),
        "{copier:.2000}"
    );
}

/// F28: no number in the reference is one that readers of JSON change.
#[test]
fn no_number_in_the_reference_passes_two_to_the_53() {
    fn walk(value: &Value, at: &str) {
        match value {
            Value::Number(n) => {
                assert!(n.as_u64().is_none_or(|n| n < 1 << 53), "{at}: {n}");
            }
            Value::Array(list) => list.iter().for_each(|v| walk(v, at)),
            Value::Object(object) => {
                object.iter().for_each(|(name, v)| walk(v, &format!("{at}/{name}")));
            }
            _ => {}
        }
    }
    walk(&Home::new().data(&["reference"]), "");
}
