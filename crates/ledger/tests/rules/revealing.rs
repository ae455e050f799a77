//! Reveals: in their one epoch, of exactly what was promised, and of nobody who came
//! after the promise.

use crate::committing::promises;
use crate::market::{hidden, sets};
use crate::world::{NET, World, cold, hot, tao};
use weft_ledger::query;
use weft_ledger::rules::{CallError, Event};
use weft_types::{Call, Height, Item, Netuid, Parameter, Reveal, Uid, Wide};

/// Hidden rows, an epoch every `tempo` blocks, and a period.
fn veiled(tempo: u64, period: u16) -> World {
    World::with_net(|net| {
        let numbers = &mut net.hyperparameters;
        (numbers.commit_reveal, numbers.tempo) = (true, tempo);
        numbers.commit_reveal_period = period;
        numbers.activity_cutoff = 50_000;
    })
}

fn good() -> Reveal {
    hidden(&[(2, 1), (3, 3)], 7)
}

fn stored(world: &World, of: u16) -> Option<Vec<(u16, u16)>> {
    let rows = query::rows(&world.state, NET);
    let (_, row) = rows.into_iter().find(|(uid, _)| *uid == Uid(of))?;
    Some(row.into_iter().map(|(uid, value)| (uid.0, value)).collect())
}

/// A reveal that fails does so by one name at both doors.
fn fails(world: &World, n: u16, reveal: &Reveal, want: &CallError) {
    world.wont(&world.reveal(n, reveal), want);
    let said = world.clone().item(n, Item::Reveal(reveal.clone()));
    assert_eq!(said, Err(want.clone()));
}

/// A planted bug that this finds: a reveal that is taken from its epoch on.
#[test]
fn a_row_is_revealed_in_its_one_epoch_not_one_before_and_not_one_after() {
    for period in [1, 2, 7, 40, 86, 100] {
        let mut world = veiled(3, period);
        // The epochs are in the blocks 3, 6, 9, ...; block 7 belongs to epoch 2.
        world.run_to(6);
        world.does_free(&world.commit(0, &good()));
        let due = 2 + u64::from(period);
        // The block of an epoch belongs to the next: epoch e begins in block 3 e.
        let begins = |epoch: u64| epoch * 3;
        world.run_to(begins(due) - 2);
        let early = CallError::RevealTooEarly { epoch: due - 1, due, blocks_left: 1 };
        fails(&world, 0, &good(), &early);
        for block in begins(due)..begins(due + 1) {
            world.run_to(block - 1);
            let mut now = world.clone();
            now.does_free(&now.reveal(0, &good()));
            assert_eq!(stored(&now, 0), Some(vec![(2, 21_845), (3, 65_535)]));
            assert_eq!(promises(&now, 0).live, [], "it is used up");
        }
        world.run_to(begins(due + 1) - 1);
        fails(&world, 0, &good(), &CallError::ExpiredWeightCommit { epoch: due + 1, due });
    }
}

#[test]
fn what_was_promised_is_revealed_to_the_last_bit() {
    let mut world = veiled(10, 1);
    world.run_to(2);
    fails(&world, 0, &good(), &CallError::NoWeightsCommitFound);
    world.does_free(&world.commit(0, &good()));
    world.run_to(12);
    type Change = fn(&mut Reveal);
    let wrongs: [Change; 6] = [
        |row| row.uids[0] = Uid(1),
        |row| row.values[1] = 4,
        |row| row.salt[15] ^= 1,
        |row| row.version_key = 1,
        |row| (row.uids, row.values) = (vec![Uid(2)], vec![1]),
        |row| row.values = vec![2, 6],
    ];
    for wrong in wrongs {
        let mut row = good();
        wrong(&mut row);
        fails(&world, 0, &row, &CallError::InvalidRevealCommitHashNotMatch);
    }
    let receipts = world.does_free(&world.reveal(0, &good()));
    let told = Event::WeightsRevealed { netuid: NET, uid: Uid(0) };
    assert_eq!(receipts.txs[0].events, [told]);
    fails(&world, 0, &good(), &CallError::NoWeightsCommitFound);
}

#[test]
fn a_reveal_is_checked_like_a_row() {
    let mut world = World::with(|genesis| {
        let numbers = &mut genesis.subnets[0].hyperparameters;
        (numbers.commit_reveal, numbers.min_allowed_weights) = (true, 2);
    });
    world.run_to(2);
    let netuid = Netuid(9);
    fails(&world, 0, &Reveal { netuid, ..good() }, &CallError::SubnetNotExists { netuid });
    let root = Reveal { netuid: Netuid(0), ..good() };
    fails(&world, 0, &root, &CallError::SubnetNotExists { netuid: Netuid(0) });
    let uneven = Reveal { values: vec![1], ..good() };
    fails(&world, 0, &uneven, &CallError::WeightVecNotEqualSize { uids: 2, values: 1 });
    let long = hidden(&[(0, 1), (1, 1), (2, 1), (3, 1), (4, 1)], 0);
    let want = CallError::UidsLengthExceedUidsInSubNet { uids: 5, neurons: 4 };
    fails(&world, 0, &long, &want);
    let absent = CallError::HotKeyNotRegisteredInSubNet { hotkey: hot(30), netuid: NET };
    fails(&world, 30, &good(), &absent);
    let then = |row: &Reveal| {
        let mut world = world.clone();
        world.does_free(&world.commit(0, row));
        world.run_to(12);
        world
    };
    let twice = hidden(&[(2, 1), (2, 1)], 0);
    fails(&then(&twice), 0, &twice, &CallError::DuplicateUids { uid: Uid(2) });
    let unknown = hidden(&[(2, 1), (4, 1)], 0);
    let want = CallError::UidVecContainInvalidOne { uid: Uid(4), neurons: 4 };
    fails(&then(&unknown), 0, &unknown, &want);
    let short = hidden(&[(2, 1)], 0);
    fails(&then(&short), 0, &short, &CallError::WeightVecLengthIsLow { got: 1, least: 2 });
    let mut strict = then(&good());
    strict.poke_net(|net| net.hyperparameters.weights_version = 3);
    fails(
        &strict,
        0,
        &good(),
        &CallError::IncorrectWeightVersionKey { got: Wide(0), least: Wide(3) },
    );
    let mut lost = then(&good());
    lost.poke_neuron(0, |neuron| neuron.validator_permit = false);
    let (uid, netuid) = (Uid(0), NET);
    fails(&lost, 0, &good(), &CallError::NeuronNoValidatorPermit { uid, netuid });
}

#[test]
fn while_rows_are_hidden_plain_ones_are_refused_and_a_promise_outlives_the_switch() {
    let mut world = veiled(10, 1);
    world.poke_net(|net| net.owner = Some(cold(3)));
    world.run_to(2);
    let plain = world.free_call(0, Call::SetWeights { row: world.row(&[(2, 1)]) });
    world.wont(&plain, &CallError::CommitRevealEnabled { netuid: NET });
    world.does_free(&world.commit(0, &good()));
    world.does(3, sets(NET, Parameter::CommitReveal, 0));
    world.run_to(12);
    world.does_free(&world.reveal(0, &good()));
    assert!(stored(&world, 0).is_some());
}

/// A planted bug that this finds: keeping the newer row when an older one is revealed.
#[test]
fn a_reveal_voids_older_promises_and_no_newer_ones() {
    let mut world = veiled(10, 7);
    world.poke_net(|net| net.owner = Some(cold(3)));
    let [older, newer] = [1, 2].map(|salt| hidden(&[(2, 1), (3, 1)], salt));
    world.run_to(2);
    world.does_free(&world.commit(0, &older));
    // A shorter period overtakes: the second promise is due at epoch 2, the first at 7.
    world.poke_net(|net| net.hyperparameters.commit_reveal_period = 1);
    world.run_to(12);
    world.does_free(&world.commit(0, &newer));
    world.run_to(22);
    let newest = hidden(&[(2, 1), (3, 1)], 3);
    world.does_free(&world.commit(0, &newest));
    world.does_free(&world.reveal(0, &newer));
    let epochs: Vec<_> = promises(&world, 0).live.iter().map(|c| c.epoch).collect();
    assert_eq!(epochs, [2], "the newest is still to come");
    world.run_to(32);
    world.does_free(&world.reveal(0, &newest));
    world.run_to(72);
    fails(&world, 0, &older, &CallError::NoWeightsCommitFound);
}

#[test]
fn tempo_and_period_may_change_while_promises_are_open() {
    let mut world = World::with(|genesis| {
        genesis.params.subnet_defaults.tempo = 4;
        let net = &mut genesis.subnets[0];
        net.owner = Some(cold(3));
        let numbers = &mut net.hyperparameters;
        (numbers.commit_reveal, numbers.tempo, numbers.commit_reveal_period) = (true, 10, 2);
    });
    world.run_to(2);
    world.does_free(&world.commit(0, &good()));
    world.does(3, sets(NET, Parameter::CommitRevealPeriod, 5));
    world.does(3, sets(NET, Parameter::Tempo, 4));
    let due = promises(&world, 0).live[0].reveal_epoch;
    assert_eq!(due, 2, "fixed when it was made");
    while world.net(NET).unwrap().epochs < 1 {
        world.block(&[]);
    }
    // The epoch came in this block, and the call is of the next.
    let early = CallError::RevealTooEarly { epoch: 1, due, blocks_left: 3 };
    fails(&world, 0, &good(), &early);
    world.does(3, sets(NET, Parameter::MaxUids, 64));
    world.does_free(&world.commit(1, &good()));
    assert_eq!(promises(&world, 1).live[0].reveal_epoch, 1 + 5, "the new period for new ones");
    while world.net(NET).unwrap().epochs < 2 {
        world.block(&[]);
    }
    assert!(world.height < 20, "epochs come faster now");
    world.does_free(&world.reveal(0, &good()));
}

/// A subnet of four in which hotkey 4 is about to take the uid of miner 2.
fn sniped(sniper_comes_at: u64) -> World {
    let mut world = veiled(10, 1);
    world.poke_net(|net| {
        net.hyperparameters.max_uids = 4;
        net.hyperparameters.immunity_period = 0;
    });
    let come = |world: &mut World| {
        (0..4).for_each(|uid| world.poke_neuron(uid, |n| n.emission = tao(u64::from(uid != 2))));
        world.does(4, world.register(4));
        assert_eq!(world.seat(NET, 4), Some(2));
    };
    while world.height < 20 {
        match world.height + 1 {
            block if block == sniper_comes_at => come(&mut world),
            5 => drop(world.does_free(&world.commit(0, &good()))),
            13 => drop(world.does_free(&world.reveal(0, &good()))),
            _ => drop(world.block(&[])),
        }
    }
    world
}

/// B14, 10. A planted bug that this finds: leaving out what drops the newer scores.
#[test]
fn who_takes_a_uid_between_promise_and_reveal_earns_nothing_by_it() {
    let incentives = |world: &World| [2, 3].map(|uid| world.neuron(NET, uid).unwrap().incentive);
    for block in [6, 10, 12] {
        let world = sniped(block);
        assert_eq!(incentives(&world), [0, 65_535], "sniped in block {block}");
        assert_eq!(stored(&world, 0), Some(vec![(3, 65_535)]));
    }
    // In the block of the promise's view, just before it and in the block of the reveal.
    let before = sniped(3);
    assert_eq!(incentives(&before), [16_383, 49_151], "it was there to be looked at");
    let after = sniped(14);
    assert_eq!(incentives(&after), [0, 65_535]);
}

#[test]
fn who_comes_in_the_block_that_the_promise_looked_at_is_dropped_as_well() {
    let mut world = veiled(10, 1);
    world.poke_net(|net| net.hyperparameters.immunity_period = 0);
    world.run_to(3);
    world.does(4, world.register(4));
    let row = hidden(&[(2, 1), (4, 1)], 1);
    assert_eq!(world.commitment(0, &row).at, Height(4));
    assert_eq!(world.neuron(NET, 4).unwrap().registered_at, Height(4));
    world.does_free(&world.commit(0, &row));
    world.run_to(12);
    world.does_free(&world.reveal(0, &row));
    assert_eq!(stored(&world, 0), Some(vec![(2, 65_535)]));
}
