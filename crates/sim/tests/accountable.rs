//! Who breaks the chain is named: above a third conflicts can be forced, and the messages
//! show offences of a third of one set's power; below a third neither.

use weft_sim::plan::{Cabal, Conflict, Plan, Rotation, Strategy};
use weft_sim::twins::Twins;
use weft_sim::{profiles, run};

#[test]
fn a_third_and_more_force_conflicts_and_the_messages_name_a_third_of_the_power() {
    for seed in 0..12 {
        let report = run(&profiles::plan("byzantine-third", seed).unwrap());
        assert!(report.ok, "{seed}: {:#?}", report.violations);
        assert!(report.conflicts > 0, "{seed}");
        assert!(report.offenders_ppm >= 333_334, "{seed}: {}", report.offenders_ppm);
        assert_eq!(report.evidence.len(), report.offenders.len(), "{seed}: two votes of each");
        assert!(report.faults.count("evidence") > 0, "nodes saw it too");
    }
}

#[test]
fn just_under_a_third_on_both_sides_offend_and_force_nothing() {
    for seed in 0..12 {
        let report = run(&profiles::plan("split-world", seed).unwrap());
        assert!(report.ok, "{seed}: {:#?}", report.violations);
        assert_eq!(report.conflicts, 0);
        assert!(!report.offenders.is_empty(), "{seed}: no twin signed twice");
    }
}

/// With real stake a voter is what its stake makes it: an offence cuts that, and it is
/// jailed, so the next set is without it; who only holds back what is its own stays.
#[test]
fn who_offends_is_not_in_the_next_set_and_who_does_not_stays() {
    let left = |strategy, seed| {
        let cabal = Cabal { members: 2, strategy, placed: false, just_below: false, times: None };
        let report = run(&Plan {
            seed,
            voters: 7,
            slots: 110,
            rotation: Some(Rotation { blocks: 32, ..Rotation::default() }),
            cabal: Some(cabal),
            ..Plan::default()
        });
        assert!(report.ok, "{seed}: {:#?}", report.violations);
        report.faults.count("left")
    };
    for seed in 0..3 {
        // On two forks both are counted twice.
        assert!([2, 4].contains(&left(Strategy::Equivocate, seed)), "seed {seed}");
        assert_eq!(left(Strategy::OmitShares, seed), 0, "seed {seed}");
    }
}

/// The same twins, said to be harmless.
#[test]
fn a_set_of_which_a_third_is_byzantine_breaks_what_the_promises_rest_on() {
    let plan = profiles::plan("byzantine-third", 3).unwrap();
    let report = run(&Plan { conflict: Conflict::Never, ..plan });
    assert!(!report.ok && report.violations[0].contains("premise"), "{:?}", report.violations);
}

#[test]
fn every_partition_of_four_voters_and_a_twin_in_two_rounds_is_safe_and_live() {
    let twins = Twins { voters: 4, twins: 1, rounds: 2, sample: 1_000, seed: 7 };
    assert!(twins.is_exhaustive());
    let hunted = twins.play(2, |report| {
        let number = report.seed - 7;
        assert!(report.ok, "scenario {number}: {:#?}", report.violations);
        assert_eq!(report.conflicts, 0, "scenario {number}");
        true
    });
    assert_eq!((hunted.seeds, hunted.violations), (256, 0));
    assert!(hunted.offenders > 0, "no twin ever signed twice: the test could not fail");
}

#[test]
fn two_twins_of_four_voters_are_able_to_fork() {
    let twins = Twins { voters: 4, twins: 2, rounds: 4, sample: 150, seed: 1 };
    assert!(!twins.is_exhaustive());
    let mut conflicts = 0;
    let hunted = twins.play(2, |report| {
        conflicts += report.conflicts;
        assert!(report.ok, "whoever forks is named: {:#?}", report.violations);
        true
    });
    assert_eq!(hunted.seeds, 150);
    assert!(conflicts > 0, "half of the power signs twice and nothing forks");
}
