//! Who votes next, what stake behind voters may do, and what voting pays: R12, R13, R15,
//! R18, and R8's power and trust.

use crate::world::{FEE, NET, World, cold, hot, tao};
use weft_ledger::query;
use weft_ledger::query::voters::{OfferLacks, offer_due, offer_lacks};
use weft_ledger::rules::Event;
use weft_ledger::state::value::Chain;
use weft_ledger::state::{Key, Read, Value};
use weft_types::genesis::{GenesisNeuron, GenesisStake, GenesisVoter};
use weft_types::{
    Call, Genesis, Height, Item, Netuid, Parameter, Power, PublicKey, Rao, Tx, Uid, VoterSet,
    VoterSets, WeightRow,
};

/// Blocks between rotations.
pub const TURN: u64 = 20;

/// Validators 0 to 5 with 100, 200, ... TAO and permits; 0 and 1 are the voters of genesis.
/// Nobody is immune, and nothing is paid but what a test turns on.
pub fn voters(change: impl FnOnce(&mut Genesis)) -> World {
    let mut world = World::with(|genesis| {
        let params = &mut genesis.params;
        (params.rotation_blocks, params.unbonding_blocks, params.exit_blocks) = (TURN, 80, 4);
        params.max_voters = 5;
        let stake = |n: u16| GenesisStake {
            hotkey: hot(n),
            coldkey: cold(n),
            stake: tao(100 * u64::from(n + 1)),
        };
        genesis.stakes = (0..6).map(stake).collect();
        let voter = |n| GenesisVoter { hotkey: hot(n), coldkey: cold(n), power: Power(1) };
        genesis.voters = (0..2).map(voter).collect();
        let neuron = |n| GenesisNeuron { hotkey: hot(n), validator_permit: true };
        genesis.subnets[0].neurons = (0..6).map(neuron).collect();
        change(genesis);
    });
    world.run_to(1);
    world
}

fn chain(world: &World) -> Chain {
    match world.state.get(&Key::Chain) {
        Some(Value::Chain(chain)) => *chain,
        other => panic!("{other:?} is no chain"),
    }
}

pub fn sets(world: &World) -> VoterSets {
    chain(world).voters
}

/// The voters of a set as numbers of hotkeys, and their power in TAO.
pub fn members(set: &VoterSet) -> Vec<(u16, u64)> {
    let number = |key: &PublicKey| (0..9).find(|n| hot(*n) == *key).unwrap();
    let mut list: Vec<_> =
        set.voters.iter().map(|v| (number(&v.key), v.power.0 / tao(1).0)).collect();
    list.sort_unstable();
    list
}

fn join(world: &World, n: u16) -> Tx {
    world.free_call(n, Call::JoinVoters { netuid: NET, at: Height(world.height) })
}

/// A block whose shares are those of these voters, with these calls.
pub fn block(world: &mut World, carried: &[u16], txs: &[Tx]) -> Vec<Event> {
    let mut items: Vec<(PublicKey, Vec<Item>)> =
        carried.iter().map(|n| (hot(*n), Vec::new())).collect();
    items.sort_by_key(|(key, _)| *key);
    world.try_block(&items, txs).unwrap().events
}

/// Runs to a height; these have rows and renew their offers in every quarter, except those
/// that `skips` names with the quarter.
pub fn offer(world: &mut World, until: u64, who: &[u16], skips: &[(u16, u64)]) -> Vec<Event> {
    let mut told = Vec::new();
    while world.height < until {
        let (within, mut txs) = (world.height % TURN, Vec::new());
        for n in who.iter().copied() {
            if within == 1 {
                let row = world.row(&[((n + 1) % 6, 1)]);
                txs.push(world.free_call(n, Call::SetWeights { row }));
            }
            if within % 5 == 2 && !skips.contains(&(n, within / 5)) {
                txs.push(join(world, n));
            }
        }
        told.extend(block(world, &[0, 1], &txs));
    }
    told
}

// R12, R13: those who offered themselves and kept it up vote next.
#[test]
fn at_a_rotation_height_the_offered_become_the_voters_and_both_sets_decide_until_it_is_final() {
    let mut world = voters(|_| ());
    offer(&mut world, 20, &[0, 2, 3], &[]);
    // Nobody had stake noted at a rotation before: there is nobody to take.
    assert_eq!(members(&sets(&world).current), [(0, 0), (1, 0)]);
    let told = offer(&mut world, 40, &[0, 2, 3], &[]);
    let now = sets(&world);
    assert_eq!(members(&now.current), [(0, 100), (2, 300), (3, 400)]);
    assert_eq!(members(now.previous.as_ref().unwrap()), [(0, 0), (1, 0)]);
    let power = tao(800);
    assert!(told.iter().any(|e| matches!(e, Event::VotersRotated { voters: 3, power: p } if p.0.abs_diff(power.0) < tao(10).0)));
    // It is not final: the next height goes by.
    offer(&mut world, 60, &[0, 2, 3, 4], &[]);
    assert_eq!(sets(&world), now);
    // The block of the rotation is final: the old set is let go at once, and rotation goes on.
    world.finalized = 40;
    offer(&mut world, 61, &[0, 2, 3, 4], &[]);
    assert_eq!(sets(&world).previous, None);
    assert_eq!(sets(&world).current, now.current);
    offer(&mut world, 80, &[0, 2, 3, 4], &[]);
    assert_eq!(members(sets(&world).previous.as_ref().unwrap()).len(), 3);
}

// R10, R12: one round below the rotation is not enough.
#[test]
fn a_final_block_below_the_rotation_lets_nobody_go() {
    let mut world = voters(|_| ());
    offer(&mut world, 40, &[2], &[]);
    world.finalized = 39;
    world.block(&[]);
    assert!(sets(&world).previous.is_some());
    world.finalized = 40;
    world.block(&[]);
    assert!(sets(&world).previous.is_none());
}

// R13.
#[test]
fn an_offer_that_skips_a_quarter_is_not_taken() {
    for quarter in 0..4 {
        let mut world = voters(|_| ());
        offer(&mut world, 20, &[2, 3], &[]);
        offer(&mut world, 40, &[2, 3], &[(3, quarter)]);
        assert_eq!(members(&sets(&world).current), [(2, 300)], "quarter {quarter}");
    }
}

// R13.
#[test]
fn the_largest_are_taken_and_too_few_change_nothing() {
    let mut world = voters(|genesis| genesis.params.max_voters = 2);
    offer(&mut world, 40, &[2, 3, 4], &[]);
    assert_eq!(members(&sets(&world).current), [(3, 400), (4, 500)]);
    let mut world = voters(|genesis| genesis.params.min_voters = 4);
    offer(&mut world, 40, &[2, 3, 4], &[]);
    assert_eq!(members(&sets(&world).current), [(0, 0), (1, 0)]);
    assert_eq!(sets(&world).previous, None);
}

// R13: nobody is voted for by a candidate without a row or a permit.
#[test]
fn who_lost_its_permit_or_let_its_rows_grow_old_is_not_taken() {
    let mut world = voters(|_| ());
    offer(&mut world, 39, &[2, 3], &[]);
    world.poke_neuron(3, |neuron| neuron.validator_permit = false);
    world.poke_net(|net| net.hyperparameters.tempo = 1_000);
    world.block(&[]);
    assert_eq!(members(&sets(&world).current), [(2, 300)]);
    let lacks = |world: &World, n| offer_lacks(&world.state, &world.genesis.params, &hot(n));
    let (netuid, uid) = (NET, Uid(3));
    let row = OfferLacks::Row { netuid, uid: Uid(4) };
    let said = [2, 3, 4, 8].map(|n| lacks(&world, n));
    let permit = OfferLacks::Permit { netuid, uid };
    assert_eq!(said, [None, Some(permit), Some(row), Some(OfferLacks::Seat)]);
    let mut world = voters(|genesis| {
        genesis.subnets[0].hyperparameters.activity_cutoff = 17;
    });
    offer(&mut world, 22, &[2, 3], &[]);
    assert_eq!(lacks(&world, 3), None, "a row of now would be as old by then");
    offer(&mut world, 23, &[2, 3], &[]);
    let (written, rotation) = (Height(21), Height(40));
    let old = OfferLacks::Fresh { netuid, uid, written, cutoff: 17, rotation };
    assert_eq!(lacks(&world, 3), Some(old));
    offer(&mut world, 40, &[2, 3], &[]);
    assert_eq!(members(&sets(&world).current), [(0, 0), (1, 0)], "rows of height 21");
}

// R13. Planted bugs that this finds: the first subnet with a row is named; the least of what is lacked is said.
#[test]
fn of_two_subnets_the_one_where_the_row_stays_fresh_is_offered_and_what_is_lacked_is_of_the_furthest()
 {
    let other = Netuid(2);
    let mut world = voters(|genesis| {
        genesis.subnets[0].hyperparameters.activity_cutoff = 17;
        genesis.subnets.push(genesis.subnets[0].clone());
        genesis.subnets[1].netuid = other;
    });
    let write = |world: &mut World, netuid| {
        let row = WeightRow { netuid, ..world.row(&[(4, 1)]) };
        let tx = world.free_call(3, Call::SetWeights { row });
        block(world, &[0, 1], &[tx]);
    };
    let (due, lacks) = (
        |world: &World| offer_due(&world.state, &world.genesis.params, &hot(3)),
        |world: &World| offer_lacks(&world.state, &world.genesis.params, &hot(3)),
    );
    let uid = Uid(3);
    assert!(matches!(lacks(&world), Some(OfferLacks::Row { .. })));
    write(&mut world, NET);
    assert_eq!((due(&world), lacks(&world)), (Some(NET), None), "it may still be written anew");
    world.run_to(5);
    let (written, rotation) = (Height(1), Height(20));
    let old = OfferLacks::Fresh { netuid: NET, uid, written, cutoff: 17, rotation };
    assert_eq!((due(&world), lacks(&world)), (Some(NET), Some(old)), "in the other it has no row");
    write(&mut world, other);
    assert_eq!((due(&world), lacks(&world)), (Some(other), None));
}

// R13. Planted bugs that this finds: the note names the last of two stale rows, another than the offer; a
// row that can't be mended yet hides one that can; any subnet's row counts after the last offer.
#[test]
fn of_two_stale_rows_the_one_is_named_that_the_offer_names_and_after_the_last_offer_only_its_own() {
    let other = Netuid(2);
    for (cutoff, named) in [(17, NET), (3, other)] {
        let mut world = voters(|genesis| {
            genesis.subnets.push(genesis.subnets[0].clone());
            genesis.subnets[1].netuid = other;
            genesis.subnets[0].hyperparameters.activity_cutoff = cutoff;
            genesis.subnets[1].hyperparameters.activity_cutoff = 17;
        });
        let rows = [NET, other].map(|netuid| {
            let row = WeightRow { netuid, ..world.row(&[(4, 1)]) };
            world.free_call(3, Call::SetWeights { row })
        });
        block(&mut world, &[0, 1], &rows);
        world.run_to(6);
        let lacks = |world: &World| offer_lacks(&world.state, &world.genesis.params, &hot(3));
        let said = |lacks| match lacks {
            Some(OfferLacks::Fresh { netuid, .. }) => Some(netuid),
            other => panic!("{other:?}"),
        };
        let due = offer_due(&world.state, &world.genesis.params, &hot(3));
        assert_eq!((due, said(lacks(&world))), (Some(named), Some(named)), "cutoff {cutoff}");
        world.run_to(16);
        let tx = join(&world, 3);
        block(&mut world, &[0, 1], &[tx]);
        let row = WeightRow { netuid: other, ..world.row(&[(4, 1)]) };
        let tx = world.free_call(3, Call::SetWeights { row });
        block(&mut world, &[0, 1], &[tx]);
        assert_eq!(said(lacks(&world)), Some(NET), "the offer of the last quarter names it");
    }
}

// R13: a voter must be there.
#[test]
fn a_voter_whose_shares_are_in_less_than_an_eighth_of_the_blocks_is_not_taken_again() {
    for (shares, stays) in [(2, false), (3, true)] {
        let mut world = voters(|_| ());
        offer(&mut world, 20, &[0, 2], &[]);
        while world.height < 40 {
            let within = world.height % TURN;
            let mut txs = Vec::new();
            for n in [0, 2] {
                if within == 1 {
                    let row = world.row(&[((n + 1) % 6, 1)]);
                    txs.push(world.free_call(n, Call::SetWeights { row }));
                }
                if within % 5 == 2 {
                    txs.push(join(&world, n));
                }
            }
            let carried: &[u16] = if within < shares { &[0] } else { &[] };
            block(&mut world, carried, &txs);
        }
        let taken = members(&sets(&world).current);
        assert_eq!(taken.iter().any(|(n, _)| *n == 0), stays, "{shares} of 20: {taken:?}");
        assert!(taken.iter().any(|(n, _)| *n == 2), "who did not vote yet had no shares to send");
    }
}

// R8.
#[test]
fn power_is_the_lesser_of_the_stake_now_and_at_the_rotation_before() {
    let mut world = voters(|_| ());
    offer(&mut world, 30, &[2, 3], &[]);
    let more = Call::AddStake { hotkey: hot(2), amount: tao(500) };
    let less = Call::RemoveStake { hotkey: hot(3), amount: tao(150) };
    let txs = [world.tx(2, more), world.tx(3, less)];
    block(&mut world, &[0, 1], &txs);
    offer(&mut world, 40, &[2, 3], &[]);
    assert_eq!(members(&sets(&world).current), [(2, 300), (3, 250)]);
}

// R8.
#[test]
fn trust_is_fixed_with_the_set_from_what_the_last_epoch_said() {
    let mut world = voters(|_| ());
    offer(&mut world, 39, &[2, 3], &[]);
    let said = [2, 3]
        .map(|uid| query::neuron(&world.state, NET, weft_types::Uid(uid)).unwrap().validator_trust);
    world.poke_neuron(2, |neuron| neuron.validator_trust = 40_000);
    world.poke_net(|net| net.hyperparameters.tempo = 1_000);
    world.block(&[]);
    let trust = |n| sets(&world).current.get(&hot(n)).unwrap().trust;
    assert_eq!([trust(2), trust(3)], [40_000, said[1]]);
}

// R15.
#[test]
fn stake_behind_a_voter_is_free_only_when_no_set_that_counts_it_is_left_and_the_time_is_over() {
    let mut world = voters(|_| ());
    offer(&mut world, 20, &[2, 3], &[]);
    let part = tao(50);
    let asked = Call::RemoveStake { hotkey: hot(1), amount: part };
    let tx = world.tx(1, asked.clone());
    world.block(&[tx]);
    let waits = |world: &World| world.supply().unbonding.0 == part.0 - FEE.0;
    // Voter 1 votes until block 40, and as one of the set before until that is final.
    offer(&mut world, 90, &[2, 3], &[]);
    assert!(waits(&world) && sets(&world).previous.is_some());
    world.finalized = 40;
    offer(&mut world, 91, &[2, 3], &[]);
    assert!(sets(&world).previous.is_none());
    // 41 heights of requests in three rotations' time at most: two a block from block 172,
    // one after the last in which a report counts.
    offer(&mut world, 171, &[2, 3], &[]);
    assert!(waits(&world));
    let mut freed = Vec::new();
    while world.height < 200 {
        let before = waits(&world);
        offer_one(&mut world);
        if before && !waits(&world) {
            freed.push(world.height);
        }
    }
    // Heights 1 to 40, two a block, so that of height 21 in the eleventh block from 172 on.
    assert_eq!(freed, [182]);
    assert_eq!(world.supply().unbonding, Rao(0));
}

fn offer_one(world: &mut World) {
    let next = world.height + 1;
    offer(world, next, &[2, 3], &[]);
}

/// When what is asked back from behind a hotkey in the next block is free; none when that
/// can't be said yet.
fn asks(world: &mut World, n: u16) -> Option<u64> {
    let tx = world.tx(n, Call::RemoveStake { hotkey: hot(n), amount: tao(5) });
    let receipt = world.block(&[tx]).txs.remove(0);
    match receipt.events.as_slice() {
        [Event::StakeRemoved { matures, .. }] => matures.map(|at| at.0),
        other => panic!("{other:?}"),
    }
}

// R15: the three cases. A1.
#[test]
fn r15_when_stake_is_free_is_fixed_by_whether_its_hotkey_votes_did_of_late_or_does_not() {
    let mut world = voters(|_| ());
    offer(&mut world, 3, &[2, 3], &[]);
    // Of genesis, before any rotation.
    assert_eq!(asks(&mut world, 4), Some(world.height + 81));
    assert_eq!(asks(&mut world, 0), None, "it votes");
    offer(&mut world, 40, &[2, 3], &[]);
    // Neither votes nor ever did.
    assert_eq!(asks(&mut world, 4), Some(world.height + 4));
    assert_eq!(asks(&mut world, 0), None, "a rotation waits to be final");
    world.finalized = 40;
    offer(&mut world, 45, &[2, 3], &[]);
    assert_eq!(sets(&world).previous, None, "let go in block 43");
    assert_eq!(asks(&mut world, 0), Some(world.height + 81));
    offer(&mut world, 122, &[2, 3], &[]);
    // 80 blocks after its set was let go it is as free as anybody's one block later.
    assert_eq!(asks(&mut world, 0), Some(123 + 81));
    assert_eq!(asks(&mut world, 0), Some(124 + 4));
}

// R15: its hotkey is forgotten with the last of its stake. A1.
#[test]
fn r15_stake_of_genesis_that_is_all_a_hotkey_had_waits_as_long() {
    let mut world = voters(|genesis| {
        let (hotkey, coldkey) = (hot(6), cold(6));
        genesis.stakes.push(GenesisStake { hotkey, coldkey, stake: tao(5) });
    });
    let asked = asks(&mut world, 6);
    assert_eq!(query::hotkey(&world.state, &hot(6)), None);
    assert_eq!(asked, Some(world.height + 81));
}

// R15. A1.
#[test]
fn r15_that_a_hotkey_votes_again_changes_nothing_for_what_was_asked_back() {
    let mut world = voters(|_| ());
    offer(&mut world, 39, &[2, 3], &[]);
    let four = asks(&mut world, 4).unwrap();
    assert_eq!((world.height, four), (40, 40 + 81), "no voters have rotated before this block");
    world.finalized = 40;
    offer(&mut world, 60, &[2, 3, 4], &[]);
    let soon = asks(&mut world, 4).unwrap();
    assert_eq!(soon, 61 + 4);
    offer(&mut world, 80, &[2, 3, 4], &[]);
    assert!(sets(&world).current.get(&hot(4)).is_some());
    let before = world.free(4);
    offer(&mut world, four - 1, &[2, 3, 4], &[]);
    assert_eq!(world.free(4), before);
    offer(&mut world, four, &[2, 3, 4], &[]);
    assert_eq!(world.free(4).0 - before.0, tao(5).0 - FEE.0);
}

// R15. A1.
#[test]
fn r15_stake_behind_a_voter_is_frozen_while_too_few_can_be_elected_and_says_so() {
    let mut world = voters(|genesis| genesis.params.min_voters = 4);
    let frozen = |world: &mut World| {
        let tx = world.tx(0, Call::RemoveStake { hotkey: hot(0), amount: tao(5) });
        match world.block(&[tx]).txs.remove(0).events.remove(0) {
            Event::StakeRemoved { matures, frozen, .. } => (matures, frozen),
            other => panic!("{other:?}"),
        }
    };
    offer(&mut world, 3, &[2, 3], &[]);
    assert_eq!(frozen(&mut world), (None, false), "nobody knows yet");
    offer(&mut world, 40, &[2, 3], &[]);
    assert_eq!(frozen(&mut world), (None, true));
    offer(&mut world, 300, &[2, 3], &[]);
    assert!(world.supply().unbonding > tao(9));
    offer(&mut world, 340, &[2, 3, 4, 5], &[]);
    assert_eq!(frozen(&mut world), (None, false));
}

// R18.
#[test]
fn shares_that_are_carried_pay_their_voters_and_the_proposer_and_others_are_not_minted() {
    let mut world = voters(|genesis| {
        genesis.params.voter_pay_divisor = 64;
        for (voter, power) in genesis.voters.iter_mut().zip([3, 1]) {
            voter.power = Power(power);
        }
    });
    let power = |n: u16| sets(&world).current.get(&hot(n)).unwrap().power.0;
    let (mine, other) = (power(0), power(1));
    let part = tao(1).0 / 64;
    let stake = |world: &World, n: u16| query::hotkey(&world.state, &hot(n)).unwrap().stake.0;
    let before = (world.supply(), stake(&world, 0), stake(&world, 1));
    block(&mut world, &[0, 1], &[]);
    let after = (world.supply(), stake(&world, 0), stake(&world, 1));
    assert_eq!(after.2 - before.2, part * other / 4);
    // Voter 0 also proposed.
    assert_eq!(after.1 - before.1, part * mine / 4 + part);
    assert_eq!(after.0.issued.0 - before.0.issued.0, tao(1).0, "all of it is minted");
    assert_eq!(after.0.pending.0 - before.0.pending.0, tao(1).0 - 2 * part);

    block(&mut world, &[0], &[]);
    let last = (world.supply(), stake(&world, 0), stake(&world, 1));
    assert_eq!(last.2, after.2, "whose share is left out earns nothing");
    assert_eq!(last.1 - after.1, 2 * (part * mine / 4), "and its part of the proposer's is lost");
    assert_eq!(last.0.pending.0 - after.0.pending.0, tao(1).0 - 2 * part);
    assert_eq!(last.0.issued.0 - after.0.issued.0, tao(1).0 - 2 * part + 2 * (part * mine / 4));
}

// R18.
#[test]
fn virtual_power_earns_nothing() {
    let mut world = voters(|genesis| {
        genesis.params.voter_pay_divisor = 64;
        genesis.params.bootstrap_stake = tao(100);
    });
    let stake = |world: &World| query::hotkey(&world.state, &hot(0)).unwrap().stake;
    let before = (world.supply().issued.0, stake(&world));
    block(&mut world, &[0, 1], &[]);
    assert_eq!(stake(&world), before.1);
    assert_eq!(world.supply().issued.0 - before.0, tao(1).0 - 2 * (tao(1).0 / 64));
}

#[test]
fn a_hyperparameter_of_a_subnet_does_not_stop_a_rotation() {
    let mut world = voters(|genesis| genesis.subnets[0].owner = Some(cold(5)));
    offer(&mut world, 30, &[2], &[]);
    let call = crate::market::sets(NET, Parameter::ImmunityPeriod, 3);
    let tx = world.tx(5, call);
    block(&mut world, &[], &[tx]);
    offer(&mut world, 40, &[2], &[]);
    assert_eq!(members(&sets(&world).current), [(2, 300)]);
}
