//! Stake: pools, the way in and the way out.

use crate::world::{FEE, NET, STAKE, START, World, cold, hot, tao};
use proptest::prelude::*;
use weft_ledger::query;
use weft_ledger::rules::{Breach, CallError};
use weft_ledger::state::{Key, Read, Value};
use weft_types::call::ALL_STAKE;
use weft_types::{Call, Rao, Tx};

const LEAST: Rao = Rao(2_000_000);

fn add(world: &World, n: u16, behind: u16, amount: Rao) -> Tx {
    world.tx(n, Call::AddStake { hotkey: hot(behind), amount })
}

fn remove(world: &World, n: u16, behind: u16, amount: Rao) -> Tx {
    world.tx(n, Call::RemoveStake { hotkey: hot(behind), amount })
}

/// Raises a pool past the rules as dividends would.
fn raise(world: &mut World, behind: u16, by: u64) {
    world.fill_pool(behind, Rao(by));
}

#[test]
fn stake_that_was_added_counts_behind_the_hotkey_and_belongs_to_the_signer() {
    let mut world = World::new();
    let tx = add(&world, 4, 1, tao(50));
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(world.stake(1, 4), tao(50));
    assert_eq!(world.stake(1, 1), STAKE, "nobody else gains or loses");
    assert_eq!(world.free(4).0, START.0 - FEE.0 - tao(50).0);
    let pool = query::hotkey(&world.state, &hot(1)).unwrap();
    assert_eq!(pool.stake.0, STAKE.0 + tao(50).0);
}

#[test]
fn every_deposit_that_is_not_allowed_fails_by_name() {
    let fails = |world: &World, tx: Tx, want: CallError| {
        assert_eq!(world.clone().run(tx), Err(want));
    };
    let mut world = World::new();
    let hotkey = hot(40);
    let tx = add(&world, 4, 40, tao(1));
    fails(&world, tx, CallError::HotKeyAccountNotExists { hotkey });
    let amount = Rao(LEAST.0 - 1);
    let tx = add(&world, 4, 1, amount);
    fails(&world, tx, CallError::AmountTooLow { amount, least: LEAST });
    let (have, need) = (Rao(START.0 - FEE.0), START);
    let tx = add(&world, 4, 1, START);
    fails(&world, tx, CallError::NotEnoughBalance { have, need });
    let tx = add(&world, 4, 2, tao(1));
    fails(&world, tx, CallError::PoolTooSmall { value: Rao(0), least: LEAST });
    let tx = add(&world, 2, 2, tao(1));
    assert_eq!(world.run(tx), Ok(()), "its operator opens the pool");
    let tx = add(&world, 4, 2, tao(1));
    assert_eq!(world.run(tx), Ok(()));
    // A pool of one share that is worth ten million TAO.
    world.poke(Key::Hotkey(hot(1)), |value| match value {
        Value::Hotkey(pool) => (pool.value, pool.shares) = (tao(10_000_000), 1),
        _ => panic!("a hotkey stands under its key"),
    });
    let tx = add(&world, 4, 1, LEAST);
    let want = CallError::StakeTooSmallForShare { amount: LEAST };
    assert_eq!(dry(&world, &tx), Err(want));
    world.poke(Key::Hotkey(hot(1)), |value| match value {
        Value::Hotkey(pool) => (pool.value, pool.shares) = (tao(1), (1 << 112) - 1),
        _ => panic!("a hotkey stands under its key"),
    });
    assert_eq!(dry(&world, &tx), Err(CallError::PoolFull));
}

/// What a call answers on a state that no block can come to, so that it isn't audited.
fn dry(world: &World, tx: &Tx) -> Result<(), CallError> {
    use weft_ledger::rules::BlockInput;
    use weft_types::{Hash, Header, Height};
    let height = Height(world.height + 1);
    let header = Header { height, proposer: hot(0), ..world.genesis.header(Hash::ZERO) };
    let finality = world.genesis.finality();
    let work = BlockInput { header: &header, finality, items: vec![], txs: vec![tx.into()] };
    world.ledger.execute(&world.state, work).unwrap().receipts.txs.remove(0).result
}

#[test]
fn stake_that_is_removed_pays_its_own_fee_and_is_free_after_the_exit_blocks() {
    let mut world = World::new();
    world.forget_genesis();
    let tx = remove(&world, 1, 1, tao(30));
    assert_eq!(world.run(tx.clone()), Ok(()));
    assert_eq!(world.free(1), START, "the fee was taken from the stake");
    assert_eq!(world.free(0).0, START.0 + world.earned(&tx).0);
    assert_eq!(world.stake(1, 1).0, STAKE.0 - tao(30).0);
    assert_eq!(world.supply().unbonding.0, tao(30).0 - FEE.0);
    let exit = world.genesis.params.exit_blocks;
    world.run_to(exit);
    assert_eq!(world.free(1), START);
    world.run_to(exit + 1);
    assert_eq!(world.free(1).0, START.0 + tao(30).0 - FEE.0);
    assert_eq!(world.supply().unbonding, Rao(0));
}

#[test]
fn somebody_whose_every_coin_is_staked_can_leave() {
    let mut world = World::with(|genesis| genesis.accounts.retain(|a| a.key != cold(1)));
    world.forget_genesis();
    let tx = remove(&world, 1, 1, STAKE);
    let deposit = world.deposit();
    assert_eq!(world.run(tx), Ok(()));
    world.run_to(100);
    assert_eq!(world.free(1).0, STAKE.0 - FEE.0 - deposit.0);
}

#[test]
fn requests_of_one_block_and_of_two_wait_side_by_side() {
    let mut world = World::with(|genesis| genesis.params.exit_blocks = 4);
    world.forget_genesis();
    let put = add(&world, 0, 1, tao(50));
    world.block(&[put]);
    let txs = [remove(&world, 0, 1, tao(1)), remove(&world, 1, 1, tao(2))];
    world.block(&txs);
    let first = remove(&world, 1, 1, tao(3));
    world.run_to(3);
    let second = world.tx_later(1, 1, Call::RemoveStake { hotkey: hot(1), amount: tao(4) });
    world.block(&[first, second]);
    let waiting = |world: &World| world.supply().unbonding.0 + 4 * FEE.0;
    assert_eq!(waiting(&world), tao(10).0);
    world.run_to(6);
    assert_eq!(world.supply().unbonding.0 + 2 * FEE.0, tao(7).0, "those of block 2 are free");
    world.run_to(8);
    assert_eq!(world.supply().unbonding, Rao(0));
}

#[test]
fn r15_a_part_is_the_least_or_more_and_leaves_as_much_or_it_is_refused_by_name() {
    let mut world = World::new();
    let (all, least) = (STAKE.0, LEAST);
    for (amount, have) in [(LEAST.0 - 1, all), (all - FEE.0 - LEAST.0 + 1, all - FEE.0)] {
        let left = Rao(have - amount);
        let tx = remove(&world, 1, 1, Rao(amount));
        let why = CallError::PartTooSmall { amount: Rao(amount), left, least };
        assert_eq!(world.run(tx), Err(why));
        assert_eq!(world.stake(1, 1), Rao(have - FEE.0), "the fee alone");
    }
    let have = all - 2 * FEE.0;
    for (amount, left) in [(LEAST.0, have - LEAST.0), (have - 2 * LEAST.0, LEAST.0)] {
        let tx = remove(&world, 1, 1, Rao(amount));
        assert_eq!(world.run(tx), Ok(()));
        assert_eq!(world.stake(1, 1), Rao(left));
    }
    // What is left is all, by its number or by name.
    let tx = remove(&world, 1, 1, LEAST);
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(world.stake(1, 1), Rao(0));
    assert_eq!(world.supply().unbonding.0, all - 5 * FEE.0);
}

#[test]
fn r15_all_is_what_there_is_when_it_is_asked_for_alone_or_in_a_batch() {
    let mut world = World::new();
    raise(&mut world, 1, 12_345);
    let tx = remove(&world, 1, 1, ALL_STAKE);
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!((world.stake(1, 1), world.supply().unbonding.0), (Rao(0), STAKE.0 + 12_344 - FEE.0));
    let call = |amount| weft_types::BatchCall(Call::RemoveStake { hotkey: hot(0), amount });
    for calls in [vec![call(LEAST), call(LEAST)], vec![call(ALL_STAKE)]] {
        let tx = world.tx(0, Call::Batch { calls });
        assert_eq!(world.run(tx), Ok(()));
    }
    assert_eq!(world.stake(0, 0), Rao(0));
    let tx = world.tx(0, Call::Batch { calls: vec![call(ALL_STAKE)] });
    let error = Box::new(CallError::NotEnoughStake { have: Rao(0), need: LEAST });
    assert_eq!(world.run(tx), Err(CallError::BatchFailed { index: 0, error }));
}

#[test]
fn a_removal_of_too_much_or_less_than_its_fee_pays_the_fee_and_says_why() {
    let mut world = World::new();
    let need = Rao(STAKE.0 + 1);
    let tx = remove(&world, 1, 1, need);
    assert_eq!(world.run(tx), Err(CallError::NotEnoughStake { have: STAKE, need }));
    assert_eq!(world.stake(1, 1).0, STAKE.0 - FEE.0);
    let amount = Rao(FEE.0 - 1);
    let tx = remove(&world, 1, 1, amount);
    assert_eq!(world.run(tx), Err(CallError::FeeAboveAmount { amount, fee: FEE }));
    assert_eq!(world.stake(1, 1).0, STAKE.0 - 2 * FEE.0);
    assert_eq!(world.supply().unbonding, Rao(0));
}

/// A planted bug that this finds: a request that is refused left a position of one rao, which
/// stood for ever, as did its hotkey.
#[test]
fn r15_a_refused_request_leaves_the_least_stake_or_takes_all_with_it() {
    let mut world = World::new();
    world.forget_genesis();
    let put = add(&world, 4, 1, LEAST);
    world.block(&[put]);
    let before = world.supply();
    let tx =
        world.tx_paying(4, Rao(LEAST.0 - 1), Call::RemoveStake { hotkey: hot(1), amount: Rao(1) });
    let fee = tx.body.fee;
    assert_eq!(world.run(tx), Err(CallError::FeeAboveAmount { amount: Rao(1), fee }));
    assert_eq!(world.state.get(&Key::Position(hot(1), cold(4))), None);
    let after = world.supply();
    assert_eq!((after.unbonding.0 - before.unbonding.0, after.recycled.0), (1, fee.0));
    // With the least stake and the fee it stays.
    let put = add(&world, 4, 1, Rao(LEAST.0 + FEE.0));
    world.block(&[put]);
    let tx = remove(&world, 4, 1, Rao(LEAST.0 - 1));
    assert!(matches!(world.run(tx), Err(CallError::PartTooSmall { .. })));
    assert_eq!(world.stake(1, 4), LEAST);
}

/// A planted bug that this finds: the fee of a request was the proposer's at once, so a voter
/// that proposes took its stake out in front of a report.
#[test]
fn r15_no_stake_leaves_at_once_as_the_fee_of_its_own_removal() {
    let mut world = World::with(|genesis| genesis.params.base_fee = Rao(1_000));
    let fee = Rao(STAKE.0 - LEAST.0);
    let tx = world.tx_paying(0, fee, Call::RemoveStake { hotkey: hot(0), amount: ALL_STAKE });
    let (before, recycled) = (world.free(0), world.supply().recycled);
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(world.free(0).0 - before.0, 250, "a quarter of the least fee");
    assert_eq!(world.supply().recycled.0 - recycled.0, fee.0 - 250);
    assert_eq!(world.supply().unbonding, LEAST);
}

/// A planted bug that this finds: what was worth nothing could not be taken back, so it stood
/// for ever.
#[test]
fn what_an_offence_left_worthless_can_be_taken_back_in_a_batch_and_is_forgotten() {
    let mut world = World::new();
    world.forget_genesis();
    let put = add(&world, 4, 1, tao(5));
    world.block(&[put]);
    world.empty_pool(1);
    let alone = remove(&world, 4, 1, ALL_STAKE);
    let id = alone.body.id();
    assert_eq!(world.refused(alone), Breach::CannotPay { id, have: Rao(0), need: FEE });
    for n in [4, 1] {
        let call = Call::RemoveStake { hotkey: hot(1), amount: ALL_STAKE };
        let tx = world.tx(n, Call::Batch { calls: vec![weft_types::BatchCall(call)] });
        assert_eq!(world.run(tx.clone()), Ok(()));
        assert_eq!(world.state.get(&Key::Position(hot(1), cold(n))), None);
        let again = world.tx(n, tx.body.call);
        assert!(world.run(again).is_err(), "there is nothing left");
    }
}

#[test]
fn r15_a_block_holds_so_many_requests_that_two_blocks_of_them_fit_a_value() {
    let mut world = World::with(|genesis| {
        genesis.stakes.iter_mut().for_each(|s| s.stake = tao(100));
        genesis.params.min_stake = Rao(1);
    });
    let batch = |count| {
        let call = Call::RemoveStake { hotkey: hot(1), amount: Rao(1) };
        Call::Batch { calls: vec![weft_types::BatchCall(call); count] }
    };
    let full = CallError::ExitsFull { limit: 1 << 15 };
    let tx = world.tx(1, batch((1 << 15) + 1));
    let error = Box::new(full);
    assert_eq!(world.run(tx), Err(CallError::BatchFailed { index: 1 << 15, error }));
    let txs = [world.tx(1, batch(1 << 15)), remove(&world, 0, 0, ALL_STAKE)];
    assert_eq!(world.assemble(&txs).1, [0], "the other waits for the next block");
    let tx = remove(&world, 0, 0, ALL_STAKE);
    assert_eq!(world.run(tx), Ok(()));
    use weft_ledger::state::value::{Exit, Kept};
    let most = Exit {
        coldkey: cold(1),
        hotkey: hot(1),
        amount: Rao::MAX,
        kept: Kept { era: u32::MAX, part: u64::MAX },
    };
    let list = Value::Exits(vec![most; 1 << 16]);
    let bytes = weft_types::Canonical::to_bytes(&list).len();
    assert!(bytes <= (1 << 16) * 87 + 8, "{bytes}");
    const { assert!((1 << 16) * 87 + 8 < <Value as weft_types::Canonical>::MAX_BYTES / 2) };
}

/// A planted bug that this finds: where a fee could not be shared out, it had been taken.
#[test]
fn a_transaction_that_is_refused_for_the_totals_leaves_no_trace() {
    let mut world = World::with(|genesis| genesis.params.base_fee = Rao(1_000));
    // No state can come to this.
    world.poke(Key::Supply, |value| match value {
        Value::Supply(supply) => supply.free = Rao(0),
        _ => panic!("the totals stand under their key"),
    });
    let tx = world.transfer(4, 5, tao(1));
    let (with, without) = (world.draft(&[tx]), world.draft(&[]));
    assert!(with.1.is_empty() && with.0 == without.0);
}

/// A planted bug that this finds: counting the nonce before the stake was looked at left
/// the draft with another state than the block.
#[test]
fn a_removal_without_stake_for_its_fee_makes_a_block_invalid_and_leaves_no_trace_in_a_draft() {
    let mut world = World::new();
    for (n, behind) in [(4, 1), (1, 40), (2, 2)] {
        let tx = remove(&world, n, behind, tao(1));
        let (id, have) = (tx.body.id(), Rao(0));
        assert_eq!(world.refused(tx), Breach::CannotPay { id, have, need: FEE });
    }
    let txs = [remove(&world, 4, 1, tao(1)), world.transfer(4, 5, tao(1))];
    assert_eq!(world.assemble(&txs).1, [1], "the nonce is still to be used");
}

#[test]
fn raising_a_pool_before_anyone_else_is_in_does_not_cost_the_next_one_a_rao_more() {
    let mut world = World::new();
    let tx = add(&world, 2, 2, LEAST);
    assert_eq!(world.run(tx), Ok(()));
    // The operator keeps one share's worth and the pool earns a TAO.
    raise(&mut world, 2, tao(1).0);
    let amount = Rao(1_900_000_000);
    let tx = add(&world, 4, 2, amount);
    assert_eq!(world.run(tx), Ok(()));
    assert!(amount.0 - world.stake(2, 4).0 <= 1);
}

#[test]
fn delegators_share_what_a_pool_earns_by_their_parts() {
    let mut world = World::new();
    let tx = add(&world, 4, 1, STAKE);
    assert_eq!(world.run(tx), Ok(()));
    raise(&mut world, 1, tao(10).0);
    let half = STAKE.0 + tao(5).0;
    for n in [1, 4] {
        assert!(half - world.stake(1, n).0 <= 1, "{n}");
    }
}

#[test]
fn what_rounding_leaves_in_a_pool_when_the_last_one_goes_is_recycled() {
    let mut world = World::new();
    raise(&mut world, 1, tao(1_000_000).0);
    let (have, before) = (world.stake(1, 1), world.supply().recycled);
    let tx = remove(&world, 1, 1, have);
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(query::hotkey(&world.state, &hot(1)).unwrap().stake, Rao(0));
    let left = STAKE.0 + tao(1_000_000).0 - have.0;
    assert!(left > 0, "there was something to be left");
    assert_eq!(world.supply().recycled.0 - before.0, left + FEE.0);
}

#[test]
fn a_hotkey_with_stake_counts_on_every_subnet_it_is_in() {
    let world = World::new();
    let stake = query::neuron(&world.state, NET, weft_types::Uid(1)).unwrap().stake;
    assert_eq!(stake, STAKE);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// In and out again, in whatever company and after whatever raises: never a rao more
    /// than was put in plus one's part of what the pool earned.
    #[test]
    fn nobody_gains_by_going_in_and_out(
        amount in 2_000_000_u64..200_000_000_000,
        others in proptest::collection::vec(2_000_000_u64..90_000_000_000, 0..3),
        raised in 0_u64..1_000_000_000_000,
    ) {
        let mut world = World::new();
        raise(&mut world, 1, raised);
        for (n, other) in (2..).zip(&others) {
            let tx = add(&world, n, 1, Rao(*other));
            world.block(&[tx]);
        }
        let tx = add(&world, 5, 1, Rao(amount));
        prop_assert_eq!(world.run(tx), Ok(()));
        prop_assert!(world.stake(1, 5).0 <= amount);
        prop_assert!(amount - world.stake(1, 5).0 <= 1);
        let before: Vec<_> = (1..5).map(|n| world.stake(1, n)).collect();
        let tx = remove(&world, 5, 1, world.stake(1, 5));
        prop_assert_eq!(world.run(tx), Ok(()));
        prop_assert!(world.supply().unbonding.0 + FEE.0 <= amount);
        let after: Vec<_> = (1..5).map(|n| world.stake(1, n)).collect();
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(before <= after, "who stays never loses");
        }
    }
}
