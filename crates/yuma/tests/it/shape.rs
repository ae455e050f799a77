//! Snapshots of a wrong shape are refused, each with a sentence that says what is wrong.

use crate::draw::subnet;
use weft_yuma::{Snapshot, SnapshotError, Variant, epoch, synthetic};

/// What an epoch says of a good snapshot in which one thing was made wrong.
fn refusal(spoil: impl Fn(&mut Snapshot)) -> String {
    let mut snapshot = subnet(&[1, 2, 3]);
    assert!(epoch(&snapshot).is_ok());
    spoil(&mut snapshot);
    epoch(&snapshot).unwrap_err().to_string()
}

#[test]
fn lists_of_another_length_are_refused() {
    assert_eq!(refusal(|s| s.weights.push(Vec::new())), "\"weights\" has 4 entries for 3 neurons");
    assert_eq!(refusal(|s| s.permits.clear()), "\"validator_permit\" has 0 entries for 3 neurons");
}

#[test]
fn rows_that_name_a_stranger_are_refused() {
    assert_eq!(
        refusal(|s| s.weights[1] = vec![(0, 1), (3, 1)]),
        "row 1 of \"weights\" names uid 3, there are 3 neurons"
    );
    assert_eq!(
        refusal(|s| s.bonds[0] = vec![(65_535, 1)]),
        "row 0 of \"bonds\" names uid 65535, there are 3 neurons"
    );
}

#[test]
fn rows_out_of_order_are_refused() {
    for row in [vec![(1, 1), (1, 1)], vec![(2, 1), (1, 1)]] {
        assert_eq!(
            refusal(|s| s.bonds[2].clone_from(&row)),
            "the uids of row 2 of \"bonds\" are not strictly ascending at 1"
        );
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    assert_eq!(
        refusal(|s| s.params.owner_uid = Some(3)),
        "the owner's uid is 3, there are 3 neurons"
    );
    assert_eq!(
        refusal(|s| s.params.bonds_moving_avg = 1_000_001),
        "the moving average of bonds is 1000001 millionths; at most 1000000 may be"
    );
    let bounds = |s: &mut Snapshot| (s.params.alpha_low, s.params.alpha_high) = (2, 1);
    let liquid = |s: &mut Snapshot| {
        bounds(s);
        (s.params.yuma3, s.params.liquid_alpha) = (true, true);
    };
    assert_eq!(refusal(liquid), "liquid alpha's lower bound 2 is above its upper bound 1");
    let mut unused = subnet(&[1]);
    bounds(&mut unused);
    assert!(epoch(&unused).is_ok(), "bounds that nothing uses harm nothing");
}

#[test]
fn more_stake_than_the_arithmetic_holds_is_refused() {
    let most = (1 << 63) - 1;
    assert_eq!(
        refusal(|s| s.stakes = vec![most, 1, 0]),
        "the stake of uid 1, 1 rao on top of 9223372036854775807, brings the sum to 2^63 rao or \
         more"
    );
    let mut enough = subnet(&[0, 0]);
    enough.stakes = vec![most - 1, 1];
    assert!(epoch(&enough).is_ok());
}

#[test]
fn too_many_neurons_are_refused_and_none_at_all_are_not() {
    let error = epoch(&subnet(&[0; 4_097])).unwrap_err();
    assert_eq!(error, SnapshotError::TooLarge { got: 4_097 });
    assert_eq!(error.to_string(), "4097 neurons; at most 4096 may be");
    let outcome = epoch(&subnet(&[])).unwrap();
    assert!(outcome.emission.is_empty());
}

#[test]
fn a_synthetic_snapshot_is_the_same_for_the_same_seed_only() {
    let draw = |seed| synthetic(4, 16, Variant::Liquid, seed).unwrap();
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
    assert!(synthetic(17, 16, Variant::Yuma2, 1).is_err(), "more validators than neurons");
}

#[test]
fn the_largest_subnet_with_a_row_of_everyone_runs() {
    let snapshot = synthetic(8, 4_096, Variant::Yuma3, 3).unwrap();
    let outcome = epoch(&snapshot).unwrap();
    assert!(outcome.emission.iter().sum::<u64>() <= snapshot.rao_emission);
    assert_eq!(outcome.new_validator_permit.iter().filter(|p| **p > 0).count(), 8);
}
