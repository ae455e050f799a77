//! What a node does with what arrives: gossip, statuses, requests and answers.
//!
//! A node forwards gossip once, after its core accepted it; what it has seen it does not
//! look at again. A request has an answer or ends in a timeout.

use crate::agenda::{Event, Message, Parcel};
use crate::net::{Net, node_of, peer_of};
use crate::node::{Node, Waiting};
use std::sync::Arc;
use weft_consensus::{Input, PeerId, Status, Ticket, Want};
use weft_types::CheckedBlock;
use weft_types::check::check_block;

/// How long a node waits for an answer.
const TIMEOUT_MS: u64 = 1_500;

impl Net {
    /// Asks a peer for blocks.
    pub fn ask(&mut self, i: usize, peer: PeerId, want: Want) {
        let id = self.number();
        let Some(node) = self.nodes.get_mut(i) else { return };
        node.requests.insert(id, (peer, want));
        self.agenda.plan(self.now + TIMEOUT_MS, Event::Timeout { node: i, id });
        self.send(i, node_of(peer), Parcel::new(Message::Request { id, want }));
    }

    /// A request had its time.
    pub fn timeout(&mut self, i: usize, id: u64) {
        let open = self.nodes.get_mut(i).and_then(|node| node.requests.remove(&id));
        if let Some((peer, want)) = open {
            self.give(i, Input::FetchFailed { peer, want });
        }
    }

    /// A message arrives.
    pub fn arrive(&mut self, from: usize, to: usize, parcel: Parcel) {
        if self.nodes.get(to).is_none_or(|node| node.core.is_none()) {
            return;
        }
        if !self.hears((from, to), &parcel.message) {
            return;
        }
        self.delivered += 1;
        self.trace.arrival(self.now, (from, to), &parcel.name);
        let message = Arc::clone(&parcel.message);
        match &*message {
            Message::Header(_) | Message::Share(_) | Message::Tx(_) => {
                self.gossip(to, Waiting { from, parcel });
            }
            Message::Status { status, asks } => {
                self.give(to, Input::Status { from: peer_of(from), status: *status });
                let own = self.nodes.get(to).and_then(|n| n.core.as_ref()).map(|c| c.status());
                if let Some(own) = own.filter(|_| *asks) {
                    self.tell(to, from, (own, false));
                }
            }
            Message::Request { id, want } => {
                let blocks = self.serve(to, want);
                let answer = Message::Answer { id: *id, want: *want, blocks };
                self.send(to, from, Parcel::new(answer));
            }
            Message::Answer { id, want, blocks } => self.answered(to, from, (*id, *want), blocks),
        }
    }

    fn gossip(&mut self, to: usize, waiting: Waiting) {
        let Some(node) = self.nodes.get_mut(to) else { return };
        if !node.seen.insert(waiting.parcel.name) {
            return;
        }
        let from = peer_of(waiting.from);
        let message = Arc::clone(&waiting.parcel.message);
        if let Message::Tx(tx) = &*message {
            if self.insert(to, (**tx).clone()) {
                self.flood(to, Some(waiting.from), &waiting.parcel);
            }
            return;
        }
        let ticket = Ticket(self.number());
        if let Some(node) = self.nodes.get_mut(to) {
            node.tickets.insert(ticket, waiting);
        }
        match &*message {
            Message::Header(header) => {
                self.give(to, Input::Header { from, ticket, header: header.clone() });
            }
            Message::Share(share) => {
                self.give(to, Input::Share { from, ticket, share: (**share).clone() });
            }
            _ => {}
        }
    }

    /// Tells a peer where a node is.
    pub fn tell(&mut self, from: usize, to: usize, (status, asks): (Status, bool)) {
        // Who withholds a block does not speak of it.
        if !self.mind.hides(&status.head.hash) {
            self.send(from, to, Parcel::new(Message::Status { status, asks }));
        }
    }

    fn serve(&self, i: usize, want: &Want) -> Vec<Arc<CheckedBlock>> {
        let Some(node) = self.nodes.get(i) else { return Vec::new() };
        let mut blocks = self.asked_for(node, want);
        if let Some(at) = blocks.iter().position(|block| self.mind.hides(&block.hash())) {
            blocks.truncate(at);
        }
        blocks
    }

    fn asked_for(&self, node: &Node, want: &Want) -> Vec<Arc<CheckedBlock>> {
        match want {
            Want::Block(hash) => node.disk.block(hash).cloned().into_iter().collect(),
            Want::Chain { from, tip } => {
                let head = node.core.as_ref().map(|core| core.head_hash());
                let tip = node.disk.block(tip).map(|b| b.hash()).or(head);
                tip.map_or_else(Vec::new, |tip| node.disk.chain(*from, &tip))
            }
        }
    }

    /// Bodies are checked as if they had come as bytes from a stranger.
    fn answered(
        &mut self,
        i: usize,
        from: usize,
        (id, want): (u64, Want),
        blocks: &[Arc<CheckedBlock>],
    ) {
        let Some(node) = self.nodes.get_mut(i) else { return };
        if node.requests.remove(&id).is_none() {
            return; // It came too late.
        }
        let peer = peer_of(from);
        if blocks.is_empty() {
            return self.give(i, Input::FetchFailed { peer, want });
        }
        for block in blocks {
            let (hash, body) = (block.hash(), block.block().clone());
            let version = body.header().version;
            let rules = (&self.world.genesis.widest(), &self.world.chain);
            let input = match check_block(body, rules, &self.seals, &mut self.checks) {
                Ok(block) => Input::Block { from: Some(peer), block: Arc::new(block) },
                Err(why) => Input::BadBlock { from: peer, hash, version, why },
            };
            self.give(i, input);
        }
        self.give(i, Input::Fetched { peer, want });
    }
}
