//! Whole networks of honest nodes: agreement always, finality after any disorder
//! (section 12 of the protocol, properties 1, 3 and 4).

use super::support::net::{Net, Weather};

#[test]
fn four_nodes_in_fair_weather_finalise_every_slot() {
    let mut net = Net::new(&[1, 1, 1, 1], 1);
    net.run_to(50);
    for i in 0..4 {
        let (header, _) = net.nodes[i].core.as_ref().unwrap().finalized();
        assert!(header.height.0 >= 46, "node {i} is at {} of 49", header.height);
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
fn after_a_partition_all_nodes_finalise_within_twenty_slots() {
    for (n, outage) in [(4, 10), (4, 40), (7, 10), (7, 40)] {
        for seed in 0..6 {
            let mut net = Net::new(&vec![1; n], seed);
            net.run_to(5);
            net.weather.sides = (0..n).map(|_| net.dice.roll(2) as u8).collect();
            net.run_to(5 + outage);
            net.weather = Weather::fair();
            let took = net.slots_to_finality(20);
            assert!(took.is_some(), "n {n}, outage {outage}, seed {seed}: stuck");
        }
    }
}

#[test]
fn with_a_third_of_messages_lost_nodes_agree_and_finalise_once_it_ends() {
    for (n, seed) in [(4, 1), (4, 2), (7, 3), (7, 4)] {
        let mut net = Net::new(&vec![1; n], seed);
        net.weather = Weather { delay_ms: (5, 600), loss: 33, sides: Vec::new() };
        net.run_to(60);
        net.weather = Weather::fair();
        assert!(net.slots_to_finality(20).is_some(), "n {n}, seed {seed}: stuck");
    }
}
