//! The network: delays, loss, a partition, gossip and requests.
//!
//! A node forwards gossip once, after its core accepted it, to all others; what it has
//! seen it does not look at again. A request has an answer or ends in a timeout.

use crate::agenda::{Agenda, Event, Message, Parcel};
use crate::dice::Dice;
use crate::node::{Node, Waiting};
use crate::trace::Trace;
use crate::watch::Watch;
use crate::world::{GENESIS_TIME, SLOT_MS, World};
use crate::{Plan, Report};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use std::sync::Arc;
use weft_consensus::{Input, PeerId, Ticket, Want};
use weft_types::check::{Known, check_block};
use weft_types::{CheckedBlock, Hash, Millis};

/// How long a message takes at least and at most.
const DELAY_MS: (u64, u64) = (10, 150);

/// How long a node waits for an answer.
const TIMEOUT_MS: u64 = 1_500;

/// How far a clock may be off: half of the eighth of a slot that R7 allows between two.
const SKEW_MS: u64 = SLOT_MS / 16;

/// The seals of signatures that some node has found good: each is looked at once in a
/// run, not once per node, when it comes in a block.
#[derive(Clone, Debug, Default)]
pub struct Seals(pub BTreeSet<Hash>);

impl Known for Seals {
    fn knows(&self, seal: &Hash) -> bool {
        self.0.contains(seal)
    }
}

/// The nodes and everything between them.
pub struct Net {
    /// What is simulated.
    pub plan: Plan,
    /// The chain and its keys.
    pub world: World,
    /// All nodes; node i votes with key i.
    pub nodes: Vec<Node>,
    /// What will happen.
    pub agenda: Agenda,
    /// All chance.
    pub dice: Dice,
    /// Chance for batch checks, which decides nothing.
    pub checks: ChaCha8Rng,
    /// The hash of what happened.
    pub trace: Trace,
    /// Who looks.
    pub watch: Watch,
    /// True time.
    pub now: u64,
    /// Whether faults are over.
    pub is_calm: bool,
    /// Signatures found good.
    pub known: Seals,
    /// Messages that arrived.
    pub delivered: u64,
    /// Messages lost by chance.
    pub lost: u64,
    /// Messages that the partition held back.
    pub cut: u64,
    /// Starts after a crash.
    pub restarts: u64,
    /// Logged blocks that crashes took.
    pub unsynced: u64,
    /// Offences that nodes noticed.
    pub evidence: u64,
    /// Whether the planted bug has had its turn.
    pub has_planted: bool,
    /// Which half each node is in.
    sides: Vec<bool>,
    numbers: u64,
}

impl Net {
    /// A network of nodes that are down.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut dice = Dice::new(plan.seed);
        let mut nodes: Vec<Node> = Vec::new();
        for _ in 0..plan.voters {
            let skew = dice.between(0, 2 * SKEW_MS).cast_signed() - SKEW_MS.cast_signed();
            nodes.push(Node { skew_ms: skew, ..Node::default() });
        }
        let sides = halves(&mut dice, plan.voters);
        Self {
            world: World::new(plan.seed, plan.voters),
            plan: plan.clone(),
            nodes,
            agenda: Agenda::default(),
            checks: dice.child(),
            dice,
            trace: Trace::default(),
            watch: Watch::default(),
            now: GENESIS_TIME,
            is_calm: false,
            known: Seals::default(),
            delivered: 0,
            lost: 0,
            cut: 0,
            restarts: 0,
            unsynced: 0,
            evidence: 0,
            has_planted: false,
            sides,
            numbers: 0,
        }
    }

    /// The slot that true time lies in.
    #[must_use]
    pub const fn slot(&self) -> u64 {
        (self.now - GENESIS_TIME) / SLOT_MS
    }

    /// What a node's clock shows.
    #[must_use]
    pub fn clock(&self, i: usize) -> Millis {
        let skew = self.nodes.get(i).map_or(0, |node| node.skew_ms);
        Millis(self.now.saturating_add_signed(skew))
    }

    /// A number that was never given before.
    pub const fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn is_cut(&self, from: usize, to: usize) -> bool {
        let Some((first, end)) = self.plan.partition.filter(|_| !self.is_calm) else {
            return false;
        };
        (first..end).contains(&self.slot()) && self.sides.get(from) != self.sides.get(to)
    }

    /// Sends a message; it arrives later or never.
    pub fn send(&mut self, from: usize, to: usize, parcel: Parcel) {
        if self.is_cut(from, to) {
            self.cut += 1;
        } else if !self.is_calm && self.dice.happens(self.plan.loss_ppm) {
            self.lost += 1;
        } else {
            let time = self.now + self.dice.between(DELAY_MS.0, DELAY_MS.1);
            self.agenda.plan(time, Event::Arrival { from, to, parcel });
        }
    }

    /// Sends a message to all but the sender and the node it came from.
    pub fn flood(&mut self, from: usize, except: Option<usize>, parcel: &Parcel) {
        match &*parcel.message {
            Message::Share(share) => self.watch.vote(self.now, &share.signed),
            Message::Header(signed) => self.watch.header(self.now, &signed.header),
            _ => {}
        }
        if let Some(node) = self.nodes.get_mut(from) {
            node.seen.insert(parcel.name);
        }
        for to in (0..self.nodes.len()).filter(|to| *to != from && Some(*to) != except) {
            self.send(from, to, parcel.clone());
        }
    }

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
        self.delivered += 1;
        self.trace.arrival(self.now, (from, to), &parcel.name);
        let message = Arc::clone(&parcel.message);
        match &*message {
            Message::Header(_) | Message::Share(_) | Message::Tx(_) => {
                self.gossip(to, Waiting { from, parcel });
            }
            Message::Status { status, asks } => {
                self.give(to, Input::Status { from: peer_of(from), status: *status });
                if *asks {
                    self.tell(to, from, false);
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
    pub fn tell(&mut self, from: usize, to: usize, asks: bool) {
        let status = self.nodes.get(from).and_then(|n| n.core.as_ref()).map(|c| c.status());
        if let Some(status) = status {
            self.send(from, to, Parcel::new(Message::Status { status, asks }));
        }
    }

    fn serve(&self, i: usize, want: &Want) -> Vec<Arc<CheckedBlock>> {
        let Some(node) = self.nodes.get(i) else { return Vec::new() };
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
            let rules = (&self.world.genesis.params, &self.world.chain);
            let input = match check_block(body, rules, &self.known, &mut self.checks) {
                Ok(block) => Input::Block { from: Some(peer), block: Arc::new(block) },
                Err(why) => Input::BadBlock { from: peer, hash, why },
            };
            self.give(i, input);
        }
        self.give(i, Input::Fetched { peer, want });
    }

    /// Gives an input to a core and carries out what follows.
    pub fn give(&mut self, i: usize, input: Input) {
        let now = self.clock(i);
        let core = self.nodes.get_mut(i).and_then(|node| node.core.as_mut());
        if let Some(effects) = core.map(|core| core.step(now, input)) {
            self.carry_out(i, effects);
        }
    }

    /// What happened, with the final height when faults stopped and the slots that it took
    /// to rise everywhere.
    #[must_use]
    pub fn report(&self, (mark, recovery_slots): (u64, u64)) -> Report {
        let of = |height: fn(&Node) -> u64| self.nodes.iter().map(height);
        Report {
            ok: self.watch.violations.is_empty(),
            violations: self.watch.violations.clone(),
            trace_hash: self.trace.hash(),
            final_height: of(Node::final_height).max().unwrap_or_default(),
            lowest_final_height: of(Node::final_height).min().unwrap_or_default(),
            stormy_final_height: mark,
            head_height: of(Node::head_height).max().unwrap_or_default(),
            slots: self.slot(),
            recovery_slots,
            delivered: self.delivered,
            dropped: self.lost + self.cut,
            lost: self.lost,
            cut: self.cut,
            blocks: self.watch.blocks.len() as u64,
            shares: self.watch.shares,
            transactions: self.watch.transactions,
            rows: self.watch.rows,
            restarts: self.restarts,
            unsynced: self.unsynced,
            evidence: self.evidence,
        }
    }
}

/// The name of a node for its peers.
#[must_use]
pub const fn peer_of(i: usize) -> PeerId {
    PeerId(i as u64)
}

fn node_of(peer: PeerId) -> usize {
    usize::try_from(peer.0).expect("peers are named by their place in a list")
}

/// Half of the nodes, by lot.
fn halves(dice: &mut Dice, count: usize) -> Vec<bool> {
    let mut sides: Vec<bool> = (0..count).map(|i| i < count / 2).collect();
    for last in (1..count).rev() {
        sides.swap(last, dice.place(last + 1));
    }
    sides
}
