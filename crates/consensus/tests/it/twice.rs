//! A key that runs on two nodes: who sees what it did not sign stops (F6).

use super::support::draw::{Draw, at};
use super::support::toy::Toy;
use weft_consensus::{Core, Effect, Foreign, Input, PeerId, Ticket, VoteFile};
use weft_types::{Millis, Slot};

fn give(core: &mut Core<Toy>, draw: &Draw, name: &str, now: Millis) -> Vec<Effect> {
    core.step(now, Input::Block { from: Some(PeerId(1)), is_asked: false, block: draw.block(name) })
}

const POWERS: [u64; 7] = [1; 7];

/// A voter that proposes none of these blocks; all vote, it too.
fn idle(draw: &Draw, names: &[&str]) -> usize {
    let proposed = |key| names.iter().any(|name| draw.block(name).header().proposer == key);
    let voters = &draw.standing(names[0]).sets.current.voters;
    let idle = voters.iter().find(|voter| !proposed(voter.key)).unwrap();
    (0..POWERS.len()).find(|i| draw.share(*i, names[0]).share().vote().voter == idle.key).unwrap()
}

fn votes(effects: &[Effect]) -> usize {
    effects.iter().filter(|e| matches!(e, Effect::SendShare(_))).count()
}

fn twice(effects: &[Effect]) -> Vec<Foreign> {
    let seen = |e: &Effect| if let Effect::KeyTwice(seen) = e { Some(*seen) } else { None };
    effects.iter().filter_map(seen).collect()
}

/// F6
#[test]
fn a_voter_that_sees_a_vote_of_its_own_key_stops_at_once_and_says_so_once() {
    let mut draw = Draw::new(&POWERS);
    draw.draw("a @1; b @2 < a 0123456; c @3 < b 0123456; d @4 < c 0123456");
    let me = idle(&draw, &["a", "b", "c", "d"]);
    let mut core = draw.core(Some(me));
    core.mind_own_key(0);
    let seen = [give(&mut core, &draw, "a", at(1, 10)), give(&mut core, &draw, "b", at(2, 10))];
    // It voted for a itself, so the vote for a in b is its own.
    assert_eq!((votes(&seen[0]), votes(&seen[1])), (1, 1));
    assert!(seen.iter().all(|effects| twice(effects).is_empty()));
    // Its other self voted for c.
    let share = draw.share(me, "c").share().clone();
    give(&mut core, &draw, "c", at(4, 0));
    let effects = core.step(at(4, 10), Input::Share { from: PeerId(1), ticket: Ticket(1), share });
    let target = draw.standing("c").checkpoint();
    assert_eq!(twice(&effects), [Foreign::Vote(target)]);
    assert_eq!(core.foreign(), Some(Foreign::Vote(target)));
    let effects = give(&mut core, &draw, "d", at(4, 20));
    assert_eq!((votes(&effects), twice(&effects).len()), (0, 0), "it votes no more");
}

/// F6
#[test]
fn a_vote_of_its_own_key_in_a_block_stops_a_voter_too_but_what_its_log_holds_is_its_own() {
    let mut draw = Draw::new(&POWERS);
    draw.draw("a @1; b @2 < a 0123456; c @3 < b 0123456");
    let me = idle(&draw, &["a", "b", "c"]);
    let mut core = draw.core(Some(me));
    core.mind_own_key(0);
    give(&mut core, &draw, "a", at(3, 0));
    assert_eq!(twice(&give(&mut core, &draw, "b", at(3, 1))).len(), 1);
    assert_eq!(votes(&give(&mut core, &draw, "c", at(3, 2))), 0);
    // The same votes from the log: they count as signed, and it goes on behind them.
    let mut core = draw.core(Some(me));
    core.mind_own_key(0);
    for name in ["a", "b"] {
        core.step(at(3, 0), Input::Restored { block: draw.block(name) });
    }
    let effects = give(&mut core, &draw, "c", at(3, 2));
    assert_eq!(twice(&effects), [Foreign::Vote(draw.standing("b").checkpoint())]);
    let mut core = draw.core(Some(me));
    core.mind_own_key(0);
    for name in ["a", "b", "c"] {
        core.step(at(3, 0), Input::Restored { block: draw.block(name) });
    }
    let effects = core.step(at(3, 2), Input::Tick);
    assert_eq!((twice(&effects).len(), votes(&effects)), (0, 1));
}

/// F6
#[test]
fn a_header_of_its_own_key_stops_a_voter() {
    let mut draw = Draw::new(&POWERS);
    draw.draw("a @1; b @2 < a 0123456");
    let proposer = draw.proposer(2, "a");
    let mut core = draw.core(Some(proposer));
    core.mind_own_key(0);
    give(&mut core, &draw, "a", at(1, 900));
    let effects = give(&mut core, &draw, "b", at(1, 950));
    assert_eq!(twice(&effects).first(), Some(&Foreign::Header(Slot(2))));
    assert_eq!(votes(&core.step(at(2, 100), Input::Tick)), 0);
}

/// F6
#[test]
fn a_voter_listens_before_it_signs_and_a_forged_vote_stops_nobody() {
    let mut draw = Draw::new(&POWERS);
    draw.draw("a @1; b @2 < a 01234; c @3 < b 01234; d @4 < c 01234");
    let me = idle(&draw, &["a", "b", "c", "d"]);
    // Who proposes follows from the slots alone.
    let all: String = (0..POWERS.len()).filter(|i| *i != me).map(|i| i.to_string()).collect();
    let mut draw = Draw::new(&POWERS);
    draw.draw(&format!("a @1; b @2 < a {all}; c @3 < b {all}; d @4 < c {all}"));
    let mut core = draw.core(Some(me));
    core.mind_own_key(2);
    let mut signed = Vec::new();
    core.step(at(1, 0), Input::Tick);
    for (name, slot) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
        signed.push(votes(&give(&mut core, &draw, name, at(slot, 10))));
    }
    assert_eq!(signed, [0, 0, 0, 1], "started in slot 1, it listens up to slot 3");
    assert_eq!(core.listens_until(), Some(Slot(3)));
    let mut share = draw.share(me, "d").share().clone();
    share.signed.vote.items = weft_types::Hash([7; 32]);
    let effects = core.step(at(4, 20), Input::Share { from: PeerId(1), ticket: Ticket(1), share });
    assert!(twice(&effects).is_empty() && core.foreign().is_none(), "{effects:?}");
}

/// F6
#[test]
fn after_a_lost_vote_file_what_came_before_is_nobody_elses() {
    let mut draw = Draw::new(&POWERS);
    draw.draw("a @1; b @2 < a 0123456; c @3 < b 0123456; d @6 < c 0123456");
    let me = idle(&draw, &["a", "b", "c", "d"]);
    let mut core = draw.core_with(Some(me), VoteFile::Lost);
    core.mind_own_key(0);
    core.step(at(5, 0), Input::Tick);
    for name in ["a", "b", "c"] {
        assert!(twice(&give(&mut core, &draw, name, at(5, 1))).is_empty(), "{name}");
    }
    let effects = give(&mut core, &draw, "d", at(6, 1));
    assert!(twice(&effects).is_empty(), "its round is within the silence");
}
