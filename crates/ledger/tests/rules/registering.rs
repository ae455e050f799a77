//! Registration by burning: every check by name in its order, the price, and who goes.

use crate::world::{FEE, NET, START, World, cold, hot, tao};
use proptest::prelude::*;
use weft_ledger::query;
use weft_ledger::rules::CallError;
use weft_ledger::state::{Key, Read};
use weft_types::{Call, Height, Netuid, PublicKey, Rao, Uid};

fn price(world: &World) -> Rao {
    query::subnet(&world.state, NET).unwrap().burn
}

fn seat(world: &World, n: u16) -> Option<Uid> {
    query::uid(&world.state, NET, &hot(n))
}

/// A call of `register` with its parts changed.
fn changed(
    mut call: Call,
    change: impl FnOnce(&mut Netuid, &mut PublicKey, &mut Rao, &mut Height),
) -> Call {
    let Call::Register { netuid, hotkey, max_burn, consent_height, .. } = &mut call else {
        panic!("only registrations are changed")
    };
    change(netuid, hotkey, max_burn, consent_height);
    call
}

/// A subnet whose four uids are all there may be.
fn full() -> World {
    World::with_net(|net| net.hyperparameters.max_uids = 4)
}

#[test]
fn a_hotkey_that_consents_gets_the_next_uid_and_the_price_is_recycled() {
    let mut world = World::new();
    let (burn, before) = (price(&world), world.supply());
    let call = world.register(4);
    let tx = world.tx(4, call);
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(seat(&world, 4), Some(Uid(4)));
    assert_eq!(world.free(4).0, START.0 - FEE.0 - burn.0);
    let after = world.supply();
    assert_eq!(after.recycled, burn);
    assert_eq!(after.issued.0, before.issued.0 - burn.0 + tao(1).0, "one block was minted");
    let neuron = query::neuron(&world.state, NET, Uid(4)).unwrap();
    assert_eq!((neuron.coldkey, neuron.registered_at), (cold(4), Height(1)));
    assert!(!neuron.permit);
}

#[test]
fn every_registration_that_is_not_allowed_fails_by_name_and_changes_nothing_else() {
    let fails = |mut world: World, n: u16, call: Call, want: CallError| {
        let (free, recycled) = (world.free(n), world.supply().recycled);
        let tx = world.tx(n, call);
        assert_eq!(world.run(tx), Err(want));
        assert_eq!(world.free(n).0, free.0 - FEE.0);
        assert_eq!(world.supply().recycled, recycled);
    };
    let world = World::new();
    let call = || world.register(4);
    let root = changed(call(), |netuid, _, _, _| *netuid = Netuid(0));
    fails(world.clone(), 4, root, CallError::RegistrationNotPermittedOnRootSubnet);
    let netuid = Netuid(9);
    let absent = changed(call(), |net, _, _, _| *net = netuid);
    fails(world.clone(), 4, absent, CallError::SubnetNotExists { netuid });
    let closed = World::with_net(|net| net.hyperparameters.burn_registration = false);
    let there = closed.register(4);
    fails(closed, 4, there, CallError::RegistrationDisabled { netuid: NET });
    let again = world.register(1);
    let want = CallError::HotKeyAlreadyRegisteredInSubNet { netuid: NET, uid: Uid(1) };
    fails(world.clone(), 1, again, want);
    let (offered, price) = (Rao(price(&world).0 - 1), price(&world));
    let cheap = changed(call(), |_, _, max, _| *max = offered);
    fails(world.clone(), 4, cheap, CallError::PriceTooHigh { price, offered });
    let poor = World::with(|g| g.accounts.iter_mut().for_each(|a| a.free = Rao(tao(1).0 * 9 / 10)));
    let have = Rao(tao(1).0 * 9 / 10 - FEE.0);
    let there = poor.register(4);
    fails(poor, 4, there, CallError::NotEnoughBalance { have, need: price });
    let theirs = World::with_net(|net| net.neurons.truncate(3));
    let taken = changed(theirs.register(4), |_, hotkey, _, _| *hotkey = hot(3));
    fails(theirs, 4, taken, CallError::NonAssociatedColdKey { owner: cold(3) });
}

#[test]
fn a_consent_binds_coldkey_hotkey_subnet_height_and_chain() {
    type Change = fn(&mut weft_types::tx::Consent);
    let wrongs: [Change; 3] = [
        |said| said.coldkey = cold(5),
        |said| said.hotkey = hot(5),
        |said| said.netuid = Netuid(2),
    ];
    for wrong in wrongs {
        let mut world = World::new();
        let tx = world.tx(4, world.register_as(4, wrong));
        assert_eq!(world.run(tx), Err(CallError::BadConsent));
    }
    let mut world = World::new();
    world.run_to(3);
    let another = changed(world.register(4), |_, _, _, height| *height = Height(2));
    let tx = world.tx(4, another);
    assert_eq!(world.run(tx), Err(CallError::BadConsent), "signed for height 3");
    let other = World::with(|genesis| genesis.name = "another".to_owned());
    let tx = world.tx(4, other.register_as(4, |said| said.height = Height(3)));
    assert_eq!(world.run(tx), Err(CallError::BadConsent), "signed for another chain");
}

#[test]
fn a_consent_is_at_most_a_hundred_blocks_old_and_not_from_the_future() {
    let mut world = World::new();
    let old = world.register(4);
    world.run_to(100);
    let (named, height) = (Height(0), Height(101));
    let tx = world.tx(4, old.clone());
    assert_eq!(world.clone().run(tx), Err(CallError::StaleConsent { named, height }));
    let named = Height(102);
    let tx = world.tx(4, world.register_as(4, |said| said.height = named));
    assert_eq!(world.clone().run(tx), Err(CallError::StaleConsent { named, height }));
    let mut world = World::new();
    world.run_to(99);
    let tx = world.tx(4, old);
    assert_eq!(world.run(tx), Ok(()), "the hundredth block");
}

#[test]
fn nobody_takes_over_a_registration_seen_in_the_pool() {
    let mut world = World::new();
    let stolen = world.register(4);
    let thief = world.tx(5, stolen.clone());
    assert_eq!(world.run(thief), Err(CallError::BadConsent));
    let owner = world.tx(4, stolen);
    assert_eq!(world.run(owner), Ok(()));
}

#[test]
fn a_block_takes_as_many_registrations_as_it_may() {
    let mut world = World::with_net(|net| net.hyperparameters.max_registrations_per_block = 1);
    let txs: Vec<_> = [4, 5].map(|n| world.tx(n, world.register(n))).to_vec();
    let receipts = world.block(&txs);
    let limit = CallError::TooManyRegistrationsThisBlock { limit: 1 };
    assert_eq!(receipts.txs[0].result, Ok(()));
    assert_eq!(receipts.txs[1].result, Err(limit));
    let tx = world.tx(5, world.register(5));
    assert_eq!(world.run(tx), Ok(()), "the next block takes one more");
}

#[test]
fn the_price_rises_by_its_factor_at_each_registration_and_halves_in_its_half_life() {
    let mut world = World::new();
    let first = price(&world);
    assert!(first < tao(1) && first.0 > tao(1).0 * 98 / 100, "1 TAO less one block's decay");
    let txs: Vec<_> = [4, 5].map(|n| world.tx(n, world.register(n))).to_vec();
    let receipts = world.block(&txs);
    assert!(receipts.txs.iter().all(|tx| tx.result.is_ok()));
    let paid = first.0 + first.0 * 126 / 100;
    assert_eq!(world.supply().recycled, Rao(paid), "the second paid the raised price");
    let raised = first.0 * 126 / 100 * 126 / 100;
    // Reads name the price of the next block: 60 blocks after the registrations.
    world.run_to(60);
    assert_eq!(price(&world), Rao(raised / 2));
    world.run_to(2_000);
    assert_eq!(price(&world), Rao(500_000), "the least price");
}

#[test]
fn a_full_subnet_replaces_the_lowest_emission_then_the_oldest_then_the_lowest_uid() {
    let emissions = |world: &mut World, list: [u64; 4]| {
        world.run_to(6);
        for (uid, emission) in (0..4).zip(list) {
            world.poke_neuron(uid, |neuron| neuron.emission = Rao(emission));
        }
    };
    let goes = |mut world: World, uid: u16| {
        let tx = world.tx(4, world.register(4));
        assert_eq!(world.run(tx), Ok(()));
        assert_eq!(seat(&world, 4), Some(Uid(uid)));
        assert_eq!(query::metagraph(&world.state, NET).unwrap().len(), 4);
    };
    let mut world = full();
    emissions(&mut world, [0, 9, 7, 8]);
    goes(world.clone(), 2);
    emissions(&mut world, [0, 9, 9, 9]);
    goes(world.clone(), 1);
    world.poke_neuron(1, |neuron| neuron.registered_at = Height(1));
    goes(world, 2);
}

#[test]
fn voters_the_owners_uid_and_the_immune_stay() {
    let mut world = World::with_net(|net| {
        net.hyperparameters.max_uids = 4;
        net.owner = Some(cold(2));
    });
    world.run_to(20);
    // 0 votes, 2 is the owner's, 3 is immune; 1 earns most and has to go... to 3, because
    // of so few that are not immune none is taken.
    world.poke_neuron(1, |neuron| neuron.emission = Rao(100));
    world.poke_neuron(3, |neuron| neuron.registered_at = Height(18));
    let mut few = world.clone();
    let tx = few.tx(4, few.register(4));
    assert_eq!(few.run(tx), Ok(()));
    assert_eq!(seat(&few, 4), Some(Uid(3)), "under the floor one of the immune goes");
    world.poke_neuron(3, |neuron| neuron.registered_at = Height(0));
    let tx = world.tx(4, world.register(4));
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(seat(&world, 4), Some(Uid(3)));
    assert_eq!([0, 1, 2].map(|n| seat(&world, n)), [0, 1, 2].map(|n| Some(Uid(n))));
}

#[test]
fn an_immune_neuron_stays_while_more_than_ten_others_could_go() {
    let mut world = World::with(|genesis| {
        let net = &mut genesis.subnets[0];
        net.hyperparameters.max_uids = 15;
        for n in 20..31 {
            genesis.stakes.push(weft_types::genesis::GenesisStake {
                hotkey: hot(n),
                coldkey: cold(n),
                stake: Rao(0),
            });
            net.neurons.push(weft_types::genesis::GenesisNeuron {
                hotkey: hot(n),
                validator_permit: false,
            });
        }
    });
    world.run_to(20);
    (0..15).for_each(|uid| world.poke_neuron(uid, |neuron| neuron.emission = Rao(50)));
    world.poke_neuron(7, |neuron| {
        (neuron.registered_at, neuron.emission) = (Height(19), Rao(0));
    });
    let tx = world.tx(4, world.register(4));
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(seat(&world, 4), Some(Uid(1)), "uid 7 earns least but is immune, 0 votes");
}

#[test]
fn a_subnet_whose_neurons_are_all_protected_refuses_and_charges_nothing() {
    let mut world = World::with_net(|net| {
        net.hyperparameters.max_uids = 1;
        net.neurons.truncate(1);
    });
    world.run_to(20);
    let recycled = world.supply().recycled;
    let tx = world.tx(4, world.register(4));
    assert_eq!(world.run(tx), Err(CallError::NoNeuronIdAvailable { netuid: NET }));
    assert_eq!(world.supply().recycled, recycled);
}

#[test]
fn a_replaced_neuron_loses_seat_row_and_bonds_and_keeps_its_stake() {
    let mut world = full();
    world.set_weights(0, &[(2, 1), (3, 1)]);
    world.set_weights(1, &[(2, 1), (3, 3)]);
    world.run_to(10);
    let (row, bonds) = (Key::Row(NET, Uid(1)), Key::Bonds(NET, Uid(1)));
    assert!(world.state.get(&row).is_some() && world.state.get(&bonds).is_some());
    let stake = world.stake(1, 1);
    world.run_to(14);
    world.poke_neuron(1, |neuron| neuron.emission = Rao(0));
    let tx = world.tx(4, world.register(4));
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!((seat(&world, 1), seat(&world, 4)), (None, Some(Uid(1))));
    assert_eq!((world.state.get(&row), world.state.get(&bonds)), (None, None));
    assert_eq!(world.stake(1, 1), stake);
    let fresh = query::neuron(&world.state, NET, Uid(1)).unwrap();
    assert_eq!((fresh.emission, fresh.permit, fresh.last_update), (Rao(0), false, Height(15)));
}

#[test]
fn scores_meant_for_the_one_before_are_not_the_successors() {
    let mut world = full();
    world.run_to(1);
    world.set_weights(0, &[(2, 1), (3, 1)]);
    world.run_to(10);
    world.poke_neuron(2, |neuron| neuron.emission = Rao(0));
    world.poke_neuron(1, |neuron| neuron.emission = tao(1));
    let tx = world.tx(4, world.register(4));
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(seat(&world, 4), Some(Uid(2)));
    world.run_to(20);
    let incentive = |uid| query::neuron(&world.state, NET, Uid(uid)).unwrap().incentive;
    assert_eq!((incentive(2), incentive(3)), (0, 65_535));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However registrations come, no two hotkeys share a uid and no uid is beyond the
    /// limit; the audit after each block sees to the seats.
    #[test]
    fn uids_are_never_shared(order in proptest::collection::vec(0_u16..6, 1..12)) {
        let mut world = World::with_net(|net| net.hyperparameters.max_uids = 5);
        for n in order {
            let tx = world.tx(n, world.register(n));
            world.block(&[tx]);
            world.run_to(world.height + 2);
        }
        prop_assert!(query::metagraph(&world.state, NET).unwrap().len() <= 5);
    }
}
