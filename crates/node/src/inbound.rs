//! From events to inputs of the core: decoding, checking out, and answering what needs
//! no decision.

use crate::checker::{Job, Part};
use crate::engine::{Engine, now};
use crate::event::{Event, Source};
use crate::peers::{NOBODY, Pending, UNREADABLE};
use crate::serve::ANSWER_BLOCKS;
use crate::wire::{Answer, Kind, Request, pack, unpack, version_of};
use std::sync::Arc;
use weft_consensus::{Input, PeerId, Want};
use weft_gossip::{Command, Event as Peer, MessageName, PeerName, Topic, Verdict};
use weft_types::{Block, Canonical, Share, SignedHeader};

impl Engine {
    /// What the core must hear of an event.
    pub fn inputs(&mut self, event: Event) -> Vec<Input> {
        match event {
            Event::Tick | Event::Stop => vec![Input::Tick],
            Event::Peer(event) => self.peer(event),
            Event::Txs { source, checked } => {
                self.checked_txs(source, checked);
                Vec::new()
            }
            Event::Body { from, hash, version, bytes, checked, room: _room } => {
                vec![match checked {
                    Ok(block) => Input::Block { from: Some(from), block },
                    Err(why) => {
                        if !self.core.judges(version) {
                            self.unreadable(from, bytes);
                        }
                        Input::BadBlock { from, hash, version, why }
                    }
                }]
            }
            Event::Fetched { from, want } => vec![Input::Fetched { peer: from, want }],
            Event::Metrics { reply } => {
                self.figures(reply);
                Vec::new()
            }
            Event::Health { reply } => {
                // Who went away is not waited for.
                drop(reply.send(self.health()));
                Vec::new()
            }
            Event::Query { method, params, reply } => {
                self.query(method, &params, reply);
                Vec::new()
            }
            Event::Block { params, reply } => {
                // A client that went away is not waited for.
                drop(reply.send(self.find_block(&params)));
                Vec::new()
            }
        }
    }

    fn peer(&mut self, event: Peer) -> Vec<Input> {
        match event {
            Peer::Message { topic, name, from, data } => self.message(topic, name, from, &data),
            Peer::Request { from, ticket, data } => self.request(from, ticket, &data),
            Peer::Response { from, id, data } => self.response(from, id, &data),
            Peer::RequestFailed { from, id, .. } => {
                let failed = self.peers.known(&from).zip(self.relay.answered(id));
                failed.map(|(peer, want)| Input::FetchFailed { peer, want }).into_iter().collect()
            }
            Peer::PeerUp { peer, addresses } => {
                let number = self.peers.number(&peer);
                self.peers.reached_at(peer, addresses);
                tracing::info!(%peer, peers = self.peers.count(), "peer up");
                self.greet(number);
                self.claim(number);
                Vec::new()
            }
            Peer::PeerAt { peer, addresses } => {
                self.peers.reached_at(peer, addresses);
                Vec::new()
            }
            Peer::PeerDown { peer } => {
                let gone = self.peers.forget(&peer);
                tracing::info!(%peer, peers = self.peers.count(), "peer down");
                gone.map(|peer| Input::PeerGone { peer }).into_iter().collect()
            }
            Peer::Listening { address } => {
                tracing::info!(%address, "listening");
                self.peers.listening(address);
                Vec::new()
            }
        }
    }

    fn message(
        &mut self,
        topic: Topic,
        name: MessageName,
        from: PeerName,
        data: &[u8],
    ) -> Vec<Input> {
        // Who has left, or was sent away, brought something that nobody can bring again for two
        // minutes: it is judged all the same. Not so a header, which is of use only with somebody
        // to ask for its body; a status tells of it.
        let from = match self.peers.known(&from) {
            Some(from) => from,
            None if topic == Topic::Headers => {
                self.judge(name, Verdict::Ignore);
                return Vec::new();
            }
            None => NOBODY,
        };
        let kind = match topic {
            Topic::Transactions => Kind::Transactions,
            Topic::Shares => Kind::Share,
            Topic::Headers => Kind::Header,
        };
        let bytes = data.len();
        let Some(value) = unpack(kind, data) else { return self.strange(from, name, bytes) };
        match topic {
            // By rules that we don't know nobody here can say what is good (R21). It is not
            // looked at, so it costs nothing, and nobody: peers are needed to hear of a fork.
            Topic::Transactions if self.core.stopped().is_some() => {
                self.judge(name, Verdict::Ignore);
                Vec::new()
            }
            Topic::Transactions => {
                let source = Source::Peer { from, message: name, bytes };
                let data = value.to_vec();
                if self.checker.txs.try_send(Job::Bundle { source, data }).is_err() {
                    self.judge(name, Verdict::Ignore);
                }
                Vec::new()
            }
            Topic::Shares => match Share::from_bytes(value) {
                Ok(share) => {
                    let ticket = self.peers.ticket(Pending { message: name, from, bytes });
                    vec![Input::Share { from, ticket, share }]
                }
                Err(_) => self.strange(from, name, bytes),
            },
            Topic::Headers => match SignedHeader::from_bytes(value) {
                Ok(header) => {
                    let ticket = self.peers.ticket(Pending { message: name, from, bytes });
                    vec![Input::Header { from, ticket, header }]
                }
                Err(_) if !version_of(value).is_some_and(|v| self.core.judges(v)) => {
                    self.strange(from, name, bytes)
                }
                Err(why) => self.malformed(from, name, &why.to_string()),
            },
        }
    }

    /// A message that is for another program: it costs its bytes (R21).
    pub(crate) fn strange(
        &mut self,
        from: PeerId,
        message: MessageName,
        bytes: usize,
    ) -> Vec<Input> {
        self.judge(message, Verdict::Ignore);
        self.unreadable(from, bytes);
        Vec::new()
    }

    /// Counts bytes that we can't read against the peer that sent them. One that sends too many
    /// in an hour is disconnected; it may come again, since it may be a newer program.
    pub(crate) fn unreadable(&mut self, from: PeerId, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.metrics.unreadable.inc_by(bytes);
        let Some(sum) = self.peers.charge(from, bytes, now()) else { return };
        let Some(peer) = self.peers.name(from) else { return };
        let reason = format!(
            "{sum} bytes that can't be read here came from it within an hour, {UNREADABLE} may; \
             if it runs a newer program, run that too"
        );
        tracing::warn!(%peer, reason, "peer disconnected");
        self.command(Command::Disconnect { peer, reason });
    }

    fn malformed(&mut self, from: PeerId, message: MessageName, why: &str) -> Vec<Input> {
        self.judge(message, Verdict::Reject);
        self.punish(from, why);
        Vec::new()
    }

    fn request(&mut self, from: PeerName, ticket: u64, data: &[u8]) -> Vec<Input> {
        let Some(peer) = self.peers.known(&from) else {
            self.respond(ticket, None);
            return Vec::new();
        };
        let Some(value) = unpack(Kind::Request, data) else {
            self.respond(ticket, None);
            self.unreadable(peer, data.len());
            return Vec::new();
        };
        match Request::from_bytes(value) {
            Ok(Request::Status(status)) => {
                self.peers.told(peer, status.height);
                let answer = Answer::Status(self.core.status());
                self.respond(ticket, Some(pack(Kind::Answer, &answer.to_bytes())));
                vec![Input::Status { from: peer, status }]
            }
            Ok(Request::Voter(claim)) => {
                let answer = Answer::Status(self.core.status());
                self.respond(ticket, Some(pack(Kind::Answer, &answer.to_bytes())));
                self.claimed((peer, &from), &claim);
                Vec::new()
            }
            Ok(Request::Blocks(want)) => {
                let blocks = self.serve(&want);
                self.respond(ticket, Some(blocks));
                Vec::new()
            }
            Err(_) => {
                self.respond(ticket, None);
                self.unreadable(peer, data.len());
                Vec::new()
            }
        }
    }

    fn response(&mut self, from: PeerName, id: u64, data: &[u8]) -> Vec<Input> {
        let want = self.relay.answered(id);
        let Some(peer) = self.peers.known(&from) else { return Vec::new() };
        let Some(value) = unpack(Kind::Answer, data) else {
            self.unreadable(peer, data.len());
            return want.map(|want| Input::FetchFailed { peer, want }).into_iter().collect();
        };
        match (Answer::from_bytes(value), want) {
            (Ok(Answer::Status(status)), None) => {
                self.peers.told(peer, status.height);
                vec![Input::Status { from: peer, status }]
            }
            (Ok(Answer::Blocks(blocks)), Some(want)) if blocks.is_empty() => {
                vec![Input::FetchFailed { peer, want }]
            }
            (Ok(Answer::Blocks(blocks)), Some(want)) => {
                self.check_bodies(peer, want, blocks);
                Vec::new()
            }
            (Ok(_), _) => Vec::new(),
            (Err(_), want) => {
                self.unreadable(peer, data.len());
                want.map(|want| Input::FetchFailed { peer, want }).into_iter().collect()
            }
        }
    }

    /// Sends bodies to the checker, and behind them the word that the answer is through.
    /// An answer that does not find places and room for its bytes as a whole is dropped as a whole: the ask then
    /// becomes overdue and is repeated.
    fn check_bodies(&mut self, from: PeerId, want: Want, mut answer: Vec<Vec<u8>>) {
        answer.truncate(ANSWER_BLOCKS);
        let mut blocks = Vec::with_capacity(answer.len());
        for bytes in &answer {
            match Block::from_bytes(bytes) {
                // R21: one of a version that we can't run or judge, and what stands on it.
                Ok(block) if !self.core.may_run(block.header().version) => {
                    self.unreadable(from, bytes.len());
                    break;
                }
                Ok(block) => blocks.push((block, bytes.len())),
                Err(_) if !version_of(bytes).is_some_and(|v| self.core.judges(v)) => {
                    self.unreadable(from, bytes.len());
                    break;
                }
                Err(why) => return self.punish(from, &why.to_string()),
            }
        }
        let bytes = blocks.iter().map(|(_, bytes)| *bytes).fold(0, usize::saturating_add);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.checker.room).try_acquire_many_owned(bytes);
        let places = self.checker.bodies.try_reserve_many(blocks.len().saturating_add(1));
        let (Ok(mut room), Ok(places)) = (room, places) else {
            tracing::debug!(peer = from.0, "the checker is behind, an answer was dropped");
            return;
        };
        let bodies = blocks.into_iter().filter_map(|(block, bytes)| {
            let (hash, room) = (block.hash(), room.split(bytes)?);
            Some(Part::Body { from, hash, block: Box::new(block), bytes, room })
        });
        places
            .zip(bodies.chain([Part::Done { from, want }]))
            .for_each(|(place, part)| place.send(part));
    }
}
