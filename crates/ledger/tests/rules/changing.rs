//! A5: rules that change (R21): signals, lock-in, what drops or delays a change, and the change.

use crate::world::{FEE, START, World, cold, hot};
use weft_ledger::query::rules::{NextRules, RulesSheet, SignalSheet, rules};
use weft_ledger::rules::{Breach, Event};
use weft_ledger::state::{Key, Read, Value};
use weft_types::check::TxError;
use weft_types::genesis::{GenesisStake, GenesisVoter};
use weft_types::rules::{LAUNCH, TEST_TWO, TEST_WIDER};
use weft_types::{BatchCall, Call, Height, Power, Rao, RulesId, Tx, VoterSet};

/// Blocks between rotation heights.
const TURN: u64 = 20;

const NONE: RulesId = RulesId::NONE;

fn two() -> RulesId {
    RulesId::of(TEST_TWO)
}

fn wider() -> RulesId {
    RulesId::of(TEST_WIDER)
}

/// Voters with these powers, each of whom proposes in turn and signals what the list says.
/// What a block does is final two blocks later.
fn world(voters: &[(u64, RulesId)]) -> World {
    let count = u16::try_from(voters.len()).unwrap();
    let mut world = World::with(|genesis| {
        genesis.rules.test = if voters[0].1 == wider() { vec![wider()] } else { vec![two()] };
        let params = &mut genesis.params;
        (params.rotation_blocks, params.unbonding_blocks) = (TURN, 4 * TURN);
        (params.max_voters, params.voter_pay_divisor) = (5, 64);
        let stake = |n: u16| GenesisStake { hotkey: hot(n), coldkey: cold(n), stake: Rao(0) };
        genesis.stakes = (0..count.max(4)).map(stake).collect();
        let voter = |(n, (power, _)): (u16, &(u64, RulesId))| GenesisVoter {
            hotkey: hot(n),
            coldkey: cold(n),
            power: Power(*power),
        };
        genesis.voters = (0..count).zip(voters).map(voter).collect();
    });
    world.proposers = (0..count).zip(voters).map(|(n, (_, id))| (n, *id)).collect();
    world
}

/// So many equal voters, of whom the first `named` signal the second version.
fn equal(count: usize, named: usize) -> World {
    let voters: Vec<_> = (0..count).map(|n| (1, if n < named { two() } else { NONE })).collect();
    world(&voters)
}

/// Runs to a height; answers what happened to rules, with the height.
fn to(world: &mut World, height: u64) -> Vec<(u64, Event)> {
    let mut told = Vec::new();
    while world.height < height {
        world.finalized = world.height.saturating_sub(1);
        let receipts = world.block(&[]);
        let of_rules = |event: &Event| event.name().starts_with("Rules");
        told.extend(receipts.events.into_iter().filter(of_rules).map(|e| (world.height, e)));
    }
    told
}

fn says(world: &mut World, who: &[usize], id: RulesId) {
    who.iter().for_each(|n| world.proposers[*n].1 = id);
}

fn sheet(world: &World) -> RulesSheet {
    rules(&world.state).unwrap()
}

fn next(world: &World) -> Option<NextRules> {
    sheet(world).next
}

fn due(height: u64) -> Option<NextRules> {
    Some(NextRules { id: two(), height: Height(height) })
}

// R21: two and a half rotations here after four fifths named it, and not a block earlier.
#[test]
fn what_four_fifths_of_the_power_name_is_locked_in_and_comes_two_and_a_half_rotations_later() {
    let mut world = equal(5, 4);
    assert_eq!(to(&mut world, 19), []);
    assert_eq!(next(&world), None);
    assert_eq!(sheet(&world).signals, [SignalSheet { id: two(), power_ppm: 800_000 }]);
    let locked = Event::RulesLockedIn { id: two(), height: Height(70), power_ppm: 800_000 };
    assert_eq!(to(&mut world, 20), [(20, locked)]);
    assert_eq!(next(&world), due(70));
    assert_eq!(to(&mut world, 68), []);
    assert_eq!((sheet(&world).now.version, next(&world)), (1, due(70)));
    to(&mut world, 69);
    let after = sheet(&world);
    assert_eq!((after.now.version, after.now.id, after.next), (2, two(), None), "of a child");
    assert_eq!(to(&mut world, 70), [(70, Event::RulesChanged { version: 2, id: two() })]);
    assert_eq!(to(&mut world, 200), [], "what was signalled before counts for nothing");
    assert_eq!(sheet(&world), RulesSheet { signals: vec![], ..after });
}

// R21: the other door is for those whom a few won't follow.
#[test]
fn over_two_thirds_lock_in_at_the_fourteenth_height_in_a_row_and_not_before() {
    let mut world = equal(4, 3);
    assert_eq!(to(&mut world, 13 * TURN + 19), []);
    assert_eq!(next(&world), None, "three quarters are not four fifths");
    let told = to(&mut world, 14 * TURN);
    assert!(matches!(told[..], [(280, Event::RulesLockedIn { power_ppm: 750_000, .. })]));
    assert_eq!(next(&world), due(14 * TURN + 50));
}

#[test]
fn a_height_at_which_they_are_fewer_begins_the_row_anew() {
    let mut world = equal(4, 3);
    to(&mut world, 13 * TURN);
    says(&mut world, &[0], NONE);
    to(&mut world, 14 * TURN);
    says(&mut world, &[0], two());
    assert_eq!(to(&mut world, 27 * TURN), []);
    assert_eq!(to(&mut world, 28 * TURN).len(), 1);
}

#[test]
fn two_thirds_to_the_rao_and_rival_rules_lock_nothing_in() {
    let mut world = equal(3, 2);
    assert_eq!(to(&mut world, 16 * TURN), []);
    let rival = RulesId([7; 8]);
    let mut world = self::world(&[(2, two()), (3, rival)]);
    assert_eq!(to(&mut world, 16 * TURN), []);
    let named = |id, power_ppm| SignalSheet { id, power_ppm };
    assert_eq!(sheet(&world).signals, [named(rival, 600_000), named(two(), 400_000)]);
}

#[test]
fn power_counts_and_not_heads_the_latest_header_and_not_one_before() {
    let mut world = self::world(&[(8, two()), (1, NONE), (1, NONE)]);
    assert_eq!(to(&mut world, 20).len(), 1);
    let mut world = equal(5, 5);
    to(&mut world, 14);
    says(&mut world, &[3, 4], NONE); // Slots 18 and 19 are theirs.
    assert_eq!(to(&mut world, 20), []);
    assert_eq!(sheet(&world).signals[0].power_ppm, 600_000);
}

#[test]
fn who_does_not_vote_and_who_names_what_is_in_force_says_nothing() {
    let mut world = equal(2, 0);
    world.proposers.extend([(2, two()), (3, two())]);
    says(&mut world, &[0, 1], RulesId::of(LAUNCH));
    assert_eq!(to(&mut world, 3 * TURN), []);
    assert_eq!(sheet(&world).signals, []);
}

// R21: until the last rotation height voters can take their word back.
#[test]
fn a_change_is_dropped_when_two_thirds_do_not_name_it_at_the_last_rotation_height_before_it() {
    let mut world = equal(5, 5);
    to(&mut world, 20);
    says(&mut world, &[0, 1], NONE);
    assert_eq!(to(&mut world, 50), [], "at 40 it is not asked yet");
    let dropped = (60, Event::RulesDropped { id: two() });
    assert_eq!(to(&mut world, 79), [dropped]);
    assert_eq!((sheet(&world).now.version, next(&world)), (1, None));
    says(&mut world, &[0, 1], two());
    to(&mut world, 100);
    assert_eq!(next(&world), due(130), "and it may come again");
}

#[test]
fn a_change_that_still_has_over_two_thirds_is_not_dropped() {
    let mut world = equal(4, 4);
    to(&mut world, 20);
    says(&mut world, &[0], NONE);
    to(&mut world, 70);
    assert_eq!(sheet(&world).now.version, 2);
}

// R21: nothing changes by a lock-in that could still be undone.
#[test]
fn a_change_whose_lock_in_is_not_final_is_due_a_rotation_later_and_again() {
    let mut world = equal(5, 5);
    to(&mut world, 20);
    let mut told = Vec::new();
    while world.height < 109 {
        world.finalized = 19;
        told.extend(world.block(&[]).events.into_iter().map(|e| (world.height, e)));
    }
    let delayed = |height| Event::RulesDelayed { id: two(), height: Height(height) };
    told.retain(|(_, event)| event.name().starts_with("Rules"));
    assert_eq!(told, [(70, delayed(90)), (90, delayed(110))]);
    world.finalized = 20;
    assert_eq!(sheet(&world).now.version, 1, "as the state of 109 says");
    assert_eq!(to(&mut world, 110), [(110, delayed(130))]);
    to(&mut world, 130);
    assert_eq!(sheet(&world).now.version, 2);
}

#[test]
fn while_a_rotation_waits_nothing_is_locked_in_and_no_change_happens() {
    let before = |world: &mut World, previous: Option<VoterSet>| {
        let Some(Value::Chain(mut chain)) = world.state.get(&Key::Chain) else { panic!() };
        chain.voters.previous = previous;
        world.state.0.insert(Key::Chain, Value::Chain(chain));
        let Some(Value::Rotation(mut record)) = world.state.get(&Key::Rotation) else { panic!() };
        record.round = weft_types::Round(1_000);
        world.state.0.insert(Key::Rotation, Value::Rotation(record));
    };
    let mut world = equal(5, 5);
    to(&mut world, 10);
    let set = world.genesis.voter_set();
    before(&mut world, Some(set.clone()));
    assert_eq!(to(&mut world, 39), []);
    before(&mut world, None);
    assert_eq!(to(&mut world, 40).len(), 1, "locked in");
    assert_eq!(next(&world), due(90));
    before(&mut world, Some(set));
    let delayed = Event::RulesDelayed { id: two(), height: Height(110) };
    assert_eq!(to(&mut world, 90), [(90, delayed)]);
}

#[test]
fn a_header_of_another_version_and_rules_that_nobody_here_knows_are_refused_by_name() {
    let mut world = equal(5, 5);
    to(&mut world, 69);
    let mut strange = world.clone();
    strange
        .state
        .0
        .insert(Key::Rules, Value::Rules(weft_ledger::state::value::RulesRecord::default()));
    let refused = strange.try_block(&[], &[]).unwrap_err();
    assert!(matches!(refused, Breach::UnknownRules(_)), "{refused}");
    let work = |version| weft_types::Header {
        version,
        height: Height(70),
        ..world.genesis.header(weft_types::Hash::ZERO)
    };
    for version in [0, 1, 3] {
        let header = work(version);
        let finality = world.genesis.finality();
        let work = weft_ledger::rules::BlockInput {
            header: &header,
            finality,
            items: vec![],
            txs: vec![],
        };
        let refused = world.ledger.execute(&world.state, work).unwrap_err();
        assert_eq!(refused, Breach::WrongVersion { got: version, want: 2 });
    }
}

/// A batch of so many transfers, with a fee that is enough.
fn batch(world: &World, count: u64) -> Tx {
    let one = || BatchCall(Call::Transfer { to: cold(1), amount: Rao(1_000), open: false });
    let mut tx = world.tx(0, Call::Batch { calls: (0..count).map(|_| one()).collect() });
    tx.body.fee = Rao(FEE.0 * count);
    tx
}

// R21: what the second version of tests brings, in the block of the change and not before.
#[test]
fn the_rules_of_the_second_version_begin_with_the_block_of_the_change() {
    let mut world = equal(5, 5);
    to(&mut world, 68);
    let paid = |world: &mut World, height| {
        world.finalized = height - 2;
        let emission = world.block(&[]).emission;
        assert_eq!(world.height, height);
        emission
    };
    let mut again = world.clone();
    let nine = batch(&world, 9);
    assert_eq!(again.run(nine), Ok(()), "nine are good in 69");
    let old = paid(&mut world, 69);
    let nine = batch(&world, 9);
    let refused = world.refused(nine);
    let Breach::AgainstRules { version: 2, error, .. } = refused else { panic!("{refused}") };
    assert_eq!(error, TxError::BatchSize { got: 9, limit: 8 });
    let new = paid(&mut world, 70);
    assert!(new > old, "what voters are not paid goes to subnets: {old} {new}");
    let eight = batch(&world, 8);
    assert_eq!(world.run(eight), Ok(()), "eight are good after it");
    assert!(weft_ledger::query::account(&world.state, &cold(0)).free < START);
}

/// A5: checked by the widest numbers, judged by those of the state.
#[test]
fn r21_what_only_the_next_rules_allow_is_refused_until_they_run_and_good_from_then_on() {
    let mut world = world(&[(1, wider())]);
    let calls = |world: &World, n: usize| {
        let one = BatchCall(Call::Transfer { to: cold(1), amount: Rao(1), open: false });
        world.tx_paying(0, Rao(FEE.0 * n as u64), Call::Batch { calls: vec![one; n] })
    };
    let limit = world.genesis.params.limits.batch_calls as usize;
    to(&mut world, 68);
    let large = calls(&world, limit + 1);
    let Breach::AgainstRules { version: 1, error, .. } = world.refused(large) else { panic!() };
    let want = u32::try_from(limit).unwrap();
    assert_eq!(error, TxError::BatchSize { got: limit + 1, limit: want });
    to(&mut world, 70);
    assert_eq!(sheet(&world).now.version, 2);
    let large = calls(&world, limit + 1);
    assert_eq!(world.run(large), Ok(()));
    let numbers = world.ledger.numbers_of(&world.state);
    assert_eq!(numbers.limits.batch_calls, 2 * want);
}
