//! Hyperparameters: each within its bounds, by whom the table says, rarely, never shortly
//! before an epoch, and never so that they do not fit together.

use crate::market::{batch, sets};
use crate::world::{NET, World, cold};
use weft_ledger::query::market;
use weft_ledger::rules::{CallError, Event};
use weft_types::hyperparameters::Setting;
use weft_types::hyperparameters::{Setter, Unsound};
use weft_types::{Height, Hyperparameters, Netuid, Network, Parameter, Wide};

/// The small chain with subnet 1 owned by coldkey 3, on a preset's defaults.
fn owned(network: Network) -> World {
    World::with(|genesis| {
        genesis.params.subnet_defaults = Hyperparameters::preset(network);
        let net = &mut genesis.subnets[0];
        net.owner = Some(cold(3));
        net.hyperparameters = Hyperparameters::preset(network);
    })
}

fn value(world: &World, parameter: Parameter) -> u64 {
    world.net(NET).unwrap().hyperparameters.get(parameter)
}

/// Sets it in a copy; answers the copy when it was done.
fn tried(world: &World, parameter: Parameter, number: u64) -> Result<World, CallError> {
    let mut world = world.clone();
    let tx = world.tx(3, sets(NET, parameter, number));
    world.run(tx).map(|()| world)
}

/// What is wrong with a bound of one that must go with another.
fn crossed(parameter: Parameter, number: u64) -> Option<Unsound> {
    let defaults = Hyperparameters::preset(Network::Main);
    match parameter {
        Parameter::AlphaLow if number > u64::from(defaults.alpha_high) => {
            Some(Unsound::Crossed("alpha_low"))
        }
        Parameter::AlphaHigh if number < u64::from(defaults.alpha_low) => {
            Some(Unsound::Crossed("alpha_low"))
        }
        _ => None,
    }
}

/// A planted bug that this finds: a bound that is not looked at.
#[test]
fn each_is_set_up_to_its_bounds_by_the_owner_or_by_nobody() {
    for network in [Network::Main, Network::Local, Network::Bench] {
        let world = owned(network);
        for parameter in Parameter::ALL.iter().copied() {
            let about = parameter.about();
            let (low, high) = parameter.bounds(&world.genesis.params.subnet_defaults);
            assert!(low <= about.low && high >= about.high);
            for number in [low, high] {
                let want = match (about.setter, crossed(parameter, number)) {
                    (Setter::Genesis, _) => Err(CallError::NotOwnerSettable { parameter }),
                    (_, Some(reason)) => Err(CallError::HyperparametersUnsound { reason }),
                    _ => Ok(number),
                };
                let got = tried(&world, parameter, number).map(|world| value(&world, parameter));
                assert_eq!(got, want, "{parameter} = {number}");
            }
            for value in [low.checked_sub(1), high.checked_add(1), Some(u64::MAX)] {
                let Some(value) = value.filter(|v| !(low..=high).contains(v)) else { continue };
                let want = match about.setter {
                    Setter::Genesis => CallError::NotOwnerSettable { parameter },
                    Setter::Owner => {
                        let of = |number| Setting { parameter, number };
                        let [value, low, high] = [value, low, high].map(of);
                        CallError::HyperparameterOutOfBounds { parameter, value, low, high }
                    }
                };
                assert_eq!(tried(&world, parameter, value).err(), Some(want), "{parameter}");
            }
        }
    }
}

#[test]
fn one_setting_changes_one_number_and_tells_what_it_was() {
    let mut world = owned(Network::Local);
    for parameter in Parameter::ALL.iter().copied() {
        if parameter.about().setter == Setter::Genesis {
            continue;
        }
        let before = world.net(NET).unwrap().hyperparameters;
        let old = before.get(parameter);
        let (low, high) = parameter.bounds(&world.genesis.params.subnet_defaults);
        let new = if old == high { old.max(low + 1) - 1 } else { old + 1 };
        if (parameter, new) == (Parameter::StampRegistration, 0) {
            let reason = Unsound::NoDoor;
            let call = sets(NET, parameter, 0);
            world.wont_pay(3, call, &CallError::HyperparametersUnsound { reason });
            continue;
        }
        let receipts = world.does(3, sets(NET, parameter, new));
        let told = Event::HyperparameterSet {
            netuid: NET,
            parameter,
            before: Wide(old),
            value: Wide(new),
        };
        assert_eq!(receipts.txs[0].events, [told]);
        assert_eq!(Some(world.net(NET).unwrap().hyperparameters), before.with(parameter, new));
        let said = market::hyperparameters(&world.state, NET).unwrap();
        assert_eq!(said.set_at.get(&parameter), Some(&Height(world.height)));
    }
}

#[test]
fn numbers_that_do_not_fit_together_are_refused() {
    let mut world = owned(Network::Local);
    let unsound = |world: &World, parameter, number, reason| {
        let call = sets(NET, parameter, number);
        world.wont_pay(3, call, &CallError::HyperparametersUnsound { reason });
    };
    world.does(3, sets(NET, Parameter::MaxBurn, 100_000_000));
    let reason = Unsound::Crossed("min_burn");
    unsound(&world, Parameter::MinBurn, 100_000_001, reason);
    world.does(3, sets(NET, Parameter::MinBurn, 100_000_000));
    world.does(3, sets(NET, Parameter::BurnRegistration, 0));
    unsound(&world, Parameter::StampRegistration, 0, Unsound::NoDoor);
    let mut world = owned(Network::Local);
    world.does(3, sets(NET, Parameter::StampRegistration, 0));
    unsound(&world, Parameter::BurnRegistration, 0, Unsound::NoDoor);
    let reason = Unsound::Crossed("alpha_low");
    unsound(&world, Parameter::AlphaLow, 58_983, reason);
    unsound(&world, Parameter::AlphaHigh, 45_874, reason);
    world.does(3, sets(NET, Parameter::AlphaLow, 58_982));
    let both = batch(vec![
        sets(NET, Parameter::BurnHalfLife, 36),
        sets(NET, Parameter::AlphaHigh, 45_874),
    ]);
    let error = Box::new(CallError::HyperparametersUnsound { reason });
    world.wont_pay(3, both, &CallError::BatchFailed { index: 1, error });
}

#[test]
fn a_subnet_never_gets_smaller_than_its_neurons() {
    let mut world = owned(Network::Local);
    world.poke_net(|net| net.neurons = 65);
    let (max, neurons) = (64, 65);
    let call = sets(NET, Parameter::MaxUids, 64);
    let mut small = world.clone();
    let tx = small.tx(3, call);
    assert_eq!(small.run(tx), Err(CallError::MaxUidsBelowNeurons { max, neurons }));
    world.does(3, sets(NET, Parameter::MaxUids, 65));
}

#[test]
fn the_same_one_is_set_once_in_two_tempos_and_others_meanwhile() {
    let mut world = owned(Network::Local);
    let (parameter, tempo) = (Parameter::ImmunityPeriod, 60);
    world.does(3, sets(NET, parameter, 7));
    let soon = |world: &World, blocks_left| {
        let call = sets(NET, parameter, 8);
        world.wont_pay(3, call, &CallError::HyperparameterSetRecently { parameter, blocks_left });
    };
    soon(&world, 2 * tempo - 1);
    world.does(3, sets(NET, Parameter::ServingRateLimit, 7));
    world.run_to(2 * tempo - 5);
    soon(&world, 5);
    // Blocks 118 to 120 are those before the second epoch; after it, it is long enough.
    world.run_to(2 * tempo);
    world.does(3, sets(NET, parameter, 8));
    assert_eq!(value(&world, parameter), 8);
    soon(&world, 2 * tempo - 1);
}

#[test]
fn a_failed_setting_does_not_count_as_one() {
    let mut world = owned(Network::Local);
    let parameter = Parameter::ImmunityPeriod;
    let [low, high, value] = [0, 65_535, 70_000].map(|number| Setting { parameter, number });
    let out = CallError::HyperparameterOutOfBounds { parameter, value, low, high };
    let tx = world.tx(3, sets(NET, parameter, value.number));
    assert_eq!(world.run(tx), Err(out));
    world.does(3, sets(NET, parameter, 7));
}

/// A planted bug that this finds: a window that is one block too short.
#[test]
fn nothing_changes_in_the_last_blocks_before_an_epoch() {
    let window = 3;
    for block in 50..=64 {
        let mut world = owned(Network::Local);
        world.run_to(block - 1);
        let next = Height(if block > 60 { 120 } else { 60 });
        let want = if next.0 - block < window {
            Err(CallError::AdminActionProhibitedDuringWeightsWindow { next, window })
        } else {
            Ok(())
        };
        let tx = world.tx(3, sets(NET, Parameter::ImmunityPeriod, 7));
        assert_eq!(world.run(tx), want, "block {block}");
    }
}

#[test]
fn a_subnet_that_has_not_started_has_no_epoch_to_be_careful_of() {
    let mut world = World::new();
    world.does(4, world.create(4));
    let netuid = Netuid(2);
    for block in 0..70 {
        let mut now = world.clone();
        now.run_to(1 + block);
        now.does(4, sets(netuid, Parameter::ImmunityPeriod, 7));
    }
}

#[test]
fn an_epoch_that_waits_for_its_turn_keeps_the_window_shut() {
    let mut world = owned(Network::Local);
    world.run_to(55);
    // Due in block 50, as when others had waited longer.
    world.poke_net(|net| net.hyperparameters.tempo = 50);
    let tx = world.tx(3, sets(NET, Parameter::Tempo, 60));
    let (next, window) = (Height(50), 3);
    let want = CallError::AdminActionProhibitedDuringWeightsWindow { next, window };
    assert_eq!(world.run(tx), Err(want));
}
