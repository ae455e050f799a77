//! Which tip is the head (R8).

use super::support::draw::{Draw, at};
use super::support::toy::Toy;
use weft_consensus::{Core, Effect, Input, PeerId, Ticket};
use weft_types::Millis;

fn give(core: &mut Core<Toy>, draw: &Draw, names: &str, now: Millis) -> Vec<Effect> {
    let names = names.split_whitespace();
    let block =
        |name| Input::Block { from: Some(PeerId(1)), is_asked: false, block: draw.block(name) };
    names.flat_map(|name| core.step(now, block(name))).collect()
}

fn share(core: &mut Core<Toy>, draw: &Draw, voters: &[usize], target: &str, now: Millis) {
    for voter in voters {
        let share = draw.share(*voter, target).share().clone();
        core.step(now, Input::Share { from: PeerId(1), ticket: Ticket(0), share });
    }
}

/// A core that was given these blocks long after their slots, in this order.
fn late(draw: &Draw, names: &str) -> Core<Toy> {
    let mut core = draw.core(None);
    give(&mut core, draw, names, at(50, 0));
    core
}

#[test]
fn r8_the_tip_with_the_most_cumulative_work_is_the_head() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 01; c @3 < a 0; d @4 < c; e @5 < d");
    for order in ["a b c d e", "a c d e b"] {
        let core = late(&draw, order);
        assert_eq!(draw.name(core.head_hash()), "b", "two shares outweigh three light blocks");
    }
}

#[test]
fn r8_shares_seen_count_for_the_tip_they_name_and_for_no_block_below_it() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 0; c @3 < a 0; d @4 < c");
    let mut core = late(&draw, "a b c d");
    assert_eq!(draw.name(core.head_hash()), "d", "equal work: the higher slot");
    share(&mut core, &draw, &[1, 2], "c", at(50, 1));
    assert_eq!(draw.name(core.head_hash()), "d", "c is no tip");
    share(&mut core, &draw, &[3], "b", at(50, 2));
    assert_eq!(draw.name(core.head_hash()), "b");
    share(&mut core, &draw, &[3], "b", at(50, 3));
    share(&mut core, &draw, &[3], "d", at(50, 3));
    assert_eq!(draw.name(core.head_hash()), "d", "a share once given again adds nothing");
}

#[test]
fn r8_ties_go_to_the_higher_slot_then_to_the_lower_hash() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 0; c @3 < a 0; d @3 r3 < a 1");
    let lower = if draw.hash("c") < draw.hash("d") { "c" } else { "d" };
    for order in ["a b c d", "a d c b", "a c d b"] {
        assert_eq!(draw.name(late(&draw, order).head_hash()), lower, "{order}");
    }
    assert_eq!(draw.name(late(&draw, "a c b").head_hash()), "c");
}

#[test]
fn r8_the_head_descends_from_the_highest_justified_block_however_light() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 0; c @3 < b 0; d @4 < c 01; e @5 < a; f @6 < a");
    let mut core = late(&draw, "a b c d e f");
    assert_eq!(draw.name(core.head_hash()), "d");
    share(&mut core, &draw, &[0, 1, 2], "e", at(50, 1));
    assert_eq!(draw.name(core.head_hash()), "e", "justified by shares seen");
    assert_eq!(core.justified(), draw.standing("e").checkpoint());
    draw.draw("h @7 < f 123");
    give(&mut core, &draw, "h", at(50, 2));
    assert_eq!(draw.name(core.head_hash()), "h", "justified in a higher round by a chain");
}

#[test]
fn r8_the_first_block_of_the_slot_is_heavier_until_the_slot_ends() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 01; c @3 < a");
    let mut core = late(&draw, "");
    give(&mut core, &draw, "a b", at(2, 900));
    give(&mut core, &draw, "c", at(3, 499));
    assert_eq!(draw.name(core.head_hash()), "c", "timely");
    core.step(at(3, 999), Input::Tick);
    assert_eq!(draw.name(core.head_hash()), "c");
    core.step(at(4, 0), Input::Tick);
    assert_eq!(draw.name(core.head_hash()), "b", "the boost ends with the slot");
}

#[test]
fn r8_a_block_after_half_of_its_slot_is_not_timely() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 01; c @3 < a");
    let mut core = late(&draw, "");
    give(&mut core, &draw, "a b", at(2, 900));
    give(&mut core, &draw, "c", at(3, 500));
    assert_eq!(draw.name(core.head_hash()), "b");
}

#[test]
fn r8_a_block_that_came_early_is_timely_when_its_slot_begins() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 01; c @3 < a");
    let mut core = late(&draw, "");
    give(&mut core, &draw, "a b c", at(2, 800));
    assert_eq!(draw.name(core.head_hash()), "b");
    core.step(at(3, 0), Input::Tick);
    assert_eq!(draw.name(core.head_hash()), "c");
}

#[test]
fn r8_of_two_blocks_of_one_slot_only_the_first_is_timely() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @3 < a; c @3 r3 < a 0");
    let mut core = late(&draw, "");
    give(&mut core, &draw, "a", at(2, 0));
    give(&mut core, &draw, "b c", at(3, 10));
    assert_eq!(draw.name(core.head_hash()), "b", "c is heavier but second");
    core.step(at(4, 0), Input::Tick);
    assert_eq!(draw.name(core.head_hash()), "c");
}

#[test]
fn r8_the_boost_is_never_in_a_header() {
    let mut draw = Draw::new(&[1]);
    draw.draw("a @1");
    let mut core = draw.core(Some(0));
    give(&mut core, &draw, "a", at(1, 10));
    let effects = core.step(at(2, 0), Input::Tick);
    let draft = effects.iter().find_map(|e| match e {
        Effect::Propose(draft) => Some(draft),
        _ => None,
    });
    assert_eq!(draft.unwrap().header.work.0, 65_535, "one share of power 1");
}

#[test]
fn r8_the_head_never_leaves_the_final_chain() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 012; c @3 < b 012; x @4 < a 0123; y @5 < x 0123; z @6 < y 0123");
    let mut core = late(&draw, "a b c");
    assert_eq!(draw.name(core.finalized().1), "a");
    share(&mut core, &draw, &[0, 1, 2], "c", at(50, 1));
    assert_eq!(draw.name(core.finalized().1), "b");
    give(&mut core, &draw, "x y z", at(50, 2));
    assert_eq!(draw.name(core.head_hash()), "c");
}
