//! What a voter signs and what it never signs (R5, R7).

use super::support::draw::{Draw, at};
use super::support::toy::Toy;
use weft_consensus::voter::allows;
use weft_consensus::{Core, Dismissal, Effect, Input, PeerId, VoteFile, VoteRecord};
use weft_types::{Canonical, Checkpoint, Hash, Millis, Round, Slot};

fn give(core: &mut Core<Toy>, draw: &Draw, name: &str, now: Millis) -> Vec<Effect> {
    core.step(now, Input::Block { from: Some(PeerId(1)), is_asked: false, block: draw.block(name) })
}

/// The names of the targets of shares sent, and that each was recorded before.
fn votes(draw: &Draw, effects: &[Effect]) -> Vec<String> {
    let mut recorded = None;
    let mut votes = Vec::new();
    for effect in effects {
        match effect {
            Effect::Record(record) => recorded = Some(record.last_target),
            Effect::SendShare(share) => {
                let target = share.vote().target;
                assert_eq!(recorded, Some(target), "R7: recorded before it leaves");
                votes.push(draw.name(target.hash).to_owned());
            }
            _ => {}
        }
    }
    votes
}

fn record(target: u64, source: u64, silent: Option<u64>) -> VoteRecord {
    let at = |round| Checkpoint { round: Round(round), hash: Hash([1; 32]) };
    VoteRecord {
        last_target: at(target),
        last_source: at(source),
        silent: silent.map(Slot),
        ..VoteRecord::default()
    }
}

#[test]
fn r7_the_table_of_what_the_record_allows() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @9 r2 < a 012");
    let mut standing = draw.standing("b").clone();
    for (what, last, target, source, allowed) in [
        ("a higher round", record(4, 2, None), 5, 2, true),
        ("the same round", record(4, 2, None), 4, 2, false),
        ("a lower round", record(4, 2, None), 3, 2, false),
        ("a higher source", record(4, 2, None), 5, 3, true),
        ("a lower source would surround", record(4, 2, None), 9, 1, false),
        ("silent: the source's round is not above", record(0, 0, Some(7)), 9, 7, false),
        ("silent: the source's round is above", record(0, 0, Some(7)), 9, 8, true),
        ("silent: the slot is not above", record(0, 0, Some(9)), 9, 10, false),
    ] {
        standing.header.round = Round(target);
        standing.finality.justified.round = Round(source);
        assert_eq!(allows(&last, &standing), allowed, "{what}");
    }
}

#[test]
fn r7_a_voter_signs_one_share_for_its_head_of_the_current_slot() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 012; c @3 < b 012");
    let voter = (0..4).find(|i| *i != draw.proposer(4, "c")).unwrap();
    let mut core = draw.core(Some(voter));
    assert_eq!(votes(&draw, &give(&mut core, &draw, "a", at(3, 10))), [""; 0], "an old slot");
    assert_eq!(votes(&draw, &give(&mut core, &draw, "b", at(3, 20))), [""; 0], "an old slot");
    assert_eq!(votes(&draw, &give(&mut core, &draw, "c", at(3, 30))), ["c"]);
    assert_eq!(votes(&draw, &core.step(at(3, 300), Input::Tick)), [""; 0], "not twice");
}

#[test]
fn r7_the_source_is_the_justified_checkpoint_of_the_targets_state() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 012");
    let mut core = draw.core(Some(0));
    give(&mut core, &draw, "a", at(2, 10));
    let effects = give(&mut core, &draw, "b", at(2, 20));
    let share = effects.iter().find_map(|e| match e {
        Effect::SendShare(share) => Some(*share.vote()),
        _ => None,
    });
    assert_eq!(share.unwrap().source, draw.standing("a").checkpoint());
}

#[test]
fn r7_after_three_quarters_of_the_slot_a_voter_is_silent() {
    for (thousandth, voted) in [(0, true), (749, true), (750, false), (999, false)] {
        let mut draw = Draw::new(&[1, 1, 1, 1]);
        draw.draw("a @1");
        let mut core = draw.core(Some(draw.proposer(2, "a")));
        let effects = give(&mut core, &draw, "a", at(1, thousandth));
        assert_eq!(!votes(&draw, &effects).is_empty(), voted, "at {thousandth}");
    }
}

#[test]
fn r5_r7_a_block_a_quarter_early_is_voted_for_when_its_slot_begins() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @2");
    let mut core = draw.core(Some(draw.proposer(3, "a")));
    let effects = give(&mut core, &draw, "a", at(1, 749));
    assert!(!effects.iter().any(|e| matches!(e, Effect::Append(_))), "too early: it waits");
    let effects = core.step(at(1, 750), Input::Tick);
    assert!(effects.iter().any(|e| matches!(e, Effect::Append(_))), "executed when near");
    assert_eq!(votes(&draw, &effects), [""; 0]);
    assert_eq!(votes(&draw, &core.step(at(2, 0), Input::Tick)), ["a"]);
}

#[test]
fn r7_of_two_blocks_of_one_round_a_voter_signs_one() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @2");
    let mut other = Draw::new(&[1, 1, 1, 1]);
    other.draw("z @1; b @2 r2 < z 12");
    let mut core = draw.core(Some(0));
    assert_eq!(votes(&draw, &give(&mut core, &draw, "a", at(2, 600))), ["a"]);
    give(&mut core, &other, "z", at(2, 610));
    let effects = give(&mut core, &other, "b", at(2, 620));
    assert_eq!(core.head_hash(), other.hash("b"), "it is heavier");
    assert_eq!(votes(&other, &effects), [""; 0], "but round 2 is signed");
}

#[test]
fn r7_a_clock_that_steps_back_makes_a_voter_wait() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1");
    let mut core = draw.core(Some(0));
    core.step(at(1, 400), Input::Tick);
    assert_eq!(votes(&draw, &give(&mut core, &draw, "a", at(1, 100))), [""; 0]);
    assert_eq!(votes(&draw, &core.step(at(1, 399), Input::Tick)), [""; 0]);
    assert_eq!(votes(&draw, &core.step(at(1, 400), Input::Tick)), ["a"]);
}

#[test]
fn r7_a_restarted_voter_remembers_and_offers_its_chain_and_share() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1");
    let mut core = draw.core(Some(0));
    let effects = give(&mut core, &draw, "a", at(1, 0));
    let record = effects.iter().rev().find_map(|e| match e {
        Effect::Record(record) => Some(record.clone()),
        _ => None,
    });
    let record = VoteRecord::from_bytes(&record.unwrap().to_bytes()).unwrap();
    let mut again = draw.core_with(Some(0), VoteFile::Known(record));
    let quiet = again.step(at(1, 100), Input::Restored { block: draw.block("a") });
    assert!(quiet.iter().all(|e| matches!(e, Effect::Head(_))), "{quiet:?}");
    let effects = again.step(at(1, 100), Input::Tick);
    let offered =
        |hash| effects.iter().any(|e| matches!(e, Effect::Announce(h) if h.header.hash() == hash));
    assert!(offered(draw.hash("a")));
    assert!(effects.iter().any(|e| matches!(e, Effect::SendStatus(_))));
    assert!(effects.iter().any(|e| matches!(e, Effect::SendShare(_))), "the same share again");
    assert!(!effects.iter().any(|e| matches!(e, Effect::Record(_))), "and no new one");
}

#[test]
fn r7_a_voter_without_its_file_is_silent_up_to_its_restart_slot() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw(
        "a @1; b @2 < a 012; c @3 < b 012; d @4 < c 012; e @5 < d 012; f @6 < e 012; h @7 < f 012",
    );
    let mut core = draw.core_with(Some(0), VoteFile::Lost);
    core.step(at(3, 100), Input::Restored { block: draw.block("a") });
    core.step(at(3, 100), Input::Tick);
    let mut voted = Vec::new();
    for (slot, name) in [(3, "b"), (3, "c"), (4, "d"), (5, "e"), (6, "f"), (7, "h")] {
        voted.extend(votes(&draw, &give(&mut core, &draw, name, at(slot, 200))));
    }
    // d has source c of round 3, which is not above slot 3; e has source d.
    assert_eq!(voted, ["e", "f", "h"]);
}

#[test]
fn r7_a_lost_file_stays_lost_over_another_restart() {
    let mut draw = Draw::new(&[1]);
    draw.draw("a @1");
    let mut core = draw.core_with(Some(0), VoteFile::Lost);
    core.step(at(5, 0), Input::Tick);
    let effects = core.step(at(6, 0), Input::Tick);
    let Some(Effect::Propose(draft)) =
        effects.into_iter().find(|e| matches!(e, Effect::Propose(_)))
    else {
        panic!("the slot after the restart may be proposed in");
    };
    let effects = core.seal(at(6, 0), draft, Vec::new());
    let record = effects.iter().find_map(|e| match e {
        Effect::Record(record) => Some(record.clone()),
        _ => None,
    });
    assert_eq!(record.unwrap().silent, Some(Slot(5)));
    assert!(!effects.iter().any(|e| matches!(e, Effect::SendShare(_))));
}

#[test]
fn r5_a_proposer_records_its_slot_before_the_header_leaves_and_never_proposes_twice() {
    let draw = Draw::new(&[1]);
    let mut core = draw.core(Some(0));
    let effects = core.step(at(3, 0), Input::Tick);
    let drafts: Vec<_> = effects
        .into_iter()
        .filter_map(|e| match e {
            Effect::Propose(draft) => Some(draft),
            _ => None,
        })
        .collect();
    let [draft] = drafts.as_slice() else { panic!("one draft") };
    let effects = core.seal(at(3, 5), draft.clone(), Vec::new());
    let place = |fits: &dyn Fn(&Effect) -> bool| effects.iter().position(fits).unwrap();
    let logged = place(&|e| matches!(e, Effect::Append(_)));
    let recorded = place(&|e| matches!(e, Effect::Record(r) if r.proposed == Slot(3)));
    let announced = place(&|e| matches!(e, Effect::Announce(_)));
    assert!(logged < recorded && recorded < announced);
    let twice = core.seal(at(3, 6), draft.clone(), Vec::new());
    let refused =
        |e: &Effect| matches!(e, Effect::Dismissed { why: Dismissal::StaleDraft { .. }, .. });
    assert!(twice.iter().any(refused));
    assert!(!twice.iter().any(|e| matches!(e, Effect::Announce(_))));
    let known = VoteRecord { proposed: Slot(3), ..VoteRecord::default() };
    let mut again = draw.core_with(Some(0), VoteFile::Known(known));
    let effects = again.step(at(3, 7), Input::Tick);
    assert!(!effects.iter().any(|e| matches!(e, Effect::Propose(_))), "nor after a restart");
}

#[test]
fn r5_a_draft_that_comes_back_in_another_slot_is_refused() {
    let draw = Draw::new(&[1]);
    let mut core = draw.core(Some(0));
    let effects = core.step(at(3, 0), Input::Tick);
    let draft = effects.into_iter().find_map(|e| match e {
        Effect::Propose(draft) => Some(draft),
        _ => None,
    });
    let effects = core.seal(at(4, 0), draft.unwrap(), Vec::new());
    assert!(effects.iter().any(|e| matches!(e, Effect::Dismissed { .. })));
}
