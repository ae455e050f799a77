//! Who gives way when the pool is full (R19).

use crate::world::*;
use weft_mempool::{Bounds, Inserted, Pool, PoolError};

fn room_for(txs: usize) -> Pool {
    Pool::new(Bounds { txs, ..Bounds::default() })
}

#[test]
fn the_fullest_signer_gives_way_first_and_loses_its_last() {
    let mut pool = room_for(6);
    fill(&mut pool, (0..5).map(|nonce| transfer(1, nonce, 90_000)));
    fill(&mut pool, [transfer(2, 0, 9_000)]);
    assert_eq!(insert(&mut pool, transfer(3, 0, 4_000)), Ok(Inserted::Added));
    let left = names(&pool.pick(&limits(9), &State::default()));
    assert_eq!(left, [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (3, 0)]);
    assert_eq!(pool.counters().evicted, 1);
}

#[test]
fn the_fullest_signer_can_not_push_out_others() {
    let mut pool = room_for(6);
    fill(&mut pool, (0..5).map(|nonce| transfer(1, nonce, 9_000)));
    fill(&mut pool, [transfer(2, 0, 4_000)]);
    assert_eq!(insert(&mut pool, transfer(1, 5, 90_000)), Err(PoolError::Full));
}

#[test]
fn among_equals_the_one_that_pays_least_a_byte_gives_way() {
    let mut pool = room_for(3);
    fill(&mut pool, [transfer(1, 0, 9_000), transfer(2, 0, 7_000), transfer(3, 0, 8_000)]);
    assert_eq!(insert(&mut pool, transfer(4, 0, 7_000)), Err(PoolError::Full));
    assert_eq!(insert(&mut pool, transfer(4, 0, 7_500)), Ok(Inserted::Added));
    let left = names(&pool.pick(&limits(9), &State::default()));
    assert_eq!(left, [(1, 0), (3, 0), (4, 0)]);
}

#[test]
fn bytes_are_bounded_too() {
    let one = u64::from(transfer(1, 0, 9_000).bytes());
    let mut pool = Pool::new(Bounds { bytes: 3 * one, ..Bounds::default() });
    fill(&mut pool, (1..4).map(|n| transfer(n, 0, 9_000)));
    assert_eq!(insert(&mut pool, transfer(4, 0, 9_000)), Err(PoolError::Full));
    assert_eq!(insert(&mut pool, transfer(4, 0, 9_900)), Ok(Inserted::Added));
    assert_eq!(pool.counters().bytes, 3 * one);
}

#[test]
fn one_signer_has_a_bound_of_its_own() {
    let mut pool = Pool::new(Bounds { per_signer: 2, ..Bounds::default() });
    fill(&mut pool, [transfer(1, 0, 9_000), weights(1, 1, 5)]);
    let refused = insert(&mut pool, transfer(1, 1, 9_000));
    assert_eq!(refused, Err(PoolError::SignerFull { signer: signer(1), limit: 2 }));
}

#[test]
fn free_calls_have_a_room_of_their_own_that_paying_ones_can_not_fill() {
    let mut pool = Pool::new(Bounds { txs: 4, free: 2, ..Bounds::default() });
    fill(&mut pool, (1..5).map(|n| transfer(n, 0, 90_000)));
    fill(&mut pool, [weights(5, 1, 5), weights(6, 1, 5)]);
    let refused = insert(&mut pool, weights(7, 1, 5));
    assert_eq!(refused, Err(PoolError::FreeFull { limit: 2 }));
    assert_eq!((pool.len(), pool.counters().free), (4, 2));
    assert_eq!(insert(&mut pool, transfer(7, 0, 1_000_000)), Ok(Inserted::Added));
    assert_eq!(pool.counters().free, 2, "nor are they pushed out");
}
