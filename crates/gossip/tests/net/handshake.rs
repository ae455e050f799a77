//! Who becomes a peer, and who does not.

use std::time::Duration;

use futures::StreamExt;
use libp2p::identity::Keypair;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, Swarm, SwarmBuilder, gossipsub, identify, noise, tcp, yamux};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use weft_gossip::{Event, Limits, PeerName, Topic};

use crate::harness::{Node, PATIENCE, config, free_address, pair};

/// A program that speaks libp2p, and identify with this version, but nothing of ours.
fn stranger(version: &str) -> Swarm<identify::Behaviour> {
    let key = Keypair::ed25519_from_bytes([77; 32]).expect("any 32 bytes are a seed");
    let identity = identify::Config::new(version.to_owned(), key.public());
    SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .expect("the transport can be built")
        .with_behaviour(|_| identify::Behaviour::new(identity))
        .expect("the behaviour can be built")
        .build()
}

async fn thrown_out(stranger: &mut Swarm<identify::Behaviour>) {
    loop {
        if let SwarmEvent::ConnectionClosed { .. } = stranger.select_next_some().await {
            return;
        }
    }
}

fn our_version() -> String {
    format!("/weft/{}", "09".repeat(32))
}

#[tokio::test]
async fn a_node_of_another_chain_is_dropped_within_two_seconds() {
    let mut node = Node::new(1, &[]).await;
    let mut other = stranger("/weft/another");
    let address: Multiaddr = node.address.parse().unwrap();
    other.dial(address).unwrap();
    timeout(Duration::from_secs(2), thrown_out(&mut other)).await.unwrap();
    assert_eq!(node.waiting(), []);
    node.counted(|counters| counters.refused == 1).await;
}

#[tokio::test]
async fn two_chains_drop_each_other_and_exchange_nothing() {
    let mut ours = Node::new(1, &[]).await;
    let mut theirs = config(2, &[&ours.address]);
    theirs.chain = [10; 32];
    let mut theirs = Node::open(&theirs).await;
    // Whichever hears the other's name first hangs up, and the other need not hear it.
    let refused = async {
        tokio::select! {
            () = ours.counted(|counters| counters.refused > 0) => {}
            () = theirs.counted(|counters| counters.refused > 0) => {}
        }
    };
    timeout(Duration::from_secs(2), refused).await.unwrap();

    ours.publish(Topic::Shares, b"for our chain").await;
    ours.counted(|counters| counters.unheard == 1).await;
    assert_eq!(ours.waiting(), []);
    assert_eq!(theirs.waiting(), []);
}

#[tokio::test]
async fn a_program_without_our_protocols_is_dropped_though_it_names_our_chain() {
    let mut node = Node::new(1, &[]).await;
    let mut other = stranger(&our_version());
    let address: Multiaddr = node.address.parse().unwrap();
    other.dial(address).unwrap();
    timeout(PATIENCE, thrown_out(&mut other)).await.unwrap();
    assert_eq!(node.waiting(), []);
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let mut hasty = config(1, &[]);
    hasty.limits = Limits { handshake_ms: 200, ..Limits::default() };
    let node = Node::open(&hasty).await;
    let port = node.address.split('/').nth(4).unwrap().parse::<u16>().unwrap();
    let mut silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut heard = Vec::new();
    // Whatever the node says first, it ends the connection.
    let ended = timeout(PATIENCE, silent.read_to_end(&mut heard)).await;
    assert!(ended.is_ok());
}

#[tokio::test]
async fn half_open_connections_do_not_keep_an_honest_peer_out() {
    let mut node = Node::new(1, &[]).await;
    let port = node.address.split('/').nth(4).unwrap().parse::<u16>().unwrap();
    let mut silent = Vec::new();
    for _ in 0..400 {
        silent.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    let honest = Node::new(2, &[&node.address]).await;
    timeout(Duration::from_secs(5), node.up(honest.name())).await.unwrap();
    drop(silent);
}

#[tokio::test]
async fn nodes_that_dial_each_other_are_one_peer_for_each_other() {
    let (here, there) = (free_address(), free_address());
    let mut first = config(1, &[&there]);
    first.listen = vec![here.clone()];
    let mut second = config(2, &[&here]);
    second.listen = vec![there];
    let (mut one, mut two) = (Node::open(&first).await, Node::open(&second).await);
    one.up(two.name()).await;
    two.up(one.name()).await;
    for number in 0..20_u8 {
        one.publish(Topic::Shares, &[1, number]).await;
        two.publish(Topic::Shares, &[2, number]).await;
        let (here, there) = (one.next().await, two.next().await);
        assert!(matches!(here, Event::Message { .. }), "no second PeerUp: {here:?}");
        assert!(matches!(there, Event::Message { .. }), "no second PeerUp: {there:?}");
    }
}

#[tokio::test]
async fn a_node_that_is_told_to_dial_itself_is_not_its_own_peer() {
    let own = free_address();
    let mut selfish = config(1, &[&own]);
    selfish.listen = vec![own];
    let (mut one, two) = pair(&selfish, &config(2, &[])).await;
    two.publish(Topic::Shares, b"the only event").await;
    one.hear(b"the only event").await;
    assert_eq!(one.waiting(), []);
    assert_eq!(one.counters().peers, 1);
}

#[tokio::test]
async fn an_address_with_a_name_is_accepted_only_from_that_peer() {
    let mut node = Node::new(1, &[]).await;
    let bare = node.address.rsplit_once("/p2p/").unwrap().0.to_owned();
    let other = PeerName::of_key(&[5; 32]).unwrap();
    let wrong = format!("{bare}/p2p/{other}");
    let mut choosy = Node::new(2, &[&wrong]).await;
    let mut plain = Node::new(3, &[&bare]).await;
    plain.up(node.name()).await;
    node.up(plain.name()).await;
    assert_eq!(choosy.waiting(), []);
    assert_eq!(node.waiting(), []);
}

/// A program that says all the right names, but signs its messages.
#[derive(NetworkBehaviour)]
struct Signer {
    identify: identify::Behaviour,
    gossip: gossipsub::Behaviour,
}

fn signer() -> Swarm<Signer> {
    let key = Keypair::ed25519_from_bytes([78; 32]).expect("any 32 bytes are a seed");
    let config = gossipsub::ConfigBuilder::default()
        .protocol_id(format!("{}/gossip/1", our_version()), gossipsub::Version::V1_1)
        .build()
        .expect("the configuration is valid");
    let signed = gossipsub::MessageAuthenticity::Signed(key.clone());
    let mut gossip = gossipsub::Behaviour::new(signed, config).expect("signing is the default");
    for topic in Topic::ALL {
        gossip.subscribe(&topic_of(topic)).expect("all topics are allowed");
    }
    let identity = identify::Config::new(our_version(), key.public());
    let identify = identify::Behaviour::new(identity);
    SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .expect("the transport can be built")
        .with_behaviour(|_| Signer { identify, gossip })
        .expect("the behaviour can be built")
        .build()
}

fn topic_of(topic: Topic) -> gossipsub::IdentTopic {
    gossipsub::IdentTopic::new(format!("{}/{topic}", our_version()))
}

#[tokio::test]
async fn a_program_that_sends_what_gossip_forbids_is_sent_away() {
    let mut node = Node::new(1, &[]).await;
    let mut other = signer();
    let address: Multiaddr = node.address.parse().unwrap();
    other.dial(address).unwrap();
    let name: PeerName = other.local_peer_id().to_string().parse().unwrap();
    let mut sent = 0_u8;
    let flood = async {
        loop {
            match other.select_next_some().await {
                SwarmEvent::ConnectionClosed { .. } => return,
                SwarmEvent::Behaviour(SignerEvent::Gossip(gossipsub::Event::Subscribed {
                    ..
                })) => {
                    for _ in 0..4 {
                        sent += 1;
                        let topic = topic_of(Topic::Shares);
                        // The first may go before the node is known to listen.
                        drop(other.behaviour_mut().gossip.publish(topic, vec![sent]));
                    }
                }
                _ => {}
            }
        }
    };
    timeout(PATIENCE, flood).await.unwrap();
    node.down(name).await;
    assert_eq!(node.counters().banned, 1);
    assert_eq!(node.counters().topics[Topic::Shares.index()].received, 0);
}

/// Where the next peer that comes up can be dialled.
async fn addresses(node: &mut Node) -> Vec<String> {
    node.until(|event| match event {
        Event::PeerUp { addresses, .. } => Some(addresses),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_peer_comes_with_where_others_can_dial_it_whoever_dialled() {
    let mut first = Node::new(1, &[]).await;
    let mut second = Node::new(2, &[&first.address]).await;
    assert_eq!(addresses(&mut first).await, [second.address.as_str()], "as it said itself");
    assert_eq!(addresses(&mut second).await, [first.address.as_str()], "as it was dialled");
}

#[tokio::test]
async fn f31_a_peer_is_dialled_by_the_name_of_its_host() {
    let mut server = Node::new(1, &[]).await;
    let named = server.address.replace("/ip4/127.0.0.1/", "/dns4/localhost/");
    let mut client = Node::new(2, &[&named]).await;
    client.up(server.name()).await;
    server.up(client.name()).await;
}
