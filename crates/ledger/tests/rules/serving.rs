//! What a neuron says of itself for free: its endpoint, and whether it asks for a permit.

use crate::world::{NET, World, cold, hot, tao};
use weft_ledger::query::market;
use weft_ledger::rules::{CallError, Event};
use weft_types::{Call, Endpoint, Height, Netuid, Rao, Tx, Uid};

fn place(text: &str) -> Endpoint {
    text.parse().unwrap()
}

fn public() -> Endpoint {
    place("/ip4/8.8.8.8/tcp/8091#4")
}

fn serve_at(world: &World, n: u16, endpoint: Endpoint, at: u64) -> Tx {
    world.free_call(n, Call::ServeAxon { netuid: NET, endpoint, at: Height(at) })
}

fn serve(world: &World, n: u16, endpoint: Endpoint) -> Tx {
    serve_at(world, n, endpoint, world.height)
}

fn seek_at(world: &World, n: u16, seek: bool, at: u64) -> Tx {
    world.free_call(n, Call::SeekPermit { netuid: NET, seek, at: Height(at) })
}

fn seek(world: &World, n: u16, yes: bool) -> Tx {
    seek_at(world, n, yes, world.height)
}

fn endpoint(world: &World, uid: u16) -> Option<Endpoint> {
    market::neuron_says(&world.state, NET, Uid(uid)).unwrap().endpoint
}

/// The public network's rule for endpoints; everything else as in the small chain.
fn on_main() -> World {
    World::with(|genesis| genesis.params.any_endpoint = false)
}

/// Registers hotkey 4 over miner 2 and miner 2 over it again.
fn comes_again(world: &mut World, n: u16) {
    let uid = world.seat(NET, n).unwrap();
    world.poke_net(|net| {
        (net.hyperparameters.max_uids, net.hyperparameters.immunity_period) = (4, 0);
    });
    for who in [4, n] {
        (0..4).for_each(|at| world.poke_neuron(at, |x| x.emission = tao(u64::from(at != uid))));
        world.does(who, world.register(who));
        assert_eq!(world.seat(NET, who), Some(uid));
    }
}

#[test]
fn an_endpoint_is_stored_and_told_and_costs_nothing() {
    let mut world = on_main();
    let receipts = world.does_free(&serve(&world, 2, public()));
    assert_eq!(receipts.txs[0].events, [Event::AxonServed { netuid: NET, uid: Uid(2) }]);
    assert_eq!(endpoint(&world, 2), Some(public()));
    assert_eq!(endpoint(&world, 3), None);
}

#[test]
fn what_nobody_can_reach_is_refused_on_the_public_network_and_taken_at_home() {
    let (main, home) = (on_main(), World::new());
    for text in ["/ip4/127.0.0.1/tcp/8091", "/ip4/10.1.2.3/udp/1", "/ip6/::1/tcp/1"] {
        let endpoint = place(text);
        main.wont(&serve(&main, 2, endpoint), &CallError::EndpointNotRoutable { endpoint });
        home.clone().does_free(&serve(&home, 2, endpoint));
    }
    let endpoint = place("/ip4/8.8.8.8/tcp/0");
    for world in [main, home] {
        world.wont(&serve(&world, 2, endpoint), &CallError::EndpointNotRoutable { endpoint });
    }
}

#[test]
fn every_endpoint_that_is_not_allowed_fails_by_name() {
    let mut world = World::new();
    world.run_to(150);
    let netuid = Netuid(9);
    let at = Height(150);
    let away = world.free_call(2, Call::ServeAxon { netuid, endpoint: public(), at });
    world.wont(&away, &CallError::SubnetNotExists { netuid });
    let absent = CallError::HotKeyNotRegisteredInSubNet { hotkey: hot(30), netuid: NET };
    world.wont(&serve(&world, 30, public()), &absent);
    let height = Height(151);
    for named in [50, 152] {
        let stale = CallError::StaleConsent { named: Height(named), height };
        world.wont(&serve_at(&world, 2, public(), named), &stale);
    }
    world.clone().does_free(&serve_at(&world, 2, public(), 51));
}

#[test]
fn an_endpoint_may_change_after_the_rate_limit_and_is_never_played_back() {
    let mut world = World::new();
    let limit = world.net(NET).unwrap().hyperparameters.serving_rate_limit;
    world.run_to(3);
    let first = serve(&world, 2, public());
    world.does_free(&first);
    let named = Height(3);
    world.wont(&first, &CallError::NotNewer { named, last: named });
    let other = place("/ip4/9.9.9.9/udp/1");
    let soon = serve(&world, 2, other);
    let blocks_left = limit - 1;
    world.wont(&soon, &CallError::ServingRateLimitExceeded { blocks_left, limit });
    world.run_to(2 + limit);
    let soon = serve(&world, 2, other);
    world.wont(&soon, &CallError::ServingRateLimitExceeded { blocks_left: 1, limit });
    world.run_to(3 + limit);
    world.does_free(&serve(&world, 2, other));
    world.run_to(20);
    world.wont(&first, &CallError::NotNewer { named, last: Height(3 + limit) });
    assert_eq!(endpoint(&world, 2), Some(other));
}

#[test]
fn the_endpoint_of_an_earlier_life_is_neither_kept_nor_played_back() {
    let mut world = World::new();
    world.run_to(3);
    let old = serve(&world, 2, public());
    world.does_free(&old);
    world.run_to(10);
    comes_again(&mut world, 2);
    assert_eq!(endpoint(&world, 2), None);
    let last = world.neuron(NET, 2).unwrap().registered_at;
    world.wont(&old, &CallError::NotNewer { named: Height(3), last });
    world.does_free(&serve(&world, 2, public()));
}

/// B4, 3. A planted bug that this finds: every neuron seeks from its registration on.
#[test]
fn stake_alone_brings_no_permit_and_asking_brings_it_at_the_next_epoch() {
    let mut world = World::new();
    world.does(2, Call::AddStake { hotkey: hot(2), amount: tao(500) });
    let permit = |world: &World, uid| world.neuron(NET, uid).unwrap().validator_permit;
    world.run_to(10);
    assert!(!permit(&world, 2), "the largest stake of all, but it does not ask");
    let receipts = world.does_free(&seek(&world, 2, true));
    let (netuid, uid) = (NET, Uid(2));
    assert_eq!(receipts.txs[0].events, [Event::PermitSought { netuid, uid, seek: true }]);
    assert!(!permit(&world, 2));
    world.run_to(20);
    assert!(permit(&world, 2));
    world.does_free(&seek(&world, 2, false));
    world.run_to(30);
    assert!(!permit(&world, 2));
}

#[test]
fn who_does_not_ask_takes_no_permit_from_who_does() {
    let mut world = World::with_net(|net| net.hyperparameters.max_validators = 2);
    for n in [2, 3] {
        world.does(n, Call::AddStake { hotkey: hot(n), amount: tao(500) });
    }
    world.run_to(10);
    let permits = (0..4).map(|uid| world.neuron(NET, uid).unwrap().validator_permit);
    assert_eq!(permits.collect::<Vec<_>>(), [true, true, false, false]);
}

#[test]
fn every_request_that_is_not_allowed_fails_by_name() {
    let mut world = World::new();
    world.run_to(3);
    world.wont(&seek(&world, 0, true), &CallError::PermitAlreadySo { seek: true });
    world.wont(&seek(&world, 2, false), &CallError::PermitAlreadySo { seek: false });
    let absent = CallError::HotKeyNotRegisteredInSubNet { hotkey: hot(30), netuid: NET };
    world.wont(&seek(&world, 30, true), &absent);
    let (named, height) = (Height(5), Height(4));
    world.wont(&seek_at(&world, 2, true, 5), &CallError::StaleConsent { named, height });
    let on = seek(&world, 2, true);
    world.does_free(&on);
    let soon = seek(&world, 2, false);
    world.wont(&soon, &CallError::PermitSoughtRecently { blocks_left: 1 });
    world.run_to(6);
    world.does_free(&seek(&world, 2, false));
    world.wont(&on, &CallError::NotNewer { named: Height(3), last: Height(6) });
}

#[test]
fn who_came_again_asks_for_nothing_until_it_says_so_itself() {
    let mut world = World::new();
    world.run_to(3);
    let old = seek(&world, 2, true);
    world.does_free(&old);
    world.run_to(10);
    comes_again(&mut world, 2);
    assert!(!world.neuron(NET, 2).unwrap().seeks);
    let last = world.neuron(NET, 2).unwrap().registered_at;
    world.wont(&old, &CallError::NotNewer { named: Height(3), last });
}

/// A free call may name a height up to a hundred blocks back: that is no way to say more
/// than one thing every so often.
#[test]
fn naming_old_heights_does_not_hurry_a_request() {
    let mut world = World::new();
    world.poke_net(|net| net.hyperparameters.weights_rate_limit = 50);
    world.run_to(120);
    let mut taken = 0;
    for named in 30..50_u64 {
        let yes = !world.neuron(NET, 2).unwrap().seeks;
        let tx = seek_at(&world, 2, yes, named);
        taken += world.assemble(&[tx]).1.len();
    }
    assert_eq!(taken, 1);
}

#[test]
fn what_is_free_needs_no_coins_at_all() {
    let mut world = World::with(|genesis| genesis.accounts.clear());
    world.does_free(&serve(&world, 2, public()));
    world.does_free(&seek(&world, 2, true));
    assert_eq!(world.free(2), Rao(0));
    assert_eq!(weft_ledger::query::account(&world.state, &cold(2)).nonce.0, 0);
}
