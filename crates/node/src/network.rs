//! The network's side of a node: peers by number for the engine and by name for gossip, and
//! the commands that the engine's Io become.

use prometheus_client::metrics::counter::Counter;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use weft_consensus::PeerId;
use weft_engine::event::NoAnswer;
use weft_engine::io::{Judgement, MessageName, Topic};
use weft_engine::peers::NOBODY;
use weft_gossip::{Command, Gossip, PeerName, RequestFailure, Verdict};
use weft_reads::board::{Board, Net};
use weft_reads::metrics::Metrics;
use weft_types::PublicKey;

/// The most addresses of our own that are kept: a machine may have many.
const OWN_ADDRESSES: usize = 16;

/// Gossip, and who is who.
pub(crate) struct Network {
    pub(crate) gossip: Gossip,
    next: u64,
    by_id: BTreeMap<PeerId, PeerName>,
    by_name: BTreeMap<PeerName, PeerId>,
    addresses: BTreeMap<PeerName, Vec<String>>,
    own: Vec<String>,
    /// Where who is connected is left for readers.
    board: Arc<Board>,
    /// Who votes, while gossip has not heard it.
    untold: Option<Vec<[u8; 32]>>,
    /// Commands that gossip's full queue lost.
    lost: Counter,
    /// Peers that were punished.
    punished: Counter,
}

impl Network {
    pub(crate) fn new(gossip: Gossip, board: &Arc<Board>, metrics: &Metrics) -> Self {
        Self {
            gossip,
            next: 0,
            by_id: BTreeMap::new(),
            by_name: BTreeMap::new(),
            addresses: BTreeMap::new(),
            own: Vec::new(),
            board: Arc::clone(board),
            untold: None,
            lost: metrics.commands_lost.clone(),
            punished: metrics.punished.clone(),
        }
    }

    /// What the engine must hear of an event. A message of one that left is nobody's;
    /// what else comes late of it is not looked at.
    pub(crate) fn hear(&mut self, event: weft_gossip::Event) -> Option<weft_engine::Event> {
        match event {
            weft_gossip::Event::Message { topic, name, from, data } => {
                let from = self.number(&from).unwrap_or(NOBODY);
                let topic = match topic {
                    weft_gossip::Topic::Transactions => Topic::Transactions,
                    weft_gossip::Topic::Shares => Topic::Shares,
                    weft_gossip::Topic::Headers => Topic::Headers,
                };
                Some(weft_engine::Event::Said { from, topic, message: name.to_bytes(), data })
            }
            weft_gossip::Event::Request { from, ticket, data } => {
                let Some(from) = self.number(&from) else {
                    self.answer(ticket, None);
                    return None;
                };
                Some(weft_engine::Event::Asked { from, ticket, data })
            }
            weft_gossip::Event::Response { from, id, data } => {
                Some(weft_engine::Event::Answered { from: self.number(&from)?, ask: id, data })
            }
            weft_gossip::Event::RequestFailed { from, id, reason } => {
                let (from, why) = (self.number(&from)?, no_answer(&reason));
                Some(weft_engine::Event::Unanswered { from, ask: id, why })
            }
            weft_gossip::Event::PeerUp { peer, addresses } => Some(self.up(peer, addresses)),
            weft_gossip::Event::PeerAt { peer, addresses } => {
                if self.by_name.contains_key(&peer) {
                    self.addresses.insert(peer, addresses);
                    self.show();
                }
                None
            }
            weft_gossip::Event::PeerDown { peer } => self.down(&peer),
            weft_gossip::Event::Listening { address } => {
                tracing::info!(%address, "listening");
                if self.own.len() < OWN_ADDRESSES && !self.own.contains(&address) {
                    self.own.push(address);
                    self.show();
                }
                None
            }
        }
    }

    fn up(&mut self, peer: PeerName, addresses: Vec<String>) -> weft_engine::Event {
        self.next += 1;
        let id = PeerId(self.next);
        self.by_id.insert(id, peer);
        self.by_name.insert(peer, id);
        self.addresses.insert(peer, addresses);
        self.show();
        tracing::info!(%peer, peers = self.by_id.len(), "peer up");
        weft_engine::Event::PeerUp { peer: id, name: peer.to_string() }
    }

    fn down(&mut self, peer: &PeerName) -> Option<weft_engine::Event> {
        self.addresses.remove(peer);
        let id = self.by_name.remove(peer)?;
        self.by_id.remove(&id);
        self.show();
        tracing::info!(%peer, peers = self.by_id.len(), "peer down");
        Some(weft_engine::Event::PeerDown { peer: id })
    }

    fn number(&self, name: &PeerName) -> Option<PeerId> {
        self.by_name.get(name).copied()
    }

    fn name(&self, id: PeerId) -> Option<PeerName> {
        self.by_id.get(&id).copied()
    }

    /// Leaves who is connected.
    fn show(&self) {
        let of =
            |(name, addresses): (&PeerName, &Vec<String>)| (name.to_string(), addresses.clone());
        let peers = self.addresses.iter().map(of).collect();
        self.board.show_net(Net { peers, own: self.own.clone() });
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.by_id.len()
    }

    /// What this node is called.
    pub(crate) const fn local(&self) -> PeerName {
        self.gossip.local
    }

    /// Hands a command to gossip; when its queue is full the command is lost, as any
    /// message on a network may be, and counted.
    fn command(&self, command: Command) {
        self.send(command);
    }

    /// The same; answers whether there was room.
    fn send(&self, command: Command) -> bool {
        let is_sent = self.gossip.commands.try_send(command).is_ok();
        self.lost.inc_by(u64::from(!is_sent));
        is_sent
    }

    pub(crate) fn publish(&self, topic: Topic, data: Vec<u8>) {
        let topic = match topic {
            Topic::Transactions => weft_gossip::Topic::Transactions,
            Topic::Shares => weft_gossip::Topic::Shares,
            Topic::Headers => weft_gossip::Topic::Headers,
        };
        self.command(Command::Publish { topic, data });
    }

    pub(crate) fn judge(&self, message: MessageName, judgement: Judgement) {
        let verdict = match judgement {
            Judgement::Accept => Verdict::Accept,
            Judgement::Ignore => Verdict::Ignore,
            Judgement::Reject => Verdict::Reject,
        };
        self.command(Command::Verdict {
            message: weft_gossip::MessageName::of_bytes(message),
            verdict,
        });
    }

    /// Asks a peer; answers what is to be said at once when the question does not leave.
    pub(crate) fn ask(&self, peer: PeerId, id: u64, data: Vec<u8>) -> Option<weft_engine::Event> {
        let unsent = |why| Some(weft_engine::Event::Unanswered { from: peer, ask: id, why });
        let Some(name) = self.name(peer) else { return unsent(NoAnswer::Gone) };
        let is_sent = self.send(Command::Request { peer: name, id, data });
        if is_sent { None } else { unsent(NoAnswer::NotSent) }
    }

    pub(crate) fn answer(&self, ticket: u64, data: Option<Vec<u8>>) {
        self.command(Command::Respond { ticket, data });
    }

    pub(crate) fn busy(&self, ticket: u64) {
        self.command(Command::Busy { ticket });
    }

    pub(crate) fn keep(&self, voter: PublicKey, peer: PeerId) {
        if let Some(peer) = self.name(peer) {
            self.command(Command::Keep { voter: voter.0, peer });
        }
    }

    /// Gossip hears who votes now, or at the next look when its queue is full: it keeps places
    /// by that.
    pub(crate) fn voters(&mut self, voters: &BTreeSet<PublicKey>) {
        self.untold = Some(voters.iter().map(|key| key.0).collect());
        self.look();
    }

    /// Says again what gossip had no room for.
    pub(crate) fn look(&mut self) {
        let Some(voters) = self.untold.clone() else { return };
        if self.gossip.commands.try_send(Command::Voters { voters }).is_ok() {
            self.untold = None;
        }
    }

    pub(crate) fn disconnect(&self, peer: PeerId, reason: String) {
        let Some(peer) = self.name(peer) else { return };
        tracing::warn!(%peer, reason, "peer disconnected");
        self.command(Command::Disconnect { peer, reason });
    }

    pub(crate) fn punish(&self, peer: PeerId, reason: String) {
        self.punished.inc();
        tracing::warn!(peer = peer.0, why = %reason, "peer punished");
        if let Some(peer) = self.name(peer) {
            self.command(Command::Punish { peer, reason });
        }
    }
}

/// What a request that failed means to who asked.
const fn no_answer(reason: &RequestFailure) -> NoAnswer {
    match reason {
        RequestFailure::TimedOut { .. } => NoAnswer::TimedOut,
        RequestFailure::Busy => NoAnswer::Busy,
        RequestFailure::TooManyOpen { .. } => NoAnswer::NotSent,
        RequestFailure::NotConnected | RequestFailure::Disconnected => NoAnswer::Gone,
        RequestFailure::RequestTooLarge { .. }
        | RequestFailure::ResponseTooLarge { .. }
        | RequestFailure::Unavailable
        | RequestFailure::Unsupported
        | RequestFailure::Broken { .. } => NoAnswer::Refused,
    }
}
