//! Justified and final in a running core (R9, R10, R11), and what proposers carry.

use super::support::draw::{Draw, at};
use super::support::toy::Toy;
use weft_consensus::{Core, Draft, Effect, Input, PeerId, Ticket};
use weft_types::{Height, Millis, Round};

fn give(core: &mut Core<Toy>, draw: &Draw, names: &str, now: Millis) -> Vec<Effect> {
    let block =
        |name| Input::Block { from: Some(PeerId(1)), is_asked: false, block: draw.block(name) };
    names.split_whitespace().flat_map(|name| core.step(now, block(name))).collect()
}

fn share(
    core: &mut Core<Toy>,
    draw: &Draw,
    voters: &[usize],
    target: &str,
    now: Millis,
) -> Vec<Effect> {
    let share = |v: &usize| draw.share(*v, target).share().clone();
    let input = |share| Input::Share { from: PeerId(1), ticket: Ticket(0), share };
    voters.iter().flat_map(|v| core.step(now, input(share(v)))).collect()
}

fn finals(effects: &[Effect]) -> Vec<Height> {
    let height = |e: &Effect| match e {
        Effect::Finalized { height, .. } => Some(*height),
        _ => None,
    };
    effects.iter().filter_map(height).collect()
}

/// The draft of whoever is to propose in a slot after seeing these blocks and shares.
fn draft(draw: &Draw, names: &str, shares: &[(&[usize], &str)], slot: u64, head: &str) -> Draft {
    let mut core = draw.core(Some(draw.proposer(slot, head)));
    give(&mut core, draw, names, at(slot - 1, 900));
    for (voters, target) in shares {
        share(&mut core, draw, voters, target, at(slot - 1, 950));
    }
    let effects = core.step(at(slot, 250), Input::Tick);
    assert_eq!(draw.name(core.head_hash()), head);
    let draft = effects.into_iter().find_map(|e| match e {
        Effect::Propose(draft) => Some(draft),
        _ => None,
    });
    draft.expect("it is the proposer's turn")
}

#[test]
fn r11_finality_is_reported_once_for_each_block_oldest_first() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 01; c @3 < b 012; d @4 < c 012; e @5 < d 012; f @6 < e");
    let mut core = draw.core(None);
    let effects = give(&mut core, &draw, "a b c d e f", at(50, 0));
    // b is justified in round 2, c in 3 with source b: b is final, a with it. Then c.
    assert_eq!(finals(&effects), [Height(1), Height(2), Height(3)]);
    assert_eq!(core.executor().finalized, [draw.hash("a"), draw.hash("b"), draw.hash("c")]);
    let again = give(&mut core, &draw, "d e f", at(50, 1));
    assert_eq!(finals(&again), []);
}

#[test]
fn r11_shares_seen_show_finality_before_a_block_carries_them() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 012");
    let mut core = draw.core(None);
    give(&mut core, &draw, "a b", at(50, 0));
    assert_eq!(finals(&share(&mut core, &draw, &[0, 1], "b", at(50, 1))), []);
    assert_eq!(finals(&share(&mut core, &draw, &[3], "b", at(50, 2))), [Height(1)]);
}

#[test]
fn r11_a_skipped_round_finalises_nothing() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @3 r3 < a 012; c @4 < b 012");
    let mut core = draw.core(None);
    assert_eq!(finals(&give(&mut core, &draw, "a b c", at(50, 0))), []);
    assert_eq!(core.justified(), draw.standing("b").checkpoint());
}

#[test]
fn r9_r10_a_catch_up_justifies_and_finalises_like_a_work_proof() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 012; c @3 < b 0; d @4 < c 0 + b 012");
    let mut core = draw.core(None);
    let effects = give(&mut core, &draw, "a b c d", at(50, 0));
    assert_eq!(draw.standing("d").finality.justified, draw.standing("b").checkpoint());
    assert_eq!(finals(&effects), [Height(1)], "b consecutive to its source and parent a");
    assert_eq!(draw.standing("d").header.work.0, 65_535 * 5, "R8: a catch-up is no work");
}

#[test]
fn r6_r9_a_proposer_carries_every_share_and_counts_on_with_a_quorum() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 012");
    let draft = draft(&draw, "a b", &[(&[0, 1, 2, 3], "b")], 5, "b");
    assert_eq!(draft.proof.len(), 4);
    assert_eq!(draft.header.round, Round(3));
    assert!(draft.catch_up.is_none());
    assert_eq!(draft.finality.finalized, draw.standing("a").checkpoint());
}

#[test]
fn r6_without_a_quorum_a_proposer_waits_a_quarter_and_takes_its_slot() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 012");
    let mut core = draw.core(Some(draw.proposer(5, "b")));
    give(&mut core, &draw, "a b", at(4, 900));
    share(&mut core, &draw, &[0, 1], "b", at(4, 950));
    let drafted = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|e| match e {
            Effect::Propose(draft) => Some(draft.header.round),
            _ => None,
        })
    };
    assert_eq!(drafted(core.step(at(5, 0), Input::Tick)), None);
    assert_eq!(drafted(core.step(at(5, 249), Input::Tick)), None);
    assert_eq!(drafted(core.step(at(5, 250), Input::Tick)), Some(Round(5)));
    let mut core = draw.core(Some(draw.proposer(5, "b")));
    give(&mut core, &draw, "a b", at(4, 900));
    core.step(at(5, 10), Input::Tick);
    let effects = share(&mut core, &draw, &[0, 1, 3], "b", at(5, 20));
    assert_eq!(drafted(effects), Some(Round(3)), "as soon as it holds a quorum");
}

#[test]
fn r6_a_third_of_the_power_seen_above_makes_a_proposer_jump() {
    let mut draw = Draw::new(&[1, 1, 1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 01234; x @3 < a");
    let quorum = (&[0, 1, 2, 3, 4][..], "b");
    let calm = draft(&draw, "a b x", &[quorum, (&[5], "x")], 6, "b");
    assert_eq!(calm.header.round, Round(3), "a sixth is not a third");
    let jump = draft(&draw, "a b x", &[quorum, (&[5, 4], "x")], 6, "b");
    assert_eq!(jump.header.round, Round(6));
}

#[test]
fn r9_a_proposer_adds_the_catch_up_that_justifies_most() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 0; c @3 < b 0; d @4 < c 0");
    let shares: &[(&[usize], &str)] = &[(&[0, 1, 2], "b"), (&[1, 2, 3], "c"), (&[3], "d")];
    let draft = draft(&draw, "a b c d", shares, 5, "d");
    let catch_up = draft.catch_up.unwrap();
    assert_eq!(catch_up.target, draw.standing("c").checkpoint());
    assert_eq!(catch_up.votes.len(), 4, "with the share that d carries");
    assert_eq!(draft.finality.justified, draw.standing("c").checkpoint());
}

#[test]
fn r9_a_quorum_found_in_a_block_of_another_fork_is_used_again() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a; x @3 < b 012; c @4 < b 3; d @5 < c 01");
    let draft = draft(&draw, "a b x c d", &[], 6, "d");
    let catch_up = draft.catch_up.unwrap();
    assert_eq!(catch_up.target, draw.standing("b").checkpoint());
    assert_eq!(catch_up.votes.len(), 4, "three that x carries and one that c carries");
}

#[test]
fn a_node_starts_again_from_its_base_and_goes_on() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 0; c @3 < b 012; d @4 < c 012; e @5 < d; f @6 < e 0 + d 012");
    let mut core = draw.core(None);
    give(&mut core, &draw, "a b c d", at(50, 0));
    let base = core.base();
    assert_eq!(draw.name(base.standing().hash), "b");
    let bytes = weft_types::Canonical::to_bytes(&base);
    let base: weft_consensus::Base = weft_types::Canonical::from_bytes(&bytes).unwrap();
    let mut toy = Toy::new(&draw.genesis);
    toy.put(base.standing().hash, core.executor());
    let config = weft_consensus::Config::new(
        &draw.genesis,
        None,
        weft_consensus::VoteFile::Known(weft_consensus::VoteRecord::default()),
    );
    let mut again = Core::new(config, toy, &base);
    for name in ["a", "b", "c", "d"] {
        again.step(at(50, 0), Input::Restored { block: draw.block(name) });
    }
    assert_eq!(again.head_hash(), core.head_hash());
    give(&mut again, &draw, "e f", at(50, 1));
    give(&mut core, &draw, "e f", at(50, 1));
    assert_eq!(again.head_hash(), draw.hash("f"));
    assert_eq!(again.finalized().1, core.finalized().1);
    assert_eq!(again.base(), core.base());
}
