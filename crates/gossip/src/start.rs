//! Opening the room: check the configuration, bind, and let the task run.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use libp2p::Multiaddr;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::address::{MOST_LISTEN, MOST_PEERS, listen_address, peer_address, socket};
use crate::dial::Dialer;
use crate::names::{ChainNames, keypair};
use crate::room::Room;
use crate::{Command, Config, Counters, Event, GossipError, PeerName, swarm};

/// Commands that may wait for the task.
const COMMANDS: usize = 1_024;
/// Events that may wait for the node; a full channel slows the peers down.
const EVENTS: usize = 256;

/// An open room. Drop `commands` (all clones) and await `task` to leave it.
#[derive(Debug)]
pub struct Gossip {
    /// What the node asks of the network. Bounded: sending waits while it is full.
    pub commands: mpsc::Sender<Command>,
    /// What the network tells the node. Read it all the time, or the network stops.
    pub events: mpsc::Receiver<Event>,
    /// Our own name.
    pub local: PeerName,
    /// The live counters.
    pub counters: Arc<Counters>,
    /// The network task. It ends when `commands` or `events` are dropped; an error
    /// here is a panic inside it.
    pub task: JoinHandle<()>,
}

/// Opens the room: binds all listen addresses before it returns, and starts dialling.
///
/// # Errors
///
/// [`GossipError`] when there is no tokio runtime, the configuration is wrong, or an
/// address cannot be bound.
pub fn start(config: &Config) -> Result<Gossip, GossipError> {
    let runtime = Handle::try_current().map_err(|_| GossipError::NoRuntime)?;
    config.limits.check()?;
    let names = ChainNames::new(&config.chain)?;
    let peers = all(("peers", MOST_PEERS), &config.peers, peer_address)?;
    let mut swarm = swarm::build(keypair(&config.key)?, &names, &config.limits)?;
    for address in all(("listen", MOST_LISTEN), &config.listen, listen_address)? {
        let refused = |why: String| GossipError::Listen { address: address.to_string(), why };
        probe(&address).map_err(|why| refused(why.to_string()))?;
        swarm.listen_on(address.clone()).map_err(|why| refused(why.to_string()))?;
    }

    let local = *swarm.local_peer_id();
    let dialer = Dialer::new(peers, local, Instant::now());
    let counters = Arc::new(Counters::default());
    let (commands, inbox) = mpsc::channel(COMMANDS);
    let (outbox, events) = mpsc::channel(EVENTS);
    let room = Room::new(swarm, names, dialer, config.limits.clone(), Arc::clone(&counters));
    let task = runtime.spawn(room.run(inbox, outbox));
    Ok(Gossip { commands, events, local: PeerName(local), counters, task })
}

/// Refuses a port that somebody listens on. The transport would share it: it sets
/// `SO_REUSEPORT`, and the kernel then gives each of two nodes half the connections.
fn probe(address: &Multiaddr) -> io::Result<()> {
    match socket(address) {
        Some(place) => TcpListener::bind(place).map(drop),
        None => Ok(()),
    }
}

/// Reads addresses, of which no more than so many may be.
fn all(
    (name, most): (&'static str, usize),
    texts: &[String],
    read: impl Fn(&str) -> Result<Multiaddr, GossipError>,
) -> Result<Vec<Multiaddr>, GossipError> {
    if texts.len() > most {
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let (value, most) = (number(texts.len()), number(most));
        return Err(GossipError::Limit { name, value, least: 0, most });
    }
    texts.iter().map(|text| read(text)).collect()
}
