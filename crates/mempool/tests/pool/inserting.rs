//! What is taken in and what is refused by name.

use crate::world::*;
use weft_mempool::{Accounts as _, Bounds, Inserted, Pool, PoolError};
use weft_types::check::Known as _;
use weft_types::{BatchCall, Call, Height, Nonce, Rao};

#[test]
fn a_transaction_that_waits_is_known_and_not_taken_twice() {
    let mut pool = Pool::default();
    let tx = transfer(1, 0, 9_000);
    assert!(!pool.knows(tx.seal()));
    assert_eq!(insert(&mut pool, tx.clone()), Ok(Inserted::Added));
    assert_eq!(insert(&mut pool, tx.clone()), Ok(Inserted::Known));
    assert_eq!(pool.len(), 1);
    assert!(pool.knows(tx.seal()));
    assert_eq!(pool.get(tx.id()), Some(&tx));
}

/// A5
#[test]
fn r21_what_the_rules_of_the_next_block_refuse_is_not_taken_and_leaves_when_they_change() {
    let mut pool = Pool::default();
    let before = State::default();
    let after = State { against: [signer(1)].into(), ..State::default() };
    let refused = pool.insert(transfer(1, 0, 9_000), &after);
    assert!(matches!(refused, Err(PoolError::NotAllowed { .. })), "{refused:?}");
    for n in [1, 2] {
        assert_eq!(pool.insert(transfer(n, 0, 9_000), &before), Ok(Inserted::Added));
    }
    assert_eq!((pool.recheck(&before), pool.len()), (0, 2));
    assert_eq!((pool.recheck(&after), pool.len()), (1, 1));
    assert!(pool.get(transfer(2, 0, 9_000).id()).is_some(), "the other one stays");
}

#[test]
fn a_used_nonce_is_refused() {
    let state = State::default().with(1, 1_000_000, 5);
    let refused = Pool::default().insert(transfer(1, 4, 9_000), &state);
    let (got, want) = (Nonce(4), Nonce(5));
    assert_eq!(refused, Err(PoolError::NonceUsed { signer: signer(1), got, want }));
}

#[test]
fn the_queue_of_future_nonces_has_an_end() {
    let mut pool = Pool::new(Bounds { nonces_ahead: 10, ..Bounds::default() });
    fill(&mut pool, [transfer(1, 9, 9_000)]);
    let refused = insert(&mut pool, transfer(1, 10, 9_000));
    assert!(matches!(refused, Err(PoolError::NonceAhead { limit: 10, .. })));
}

#[test]
fn a_nonce_is_taken_over_only_by_a_tenth_more_fee() {
    let mut pool = Pool::default();
    let first = transfer(1, 0, 10_000);
    fill(&mut pool, [first.clone(), transfer(1, 1, 9_000)]);
    let need = Rao(11_000);
    let refused = insert(&mut pool, sending(1, 0, 10_999, 5));
    assert_eq!(refused, Err(PoolError::NonceTaken { nonce: Nonce(0), need }));
    let better = sending(1, 0, 11_000, 5);
    assert_eq!(insert(&mut pool, better.clone()), Ok(Inserted::Replaced(*first.id())));
    assert_eq!((pool.len(), pool.get(first.id())), (2, None));
    assert!(!pool.knows(first.seal()));
    assert_eq!(pool.pick(&limits(1), &State::default()), [better]);
}

#[test]
fn what_waits_already_counts_against_the_account() {
    let state = State::default().with(1, 30_000, 0);
    let mut pool = Pool::default();
    assert!(pool.insert(transfer(1, 0, 9_000), &state).is_ok());
    assert!(pool.insert(transfer(1, 1, 9_000), &state).is_ok());
    let refused = pool.insert(transfer(1, 2, 9_001), &state);
    let (have, need) = (Rao(30_000), Rao(30_001));
    assert_eq!(refused, Err(PoolError::TooPoor { signer: signer(1), have, need }));
    assert!(pool.insert(transfer(1, 2, 9_000), &state).is_ok());
}

#[test]
fn what_the_head_has_executed_does_not_count_twice() {
    let mut state = State::default().with(1, 20_000, 0);
    let mut pool = Pool::default();
    assert!(pool.insert(transfer(1, 0, 9_000), &state).is_ok());
    state.run(&pool.pick(&limits(9), &state));
    assert_eq!(state.account(&signer(1)).free, Rao(10_000));
    assert!(pool.insert(transfer(1, 1, 9_000), &state).is_ok());
}

#[test]
fn amounts_that_overflow_together_are_too_much() {
    let mut pool = Pool::default();
    let state = State::default().with(1, u64::MAX, 0);
    assert!(pool.insert(sending(1, 0, 9_000, u64::MAX - 9_000), &state).is_ok());
    let refused = pool.insert(sending(1, 1, 9_000, u64::MAX), &state);
    assert!(matches!(refused, Err(PoolError::TooPoor { .. })));
}

#[test]
fn one_free_call_waits_for_each_signer_kind_and_subnet() {
    let mut pool = Pool::default();
    fill(&mut pool, [weights(1, 1, 10), weights(1, 2, 10), weights(2, 1, 10)]);
    let refused = insert(&mut pool, weights(1, 1, 11));
    assert!(matches!(refused, Err(PoolError::FreePending { call: "set_weights", .. })));
    assert_eq!(pool.counters().free, 3);
}

#[test]
fn a_call_that_the_state_does_not_allow_is_refused() {
    let mut state = State::default();
    state.forbidden.insert(signer(1));
    let mut pool = Pool::default();
    for tx in [weights(1, 1, 10), unstake(1, 0, 9_000)] {
        assert!(matches!(pool.insert(tx, &state), Err(PoolError::NotAllowed { .. })));
    }
    assert!(pool.insert(transfer(1, 0, 9_000), &state).is_ok(), "it pays by itself");
}

#[test]
fn unstaking_is_paid_from_the_stake_and_needs_no_free_coins() {
    let state = State::default().with(1, 0, 0);
    let mut pool = Pool::default();
    assert_eq!(pool.insert(unstake(1, 0, 9_000), &state), Ok(Inserted::Added));
    assert_eq!(names(&pool.pick(&limits(9), &state)), [(1, 0)]);
}

#[test]
fn a_transaction_whose_last_height_is_past_is_refused() {
    let mut pool = Pool::default();
    pool.expire(Height(10));
    let (last, next) = (Height(10), Height(11));
    let refused = insert(&mut pool, until(1, 0, 10));
    assert_eq!(refused, Err(PoolError::Expired { until: last, next }));
    assert_eq!(insert(&mut pool, until(1, 0, 11)), Ok(Inserted::Added));
}

#[test]
fn the_next_nonce_is_the_first_gap() {
    let state = State::default().with(1, 1_000_000, 3);
    let mut pool = Pool::default();
    assert_eq!(pool.next_nonce(&signer(1), &state), Nonce(3));
    for nonce in [3, 4, 6] {
        pool.insert(transfer(1, nonce, 9_000), &state).unwrap();
    }
    assert_eq!(pool.next_nonce(&signer(1), &state), Nonce(5));
}

#[test]
fn a_refusal_changes_nothing() {
    let mut pool = Pool::default();
    fill(&mut pool, [transfer(1, 0, 9_000)]);
    let before = pool.counters();
    assert!(insert(&mut pool, transfer(1, 5_000, 9_000)).is_err());
    let after = pool.counters();
    assert_eq!(after.refused, 1);
    assert_eq!(weft_mempool::Counters { refused: 0, ..after }, before);
}

/// A3: a transfer that opens an account takes the deposit too, and what the ledger would refuse
/// for it is refused here.
#[test]
fn what_opens_an_account_needs_its_deposit_in_the_pool_as_in_the_ledger() {
    let fee = 9_000;
    let state = |free| State {
        unopened: [signer(255), signer(254)].into(),
        deposit: Some(Rao(700)),
        ..State::default().with(1, free, 0)
    };
    let need =
        |need| PoolError::TooPoor { signer: signer(1), have: Rao(need - 1), need: Rao(need) };
    let one = fee + 1_000 + 700;
    let mut pool = Pool::default();
    assert_eq!(pool.insert(transfer(1, 0, fee), &state(one - 1)), Err(need(one)));
    assert_eq!(pool.insert(transfer(1, 0, fee), &state(one)), Ok(Inserted::Added));
    assert_eq!(pool.committed(&signer(1), Nonce(0)), Rao(one));
    // What waits before counts with its own.
    let two = 2 * one;
    assert_eq!(pool.insert(transfer(1, 1, fee), &state(two - 1)), Err(need(two)));
    // In a batch each account is opened once.
    let to = |n| Call::Transfer { to: signer(n), amount: Rao(1_000), open: true };
    let calls = [to(255), to(255), to(254)].map(BatchCall).to_vec();
    let batch = checked(body(1, 0, fee, Call::Batch { calls }));
    let all = fee + 3_000 + 2 * 700;
    let mut pool = Pool::default();
    assert_eq!(pool.insert(batch.clone(), &state(all - 1)), Err(need(all)));
    assert_eq!(pool.insert(batch, &state(all)), Ok(Inserted::Added));
    // A full state opens none.
    let full = State { deposit: None, ..state(1 << 40) };
    let why = PoolError::NotAllowed { signer: signer(1), call: "transfer" };
    assert_eq!(Pool::default().insert(transfer(1, 0, fee), &full), Err(why));
}
