//! What is taken from peers, dropped, or held against them (R19, R20), and evidence.

use super::support::draw::{Draw, at, bodies, chains};
use super::support::toy::Toy;
use weft_consensus::{Core, Effect, Fault, Finding, Input, PeerId, Skip, Ticket};
use weft_types::key::derive_test_key;
use weft_types::{
    Checkpoint, Evidence, Hash, Item, Millis, Netuid, Round, Share, SignedHeader, WeightRow,
};

fn findings(effects: &[Effect]) -> Vec<&Finding> {
    let finding = |e: &'_ Effect| matches!(e, Effect::Finding { .. });
    let inner = effects.iter().filter(|e| finding(e));
    inner
        .map(|e| match e {
            Effect::Finding { finding, .. } => finding,
            _ => unreachable!("filtered"),
        })
        .collect()
}

fn header(draw: &Draw, name: &str) -> SignedHeader {
    draw.block(name).block().signed.clone()
}

fn announce(core: &mut Core<Toy>, peer: u64, header: SignedHeader, now: Millis) -> Vec<Effect> {
    core.step(now, Input::Header { from: PeerId(peer), ticket: Ticket(peer), header })
}

fn send(core: &mut Core<Toy>, peer: u64, share: &Share, now: Millis) -> Vec<Effect> {
    let share = share.clone();
    core.step(now, Input::Share { from: PeerId(peer), ticket: Ticket(peer), share })
}

fn body(core: &mut Core<Toy>, draw: &Draw, peer: u64, name: &str, now: Millis) -> Vec<Effect> {
    core.step(
        now,
        Input::Block { from: Some(PeerId(peer)), is_asked: false, block: draw.block(name) },
    )
}

macro_rules! finding {
    ($effects:expr, $want:pat) => {
        let effects = $effects;
        assert!(matches!(findings(&effects).as_slice(), [$want]), "{effects:?}");
    };
}

#[test]
fn r20_a_header_is_forwarded_once_its_block_was_executed() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1");
    let mut core = draw.core(None);
    let effects = announce(&mut core, 1, header(&draw, "a"), at(1, 0));
    assert!(findings(&effects).is_empty());
    assert_eq!(bodies(&core), [(1, draw.hash("a"))]);
    finding!(body(&mut core, &draw, 1, "a", at(1, 50)), Finding::Accept);
    finding!(announce(&mut core, 2, header(&draw, "a"), at(1, 60)), Finding::Ignore(Skip::Known));
}

#[test]
fn r20_an_invalid_header_is_rejected_before_a_body_is_fetched() {
    let mut draw = Draw::new(&[1, 1]);
    draw.draw("a @1");
    let mut forged = header(&draw, "a");
    forged.signature.0[7] ^= 1;
    let mut core = draw.core(None);
    let effects = announce(&mut core, 1, forged, at(1, 0));
    assert!(bodies(&core).is_empty());
    finding!(effects, Finding::Reject(Fault::Header { .. }));
    let other = &draw.keys[1 - draw.proposer(1, "g")].clone();
    let mut stolen = draw.block("a").header().clone();
    stolen.proposer = other.public();
    let stolen = stolen.sign(other, &draw.genesis.chain_id());
    finding!(announce(&mut core, 1, stolen, at(1, 0)), Finding::Reject(Fault::Block(_)));
    announce(&mut core, 1, header(&draw, "a"), at(1, 0));
    assert_eq!(bodies(&core).len(), 1, "the true header still has its chance");
}

#[test]
fn r5_a_header_far_ahead_is_dropped_and_one_for_the_next_slot_waits() {
    let mut draw = Draw::new(&[1, 1]);
    draw.draw("a @4");
    let mut core = draw.core(None);
    let far = announce(&mut core, 1, header(&draw, "a"), at(1, 0));
    finding!(far, Finding::Ignore(Skip::TooEarly { .. }));
    let near = announce(&mut core, 1, header(&draw, "a"), at(3, 0));
    assert!(findings(&near).is_empty() && bodies(&core).is_empty());
    core.step(at(3, 749), Input::Tick);
    assert_eq!(bodies(&core), []);
    core.step(at(3, 750), Input::Tick);
    assert_eq!(bodies(&core).len(), 1);
}

#[test]
fn r20_a_second_header_of_a_slot_is_evidence_and_a_third_is_dropped() {
    let mut draw = Draw::new(&[1, 1]);
    draw.draw("z @1");
    let key = draw.keys[draw.proposer(5, "g")].clone();
    draw.draw("a @5");
    let variant = |n: u8| {
        let mut header = draw.block("a").header().clone();
        header.txs_root = Hash([n; 32]);
        header.sign(&key, &draw.genesis.chain_id())
    };
    let mut core = draw.core(None);
    let offence = |effects: &[Effect]| {
        effects.iter().any(|e| matches!(e, Effect::Evidence(Evidence::Headers(..))))
    };
    assert!(!offence(&announce(&mut core, 1, variant(1), at(5, 0))));
    assert!(offence(&announce(&mut core, 2, variant(2), at(5, 1))));
    let third = announce(&mut core, 3, variant(3), at(5, 2));
    assert!(!offence(&third));
    finding!(third, Finding::Ignore(Skip::ThirdHeader { .. }));
}

#[test]
fn r20_a_third_block_of_a_slot_is_taken_when_others_have_built_on_it() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("p @1; q @2 < p; a @5 < p; b @5 < q; c @5; d @6 < c 0");
    let same = draw.proposer(5, "p") == draw.proposer(5, "g");
    assert!(same, "one set, one proposer");
    let mut core = draw.core(None);
    for name in ["p", "q", "a", "b"] {
        body(&mut core, &draw, 1, name, at(6, 0));
    }
    let dropped = announce(&mut core, 1, header(&draw, "c"), at(6, 1));
    finding!(dropped, Finding::Ignore(Skip::ThirdHeader { .. }));
    announce(&mut core, 2, header(&draw, "d"), at(6, 2));
    assert_eq!(chains(&core), [(2, draw.hash("d"))]);
    let asked =
        |name| Input::Block { from: Some(PeerId(2)), is_asked: true, block: draw.block(name) };
    core.step(at(6, 3), asked("c"));
    finding!(core.step(at(6, 4), asked("d")), Finding::Accept);
    assert!(core.block(&draw.hash("d")).is_some());
}

#[test]
fn r20_the_checks_of_a_share_in_their_order() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 012");
    let mut core = draw.core(None);
    body(&mut core, &draw, 1, "a", at(3, 0));
    body(&mut core, &draw, 1, "b", at(3, 0));
    let good = draw.share(3, "b").share().clone();
    let (a, b) = (draw.standing("a").checkpoint(), draw.standing("b").checkpoint());
    let mut now = 0;
    let mut give = |share: &Share| {
        now += 1;
        send(&mut core, 1, share, at(3, now))
    };
    finding!(give(&good), Finding::Accept);
    finding!(give(&good), Finding::Ignore(Skip::Known));
    let far = Checkpoint { round: Round(5), hash: Hash([1; 32]) };
    let late = draw.share_from(0, a, far);
    finding!(give(late.share()), Finding::Ignore(Skip::OutsideWindow { .. }));
    let wrong = draw.share_from(0, draw.genesis.checkpoint(), b);
    finding!(give(wrong.share()), Finding::Ignore(Skip::Share(_)));
    let mut forged = draw.share(0, "b").share().clone();
    forged.signed.signature.0[3] ^= 1;
    finding!(give(&forged), Finding::Reject(Fault::Share(_)));
    let row = WeightRow {
        netuid: Netuid(1),
        uids: vec![],
        values: vec![],
        version_key: 0,
        view: weft_types::Height(1),
    };
    let mut stripped = draw.share(0, "b").share().clone();
    stripped.items = vec![Item::Row(row)];
    finding!(give(&stripped), Finding::Reject(Fault::Share(_)));
    finding!(give(draw.share(0, "b").share()), Finding::Accept);
    draw.keys.push(derive_test_key("stranger", ""));
    finding!(give(draw.share(4, "b").share()), Finding::Ignore(Skip::NotAVoter { .. }));
}

#[test]
fn r20_two_shares_of_a_voter_for_a_round_are_kept_and_are_evidence() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1");
    let mut core = draw.core(None);
    body(&mut core, &draw, 1, "a", at(3, 0));
    let genesis = draw.genesis.checkpoint();
    let target = |n: u8| Checkpoint { round: Round(2), hash: Hash([n; 32]) };
    let vote = |n: u8| draw.share_from(0, genesis, target(n)).share().clone();
    let offence = |effects: &[Effect]| {
        effects.iter().any(|e| matches!(e, Effect::Evidence(Evidence::Votes(..))))
    };
    let first = send(&mut core, 1, &vote(1), at(3, 1));
    assert!(!offence(&first));
    let second = send(&mut core, 1, &vote(2), at(3, 2));
    assert!(offence(&second));
    finding!(second, Finding::Accept);
    let third = send(&mut core, 1, &vote(3), at(3, 3));
    finding!(third, Finding::Ignore(Skip::ThirdShare { .. }));
}

#[test]
fn r7_a_link_around_another_is_evidence() {
    let draw = Draw::new(&[1, 1, 1, 1]);
    let mut core = draw.core(None);
    let at_round = |r: u8| Checkpoint { round: Round(u64::from(r)), hash: Hash([r; 32]) };
    let link = |s, t| draw.share_from(0, at_round(s), at_round(t)).share().clone();
    send(&mut core, 1, &link(2, 3), at(9, 0));
    let fine = send(&mut core, 1, &link(3, 5), at(9, 1));
    assert!(!fine.iter().any(|e| matches!(e, Effect::Evidence(_))));
    let around = send(&mut core, 1, &link(1, 4), at(9, 2));
    assert!(around.iter().any(|e| matches!(e, Effect::Evidence(_))));
}

#[test]
fn r9_a_share_that_came_before_its_block_counts_once_the_block_is_there() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1");
    let mut core = draw.core(None);
    for voter in 0..3 {
        let share = draw.share(voter, "a");
        finding!(send(&mut core, 1, share.share(), at(1, 10)), Finding::Accept);
    }
    assert_eq!(core.justified(), draw.genesis.checkpoint());
    body(&mut core, &draw, 1, "a", at(1, 20));
    assert_eq!(core.justified(), draw.standing("a").checkpoint());
}

#[test]
fn a_body_that_fails_its_checks_blames_its_sender_and_others_have_it() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1");
    let mut core = draw.core(None);
    announce(&mut core, 1, header(&draw, "a"), at(1, 0));
    announce(&mut core, 2, header(&draw, "a"), at(1, 1));
    let why = weft_types::check::BlockError::TooManyCalls { got: 9, limit: 8 };
    let hash = draw.hash("a");
    let effects = core.step(at(1, 2), Input::BadBlock { from: PeerId(1), hash, version: 1, why });
    assert!(effects.iter().any(|e| matches!(e, Effect::Punish { peer: PeerId(1), .. })));
    assert_eq!(bodies(&core), [(2, hash)]);
    let effects = body(&mut core, &draw, 2, "a", at(1, 3));
    assert_eq!(findings(&effects).len(), 2, "both messages are answered");
}
