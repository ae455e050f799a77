//! What is shown of stake that is on its way back (R15): the block that it is free in, as soon
//! as that is fixed, and never a later one than it comes in.

use crate::rotating::{offer, voters};
use crate::world::{FEE, World, cold, hot, tao};
use weft_ledger::query::leaving::{ExitSheet, page};
use weft_ledger::rules::Event;
use weft_types::{Call, Height, Rao};

fn ask(world: &mut World, n: u16, amount: Rao) {
    let tx = world.tx(n, Call::RemoveStake { hotkey: hot(n), amount });
    world.block(&[tx]);
}

/// All pieces of what is on its way back to a coldkey, and how many there were.
fn all(world: &World, n: u16) -> (Vec<ExitSheet>, usize) {
    let (mut all, mut from, mut pieces) = (Vec::new(), Height::ZERO, 0);
    loop {
        let piece = page(&world.state, &world.genesis.params, (&cold(n), from));
        all.extend(piece.leaving);
        pieces += 1;
        match piece.next {
            Some(next) => from = next,
            None => return (all, pieces),
        }
    }
}

fn one(world: &World, n: u16) -> ExitSheet {
    let (mut list, _) = all(world, n);
    assert_eq!(list.len(), 1, "{list:?}");
    list.remove(0)
}

#[test]
fn r15_stake_that_is_asked_back_is_shown_until_it_is_free_with_its_block_once_that_is_fixed() {
    let mut world = voters(|_| ());
    offer(&mut world, 20, &[2, 3], &[]);
    ask(&mut world, 1, tao(50));
    let begun = one(&world, 1);
    assert_eq!((begun.hotkey, begun.amount.0, begun.lost.0), (hot(1), tao(50).0 - FEE.0, 0));
    assert_eq!((begun.requested, begun.free_at), (Some(Height(21)), None));
    assert!(begun.frozen, "nobody could be taken at 20: {begun:?}");
    assert!(all(&world, 0).0.is_empty(), "it is of one coldkey");
    // Voters rotate at 40, and the set before is let go in block 46.
    let (mut said, mut soonest, mut freed) = (None, begun.not_before, None);
    while world.height < 200 && freed.is_none() {
        if world.height == 45 {
            world.finalized = 40;
        }
        let next = world.height + 1;
        let told = offer(&mut world, next, &[2, 3], &[]);
        let mine =
            |e: &Event| matches!(e, Event::StakeMatured { coldkey, .. } if *coldkey == cold(1));
        if told.iter().any(mine) {
            freed = Some(Height(world.height));
            assert!(all(&world, 1).0.is_empty(), "it is free");
            break;
        }
        let sheet = one(&world, 1);
        assert!(sheet.not_before >= soonest, "the least time only rises: {sheet:?}");
        assert!(said.is_none() || sheet.free_at == said, "{sheet:?} after {said:?}");
        (said, soonest) = (sheet.free_at, sheet.not_before);
        assert_eq!(said.is_some(), world.height >= 46, "fixed when the set is let go: {sheet:?}");
    }
    assert_eq!(said, freed);
    // 81 blocks after 46, and 20 heights of requests before it at two a block.
    assert_eq!(freed, Some(Height(46 + 81 + 10)));
}

#[test]
fn r15_a_long_window_is_shown_in_pieces_and_what_is_frozen_says_so() {
    let mut world = voters(|genesis| {
        genesis.params.unbonding_blocks = 20_000;
        genesis.params.min_voters = 4;
    });
    offer(&mut world, 3, &[2, 3], &[]);
    ask(&mut world, 4, tao(5));
    let (list, pieces) = all(&world, 4);
    assert_eq!(pieces, 3, "of 8192 heights each");
    assert_eq!(list.iter().map(|l| l.free_at).collect::<Vec<_>>(), [Some(Height(4 + 20_001))]);
    ask(&mut world, 0, tao(5));
    assert_eq!((one(&world, 0).frozen, one(&world, 0).not_before), (false, Height(20 + 20_002)));
    // Nobody can be taken: too few offer themselves.
    offer(&mut world, 60, &[2, 3], &[]);
    assert!(one(&world, 0).frozen && one(&world, 0).free_at.is_none());
}
