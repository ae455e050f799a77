//! Several calls as one, and what an operator keeps of its delegators' dividends.

use crate::market::{batch, sets};
use crate::world::{FEE, NET, START, World, cold, hot, tao};
use weft_ledger::query;
use weft_ledger::rules::{CallError, Event};
use weft_types::{Call, Netuid, Parameter, Rao};

fn pay(to: u16, amount: Rao) -> Call {
    Call::Transfer { to: cold(to), amount, open: true }
}

#[test]
fn a_batch_does_all_its_calls_in_order_for_one_fee_and_one_nonce() {
    let mut world = World::new();
    let calls = vec![
        pay(5, tao(1)),
        Call::AddStake { hotkey: hot(1), amount: tao(2) },
        Call::RemoveStake { hotkey: hot(1), amount: tao(1) },
    ];
    let receipts = world.does(4, batch(calls));
    assert_eq!(receipts.txs[0].fee, FEE);
    assert_eq!(world.free(4).0, START.0 - FEE.0 - tao(3).0);
    assert_eq!(world.free(5).0, START.0 + tao(1).0);
    assert!(world.stake(1, 4).0.abs_diff(tao(1).0) <= 1);
    assert_eq!(query::account(&world.state, &cold(4)).nonce.0, 1);
}

#[test]
fn a_batch_of_which_one_call_fails_does_nothing_and_names_it() {
    let world = World::new();
    let error = CallError::NotEnoughBalance { have: Rao(START.0 - FEE.0 - tao(1).0), need: START };
    let want = CallError::BatchFailed { index: 1, error: Box::new(error) };
    world.wont_pay(4, batch(vec![pay(5, tao(1)), pay(5, START), pay(5, tao(1))]), &want);
}

#[test]
fn what_is_free_by_itself_is_not_allowed_in_a_batch() {
    let world = World::new();
    let row = world.row(&[(2, 1)]);
    for call in [
        Call::SetWeights { row },
        Call::SeekPermit { netuid: NET, seek: true, at: weft_types::Height(0) },
        Call::JoinVoters { netuid: NET, at: weft_types::Height(0) },
    ] {
        let calls = vec![pay(5, tao(1)), call];
        world.wont_pay(4, batch(calls), &CallError::NotInABatch { index: 1 });
    }
}

#[test]
fn two_settings_in_one_batch_are_one_block_and_both_count() {
    let mut world = World::with_net(|net| net.owner = Some(cold(4)));
    let calls =
        vec![sets(NET, Parameter::ImmunityPeriod, 7), sets(NET, Parameter::MinAllowedWeights, 9)];
    world.does(4, batch(calls));
    let numbers = world.net(NET).unwrap().hyperparameters;
    assert_eq!((numbers.immunity_period, numbers.min_allowed_weights), (7, 9));
    assert!(world.net(Netuid(2)).is_none());
}

#[test]
fn a_take_falls_at_once_and_rises_after_the_rate_limit() {
    let mut world = World::new();
    let (most, wait) = (world.genesis.params.max_take, world.genesis.params.take_increase_blocks);
    let take = |take| Call::SetTake { hotkey: hot(1), take };
    world.wont_pay(4, take(5), &CallError::NonAssociatedColdKey { owner: cold(1) });
    world.wont_pay(1, take(most + 1), &CallError::DelegateTakeTooHigh { take: most + 1, most });
    world.wont_pay(1, take(most), &CallError::TakeAlreadySo { take: most });
    let receipts = world.does(1, take(100));
    let said = Event::TakeSet { hotkey: hot(1), before: most, take: 100 };
    assert_eq!(receipts.txs[0].events, [said]);
    // The block in which it fell counts as the first.
    world.wont_pay(1, take(101), &CallError::DelegateTxRateLimitExceeded { blocks_left: wait - 1 });
    world.does(1, take(50));
    let fell = world.height;
    world.run_to(fell + wait - 2);
    world.wont_pay(1, take(51), &CallError::DelegateTxRateLimitExceeded { blocks_left: 1 });
    world.run_to(fell + wait - 1);
    world.does(1, take(51));
}
