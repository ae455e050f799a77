//! What leaves the pool, and when.

use crate::world::*;
use weft_mempool::{Bounds, Pool};
use weft_types::Height;
use weft_types::check::Known as _;

#[test]
fn a_final_block_drops_what_it_carried() {
    let mut pool = Pool::default();
    fill(&mut pool, (0..4).map(|nonce| transfer(1, nonce, 9_000)));
    fill(&mut pool, [weights(2, 1, 5), weights(3, 1, 5)]);
    let mut state = State::default();
    let picked = [pool.pick(&limits(3), &state), vec![]].concat();
    assert_eq!(names(&picked), [(2, 0), (3, 0), (1, 0)]);
    state.run(&picked);
    pool.on_final(&block(picked.clone()), &state);
    assert_eq!((pool.len(), pool.counters().finalized, pool.counters().free), (3, 3, 0));
    assert!(picked.iter().all(|tx| !pool.knows(tx.seal())));
}

#[test]
fn another_transaction_with_its_nonce_makes_one_useless() {
    let mut pool = Pool::default();
    fill(&mut pool, [transfer(1, 0, 9_000), transfer(1, 1, 9_000)]);
    let foreign = sending(1, 0, 9_000, 77);
    let mut state = State::default();
    state.run(std::slice::from_ref(&foreign));
    pool.on_final(&block(vec![foreign]), &state);
    assert_eq!(names(&pool.pick(&limits(9), &state)), [(1, 1)]);
    assert_eq!(pool.len(), 1);
}

#[test]
fn nothing_waits_for_ever() {
    let mut pool = Pool::new(Bounds { lifetime_blocks: 10, ..Bounds::default() });
    fill(&mut pool, [transfer(1, 5, 9_000), weights(2, 1, 5), until(3, 0, 4)]);
    pool.expire(Height(4));
    assert_eq!(pool.len(), 2);
    pool.expire(Height(9));
    assert_eq!(pool.len(), 2);
    pool.expire(Height(10));
    assert_eq!((pool.len(), pool.counters().expired), (0, 3));
    let empty = pool.counters();
    assert_eq!((empty.bytes, empty.free, empty.signers), (0, 0, 0));
}
