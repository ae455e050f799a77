//! Peers that go and come back, and the end of a room.

use tokio::time::timeout;
use weft_gossip::{Command, Event, GossipError, PeerName, Topic, start};

use crate::harness::{Node, PATIENCE, config, pair};

#[tokio::test]
async fn a_peer_that_dies_is_down_and_is_dialled_when_it_returns() {
    let first = Node::new(1, &[]).await;
    let address = first.address.rsplit_once("/p2p/").unwrap().0.to_owned();
    let mut again = config(1, &[]);
    again.listen = vec![address.clone()];
    let mut client = Node::new(2, &[&address]).await;
    let (mut server, name) = (first, first_name());
    for round in 0..3_u8 {
        client.up(name).await;
        server.up(client.name()).await;
        client.publish(Topic::Shares, &[round]).await;
        server.hear(&[round]).await;
        server.die().await;
        assert_eq!(client.next().await, Event::PeerDown { peer: name });
        server = Node::open(&again).await;
    }
}

fn first_name() -> PeerName {
    PeerName::of_key(&[1; 32]).expect("any 32 bytes are a seed")
}

#[tokio::test]
async fn a_room_whose_commands_are_dropped_closes() {
    let (one, mut two) = pair(&config(1, &[]), &config(2, &[])).await;
    let (name, gossip) = (one.name(), one.gossip);
    drop(gossip.commands);
    timeout(PATIENCE, gossip.task).await.unwrap().unwrap();
    assert_eq!(two.next().await, Event::PeerDown { peer: name });
}

#[tokio::test]
async fn a_room_whose_events_are_dropped_closes_at_the_next_one() {
    let (one, two) = pair(&config(1, &[]), &config(2, &[])).await;
    drop(one.gossip.events);
    two.publish(Topic::Shares, b"the last straw").await;
    timeout(PATIENCE, one.gossip.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_address_that_is_taken_or_of_no_use_is_named() {
    let node = Node::new(1, &[]).await;
    let mut same = config(2, &[]);
    same.listen = vec![node.address.rsplit_once("/p2p/").unwrap().0.to_owned()];
    let taken = start(&same).unwrap_err();
    assert!(matches!(&taken, GossipError::Listen { address, .. } if *address == same.listen[0]));

    for text in ["somewhere", "example.org:9000", "/ip4/127.0.0.1/udp/9000", ""] {
        let unusable = start(&config(2, &[text])).unwrap_err();
        let named = matches!(&unusable, GossipError::Address { address, .. } if address == text);
        assert!(named, "{unusable}");
    }
}

#[test]
fn a_room_needs_a_runtime() {
    assert!(matches!(start(&config(1, &[])), Err(GossipError::NoRuntime)));
}

/// A8
#[tokio::test]
async fn a_crowd_of_strangers_keeps_no_voter_and_no_configured_peer_out() {
    let friend = PeerName::of_key(&[9; 32]).expect("any 32 bytes are a seed");
    // Nobody listens there, but the name counts.
    let mut hub = config(1, &[&format!("{}/p2p/{friend}", crate::harness::free_address())]);
    hub.limits.inbound_peers = 3;
    hub.limits.strangers = 1;
    hub.limits.handshake_ms = 1_000;
    let mut hub = Node::open(&hub).await;
    let address = hub.address.clone();
    let mut crowd = Vec::new();
    for seed in [2, 3] {
        let stranger = Node::new(seed, &[&address]).await;
        hub.up(stranger.name()).await;
        crowd.push(stranger);
    }
    let voter = Node::new(4, &[&address]).await;
    hub.up(voter.name()).await;
    hub.send(Command::Keep { voter: [4; 32], peer: voter.name() }).await;
    // All three places are taken, and the friend comes in.
    let friend = Node::new(9, &[&address]).await;
    hub.up(friend.name()).await;
    // The second stranger is beyond its place; it had its time.
    let late = crowd[1].name();
    hub.until(|event| (event == Event::PeerDown { peer: late }).then_some(())).await;
    friend.publish(Topic::Shares, b"here").await;
    voter.publish(Topic::Shares, b"and here").await;
    hub.hear(b"here").await;
    hub.hear(b"and here").await;
}

/// A5
#[tokio::test]
async fn a_peer_that_is_disconnected_is_not_banned_and_comes_again() {
    let mut hub = Node::new(1, &[]).await;
    let mut peer = Node::new(2, &[&hub.address]).await;
    hub.up(peer.name()).await;
    peer.up(hub.name()).await;
    let reason = "it sends too much that can't be read".to_owned();
    hub.send(Command::Disconnect { peer: peer.name(), reason }).await;
    assert_eq!(hub.next().await, Event::PeerDown { peer: peer.name() });
    hub.up(peer.name()).await;
    assert_eq!(hub.gossip.counters.snapshot().banned, 0);
}

/// A8
#[tokio::test]
async fn who_votes_no_more_loses_its_place_while_it_is_connected() {
    let mut hub = config(1, &[]);
    hub.limits.strangers = 1;
    hub.limits.handshake_ms = 1_000;
    let mut hub = Node::open(&hub).await;
    let address = hub.address.clone();
    let stranger = Node::new(2, &[&address]).await;
    hub.up(stranger.name()).await;
    let voter = Node::new(3, &[&address]).await;
    hub.up(voter.name()).await;
    let gone = voter.name();
    hub.send(Command::Keep { voter: [3; 32], peer: gone }).await;
    hub.send(Command::Voters { voters: vec![[4; 32]] }).await;
    hub.until(|event| (event == Event::PeerDown { peer: gone }).then_some(())).await;
}
