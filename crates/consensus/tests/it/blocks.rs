//! What makes a block invalid: one name for each rule (R4, R5, R6, R8, R9).

use super::support::draw::{Draw, at};
use weft_consensus::{
    BlockFault, Core, Dismissal, Effect, Fault, Finding, Input, PeerId, ShareFault, Ticket,
};
use weft_types::key::derive_test_key;
use weft_types::{CatchUp, Hash, Height, PublicKey, Round, Slot, Work};

const LONG_AFTER: u64 = 90;

/// Gives a core the first blocks, which must be taken, and answers why the last is
/// refused.
fn fault(draw: &Draw, names: &[&str]) -> Option<BlockFault> {
    let mut core = draw.core(None);
    let (last, first) = names.split_last().unwrap();
    for name in first {
        assert!(refusal(&mut core, draw, name).is_none(), "{name} is valid");
    }
    refusal(&mut core, draw, last)
}

fn refusal(
    core: &mut Core<super::support::toy::Toy>,
    draw: &Draw,
    name: &str,
) -> Option<BlockFault> {
    let block = draw.block(name);
    let from = Some(PeerId(1));
    let effects = core.step(at(LONG_AFTER, 0), Input::Block { from, is_asked: false, block });
    let is_logged =
        effects.iter().any(|e| matches!(e, Effect::Append(b) if b.hash() == draw.hash(name)));
    let fault = effects.into_iter().find_map(|e| match e {
        Effect::Dismissed { why: Dismissal::Invalid(fault), .. } => Some(fault),
        _ => None,
    });
    assert_eq!(fault.is_none(), is_logged, "{name} is executed and logged, or refused by name");
    fault
}

macro_rules! refused {
    ($draw:expr, [$($name:literal),+], $want:pat) => {
        let fault = fault(&$draw, &[$($name),+]);
        assert!(matches!(fault, Some($want)), "{fault:?}");
    };
}

#[test]
fn a_chain_by_the_rules_is_taken() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 012; c @3 < b 0123; d @7 < c 01; e @9 r9 < d 123");
    assert!(fault(&draw, &["a", "b", "c", "d", "e"]).is_none());
    assert_eq!(draw.standing("b").header.round, Round(2), "R6: a quorum counts on");
    assert_eq!(draw.standing("d").header.round, Round(7), "R6: without one it is the slot");
}

#[test]
fn r5_a_slot_must_be_above_the_parents() {
    let mut draw = Draw::new(&[1]);
    draw.draw("a @3; b @3 < a 0; c @2 < a 0");
    refused!(draw, ["a", "b"], BlockFault::SlotNotAfterParent { .. });
    refused!(draw, ["a", "c"], BlockFault::SlotNotAfterParent { .. });
}

#[test]
fn r4_only_the_scheduled_voter_proposes() {
    let mut draw = Draw::new(&[1, 1]);
    let other = draw.keys[1 - draw.proposer(1, "g")].public();
    draw.bend("a", move |h| h.proposer = other).draw("a @1");
    refused!(draw, ["a"], BlockFault::WrongProposer { slot: Slot(1), .. });
    draw.bend("b", |h| h.proposer = PublicKey([7; 32])).draw("b @1");
    refused!(draw, ["b"], BlockFault::WrongProposer { .. });
}

#[test]
fn a_height_must_follow_the_parents() {
    let mut draw = Draw::new(&[1]);
    draw.draw("a @1").bend("b", |h| h.height = Height(3)).draw("b @2 < a 0");
    refused!(draw, ["a", "b"], BlockFault::WrongHeight { got: Height(3), parent: Height(1) });
}

#[test]
fn r6_a_round_is_the_slot_or_with_a_quorum_the_next() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @4; b @9 r5 < a 01; c @9 r8 < a 012; d @9 r10 < a 012; e @9 r4 < a 012");
    for name in ["b", "c", "d", "e"] {
        let fault = fault(&draw, &["a", name]);
        assert!(matches!(fault, Some(BlockFault::WrongRound { .. })), "{name}: {fault:?}");
    }
    draw.draw("f @9 r5 < a 012; h @9 r9 < a 012; i @5 r5 < a 0");
    for name in ["f", "h", "i"] {
        assert!(fault(&draw, &["a", name]).is_none(), "{name}");
    }
}

#[test]
fn r6_block_one_has_an_empty_proof_and_its_slot_as_round() {
    let mut draw = Draw::new(&[1]);
    draw.draw("a @4 r1");
    refused!(draw, ["a"], BlockFault::WrongRound { .. });
    let genesis = draw.genesis.checkpoint();
    let share = draw.share_from(0, genesis, genesis);
    draw.build("b", (4, Some(4)), "g", (vec![share], None));
    refused!(draw, ["b"], BlockFault::Share(ShareFault::ForGenesis { .. }));
}

#[test]
fn r8_a_header_says_the_work_that_the_proof_makes() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1").bend("b", |h| h.work = Work(h.work.0 + 1)).draw("b @2 < a 012");
    refused!(draw, ["a", "b"], BlockFault::WrongWork { .. });
    draw.draw("c @2 < a 012");
    assert_eq!(draw.standing("c").header.work, Work(3 * 65_535));
}

#[test]
fn r9_every_share_of_the_proof_counts_for_the_parent_or_the_block_is_invalid() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 012; x @3 < a 012");
    let (a, b) = (draw.standing("a").checkpoint(), draw.standing("b").checkpoint());
    let genesis = draw.genesis.checkpoint();
    draw.keys.push(derive_test_key("stranger", ""));
    let stranger = draw.share_from(4, a, b);
    for (name, share) in [
        ("target", draw.share(0, "x")),
        ("source", draw.share_from(0, genesis, b)),
        ("voter", stranger),
    ] {
        draw.build(name, (4, None), "b", (vec![share], None));
    }
    refused!(draw, ["a", "b", "target"], BlockFault::Share(ShareFault::WrongTarget { .. }));
    refused!(draw, ["a", "b", "source"], BlockFault::Share(ShareFault::WrongSource { .. }));
    refused!(draw, ["a", "b", "voter"], BlockFault::Share(ShareFault::NotAVoter { .. }));
}

#[test]
fn r9_a_catch_up_names_an_ancestor_above_the_justified_checkpoint_with_a_quorum() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 0; c @3 < b 0; d @4 < c 0 + b 012");
    assert!(fault(&draw, &["a", "b", "c", "d"]).is_none());
    assert_eq!(draw.standing("d").finality.justified, draw.standing("b").checkpoint());
    draw.draw("e @5 < d 0; few @4 < c 0 + b 01; parent @4 < c 0 + c 012");
    draw.draw(
        "below @6 < e 0 + a 012; same @6 < e 0 + b 012; fork @2 < a 0; side @6 < e 0 + fork 012",
    );
    refused!(draw, ["a", "b", "c", "few"], BlockFault::CatchUpNoQuorum { .. });
    refused!(draw, ["a", "b", "c", "parent"], BlockFault::CatchUpTarget { .. });
    for name in ["below", "same", "side"] {
        let fault = fault(&draw, &["a", "b", "c", "d", "e", name]);
        assert!(matches!(fault, Some(BlockFault::CatchUpTarget { .. })), "{name}: {fault:?}");
    }
    let votes =
        [draw.share_from(0, draw.standing("a").checkpoint(), draw.standing("b").checkpoint())];
    let votes = votes.iter().map(|s| s.share().signed).collect();
    let target = draw.standing("b").checkpoint();
    draw.build("vote", (4, None), "c", (vec![], Some(CatchUp { target, votes })));
    refused!(
        draw,
        ["a", "b", "c", "vote"],
        BlockFault::CatchUpVote(ShareFault::WrongSource { .. })
    );
}

#[test]
fn a_block_is_refused_whose_state_root_differs_or_that_cannot_be_executed() {
    let mut draw = Draw::new(&[1]);
    draw.bend("a", |h| h.state_root = Hash([9; 32])).draw("a @1");
    refused!(draw, ["a"], BlockFault::StateRoot { .. });
    draw.draw("b @1");
    let mut core = draw.core(None);
    core.executor_mut().disliked = Some(1);
    assert!(matches!(refusal(&mut core, &draw, "b"), Some(BlockFault::Execution(_))));
}

#[test]
fn a_child_of_an_invalid_block_is_refused_and_its_senders_blamed() {
    let mut draw = Draw::new(&[1]);
    draw.draw("a @1; b @2 < a 0").bend("x", |h| h.state_root = Hash([9; 32])).draw("x @1");
    let mut core = draw.core(None);
    let mut give = |name: &str| {
        let block = draw.block(name);
        core.step(at(9, 0), Input::Block { from: Some(PeerId(3)), is_asked: false, block })
    };
    let blamed = give("x").into_iter().any(|e| matches!(e, Effect::Punish { peer: PeerId(3), .. }));
    assert!(blamed, "whoever sends an invalid block unasked is blamed");
    let header = draw.block("x").block().signed.clone();
    let effects = core.step(at(9, 0), Input::Header { from: PeerId(4), ticket: Ticket(1), header });
    let rejected = |e: &Effect| {
        let why = BlockFault::KnownInvalid { hash: draw.hash("x") };
        matches!(e, Effect::Finding { finding: Finding::Reject(Fault::Block(got)), .. }
            if got.to_string() == why.to_string())
    };
    assert!(effects.iter().any(rejected), "{effects:?}");
}
