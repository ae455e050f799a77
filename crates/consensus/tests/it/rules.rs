//! A5: rules that change (R21): which versions are taken, where a core stops, and what frees it.

use super::support::draw::{Draw, at};
use super::support::toy::Toy;
use weft_consensus::{BlockFault, Core, Effect, Finding, Input, PeerId, Skip, Status, Ticket};
use weft_types::check::BlockError;
use weft_types::rules::{GenesisRules, TEST_TWO};
use weft_types::{Height, Millis, Program, RulesId, Version};

fn second() -> Version {
    Version { version: 2, id: RulesId::of(TEST_TWO) }
}

/// Four voters; the state of the block of slot 2 asks for the second version.
fn changing(text: &str) -> Draw {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.toy.change = Some((2, second()));
    draw.draw(text);
    draw
}

fn knows_second(draw: &mut Draw) {
    let rules = GenesisRules { test: vec![second().id], ..GenesisRules::default() };
    draw.program = Some(Program::on(&rules));
}

fn body(core: &mut Core<Toy>, draw: &Draw, name: &str, now: Millis) -> Vec<Effect> {
    core.step(now, Input::Block { from: Some(PeerId(1)), is_asked: false, block: draw.block(name) })
}

fn announced(core: &mut Core<Toy>, draw: &Draw, name: &str, now: Millis) -> Vec<Effect> {
    let header = draw.block(name).block().signed.clone();
    core.step(now, Input::Header { from: PeerId(1), ticket: Ticket(1), header })
}

fn is_of_use(core: &Core<Toy>, draw: &Draw, name: &str) -> bool {
    let standing = draw.standing(name);
    let (height, version) = (standing.header.height, standing.rules.version);
    core.is_of_use(&Status { finalized: Height(0), height, head: standing.checkpoint(), version })
}

fn signs(effects: &[Effect]) -> bool {
    effects
        .iter()
        .any(|e| matches!(e, Effect::Record(_) | Effect::SendShare(_) | Effect::Propose(_)))
}

fn blames(effects: &[Effect]) -> bool {
    let rejects = |e: &Effect| matches!(e, Effect::Finding { finding: Finding::Reject(_), .. });
    effects.iter().any(|e| rejects(e) || matches!(e, Effect::Punish { .. }))
}

#[test]
fn a_core_stops_where_its_heads_state_asks_for_rules_it_does_not_run() {
    let draw = changing("a @1; b @2 < a 012; c @3 < b 012; d @4 < c 012");
    for voter in 0..4 {
        let mut core = draw.core(Some(voter));
        body(&mut core, &draw, "a", at(1, 0));
        assert_eq!(core.stopped(), None);
        let effects = body(&mut core, &draw, "b", at(2, 0));
        let stopped = core.stopped().unwrap();
        assert_eq!((stopped.rules, stopped.from), (second(), Height(3)));
        assert!(!signs(&effects), "not even for the block that says so");
        // What comes by the other rules is ignored, whoever sends it, however it comes.
        let effects = announced(&mut core, &draw, "c", at(3, 0));
        let finding = effects.iter().find_map(|e| match e {
            Effect::Finding { finding: Finding::Ignore(skip), .. } => Some(skip.clone()),
            _ => None,
        });
        assert_eq!(finding, Some(Skip::UnknownRules { version: 2 }));
        for name in ["c", "d"] {
            let effects = body(&mut core, &draw, name, at(4, 0));
            assert!(!blames(&effects) && !signs(&effects), "{effects:?}");
        }
        assert!(!is_of_use(&core, &draw, "d"), "nor asked for");
        for later in [0, 250, 500, 750] {
            assert!(!signs(&core.step(at(5, later), Input::Tick)));
        }
        assert_eq!(draw.name(core.head_hash()), "b");
        assert!(core.block(&draw.hash("b")).is_some(), "it serves what it has");
    }
}

#[test]
fn a_header_that_somebody_sent_stops_nobody_and_is_no_fault() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.bend("b", |header| header.version = 2);
    draw.bend("c", |header| header.version = 0);
    draw.draw("a @1; b @2 < a 012; c @3 < a 012; d @4 < a 012");
    for known in [false, true] {
        if known {
            knows_second(&mut draw);
        }
        let mut core = draw.core(Some(0));
        body(&mut core, &draw, "a", at(1, 0));
        for (name, slot) in [("b", 2), ("c", 3)] {
            let effects = announced(&mut core, &draw, name, at(slot, 0));
            assert!(!blames(&effects), "{name} {effects:?}");
            let effects = body(&mut core, &draw, name, at(slot, 1));
            assert!(!blames(&effects), "{name} {effects:?}");
            assert_eq!((core.stopped(), draw.name(core.head_hash())), (None, "a"));
        }
        assert!(signs(&body(&mut core, &draw, "d", at(4, 0))), "it goes on");
        assert_eq!(draw.name(core.head_hash()), "d");
    }
}

#[test]
fn a_head_on_another_fork_frees_a_core_that_stopped() {
    let draw = changing("a @1; b @2 < a; c @3 < a 012; d @4 < c 012");
    let mut core = draw.core(Some(0));
    body(&mut core, &draw, "a", at(1, 0));
    body(&mut core, &draw, "b", at(2, 0));
    assert!(core.stopped().is_some());
    assert!(is_of_use(&core, &draw, "d"), "a chain by its own rules");
    body(&mut core, &draw, "c", at(4, 0));
    let effects = body(&mut core, &draw, "d", at(4, 0));
    assert_eq!((core.stopped(), draw.name(core.head_hash())), (None, "d"));
    assert!(signs(&effects));
}

#[test]
fn one_that_is_behind_asks_for_the_chain_up_to_where_it_must_stop() {
    let draw = changing("a @1; b @2 < a 012; c @3 < b 012; d @4 < c 012");
    let mut core = draw.core(None);
    assert!(is_of_use(&core, &draw, "d"));
    for name in ["a", "b", "c", "d"] {
        assert!(!blames(&body(&mut core, &draw, name, at(4, 1))));
    }
    assert!(core.stopped().is_some());
}

#[test]
fn who_runs_the_rules_goes_on_in_the_same_block_and_says_the_version_of_the_state() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.toy.change = Some((2, second()));
    knows_second(&mut draw);
    draw.draw("a @1; b @2 < a 012; c @3 < b 012; d @4 < c 012");
    assert_eq!(draw.block("b").header().version, 1);
    assert_eq!(draw.block("c").header().version, 2);
    let mut signals = Vec::new();
    for voter in 0..4 {
        let mut core = draw.core(Some(voter));
        for (name, slot) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
            let mut effects = body(&mut core, &draw, name, at(slot, 0));
            effects.extend(core.step(at(slot + 1, 300), Input::Tick));
            assert_eq!((core.stopped(), draw.name(core.head_hash())), (None, name));
            signals.extend(effects.iter().filter_map(|e| match e {
                Effect::Propose(draft) => Some((draft.header.version, draft.header.signal)),
                _ => None,
            }));
        }
    }
    signals.sort_unstable();
    signals.dedup();
    assert_eq!(signals, [(1, second().id), (2, RulesId::NONE)]);
}

#[test]
fn a_bad_body_blames_its_sender_only_where_its_version_can_be_judged() {
    let draw = changing("a @1; b @2 < a 012; c @3 < b 012");
    let mut core = draw.core(None);
    body(&mut core, &draw, "a", at(1, 0));
    body(&mut core, &draw, "b", at(2, 0));
    let bad = |version| Input::BadBlock {
        from: PeerId(1),
        hash: draw.hash("c"),
        version,
        why: BlockError::TooManyCalls { got: 9, limit: 8 },
    };
    assert!(!blames(&core.step(at(3, 0), bad(2))));
    assert!(!blames(&core.step(at(3, 0), bad(7))));
    assert!(blames(&core.step(at(3, 0), bad(1))));
}

#[test]
fn a_restored_block_of_rules_that_are_not_known_is_left_out_by_name() {
    let draw = changing("a @1; b @2 < a 012; c @3 < b 012");
    let mut core = draw.core(Some(0));
    let mut refused = Vec::new();
    for name in ["a", "b", "c"] {
        let effects = core.step(at(9, 0), Input::Restored { block: draw.block(name) });
        refused.extend(effects.into_iter().filter_map(|e| match e {
            Effect::Dismissed { why, .. } => Some(why.to_string()),
            _ => None,
        }));
    }
    assert_eq!(refused, [BlockFault::Rules(Skip::UnknownRules { version: 2 }).to_string()]);
    assert!(core.stopped().is_some() && !signs(&core.step(at(9, 0), Input::Tick)));
}
