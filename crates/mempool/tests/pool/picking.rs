//! In which order a block is filled.

use crate::world::*;
use weft_mempool::Pool;
use weft_types::{BatchCall, Call, CheckedTx, Height, Limits, Rao};

#[test]
fn the_best_payer_comes_first_and_the_earlier_one_among_equals() {
    let mut pool = Pool::default();
    fill(&mut pool, [transfer(3, 0, 9_000), transfer(1, 0, 9_000), transfer(2, 0, 12_000)]);
    let picked = pool.pick(&limits(9), &State::default());
    assert_eq!(names(&picked), [(2, 0), (3, 0), (1, 0)]);
    assert_eq!(pool.len(), 3, "a pick takes nothing out");
}

/// A3: not what is paid a byte, of which the proposer has a quarter.
#[test]
fn what_is_paid_above_the_least_fee_for_each_rao_of_it_comes_first() {
    let one = || BatchCall(Call::Transfer { to: signer(9), amount: Rao(1), open: false });
    let two = |fee| checked(body(1, 0, fee, Call::Batch { calls: vec![one(), one()] }));
    let (dear, cheap) = (two(99_000).least_fee().0, transfer(2, 0, 99_000).least_fee().0);
    let (double, more) = (two(2 * dear), transfer(2, 0, 2 * cheap + cheap / 10));
    let a_byte = |tx: &CheckedTx| tx.tx().body.fee.0 * 1_000 / u64::from(tx.bytes());
    assert!(a_byte(&double) > a_byte(&more), "the two rules differ here");
    let mut pool = Pool::default();
    let (least, a_little) = (transfer(3, 0, cheap), transfer(4, 0, cheap + cheap / 10));
    fill(&mut pool, [least, double, more, a_little]);
    assert_eq!(names(&pool.pick(&limits(9), &State::default())), [(2, 0), (1, 0), (4, 0), (3, 0)]);
}

#[test]
fn a_signers_own_stay_in_the_order_of_their_nonces() {
    let mut pool = Pool::default();
    fill(&mut pool, [transfer(1, 1, 50_000), transfer(2, 0, 10_000), transfer(1, 0, 9_000)]);
    let picked = pool.pick(&limits(9), &State::default());
    assert_eq!(names(&picked), [(2, 0), (1, 0), (1, 1)]);
}

#[test]
fn nothing_behind_a_gap_is_picked_until_it_is_filled() {
    let mut pool = Pool::default();
    fill(&mut pool, [transfer(1, 0, 9_000), transfer(1, 2, 9_000)]);
    assert_eq!(names(&pool.pick(&limits(9), &State::default())), [(1, 0)]);
    fill(&mut pool, [transfer(1, 1, 9_000)]);
    assert_eq!(names(&pool.pick(&limits(9), &State::default())), [(1, 0), (1, 1), (1, 2)]);
}

#[test]
fn a_pick_goes_on_where_the_state_is_and_a_reorganisation_brings_all_back() {
    let mut pool = Pool::default();
    fill(&mut pool, (0..6).map(|nonce| transfer(1, nonce, 9_000)));
    let genesis = State::default();
    let mut head = genesis.clone();
    head.run(&pool.pick(&limits(4), &genesis));
    assert_eq!(names(&pool.pick(&limits(9), &head)), [(1, 4), (1, 5)]);
    assert_eq!(pool.pick(&limits(9), &genesis).len(), 6, "another branch starts over");
}

#[test]
fn a_signer_that_can_not_pay_the_fee_is_passed_over() {
    let mut pool = Pool::default();
    fill(&mut pool, [transfer(1, 0, 9_000), transfer(2, 0, 8_000)]);
    let poor = State::default().with(1, 8_999, 0);
    assert_eq!(names(&pool.pick(&limits(9), &poor)), [(2, 0)]);
}

#[test]
fn what_was_picked_before_counts_against_the_next_fee() {
    let mut pool = Pool::default();
    fill(&mut pool, [sending(1, 0, 9_000, 50_000), transfer(1, 1, 9_000)]);
    let state = State::default().with(1, 60_000, 0);
    assert_eq!(names(&pool.pick(&limits(9), &state)), [(1, 0)]);
}

#[test]
fn a_block_holds_no_more_calls_and_bytes_than_it_may() {
    let mut pool = Pool::default();
    fill(&mut pool, (0..20).map(|nonce| transfer(1, nonce, 9_000)));
    assert_eq!(pool.pick(&limits(7), &State::default()).len(), 7);
    let one = transfer(1, 0, 9_000).bytes();
    let tight = Limits { block_bytes: 3 * one + one / 2, ..limits(99) };
    assert_eq!(pool.pick(&tight, &State::default()).len(), 3);
}

#[test]
fn free_calls_come_first_within_bytes_of_their_own() {
    let mut pool = Pool::default();
    fill(&mut pool, [transfer(1, 0, 90_000)]);
    fill(&mut pool, (2..12).map(|n| weights(n, 1, 5)));
    let one = weights(2, 1, 5).bytes();
    let tight = Limits { free_bytes: 4 * (one + 64), ..limits(99) };
    let picked = pool.pick(&tight, &State::default());
    assert_eq!(names(&picked), [(2, 0), (3, 0), (4, 0), (5, 0), (1, 0)]);
}

#[test]
fn a_free_call_that_would_fail_now_is_not_picked() {
    let mut pool = Pool::default();
    fill(&mut pool, [weights(1, 1, 5), weights(2, 1, 5), unstake(3, 0, 9_000)]);
    let mut state = State::default();
    state.forbidden.extend([signer(1), signer(3)]);
    assert_eq!(names(&pool.pick(&limits(9), &state)), [(2, 0)]);
}

#[test]
fn what_would_be_too_late_is_not_picked() {
    let mut pool = Pool::default();
    fill(&mut pool, [until(1, 0, 5), until(2, 0, 6)]);
    pool.expire(Height(4));
    assert_eq!(pool.pick(&limits(9), &State::default()).len(), 2);
    pool.expire(Height(5));
    assert_eq!(names(&pool.pick(&limits(9), &State::default())), [(2, 0)]);
}
