//! Runs of many seeds: no promise is broken, faults really happen, and the same seed is the
//! same run on any machine.

use std::collections::BTreeMap;
use std::path::Path;
use weft_sim::hunt::hunt;
use weft_sim::plan::{Conflict, Crashes, Cut, Links};
use weft_sim::{Plan, Report, profiles, run};

/// Slots with faults in each run.
const SLOTS: u64 = 40;

fn plain(seed: u64, voters: usize) -> Plan {
    Plan { seed, voters, slots: SLOTS, ..Plan::default() }
}

fn halves(voters: usize, from: u64, until: u64) -> Cut {
    let side = |i: usize| Some(u8::from(i >= voters / 2));
    Cut { from, until, sides: (0..voters).map(side).collect(), ..Cut::default() }
}

/// How many seeds; the environment may ask for more.
fn seeds() -> u64 {
    std::env::var("WEFT_SIM_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(300)
}

fn is_good(plan: &Plan) -> Report {
    let report = run(plan);
    assert!(report.ok, "{plan:?}: {:#?}", report.violations);
    report
}

#[test]
fn three_hundred_seeds_of_every_profile_in_turn_break_no_promise() {
    let (mut faults, mut played) = (BTreeMap::new(), BTreeMap::new());
    let (mut transactions, mut rows) = (0, 0);
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let hunted = hunt(0..seeds(), jobs, profiles::any, |report| {
        let (name, seed) = (&report.profile, report.seed);
        assert!(report.ok, "weft sim run --seed {seed} --profile {name}: {:#?}", report.violations);
        for (kind, count) in report.faults.iter() {
            *faults.entry(kind).or_insert(0) += count;
        }
        *played.entry(name.clone()).or_insert(0) += 1;
        transactions += report.transactions;
        rows += report.rows;
        true
    });
    println!("{hunted:?}\n{played:?}\n{faults:?}\n{transactions} transactions, {rows} rows");
    assert_eq!(hunted.violations, 0);
    assert_eq!(played.len(), profiles::profiles().count(), "every profile was played");
    // Faults and work really happened.
    for kind in [
        "lost",
        "doubled",
        "late",
        "cut",
        "crashes",
        "unsynced_blocks",
        "files_lost",
        "rotations",
        "halvings",
        "joined",
        "left",
        "stake_moves",
        "equivocations",
        "double_votes",
        "old_votes",
        "surround_votes",
        "withheld_blocks",
        "withheld_shares",
        "hidden_shares",
        "selective_sends",
        "omitted_shares",
        "late_releases",
        "split_releases",
        "balancing_votes",
        "forged_blocks",
        "copied_rows",
        "evidence",
        "reports",
        "conflicts",
        "turned_lists",
        "turned_bodies",
        "checkpoint_starts",
        "tails_lost",
        "witnesses_lost",
        "reported",
    ] {
        assert!(faults.get(kind).is_some_and(|count| *count > 0), "no {kind}: {faults:?}");
    }
    assert!(transactions > 0 && rows > 0);
}

/// The traces of some runs, one a line: profile, seed, hash.
#[test]
fn the_same_seed_gives_the_same_trace_on_any_machine() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/traces.txt");
    let runs = [("fair", 1), ("lossy", 2), ("crashes", 3), ("mix", 4), ("rotation-byzantine", 5)];
    let line = |(name, seed): &(&str, u64)| {
        let plan = profiles::plan(name, *seed).unwrap();
        let (first, second) = (run(&plan), run(&plan));
        assert_eq!(first, second, "{name} {seed}");
        format!("{name} {seed} {}\n", first.trace_hash)
    };
    let got: String = runs.iter().map(line).collect();
    if std::env::var("WEFT_BLESS").is_ok() {
        std::fs::write(&path, &got).unwrap();
    }
    assert_eq!(got, std::fs::read_to_string(&path).unwrap(), "WEFT_BLESS=1 writes it anew");
    let others = profiles::plan("fair", 2).map(|plan| run(&plan).trace_hash.to_string());
    assert!(!got.contains(&others.unwrap()), "another seed is another run");
}

#[test]
fn in_fair_weather_almost_every_slot_has_a_final_block() {
    let report = is_good(&plain(1, 4));
    assert!(report.final_height > SLOTS / 2, "{report:?}");
    assert_eq!((report.faults.count("lost"), report.faults.count("cut")), (0, 0));
}

#[test]
fn one_voter_alone_finalises() {
    let report = is_good(&plain(1, 1));
    assert!(report.final_height >= SLOTS / 2, "{report:?}");
    assert_eq!(report.delivered, 0, "there is nobody to talk to");
}

#[test]
fn a_run_in_which_a_fault_that_was_asked_for_did_not_happen_is_not_ok() {
    let lossy = Links { loss_ppm: 100_000, ..Links::default() };
    let report = is_good(&Plan { links: lossy, ..plain(3, 4) });
    let (lost, all) = (report.faults.count("lost"), report.delivered);
    assert!(lost * 20 > all && lost * 5 < all, "{report:?}");
    // A lone voter has no messages to lose, and nobody to be cut off from.
    let says = |plan: Plan, what: &str| {
        let report = run(&plan);
        let first = report.violations.first().cloned().unwrap_or_default();
        assert!(!report.ok && first.contains("no faults") && first.contains(what), "{first}");
    };
    says(Plan { links: lossy, ..plain(3, 1) }, "lost");
    says(Plan { cuts: vec![halves(1, 3, 9)], ..plain(3, 1) }, "cut");
    let never = Crashes { every: 20, down: 1, at_once: 0, ..Crashes::default() };
    says(Plan { crashes: Some(never), ..plain(3, 4) }, "crashes");
    says(Plan { conflict: Conflict::Must, ..plain(3, 4) }, "conflicts");
}

#[test]
fn while_two_halves_cannot_talk_nothing_becomes_final() {
    let split = is_good(&Plan { cuts: vec![halves(4, 1, SLOTS)], ..plain(5, 4) });
    assert!(split.faults.count("cut") > 0 && split.head_height > 5, "{split:?}");
    assert!(split.stormy_final_height <= 1, "two voters of four made blocks final: {split:?}");
    assert!(split.final_height > 5, "healed, they agree: {split:?}");
}

#[test]
fn a_plan_that_makes_no_sense_is_a_violation_and_no_crash() {
    let none = run(&plain(1, 0));
    assert!(!none.ok && none.violations[0].contains("0 voters"), "{none:?}");
    assert!(!run(&Plan { twins: vec![4], ..plain(1, 4) }).ok);
    assert!(!run(&plain(1, 1_000)).ok);
}
