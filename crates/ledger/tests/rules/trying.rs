//! Trying a transaction before it is sent (F13): what it would do is said, and nothing is done.

use crate::world::{FEE, START, World, cold, hot, tao};
use weft_ledger::rules::{Breach, CallError, Trial};
use weft_types::{BlockHash, Call, Height, Netuid, Nonce, Rao, Tx};

fn tried(world: &World, before: &[Tx], tx: &Tx) -> Result<Trial, Breach> {
    let before: Vec<&Tx> = before.iter().collect();
    world.ledger.try_tx(&world.state, BlockHash::ZERO, (&before, tx))
}

/// The error that a paying call would fail with.
fn fails(world: &World, tx: &Tx) -> CallError {
    tried(world, &[], tx).unwrap().receipt.result.unwrap_err()
}

#[test]
fn a_call_that_would_fail_says_so_by_its_own_name_and_changes_nothing() {
    let world = World::new();
    let before = world.state.clone();
    assert_eq!(fails(&world, &world.transfer(0, 1, Rao(0))), CallError::AmountZero);
    let netuid = Netuid(99);
    let start = world.tx(0, Call::StartSubnet { netuid });
    assert_eq!(fails(&world, &start), CallError::SubnetNotExists { netuid });
    let free =
        world.free_call(0, Call::SeekPermit { netuid, seek: true, at: Height(world.height) });
    let refused = tried(&world, &[], &free);
    assert!(matches!(
        refused,
        Err(Breach::FreeCallFails { error: CallError::SubnetNotExists { .. }, .. })
    ));
    assert!(world.state == before);
}

#[test]
fn a_call_that_would_run_says_what_leaves_the_account() {
    let world = World::new();
    let trial = tried(&world, &[], &world.transfer(1, 0, tao(3))).unwrap();
    assert_eq!(trial.receipt.result, Ok(()));
    assert_eq!((trial.free_before, trial.free_after.0), (START, START.0 - tao(3).0 - FEE.0));
    let mut ran = world.clone();
    ran.block(&[world.transfer(1, 0, tao(3))]);
    assert_eq!(ran.free(1), trial.free_after, "the block does as was said");
    assert_eq!(world.free(1), START);
}

#[test]
fn what_waits_of_the_signer_runs_before_it() {
    let world = World::new();
    let all_but = Rao(START.0 - 2 * FEE.0 - tao(1).0);
    let first = world.transfer(0, 1, all_but);
    let call = Call::Transfer { to: cold(1), amount: tao(2), open: false };
    let second = world.tx_later(0, 1, call);
    assert_eq!(
        tried(&world, &[], &second).unwrap().receipt.result,
        Ok(()),
        "alone there is enough"
    );
    let trial = tried(&world, &[first], &second).unwrap();
    assert_eq!(trial.free_before.0, START.0 - all_but.0 - FEE.0);
    assert!(matches!(trial.receipt.result, Err(CallError::NotEnoughBalance { .. })));
}

#[test]
fn a_removal_of_more_than_there_is_names_its_rule_and_a_nonce_is_not_looked_at() {
    let world = World::new();
    let mut tx = world.tx(0, Call::RemoveStake { hotkey: hot(0), amount: tao(500) });
    tx.body.nonce = Nonce(7);
    assert!(
        matches!(fails(&world, &tx), CallError::NotEnoughStake { need, .. } if need == tao(500))
    );
}
