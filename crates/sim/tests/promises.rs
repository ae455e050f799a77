//! Runs of many seeds: no promise is broken, and the same seed is the same run.

use weft_sim::{Plan, Report, run};

/// Slots with faults in each run.
const SLOTS: u64 = 40;

fn plain(seed: u64, voters: usize) -> Plan {
    Plan { seed, voters, slots: SLOTS, loss_ppm: 0, partition: None, planted: None }
}

/// A plan whose faults follow its seed: 4 to 7 voters, loss from 0 to a fifth, and for
/// two of three seeds a partition.
fn stormy(seed: u64) -> Plan {
    let first = 4 + seed % 11;
    let partition = (!seed.is_multiple_of(3)).then_some((first, first + 5 + seed % 17));
    let loss_ppm = u32::try_from(seed % 5 * 50_000).expect("a small number");
    let voters = 4 + usize::try_from(seed % 4).expect("a small number");
    Plan { loss_ppm, partition, ..plain(seed, voters) }
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

/// One after the other on each of a few threads; which thread runs a seed changes nothing.
fn reports(seeds: std::ops::RangeInclusive<u64>, plan: fn(u64) -> Plan) -> Vec<Report> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let run_part = |part: usize| {
        let mine = seeds.clone().skip(part).step_by(threads);
        mine.map(|seed| is_good(&plan(seed))).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads).map(|part| scope.spawn(move || run_part(part))).collect();
        parts.into_iter().flat_map(|p| p.join().expect("no seed fails")).collect()
    })
}

#[test]
fn three_hundred_seeds_of_loss_partitions_and_crashes_break_no_promise() {
    let all = reports(1..=seeds(), stormy);
    let sum = |of: fn(&Report) -> u64| all.iter().map(of).sum::<u64>();
    println!(
        "{} seeds: {} blocks, {} final heights, {} transactions, {} rows, {} restarts, {} unsynced, {} lost, {} cut, worst recovery {} slots",
        all.len(),
        sum(|r| r.blocks),
        sum(|r| r.final_height),
        sum(|r| r.transactions),
        sum(|r| r.rows),
        sum(|r| r.restarts),
        sum(|r| r.unsynced),
        sum(|r| r.lost),
        sum(|r| r.cut),
        all.iter().map(|r| r.recovery_slots).max().unwrap_or_default(),
    );
    // Faults and work really happened.
    assert!(sum(|r| r.lost) > 0 && sum(|r| r.cut) > 0 && sum(|r| r.restarts) > 0);
    assert!(sum(|r| r.unsynced) > 0, "no crash took a block that was not synced");
    assert!(sum(|r| r.transactions) > 0 && sum(|r| r.rows) > 0);
}

#[test]
fn the_same_seed_gives_the_same_run_to_the_last_message() {
    let plan = stormy(7);
    let (first, second) = (is_good(&plan), is_good(&plan));
    assert_eq!(first, second);
    assert_ne!(first.trace_hash, is_good(&stormy(8)).trace_hash);
}

#[test]
fn in_fair_weather_almost_every_slot_has_a_final_block() {
    let report = is_good(&plain(1, 4));
    assert!(report.final_height > SLOTS / 2, "{report:?}");
    assert_eq!(report.dropped, 0);
}

#[test]
fn one_voter_alone_finalises() {
    let report = is_good(&plain(1, 1));
    assert!(report.final_height >= SLOTS / 2, "{report:?}");
    assert_eq!(report.delivered, 0, "there is nobody to talk to");
}

#[test]
fn a_run_that_claims_loss_drops_messages() {
    let report = is_good(&Plan { loss_ppm: 100_000, ..plain(3, 4) });
    let all = report.delivered + report.lost;
    assert!(report.lost * 20 > all && report.lost * 5 < all, "{report:?}");
    assert_eq!(report.dropped, report.lost + report.cut);
    // A lone voter has no messages to lose: the claim is a violation.
    let empty = run(&Plan { loss_ppm: 100_000, ..plain(3, 1) });
    assert!(!empty.ok && empty.violations[0].contains("no faults"), "{empty:?}");
    let uncut = run(&Plan { partition: Some((3, 9)), ..plain(3, 1) });
    assert!(!uncut.ok && uncut.violations[0].contains("no faults"), "{uncut:?}");
}

#[test]
fn while_two_halves_cannot_talk_nothing_becomes_final() {
    let split = is_good(&Plan { partition: Some((1, SLOTS)), ..plain(5, 4) });
    assert!(split.cut > 0 && split.head_height > 5, "the halves build on: {split:?}");
    assert!(split.stormy_final_height <= 1, "two voters of four made blocks final: {split:?}");
    assert!(split.final_height > 5, "healed, they agree: {split:?}");
}

#[test]
fn a_plan_without_voters_is_a_violation_and_no_crash() {
    assert!(!run(&plain(1, 0)).ok);
}
