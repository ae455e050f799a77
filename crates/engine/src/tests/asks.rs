//! Whom an engine asks for what it lacks, when, and of whom it asks no more.

use crate::asks::Asks;
use crate::lacks::{LackedBody, Lacks};
use crate::questions::{LOST_MS, Question};
use crate::sources::{Outcome, Place};
use crate::wire::Want;
use std::collections::BTreeSet;
use weft_consensus::PeerId;
use weft_types::{BlockHash, Hash, Height, Millis};

const SLOT: u64 = 1_000;
const QUARTER: u64 = SLOT / 4;

fn hash(n: u8) -> BlockHash {
    Hash([n; 32])
}

fn lacks(bodies: &[(u8, &[u64])]) -> Lacks {
    let of = |(n, tellers): &(u8, &[u64])| LackedBody {
        hash: hash(*n),
        tellers: tellers.iter().map(|p| PeerId(*p)).collect(),
        maker: None,
    };
    let place = Place { base: Height(10), head: Height(12) };
    let (bodies, kept) = (bodies.iter().map(of).collect(), BTreeSet::new());
    Lacks { bodies, kept, place, slot_ms: SLOT }
}

fn peers(count: u64) -> Asks {
    let mut asks = Asks::default();
    (1..=count).for_each(|peer| asks.up(PeerId(peer)));
    asks
}

fn asked(asks: &mut Asks, now: u64, lacks: &Lacks) -> Vec<(u64, Want)> {
    asks.due(Millis(now), lacks).into_iter().map(|(peer, _, want)| (peer.0, want)).collect()
}

fn whom(asks: &mut Asks, now: u64, lacks: &Lacks) -> Vec<u64> {
    asked(asks, now, lacks).into_iter().map(|(peer, _)| peer).collect()
}

fn ends(asks: &mut Asks, peer: u64, want: Want, outcome: Outcome, now: u64) {
    asks.end(PeerId(peer), &want, outcome, (Millis(now), &lacks(&[])));
}

fn told(asks: &mut Asks, peer: u64, tip: u8, height: u64) {
    asks.told(PeerId(peer), hash(tip), Height(height), lacks(&[]).place);
}

fn chain(from: u64, tip: u8) -> Want {
    Want::Chain { from: Height(from), tip: hash(tip) }
}

#[test]
fn a_peer_has_a_place_for_each_kind_of_question_and_one_of_each() {
    let (mut asks, now) = (peers(1), Millis(0));
    let questions = [
        Question::Status,
        Question::Offer,
        Question::Claim,
        Question::Blocks(Want::Block(hash(1))),
        Question::Blocks(chain(1, 2)),
    ];
    let numbers: Vec<_> = questions.iter().map(|q| asks.begin(PeerId(1), *q, now)).collect();
    assert_eq!(numbers, [Some(1), Some(2), Some(3), Some(4), Some(5)], "none waits for another");
    assert_eq!(asks.begin(PeerId(1), Question::Status, now), None);
    assert_eq!(asks.begin(PeerId(1), Question::Blocks(Want::Block(hash(9))), now), None);
    assert_eq!(asks.answered(PeerId(2), 1, Millis(0)), None, "another was asked");
    assert_eq!(asks.answered(PeerId(1), 1, Millis(0)), Some(Question::Status));
    assert_eq!(asks.answered(PeerId(1), 1, Millis(0)), None, "once");
    assert!(asks.begin(PeerId(1), Question::Status, now).is_some());
    asks.gone(PeerId(1), now);
    assert_eq!(asks.count(), 0, "nothing is left of it");
}

#[test]
fn a_body_that_does_not_come_is_asked_of_the_next_that_told_of_it_after_a_quarter_of_a_slot() {
    let (mut asks, lacks) = (peers(3), lacks(&[(7, &[2, 3])]));
    assert_eq!(asked(&mut asks, 0, &lacks), [(2, Want::Block(hash(7)))]);
    assert_eq!(asks.wakes_at(), Some(Millis(QUARTER)));
    assert_eq!(whom(&mut asks, QUARTER - 1, &lacks), []);
    assert_eq!(whom(&mut asks, QUARTER, &lacks), [3]);
}

#[test]
fn one_that_does_not_have_it_or_has_left_is_replaced_at_once() {
    let (mut asks, lacks) = (peers(3), lacks(&[(7, &[1, 2, 3])]));
    let body = Want::Block(hash(7));
    assert_eq!(whom(&mut asks, 0, &lacks), [1]);
    ends(&mut asks, 1, body, Outcome::Nothing, 10);
    assert_eq!(whom(&mut asks, 10, &lacks), [2]);
    asks.gone(PeerId(2), Millis(20));
    assert_eq!(whom(&mut asks, 20, &lacks), [3]);
}

#[test]
fn a_body_is_asked_of_three_others_at_most_with_waits_that_double_and_again_after_a_while() {
    let (mut asks, lacks) = (peers(9), lacks(&[(7, &[1])]));
    let mut times = Vec::new();
    for now in (0..=8 * SLOT).step_by(10) {
        for peer in whom(&mut asks, now, &lacks) {
            times.push(now);
            ends(&mut asks, peer, Want::Block(hash(7)), Outcome::Later, now);
            assert!(times.len() < 40, "{times:?}");
        }
    }
    // Who is busy is passed over at once; that is bounded by the rests.
    assert!(times.iter().filter(|at| **at == 0).count() <= 4, "{times:?}");
    let mut asks = peers(9);
    let mut times = Vec::new();
    for now in (0..=5 * SLOT).step_by(10) {
        times.extend(whom(&mut asks, now, &lacks).iter().map(|_| now));
    }
    // The one that told of it holds its place, since it never answers.
    let first = [0, 250, 500, 1_000, 2_000];
    assert_eq!(times[..4], first[..4], "{times:?}");
    assert!(times[4] >= 2_000 + QUARTER, "a while after all were asked: {times:?}");
}

#[test]
fn while_an_answer_is_looked_at_nobody_else_is_asked() {
    let (mut asks, lacks) = (peers(3), lacks(&[(7, &[1, 2])]));
    let first = asks.due(Millis(0), &lacks);
    assert!(asks.answered(PeerId(1), first[0].1, Millis(0)).is_some());
    assert_eq!(whom(&mut asks, 3 * SLOT, &lacks), []);
    ends(&mut asks, 1, Want::Block(hash(7)), Outcome::Brought, 3 * SLOT);
    assert_eq!(whom(&mut asks, 3 * SLOT, &lacks), [2], "it brought something else");
}

#[test]
fn who_is_busy_is_asked_later_and_after_four_in_a_row_not_for_sixteen_slots() {
    let (mut asks, lacks) = (peers(1), lacks(&[(7, &[1])]));
    let mut times = Vec::new();
    for now in (0..40 * SLOT).step_by(50) {
        if whom(&mut asks, now, &lacks) == [1] {
            times.push(now);
            ends(&mut asks, 1, Want::Block(hash(7)), Outcome::Later, now);
        }
    }
    let waits: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits[..4].windows(2).all(|pair| pair[0] <= pair[1]), "they double: {waits:?}");
    assert!(waits[3] < 4 * SLOT && waits[4] >= 16 * SLOT, "{waits:?}");
}

#[test]
fn five_that_never_answer_hold_up_nothing_that_others_are_asked() {
    let mut asks = peers(6);
    for peer in 1..=5 {
        asks.begin(PeerId(peer), Question::Status, Millis(0));
        told(&mut asks, peer, 100 + u8::try_from(peer).unwrap(), 50);
    }
    let none = lacks(&[]);
    for now in (0..2 * SLOT).step_by(50) {
        whom(&mut asks, now, &none);
    }
    let new = lacks(&[(7, &[6])]);
    assert_eq!(whom(&mut asks, 2 * SLOT, &new), [6]);
    told(&mut asks, 6, 9, 50);
    assert_eq!(asked(&mut asks, 2 * SLOT + 1, &new), [(6, chain(13, 9))]);
}

#[test]
fn a_chain_from_one_height_is_asked_of_one_and_of_another_after_a_quarter_of_a_slot() {
    let (mut asks, none) = (peers(5), lacks(&[]));
    for peer in 1..=5 {
        told(&mut asks, peer, u8::try_from(peer).unwrap(), 50);
    }
    assert_eq!(asked(&mut asks, 0, &none), [(1, chain(13, 1))]);
    assert_eq!(whom(&mut asks, QUARTER - 1, &none), []);
    assert_eq!(whom(&mut asks, QUARTER, &none), [2]);
    assert_eq!(whom(&mut asks, 2 * QUARTER, &none), [3]);
    assert_eq!(whom(&mut asks, 3 * QUARTER, &none), [], "three are enough while they are young");
    assert_eq!(whom(&mut asks, SLOT, &none), [4]);
}

#[test]
fn a_chain_goes_on_from_where_it_has_come_to_and_a_tip_that_leads_nowhere_is_asked_once() {
    let (mut asks, none) = (peers(1), lacks(&[]));
    told(&mut asks, 1, 9, 50);
    assert_eq!(asked(&mut asks, 0, &none), [(1, chain(13, 9))]);
    // It did not stand on our head: from the last final block on.
    ends(&mut asks, 1, chain(13, 9), Outcome::Nothing, 1);
    assert_eq!(asked(&mut asks, 1, &none), [(1, chain(11, 9))]);
    asks.holds(PeerId(1), &chain(11, 9), vec![(hash(40), Height(11)), (hash(41), Height(12))]);
    asks.brought(PeerId(1), &chain(11, 9), |_, _| true);
    ends(&mut asks, 1, chain(11, 9), Outcome::Brought, 2);
    assert_eq!(asked(&mut asks, 2, &none), [(1, chain(13, 9))], "further on its fork");
    ends(&mut asks, 1, chain(13, 9), Outcome::Nothing, 3);
    assert_eq!(whom(&mut asks, 4, &none), [], "it was asked for from the bottom once");
    told(&mut asks, 1, 9, 50);
    assert_eq!(whom(&mut asks, 5, &none), [], "that tip is dead");
    told(&mut asks, 1, 8, 51);
    assert_eq!(asked(&mut asks, 6, &none), [(1, chain(13, 8))], "another is not");
    ends(&mut asks, 1, chain(13, 8), Outcome::Nothing, 7);
    assert_eq!(asked(&mut asks, 7, &none), [(1, chain(11, 8))], "it switched forks");
    ends(&mut asks, 1, chain(11, 8), Outcome::Nothing, 8);
    assert_eq!(whom(&mut asks, 8, &none), []);
}

/// Found by reading: from our head on nothing came, from the bottom on known blocks, and so on for
/// ever, as fast as messages travel.
#[test]
fn who_answers_with_what_is_known_is_asked_for_a_tip_from_the_bottom_once() {
    let (mut asks, none) = (peers(1), lacks(&[]));
    told(&mut asks, 1, 9, 50);
    let mut count = 0;
    for now in 0..100 {
        for (peer, want) in asked(&mut asks, now, &none) {
            count += 1;
            let Want::Chain { from, .. } = want else { panic!("{want:?}") };
            let outcome = if from == Height(11) {
                asks.known(PeerId(peer), Height(12));
                Outcome::Brought
            } else {
                Outcome::Nothing
            };
            ends(&mut asks, peer, want, outcome, now);
        }
    }
    assert_eq!(count, 3, "from the head, from the bottom, and from where that led");
}

#[test]
fn who_tells_of_one_tip_after_the_other_that_lead_nowhere_comes_after_all_others() {
    let (mut asks, none) = (peers(17), lacks(&[]));
    let mut tips = 20_u64;
    for now in 0..100 {
        for liar in 1..=16 {
            tips += 1;
            let tip = Hash::of(weft_types::Domain::Trace, &tips.to_le_bytes());
            asks.told(PeerId(liar), tip, Height(50), none.place);
        }
        if now == 50 {
            told(&mut asks, 17, 9, 50);
        }
        for (peer, want) in asked(&mut asks, now, &none) {
            if peer == 17 {
                assert!(now <= 51, "{now}");
                return;
            }
            ends(&mut asks, peer, want, Outcome::Nothing, now);
        }
    }
    panic!("the honest one was never asked");
}

#[test]
fn a_tip_that_is_known_by_now_is_not_asked_for() {
    let (mut asks, none) = (peers(1), lacks(&[]));
    told(&mut asks, 1, 9, 50);
    asks.learn(|tip| *tip == hash(9));
    assert_eq!(whom(&mut asks, 0, &none), []);
}

#[test]
fn an_ask_of_which_the_shell_never_says_a_word_ends_by_itself() {
    let (mut asks, lacks) = (peers(1), lacks(&[(7, &[1])]));
    assert_eq!(whom(&mut asks, 0, &lacks), [1]);
    asks.begin(PeerId(1), Question::Status, Millis(0));
    for now in (10..LOST_MS).step_by(250) {
        assert_eq!(whom(&mut asks, now, &lacks), []);
    }
    assert_eq!(whom(&mut asks, LOST_MS, &lacks), [1]);
    assert_eq!(asks.count(), 1);
}

#[test]
fn an_answer_that_finds_no_room_here_is_asked_for_again_and_its_peer_is_not_blamed() {
    let (mut asks, lacks) = (peers(1), lacks(&[(7, &[1])]));
    assert_eq!(whom(&mut asks, 0, &lacks), [1]);
    ends(&mut asks, 1, Want::Block(hash(7)), Outcome::NoRoom, 10);
    let again = (10..5 * SLOT).find(|now| whom(&mut asks, *now, &lacks) == [1]);
    assert!(again.is_some_and(|at| at <= 10 + 2 * SLOT), "{again:?}");
}

#[test]
fn after_its_tellers_the_node_of_who_made_a_block_is_asked_then_other_voters() {
    let mut lacks = lacks(&[(7, &[1])]);
    lacks.bodies[0].maker = Some(PeerId(20));
    lacks.kept = BTreeSet::from([PeerId(19), PeerId(20)]);
    let mut asks = peers(20);
    let mut all = Vec::new();
    for now in (0..=SLOT).step_by(10) {
        all.extend(whom(&mut asks, now, &lacks));
    }
    assert_eq!(all[..3], [1, 20, 19], "of twenty: {all:?}");
}

#[test]
fn a_chain_is_asked_of_the_node_of_a_voter_before_others() {
    let (mut asks, mut none) = (peers(20), lacks(&[]));
    none.kept = BTreeSet::from([PeerId(20)]);
    for peer in 1..=20 {
        told(&mut asks, peer, u8::try_from(peer).unwrap(), 50);
    }
    assert_eq!(whom(&mut asks, 0, &none), [20]);
}

#[test]
fn where_all_bodies_take_long_one_is_waited_for_longer_and_never_longer_than_a_slot() {
    let mut asks = peers(2);
    let slow = |asks: &mut Asks, n: u8, at: u64, took: u64| {
        let wanted = lacks(&[(n, &[1])]);
        let (_, ask, want) = asks.due(Millis(at), &wanted)[0];
        assert!(asks.answered(PeerId(1), ask, Millis(at + took)).is_some());
        ends(asks, 1, want, Outcome::Brought, at + took);
        asks.due(Millis(at + took), &lacks(&[]));
    };
    for n in 0..60 {
        slow(&mut asks, n, u64::from(n) * 2 * SLOT, 300);
    }
    let (now, wanted) = (200 * SLOT, lacks(&[(99, &[1, 2])]));
    assert_eq!(whom(&mut asks, now, &wanted), [1]);
    assert_eq!(whom(&mut asks, now + 2 * QUARTER, &wanted), [], "they take 300 of late");
    assert_eq!(whom(&mut asks, now + 601, &wanted), [2]);
}
