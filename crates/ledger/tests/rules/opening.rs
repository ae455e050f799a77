//! A3: a place in the state is paid for, fees are recycled in part, and what nothing stands
//! behind is forgotten.

use crate::world::{FEE, NET, STAKE, START, World, cold, hot, tao};
use weft_ledger::query;
use weft_ledger::rules::{Breach, CallError};
use weft_ledger::state::{Key, Value};
use weft_types::{Call, Genesis, Network, Params, Rao, Tx};

/// The small chain with the fees of the local preset.
fn priced(change: impl FnOnce(&mut Genesis)) -> World {
    World::with(|genesis| {
        let preset = Params::preset(Network::Local);
        (genesis.params.base_fee, genesis.params.byte_fee) = (preset.base_fee, preset.byte_fee);
        change(genesis);
    })
}

/// A transfer that says nothing of opening.
fn plain(world: &World, from: u16, to: u16, amount: Rao) -> Tx {
    world.tx(from, Call::Transfer { to: cold(to), amount, open: false })
}

fn is_open(world: &World, n: u16) -> bool {
    query::has_account(&world.state, &cold(n))
}

fn remove(world: &World, n: u16, amount: Rao) -> Tx {
    world.tx(n, Call::RemoveStake { hotkey: hot(n), amount })
}

/// A chain of which coldkey `n` has no account, and a place costs a thousand rao or more.
fn without(n: u16) -> World {
    priced(|genesis| {
        genesis.params.account_deposit = Rao(1_000);
        genesis.accounts.retain(|a| a.key != cold(n));
    })
}

#[test]
fn a_transfer_to_somebody_without_an_account_must_say_so_and_pays_the_deposit_on_top() {
    let mut world = without(9);
    let deposit = world.deposit();
    let tx = plain(&world, 1, 9, tao(1));
    let error = CallError::AccountNotOpen { to: cold(9), deposit };
    assert_eq!(world.run(tx), Err(error));
    assert!(!is_open(&world, 9));
    let before = (world.free(1), world.supply());
    let tx = world.transfer(1, 9, Rao(1));
    let burned = FEE.0 - world.earned(&tx).0;
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(world.free(9), Rao(1), "a single rao opens it, for the deposit is paid");
    assert_eq!(world.free(1).0, before.0.0 - FEE.0 - 1 - deposit.0);
    assert_eq!(world.supply().recycled.0, before.1.recycled.0 + deposit.0 + burned);
}

#[test]
fn saying_open_where_there_is_an_account_costs_nothing() {
    let mut world = priced(|_| ());
    let before = (world.free(1), world.free(2));
    let tx = world.transfer(1, 2, tao(1));
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(world.free(1).0, before.0.0 - FEE.0 - tao(1).0);
    assert_eq!(world.free(2).0, before.1.0 + tao(1).0);
    let tx = world.transfer(1, 1, tao(1));
    assert_eq!(world.run(tx), Ok(()), "nor to oneself");
}

#[test]
fn a_sender_must_have_the_deposit_beside_the_amount() {
    let mut world = without(9);
    let deposit = world.deposit();
    let have = Rao(START.0 - FEE.0);
    let tx = world.transfer(1, 9, Rao(have.0 - deposit.0 + 1));
    let need = Rao(have.0 + 1);
    assert_eq!(world.run(tx), Err(CallError::NotEnoughBalance { have, need }));
    let deposit = world.deposit();
    let tx = world.transfer(1, 9, Rao(have.0 - FEE.0 - deposit.0));
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(world.free(1), Rao(0));
}

#[test]
fn one_price_holds_for_a_whole_block_and_the_next_one_is_dearer() {
    let mut world = priced(|genesis| {
        (genesis.params.account_deposit, genesis.params.state_values) = (Rao(1_000_000), 200);
    });
    let first = world.deposit();
    let txs: Vec<_> = (1..4).map(|n| world.transfer(n, 20 + n, tao(1))).collect();
    world.block(&txs);
    for n in 1..4 {
        assert_eq!(world.free(n).0, START.0 - FEE.0 - tao(1).0 - first.0);
    }
    let held = world.state.0.len() as u128;
    let left = 200 - held;
    assert_eq!(u128::from(world.deposit().0), (1_000_000_u128 * 200 * 200).div_ceil(left * left));
    assert!(world.deposit() > first);
}

#[test]
fn a_full_state_opens_no_account_by_name_and_serves_those_that_are_open() {
    let mut world = priced(|genesis| {
        genesis.params.state_values = 10;
        genesis.accounts.retain(|a| a.key != cold(1));
    });
    let held = |world: &World| world.state.0.len() as u64;
    let full = |world: &World| CallError::StateFull { held: held(world), capacity: 10 };
    let fullness = query::fullness(&world.state, &world.genesis.params);
    assert_eq!((fullness.values, fullness.account_deposit), (held(&world), None));
    let (tx, error) = (world.transfer(2, 9, tao(1)), full(&world));
    assert_eq!(world.run(tx), Err(error));
    let tx = plain(&world, 2, 3, tao(1));
    assert_eq!(world.run(tx), Ok(()));
    let tx = remove(&world, 1, tao(1));
    let (id, error) = (tx.body.id(), full(&world));
    assert_eq!(world.refused(tx), Breach::CannotOpen { id, error });
}

#[test]
fn stake_that_is_asked_back_pays_for_the_account_that_counts_its_nonce() {
    let mut world = without(1);
    let deposit = world.deposit();
    let recycled = world.supply().recycled;
    let tx = remove(&world, 1, tao(30));
    let burned = FEE.0 - world.earned(&tx).0;
    assert_eq!(world.run(tx), Ok(()));
    assert!(is_open(&world, 1));
    assert_eq!(world.supply().unbonding.0, tao(30).0 - FEE.0 - deposit.0);
    assert_eq!(world.supply().recycled.0, recycled.0 + deposit.0 + burned);
    let tx = remove(&world, 1, tao(30));
    assert_eq!(world.run(tx), Ok(()));
    let both = 2 * (tao(30).0 - FEE.0) - deposit.0;
    assert_eq!(world.supply().unbonding.0, both, "once");
    // Stake of genesis waits for the unbonding time before the first rotation.
    let wait = world.genesis.params.unbonding_blocks;
    world.run_to(world.height + wait + 1);
    assert_eq!(world.free(1).0, both);
}

#[test]
fn a_request_that_fails_pays_for_the_account_too_and_too_little_stake_can_not_ask() {
    let mut world = without(1);
    let deposit = world.deposit();
    let tx = remove(&world, 1, Rao(STAKE.0 + 1));
    let error = CallError::NotEnoughStake { have: STAKE, need: Rao(STAKE.0 + 1) };
    assert_eq!(world.run(tx), Err(error));
    assert!(is_open(&world, 1));
    assert_eq!(world.stake(1, 1).0, STAKE.0 - FEE.0 - deposit.0);

    let mut world = without(1);
    let fee = Rao(FEE.0 + world.deposit().0);
    let tx = remove(&world, 1, Rao(fee.0 - 1));
    assert_eq!(world.run(tx), Err(CallError::FeeAboveAmount { amount: Rao(fee.0 - 1), fee }));

    let mut poor = priced(|genesis| {
        genesis.params.account_deposit = STAKE;
        genesis.accounts.retain(|a| a.key != cold(1));
    });
    let tx = remove(&poor, 1, tao(1));
    let (id, need) = (tx.body.id(), Rao(FEE.0 + poor.deposit().0));
    assert_eq!(poor.refused(tx), Breach::CannotPay { id, have: STAKE, need });
}

#[test]
fn who_pays_nothing_for_a_transaction_opens_no_account_with_it() {
    let mut world = priced(|genesis| {
        (genesis.params.base_fee, genesis.params.byte_fee) = (Rao(0), Rao(0));
    });
    let mut tx = world.tx(9, Call::LeaveVoters { hotkey: hot(9) });
    tx.body.fee = Rao(0);
    let (id, zero) = (tx.body.id(), Rao(0));
    assert_eq!(world.refused(tx), Breach::CannotPay { id, have: zero, need: zero });
}

#[test]
fn fees_open_the_proposers_account_or_are_recycled() {
    let mut world = without(0);
    let deposit = world.deposit();
    let pay = |world: &World, earned: u64| {
        let mut tx = world.transfer(1, 2, tao(1));
        tx.body.fee = Rao(100_000);
        tx.body.fee = Rao(100_000 - world.earned(&tx).0 + earned);
        assert_eq!(world.earned(&tx).0, earned);
        tx
    };
    let tx = pay(&world, deposit.0);
    let fee = tx.body.fee;
    assert_eq!(world.run(tx), Ok(()));
    assert!(!is_open(&world, 0), "nothing would be left in it");
    assert_eq!(world.supply().recycled, fee);
    let tx = pay(&world, world.deposit().0 + 7);
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(world.free(0), Rao(7));
}

#[test]
fn of_the_least_fee_a_quarter_is_the_proposers_and_of_what_is_above_all() {
    let mut world = priced(|_| ());
    for more in [0, 1, 2, 3, 9_999] {
        let before = (world.free(0), world.supply());
        let mut tx = world.transfer(1, 2, tao(1));
        let least = world.genesis.params.min_fee(weft_ledger::rules::Offer::from(&tx).bytes, 1);
        tx.body.fee = Rao(least.0 + more);
        assert_eq!(world.run(tx), Ok(()));
        let after = world.supply();
        assert_eq!(world.free(0).0 - before.0.0, least.0 / 4 + more);
        assert_eq!(after.recycled.0 - before.1.recycled.0, least.0 - least.0 / 4);
        let emission = query::supply(&world.state).unwrap().block_emission.0;
        assert_eq!(before.1.issued.0 + emission - after.issued.0, least.0 - least.0 / 4);
    }
}

#[test]
fn who_fills_its_own_blocks_pays_three_quarters_of_the_least_fee_for_it() {
    let mut world = priced(|_| ());
    let before = world.free(0).0;
    let tx = world.transfer(0, 1, Rao(1));
    let earned = world.earned(&tx);
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(before - world.free(0).0 - 1, FEE.0 - earned.0);
    assert!(FEE.0 - earned.0 > 0);
}

#[test]
fn a_hotkey_that_loses_its_seat_and_has_nothing_behind_it_is_forgotten() {
    let mut world = World::with_net(|net| net.hyperparameters.max_uids = 4);
    world.run_to(20);
    // The neuron that earned least goes: miner 2 or 3, whom nothing is behind.
    let tx = world.tx(5, world.register(5));
    assert_eq!(world.run(tx), Ok(()));
    let gone: Vec<_> = (2..4).filter(|n| query::hotkey(&world.state, &hot(*n)).is_none()).collect();
    assert_eq!(gone.len(), 1, "one of the two: {gone:?}");
    assert!(!world.state.0.contains_key(&Key::Seat(NET, hot(gone[0]))));
}

#[test]
fn a_hotkey_whose_last_stake_leaves_is_forgotten_unless_it_sits_votes_or_offended() {
    let mut world = priced(|_| ());
    let put = world.tx(4, Call::AddStake { hotkey: hot(1), amount: tao(5) });
    assert_eq!(world.run(put), Ok(()));
    // Validator 1 sits: it stays without stake.
    for n in [4, 1] {
        let amount = world.stake(1, n);
        let tx = world.tx(n, Call::RemoveStake { hotkey: hot(1), amount });
        assert_eq!(world.run(tx), Ok(()));
    }
    assert!(query::hotkey(&world.state, &hot(1)).is_some(), "it has a seat");
    let mut idle = priced(|genesis| {
        genesis.subnets[0].neurons.retain(|x| x.hotkey != hot(0) && x.hotkey != hot(1));
    });
    let mut guilty = idle.clone();
    guilty.state.0.insert(Key::Offender(hot(1)), Value::Offender(Default::default()));
    for (world, kept) in [(&mut idle, false), (&mut guilty, true)] {
        let tx = remove(world, 1, STAKE);
        assert_eq!(world.run(tx), Ok(()));
        assert_eq!(query::hotkey(&world.state, &hot(1)).is_some(), kept);
    }
    let tx = remove(&idle, 0, STAKE);
    assert_eq!(idle.run(tx), Ok(()));
    assert!(query::hotkey(&idle.state, &hot(0)).is_some(), "it votes");
}
