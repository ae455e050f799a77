//! The emission against what the live chain's own code answers: every boundary, every
//! threshold, and the run from zero to the last rao.

use serde_json::Value;
use std::path::Path;
use weft_ledger::query::schedule::{YEAR_BLOCKS, emission_at, schedule};
use weft_ledger::rules::block_emission;
use weft_ledger::state::value::Supply;
use weft_types::{Rao, units::SUPPLY_CAP};

fn golden(name: &str) -> Option<Value> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/emission").join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) => {
            eprintln!("skipped: {} is absent", path.display());
            None
        }
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn what_a_block_emits_equals_the_live_chain_at_every_boundary() {
    let Some(golden) = golden("emission_chain.json") else { return };
    let table = golden["table"].as_array().unwrap();
    assert!(table.len() > 50);
    for row in table.iter().filter(|row| row["error"].is_null()) {
        let issued = Rao(number(&row["issuance_rao"]));
        let want = Rao(number(&row["block_emission_rao"]));
        assert_eq!(emission_at(issued.min(SUPPLY_CAP)), want, "{}", row["label"]);
    }
}

#[test]
fn all_thirty_thresholds_equal_the_live_chain_to_the_rao() {
    let Some(golden) = golden("emission_chain.json") else { return };
    let halvings = schedule().halvings;
    let thresholds = golden["thresholds"].as_array().unwrap();
    assert_eq!(halvings.len(), thresholds.len());
    for (halving, want) in halvings.iter().zip(thresholds) {
        assert_eq!(u64::from(halving.n), number(&want["halving"]));
        assert_eq!(halving.issuance.0, number(&want["threshold_rao"]), "halving {}", halving.n);
        assert_eq!(halving.emission_before.0, number(&want["emission_below"]));
        assert_eq!(halving.emission_after.0, number(&want["emission_at"]));
    }
}

#[test]
fn the_run_from_zero_equals_the_live_chain_block_for_block() {
    let Some(golden) = golden("emission_chain.json") else { return };
    let all = schedule();
    let runs = golden["simulated_from_zero_issuance"].as_array().unwrap();
    for (halving, want) in all.halvings.iter().zip(&runs[1..]) {
        // The file counts rewarded blocks from 0, the first block here has height 1.
        assert_eq!(halving.height, number(&want["from_block_index"]) + 1);
        assert_eq!(halving.issuance_at_height.0, number(&want["issuance_rao"]));
        assert_eq!(halving.emission_after.0, number(&want["emission"]));
    }
    let end = runs.last().unwrap();
    assert_eq!(all.final_supply.0, number(&end["issuance_rao"]));
    assert_eq!(all.last_emission_height, number(&end["from_block_index"]));
}

#[test]
fn until_truncation_shows_the_supply_equals_the_plain_rule_by_height() {
    let Some(golden) = golden("emission_plain.json") else { return };
    // Nine halvings divide 10^9 without a rest; up to there both rules are one.
    let exact = 9 * 10_500_000;
    let mut checked = 0;
    for row in golden["table"].as_array().unwrap() {
        let (index, sum) = (number(&row["i"]), number(&row["cumulative_rao"]));
        if index >= exact {
            continue;
        }
        let before = Rao(sum - number(&row["reward_rao"]));
        assert_eq!(emission_at(before).0, number(&row["reward_rao"]), "block {index}");
        checked += 1;
    }
    assert!(checked > 20, "{checked} rows were compared");
}

/// One block more, with the number of halvings kept as the state keeps it.
fn step(supply: &mut Supply) -> u64 {
    let (emission, halving) = block_emission(supply);
    supply.issued = supply.issued.checked_add(emission).unwrap();
    supply.halving = halving;
    emission.0
}

#[test]
fn the_jumps_meet_a_run_of_single_blocks_around_every_threshold() {
    const AROUND: u64 = 200;
    let all = schedule();
    for halving in &all.halvings {
        let (before, after) = (halving.emission_before.0, halving.emission_after.0);
        let issued = Rao(halving.issuance_at_height.0 - AROUND * before);
        let mut supply = Supply { issued, halving: halving.n - 1, ..Supply::default() };
        for height in halving.height - AROUND..halving.height + AROUND {
            if height == halving.height {
                assert_eq!(supply.issued, halving.issuance_at_height, "halving {}", halving.n);
            }
            let want = if height < halving.height { before } else { after };
            assert_eq!(step(&mut supply), want, "block {height}");
        }
        // The threshold lies within the last block that emitted more.
        assert!(halving.issuance <= halving.issuance_at_height);
        assert!(halving.issuance.0 + before > halving.issuance_at_height.0);
    }
}

#[test]
fn the_jumps_meet_a_run_of_single_blocks_over_the_first_years() {
    let all = schedule();
    let mut supply = Supply::default();
    for height in 1..=5 * YEAR_BLOCKS {
        let emission = step(&mut supply);
        if height.is_multiple_of(YEAR_BLOCKS) {
            let year = all.years[usize::try_from(height / YEAR_BLOCKS).unwrap() - 1];
            assert_eq!((year.height, year.issued.0), (height, supply.issued.0));
            assert_eq!(year.emission.0, emission);
        }
    }
    assert_eq!(supply.halving, 1);
}
