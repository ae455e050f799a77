//! The network task: one loop over commands, swarm events and a clock.
//!
//! What the swarm says becomes plain events in `news`, which are handed over one by
//! one as the node takes them. While there is news the swarm is not polled: that is
//! the brake on the peers. Commands are taken all the same, unless the node piles up
//! failed requests without reading about them.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use libp2p::multiaddr::Protocol;
use libp2p::request_response::{InboundRequestId, OutboundRequestId, ResponseChannel};
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{DialError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::address::{self, Places};
use crate::ask::{Asked, Quota, Tickets};
use crate::dial::Dialer;
use crate::frame::Answer;
use crate::names::{ChainNames, PeerName};
use crate::peers::Peers;
use crate::seats::Seats;
use crate::swarm::{GRAYLIST, Stack, StackEvent};
use crate::verdicts::Verdicts;
use crate::{Command, Counters, Event, Limits};

mod asking;
mod gossiping;

/// How often the tables are looked through for what is due.
const BEAT: Duration = Duration::from_millis(100);
/// Beats between two looks at all scores.
const BEATS_PER_JUDGEMENT: u32 = 10;
/// Messages that may wait for a verdict at once.
const MOST_UNANSWERED: usize = 65_536;
/// News that may wait while commands are still taken.
const MOST_NEWS: usize = 1_024;

/// Lookups of names that may have ended without being heard.
const MOST_LOOKUPS: usize = 64;

/// What became of the lookup of an address with a name in it.
type Lookup = (usize, io::Result<Multiaddr>);

/// Everything the task owns.
pub(crate) struct Room {
    swarm: Swarm<Stack>,
    names: ChainNames,
    limits: Limits,
    counters: Arc<Counters>,
    news: VecDeque<Event>,
    dialer: Dialer,
    lookups: (mpsc::Sender<Lookup>, mpsc::Receiver<Lookup>),
    peers: Peers,
    places: Places,
    seats: Seats,
    verdicts: Verdicts,
    asked: Asked<OutboundRequestId>,
    tickets: Tickets<InboundRequestId, ResponseChannel<Answer>>,
    /// Requests of peers that are not up yet. Each holds a ticket, so there are few.
    early: BTreeMap<PeerId, Vec<Event>>,
    beats: u32,
}

impl Room {
    pub(crate) fn new(
        swarm: Swarm<Stack>,
        names: ChainNames,
        dialer: Dialer,
        limits: Limits,
        counters: Arc<Counters>,
    ) -> Self {
        let outbound = Quota { per_peer: limits.outbound_per_peer, total: limits.outbound_total };
        let inbound = Quota { per_peer: limits.inbound_per_peer, total: limits.inbound_total };
        Self {
            swarm,
            names,
            counters,
            news: VecDeque::new(),
            dialer,
            lookups: mpsc::channel(MOST_LOOKUPS),
            peers: Peers::new(limits.handshake()),
            places: Places::default(),
            seats: Seats::new(limits.strangers, limits.grace()),
            verdicts: Verdicts::new(limits.verdict(), MOST_UNANSWERED),
            asked: Asked::new(outbound, limits.request_timeout()),
            tickets: Tickets::new(inbound, limits.responses_bytes),
            early: BTreeMap::new(),
            limits,
            beats: 0,
        }
    }

    /// Runs until the node drops its ends of the channels.
    pub(crate) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
    ) {
        for peer in self.dialer.named() {
            self.know(peer);
        }
        let mut clock = interval(BEAT);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                command = commands.recv(), if self.news.len() < MOST_NEWS => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                place = events.reserve(), if !self.news.is_empty() => match place {
                    Ok(place) => {
                        if let Some(news) = self.news.pop_front() {
                            place.send(news);
                        }
                    }
                    Err(_) => return,
                },
                _ = clock.tick() => self.beat(Instant::now()),
                Some((place, found)) = self.lookups.1.recv() => self.found(place, found),
                event = self.swarm.select_next_some(), if self.news.is_empty() => {
                    self.hear(event, Instant::now());
                }
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Publish { topic, data } => self.publish(topic, data),
            Command::Verdict { message, verdict } => self.verdict(message, verdict),
            Command::Request { peer, id, data } => self.request(peer, id, data),
            Command::Respond { ticket, data } => self.respond(ticket, data),
            Command::Busy { ticket } => self.busy(ticket),
            Command::Keep { voter, peer } => {
                let (is_new, gone) = self.seats.voter(voter, peer.0);
                if is_new {
                    self.swarm.behaviour_mut().limits.bypass_peer_id(&peer.0);
                }
                self.strangers_again(gone);
            }
            Command::Voters { voters } => {
                let gone = self.seats.voters(&voters.into_iter().collect());
                self.strangers_again(gone);
            }
            Command::Disconnect { peer, reason } => {
                tracing::info!(%peer, reason, "a peer is disconnected, it may come again");
                self.refuse(peer.0, &reason);
            }
            Command::Punish { peer, reason } => self.ban(peer.0, &reason),
        }
    }

    fn hear(&mut self, event: SwarmEvent<StackEvent>, now: Instant) {
        match event {
            SwarmEvent::Behaviour(StackEvent::Gossip(event)) => self.on_gossip(event, now),
            SwarmEvent::Behaviour(StackEvent::Ask(event)) => self.on_ask(event),
            SwarmEvent::Behaviour(StackEvent::Identify(event)) => self.on_identify(event),
            SwarmEvent::Behaviour(StackEvent::Limits(never) | StackEvent::Blocked(never)) => {
                match never {}
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                let address = address.with(Protocol::P2p(*self.swarm.local_peer_id()));
                self.news.push_back(Event::Listening { address: address.to_string() });
            }
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.peers.connected(peer_id, now);
                let (remote, is_dialler) = (endpoint.get_remote_address(), endpoint.is_dialer());
                self.places.connected(peer_id, remote, is_dialler);
                if is_dialler {
                    self.dialer.reached(connection_id, peer_id);
                    self.know(peer_id);
                } else {
                    self.seats.came(peer_id, now);
                }
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                self.lost(peer_id, now);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                tracing::debug!(%error, "a dial failed");
                match error {
                    DialError::LocalPeerId { .. } => self.dialer.reached_myself(connection_id),
                    _ => silent(self.dialer.unreached(connection_id, now), &error),
                }
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a listener failed"),
            SwarmEvent::ListenerClosed { addresses, .. } => {
                tracing::error!(?addresses, "a listener has closed");
            }
            _ => {}
        }
    }

    /// What is due by now.
    fn beat(&mut self, now: Instant) {
        while let Some((name, origin)) = self.verdicts.expire(now) {
            self.expired(name, origin);
        }
        for (peer, id) in self.asked.expire(now) {
            self.timed_out(peer, id);
        }
        for peer in self.peers.late(now) {
            self.refuse(peer, "its handshake takes too long");
        }
        for peer in self.seats.beyond(now) {
            self.refuse(peer, "all places for strangers are taken");
        }
        for peer in self.peers.pardon(now) {
            self.swarm.behaviour_mut().blocked.unblock_peer(peer);
        }
        self.beats = self.beats.wrapping_add(1);
        if self.beats.is_multiple_of(BEATS_PER_JUDGEMENT) {
            for peer in self.peers.all() {
                self.judge(peer);
            }
        }
        self.dial(now);
    }

    fn dial(&mut self, now: Instant) {
        while let Some((place, address)) = self.dialer.due(now) {
            if address::name(&address).is_none() {
                self.dial_at(place, address, now);
                continue;
            }
            self.dialer.looked_up(place);
            let tell = self.lookups.0.clone();
            // A room that has closed meanwhile does not want to know.
            tokio::spawn(async move {
                drop(tell.send((place, address::resolve(address).await)).await);
            });
        }
    }

    fn dial_at(&mut self, place: usize, address: Multiaddr, now: Instant) {
        // Not from the listen port: two nodes that dial each other at the same
        // moment from and to the same ports would meet in one connection with
        // two dialling ends.
        let dial = DialOpts::unknown_peer_id().address(address).allocate_new_port().build();
        self.dialer.dialling(place, dial.connection_id());
        if let Err(error) = self.swarm.dial(dial) {
            tracing::debug!(%error, "a dial could not begin");
            silent(self.dialer.failed(place, now), &error);
        }
    }

    /// A name in a peer's address was looked up.
    fn found(&mut self, place: usize, found: io::Result<Multiaddr>) {
        let now = Instant::now();
        match found {
            Ok(address) => self.dial_at(place, address, now),
            Err(error) => silent(self.dialer.failed(place, now), &error),
        }
    }

    /// A step of the handshake finished it, or the peer gossips.
    fn up(&mut self, peer: PeerId) {
        self.dialer.up(peer);
        self.counters.peers.set(self.peers.up_count());
        let addresses = self.places.of(peer);
        self.news.push_back(Event::PeerUp { peer: PeerName(peer), addresses });
        self.news.extend(self.early.remove(&peer).unwrap_or_default());
    }

    /// A configured peer comes in whoever else does.
    fn know(&mut self, peer: PeerId) {
        if self.seats.configured(peer) {
            self.swarm.behaviour_mut().limits.bypass_peer_id(&peer);
        }
    }

    /// Who was known as a voter's takes a place like anybody from now on.
    fn strangers_again(&mut self, gone: impl IntoIterator<Item = PeerId>) {
        for peer in gone {
            self.swarm.behaviour_mut().limits.remove_peer_id(&peer);
            if self.swarm.is_connected(&peer) {
                self.seats.came(peer, Instant::now());
            }
        }
    }

    fn lost(&mut self, peer: PeerId, now: Instant) {
        self.seats.left(peer);
        self.dialer.down(peer, now);
        if let Some(until) = self.peers.banned_until(peer) {
            self.dialer.postpone(peer, until);
        }
        self.places.gone(peer);
        self.early.remove(&peer);
        if self.peers.gone(peer) {
            self.counters.peers.set(self.peers.up_count());
            self.news.push_back(Event::PeerDown { peer: PeerName(peer) });
        }
    }

    /// Sends away a peer that is not of our chain. It may try again.
    fn refuse(&mut self, peer: PeerId, reason: &str) {
        if self.peers.turn_away(peer) {
            self.counters.refused.one();
            tracing::debug!(%peer, reason, "a stranger is disconnected");
        }
        if self.swarm.disconnect_peer_id(peer).is_err() {
            tracing::debug!(%peer, "the stranger has left by itself");
        }
    }

    /// Sends away a peer and keeps it away for a while.
    fn ban(&mut self, peer: PeerId, reason: &str) {
        if peer == *self.swarm.local_peer_id() {
            return;
        }
        tracing::info!(%peer, reason, "a peer is sent away");
        self.counters.banned.one();
        let until = Instant::now() + self.limits.ban();
        self.dialer.postpone(peer, until);
        if let Some(pardoned) = self.peers.ban(peer, until) {
            self.swarm.behaviour_mut().blocked.unblock_peer(pardoned);
        }
        self.swarm.behaviour_mut().blocked.block_peer(peer);
    }

    /// Sends a peer away when its score says so.
    fn judge(&mut self, peer: PeerId) {
        let score = self.swarm.behaviour().gossip.peer_score(&peer);
        if score.is_some_and(|score| score < GRAYLIST) && !self.peers.is_banned(peer) {
            self.ban(peer, "its score is too low");
        }
    }
}

/// Says that nobody answers at an address, when that is worth a word.
fn silent(address: Option<&Multiaddr>, error: &dyn std::error::Error) {
    if let Some(address) = address {
        let mut cause = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        tracing::warn!(%address, error = %cause, "nobody of our chain answers at the address of a peer; it is tried again and again");
    }
}
