//! Peers that go and come back, and the end of a room.

use tokio::time::timeout;
use weft_gossip::{Event, GossipError, PeerName, Topic, start};

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
