//! Whole networks of honest nodes: agreement always, finality after any disorder
//! (section 12 of the protocol, properties 1, 3 and 4).

use super::support::net::{Dice, Net, Weather};
use super::support::toy::genesis;
use weft_consensus::VoteFile;
use weft_types::{Power, Voter, VoterSet};

/// The bound on the slots to the first final block after disorder has ended.
const BOUND: u64 = 20;

#[test]
fn four_nodes_in_fair_weather_finalise_every_slot() {
    let mut net = Net::new(&[1, 1, 1, 1], 1);
    net.run_to(50);
    for node in &net.nodes {
        let (header, _) = node.core.as_ref().unwrap().finalized();
        assert!(header.height.0 >= 46, "{} of 49 blocks are final", header.height);
        assert_eq!(header.round.0, header.height.0, "no slot was missed");
    }
}

#[test]
fn one_voter_alone_finalises() {
    let mut net = Net::new(&[5], 1);
    net.run_to(20);
    assert_eq!(net.final_slot(0), 18);
}

#[test]
fn the_same_seed_gives_the_same_chain() {
    let play = |seed| {
        let mut net = Net::new(&[3, 1, 2, 1], seed);
        net.weather = Weather { delay_ms: (5, 900), loss: 20, sides: Vec::new() };
        net.run_to(40);
        net.nodes.iter().map(|n| n.core.as_ref().unwrap().head_hash()).collect::<Vec<_>>()
    };
    assert_eq!(play(7), play(7));
    assert_ne!(play(7), play(8));
}

#[test]
fn after_a_partition_all_nodes_finalise_within_the_bound() {
    for (n, outage) in [(4, 10), (4, 30), (4, 90), (7, 10), (7, 30)] {
        for seed in 0..10 {
            let mut net = Net::new(&vec![1; n], seed);
            net.run_to(5);
            let sides = (0..n).map(|_| net.dice.side(2)).collect();
            net.weather = Weather { sides, ..Weather::fair() };
            net.run_to(5 + outage);
            net.weather = Weather::fair();
            let took = net.slots_to_finality(BOUND);
            assert!(took.is_some(), "n {n}, outage {outage}, seed {seed}: stuck");
        }
    }
}

#[test]
fn thousands_of_slots_of_changing_weather_never_disagree_and_always_recover() {
    for (powers, seed) in
        [(&[1, 1, 1, 1][..], 1), (&[5, 1, 2, 1], 2), (&[1; 7], 3), (&[4, 1, 1, 2, 1, 1, 1], 4)]
    {
        let mut net = Net::new(powers, seed);
        while net.slot() < 600 {
            net.weather = storm(&mut net.dice, powers.len());
            let end = net.slot() + 5 + net.dice.roll(25);
            net.run_to(end);
            net.weather = Weather::fair();
            let took = net.slots_to_finality(BOUND);
            assert!(took.is_some(), "{powers:?}, seed {seed}, slot {}: stuck", net.slot());
        }
    }
}

fn storm(dice: &mut Dice, n: usize) -> Weather {
    let split = if dice.roll(2) == 0 { n } else { 0 };
    let sides = (0..split).map(|_| dice.side(3)).collect();
    Weather { delay_ms: (5, 50 + dice.roll(2_000)), loss: dice.roll(50), sides }
}

#[test]
fn nodes_that_crash_and_start_again_from_their_disk_agree_and_recover() {
    for (n, seed) in [(4, 1), (4, 2), (7, 3)] {
        let mut net = Net::new(&vec![1; n], seed);
        for slot in 2..80 {
            net.run_to(slot);
            for i in 0..n {
                if net.nodes[i].core.is_none() {
                    net.start(i);
                } else if net.dice.roll(100) < 8 {
                    net.kill(i);
                }
            }
        }
        for i in 0..n {
            if net.nodes[i].core.is_none() {
                net.start(i);
            }
        }
        assert!(net.slots_to_finality(BOUND).is_some(), "n {n}, seed {seed}: stuck");
    }
}

#[test]
fn when_all_nodes_are_killed_at_once_the_chain_goes_on() {
    let mut net = Net::new(&[1; 4], 5);
    for stop in [10, 20, 30] {
        net.run_to(stop);
        (0..4).for_each(|i| net.kill(i));
        net.run_to(stop + 3);
        (0..4).for_each(|i| net.start(i));
        assert!(net.slots_to_finality(5).is_some(), "killed at {stop}");
    }
}

#[test]
fn a_voter_that_lost_its_vote_file_commits_no_offence_and_votes_again() {
    for (seed, i) in (0..5).zip([0, 1, 2, 3, 0]) {
        let mut net = Net::new(&[1; 4], seed);
        net.weather = Weather { delay_ms: (5, 400), loss: 10, sides: Vec::new() };
        for stop in [7, 19, 31] {
            net.run_to(stop);
            net.kill(i);
            net.start_with(i, VoteFile::Lost);
        }
        net.weather = Weather::fair();
        net.run_to(45);
        let last = net.slot();
        assert!(net.slots_to_finality(BOUND).is_some(), "seed {seed}: stuck");
        let votes = net.nodes.iter().map(|n| n.core.as_ref().unwrap().counters().votes);
        assert!(votes.min().unwrap() > 8, "seed {seed}: a voter is silent at {last}");
    }
}

#[test]
fn below_two_thirds_live_the_chain_grows_and_finality_resumes_by_itself() {
    let mut net = Net::new(&[1; 4], 3);
    net.run_to(10);
    let before = net.final_slot(0);
    net.kill(2);
    net.kill(3);
    net.run_to(50);
    let head = net.nodes[0].core.as_ref().unwrap().head().clone();
    assert!(net.final_slot(0) <= before + 2, "half of the power finalises nothing");
    assert!(head.height.0 >= 20, "two of four proposers grow the chain: {}", head.height);
    net.start(2);
    net.start(3);
    assert!(net.slots_to_finality(BOUND).is_some());
}

#[test]
fn clocks_an_eighth_of_a_slot_apart_do_not_matter() {
    let mut net = Net::new(&[1; 4], 9);
    for (node, skew) in net.nodes.iter_mut().zip([-62, 62, 0, 31]) {
        node.skew_ms = skew;
    }
    net.run_to(60);
    assert!(net.all_final() >= 57, "final up to {}", net.all_final());
}

#[test]
fn rotating_voter_sets_agree_and_recover() {
    let all: Vec<Voter> =
        genesis(&[1; 7]).voter_set().voters.iter().map(|v| Voter { trust: 9, ..*v }).collect();
    let set = |members: &[usize], power: u64| VoterSet {
        voters: members.iter().map(|i| Voter { power: Power(power), ..all[*i] }).collect(),
        anchor: weft_types::Hash::ZERO,
    };
    let sets = vec![set(&[0, 1, 2, 3, 4, 5, 6], 1), set(&[0, 1, 2, 3], 5), set(&[3, 4, 5, 6], 2)];
    for seed in 0..3 {
        let mut net = Net::rotating(&[1; 7], seed, Some((4, sets.clone())));
        while net.slot() < 150 {
            net.weather = storm(&mut net.dice, 7);
            let end = net.slot() + 3 + net.dice.roll(12);
            net.run_to(end);
            net.weather = Weather::fair();
            let took = net.slots_to_finality(BOUND);
            assert!(took.is_some(), "seed {seed}, slot {}: stuck", net.slot());
        }
    }
}

#[test]
fn final_blocks_follow_their_proposal_by_one_slot_in_the_good_case() {
    let mut net = Net::new(&[1; 7], 4);
    net.weather = Weather { delay_ms: (10, 60), loss: 0, sides: Vec::new() };
    for slot in 5..40 {
        net.run_to(slot);
        assert!(net.all_final() >= slot - 2, "at the start of {slot}: {}", net.all_final());
    }
}
