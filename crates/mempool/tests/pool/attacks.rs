//! Attacks on the pool: none fills it, none fills a block with what can't run, none keeps
//! others out.

use crate::world::*;
use std::cell::Cell;
use weft_mempool::{Account, Accounts, Bounds, Inserted, Pool, PoolError};
use weft_types::{Call, CheckedTx, Height, Identity, Netuid, Nonce, PublicKey, Rao, TxBody};

fn identity(n: u8, nonce: u64, fee: u64, bytes: usize) -> CheckedTx {
    let identity = Identity { description: "x".repeat(bytes), ..Identity::default() };
    let call = Call::SetIdentity { netuid: Netuid(1), identity };
    checked(body(n, nonce, fee, call))
}

/// A state that allows what a function says, of signers with a coin each.
struct Says<F: Fn(&TxBody) -> bool>(F);

impl<F: Fn(&TxBody) -> bool> Accounts for Says<F> {
    fn account(&self, _: &PublicKey) -> Account {
        Account { free: Rao(1_000_000_000), nonce: Nonce(0) }
    }

    fn allows(&self, body: &TxBody) -> bool {
        (self.0)(body)
    }

    fn is_good(&self, _: &TxBody) -> bool {
        true
    }

    fn opening(&self, _: &PublicKey) -> Option<Rao> {
        Some(Rao::ZERO)
    }
}

#[test]
fn replacing_small_ones_by_large_ones_keeps_to_the_bounds_and_leaves_room_for_others() {
    // Behind a gap, so that nothing is ever paid.
    let bounds = Bounds::default();
    let mut pool = Pool::new(bounds);
    let state = (1..=90).fold(State::default(), |s, n| s.with(n, 600_000_000, 0));
    for n in 1..=90 {
        for nonce in 1..80 {
            drop(pool.insert(identity(n, nonce, 12_000, 600), &state));
        }
        for nonce in 1..80 {
            drop(pool.insert(identity(n, nonce, 560_000, 32_000), &state));
        }
    }
    let held = pool.counters().bytes;
    assert!(held <= bounds.bytes && held > bounds.bytes / 2, "{held} of {}", bounds.bytes);
    let state = state.with(200, 600_000_000, 0);
    assert_eq!(pool.insert(transfer(200, 0, 9_000), &state), Ok(Inserted::Added));
    assert_eq!(pool.insert(weights(201, 1, 5), &state), Ok(Inserted::Added));
}

#[test]
fn one_signer_holds_so_many_bytes_and_no_more() {
    let bounds = Bounds { signer_bytes: 91_000, ..Bounds::default() };
    let (mut pool, state) = (Pool::new(bounds), State::default().with(1, u64::MAX / 2, 0));
    for nonce in 0..3 {
        assert!(pool.insert(identity(1, nonce, 900_000, 30_000), &state).is_ok());
    }
    let (signer, limit) = (signer(1), 91_000);
    let full = Err(PoolError::SignerBytes { signer, limit });
    assert_eq!(pool.insert(identity(1, 3, 900_000, 30_000), &state), full);
    assert_eq!(pool.insert(identity(1, 0, 1_900_000, 32_000), &state), full, "nor by replacing");
    assert!(pool.insert(identity(1, 0, 1_900_000, 20_000), &state).is_ok());
}

#[test]
fn stake_that_pays_one_fee_is_taken_back_once_at_a_time() {
    let staked = Says(|body| Rao(2_000_000) >= body.fee);
    let mut pool = Pool::default();
    assert!(pool.insert(unstake(1, 0, 2_000_000), &staked).is_ok());
    let (signer, hotkey) = (signer(1), signer(9));
    let pending = Err(PoolError::RemovalPending { signer, hotkey });
    assert_eq!(pool.insert(unstake(1, 1, 2_000_000), &staked), pending);
    // A better one for the same nonce is no second one.
    let dearer = pool.insert(unstake(1, 0, 1_000_000), &staked);
    assert!(matches!(dearer, Err(PoolError::NonceTaken { .. })), "{dearer:?}");
}

#[test]
fn a_free_call_that_died_gives_its_place_to_the_signers_next_one() {
    let mut pool = Pool::default();
    assert!(pool.insert(weights(1, 1, 5), &State::default()).is_ok());
    // The row came by a share's door meanwhile: only a newer one is taken.
    let later = Says(|body| matches!(&body.call, Call::SetWeights { row } if row.values == [6]));
    let newer = pool.insert(weights(1, 1, 6), &later);
    assert!(matches!(newer, Ok(Inserted::Replaced(_))), "{newer:?}");
    let again = pool.insert(weights(1, 1, 7), &Says(|_| true));
    assert!(matches!(again, Err(PoolError::FreePending { .. })), "{again:?}");
}

#[test]
fn a_free_call_that_nobody_carries_can_be_sent_again_for_a_later_height_and_not_at_once() {
    let mut pool = Pool::default();
    assert!(pool.insert(offer(1, 10), &State::default()).is_ok());
    let soon = pool.insert(offer(1, 13), &State::default());
    assert!(matches!(soon, Err(PoolError::FreePending { .. })), "{soon:?}");
    let later = pool.insert(offer(1, 14), &State::default());
    assert!(matches!(later, Ok(Inserted::Replaced(_))), "{later:?}");
    let before = pool.insert(offer(1, 9), &State::default());
    assert!(matches!(before, Err(PoolError::FreePending { .. })), "{before:?}");
    assert_eq!(pool.len(), 1);
}

#[test]
fn dead_free_calls_make_room_and_live_ones_do_not() {
    for (alive, want) in [(true, false), (false, true)] {
        let mut pool = Pool::new(Bounds { free: 200, ..Bounds::default() });
        for n in 1..=200 {
            assert!(pool.insert(weights(n, 1, 5), &State::default()).is_ok());
        }
        let state = Says(|body| alive || body.signer == signer(201));
        let taken = pool.insert(weights(201, 1, 5), &state);
        assert_eq!(taken.is_ok(), want, "{taken:?}");
    }
}

#[test]
fn a_free_call_waits_no_longer_than_a_block_may_carry_it() {
    let bounds = Bounds { free_blocks: 10, ..Bounds::default() };
    let mut pool = Pool::new(bounds);
    assert!(pool.insert(weights(1, 1, 5), &State::default()).is_ok());
    pool.expire(Height(9));
    assert_eq!(pool.len(), 1);
    pool.expire(Height(10));
    assert_eq!(pool.len(), 0);
}

#[test]
fn a_pick_asks_the_state_no_more_often_than_the_block_has_room_and_gives_up_on_the_dead() {
    let asked = Cell::new(0);
    let mut pool = Pool::default();
    for n in 1..=250 {
        for net in 1..=40 {
            assert!(pool.insert(weights(n, net, 5), &State::default()).is_ok());
        }
    }
    let mut tight = limits(1_000);
    // With what is signed with each, 64 bytes.
    tight.free_bytes = 10 * (weights(1, 1, 5).bytes() + 64);
    let counting = |alive| {
        asked.set(0);
        let state = Says(|_| {
            asked.set(asked.get() + 1);
            alive
        });
        (pool.pick(&tight, &state).len(), asked.get())
    };
    assert_eq!(counting(true), (10, 10));
    let (picked, asked) = counting(false);
    assert!(picked == 0 && asked <= 1_024, "{asked}");
}
