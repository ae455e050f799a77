//! Whole nets: how fast they form, and that everybody hears.

use std::time::{Duration, Instant};

use weft_gossip::{Event, Topic, Verdict};

use crate::harness::{Node, config, free_address};

#[tokio::test]
async fn four_nodes_are_a_full_mesh_in_well_under_a_second() {
    let addresses: Vec<String> = (0..4).map(|_| free_address()).collect();
    let mut nodes = Vec::new();
    let mut last_start = Instant::now();
    for (seed, own) in (1..).zip(&addresses) {
        let others: Vec<&str> =
            addresses.iter().filter(|other| *other != own).map(String::as_str).collect();
        let mut config = config(seed, &others);
        config.listen = vec![own.clone()];
        last_start = Instant::now();
        nodes.push(Node::open(&config).await);
    }
    for node in &nodes {
        node.counted(|counters| counters.peers == 3).await;
    }
    assert!(last_start.elapsed() < Duration::from_secs(1), "{:?}", last_start.elapsed());

    // And every message is heard by everybody, first hop.
    for speaker in 0..4 {
        let data = [u8::try_from(speaker).unwrap(); 100];
        nodes[speaker].publish(Topic::Shares, &data).await;
        for (listener, node) in nodes.iter_mut().enumerate() {
            if listener != speaker {
                let (name, _) = node.hear(&data).await;
                node.judge(name, Verdict::Accept).await;
            }
        }
    }
}

#[tokio::test]
async fn a_message_crosses_a_sparse_net_of_twenty() {
    let mut nodes: Vec<Node> = Vec::new();
    for seed in 1..=20_u8 {
        let peers: Vec<String> =
            nodes.iter().rev().take(2).map(|node| node.address.clone()).collect();
        let peers: Vec<&str> = peers.iter().map(String::as_str).collect();
        nodes.push(Node::new(seed, &peers).await);
    }
    for (place, node) in nodes.iter().enumerate() {
        let behind = place.min(2);
        let ahead = (nodes.len() - 1 - place).min(2);
        let links = u64::try_from(behind + ahead).unwrap();
        node.counted(|counters| counters.peers == links).await;
    }
    nodes[0].publish(Topic::Headers, b"to the far end").await;
    for node in &mut nodes[1..] {
        let (name, _) = node.hear(b"to the far end").await;
        node.judge(name, Verdict::Accept).await;
    }
    for node in &mut nodes {
        let again = |event: &Event| matches!(event, Event::Message { .. });
        assert!(!node.waiting().iter().any(again), "nobody is told twice");
    }
}
