//! Where one block or one rao decides.

use crate::draw::{bonds_in, subnet};
use weft_yuma::{Snapshot, epoch};

/// Two validators and a miner that both score and hold bonds in.
fn trio() -> Snapshot {
    let mut net = subnet(&[1, 1, 0]);
    for row in [&mut net.weights, &mut net.bonds] {
        row[..2].fill(vec![(2, u16::MAX)]);
    }
    net
}

#[test]
fn a_neuron_is_active_until_the_cutoff_has_passed() {
    let mut net = trio();
    (net.current_block, net.params.activity_cutoff) = (6_000, 5_000);
    net.last_update = vec![1_000, 999, 6_000];
    assert_eq!(epoch(&net).unwrap().active, [1, 0, 1]);
}

#[test]
fn a_weight_must_be_younger_than_its_miner() {
    let mut net = trio();
    net.registered_at[2] = net.last_update[0];
    net.last_update[1] += 1;
    let trust = epoch(&net).unwrap().validator_trust;
    assert_eq!(trust, [0, 65_535, 0]);
}

/// The first validator's bond in the miner after it stopped scoring: what is left of it.
fn old_bond(last_step: u64, registered_at: u64) -> u16 {
    let mut net = trio();
    net.params.yuma3 = true;
    net.weights[0].clear();
    (net.current_block, net.last_step) = (1_000, last_step);
    net.last_update.fill(999);
    net.registered_at[2] = registered_at;
    bonds_in(&epoch(&net).unwrap(), 2)[0]
}

#[test]
fn bonds_are_void_when_their_miner_came_after_the_last_epoch() {
    assert_eq!(old_bond(700, 700), 58_981, "it came with the last epoch");
    assert_eq!(old_bond(700, 701), 0, "it came a block later");
}

#[test]
fn before_the_first_epoch_a_tempo_ago_counts_as_the_last() {
    assert_eq!(old_bond(0, 639), 58_981);
    assert_eq!(old_bond(0, 640), 0);
}

#[test]
fn stake_at_the_threshold_counts_and_the_owners_always() {
    let mut net = trio();
    net.params.stake_threshold = 1_000_000_001;
    net.stakes = vec![1_000_000_001, 1_000_000_000, 0];
    assert_eq!(epoch(&net).unwrap().stake_weight, [65_535, 0, 0]);
    net.params.owner_uid = Some(1);
    assert_eq!(epoch(&net).unwrap().stake_weight, [32_767, 32_767, 0]);
}

#[test]
fn the_owner_has_a_permit_and_may_score_itself() {
    let mut net = trio();
    net.params.owner_uid = Some(2);
    net.params.kappa = 0;
    (net.stakes, net.permits) = (vec![0, 0, 1], vec![false; 3]);
    net.params.max_allowed_validators = 0;
    net.weights[2] = vec![(1, u16::MAX), (2, u16::MAX)];
    let outcome = epoch(&net).unwrap();
    assert_eq!(outcome.new_validator_permit, [0, 0, 1]);
    assert_eq!(outcome.incentive, [0, 32_767, 32_767]);
}

#[test]
fn exactly_half_of_the_stake_carries_a_score_at_the_usual_kappa() {
    let mut net = trio();
    net.weights[1].clear();
    assert_eq!(epoch(&net).unwrap().consensus[2], u16::MAX);
    net.params.kappa = 32_768;
    assert_eq!(epoch(&net).unwrap().consensus[2], 0);
}

#[test]
fn who_does_not_ask_gets_no_new_permit_and_keeps_the_one_it_has_for_this_epoch() {
    let mut net = trio();
    let all = epoch(&net).unwrap();
    net.seeking[0] = false;
    let outcome = epoch(&net).unwrap();
    assert_eq!(outcome.new_validator_permit[0], 0);
    assert_eq!(outcome.new_validator_permit[1..], all.new_validator_permit[1..]);
    // Its stake counts for everything but the new permits.
    assert_eq!((outcome.incentive, outcome.fx.stake), (all.incentive, all.fx.stake));
}
