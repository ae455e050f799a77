//! What of an answer is looked at, and what is no answer: held against what was asked before a
//! signature is (R20).

use crate::answers::{Misfit, fit, last_of_its_voters};
use crate::io::{Io, forged};
use crate::questions::Question;
use crate::sources::{Place, Sources};
use crate::tests::alone::{Alone, PEER, told};
use crate::tests::sent::grow_to;
use crate::wire::{Answer, Kind, Request, Want, pack, unpack};
use crate::{Event, event::NoAnswer};
use std::collections::BTreeSet;
use weft_consensus::{PeerId, Status};
use weft_types::{Block, Canonical, Checkpoint, Hash, Height, Millis, PublicKey, Round};

/// A chain of so many blocks, which a node that stands at genesis has not seen.
fn chain(height: u64) -> Vec<Block> {
    let mut node = Alone::new();
    let mut blocks = Vec::new();
    for height in 1..=height {
        grow_to(&mut node, height);
        let core = node.engine.core();
        blocks.push(core.block(&core.head_hash()).unwrap().block().clone());
    }
    blocks
}

fn of(from: u64) -> Want {
    Want::Chain { from: Height(from), tip: Hash([9; 32]) }
}

#[test]
fn a_chain_that_stands_on_ours_is_looked_at_and_one_that_hangs_in_the_air_is_not() {
    let (node, blocks) = (Alone::new(), chain(6));
    let tree = node.engine.core().forks().tree();
    assert_eq!(fit(tree, &of(1), blocks.clone()).map(|b| b.len()), Ok(6));
    let hash = blocks[2].hash();
    let above = fit(tree, &of(3), blocks[2..].to_vec());
    assert_eq!(above, Err(Misfit::Unconnected { hash }));
    assert!(!above.unwrap_err().is_fault(), "an honest peer on another fork answers so");
    let mut hole = blocks.clone();
    hole.remove(3);
    let broken = fit(tree, &of(1), hole);
    assert_eq!(broken, Err(Misfit::Broken { hash: blocks[4].hash() }));
    assert!(broken.unwrap_err().is_fault());
    assert_eq!(fit(tree, &of(1), Vec::new()), Err(Misfit::Nothing));
}

/// Found by the simulator (seed 150 of `chaos`): an answer ends where voters rotate, and where
/// that is below the place where two chains part it holds nothing new; whoever takes that for
/// the end never comes to the other chain.
#[test]
fn an_answer_of_which_all_is_known_says_from_where_to_go_on() {
    let mut node = Alone::new();
    grow_to(&mut node, 8);
    let core = node.engine.core();
    let base = core.finalized().0.height;
    let known: Vec<_> = (0..)
        .scan(core.head_hash(), |at, _: u64| {
            let block = core.block(at)?.block().clone();
            *at = block.header().parent;
            (block.header().height > base).then_some(block)
        })
        .collect();
    let known: Vec<_> = known.into_iter().rev().collect();
    let height = known.last().unwrap().header().height;
    assert_eq!(fit(core.forks().tree(), &of(1), known), Err(Misfit::Known { height }));
    let peer = PeerId(9);
    let mut sources = Sources::default();
    sources.up(peer);
    sources.told(peer, Hash([3; 32]), Height(1), Place { base, head: Height(50) });
    let place = Place { base, head: Height(50) };
    let from = |sources: &Sources| {
        let chains = sources.chains(Millis::ZERO, place, &BTreeSet::new());
        chains.first().map(|chain| (chain.peer, chain.from))
    };
    let before = from(&sources);
    sources.moved(peer, Height(30));
    assert_eq!(before, base.next().map(|first| (peer, first)));
    assert_eq!(from(&sources), Some((peer, Height(31))));
}

#[test]
fn a_block_of_one_whose_turn_it_was_not_is_no_answer_and_behind_others_it_is_left() {
    let (node, mut blocks) = (Alone::new(), chain(3));
    let tree = node.engine.core().forks().tree();
    blocks[2].signed.header.proposer = PublicKey([1; 32]);
    assert_eq!(fit(tree, &of(1), blocks.clone()).map(|b| b.len()), Ok(2), "others may vote there");
    blocks[0].signed.header.proposer = PublicKey([1; 32]);
    let hash = blocks[0].hash();
    assert_eq!(fit(tree, &of(1), blocks), Err(Misfit::NotItsTurn { hash }));
}

#[test]
fn another_block_than_was_asked_for_is_no_answer() {
    let (node, blocks) = (Alone::new(), chain(2));
    let (want, got) = (blocks[0].hash(), blocks[1].hash());
    let tree = node.engine.core().forks().tree();
    let answer = fit(tree, &Want::Block(want), vec![blocks[1].clone()]);
    assert_eq!(answer, Err(Misfit::Another { want, got }));
    assert_eq!(fit(tree, &Want::Block(got), blocks[1..].to_vec()), Ok(blocks[1..].to_vec()));
}

#[test]
fn an_answer_ends_where_voters_rotate() {
    assert_eq!(last_of_its_voters(Height(1), 40), Height(40));
    assert_eq!(last_of_its_voters(Height(40), 40), Height(40));
    assert_eq!(last_of_its_voters(Height(41), 40), Height(80));
    let every = 16;
    let mut node = Alone::with(1, None, |genesis| {
        genesis.params.max_voters = 4;
        genesis.params.rotation_blocks = every;
        genesis.params.unbonding_blocks = 12 * every;
    });
    grow_to(&mut node, every + 5);
    let core = node.engine.core();
    assert!(core.finalized().0.height > Height(every));
    let want = |from| Want::Chain { from: Height(from), tip: core.head_hash() };
    let places = node.engine.places(&want(1));
    assert_eq!((places.finals(), places.blocks().len()), ((Height(1), Height(every + 1)), 0));
    let places = node.engine.places(&want(every + 1));
    let finals = places.finals();
    assert_eq!(
        finals.1.since(finals.0) + places.blocks().len() as u64,
        5,
        "the rest, by the voters of then"
    );
}

/// Lets a node that stands at genesis be told of a tip; answers the number of its question.
fn asks(node: &mut Alone, tip: &Block) -> (u64, Want) {
    let (height, hash) = (tip.header().height, tip.hash());
    let head = Checkpoint { round: Round(height.0), hash };
    let status = Status { finalized: Height(0), height, head, version: 1 };
    let data = pack(Kind::Request, &Request::Status(status).to_bytes());
    let list = node.step(Event::Asked { from: PEER, ticket: 1, data });
    let ask = list.iter().find_map(|io| match io {
        Io::Ask { ask, data, .. } => {
            let request = Request::from_bytes(unpack(Kind::Request, data)?).ok()?;
            if let Request::Blocks(want) = request { Some((*ask, want)) } else { None }
        }
        _ => None,
    });
    ask.expect("it asks for the chain")
}

fn answer(node: &mut Alone, ask: u64, blocks: &[Block]) -> Vec<Io> {
    let blocks = blocks.iter().map(Canonical::to_bytes).collect();
    let data = pack(Kind::Answer, &Answer::Blocks(blocks).to_bytes());
    node.step(Event::Answered { from: PEER, ask, data })
}

/// A planted bug that this finds: bodies are checked before it is looked at whether they were
/// asked for, so that 2 MiB of an invented chain keep the checker busy.
#[test]
fn r20_no_signature_of_an_invented_chain_is_looked_at() {
    let (mut node, blocks) = (Alone::new(), chain(6));
    let (ask, want) = asks(&mut node, &blocks[5]);
    assert_eq!(want, Want::Chain { from: Height(1), tip: blocks[5].hash() });
    let list = answer(&mut node, ask, &blocks[2..]);
    assert!(!list.iter().any(|io| matches!(io, Io::CheckBodies { .. })), "{list:?}");
    assert!(told(&list).is_empty(), "it may be honest and on another fork");
    let (ask, _) = asks(&mut node, &blocks[4]);
    let mut hole = blocks.clone();
    hole.remove(2);
    let list = answer(&mut node, ask, &hole);
    assert!(!list.iter().any(|io| matches!(io, Io::CheckBodies { .. })), "{list:?}");
    assert_eq!(told(&list), ["punish"]);
}

#[test]
fn of_a_good_answer_all_bodies_are_looked_at_and_a_forged_header_is_found_before() {
    let (mut node, mut blocks) = (Alone::new(), chain(4));
    let (ask, _) = asks(&mut node, &blocks[3]);
    blocks[3].signed.signature.0[5] ^= 1;
    let list = answer(&mut node, ask, &blocks);
    let bodies = list.iter().find_map(|io| match io {
        Io::CheckBodies { bodies, .. } => Some(bodies),
        _ => None,
    });
    let bodies = bodies.expect("it is an answer");
    assert_eq!(bodies.len(), 4);
    let bad = forged(bodies, &node.genesis.chain_id(), &());
    assert_eq!(bad.map(|bad| bad.hash), Some(blocks[3].hash()));
}

#[test]
fn who_is_busy_or_silent_is_no_source_for_now_and_nobody_is_punished() {
    for why in [NoAnswer::Busy, NoAnswer::TimedOut, NoAnswer::Refused, NoAnswer::Gone] {
        let (mut node, blocks) = (Alone::new(), chain(2));
        let (ask, want) = asks(&mut node, &blocks[1]);
        let list = node.step(Event::Unanswered { from: PEER, ask, why });
        assert!(told(&list).is_empty(), "{why:?}: {list:?}");
        let now = node.now;
        assert!(node.engine.asks.begin(PEER, Question::Blocks(want), now).is_some(), "{why:?}");
    }
}

/// A planted bug that this finds: who is busy is taken for one that does not have it, so that its
/// tip is never asked for again.
#[test]
fn who_was_busy_is_asked_for_the_same_again() {
    let (mut node, blocks) = (Alone::new(), chain(2));
    let (ask, _) = asks(&mut node, &blocks[1]);
    node.step(Event::Unanswered { from: PEER, ask, why: NoAnswer::Busy });
    node.now.0 += node.genesis.params.slot_ms;
    let list = node.step(Event::Tick);
    assert!(list.iter().any(|io| matches!(io, Io::Ask { .. })), "{list:?}");
}

/// A planted bug that this finds: an answer that the checker has no room for vanishes without a
/// word, and what it holds stays asked for.
#[test]
fn an_answer_that_finds_no_room_is_asked_for_again() {
    let (mut node, blocks) = (Alone::new(), chain(2));
    let (ask, want) = asks(&mut node, &blocks[1]);
    answer(&mut node, ask, &blocks);
    let turned = crate::event::Turned::Bodies { from: PEER, want };
    node.step(Event::CheckerFull(turned));
    node.now.0 += node.genesis.params.slot_ms;
    let list = node.step(Event::Tick);
    assert!(list.iter().any(|io| matches!(io, Io::Ask { .. })), "{list:?}");
}

/// A planted bug that this finds: a peer has what it asks for, whatever it had before.
#[test]
fn a_peer_that_had_more_than_its_part_is_told_to_ask_later() {
    let mut node = Alone::new();
    let data = || pack(Kind::Request, &Request::Blocks(of(1)).to_bytes());
    let list = node.step(Event::Asked { from: PEER, ticket: 5, data: data() });
    assert!(list.iter().any(|io| matches!(io, Io::Serve { ticket: 5, .. })), "{list:?}");
    node.step(Event::Served { to: PEER, bytes: 1 << 40 });
    let list = node.step(Event::Asked { from: PEER, ticket: 6, data: data() });
    assert!(list.iter().any(|io| matches!(io, Io::Busy { ticket: 6 })), "{list:?}");
    assert!(!list.iter().any(|io| matches!(io, Io::Serve { .. })), "{list:?}");
}
