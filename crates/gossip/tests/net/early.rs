//! What a peer sends before its handshake is done, and what becomes of it.

use std::future::pending;
use std::io;

use futures::{AsyncRead, AsyncWrite, StreamExt};
use libp2p::identity::Keypair;
use libp2p::request_response::{self, Codec, ProtocolSupport};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, StreamProtocol, Swarm, SwarmBuilder, gossipsub, noise, tcp, yamux};
use weft_gossip::{Event, Limits, PeerName, Topic};

use crate::harness::{Node, config};

/// The chain of the tests, as its nodes name it.
fn version() -> String {
    format!("/weft/{}", "09".repeat(32))
}

/// Takes a stream and says nothing on it.
#[derive(Clone)]
struct Mute;

impl Codec for Mute {
    type Protocol = StreamProtocol;
    type Request = ();
    type Response = ();

    async fn read_request<T>(&mut self, _: &StreamProtocol, _: &mut T) -> io::Result<()>
    where
        T: AsyncRead + Unpin + Send,
    {
        pending().await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, _: &mut T) -> io::Result<()>
    where
        T: AsyncRead + Unpin + Send,
    {
        pending().await
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, _: &mut T, (): ()) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        Ok(())
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, _: &mut T, (): ()) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        Ok(())
    }
}

/// A program that gossips as our nodes do, and never says who it is.
#[derive(NetworkBehaviour)]
struct Nameless {
    identify: request_response::Behaviour<Mute>,
    gossip: gossipsub::Behaviour,
}

fn topic_of(topic: Topic) -> gossipsub::IdentTopic {
    gossipsub::IdentTopic::new(format!("{}/{topic}", version()))
}

fn nameless() -> Swarm<Nameless> {
    let key = Keypair::ed25519_from_bytes([79; 32]).expect("any 32 bytes are a seed");
    let mesh = gossipsub::ConfigBuilder::default()
        .protocol_id(format!("{}/gossip/1", version()), gossipsub::Version::V1_1)
        .validation_mode(gossipsub::ValidationMode::Anonymous)
        .build()
        .expect("the configuration is valid");
    let mut gossip = gossipsub::Behaviour::new(gossipsub::MessageAuthenticity::Anonymous, mesh)
        .expect("nobody signs");
    for topic in Topic::ALL {
        gossip.subscribe(&topic_of(topic)).expect("all topics are allowed");
    }
    let silent = [(StreamProtocol::new("/ipfs/id/1.0.0"), ProtocolSupport::Full)];
    let identify =
        request_response::Behaviour::with_codec(Mute, silent, request_response::Config::default());
    SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .expect("the transport can be built")
        .with_behaviour(|_| Nameless { identify, gossip })
        .expect("the behaviour can be built")
        .build()
}

/// Sends a share as soon as the node listens, and goes on listening.
async fn talk(other: &mut Swarm<Nameless>) {
    loop {
        let event = other.select_next_some().await;
        let is_heard = gossip_of(event).is_some_and(|event| {
            matches!(event, gossipsub::Event::Subscribed { topic, .. }
                if topic == topic_of(Topic::Shares).hash())
        });
        if is_heard {
            let gossip = &mut other.behaviour_mut().gossip;
            gossip.publish(topic_of(Topic::Shares), b"a share".to_vec()).expect("it is heard");
        }
    }
}

fn gossip_of(event: SwarmEvent<NamelessEvent>) -> Option<gossipsub::Event> {
    match event {
        SwarmEvent::Behaviour(NamelessEvent::Gossip(event)) => Some(event),
        _ => None,
    }
}

/// A message is refused to whoever brings it later, so one that comes before its sender has
/// said who it is must not be lost: gossip of our chain says as much.
#[tokio::test]
async fn who_gossips_before_it_is_identified_is_up_before_its_message() {
    let mut patient = config(1, &[]);
    patient.limits = Limits { handshake_ms: 60_000, ..Limits::default() };
    let mut node = Node::open(&patient).await;
    let mut other = nameless();
    let name: PeerName = other.local_peer_id().to_string().parse().unwrap();
    other.dial(node.address.parse::<Multiaddr>().unwrap()).unwrap();
    let first = tokio::select! {
        () = talk(&mut other) => unreachable!("it talks for ever"),
        events = async { [node.next().await, node.next().await] } => events,
    };
    assert!(matches!(&first[0], Event::PeerUp { peer, .. } if *peer == name), "{first:?}");
    assert!(matches!(&first[1], Event::Message { from, .. } if *from == name), "{first:?}");
}

/// To gossip is no way around the handshake.
#[tokio::test]
async fn who_gossips_and_never_says_who_it_is_goes_when_its_handshake_takes_too_long() {
    let mut node = Node::new(1, &[]).await;
    let mut other = nameless();
    let name: PeerName = other.local_peer_id().to_string().parse().unwrap();
    other.dial(node.address.parse::<Multiaddr>().unwrap()).unwrap();
    tokio::select! {
        () = talk(&mut other) => unreachable!("it talks for ever"),
        () = async {
            node.up(name).await;
            node.down(name).await;
        } => {}
    }
    assert_eq!((node.counters().refused, node.counters().peers), (1, 0));
}
