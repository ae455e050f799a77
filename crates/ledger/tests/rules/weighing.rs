//! Weight rows: each check by name, the same through both doors.

use crate::world::{NET, START, World, cold, hot};
use weft_ledger::query;
use weft_ledger::rules::{Breach, CallError};
use weft_types::{Call, Height, Item, Netuid, PublicKey, Rao, Tx, Uid, WeightRow, Wide};

fn stored(world: &World, uid: u16) -> Option<Vec<(u16, u16)>> {
    let rows = query::rows(&world.state, NET);
    let row = rows.into_iter().find(|(of, _)| *of == Uid(uid))?.1;
    Some(row.into_iter().map(|(uid, value)| (uid.0, value)).collect())
}

fn tx(world: &World, n: u16, row: WeightRow) -> Tx {
    world.free_call(n, Call::SetWeights { row })
}

fn share(n: u16, row: WeightRow) -> (PublicKey, Vec<Item>) {
    (hot(n), vec![Item::Row(row)])
}

/// A row that fails does so by one name at both doors: as a transaction it makes the
/// block invalid, in a share it is skipped with a receipt, and asked about before it is
/// told so.
fn fails(world: &World, n: u16, row: &WeightRow, want: &CallError) {
    let call = tx(world, n, row.clone());
    assert_eq!(
        world.ledger.try_free(&world.state, world.genesis.block_hash(), &call.body),
        Err(want.clone())
    );
    let id = call.body.id();
    let breach = world.clone().refused(call);
    assert_eq!(breach, Breach::FreeCallFails { id, error: want.clone() });
    let mut world = world.clone();
    let before = query::rows(&world.state, NET);
    let receipts = world.try_block(&[share(n, row.clone())], &[]).unwrap();
    let receipt = &receipts.items[0];
    assert_eq!((receipt.voter, receipt.index), (hot(n), 0));
    assert_eq!(receipt.result.as_ref().unwrap_err(), want);
    assert_eq!(query::rows(&world.state, NET), before);
}

#[test]
fn a_row_is_scaled_stored_and_dated_by_its_view_through_either_door() {
    let mut by_tx = World::new();
    by_tx.run_to(2);
    let mut by_share = by_tx.clone();
    let row = by_tx.row(&[(2, 1), (3, 2)]);
    let call = tx(&by_tx, 0, row.clone());
    assert_eq!(by_tx.run(call), Ok(()));
    let receipts = by_share.try_block(&[share(0, row)], &[]).unwrap();
    assert_eq!(receipts.items[0].result, Ok(()));
    for world in [&by_tx, &by_share] {
        assert_eq!(stored(world, 0), Some(vec![(2, 32_768), (3, 65_535)]));
        let neuron = query::neuron(&world.state, NET, Uid(0)).unwrap();
        assert_eq!(neuron.last_update, Height(2));
    }
    assert_eq!(by_tx.state.uncounted(), by_share.state.uncounted(), "the doors lead to one room");
}

#[test]
fn what_is_wrong_with_a_row_is_named() {
    let mut world = World::with_net(|net| net.hyperparameters.min_allowed_weights = 2);
    world.run_to(2);
    let row = |entries: &[(u16, u16)]| world.row(entries);
    let good = row(&[(2, 1), (3, 1)]);
    let root = WeightRow { netuid: Netuid(0), ..good.clone() };
    fails(&world, 0, &root, &CallError::SubnetNotStarted { netuid: Netuid(2) });
    let uneven = WeightRow { values: vec![1], ..good.clone() };
    fails(&world, 0, &uneven, &CallError::WeightVecNotEqualSize { uids: 2, values: 1 });
    let netuid = Netuid(7);
    let elsewhere = WeightRow { netuid, ..good.clone() };
    fails(&world, 0, &elsewhere, &CallError::SubnetNotExists { netuid });
    let long = row(&[(0, 1), (1, 1), (2, 1), (3, 1), (4, 1)]);
    let want = CallError::UidsLengthExceedUidsInSubNet { uids: 5, neurons: 4 };
    fails(&world, 0, &long, &want);
    let want = CallError::HotKeyNotRegisteredInSubNet { hotkey: hot(30), netuid: NET };
    fails(&world, 30, &good, &want);
    let (uid, netuid) = (Uid(2), NET);
    fails(&world, 2, &good, &CallError::NeuronNoValidatorPermit { uid, netuid });
    let twice = row(&[(2, 1), (2, 1)]);
    fails(&world, 0, &twice, &CallError::DuplicateUids { uid: Uid(2) });
    let unsorted = row(&[(3, 1), (2, 1)]);
    fails(&world, 0, &unsorted, &CallError::DuplicateUids { uid: Uid(2) });
    let unknown = row(&[(2, 1), (4, 1)]);
    let want = CallError::UidVecContainInvalidOne { uid: Uid(4), neurons: 4 };
    fails(&world, 0, &unknown, &want);
    fails(&world, 0, &row(&[(2, 1)]), &CallError::WeightVecLengthIsLow { got: 1, least: 2 });
}

#[test]
fn too_little_stake_an_old_version_and_commit_reveal_are_named() {
    let good = |world: &World| world.row(&[(2, 1), (3, 1)]);
    let (have, need) = (Rao(100_000_000_000), Rao(200_000_000_000));
    let world = World::with(|genesis| genesis.params.stake_threshold = need);
    fails(&world, 0, &good(&world), &CallError::NotEnoughStakeToSetWeights { have, need });
    let world = World::with_net(|net| net.hyperparameters.weights_version = 3);
    let want = CallError::IncorrectWeightVersionKey { got: Wide(0), least: Wide(3) };
    fails(&world, 0, &good(&world), &want);
    let mut current = world.clone();
    let call = tx(&world, 0, WeightRow { version_key: 3, ..good(&world) });
    assert_eq!(current.run(call), Ok(()));
    let world = World::with_net(|net| net.hyperparameters.commit_reveal = true);
    fails(&world, 0, &good(&world), &CallError::CommitRevealEnabled { netuid: NET });
}

#[test]
fn the_first_row_is_free_of_the_rate_limit_and_the_next_is_not() {
    let mut world = World::new();
    world.set_weights(0, &[(2, 1), (3, 1)]);
    world.run_to(1);
    let soon = world.row(&[(2, 1), (3, 2)]);
    fails(&world, 0, &soon, &CallError::SettingWeightsTooFast { blocks_left: 1, limit: 3 });
    world.run_to(2);
    world.set_weights(0, &[(2, 1), (3, 2)]);
    assert_eq!(stored(&world, 0), Some(vec![(2, 32_768), (3, 65_535)]));
}

#[test]
fn a_view_from_the_future_too_old_or_not_newer_is_refused() {
    let mut world = World::new();
    world.run_to(20);
    let row = |view| WeightRow { view: Height(view), ..world.row(&[(2, 1), (3, 1)]) };
    let refused = |n, view| {
        let call = tx(&world, n, row(view));
        world.ledger.try_free(&world.state, world.genesis.block_hash(), &call.body).unwrap_err()
    };
    let (view, height) = (Height(21), Height(21));
    assert_eq!(refused(0, 21), CallError::RowFromTheFuture { view, height });
    let (view, oldest) = (Height(10), Height(11));
    assert_eq!(refused(0, 10), CallError::RowTooOld { view, oldest });
    let call = tx(&world, 0, row(15));
    let old = call.clone();
    let mut world = world.clone();
    assert_eq!(world.run(call), Ok(()));
    let (id, view, last) = (old.body.id(), Height(15), Height(15));
    let error = CallError::RowNotNewer { view, last };
    assert_eq!(world.refused(old), Breach::FreeCallFails { id, error }, "no replay");
}

#[test]
fn a_row_in_a_share_has_looked_at_the_shares_target() {
    let mut world = World::new();
    world.run_to(5);
    let row = WeightRow { view: Height(4), ..world.row(&[(2, 1), (3, 1)]) };
    let receipts = world.try_block(&[share(0, row)], &[]).unwrap();
    let (view, target) = (Height(4), Height(5));
    assert_eq!(receipts.items[0].result, Err(CallError::RowNotOfTarget { view, target }));
}

#[test]
fn a_neuron_may_always_score_itself_alone() {
    let mut world = World::with_net(|net| net.hyperparameters.min_allowed_weights = 2);
    world.set_weights(3, &[(3, 9)]);
    assert_eq!(stored(&world, 3), Some(vec![(3, 65_535)]));
}

#[test]
fn the_owners_oldest_uid_needs_no_permit_and_no_stake() {
    let mut world = World::with(|genesis| {
        genesis.params.stake_threshold = Rao(1);
        genesis.subnets[0].owner = Some(cold(2));
        genesis.stakes.iter_mut().filter(|s| s.hotkey == hot(3)).for_each(|s| s.coldkey = cold(2));
    });
    world.set_weights(2, &[(1, 1), (3, 1)]);
    assert_eq!(stored(&world, 2), Some(vec![(1, 65_535), (3, 65_535)]));
    let row = world.row(&[(1, 1), (2, 1)]);
    let want = CallError::NotEnoughStakeToSetWeights { have: Rao(0), need: Rao(1) };
    fails(&world, 3, &row, &want);
}

#[test]
fn one_bad_item_of_a_share_does_not_stop_the_others() {
    let mut world = World::new();
    let bad = Item::Row(world.row(&[(9, 1)]));
    let good = Item::Row(world.row(&[(2, 1), (3, 1)]));
    let mut voters = [hot(0), hot(1)];
    voters.sort();
    let items = voters.map(|voter| (voter, vec![bad.clone(), good.clone()]));
    let receipts = world.try_block(&items, &[]).unwrap();
    let named: Vec<_> =
        receipts.items.iter().map(|r| (r.voter, r.index, r.result.is_ok())).collect();
    let [a, b] = voters;
    assert_eq!(named, [(a, 0, false), (a, 1, true), (b, 0, false), (b, 1, true)]);
    assert!(stored(&world, 0).is_some() && stored(&world, 1).is_some());
}

#[test]
fn items_come_before_transactions() {
    let mut world = World::new();
    world.run_to(5);
    let (first, second) = (world.row(&[(2, 1), (3, 1)]), world.row(&[(2, 1), (3, 7)]));
    let call = tx(&world, 0, second);
    let breach = world.try_block(&[share(0, first)], &[call]).unwrap_err();
    let Breach::FreeCallFails { error, .. } = breach else { panic!("{breach}") };
    assert_eq!(error.name(), "SettingWeightsTooFast", "the share's row was there first");
}

#[test]
fn setting_weights_costs_nothing() {
    let mut world = World::new();
    world.set_weights(0, &[(2, 1), (3, 1)]);
    assert_eq!(world.free(0), START);
    assert_eq!(query::account(&world.state, &hot(0)).nonce.0, 0);
}

/// A row may look a tempo back; that is no way to write more than one every so often.
#[test]
fn looking_back_does_not_hurry_a_row() {
    let mut world = World::with_net(|net| {
        (net.hyperparameters.tempo, net.hyperparameters.weights_rate_limit) = (100, 50);
    });
    world.run_to(200);
    let mut taken = 0;
    for view in 110..130 {
        let row = WeightRow { view: Height(view), ..world.row(&[(2, 1), (3, 1)]) };
        let call = tx(&world, 0, row);
        taken += world.assemble(&[call]).1.len();
    }
    assert_eq!(taken, 1);
}

/// F5
#[test]
fn a_row_is_judged_by_its_own_faults_and_not_by_the_moment() {
    let mut world = World::with_net(|net| {
        net.hyperparameters.min_allowed_weights = 2;
        net.hyperparameters.commit_reveal = true;
    });
    world.run_to(2);
    let row = |entries: &[(u16, u16)]| world.row(entries);
    let judged = |row: &WeightRow| world.ledger.try_row(&world.state, &hot(0), row);
    let good = row(&[(2, 1), (3, 1)]);
    // A plain row is refused here; one that waits for its commitment is not.
    assert_eq!(judged(&good), Ok(()));
    assert_eq!(judged(&WeightRow { view: Height(9), ..good.clone() }), Ok(()));
    let uneven = WeightRow { values: vec![1], ..good.clone() };
    assert_eq!(judged(&uneven), Err(CallError::WeightVecNotEqualSize { uids: 2, values: 1 }));
    let twice = row(&[(2, 1), (2, 1)]);
    assert_eq!(judged(&twice), Err(CallError::DuplicateUids { uid: Uid(2) }));
    let absent = judged(&row(&[(2, 1), (250, 1)])).unwrap_err();
    assert!(matches!(absent, CallError::UidVecContainInvalidOne { uid: Uid(250), .. }), "{absent}");
    let short = judged(&row(&[(2, 1)])).unwrap_err();
    assert!(matches!(short, CallError::WeightVecLengthIsLow { got: 1, .. }), "{short}");
    let netuid = Netuid(77);
    let nowhere = WeightRow { netuid, ..good };
    assert_eq!(judged(&nowhere), Err(CallError::SubnetNotExists { netuid }));
}
