//! What is forgotten of those who voted and offended (R17, A3): all of it, once nobody can be
//! cut by it any more, and no sooner.

use crate::rotating::{TURN, offer, sets, voters};
use crate::slashing::{double, report};
use crate::world::{World, hot, tao};
use weft_ledger::state::{Key, Read};
use weft_types::Call;

/// How many hotkeys' parts of let go sets are kept, and how many such sets.
fn kept(world: &World) -> (Vec<u16>, usize) {
    let served = (0..6).filter(|n| world.state.get(&Key::Served(hot(*n))).is_some()).collect();
    let let_go = world.state.0.keys().filter(|key| matches!(key, Key::LetGo(_))).count();
    (served, let_go)
}

/// A planted bug that this finds: they stayed for ever, as many as ever voted.
#[test]
fn r17_what_hotkeys_had_in_sets_is_forgotten_when_it_counts_no_more() {
    let mut world = voters(|_| ());
    for turn in 1..=16 {
        let who = if turn < 5 { [2, 3] } else { [4, 5] };
        offer(&mut world, turn * TURN, &who, &[]);
        world.finalized = turn * TURN;
        let (served, let_go) = kept(&world);
        // Those of 80 blocks, of the turn in which they are looked at, and of the one before.
        assert!(let_go <= 6, "{let_go} at {}", world.height);
        match world.height {
            // The set of genesis was let go in block 41, that of 2 and 3 in block 121.
            120 => assert_eq!((served, let_go), (vec![0, 1], 1)),
            140 | 200 => assert_eq!((served, let_go), (vec![2, 3], 1)),
            220.. => assert_eq!((served, let_go), (vec![], 0)),
            _ => {}
        }
    }
    assert!(sets(&world).current.get(&hot(4)).is_some());
}

/// What was asked back of an offender before it was cut is worked out by its record when it is
/// free.
#[test]
fn r17_an_offender_is_forgotten_when_its_stake_has_left_and_no_sooner() {
    let mut world = voters(|genesis| genesis.params.jail_rotations = 1);
    offer(&mut world, 29, &[4, 5], &[]);
    world.does(0, Call::RemoveStake { hotkey: hot(0), amount: tao(10) });
    let report = report(&world, 5, double(&world, 0, 15, 1));
    world.does_free(&report);
    let is_known = |world: &World| world.state.get(&Key::Offender(hot(0))).is_some();
    let mut forgotten = None;
    while world.height < 200 {
        assert!(is_known(&world) || world.supply().unbonding.0 == 0, "at {}", world.height);
        assert_eq!(is_known(&world), world.state.get(&Key::Offenders).is_some());
        if !is_known(&world) {
            forgotten = forgotten.or(Some(world.height));
        }
        world.finalized = if world.height >= 40 { 40 } else { 0 };
        let next = world.height + 1;
        offer(&mut world, next, &[4, 5], &[]);
    }
    // Its set was let go in block 41, so the stake left in block 122 or in the 19 after it.
    assert_eq!(forgotten, Some(140));
}
