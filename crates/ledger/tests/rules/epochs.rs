//! Epochs: when they run, whom they pay, and what they leave.

use crate::world::{NET, STAKE, World, cold, hot, tao};
use weft_ledger::query::{self, NeuronSheet};
use weft_ledger::rules::EpochReceipt;
use weft_ledger::state::{Key, Read};
use weft_types::genesis::{GenesisNeuron, GenesisSubnet};
use weft_types::{Call, Height, Netuid, Rao, Uid};

fn neuron(world: &World, uid: u16) -> NeuronSheet {
    query::neuron(&world.state, NET, Uid(uid)).unwrap()
}

/// Both validators score both miners, 1 to 3, in block 2; the epoch is in block 10.
fn scored(mut world: World) -> World {
    world.run_to(1);
    world.set_weights(0, &[(2, 1), (3, 3)]);
    world.set_weights(1, &[(2, 1), (3, 3)]);
    world
}

fn first_epoch(world: &mut World) -> EpochReceipt {
    let receipts = world.run_to(10);
    assert_eq!(receipts.epochs.len(), 1);
    receipts.epochs[0].clone()
}

#[test]
fn an_epoch_is_due_a_tempo_after_the_last_and_pays_what_was_minted() {
    let mut world = scored(World::new());
    assert!(world.run_to(9).epochs.is_empty());
    let receipt = first_epoch(&mut world);
    assert_eq!(receipt.pending, tao(10));
    let parts = [receipt.owner, receipt.miners, receipt.validators, receipt.recycled];
    assert_eq!(parts.iter().map(|p| p.0).sum::<u64>() + receipt.kept.0, tao(10).0);
    let net = query::subnet(&world.state, NET).unwrap();
    assert_eq!((net.last_epoch, net.next_epoch, net.epochs), (Height(10), Height(20), 1));
    assert_eq!(net.pending, receipt.kept);
    assert!(world.run_to(19).epochs.is_empty());
    assert_eq!(world.run_to(20).epochs[0].pending.0, tao(10).0 + receipt.kept.0, "nothing lost");
}

#[test]
fn miners_and_validators_share_equally_and_miners_by_score() {
    let mut world = scored(World::new());
    let receipt = first_epoch(&mut world);
    // Without an owner its part is recycled: 18 % of ten blocks.
    assert_eq!(receipt.recycled.0, tao(10).0 * 11_796 / 65_535);
    let half = (tao(10).0 - receipt.recycled.0) / 2;
    for part in [receipt.miners.0, receipt.validators.0] {
        assert!(half.abs_diff(part) < 100, "{part} of {half}");
    }
    assert!(receipt.kept.0 < 100, "only dust is left");
    assert_eq!((neuron(&world, 2).incentive, neuron(&world, 3).incentive), (16_383, 49_151));
    let (low, high) = (world.stake(2, 2).0, world.stake(3, 3).0);
    assert!((low * 3).abs_diff(high) < 100 && low > tao(1).0, "{low} {high}");
    assert_eq!((neuron(&world, 0).dividends, neuron(&world, 1).dividends), (32_767, 32_767));
}

#[test]
fn a_neurons_emission_is_what_it_was_paid() {
    let mut world = scored(World::new());
    first_epoch(&mut world);
    for n in 0..4 {
        let before = if n < 2 { STAKE.0 } else { 0 };
        let paid = query::hotkey(&world.state, &hot(n)).unwrap().stake.0 - before;
        let said = neuron(&world, n).emission.0;
        assert!(said.abs_diff(paid) <= 1, "{n}: {said} {paid}");
        assert_eq!(neuron(&world, n).paid.0, paid, "{n}");
    }
}

/// F23.
#[test]
fn what_a_neuron_was_paid_stands_beside_what_the_epoch_worked_out_for_it() {
    let mut world = scored(World::with_net(|net| net.owner = Some(cold(3))));
    let receipt = first_epoch(&mut world);
    let owners = neuron(&world, 3);
    assert!(owners.emission.0 > tao(3).0);
    assert_eq!(owners.paid, Rao(0), "an owner's mining is recycled");
    let sum: u64 = (0..4).map(|n| neuron(&world, n).paid.0).sum();
    assert_eq!(sum, receipt.miners.0 + receipt.validators.0);
}

#[test]
fn the_owner_has_its_part_as_stake_behind_its_uid_and_nothing_for_mining() {
    let mut world = scored(World::with_net(|net| net.owner = Some(cold(3))));
    let receipt = first_epoch(&mut world);
    assert_eq!(receipt.owner.0, tao(10).0 * 11_796 / 65_535);
    assert_eq!(world.stake(3, 3), receipt.owner);
    let incentive = neuron(&world, 3).emission;
    assert_eq!(receipt.recycled, incentive, "what its miner earned is recycled");
    assert!(incentive.0 > tao(3).0);
}

#[test]
fn an_owner_without_a_neuron_has_no_part() {
    let mut world = scored(World::with_net(|net| net.owner = Some(cold(5))));
    let receipt = first_epoch(&mut world);
    assert_eq!(receipt.owner, Rao(0));
    assert_eq!(receipt.recycled.0, tao(10).0 * 11_796 / 65_535);
}

#[test]
fn an_epoch_in_which_nothing_was_scored_recycles_everything() {
    let mut world = World::with_net(|net| net.owner = Some(cold(3)));
    let issued = world.supply().issued;
    let receipt = first_epoch(&mut world);
    assert_eq!((receipt.recycled, receipt.pending), (tao(10), tao(10)));
    assert_eq!(world.supply().issued, issued, "it can be mined again");
    assert_eq!(world.supply().recycled, tao(10));
    assert_eq!([0, 1].map(|n| world.stake(n, n)), [STAKE, STAKE]);
}

#[test]
fn self_weights_are_no_work() {
    let mut world = World::new();
    world.run_to(1);
    world.set_weights(0, &[(0, 1)]);
    world.set_weights(1, &[(1, 1)]);
    assert_eq!(first_epoch(&mut world).recycled, tao(10));
}

#[test]
fn the_operator_takes_its_part_of_the_dividends_and_delegators_share_the_rest() {
    let mut world = World::new();
    let tx = world.tx(4, Call::AddStake { hotkey: hot(1), amount: STAKE });
    assert_eq!(world.run(tx), Ok(()));
    let mut world = scored(world);
    first_epoch(&mut world);
    let earned = query::hotkey(&world.state, &hot(1)).unwrap().stake.0 - 2 * STAKE.0;
    let take = earned * 11_796 / 65_535;
    let (operator, delegator) = (world.stake(1, 1).0, world.stake(1, 4).0);
    assert!(delegator.abs_diff(STAKE.0 + (earned - take) / 2) <= 2);
    assert!(operator.abs_diff(STAKE.0 + (earned - take) / 2 + take) <= 2);
}

#[test]
fn a_permit_counts_from_the_next_epoch_on_and_who_lost_it_lost_its_bonds() {
    let mut world = World::with_net(|net| net.hyperparameters.max_validators = 1);
    let tx = world.tx(4, Call::AddStake { hotkey: hot(0), amount: tao(50) });
    assert_eq!(world.run(tx), Ok(()));
    let mut world = scored(world);
    first_epoch(&mut world);
    assert_eq!((neuron(&world, 0).permit, neuron(&world, 1).permit), (true, false));
    assert!(neuron(&world, 1).dividends > 0, "its row still counted in this epoch");
    let bonds = |world: &World, uid| world.state.get(&Key::Bonds(NET, Uid(uid)));
    assert!(bonds(&world, 0).is_some());
    assert_eq!(bonds(&world, 1), None);
    world.run_to(20);
    assert_eq!(neuron(&world, 1).dividends, 0);
}

#[test]
fn a_validator_that_stops_scoring_turns_inactive_after_the_cutoff() {
    let mut world = scored(World::with_net(|net| net.hyperparameters.activity_cutoff = 12));
    world.run_to(10);
    assert!(neuron(&world, 0).active && neuron(&world, 1).active);
    world.run_to(14);
    world.set_weights(0, &[(2, 1), (3, 3)]);
    world.run_to(20);
    assert!(neuron(&world, 0).active && !neuron(&world, 1).active);
    assert_eq!(neuron(&world, 0).dividends, 65_535);
}

#[test]
fn stake_below_the_threshold_counts_for_nothing() {
    let mut world = scored(World::new());
    let tx = world.tx(1, Call::RemoveStake { hotkey: hot(1), amount: tao(60) });
    assert_eq!(world.run(tx), Ok(()));
    world.ledger = {
        let mut genesis = world.genesis.clone();
        genesis.params.stake_threshold = tao(50);
        weft_ledger::rules::Ledger::genesis(&genesis).unwrap().0
    };
    first_epoch(&mut world);
    assert_eq!((neuron(&world, 0).dividends, neuron(&world, 1).dividends), (65_535, 0));
    assert!(!neuron(&world, 1).permit);
}

/// Five subnets of one neuron each.
fn five() -> World {
    World::with(|genesis| {
        let like = genesis.subnets[0].clone();
        genesis.subnets = (1..=5)
            .map(|n| GenesisSubnet {
                netuid: Netuid(n),
                neurons: vec![GenesisNeuron { hotkey: hot(0), validator_permit: true }],
                ..like.clone()
            })
            .collect();
    })
}

#[test]
fn first_epochs_are_staggered_by_netuid() {
    let mut world = five();
    let netuids: Vec<_> = (1..=14)
        .map(|height| world.run_to(height).epochs.iter().map(|e| e.netuid.0).collect::<Vec<_>>())
        .collect();
    assert_eq!(netuids[9..], [[1], [2], [3], [4], [5]]);
    assert!(netuids[..9].iter().all(Vec::is_empty));
}

#[test]
fn a_block_runs_as_many_epochs_as_it_may_longest_due_first_and_the_rest_lose_nothing() {
    let mut world = five();
    for n in 1..=5 {
        world.poke(Key::Subnet(Netuid(n)), |value| match value {
            // All are due at once: 5 longest, 1 shortest.
            weft_ledger::state::Value::Subnet(net) => net.last_epoch = Height(20 - u64::from(n)),
            _ => panic!("a subnet stands under its key"),
        });
    }
    world.poke(Key::Chain, |value| match value {
        weft_ledger::state::Value::Chain(chain) => chain.height = Height(30),
        _ => panic!("the chain stands under its key"),
    });
    world.height = 30;
    let mut ran = Vec::new();
    for height in 31..=33 {
        let receipts = world.run_to(height);
        ran.push(receipts.epochs.iter().map(|e| (e.netuid.0, e.pending.0)).collect::<Vec<_>>());
    }
    let part = tao(1).0 / 5;
    assert_eq!(ran[0], [(5, part), (4, part)]);
    assert_eq!(ran[1], [(3, 2 * part), (2, 2 * part)]);
    assert_eq!(ran[2], [(1, 3 * part)]);
}

#[test]
fn dividends_of_a_pool_that_was_emptied_meanwhile_go_to_its_operator() {
    // Yuma 2 pays by old bonds, even to who has no stake any more.
    let mut world = World::with_net(|net| net.hyperparameters.yuma3 = false);
    world = scored(world);
    world.run_to(10);
    let all = world.stake(1, 1);
    let tx = world.tx(1, Call::RemoveStake { hotkey: hot(1), amount: all });
    assert_eq!(world.run(tx), Ok(()));
    assert_eq!(world.stake(1, 1), Rao(0));
    world.run_to(20);
    let earned = neuron(&world, 1).emission;
    assert!(earned.0 > tao(1).0);
    assert!(world.stake(1, 1).0.abs_diff(earned.0) <= 2, "{} {earned}", world.stake(1, 1));
}

#[test]
fn a_full_pool_leaves_its_part_pending() {
    let mut world = scored(World::new());
    // No chain gets there: 2^112 shares for a few rao.
    world.poke(Key::Hotkey(hot(3)), |value| match value {
        weft_ledger::state::Value::Hotkey(pool) => {
            (pool.value, pool.shares) = (Rao(1), (1 << 112) - 1);
        }
        _ => panic!("a hotkey stands under its key"),
    });
    world.poke(Key::Supply, |value| match value {
        weft_ledger::state::Value::Supply(supply) => {
            (supply.staked.0, supply.issued.0) = (supply.staked.0 + 1, supply.issued.0 + 1);
        }
        _ => panic!("the supply stands under its key"),
    });
    world.state.0.insert(
        Key::Position(hot(3), cold(3)),
        weft_ledger::state::Value::Position((1 << 112) - 1),
    );
    let receipt = first_epoch(&mut world);
    assert!(world.stake(3, 3) <= Rao(1));
    assert!(receipt.kept.0 > tao(3).0);
}
