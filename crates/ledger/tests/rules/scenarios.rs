//! Scenarios of the live chain's own tests as blocks and what the chain then says, with the
//! numbers given there. An epoch runs in every block and pays a TAO, all of it to miners and
//! validators. Stakes are millions of TAO, so that what is paid does not move them.
//!
//! Where nothing is scored the live chain pays by stake; here it is recycled, and the
//! scenario holds that instead.

use crate::world::{NET, World, cold, hot, tao};
use weft_ledger::query::{self, NeuronSheet};
use weft_ledger::rules::EpochReceipt;
use weft_ledger::state::{Key, Read, Value};
use weft_types::genesis::{GenesisNeuron, GenesisStake, GenesisSubnet};
use weft_types::{Call, Genesis, Netuid, Rao, Uid};

/// What an epoch pays.
const E: u64 = 1_000_000_000;

type Row = Vec<(u16, u16)>;

/// A subnet of neurons with these stakes, in units of `unit` TAO; whoever has stake validates.
fn stage(unit: u64, stakes: &[u64], change: impl FnOnce(&mut GenesisSubnet)) -> World {
    let is_validator = |at: usize| stakes[at] > 0;
    of((unit, stakes), is_validator, |genesis| change(&mut genesis.subnets[0]))
}

fn of(
    (unit, stakes): (u64, &[u64]),
    is_validator: impl Fn(usize) -> bool,
    change: impl FnOnce(&mut Genesis),
) -> World {
    let mut world = World::with(|genesis| {
        let params = &mut genesis.params;
        (params.owner_cut, params.default_take) = (0, 0);
        let stake = |(n, units): (u16, &u64)| GenesisStake {
            hotkey: hot(n),
            coldkey: cold(n),
            stake: tao(units * unit),
        };
        genesis.stakes = (0..).zip(stakes).map(stake).collect();
        let net = &mut genesis.subnets[0];
        let numbers = &mut net.hyperparameters;
        (numbers.tempo, numbers.weights_rate_limit) = (1, 0);
        (numbers.kappa, numbers.yuma3, numbers.liquid_alpha) = (32_767, false, false);
        (numbers.bonds_moving_avg, numbers.bonds_penalty) = (900_000, u16::MAX);
        let neuron = |(at, n)| GenesisNeuron { hotkey: hot(n), validator_permit: is_validator(at) };
        net.neurons = (0..stakes.len()).zip(0..).map(neuron).collect();
        change(genesis);
    });
    // Nothing that was there in the block a row looked at counts in it.
    world.run_to(1);
    world
}

/// One epoch, before which these neurons set these rows.
fn epoch(world: &mut World, rows: &[(u16, Row)]) -> EpochReceipt {
    let set = |(n, row): &(u16, Row)| world.free_call(*n, Call::SetWeights { row: world.row(row) });
    let txs: Vec<_> = rows.iter().map(set).collect();
    let receipts = world.block(&txs);
    for tx in &receipts.txs {
        assert_eq!(tx.result, Ok(()));
    }
    assert_eq!(receipts.epochs.len(), 1);
    receipts.epochs[0].clone()
}

fn neuron(world: &World, uid: u16) -> NeuronSheet {
    query::neuron(&world.state, NET, Uid(uid)).unwrap()
}

/// What the first `count` neurons earned.
fn emissions(world: &World, count: u16) -> Vec<u64> {
    (0..count).map(|uid| neuron(world, uid).emission.0).collect()
}

/// What the validators 0 to `validators` hold in a neuron.
fn bonds(world: &World, to: u16, validators: u16) -> Vec<u16> {
    let cell = |uid| match world.state.get(&Key::Bonds(NET, Uid(uid))) {
        Some(Value::Bonds(row)) => row.iter().find(|(at, _)| *at == Uid(to)).map_or(0, |b| b.1),
        _ => 0,
    };
    (0..validators).map(cell).collect()
}

fn near(got: &[u16], want: &[u16]) {
    let close = got.len() == want.len() && got.iter().zip(want).all(|(a, b)| a.abs_diff(*b) <= 1);
    assert!(close, "{got:?} instead of {want:?}");
}

/// The same within ten rao: stakes have grown by what was paid, and dust waited.
fn close(got: &[u64], want: &[u64]) {
    let close = got.len() == want.len() && got.iter().zip(want).all(|(a, b)| a.abs_diff(*b) <= 10);
    assert!(close, "{got:?} instead of {want:?}");
}

/// Dividends of the first validators, each within a thousandth.
fn dividends(world: &World, want: &[f64]) {
    for (uid, want) in (0..).zip(want) {
        let got = f64::from(neuron(world, uid).dividends) / 65_535.0;
        assert!((got - want).abs() <= 1e-3, "uid {uid}: {got} instead of {want}");
    }
}

fn all(to: impl IntoIterator<Item = u16>) -> Row {
    to.into_iter().map(|uid| (uid, u16::MAX)).collect()
}

#[test]
fn neurons_that_score_only_themselves_earn_nothing_and_it_is_recycled() {
    for count in [1, 10] {
        let mut world = stage(100_000, &vec![1; usize::from(count)], |_| ());
        let rows: Vec<_> = (0..count).map(|n| (n, all([n]))).collect();
        let receipt = epoch(&mut world, &rows);
        assert_eq!((receipt.pending, receipt.recycled), (Rao(E), Rao(E)));
        for uid in 0..count {
            let said = neuron(&world, uid);
            assert_eq!((said.incentive, said.dividends, said.consensus), (0, 0, 0));
        }
    }
}

#[test]
fn sixty_four_equal_validators_and_192_equal_miners_share_evenly() {
    let mut stakes = vec![1; 64];
    stakes.extend([0; 192]);
    let mut world = stage(100_000, &stakes, |_| ());
    let miners = all(64..256);
    let rows: Vec<_> = (0..64).map(|n| (n, miners.clone())).collect();
    for turn in 0..3 {
        epoch(&mut world, if turn == 0 { &rows } else { &[] });
        for uid in 0..64 {
            let said = neuron(&world, uid);
            assert_eq!(said.dividends, 1_023);
            close(&[said.emission.0], &[7_812_500]);
        }
        for uid in 64..256 {
            let said = neuron(&world, uid);
            assert_eq!((said.incentive, said.consensus), (65_535 / 192, 65_535 / 192));
            close(&[said.emission.0], &[E / 384]);
            near(&bonds(&world, uid, 2), &[65_535; 2]);
        }
    }
}

#[test]
fn bonds_of_who_stops_scoring_decay_and_a_minority_moves_none() {
    let mut world = stage(1_000_000, &[1, 2, 3, 4, 0, 0, 0, 0], |_| ());
    let row = vec![(4, 16_383), (5, 32_767), (6, 49_149), (7, 65_535)];
    let rows: Vec<_> = (0..4).map(|n| (n, row.clone())).collect();
    epoch(&mut world, &rows);
    assert_eq!(
        emissions(&world, 8),
        [
            49_999_998,
            99_999_999,
            150_000_000,
            200_000_001,
            49_998_779,
            100_000_610,
            149_996_337,
            200_004_272
        ]
    );
    near(&bonds(&world, 7, 4), &[16_383, 32_767, 49_151, 65_535]);
    epoch(&mut world, &[(0, all([0]))]);
    near(&bonds(&world, 7, 4), &[14_582, 32_767, 49_151, 65_535]);
    dividends(&world, &[0.0900, 0.2022, 0.3033, 0.4044]);
    epoch(&mut world, &[(1, all([1]))]);
    near(&bonds(&world, 7, 4), &[12_603, 28_321, 49_151, 65_535]);
    dividends(&world, &[0.0810, 0.1820, 0.3159, 0.4211]);
    // Only 0.4 of the stake scores: less than kappa.
    let receipt = epoch(&mut world, &[(2, all([2]))]);
    assert_eq!(receipt.recycled, receipt.pending);
    near(&bonds(&world, 7, 4), &[12_602, 28_320, 49_150, 65_535]);
    epoch(&mut world, &[(2, all([7]))]);
    assert!(neuron(&world, 7).consensus.abs_diff(26_214) <= 1, "0.4");
    assert_eq!(neuron(&world, 7).incentive, u16::MAX);
    near(&bonds(&world, 7, 4), &[10_951, 24_609, 49_150, 65_535]);
    dividends(&world, &[0.0729, 0.1638, 0.3271, 0.4362]);
    for want in [[9_559, 21_482, 49_150, 65_535], [8_376, 18_824, 49_150, 65_535]] {
        epoch(&mut world, &[]);
        near(&bonds(&world, 7, 4), &want);
    }
}

#[test]
fn an_inactive_validator_loses_bonds_and_earns_them_back() {
    let validates = |at| at < 2;
    let mut world = of((1_000_000, &[1; 4]), validates, |genesis| {
        genesis.subnets[0].hyperparameters.activity_cutoff = 5;
    });
    let halves = all([2, 3]);
    epoch(&mut world, &[(0, halves.clone()), (1, halves.clone())]);
    assert_eq!(emissions(&world, 4), [250_000_000; 4]);
    assert_eq!([0, 1].map(|uid| neuron(&world, uid).dividends), [32_767; 2]);
    while neuron(&world, 1).active {
        epoch(&mut world, &[(0, halves.clone())]);
    }
    assert_eq!([0, 1].map(|uid| neuron(&world, uid).dividends), [36_044, 29_490]);
    close(&emissions(&world, 2), &[274_999_999, 224_999_999]);
    assert_eq!(bonds(&world, 2, 2), [65_535, 53_619]);
    epoch(&mut world, &[(1, halves)]);
    assert_eq!([0, 1].map(|uid| neuron(&world, uid).dividends), [35_716, 29_818]);
    close(&emissions(&world, 2), &[272_501_132, 227_498_866]);
    assert_eq!(bonds(&world, 2, 2), [65_535, 54_712]);
}

#[test]
fn a_weight_older_than_its_miner_does_not_count() {
    let mut world = of(
        (1_000_000, &[1; 4]),
        |_| true,
        |genesis| {
            let numbers = &mut genesis.subnets[0].hyperparameters;
            (numbers.max_uids, numbers.immunity_period) = (4, 1);
        },
    );
    let row = vec![(2, 65_535), (3, 32_768)];
    epoch(&mut world, &[(0, row.clone()), (1, row.clone())]);
    assert_eq!(emissions(&world, 4), [250_000_000, 250_000_000, 333_331_637, 166_668_361]);
    // Another takes uid 3, which earned least; only the first validator scores it then.
    let call = world.register(5);
    world.does(5, call);
    assert_eq!(world.seat(NET, 5), Some(3));
    world.block(&[]);
    epoch(&mut world, &[(0, row)]);
    assert!(neuron(&world, 2).consensus.abs_diff(43_690) <= 1, "0.6667");
    assert_eq!([2, 3].map(|uid| neuron(&world, uid).incentive), [65_535, 0]);
    assert_eq!([2, 3].map(|uid| neuron(&world, uid).emission.0), [500_000_000, 0]);
    assert_eq!(neuron(&world, 0).dividends, 32_767);
}

#[test]
fn a_lone_validator_is_paid_when_and_while_it_scores_a_miner_that_is_there() {
    let mut world = stage(1_000_000, &[1, 0], |net| {
        (net.hyperparameters.max_uids, net.hyperparameters.immunity_period) = (2, 1);
    });
    let nothing = epoch(&mut world, &[]);
    assert_eq!(nothing.recycled, Rao(E), "nobody has scored");
    epoch(&mut world, &[(0, all([1]))]);
    assert_eq!(emissions(&world, 2), [500_000_000; 2]);
    let call = world.register(5);
    let receipts = world.does(5, call);
    assert_eq!(world.seat(NET, 5), Some(1));
    assert_eq!(receipts.epochs[0].recycled, Rao(E), "who was scored is gone");
    world.block(&[]);
    epoch(&mut world, &[(0, all([1]))]);
    assert_eq!(emissions(&world, 2), [500_000_000; 2]);
}

#[test]
fn permits_go_to_the_largest_stakes_and_move_with_them() {
    for (count, most) in [(2_u16, 1_u16), (4, 2), (8, 4)] {
        for order in 0..3_u16 {
            // Who is rich: the first, the last, or every other one.
            let is_rich = |n: u16| match order {
                0 => n < most,
                1 => n >= count - most,
                _ => n.is_multiple_of(2),
            };
            let stakes: Vec<u64> = (0..count).map(|n| if is_rich(n) { 2 } else { 1 }).collect();
            let mut world = of(
                (100_000, &stakes),
                |_| true,
                |genesis| {
                    genesis.subnets[0].hyperparameters.max_validators = most;
                    for n in 0..count {
                        genesis.accounts.retain(|a| a.key != cold(n));
                        let free = tao(200_000);
                        let key = cold(n);
                        genesis.accounts.push(weft_types::genesis::GenesisAccount { key, free });
                    }
                },
            );
            let permits = |world: &World| -> Vec<bool> {
                (0..count).map(|uid| neuron(world, uid).permit).collect()
            };
            assert_eq!(permits(&world), (0..count).map(is_rich).collect::<Vec<_>>());
            for n in (0..count).filter(|n| !is_rich(*n)) {
                let amount = tao(150_000);
                world.does(n, Call::AddStake { hotkey: hot(n), amount });
            }
            epoch(&mut world, &[]);
            let now = permits(&world);
            assert_eq!(now.iter().filter(|p| **p).count(), usize::from(most));
            assert!((0..count).filter(|n| is_rich(*n)).all(|n| !now[usize::from(n)]));
        }
    }
}

#[test]
fn the_owners_score_of_itself_counts() {
    let mut world = stage(1_000_000, &[1, 0], |net| net.owner = Some(cold(0)));
    epoch(&mut world, &[(0, all([0, 1]))]);
    let incentive = [0, 1].map(|uid| neuron(&world, uid).incentive);
    assert_eq!(incentive[0], incentive[1]);
    assert!(incentive[0] > 0);
}

/// Who of three validators scores the second of two miners, epoch by epoch, under Yuma 3.
fn moves(stakes: [u64; 3], is_liquid: bool, change: impl FnOnce(&mut GenesisSubnet)) -> World {
    let [a, b, c] = stakes;
    stage(100_000, &[a, b, c, 0, 0], |net| {
        let numbers = &mut net.hyperparameters;
        (numbers.yuma3, numbers.liquid_alpha) = (true, is_liquid);
        (numbers.bonds_moving_avg, numbers.bonds_penalty) = (975_000, 0);
        (numbers.alpha_low, numbers.alpha_high) = (6_553, 19_660);
        change(net);
    })
}

fn step(world: &mut World, on_second: [bool; 3]) {
    let rows: Vec<_> = (0..3)
        .zip(on_second)
        // A score of nothing is a score too: it moves bonds.
        .map(|(n, second)| (n, if second { vec![(3, 0), (4, 1)] } else { vec![(3, 1), (4, 0)] }))
        .collect();
    epoch(world, &rows);
}

fn play(stakes: [u64; 3], is_liquid: bool, epochs: [[bool; 3]; 6], want: [[f64; 3]; 6]) {
    let mut world = moves(stakes, is_liquid, |_| ());
    for (on_second, want) in epochs.into_iter().zip(want) {
        step(&mut world, on_second);
        dividends(&world, &want);
    }
}

const ALL: [bool; 3] = [true; 3];
const NONE: [bool; 3] = [false; 3];
const START: [f64; 3] = [0.8, 0.1, 0.1];

#[test]
fn whoever_moves_to_a_better_miner_first_second_or_last_earns_as_on_the_live_chain() {
    let (first, second) = ([true, false, false], [false, true, false]);
    let both = [true, true, false];
    play(
        [8, 1, 1],
        true,
        [NONE, first, both, ALL, ALL, ALL],
        [
            START,
            [1.0, 0.0, 0.0],
            [0.9382, 0.0618, 0.0],
            [0.8819, 0.0773, 0.0407],
            [0.8564, 0.0844, 0.0592],
            [0.8418, 0.0884, 0.0697],
        ],
    );
    play(
        [8, 1, 1],
        true,
        [NONE, second, both, ALL, ALL, ALL],
        [
            START,
            [0.8446, 0.0498, 0.1056],
            [0.6868, 0.3132, 0.0],
            [0.7421, 0.2090, 0.0489],
            [0.7625, 0.1706, 0.0669],
            [0.7730, 0.1508, 0.0762],
        ],
    );
    play(
        [8, 1, 1],
        true,
        [NONE, second, [false, true, true], ALL, ALL, ALL],
        [
            START,
            [0.8446, 0.0498, 0.1056],
            [0.8966, 0.0333, 0.0701],
            [0.4663, 0.3210, 0.2127],
            [0.5976, 0.2340, 0.1683],
            [0.6592, 0.1932, 0.1475],
        ],
    );
}

#[test]
fn one_epoch_on_another_miner_costs_for_a_while_with_liquid_alpha_or_without() {
    let even = [0.33, 0.33, 0.34];
    let switch = [NONE, NONE, [false, false, true], NONE, NONE, NONE];
    let liquid = [
        [0.3782, 0.3782, 0.2436],
        [0.3628, 0.3628, 0.2745],
        [0.3541, 0.3541, 0.2917],
        [0.3487, 0.3487, 0.3026],
    ];
    let [a, b, c, d] = liquid;
    play([33, 33, 34], true, switch, [even, even, a, b, c, d]);
    let fixed = [
        [0.3734, 0.3734, 0.2532],
        [0.3611, 0.3611, 0.2779],
        [0.3541, 0.3541, 0.2919],
        [0.3495, 0.3495, 0.3009],
    ];
    let [a, b, c, d] = fixed;
    play([33, 33, 34], false, switch, [even, even, a, b, c, d]);
}

#[test]
fn liquid_alpha_with_equal_bounds_is_the_plain_moving_average() {
    let switch = [NONE, NONE, [false, false, true], NONE, ALL, ALL];
    let outcome = |is_liquid| {
        let mut world = moves([33, 33, 34], is_liquid, |net| {
            let numbers = &mut net.hyperparameters;
            (numbers.alpha_low, numbers.alpha_high) = (6_554, 6_554);
            numbers.bonds_moving_avg = 900_000;
        });
        let mut said = Vec::new();
        for on_second in switch {
            step(&mut world, on_second);
            said.push([0, 1, 2].map(|uid| neuron(&world, uid).dividends));
        }
        said
    };
    for (liquid, plain) in outcome(true).into_iter().zip(outcome(false)) {
        assert!(liquid.iter().zip(plain).all(|(a, b)| a.abs_diff(b) <= 2), "{liquid:?} {plain:?}");
    }
}

#[test]
fn a_validator_a_miner_that_validates_and_a_miner_earn_one_two_and_one_quarter() {
    let validates = |at| at < 2;
    let mut world = of((1_000_000, &[1, 1, 0]), validates, |genesis| {
        genesis.subnets[0].hyperparameters.kappa = 13_107;
    });
    epoch(&mut world, &[(0, all([1])), (1, all([2]))]);
    for (got, want) in emissions(&world, 3).iter().zip([E / 4, E / 2, E / 4]) {
        assert!(got.abs_diff(want) <= 10, "{got} instead of {want}");
    }
}

#[test]
fn what_a_block_emits_raises_issuance_and_stake_by_as_much_and_is_shared_to_the_rao() {
    let mut world = stage(1_000_000, &[1, 0], |_| ());
    let before = world.supply();
    epoch(&mut world, &[(0, all([1]))]);
    let after = world.supply();
    assert_eq!(after.issued.0 - before.issued.0, E);
    let kept = after.pending.0 - before.pending.0;
    assert_eq!(after.staked.0 - before.staked.0, E - kept);
    assert!(kept <= 2, "dust: {kept}");

    let mut three = World::with(|genesis| {
        let first = genesis.subnets[0].clone();
        let net = |n| GenesisSubnet { netuid: Netuid(n), ..first.clone() };
        genesis.subnets = (1..=3).map(net).collect();
    });
    three.run_to(1);
    let pending = [1, 2, 3].map(|n| three.net(Netuid(n)).unwrap().pending.0);
    assert!(pending.iter().all(|p| p.abs_diff(E / 3) <= 1), "{pending:?}");
    assert_eq!(pending.iter().sum::<u64>(), E);
}

#[test]
fn an_owners_cut_of_nothing_or_of_all_is_just_that() {
    for (cut, owner) in [(0, 0), (u16::MAX, E)] {
        let validates = |at| at == 0;
        let mut world = of((1_000_000, &[1, 0, 0]), validates, |genesis| {
            genesis.params.owner_cut = cut;
            genesis.subnets[0].owner = Some(cold(2));
        });
        let receipt = epoch(&mut world, &[(0, all([1]))]);
        assert_eq!(receipt.owner.0, owner, "{cut}");
    }
}

#[test]
fn incentive_of_the_owners_miner_is_recycled_and_another_miner_is_paid() {
    let mut world = stage(1_000_000, &[1, 0, 0], |net| net.owner = Some(cold(2)));
    let receipt = epoch(&mut world, &[(0, all([1, 2]))]);
    assert_eq!(receipt.recycled.0, neuron(&world, 2).emission.0);
    assert!(receipt.recycled.0.abs_diff(E / 4) <= 1 && receipt.miners.0.abs_diff(E / 4) <= 1);
}
