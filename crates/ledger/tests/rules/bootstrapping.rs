//! From zero coins to voters with stake of their own: R14, and the offers of R13.

use crate::world::{NET, World, cold, hot, tao};
use weft_ledger::query;
use weft_ledger::rules::{CallError, Event};
use weft_ledger::state::value::Bootstrap;
use weft_ledger::state::{Key, Read, Value};
use weft_types::genesis::{GenesisNeuron, GenesisVoter};
use weft_types::{Call, Genesis, Height, Netuid, Power, Rao};

/// Blocks between rotations, and over how many rotations virtual stake fades.
const TURN: u64 = 20;
const FADE: u64 = 4;

/// Two voters of genesis with uids 0 and 1, and nobody has a coin. Two candidates with
/// 20 TAO end the bootstrap.
fn launch() -> World {
    World::with(|genesis: &mut Genesis| {
        let params = &mut genesis.params;
        (params.rotation_blocks, params.bootstrap_fade) = (TURN, FADE);
        params.max_voters = 5;
        (params.bootstrap_stake, params.bootstrap_candidates) = (tao(20), 2);
        genesis.accounts.clear();
        genesis.stakes.clear();
        let voter = |n| GenesisVoter { hotkey: hot(n), coldkey: cold(n), power: Power(1) };
        genesis.voters = (0..2).map(voter).collect();
        let net = &mut genesis.subnets[0];
        net.hyperparameters.tempo = 10;
        net.hyperparameters.min_stamp_difficulty = 1;
        net.neurons =
            (0..2).map(|n| GenesisNeuron { hotkey: hot(n), validator_permit: true }).collect();
    })
}

fn record(world: &World) -> Bootstrap {
    match world.state.get(&Key::Bootstrap) {
        Some(Value::Bootstrap(record)) => record,
        other => panic!("no record: {other:?}"),
    }
}

/// Miners 2 and 3 are in by stamp, and voter 0 scores them alike.
fn mined() -> World {
    let mut world = launch();
    for n in [2, 3] {
        let tx = world.stamp(n);
        world.does_free(&tx);
    }
    // What was registered in the block that a row looked at does not count in it.
    world.run_to(3);
    world.set_weights(0, &[(2, 1), (3, 1)]);
    world
}

fn join(world: &World) -> Call {
    Call::JoinVoters { netuid: NET, at: Height(world.height) }
}

/// Runs to a height. Every ten blocks all that may score set a row, for both miners but
/// never for themselves; in every quarter of a rotation miners who do offer themselves.
fn validate(world: &mut World, until: u64) {
    while world.height < until {
        let mut rows = Vec::new();
        for n in (0..4).filter(|_| world.height.is_multiple_of(10)) {
            let uid = world.seat(NET, n).unwrap();
            if world.neuron(NET, uid).unwrap().validator_permit {
                let scores: Vec<_> = [2, 3].into_iter().filter(|m| *m != n).collect();
                let scores: Vec<_> =
                    scores.iter().map(|m| (world.seat(NET, *m).unwrap(), 1)).collect();
                rows.push(world.free_call(n, Call::SetWeights { row: world.row(&scores) }));
            }
        }
        for n in (2..4).filter(|_| world.height % 5 == 2) {
            let uid = weft_types::Uid(world.seat(NET, n).unwrap());
            if query::rows(&world.state, NET).iter().any(|row| row.0 == uid) {
                rows.push(world.free_call(n, join(world)));
            }
        }
        world.block(&rows);
    }
}

/// The same with both miners validating, and offering themselves.
fn handing_over() -> World {
    let mut world = mined();
    world.run_to(10);
    for n in [2, 3] {
        let call = Call::SeekPermit { netuid: NET, seek: true, at: Height(world.height) };
        let tx = world.free_call(n, call);
        world.does_free(&tx);
    }
    validate(&mut world, 31);
    world
}

#[test]
fn virtual_stake_lets_a_chain_without_a_coin_pay_its_miners_and_earns_nothing_itself() {
    let mut world = mined();
    assert_eq!(record(&world).left, tao(20));
    let receipts = world.run_to(10);
    let epoch = &receipts.epochs[0];
    // No owner: 18 % are recycled. Of the rest half is incentive, half what virtual stake
    // would have earned.
    assert_eq!(epoch.validators, Rao(0));
    assert!(epoch.miners.0.abs_diff(epoch.pending.0 * 41 / 100) < epoch.pending.0 / 1_000);
    assert!(epoch.recycled.0.abs_diff(epoch.pending.0 * 59 / 100) < epoch.pending.0 / 1_000);
    let pool = |n| query::hotkey(&world.state, &hot(n)).unwrap().stake;
    assert_eq!([pool(0), pool(1)], [Rao(0); 2]);
    let said = |uid| query::neuron(&world.state, NET, weft_types::Uid(uid)).unwrap();
    assert!(said(0).emission > Rao(0) && said(0).paid == Rao(0), "F23: recycled, not paid");
    assert!(pool(2) > Rao(0) && pool(2) == pool(3));
}

#[test]
fn the_bootstrap_ends_when_enough_candidates_have_enough_stake_and_fades_linearly() {
    let mut world = handing_over();
    let ends = |event: &Event| matches!(event, Event::BootstrapEnded { .. });
    // Their power is the lesser of now and the rotation before. At 40 they had not offered
    // themselves before, at 60 they had less than 20 TAO then.
    for turn in [40, 60] {
        validate(&mut world, turn - 1);
        let events = world.block(&[]).events;
        assert!(!events.iter().any(ends), "at {turn}: {events:?}");
    }
    validate(&mut world, 79);
    let ended = world.block(&[]).events;
    let Some(Event::BootstrapEnded { peak, candidates: 2 }) = ended.iter().find(|e| ends(e)) else {
        panic!("{ended:?}")
    };
    let peak = *peak;
    assert!(peak >= tao(20));
    for gone in 0..=FADE {
        let left = Rao(peak.0 * (FADE - gone) / FADE);
        assert_eq!(record(&world).left, left, "after {gone} rotations");
        let shown = query::neuron(&world.state, NET, weft_types::Uid(1)).unwrap();
        assert_eq!(shown.hotkey, hot(1));
        let next = world.height + TURN;
        validate(&mut world, next);
    }
    assert_eq!(record(&world).left, Rao(0), "and never back");
    assert_eq!(record(&world).began, Some(Height(80)));
}

#[test]
fn too_few_candidates_or_too_little_stake_end_nothing() {
    for (candidates, stake) in [(3, tao(20)), (2, tao(100_000))] {
        let mut world = handing_over();
        world.ledger = {
            let mut genesis = world.genesis.clone();
            genesis.params.bootstrap_candidates = candidates;
            genesis.params.bootstrap_stake = stake;
            weft_ledger::rules::Ledger::genesis(&genesis).unwrap().0
        };
        validate(&mut world, 101);
        assert_eq!(record(&world).began, None, "{candidates} with {stake:?}");
    }
}

#[test]
fn a_voter_of_genesis_keeps_its_uid_until_the_fade_has_ended() {
    let full = |left| {
        let mut world = launch();
        world.poke_net(|net| {
            net.hyperparameters.max_uids = 3;
            net.hyperparameters.immunity_period = 0;
        });
        world.poke(Key::Chain, |value| match value {
            Value::Chain(chain) => chain.voters.current.voters.retain(|v| v.key == hot(0)),
            _ => panic!("the chain stands under its key"),
        });
        world.poke(Key::Bootstrap, |value| match value {
            Value::Bootstrap(record) => record.left = left,
            _ => panic!("the bootstrap stands under its key"),
        });
        for n in [2, 3] {
            let tx = world.stamp(n);
            world.does_free(&tx);
        }
        [0, 1, 2, 3].map(|n| world.seat(NET, n))
    };
    // Voter 1 is the oldest and in no voter set any more.
    assert_eq!(full(tao(20)), [Some(0), Some(1), None, Some(2)]);
    assert_eq!(full(Rao(0)), [Some(0), None, Some(2), Some(1)]);
}

#[test]
fn every_offer_that_is_not_allowed_fails_by_name() {
    let world = handing_over();
    let at = Height(world.height);
    let offer = |netuid, at| Call::JoinVoters { netuid, at };
    let netuid = Netuid(9);
    let tx = world.free_call(2, offer(netuid, at));
    world.wont(&tx, &CallError::SubnetNotExists { netuid });
    let tx = world.free_call(9, offer(NET, at));
    world.wont(&tx, &CallError::HotKeyNotRegisteredInSubNet { hotkey: hot(9), netuid: NET });
    let last = match world.state.get(&Key::Candidates) {
        Some(Value::Candidates(list)) => list.iter().find(|c| c.hotkey == hot(2)).unwrap().at,
        other => panic!("{other:?}"),
    };
    let tx = world.free_call(2, offer(NET, last));
    world.wont(&tx, &CallError::NotNewer { named: last, last });
    let uid = weft_types::Uid(2);
    let early = mined();
    let tx = early.free_call(2, offer(NET, Height(early.height)));
    early.wont(&tx, &CallError::NeuronNoValidatorPermit { uid, netuid: NET });
    let tx = early.free_call(1, offer(NET, Height(early.height)));
    early.wont(&tx, &CallError::NoRowYet { netuid: NET });
}

#[test]
fn an_offer_that_is_not_renewed_lapses_and_one_taken_back_is_gone() {
    let candidates = |world: &World| match world.state.get(&Key::Candidates) {
        Some(Value::Candidates(list)) => list.len(),
        _ => 0,
    };
    let mut world = handing_over();
    assert_eq!(candidates(&world), 2);
    world.run_to(60);
    assert_eq!(candidates(&world), 0, "a rotation later nobody had renewed");
}

#[test]
fn an_offer_that_was_taken_back_is_not_played_back() {
    let mut world = World::new();
    world.run_to(3);
    world.set_weights(0, &[(2, 1)]);
    let offer = world.free_call(0, join(&world));
    world.does_free(&offer);
    world.does(0, Call::LeaveVoters { hotkey: hot(0) });
    assert!(world.kept(&[], std::slice::from_ref(&offer)).is_empty());
    let newer = world.free_call(0, join(&world));
    world.does_free(&newer);
}

#[test]
fn when_the_list_is_full_who_has_least_stake_makes_room() {
    let mut world = World::with(|genesis| {
        genesis.params.max_candidates = 1;
        for neuron in &mut genesis.subnets[0].neurons {
            neuron.validator_permit = true;
        }
        genesis.stakes.iter_mut().find(|s| s.hotkey == hot(1)).unwrap().stake = tao(200);
    });
    world.run_to(3);
    for n in [0, 1] {
        world.set_weights(n, &[(2, 1)]);
    }
    let tx = world.free_call(0, join(&world));
    world.does_free(&tx);
    let tx = world.free_call(1, join(&world));
    world.does_free(&tx);
    let tx = world.free_call(0, join(&world));
    world.wont(&tx, &CallError::CandidatesFull { limit: 1 });
    let back = Call::LeaveVoters { hotkey: hot(1) };
    world.wont_pay(2, back.clone(), &CallError::NonAssociatedColdKey { owner: cold(1) });
    world.does(1, back.clone());
    world.wont_pay(1, back, &CallError::NotACandidate { hotkey: hot(1) });
    let tx = world.free_call(0, join(&world));
    world.does_free(&tx);
}
