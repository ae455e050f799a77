//! A5: rules that change while programs differ (R21): what the observer sees, over some seeds of
//! every profile.

use weft_sim::{Report, profiles, run};

fn seeds(name: &str, count: u64) -> Vec<Report> {
    let reports = (0..count).map(|seed| run(&profiles::plan(name, seed).expect("it is a profile")));
    let good = |report: Report| {
        assert!(report.ok, "{name} {}: {:#?}", report.seed, report.violations);
        report
    };
    reports.map(good).collect()
}

fn all(reports: &[Report], kind: &str) -> u64 {
    reports.iter().map(|report| report.faults.count(kind)).sum()
}

#[test]
fn rules_change_at_one_height_and_old_nodes_stop_there_and_go_on_after_their_update() {
    let reports = seeds("upgrade", 3);
    assert!(reports.iter().all(|report| report.faults.count("rules_changed") > 0));
}

#[test]
fn three_quarters_change_nothing() {
    assert_eq!(all(&seeds("upgrade-few", 3), "rules_changed"), 0);
}

#[test]
fn liars_lock_a_change_in_and_what_is_final_waits_until_they_are_updated() {
    for report in seeds("upgrade-liars", 3) {
        let (stormy, last) = (report.stormy_final_height, report.final_height);
        assert!(last > stormy, "{}: {stormy} {last}", report.seed);
    }
}

#[test]
fn a_change_in_a_partition_comes_on_one_chain() {
    seeds("upgrade-parted", 3);
}

#[test]
fn a_rotation_that_is_not_final_puts_a_change_off() {
    assert!(all(&seeds("upgrade-rotation", 4), "rules_delayed") > 0);
}

#[test]
fn byzantine_voters_do_not_keep_rules_from_changing() {
    seeds("upgrade-byzantine", 3);
}
