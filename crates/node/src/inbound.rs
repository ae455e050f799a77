//! From events to inputs of the core: decoding, checking out, and answering what needs
//! no decision.

use crate::checker::{Job, Part};
use crate::engine::Engine;
use crate::event::{Event, Source};
use crate::serve::ANSWER_BLOCKS;
use crate::wire::{Answer, Request};
use weft_consensus::{Input, PeerId, Want};
use weft_gossip::{Event as Peer, MessageName, PeerName, Topic, Verdict};
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
            Event::Body { from, hash, version, checked } => vec![match checked {
                Ok(block) => Input::Block { from: Some(from), block },
                Err(why) => Input::BadBlock { from, hash, version, why },
            }],
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
            Peer::Message { topic, name, from, data } => self.message(topic, name, from, data),
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
        data: Vec<u8>,
    ) -> Vec<Input> {
        let Some(from) = self.peers.known(&from) else {
            self.judge(name, Verdict::Ignore);
            return Vec::new();
        };
        match topic {
            Topic::Transactions => {
                let source = Source::Peer { from, message: name };
                if self.checker.txs.try_send(Job::Bundle { source, data }).is_err() {
                    self.judge(name, Verdict::Ignore);
                }
                Vec::new()
            }
            Topic::Shares => match Share::from_bytes(&data) {
                Ok(share) => {
                    let ticket = self.peers.ticket(name);
                    vec![Input::Share { from, ticket, share }]
                }
                Err(why) => self.malformed(from, name, &why.to_string()),
            },
            Topic::Headers => match SignedHeader::from_bytes(&data) {
                Ok(header) => {
                    let ticket = self.peers.ticket(name);
                    vec![Input::Header { from, ticket, header }]
                }
                Err(why) => self.malformed(from, name, &why.to_string()),
            },
        }
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
        match Request::from_bytes(data) {
            Ok(Request::Status(status)) => {
                self.peers.told(peer, status.height);
                let answer = Answer::Status(self.core.status());
                self.respond(ticket, Some(answer.to_bytes()));
                vec![Input::Status { from: peer, status }]
            }
            Ok(Request::Voter(claim)) => {
                let answer = Answer::Status(self.core.status());
                self.respond(ticket, Some(answer.to_bytes()));
                self.claimed((peer, &from), &claim);
                Vec::new()
            }
            Ok(Request::Blocks(want)) => {
                let blocks = self.serve(&want);
                self.respond(ticket, Some(blocks));
                Vec::new()
            }
            Err(why) => {
                self.respond(ticket, None);
                self.punish(peer, &why.to_string());
                Vec::new()
            }
        }
    }

    fn response(&mut self, from: PeerName, id: u64, data: &[u8]) -> Vec<Input> {
        let want = self.relay.answered(id);
        let Some(peer) = self.peers.known(&from) else { return Vec::new() };
        match (Answer::from_bytes(data), want) {
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
            (Err(why), want) => {
                self.punish(peer, &why.to_string());
                want.map(|want| Input::FetchFailed { peer, want }).into_iter().collect()
            }
        }
    }

    /// Sends bodies to the checker, and behind them the word that the answer is through.
    /// An answer that does not find room as a whole is dropped as a whole: the ask then
    /// becomes overdue and is repeated.
    fn check_bodies(&mut self, from: PeerId, want: Want, mut blocks: Vec<Block>) {
        blocks.truncate(ANSWER_BLOCKS);
        let Ok(room) = self.checker.bodies.try_reserve_many(blocks.len().saturating_add(1)) else {
            tracing::debug!(peer = from.0, "the checker is behind, an answer was dropped");
            return;
        };
        let bodies = blocks.into_iter().map(|block| {
            let hash = block.hash();
            Part::Body { from, hash, block: Box::new(block) }
        });
        room.zip(bodies.chain([Part::Done { from, want }]))
            .for_each(|(place, part)| place.send(part));
    }
}
