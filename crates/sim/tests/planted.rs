//! Planted bugs are seen.

use weft_sim::{Plan, Planted, run};

fn planted(seed: u64, planted: Planted) -> Vec<String> {
    let plan =
        Plan { seed, voters: 4, slots: 30, loss_ppm: 0, partition: None, planted: Some(planted) };
    let report = run(&plan);
    assert_eq!(report.ok, report.violations.is_empty());
    report.violations
}

#[test]
fn a_double_vote_is_seen_with_every_seed() {
    for seed in 1..=20 {
        let violations = planted(seed, Planted::DoubleVote);
        assert!(
            violations.iter().any(|v| v.contains("double vote: voter")),
            "{seed}: {violations:?}"
        );
    }
}

#[test]
fn a_lost_vote_file_is_seen_as_a_vote_against_an_earlier_one() {
    let is_vote = |v: &String| v.contains("double vote") || v.contains("surround vote");
    let seen: Vec<u64> =
        (1..=20).filter(|s| planted(*s, Planted::LostVoteFile).iter().any(is_vote)).collect();
    println!("a lost vote file is seen with seeds {seen:?}");
    assert!(seen.len() >= 10, "only with seeds {seen:?}");
}

#[test]
fn the_same_seeds_without_a_planted_bug_are_good() {
    for seed in 1..=20 {
        let plan = Plan { seed, voters: 4, slots: 30, loss_ppm: 0, partition: None, planted: None };
        let report = run(&plan);
        assert!(report.ok, "{seed}: {:?}", report.violations);
    }
}
