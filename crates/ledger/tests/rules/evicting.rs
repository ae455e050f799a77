//! Eviction: who goes when every slot is taken, what its owner gets back, and that
//! nothing of it is left for the next one of its number.

use crate::market::{hidden, says, sets};
use crate::world::{FEE, NET, World, cold, hot, tao};
use weft_ledger::query::market;
use weft_ledger::rules::{CallError, Event};
use weft_ledger::state::value::{Portion, Root};
use weft_ledger::state::{Key, Value};
use weft_types::params::SlotStep;
use weft_types::{Call, Height, Identity, Netuid, Parameter, Rao};

/// Three slots, subnets 2 and 3 of coldkeys 2 and 3, all past immunity; 1 earns most.
fn full() -> World {
    let mut world = World::with(|genesis| {
        let params = &mut genesis.params;
        params.subnet_slots = vec![SlotStep { from: Height(0), slots: 3 }];
        (params.subnet_immunity, params.lock_minimum) = (20, tao(10));
        params.root_tempo = 10_000;
        params.subnet_defaults.min_stamp_difficulty = 16;
        params.subnet_defaults.tempo = 1_000;
    });
    for n in [2, 3] {
        world.does(n, world.create(n));
    }
    world.run_to(40);
    averages(&mut world, [900, 500, 700]);
    world
}

fn averages(world: &mut World, list: [u64; 3]) {
    for (netuid, average) in (1..).zip(list) {
        world.poke_subnet(Netuid(netuid), |net| net.share_average = average);
    }
}

/// Who goes when coldkey 4 creates one.
fn goes(world: &World) -> Option<u16> {
    let mut world = world.clone();
    let announced = market::eviction(&world.state, world.ledger.params());
    let tx = world.tx(4, world.create(4));
    let receipt = world.block(&[tx]).txs.remove(0);
    let gone = receipt.events.iter().find_map(|event| match event {
        Event::SubnetEvicted { netuid, .. } => Some(*netuid),
        _ => None,
    });
    assert_eq!(announced.netuid, gone, "who goes was announced");
    assert_eq!(gone.is_none(), receipt.result.is_err());
    gone.map(|netuid| netuid.0)
}

/// A planted bug that this finds: the immune are not left out.
#[test]
fn the_lowest_average_past_immunity_goes_and_of_equals_the_earliest_created() {
    let world = full();
    let with = |list| {
        let mut world = world.clone();
        averages(&mut world, list);
        world
    };
    assert_eq!(goes(&with([900, 500, 700])), Some(2));
    assert_eq!(goes(&with([900, 700, 500])), Some(3));
    assert_eq!(goes(&with([400, 700, 500])), Some(1));
    assert_eq!(goes(&with([900, 500, 500])), Some(2), "created first");
    assert_eq!(goes(&with([500, 500, 500])), Some(1));
    let mut later = with([900, 500, 500]);
    later.poke_subnet(Netuid(2), |net| net.registered_at = Height(5));
    assert_eq!(goes(&later), Some(3));
    let mut immune = with([900, 100, 500]);
    immune.poke_subnet(Netuid(2), |net| net.registered_at = Height(22));
    assert_eq!(goes(&immune), Some(3), "lower, but immune");
    immune.run_to(41);
    assert_eq!(goes(&immune), Some(2), "its immunity is over after 20 blocks");
}

#[test]
fn when_all_are_immune_nothing_happens_but_the_fee() {
    let mut world = full();
    for netuid in 1..=3 {
        world.poke_subnet(Netuid(netuid), |net| net.registered_at = Height(30));
    }
    assert_eq!(goes(&world), None);
    world.wont_pay(4, world.create(4), &CallError::SubnetLimitReached { limit: 3 });
}

/// A planted bug that this finds: a slot is made free before the lock is looked at.
#[test]
fn nobody_is_evicted_for_who_can_not_pay_or_may_not() {
    let mut world = full();
    let spend = world.transfer(4, 5, Rao(world.free(4).0 - tao(1).0 - FEE.0));
    assert_eq!(world.run(spend), Ok(()));
    let (have, need) = (Rao(tao(1).0 - FEE.0), tao(10));
    let mut at = world.clone();
    at.run_to(1_300);
    at.wont_pay(4, at.create(4), &CallError::NotEnoughBalance { have, need });
    let mut stale = at.create(5);
    let Call::RegisterSubnet { consent_height, .. } = &mut stale else { panic!() };
    *consent_height = Height(10);
    let (named, height) = (Height(10), Height(1_301));
    at.wont_pay(5, stale, &CallError::StaleConsent { named, height });
    at.wont_pay(5, at.create(30), &CallError::BadConsent);
}

#[test]
fn three_quarters_of_the_lock_go_back_and_the_rest_is_recycled_with_what_was_pending() {
    let mut world = full();
    world.does(2, Call::StartSubnet { netuid: Netuid(2) });
    world.poke_subnet(Netuid(2), |net| net.share_average = 1);
    world.run_to(44);
    let (lock, pending) = {
        let net = world.net(Netuid(2)).unwrap();
        (net.locked, net.pending)
    };
    assert!(pending > Rao(0));
    let (before, free) = (world.supply(), world.free(2));
    let cost = market::subnet_cost(&world.state, world.ledger.params()).cost;
    let receipts = world.does(4, world.create(4));
    let refund = Rao(lock.0 - lock.0 / 4);
    let recycled = Rao(lock.0 / 4 + pending.0);
    let (netuid, owner) = (Netuid(2), Some(cold(2)));
    let told = Event::SubnetEvicted { netuid, owner, refund, recycled };
    assert_eq!(receipts.txs[0].events[0], told);
    assert_eq!(world.free(2).0, free.0 + refund.0);
    let after = world.supply();
    assert_eq!(after.recycled.0, before.recycled.0 + recycled.0);
    assert_eq!(after.issued.0, before.issued.0 + tao(1).0 - recycled.0);
    assert_eq!(after.locked.0, before.locked.0 - lock.0 + cost.0);
}

#[test]
fn an_owner_may_pay_a_new_subnet_with_free_coins_only_not_with_the_refund() {
    let mut world = full();
    let cost = market::subnet_cost(&world.state, world.ledger.params()).cost;
    let keep = world.transfer(2, 5, Rao(world.free(2).0 - 3 * FEE.0));
    assert_eq!(world.run(keep), Ok(()));
    world.run_to(1_300);
    assert!(cost > tao(10));
    let (have, need) = (Rao(FEE.0), tao(10));
    world.wont_pay(2, world.create(2), &CallError::NotEnoughBalance { have, need });
}

/// Every key of the state that belongs to a subnet.
fn belongings(world: &World, of: Netuid) -> Vec<Key> {
    let is_its = |key: &&Key| match key {
        Key::Subnet(n) | Key::Stamps(n) | Key::Identity(n) | Key::Settings(n) => *n == of,
        Key::Neuron(n, _) | Key::Row(n, _) | Key::Bonds(n, _) => *n == of,
        Key::Axon(n, _) | Key::Commits(n, _) | Key::Seat(n, _) => *n == of,
        _ => false,
    };
    world.state.0.keys().filter(is_its).copied().collect()
}

/// A subnet that has everything a subnet can have.
fn furnished() -> World {
    let mut world = full();
    let netuid = Netuid(2);
    world.does(2, says(netuid, Identity { name: "two".to_owned(), ..Identity::default() }));
    world.does(2, sets(netuid, Parameter::ImmunityPeriod, 7));
    for n in [0, 1] {
        let said = world.consent(n, netuid);
        let consent = world.signed(n, &said);
        let (hotkey, max_burn, consent_height) = (hot(n), Rao::MAX, said.height);
        world.does(n, Call::Register { netuid, hotkey, max_burn, consent, consent_height });
    }
    let stamp = world.stamp_of(30, world.subject(world.consent(30, netuid)), 16);
    world.does_free(&stamp);
    let (at, endpoint) = (Height(world.height), "/ip4/8.8.8.8/tcp/1".parse().unwrap());
    world.does_free(&world.free_call(0, Call::ServeAxon { netuid, endpoint, at }));
    let mut promise = hidden(&[(3, 1)], 1);
    promise.netuid = netuid;
    world.does_free(&world.commit(2, &promise));
    let row = vec![(weft_types::Uid(3), 65_535)];
    let uid = weft_types::Uid(1);
    world.state.0.insert(Key::Row(netuid, uid), Value::Row(row.clone()));
    world.state.0.insert(Key::Bonds(netuid, uid), Value::Bonds(row));
    averages(&mut world, [900, 1, 700]);
    world
}

#[test]
fn nothing_of_an_evicted_subnet_is_left_for_the_next_of_its_number() {
    let mut world = furnished();
    let kinds = |world: &World| belongings(world, Netuid(2)).len();
    // Subnet, stamps, identity, settings; four neurons and seats; row, bonds, axon, commits.
    assert_eq!(kinds(&world), 4 + 8 + 4);
    let others: Vec<Key> = [1, 3].map(|n| belongings(&world, Netuid(n))).concat();
    let stakes = [0, 1].map(|n| world.stake(n, n));
    world.does(4, world.create(4));
    let left = belongings(&world, Netuid(2));
    assert_eq!(left.len(), 3, "a subnet, a neuron and its seat: {left:?}");
    let net = world.net(Netuid(2)).unwrap();
    assert_eq!((net.owner, net.neurons, net.epochs), (Some(cold(4)), 1, 0));
    assert_eq!((net.pending, net.share_average, net.started), (Rao(0), 0, false));
    assert_eq!(net.hyperparameters, world.genesis.params.subnet_defaults);
    assert_eq!([1, 3].map(|n| belongings(&world, Netuid(n))).concat(), others);
    assert_eq!([0, 1].map(|n| world.stake(n, n)), stakes, "stake is nobody's subnet's");
    // What was set and said of the old one does not bind the new one.
    world.does(4, sets(Netuid(2), Parameter::ImmunityPeriod, 9));
}

#[test]
fn the_share_of_an_evicted_subnet_is_not_the_next_ones() {
    let mut world = full();
    let share = |netuid, weight| Portion { netuid: Netuid(netuid), weight };
    let shares = vec![share(1, 100), share(2, 1 << 31)];
    let root = Root { last_epoch: Height(0), shares };
    world.state.0.insert(Key::Root, Value::Root(root));
    world.does(4, world.create(4));
    assert_eq!(world.net(Netuid(2)).unwrap().owner, Some(cold(4)));
    world.does(4, Call::StartSubnet { netuid: Netuid(2) });
    world.run_to(world.height + 5);
    assert_eq!(world.net(Netuid(2)).unwrap().pending, Rao(0), "nobody has scored it");
}

#[test]
fn the_first_subnet_stays_while_the_bootstrap_lasts() {
    let mut world = World::with(|genesis| {
        let params = &mut genesis.params;
        params.subnet_slots = vec![SlotStep { from: Height(0), slots: 1 }];
        (params.subnet_immunity, params.bootstrap_stake) = (2, tao(100));
    });
    world.run_to(5);
    world.wont_pay(4, world.create(4), &CallError::SubnetLimitReached { limit: 1 });
    assert_eq!(goes(&world), None);
    world.poke(Key::Bootstrap, |value| match value {
        Value::Bootstrap(record) => record.left = Rao(1),
        _ => panic!("the bootstrap stands under its key"),
    });
    assert_eq!(goes(&world), None, "to the last rao");
    world.poke(Key::Bootstrap, |value| match value {
        Value::Bootstrap(record) => record.left = Rao(0),
        _ => panic!("the bootstrap stands under its key"),
    });
    assert_eq!(goes(&world), Some(1));
    world.does(4, world.create(4));
    assert_eq!(world.net(NET).unwrap().owner, Some(cold(4)));
    assert_eq!((world.seat(NET, 0), world.seat(NET, 4)), (None, Some(0)));
    world.run_to(100);
}

#[test]
fn an_epoch_that_was_due_for_the_evicted_subnet_runs_for_nobody() {
    let mut world = full();
    world.does(2, Call::StartSubnet { netuid: Netuid(2) });
    world.poke_subnet(Netuid(2), |net| {
        (net.share_average, net.last_epoch, net.hyperparameters.tempo) = (1, Height(0), 42);
    });
    let tx = world.tx(4, world.create(4));
    let receipts = world.block(&[tx]);
    assert_eq!(receipts.txs[0].result, Ok(()));
    assert!(receipts.epochs.iter().all(|epoch| epoch.netuid != Netuid(2)));
    assert_eq!(world.net(Netuid(2)).unwrap().epochs, 0);
}
