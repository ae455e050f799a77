//! Subnets: what a new one locks, how many there may be, and what its owner alone does.

use crate::market::{batch, says, sets};
use crate::world::{FEE, NET, START, World, cold, hot, tao};
use weft_ledger::query::{self, market};
use weft_ledger::rules::{CallError, Event};
use weft_ledger::state::value::Lock;
use weft_ledger::state::{Key, Read, Value};
use weft_types::params::SlotStep;
use weft_types::{Call, Height, Identity, Netuid, Parameter, Rao, Tx, Uid};

fn cost(world: &World) -> Rao {
    market::subnet_cost(&world.state, world.ledger.params()).cost
}

/// Sets where the chain is past the rules.
fn at(world: &mut World, height: u64) {
    world.poke(Key::Chain, |value| match value {
        Value::Chain(chain) => chain.height = Height(height),
        _ => panic!("the chain stands under its key"),
    });
    world.height = height;
}

/// As many slots from the heights on.
fn slots(steps: &[(u64, u16)]) -> World {
    World::with(|genesis| {
        let step = |(from, slots): &(u64, u16)| SlotStep { from: Height(*from), slots: *slots };
        genesis.params.subnet_slots = steps.iter().map(step).collect();
        genesis.params.subnet_immunity = 1_000;
        genesis.params.lock_minimum = tao(1);
    })
}

fn netuids(world: &World) -> Vec<u16> {
    query::subnets(&world.state).iter().map(|net| net.netuid.0).collect()
}

#[test]
fn a_new_subnet_is_its_creators_with_uid_0_and_does_not_earn_yet() {
    let mut world = World::new();
    let receipts = world.does(4, world.create(4));
    let (netuid, owner, lock) = (Netuid(2), cold(4), tao(10));
    let created = Event::SubnetCreated { netuid, owner, lock };
    assert_eq!(receipts.txs[0].events[0], created);
    assert_eq!(receipts.txs[0].events[1].name(), "NeuronRegistered");
    let net = world.net(netuid).unwrap();
    assert_eq!((net.owner, net.locked, net.started), (Some(owner), lock, false));
    assert_eq!((net.registered_at, net.neurons, net.epochs), (Height(1), 1, 0));
    assert_eq!(net.hyperparameters, world.genesis.params.subnet_defaults);
    assert_eq!(world.seat(netuid, 4), Some(0));
    assert_eq!(world.free(4).0, START.0 - FEE.0 - lock.0);
    assert_eq!(world.supply().locked, lock);
    world.run_to(30);
    assert_eq!(world.net(netuid).unwrap().pending, Rao(0));
}

/// B7: max(minimum, 2 * last - (last / interval) * blocks since), integer division first.
#[test]
fn the_lock_doubles_at_each_creation_and_falls_linearly_to_the_minimum() {
    let world = World::with(|genesis| {
        (genesis.params.lock_minimum, genesis.params.lock_interval) = (tao(1_000), 50_400);
        genesis.accounts.iter_mut().for_each(|a| a.free = tao(100_000));
    });
    assert_eq!(cost(&world), tao(1_000), "the first costs the minimum");
    let mut world = world;
    for (n, want) in [(4, 1_000), (5, 2_000), (3, 4_000)] {
        let falls = cost(&world).0.abs_diff(tao(want).0);
        assert!(falls <= tao(want).0 / 50_400 * 2, "creation {n}: {falls}");
        world.does(n, world.create(n));
    }
    let mut world = World::with(|g| {
        g.params = weft_types::Params {
            lock_minimum: tao(1_000),
            lock_interval: 50_400,
            ..g.params.clone()
        }
    });
    let lock = Lock { last: tao(1_000), at: Height(0), created: 1 };
    world.state.0.insert(Key::Lock, Value::Lock(lock));
    // 10^12 / 50 400 = 19 841 269 rao a block.
    for (since, want) in [
        (1, 1_999_980_158_731),
        (2, 1_999_960_317_462),
        (25_200, 1_500_000_021_200),
        (50_400, 1_000_000_042_400),
        (50_403, tao(1_000).0),
        (100_800, tao(1_000).0),
        (u64::from(u32::MAX), tao(1_000).0),
        (u64::MAX, tao(1_000).0),
    ] {
        at(&mut world, since - 1);
        assert_eq!(cost(&world), Rao(want), "{since} blocks since");
    }
    let lock = Lock { last: Rao(u64::MAX), at: Height(0), created: 1 };
    world.state.0.insert(Key::Lock, Value::Lock(lock));
    at(&mut world, 0);
    assert!(cost(&world).0 > u64::MAX / 2, "no number overflows");
}

#[test]
fn every_creation_that_is_not_allowed_fails_by_name_and_costs_its_fee_alone() {
    let mut world = World::new();
    world.run_to(150);
    let with = |change: fn(&mut Rao, &mut Height)| {
        let mut call = world.create(4);
        let Call::RegisterSubnet { max_lock, consent_height, .. } = &mut call else { panic!() };
        change(max_lock, consent_height);
        call
    };
    let (price, offered) = (tao(10), Rao(tao(10).0 - 1));
    let cheap = with(|max, _| *max = Rao(tao(10).0 - 1));
    world.wont_pay(4, cheap, &CallError::LockTooHigh { price, offered });
    world.wont_pay(4, with(|_, height| *height = Height(149)), &CallError::BadConsent);
    let height = Height(151);
    for named in [Height(50), Height(152)] {
        let mut call = world.create(4);
        let Call::RegisterSubnet { consent_height, .. } = &mut call else { panic!() };
        *consent_height = named;
        world.wont_pay(4, call, &CallError::StaleConsent { named, height });
    }
    let theirs = world.create(1);
    world.wont_pay(4, theirs, &CallError::NonAssociatedColdKey { owner: cold(1) });
    let taken = world.create(5);
    world.wont_pay(4, taken, &CallError::BadConsent);
    let mut poor = World::with(|g| g.accounts.iter_mut().for_each(|a| a.free = tao(10)));
    poor.run_to(1);
    let (have, need) = (Rao(tao(10).0 - FEE.0), tao(10));
    poor.wont_pay(4, poor.create(4), &CallError::NotEnoughBalance { have, need });
    // A consent for a uid somewhere is no consent to own a subnet.
    let said = world.consent(4, NET);
    let consent = world.signed(4, &said);
    let (hotkey, max_lock, consent_height) = (hot(4), Rao::MAX, said.height);
    let call = Call::RegisterSubnet { hotkey, max_lock, consent, consent_height };
    world.wont_pay(4, call, &CallError::BadConsent);
}

#[test]
fn a_block_holds_one_creation() {
    let mut world = World::new();
    let txs = [world.tx(4, world.create(4)), world.tx(5, world.create(5))];
    let receipts = world.block(&txs);
    assert_eq!(receipts.txs[1].result, Err(CallError::SubnetCreatedThisBlock));
    assert_eq!(netuids(&world), [1, 2]);
    let twice = batch(vec![world.create(5), world.create(5)]);
    let (index, error) = (1, Box::new(CallError::SubnetCreatedThisBlock));
    world.wont_pay(5, twice, &CallError::BatchFailed { index, error });
    world.does(5, world.create(5));
    assert_eq!(netuids(&world), [1, 2, 3]);
}

#[test]
fn slots_open_by_the_schedule_and_raising_them_evicts_nobody() {
    let mut world = slots(&[(0, 3), (10, 5), (20, 6)]);
    let create = |world: &mut World, n| world.does(n, world.create(n));
    create(&mut world, 2);
    create(&mut world, 3);
    assert_eq!(netuids(&world), [1, 2, 3]);
    world.poke_net(|net| net.registered_at = Height(0));
    world.wont_pay(4, world.create(4), &CallError::SubnetLimitReached { limit: 3 });
    world.run_to(8);
    world.wont_pay(4, world.create(4), &CallError::SubnetLimitReached { limit: 3 });
    world.run_to(9);
    create(&mut world, 4);
    create(&mut world, 5);
    assert_eq!(netuids(&world), [1, 2, 3, 4, 5]);
    world.wont_pay(1, world.create(1), &CallError::SubnetLimitReached { limit: 5 });
    world.run_to(25);
    assert_eq!(netuids(&world), [1, 2, 3, 4, 5], "a new slot alone moves nobody");
    let said = market::subnet_cost(&world.state, world.ledger.params());
    assert_eq!((said.slots, said.taken, said.possible, said.evicts), (6, 5, true, None));
    let tx = world.tx(1, world.create(1));
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(netuids(&world), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_hotkey_that_its_coldkey_has_elsewhere_may_own_as_well() {
    let mut world = World::new();
    world.does(1, world.create(1));
    assert_eq!((world.seat(NET, 1), world.seat(Netuid(2), 1)), (Some(1), Some(0)));
}

#[test]
fn a_started_subnet_earns_from_the_next_block_on() {
    let mut world = World::new();
    world.does(4, world.create(4));
    let netuid = Netuid(2);
    let before = world.net(NET).unwrap().pending;
    let receipts = world.does(4, Call::StartSubnet { netuid });
    assert_eq!(receipts.txs[0].events, [Event::SubnetStarted { netuid }]);
    // The emission of the block itself comes after its transactions.
    assert_eq!(world.net(netuid).unwrap().pending.0, tao(1).0 / 2);
    assert_eq!(world.net(NET).unwrap().pending.0, before.0 + tao(1).0 / 2);
    world.wont_pay(4, Call::StartSubnet { netuid }, &CallError::SubnetAlreadyStarted { netuid });
    let tempo = world.net(netuid).unwrap().hyperparameters.tempo;
    let mut epochs = Vec::new();
    while world.height < 2 + tempo {
        let ran = world.block(&[]).epochs;
        epochs.extend(ran.iter().filter(|e| e.netuid == netuid).map(|_| world.height));
    }
    assert_eq!(epochs, [2 + tempo - 2], "staggered by its number");
}

#[test]
fn what_is_the_owners_is_nobody_elses() {
    let mut world = World::new();
    world.does(4, world.create(4));
    let (netuid, owner) = (Netuid(2), Some(cold(4)));
    let calls = |netuid| {
        [
            Call::StartSubnet { netuid },
            sets(netuid, Parameter::ImmunityPeriod, 5),
            says(netuid, Identity::default()),
        ]
    };
    for call in calls(netuid) {
        world.wont_pay(5, call, &CallError::NotSubnetOwner { netuid, owner });
    }
    for call in calls(NET) {
        let want = CallError::NotSubnetOwner { netuid: NET, owner: None };
        world.wont_pay(5, call, &want);
    }
    for netuid in [Netuid(0), Netuid(9)] {
        for call in calls(netuid) {
            world.wont_pay(5, call, &CallError::SubnetNotExists { netuid });
        }
    }
    world.poke_net(|net| net.owner = Some(cold(3)));
    for call in calls(netuid) {
        world.wont_pay(3, call, &CallError::NotSubnetOwner { netuid, owner });
    }
}

#[test]
fn an_identity_is_stored_up_to_its_limits() {
    let mut world = World::new();
    world.does(4, world.create(4));
    let netuid = Netuid(2);
    let most =
        Identity { name: "n".repeat(64), url: "u".repeat(256), description: "d".repeat(1_024) };
    let receipts = world.does(4, says(netuid, most.clone()));
    assert_eq!(receipts.txs[0].events, [Event::IdentitySet { netuid }]);
    assert_eq!(market::identity(&world.state, netuid), most);
    type Change = fn(&mut Identity);
    let wrongs: [(Change, &str, usize); 4] = [
        (|who| who.name.push('n'), "name", 64),
        (|who| who.url.push('u'), "url", 256),
        (|who| who.description.push('d'), "description", 1_024),
        (|who| who.name = "é".repeat(33), "name", 64),
    ];
    for (wrong, field, limit) in wrongs {
        let mut identity = most.clone();
        wrong(&mut identity);
        let got = if identity.name.contains('é') { 66 } else { limit + 1 };
        world.wont_pay(
            4,
            says(netuid, identity),
            &CallError::IdentityTooLong { field, got, limit },
        );
    }
    world.does(4, says(netuid, Identity::default()));
    assert_eq!(market::identity(&world.state, netuid), Identity::default());
}

#[test]
fn who_creates_and_starts_in_one_batch_earns_at_once() {
    let mut world = World::new();
    let call = batch(vec![world.create(4), Call::StartSubnet { netuid: Netuid(2) }]);
    let tx: Tx = world.tx(4, call);
    assert_eq!(world.run(tx), Ok(()));
    assert!(world.net(Netuid(2)).unwrap().started);
    assert!(world.state.get(&Key::Neuron(Netuid(2), Uid(0))).is_some());
    assert_eq!(world.net(Netuid(2)).unwrap().pending.0, tao(1).0 / 2);
}
