//! What is lacked, what waits, and what is offered to peers.

use super::support::draw::{Draw, at, bodies, chains};
use super::support::toy::Toy;
use weft_consensus::{Core, Effect, Finding, Input, PeerId, Skip, Ticket};
use weft_types::{Height, Item, Millis, Netuid, WeightRow};

fn body(core: &mut Core<Toy>, draw: &Draw, peer: u64, name: &str, now: Millis) -> Vec<Effect> {
    core.step(
        now,
        Input::Block { from: Some(PeerId(peer)), is_asked: false, block: draw.block(name) },
    )
}

fn long() -> Draw {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 012; c @3 < b 012; d @4 < c 012; e @5 < d 012; f @6 < e 012");
    draw
}

#[test]
fn r20_of_a_header_on_an_unknown_parent_its_senders_chain_is_lacked() {
    let draw = long();
    let mut core = draw.core(None);
    let header = draw.block("c").block().signed.clone();
    let ticket = Ticket(7);
    core.step(at(3, 0), Input::Header { from: PeerId(1), ticket, header });
    assert_eq!(chains(&core), [(1, draw.hash("c"))]);
    body(&mut core, &draw, 1, "a", at(3, 1));
    body(&mut core, &draw, 1, "b", at(3, 2));
    let effects = body(&mut core, &draw, 1, "c", at(3, 3));
    let accepted =
        |e: &Effect| matches!(e, Effect::Finding { ticket: Ticket(7), finding: Finding::Accept });
    assert!(effects.iter().any(accepted));
}

#[test]
fn bodies_in_the_wrong_order_are_executed_when_their_parent_comes() {
    let draw = long();
    let mut core = draw.core(None);
    for name in ["d", "c", "b", "a"] {
        body(&mut core, &draw, 1, name, at(9, 0));
    }
    assert_eq!(draw.name(core.head_hash()), "d");
}

#[test]
fn r19_a_header_that_never_completes_is_given_up_and_answered() {
    let draw = long();
    let mut core = draw.core(None);
    let header = draw.block("c").block().signed.clone();
    let (from, ticket) = (PeerId(1), Ticket(7));
    core.step(at(3, 0), Input::Header { from, ticket, header });
    let given_up = |effects: &[Effect]| {
        effects.iter().any(|e| {
            matches!(e, Effect::Finding { finding: Finding::Ignore(Skip::NotCompleted), .. })
        })
    };
    assert!(!given_up(&core.step(at(7, 0), Input::Tick)));
    assert!(given_up(&core.step(at(8, 0), Input::Tick)));
}

#[test]
fn r19_a_flood_of_headers_from_one_peer_leaves_room_for_others() {
    let draw = long();
    let mut core = draw.core(None);
    let mut flood = draw.block("c").block().signed.clone();
    let mut answered = 0;
    let key = draw.keys.iter().find(|k| k.public() == flood.header.proposer).unwrap();
    for n in 0..100 {
        flood.header.parent.0[0] = n;
        flood.header.parent.0[1] = 1;
        let (from, ticket) = (PeerId(1), Ticket(u64::from(n)));
        let header = flood.header.clone().sign(key, &draw.genesis.chain_id());
        let effects = core.step(at(3, 0), Input::Header { from, ticket, header });
        answered += effects.iter().filter(|e| matches!(e, Effect::Finding { .. })).count();
    }
    assert_eq!(answered, 84, "16 are kept for one peer, the rest is dropped");
    let header = draw.block("a").block().signed.clone();
    core.step(at(3, 1), Input::Header { from: PeerId(2), ticket: Ticket(999), header });
    assert_eq!(bodies(&core), [(2, draw.hash("a"))]);
}

#[test]
fn r20_a_forged_copy_of_a_header_never_stands_in_the_place_of_the_good_one() {
    let draw = long();
    let mut core = draw.core(None);
    let good = draw.block("c").block().signed.clone();
    let mut forged = good.clone();
    forged.signature.0[0] ^= 1;
    let header =
        |from, ticket, header| Input::Header { from: PeerId(from), ticket: Ticket(ticket), header };
    let effects = core.step(at(3, 0), header(1, 1, forged.clone()));
    let is_rejected = |effects: &[Effect]| {
        effects.iter().any(|e| matches!(e, Effect::Finding { finding: Finding::Reject(_), .. }))
    };
    assert!(is_rejected(&effects), "the parent is unknown, the signature is bad all the same");
    assert!(!is_rejected(&core.step(at(3, 0), header(2, 2, good))));
    assert!(is_rejected(&core.step(at(3, 0), header(1, 3, forged))));
    // A stranger's header does not wait for a parent nobody has.
    let key = weft_types::SecretKey::from_seed([9; 32]);
    let mut strange = draw.block("c").block().signed.header.clone();
    strange.proposer = key.public();
    let strange = strange.sign(&key, &draw.genesis.chain_id());
    let effects = core.step(at(3, 0), header(3, 4, strange));
    let ignored = |e: &Effect| {
        matches!(e, Effect::Finding { finding: Finding::Ignore(Skip::NotAVoter { .. }), .. })
    };
    assert!(effects.iter().any(ignored), "{effects:?}");
}

#[test]
fn an_item_rides_on_our_share_until_the_head_chain_holds_it() {
    let mut draw = Draw::new(&[1]);
    draw.draw("z @1");
    let mut core = draw.core(Some(0));
    let row = WeightRow {
        netuid: Netuid(1),
        uids: vec![weft_types::Uid(0)],
        values: vec![1],
        version_key: 0,
        view: Height(0),
    };
    core.step(at(0, 0), Input::Queue(vec![Item::Row(row)]));
    let mut rode = Vec::new();
    for slot in 1..6 {
        let mut effects = core.step(at(slot, 0), Input::Tick);
        let draft = effects.iter().find_map(|e| match e {
            Effect::Propose(draft) => Some(draft.clone()),
            _ => None,
        });
        effects = core.seal(at(slot, 1), draft.unwrap(), Vec::new());
        rode.extend(effects.iter().filter_map(|e| match e {
            Effect::SendShare(share) => Some((slot, share.items.len())),
            _ => None,
        }));
    }
    // The share for block 1 holds the row; block 2 carries it, so the share for it does not.
    assert_eq!(rode, [(1, 1), (2, 0), (3, 0), (4, 0), (5, 0)]);
}

fn announce(core: &mut Core<Toy>, draw: &Draw, peer: u64, name: &str, now: Millis) -> Vec<Effect> {
    let (header, ticket) = (draw.block(name).block().signed.clone(), Ticket(peer));
    core.step(now, Input::Header { from: PeerId(peer), ticket, header })
}

#[test]
fn a_block_that_finality_passed_is_lacked_no_more() {
    let mut draw = long();
    draw.draw("x @7 < b 012");
    let mut core = draw.core(None);
    for name in ["a", "b"] {
        body(&mut core, &draw, 1, name, at(7, 0));
    }
    announce(&mut core, &draw, 2, "x", at(7, 1));
    assert_eq!(bodies(&core), [(2, draw.hash("x"))]);
    for name in ["c", "d", "e", "f"] {
        body(&mut core, &draw, 1, name, at(7, 2));
    }
    assert_eq!(draw.name(core.finalized().1), "d", "which x is not above");
    assert_eq!(bodies(&core), []);
}

/// Found by the simulator: voters that had seen a quorum were locked above what the chain of
/// those said whose turn it was, and a set of two that had not seen it proposed for ever.
#[test]
fn r7_a_block_that_says_more_of_justified_than_the_head_is_offered_to_peers() {
    let mut draw = Draw::new(&[1, 1, 1, 1]);
    draw.draw("a @1; b @2 < a 012; x @3 < b 012; y @4 < b; z @5 < y");
    let mut core = draw.core(None);
    for name in ["a", "b", "x", "y", "z"] {
        body(&mut core, &draw, 1, name, at(6, 0));
    }
    for (ticket, voter) in [0, 1, 2, 3].into_iter().enumerate() {
        let share = draw.share(voter, "z").share().clone();
        let (from, ticket) = (PeerId(1), Ticket(100 + ticket as u64));
        core.step(at(6, 1), Input::Share { from, ticket, share });
    }
    assert_eq!(draw.name(core.head_hash()), "z", "whose chain does not say that b is justified");
    let effects = core.step(at(8, 600), Input::Tick);
    let told: Vec<&str> = effects
        .iter()
        .filter_map(|e| match e {
            Effect::SendStatus(status) => Some(draw.name(status.head.hash)),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["z", "x"]);
}
