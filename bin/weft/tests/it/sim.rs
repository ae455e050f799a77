//! `weft sim`: what scripts rely on.

use super::support::Home;
use serde_json::{Value, json};

fn is_number(value: &Value) -> bool {
    value.is_u64()
}

#[test]
fn a_simulated_seed_is_the_same_twice_and_says_what_went_wrong() {
    let home = Home::new();
    let args = ["sim", "run", "--seed", "3", "--voters", "4", "--slots", "40", "--loss", "0.1"];
    let (first, second) = (home.data(&args), home.data(&args));
    assert_eq!(first, second);
    assert_eq!((&first["ok"], &first["violations"]), (&json!(true), &json!([])));
    assert!(first["faults"]["lost"].as_u64().is_some_and(|lost| lost > 0), "{first}");
    for field in ["final_height", "slots_to_final_after_healing", "healing_bound"] {
        assert!(is_number(&first[field]), "{field}: {first}");
    }
    let byzantine = home.data(&["sim", "run", "--seed", "3", "--profile", "byzantine-third"]);
    assert!(byzantine["conflicts"].as_u64().is_some_and(|n| n > 0), "{byzantine}");
    assert!(byzantine["offenders_ppm"].as_u64().is_some_and(|ppm| ppm > 333_333), "{byzantine}");
    assert!(byzantine["faults"]["evidence"].as_u64().is_some_and(|n| n > 0), "{byzantine}");
}

#[test]
fn a_run_without_the_fault_that_was_asked_for_exits_with_eight_and_shows_its_data() {
    let home = Home::new();
    let (code, answer) =
        home.json(&["sim", "run", "--voters", "1", "--slots", "5", "--loss", "0.1"]);
    assert_eq!((code, &answer["data"]["ok"]), (8, &json!(false)), "{answer}");
    assert_eq!(answer["error"]["name"], json!("Violation"));
    assert_eq!(home.error(&["sim", "run", "--loss", "2"], 2), "BadLoss");
    assert_eq!(home.error(&["sim", "run", "--voters", "0"], 2), "BadPlan");
    assert_eq!(home.error(&["sim", "run", "--profile", "none"], 2), "UnknownProfile");
}

#[test]
fn profiles_are_listed_and_hunted() {
    let home = Home::new();
    let listed = home.data(&["sim", "profiles"]);
    let names: Vec<&str> = listed["profiles"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|profile| profile["name"].as_str())
        .collect();
    assert!(names.contains(&"byzantine-third") && names.contains(&"chaos"), "{names:?}");
    let hunted = home.data(&["sim", "hunt", "--seeds", "5..9", "--profile", "fair", "--jobs", "2"]);
    assert_eq!(hunted["seeds"], json!(4));
    assert_eq!((&hunted["violations"], &hunted["first_failing"]), (&json!(0), &Value::Null));
    assert!(hunted["seeds_per_second"].is_number());
    for part in ["p50", "p99", "max"] {
        assert!(is_number(&hunted["healing_slots"][part]), "{hunted}");
    }
    let worst = &hunted["worst_of_bound"];
    assert!(is_number(&worst["percent"]) && is_number(&worst["seed"]), "{hunted}");
    assert_eq!(worst["profile"], json!("fair"));
    let unjudged = ["sim", "hunt", "--seeds", "0..1", "--profile", "skew-wild"];
    assert_eq!(home.data(&unjudged)["worst_of_bound"], Value::Null);
    assert_eq!(home.error(&["sim", "hunt", "--seeds", "9..5"], 2), "BadSeeds");
    assert_eq!(home.error(&["sim", "hunt", "--profile", "none"], 2), "UnknownProfile");
}

#[test]
fn the_scenario_of_twins_that_came_nearest_to_its_bound_can_be_played_again() {
    let home = Home::new();
    let args = |only: &[&'static str]| {
        let twins = ["sim", "twins", "--voters", "4", "--rounds", "1", "--sample", "99"];
        [&twins[..], &["--seed", "9000"], only].concat()
    };
    let all = home.weft(&args(&[]));
    let text = String::from_utf8_lossy(&all.stdout);
    let named = text.split_once("of the bound, scenario ").map(|(_, rest)| rest);
    let number = named.and_then(|rest| rest.split_once(')')).expect("one is named").0;
    assert!(number.parse::<u64>().is_ok_and(|number| number < 16), "{text}");
    let one = home.weft(&[&args(&["--only"])[..], &[number]].concat());
    assert!(one.status.success(), "{one:?}");
}

#[test]
fn twins_are_counted_and_a_scenario_that_is_not_as_expected_exits_with_eight() {
    let home = Home::new();
    let args = ["sim", "twins", "--voters", "4", "--rounds", "1", "--sample", "99", "--seed", "1"];
    let twins = home.data(&args);
    assert_eq!((&twins["scenarios"], &twins["violations"]), (&json!(16), &json!(0)));
    assert_eq!(twins["exhaustive"], json!(true));
    assert_eq!(home.error(&["sim", "twins", "--voters", "3"], 2), "BadTwins");
    let file = home.path().join("scenario.toml");
    let write = |text: &str| std::fs::write(&file, text).expect("the home can be written");
    let path = file.to_str().expect("a path is text");
    write("about = \"fair\"\nprofile = \"fair\"\n");
    assert_eq!(home.data(&["sim", "scenario", path])["ok"], json!(true));
    write("about = \"fair\"\nprofile = \"fair\"\n[expect]\nconflicts = 1\n");
    assert_eq!(home.error(&["sim", "scenario", path], 8), "NotAsExpected");
    write(
        "about = \"sizes\"\nprofile = \"fair\"\nvary = [[{ name = \"a\" }, { name = \"b\", seeds = [4, 6] }]]",
    );
    let both = home.data(&["sim", "scenario", path]);
    assert_eq!((&both["seeds"], &both["cases"][1]["name"]), (&json!(3), &json!("b")));
    let one = home.data(&["sim", "scenario", path, "--case", "b", "--seed", "9"]);
    assert_eq!((&one["seeds"], &one["cases"][0]["seeds"]), (&json!(1), &json!(1)));
    assert_eq!(home.error(&["sim", "scenario", path, "--case", "c"], 3), "NoCase");
    write("about = \"fair\"\n");
    assert_eq!(home.error(&["sim", "scenario", path], 2), "BadScenario");
    assert_eq!(home.error(&["sim", "scenario", "absent.toml"], 3), "NoScenario");
}

/// F42: who breaks a hunt off keeps what it has found.
#[test]
fn ctrl_c_keeps_what_a_hunt_has_found() {
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Command, Stdio};
    let home = Home::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_weft"))
        .args(["sim", "hunt", "--seeds", "0..1000000", "--profile", "fair", "--json"])
        .env("WEFT_HOME", home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut progress = String::new();
    let stderr = child.stderr.take().expect("a pipe");
    let mut stderr = BufReader::new(stderr);
    stderr.read_line(&mut progress).expect("progress is told");
    assert!(progress.contains("of 1000000"), "{progress}");
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, Signal::INT).expect("it runs");
    let (mut answer, mut rest) = (String::new(), String::new());
    child.stdout.take().expect("a pipe").read_to_string(&mut answer).expect("it answers");
    stderr.read_to_string(&mut rest).expect("it ends");
    assert_eq!(child.wait().expect("it ends").code(), Some(1), "{rest}");
    let answer: Value = serde_json::from_str(&answer).expect("one document");
    assert_eq!(answer["error"]["name"], json!("BrokenOff"), "{answer}");
    assert!(answer["data"]["seeds"].as_u64().is_some_and(|seeds| seeds > 0), "{answer}");
    assert_eq!(answer["data"]["violations"], json!(0), "{answer}");
}
