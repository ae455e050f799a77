//! Commitments: one an epoch, of the epoch that its block belongs to, worth nothing until
//! they are revealed.

use crate::market::hidden;
use crate::world::{NET, World, cold, hot, tao};
use weft_ledger::query;
use weft_ledger::rules::{CallError, Event};
use weft_ledger::state::value::Commits;
use weft_ledger::state::{Key, Read, Value};
use weft_types::genesis::{GenesisNeuron, GenesisStake, GenesisSubnet};
use weft_types::{Call, Commitment, Height, Item, Netuid, Rao, Reveal, Uid};

/// The small chain with hidden rows: an epoch at each tenth block.
fn veiled() -> World {
    World::with_net(|net| net.hyperparameters.commit_reveal = true)
}

fn good() -> Reveal {
    hidden(&[(2, 1), (3, 1)], 7)
}

/// What the neuron of uid `uid` has promised.
pub fn promises(world: &World, uid: u16) -> Commits {
    match world.state.get(&Key::Commits(NET, Uid(uid))) {
        Some(Value::Commits(commits)) => commits,
        _ => Commits::default(),
    }
}

/// A commitment that fails does so by one name at both doors.
fn fails(world: &World, n: u16, commitment: &Commitment, want: &CallError) {
    let tx = world.free_call(n, Call::CommitWeights { commitment: *commitment });
    world.wont(&tx, want);
    if commitment.at == Height(world.height) {
        let said = world.clone().item(n, Item::Commit(*commitment));
        assert_eq!(said, Err(want.clone()));
    }
}

#[test]
fn a_commitment_is_stored_with_its_epochs_and_tells_when_it_may_be_revealed() {
    let mut world = veiled();
    world.run_to(3);
    let receipts = world.does_free(&world.commit(0, &good()));
    let (netuid, uid, reveal_epoch) = (NET, Uid(0), 1);
    let told = Event::WeightsCommitted { netuid, uid, reveal_epoch };
    assert_eq!(receipts.txs[0].events, [told]);
    let list = promises(&world, 0);
    let live = list.live[0];
    assert_eq!((live.hash, live.epoch, live.at), (good().commitment(&hot(0)), 0, Height(3)));
    assert_eq!((list.last, list.live.len(), live.reveal_epoch), (Height(3), 1, 1));
    assert_eq!(query::rows(&world.state, NET), [], "nothing is written yet");
}

#[test]
fn every_commitment_that_is_not_allowed_fails_by_name() {
    let mut world = veiled();
    world.run_to(150);
    let made = world.commitment(0, &good());
    let netuid = Netuid(9);
    fails(&world, 0, &Commitment { netuid, ..made }, &CallError::SubnetNotExists { netuid });
    let root = CallError::SubnetNotExists { netuid: Netuid(0) };
    fails(&world, 0, &Commitment { netuid: Netuid(0), ..made }, &root);
    let absent = CallError::HotKeyNotRegisteredInSubNet { hotkey: hot(30), netuid: NET };
    fails(&world, 30, &made, &absent);
    let (uid, netuid) = (Uid(2), NET);
    fails(&world, 2, &made, &CallError::NeuronNoValidatorPermit { uid, netuid });
    let height = Height(151);
    for named in [Height(152), Height(50)] {
        let stale = CallError::StaleConsent { named, height };
        fails(&world, 0, &Commitment { at: named, ..made }, &stale);
    }
    let mut open = World::new();
    fails(&open, 0, &open.commitment(0, &good()), &CallError::CommitRevealDisabled { netuid });
    open.run_to(1);
    let (have, need) = (tao(100), tao(200));
    let poor = World::with(|genesis| {
        genesis.params.stake_threshold = need;
        genesis.subnets[0].hyperparameters.commit_reveal = true;
    });
    let want = CallError::NotEnoughStakeToSetWeights { have, need };
    fails(&poor, 0, &poor.commitment(0, &good()), &want);
}

#[test]
fn there_is_one_commitment_an_epoch_and_none_is_played_back() {
    let mut world = veiled();
    world.run_to(3);
    let first = world.commit(0, &good());
    world.does_free(&first);
    let second = hidden(&[(2, 9), (3, 1)], 8);
    fails(&world, 0, &world.commitment(0, &second), &CallError::CommittedThisEpoch { epoch: 0 });
    world.wont(&first, &CallError::NotNewer { named: Height(3), last: Height(3) });
    world.does_free(&world.commit(1, &second));
    world.run_to(10);
    world.wont(&first, &CallError::NotNewer { named: Height(3), last: Height(3) });
    world.does_free(&world.commit(0, &second));
    // Long after, when nothing is live any more, the first is still not taken.
    world.run_to(60);
    world.wont(&first, &CallError::NotNewer { named: Height(3), last: Height(10) });
}

#[test]
fn a_promise_of_an_earlier_life_is_not_played_back_to_who_came_again() {
    let mut world = veiled();
    world.poke_net(|net| {
        net.hyperparameters.max_uids = 4;
        net.hyperparameters.immunity_period = 0;
    });
    world.run_to(3);
    let old = world.commit(1, &good());
    world.does_free(&old);
    world.run_to(10);
    for n in [4, 1] {
        for uid in 0..4 {
            let goes = u64::from(uid != 1);
            world.poke_neuron(uid, |neuron| neuron.emission = tao(goes));
        }
        world.does(n, world.register(n));
        assert_eq!(world.seat(NET, n), Some(1));
    }
    world.poke_neuron(1, |neuron| neuron.validator_permit = true);
    // It would bind the epoch's one commitment to an old row.
    let last = world.neuron(NET, 1).unwrap().registered_at;
    world.wont(&old, &CallError::NotNewer { named: Height(3), last });
    world.does_free(&world.commit(1, &good()));
}

/// A planted bug that this finds: taking the number of epochs that have run.
#[test]
fn in_the_block_of_an_epoch_a_commitment_belongs_to_the_next() {
    for (block, epoch) in [(9, 0), (10, 1), (11, 1), (19, 1), (20, 2)] {
        let mut world = veiled();
        world.run_to(block - 1);
        let receipts = world.does_free(&world.commit(0, &good()));
        assert_eq!(receipts.epochs.len(), usize::from(block % 10 == 0));
        assert_eq!(promises(&world, 0).live[0].epoch, epoch, "block {block}");
    }
    let mut world = veiled();
    world.run_to(8);
    world.does_free(&world.commit(0, &good()));
    world.does_free(&world.commit(0, &hidden(&[(2, 5)], 1)));
    let epochs: Vec<_> = promises(&world, 0).live.iter().map(|c| c.epoch).collect();
    assert_eq!((world.height, epochs), (10, vec![0, 1]), "in two blocks, of two epochs");
}

#[test]
fn an_epoch_that_must_wait_does_not_count_before_it_runs() {
    let mut world = World::with(|genesis| {
        genesis.params.max_epochs_per_block = 1;
        let net = &mut genesis.subnets[0];
        net.hyperparameters.commit_reveal = true;
        let neurons = vec![GenesisNeuron { hotkey: hot(0), validator_permit: true }];
        let like = net.clone();
        genesis.subnets.push(GenesisSubnet { netuid: Netuid(2), neurons, ..like });
    });
    // Subnet 2 is due one block earlier than subnet 1 and goes first.
    world.poke_subnet(Netuid(2), |net| net.last_epoch = Height(0));
    world.poke_net(|net| net.last_epoch = Height(0));
    world.poke_subnet(Netuid(2), |net| net.hyperparameters.tempo = 9);
    world.run_to(8);
    world.poke_subnet(Netuid(2), |net| net.hyperparameters.tempo = 10);
    world.poke_net(|net| net.hyperparameters.tempo = 9);
    world.run_to(9);
    world.poke_net(|net| net.hyperparameters.tempo = 10);
    // Of two that are due at once the lower number runs; the other one waits a block.
    let net = world.net(NET).unwrap();
    assert_eq!((net.epochs, net.last_epoch), (1, Height(9)));
    let mut late = hidden(&[(0, 1)], 3);
    late.netuid = Netuid(2);
    world.poke_net(|net| net.last_epoch = Height(0));
    let receipts = world.does_free(&world.commit(0, &late));
    assert_eq!(receipts.epochs[0].netuid, NET);
    assert_eq!(receipts.events, [Event::EpochDeferred { netuid: Netuid(2) }]);
    let Some(Value::Commits(list)) = world.state.get(&Key::Commits(Netuid(2), Uid(0))) else {
        panic!("it was stored")
    };
    assert_eq!(list.live[0].epoch, 0, "the epoch it was made in goes on");
    let desk =
        query::market::row_desk(&world.state, world.ledger.params(), Netuid(2), &hot(0)).unwrap();
    assert_eq!(desk.epoch, 1, "and ends in the next block");
    assert_eq!(world.block(&[]).epochs[0].netuid, Netuid(2));
}

#[test]
fn the_owner_commits_without_permit_or_stake() {
    let mut world = World::with(|genesis| {
        genesis.params.stake_threshold = Rao(1);
        genesis.subnets[0].owner = Some(cold(2));
        genesis.subnets[0].hyperparameters.commit_reveal = true;
    });
    world.run_to(1);
    world.does_free(&world.commit(2, &hidden(&[(1, 1), (3, 1)], 1)));
    assert_eq!(promises(&world, 2).live.len(), 1);
}

#[test]
fn a_commitment_is_no_sign_of_life_and_a_reveal_is() {
    let mut world = World::with_net(|net| {
        net.hyperparameters.commit_reveal = true;
        net.hyperparameters.activity_cutoff = 12;
    });
    let updated = |world: &World| world.neuron(NET, 0).unwrap().last_update;
    world.run_to(5);
    world.does_free(&world.commit(0, &good()));
    assert_eq!(updated(&world), Height(0));
    world.run_to(12);
    world.does_free(&world.commit(1, &good()));
    world.does_free(&world.reveal(0, &good()));
    assert_eq!(updated(&world), Height(14));
    world.run_to(20);
    let active = [0, 1].map(|uid| world.neuron(NET, uid).unwrap().active);
    assert_eq!(active, [true, false], "who only commits falls asleep");
}

/// Twelve neurons, ten of which have permits.
fn crowd() -> World {
    World::with(|genesis| {
        let net = &mut genesis.subnets[0];
        net.hyperparameters.commit_reveal = true;
        net.neurons.clear();
        genesis.stakes.clear();
        for n in 0..12 {
            let stake = if n < 10 { tao(10) } else { Rao(0) };
            genesis.stakes.push(GenesisStake { hotkey: hot(n), coldkey: cold(n), stake });
            net.neurons.push(GenesisNeuron { hotkey: hot(n), validator_permit: n < 10 });
        }
    })
}

#[test]
fn ten_hotkeys_commit_and_reveal_side_by_side() {
    let mut world = crowd();
    world.run_to(4);
    let rows: Vec<Reveal> =
        (0..10).map(|n| hidden(&[(10, n + 1), (11, 10)], u8::try_from(n).unwrap())).collect();
    let txs: Vec<_> = (0..10).zip(&rows).map(|(n, row)| world.commit(n, row)).collect();
    assert!(world.block(&txs).txs.iter().all(|tx| tx.result.is_ok()));
    world.run_to(12);
    // Nobody reveals another's: the hash binds the hotkey.
    world.wont(&world.reveal(0, &rows[1]), &CallError::InvalidRevealCommitHashNotMatch);
    let txs: Vec<_> = (0..10).rev().map(|n| world.reveal(n, &rows[usize::from(n)])).collect();
    assert!(world.block(&txs).txs.iter().all(|tx| tx.result.is_ok()));
    assert_eq!(query::rows(&world.state, NET).len(), 10);
    world.run_to(20);
    let [low, high] = [10, 11].map(|uid| world.neuron(NET, uid).unwrap().incentive);
    assert!(low > 0 && high > low, "{low} {high}");
}

/// I4: one check and one apply for both doors.
#[test]
fn both_doors_give_the_same_state() {
    let (mut by_tx, mut by_share) = (veiled(), veiled());
    for world in [&mut by_tx, &mut by_share] {
        world.run_to(3);
    }
    by_tx.does_free(&by_tx.commit(0, &good()));
    let commitment = by_share.commitment(0, &good());
    assert_eq!(by_share.item(0, Item::Commit(commitment)), Ok(()));
    assert_eq!(by_tx.state.uncounted(), by_share.state.uncounted());
    for world in [&mut by_tx, &mut by_share] {
        world.run_to(12);
    }
    by_tx.does_free(&by_tx.reveal(0, &good()));
    assert_eq!(by_share.item(0, Item::Reveal(good())), Ok(()));
    assert_eq!(by_tx.state.uncounted(), by_share.state.uncounted());
    by_tx.run_to(20);
    by_share.run_to(20);
    assert_eq!(by_tx.state.uncounted(), by_share.state.uncounted());
}

#[test]
fn an_item_of_a_share_has_looked_at_the_shares_target() {
    let mut world = veiled();
    world.run_to(5);
    for at in [4, 6] {
        let (view, target) = (Height(at), Height(5));
        let commitment = Commitment { at: view, ..world.commitment(0, &good()) };
        let said = world.clone().item(0, Item::Commit(commitment));
        assert_eq!(said, Err(CallError::RowNotOfTarget { view, target }));
    }
}
