//! What becomes of what arrives at a node: its bytes go to its engine.
//!
//! A node forwards gossip once, after its engine accepted it; what it has seen it does not
//! look at again. A request has an answer or ends in a timeout.

use crate::agenda::{Event, Message, Parcel};
use crate::names::{name_of, peer_of};
use crate::net::Net;
use crate::node::Waiting;
use crate::strangers::FIRST;
use std::sync::Arc;
use weft_consensus::PeerId;
use weft_engine::event::NoAnswer;
use weft_engine::io::Places;
use weft_engine::serve::ANSWER_BYTES;
use weft_engine::wire::{Answer, Kind, Request, pack, unpack};
use weft_types::{Canonical, CheckedBlock};

/// How long a node waits for an answer that was lost on the way.
const TIMEOUT_MS: u64 = 1_500;

/// How long it waits for one who is there and says nothing: as long as a real one.
const SILENCE_MS: u64 = 10_000;

impl Net {
    /// A node asks a peer. Who withholds a block does not speak of it.
    pub fn ask(&mut self, i: usize, to: usize, ask: u64, data: Vec<u8>) {
        let request = unpack(Kind::Request, &data).map(Request::from_bytes);
        if matches!(&request, Some(Ok(Request::Status(s))) if self.mind.hides(&s.head.hash)) {
            return;
        }
        let is_for_blocks = matches!(request, Some(Ok(Request::Blocks(_))));
        let Some(node) = self.nodes.get_mut(i) else { return };
        node.asks.insert(ask);
        let life = node.life;
        let timeout = Event::Timeout { node: i, peer: to, life, ask };
        let wait = if to >= FIRST { SILENCE_MS } else { TIMEOUT_MS };
        self.agenda.plan(self.now + wait, timeout);
        self.send(i, to, Parcel::new(Message::Ask { life, ask, data, is_for_blocks }));
    }

    /// A request had its time.
    pub fn timeout(&mut self, i: usize, peer: usize, (life, ask): (u64, u64)) {
        let Some(node) = self.nodes.get_mut(i).filter(|node| node.life == life) else { return };
        if node.asks.remove(&ask) {
            let (from, why) = (peer_of(peer), NoAnswer::TimedOut);
            self.happens_to(i, weft_engine::Event::Unanswered { from, ask, why });
        }
    }

    /// A message arrives.
    pub fn arrive(&mut self, from: usize, to: usize, parcel: Parcel) {
        if to >= FIRST {
            return self.stranger_hears(from, to, &parcel.message);
        }
        let is_up = self.nodes.get(to).is_some_and(|node| node.is_up());
        if self.is_away(to, from) || !is_up || !self.hears((from, to), &parcel.message) {
            return;
        }
        self.delivered += 1;
        self.trace.arrival(self.now, (from, to), &parcel.name);
        let message = Arc::clone(&parcel.message);
        let peer = peer_of(from);
        match &*message {
            Message::Gossip { .. } => self.gossip(to, Waiting { from, parcel }),
            Message::Ask { life, ask, data, .. } => {
                let ticket = self.number();
                if let Some(node) = self.nodes.get_mut(to) {
                    node.asked.insert(ticket, (from, *life, *ask));
                }
                let data = data.clone();
                self.happens_to(to, weft_engine::Event::Asked { from: peer, ticket, data });
            }
            Message::Answer { life, ask, data } => {
                let node = self.nodes.get_mut(to).filter(|node| node.life == *life);
                // One that came too late is no answer.
                if node.is_some_and(|node| node.asks.remove(ask)) {
                    let event = match data.clone() {
                        Ok(data) => weft_engine::Event::Answered { from: peer, ask: *ask, data },
                        Err(why) => weft_engine::Event::Unanswered { from: peer, ask: *ask, why },
                    };
                    self.happens_to(to, event);
                }
            }
        }
    }

    fn gossip(&mut self, to: usize, waiting: Waiting) {
        let Some(node) = self.nodes.get_mut(to) else { return };
        if !node.seen.insert(waiting.parcel.name) {
            return;
        }
        let from = peer_of(waiting.from);
        let name = waiting.parcel.message_name();
        let message = Arc::clone(&waiting.parcel.message);
        node.judged.insert(name, waiting);
        if let Message::Gossip { topic, data, .. } = &*message {
            let (topic, data) = (*topic, data.clone());
            self.happens_to(to, weft_engine::Event::Said { from, topic, message: name, data });
        }
    }

    /// A node answers a request. Who withholds a block does not speak of it.
    pub fn answer(&mut self, i: usize, ticket: u64, data: Result<Vec<u8>, NoAnswer>) {
        let asked = self.nodes.get_mut(i).and_then(|node| node.asked.remove(&ticket));
        let Some((to, life, ask)) = asked else { return };
        let said = data.as_deref().ok().and_then(|data| unpack(Kind::Answer, data));
        let hides = match said.map(Answer::from_bytes) {
            Some(Ok(Answer::Status(status))) => self.mind.hides(&status.head.hash),
            _ => false,
        };
        if !hides {
            self.send(i, to, Parcel::new(Message::Answer { life, ask, data }));
        }
    }

    /// A node reads blocks for a peer, up to one that it lacks or hides; answers how many bytes
    /// they were.
    pub fn serve(&mut self, i: usize, ticket: u64, places: &Places) -> u64 {
        let Some(node) = self.nodes.get(i) else { return 0 };
        let most = self.plan.desk.map_or(ANSWER_BYTES, |desk| desk.body_bytes.min(ANSWER_BYTES));
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        for block in node.disk.at(places) {
            let block: Arc<CheckedBlock> = block;
            let data = block.block().to_bytes();
            bytes += data.len();
            if self.mind.hides(&block.hash()) || (bytes > most && !blocks.is_empty()) {
                break;
            }
            blocks.push(data);
        }
        let answer = Answer::Blocks(blocks).to_bytes();
        self.answer(i, ticket, Ok(pack(Kind::Answer, &answer)));
        bytes as u64
    }

    /// A node says where it is to a peer, unasked.
    pub fn tell(&mut self, i: usize, to: usize) {
        let Some(status) = self.core(i).map(|c| c.status()) else {
            return;
        };
        let (life, ask) = (self.nodes.get(i).map_or(0, |node| node.life), self.number());
        let data = pack(Kind::Request, &Request::Status(status).to_bytes());
        let message = Message::Ask { life, ask, data, is_for_blocks: false };
        self.send(i, to, Parcel::new(message));
    }

    /// All peers of a node that starts, and it of theirs.
    pub fn meet(&mut self, i: usize) {
        self.strangers_meet(i);
        for other in (0..self.nodes.len()).filter(|other| *other != i) {
            if self.nodes.get(other).is_some_and(|node| node.is_connected()) {
                self.meets(i, other);
            }
        }
        if self.nodes.get(i).is_some_and(|node| node.life > 0) {
            self.agenda.plan(self.now + 1, Event::Came { node: i });
        }
    }

    fn meets(&mut self, i: usize, other: usize) {
        let (peer, name): (PeerId, _) = (peer_of(other), name_of(other));
        self.happens_to(i, weft_engine::Event::PeerUp { peer, name });
    }

    /// The others hear that a node is there again.
    pub fn came(&mut self, i: usize) {
        let is_up = self.nodes.get(i).is_some_and(|node| node.is_up());
        for other in (0..self.nodes.len()).filter(|other| is_up && *other != i) {
            self.meets(other, i);
        }
    }

    /// The others hear that a node is gone, unless it is back.
    pub fn left(&mut self, i: usize) {
        let is_up = self.nodes.get(i).is_some_and(|node| node.is_up());
        for other in (0..self.nodes.len()).filter(|other| !is_up && *other != i) {
            self.happens_to(other, weft_engine::Event::PeerDown { peer: peer_of(i) });
        }
    }
}
