//! A network of cores: seeded delays, losses, partitions and crashes.
//!
//! It carries effects out as a node would: a log that is appended, a vote record that
//! is written, gossip that forwards what was accepted, requests with answers. After
//! every effect it looks whether two nodes disagree and whether an honest voter has
//! signed an offence.

use super::draw::at;
use super::toy::{GENESIS_TIME, SLOT_MS, Toy, genesis, keys};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use weft_consensus::{
    Base, Config, Core, Effect, Finding, Input, PeerId, Status, Ticket, VoteFile, VoteRecord,
};
use weft_types::evidence::offence;
use weft_types::{
    BlockHash, CheckedBlock, Genesis, Height, Millis, PublicKey, Share, SignedHeader, Slot, Vote,
    VoterSet,
};

/// splitmix64.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }
}

impl Dice {
    /// One of so many sides of a partition.
    pub fn side(&mut self, sides: u8) -> u8 {
        u8::try_from(self.roll(u64::from(sides))).unwrap()
    }
}

/// What the network does to messages.
#[derive(Clone, Debug)]
pub struct Weather {
    /// A message takes between these, in milliseconds.
    pub delay_ms: (u64, u64),
    /// Of a hundred messages so many are lost.
    pub loss: u64,
    /// Which side each node is on; messages do not cross. Empty: one side.
    pub sides: Vec<u8>,
}

impl Weather {
    pub fn fair() -> Self {
        Self { delay_ms: (5, 120), loss: 0, sides: Vec::new() }
    }
}

#[derive(Clone)]
enum Message {
    Header(SignedHeader),
    Share(Share),
    /// For the chain to a block.
    Request(BlockHash),
    Answer(Vec<Arc<CheckedBlock>>),
    Status(Status),
}

enum Event {
    Wake(u32),
    Message { from: usize, message: Box<Message> },
}

/// One node: a core, its disk and what of gossip it has seen.
pub struct Node {
    pub core: Option<Core<Toy>>,
    log: Vec<Arc<CheckedBlock>>,
    record: VoteRecord,
    finals: BTreeMap<Height, BlockHash>,
    /// Counts restarts, so that wake-ups of a former life are not heard.
    life: u32,
    tickets: BTreeMap<Ticket, Message>,
    /// What it asked whom for in this life.
    asked: BTreeSet<(PeerId, BlockHash)>,
    /// How far its clock is ahead, in milliseconds.
    pub skew_ms: i64,
}

pub struct Net {
    pub genesis: Genesis,
    pub nodes: Vec<Node>,
    pub weather: Weather,
    pub now: u64,
    pub dice: Dice,
    rotation: Option<(u64, Vec<VoterSet>)>,
    events: BTreeMap<(u64, u64), (usize, Event)>,
    sequence: u64,
    final_at: BTreeMap<Height, BlockHash>,
    votes: BTreeMap<PublicKey, Vec<Vote>>,
    proposed: BTreeSet<(Slot, PublicKey)>,
    pub blocks: BTreeMap<BlockHash, Arc<CheckedBlock>>,
}

impl Net {
    pub fn new(powers: &[u64], seed: u64) -> Self {
        Self::rotating(powers, seed, None)
    }

    pub fn rotating(powers: &[u64], seed: u64, rotation: Option<(u64, Vec<VoterSet>)>) -> Self {
        let genesis = genesis(powers);
        let node = |_: &u64| Node {
            core: None,
            log: Vec::new(),
            record: VoteRecord::default(),
            finals: BTreeMap::new(),
            life: 0,
            tickets: BTreeMap::new(),
            asked: BTreeSet::new(),
            skew_ms: 0,
        };
        let mut net = Self {
            nodes: powers.iter().map(node).collect(),
            genesis,
            weather: Weather::fair(),
            now: GENESIS_TIME,
            dice: Dice(seed),
            rotation,
            events: BTreeMap::new(),
            sequence: 0,
            final_at: BTreeMap::new(),
            votes: BTreeMap::new(),
            proposed: BTreeSet::new(),
            blocks: BTreeMap::new(),
        };
        (0..powers.len()).for_each(|i| net.start(i));
        net
    }

    /// Starts a node from its disk.
    pub fn start(&mut self, i: usize) {
        self.start_with(i, VoteFile::Known(self.nodes[i].record.clone()));
    }

    pub fn start_with(&mut self, i: usize, vote: VoteFile) {
        let mut toy = Toy::new(&self.genesis);
        toy.rotation.clone_from(&self.rotation);
        let base = Base::genesis(&self.genesis, toy.executed(&self.genesis.block_hash()).unwrap());
        let key = keys(self.nodes.len())[i].clone();
        let mut core = Core::new(Config::new(&self.genesis, Some(key), vote), toy, &base);
        let now = self.clock(i);
        for block in self.nodes[i].log.clone() {
            for effect in core.step(now, Input::Restored { block }) {
                match effect {
                    Effect::Head(_) => {}
                    Effect::Finalized { hash, height } => self.note_final(i, hash, height),
                    other => panic!("restoring gave {other:?}"),
                }
            }
        }
        self.nodes[i].core = Some(core);
        self.nodes[i].life += 1;
        self.give(i, Input::Tick);
        for peer in 0..self.nodes.len() {
            if let Some(status) =
                self.nodes[i].core.as_ref().map(Core::status).filter(|_| peer != i)
            {
                self.send(i, peer, Message::Status(status));
            }
        }
    }

    /// Kills a node; its disk stays.
    pub fn kill(&mut self, i: usize) {
        self.nodes[i].core = None;
        self.nodes[i].tickets.clear();
        self.nodes[i].asked.clear();
    }

    fn clock(&self, i: usize) -> Millis {
        Millis(self.now.saturating_add_signed(self.nodes[i].skew_ms))
    }

    pub fn slot(&self) -> u64 {
        (self.now - GENESIS_TIME) / SLOT_MS
    }

    /// Lets time pass until a slot begins.
    pub fn run_to(&mut self, slot: u64) {
        let end = at(slot, 0).0;
        while let Some(entry) = self.events.first_entry().filter(|e| e.key().0 < end) {
            let ((time, _), (node, event)) = entry.remove_entry();
            self.now = time;
            self.happen(node, event);
        }
        self.now = end;
    }

    fn happen(&mut self, to: usize, event: Event) {
        if self.nodes[to].core.is_none() {
            return;
        }
        match event {
            Event::Wake(life) if life != self.nodes[to].life => {}
            Event::Wake(_) => self.give(to, Input::Tick),
            Event::Message { from, message } => self.receive(to, from, *message),
        }
    }

    fn receive(&mut self, to: usize, sender: usize, message: Message) {
        let from = PeerId(u64::try_from(sender).unwrap());
        self.sequence += 1;
        let ticket = Ticket(self.sequence);
        match message.clone() {
            Message::Header(header) => {
                self.nodes[to].tickets.insert(ticket, message);
                self.give(to, Input::Header { from, ticket, header });
            }
            Message::Share(share) => {
                self.nodes[to].tickets.insert(ticket, message);
                self.give(to, Input::Share { from, ticket, share });
            }
            Message::Status(status) => {
                let core = self.nodes[to].core.as_ref().unwrap();
                if core.is_of_use(&status) {
                    self.send(to, sender, Message::Request(status.head.hash));
                }
            }
            Message::Request(tip) => {
                let blocks = self.serve(to, tip);
                self.send(to, sender, Message::Answer(blocks));
            }
            Message::Answer(blocks) => {
                for block in blocks {
                    self.give(to, Input::Block { from: Some(from), is_asked: true, block });
                }
            }
        }
    }

    /// All that a node has of the chain to a block.
    fn serve(&self, i: usize, tip: BlockHash) -> Vec<Arc<CheckedBlock>> {
        let log = &self.nodes[i].log;
        let find = |hash: &BlockHash| log.iter().find(|b| b.hash() == *hash).cloned();
        let tip = std::iter::successors(find(&tip), |b| find(&b.header().parent));
        let mut chain: Vec<_> = tip.collect();
        chain.reverse();
        chain
    }

    /// Asks those that told of them for what a core lacks, once each.
    fn ask(&mut self, i: usize) {
        let node = &mut self.nodes[i];
        let Some(core) = &node.core else { return };
        let lacks = core.lacked_bodies().chain(core.lacked_chains());
        let all = lacks.flat_map(|l| l.tellers.iter().map(move |peer| (*peer, l.hash)));
        let new: Vec<_> = all.filter(|asked| !node.asked.contains(asked)).collect();
        node.asked.extend(new.iter().copied());
        for (peer, hash) in new {
            self.send(i, usize::try_from(peer.0).unwrap(), Message::Request(hash));
        }
    }

    fn send(&mut self, from: usize, to: usize, message: Message) {
        let weather = &self.weather;
        let side = |i: usize| weather.sides.get(i).copied().unwrap_or_default();
        if side(from) != side(to) || self.dice.roll(100) < self.weather.loss {
            return;
        }
        let (low, high) = self.weather.delay_ms;
        let time = self.now + low + self.dice.roll(high - low + 1);
        let message = Box::new(message);
        self.queue(time, to, Event::Message { from, message });
    }

    fn queue(&mut self, time: u64, to: usize, event: Event) {
        self.sequence += 1;
        self.events.insert((time, self.sequence), (to, event));
    }

    fn publish(&mut self, from: usize, message: &Message) {
        for to in (0..self.nodes.len()).filter(|to| *to != from) {
            self.send(from, to, message.clone());
        }
    }

    /// Gives an input to a core and carries out the effects.
    pub fn give(&mut self, i: usize, input: Input) {
        let now = self.clock(i);
        let Some(core) = &mut self.nodes[i].core else { return };
        let effects = core.step(now, input);
        self.carry_out(i, effects);
        self.ask(i);
    }

    fn carry_out(&mut self, i: usize, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Finding { ticket, finding } => {
                    let message = self.nodes[i].tickets.remove(&ticket).expect("answered once");
                    match finding {
                        Finding::Accept => self.publish(i, &message),
                        Finding::Ignore(_) => {}
                        Finding::Reject(why) => panic!("an honest message was rejected: {why}"),
                    }
                }
                Effect::Append(block) => {
                    self.blocks.insert(block.hash(), Arc::clone(&block));
                    self.nodes[i].log.push(block);
                }
                Effect::Record(record) => self.nodes[i].record = record,
                Effect::Announce(header) => self.announced(i, header),
                Effect::SendShare(share) => self.voted(i, share),
                Effect::Propose(draft) => {
                    let now = self.clock(i);
                    let core = self.nodes[i].core.as_mut().unwrap();
                    let more = core.seal(now, draft, Vec::new());
                    self.carry_out(i, more);
                }
                Effect::Finalized { hash, height } => self.note_final(i, hash, height),
                Effect::Head(_) => {}
                Effect::KeyTwice(seen) => panic!("no key runs twice: {seen}"),
                Effect::Evidence(evidence) => panic!("honest voters gave {evidence:?}"),
                Effect::Punish { peer, why } => panic!("honest peer {peer:?} is blamed: {why}"),
                Effect::Dismissed { .. } => {}
                Effect::SendStatus(status) => self.publish(i, &Message::Status(status)),
                Effect::Wake(at) => {
                    let time = at.0.saturating_add_signed(-self.nodes[i].skew_ms).max(self.now);
                    let life = self.nodes[i].life;
                    self.queue(time, i, Event::Wake(life));
                }
            }
        }
    }

    fn announced(&mut self, i: usize, header: SignedHeader) {
        assert!(
            self.nodes[i].log.iter().any(|b| b.hash() == header.header.hash()),
            "announced before it was logged"
        );
        let own = keys(self.nodes.len())[i].public();
        if header.header.proposer == own {
            assert!(self.nodes[i].record.proposed >= header.header.slot, "R5: not recorded");
        }
        self.proposed.insert((header.header.slot, header.header.proposer));
        self.publish(i, &Message::Header(header));
    }

    /// R7: what is sent was recorded, and is no offence beside what was sent before.
    fn voted(&mut self, i: usize, share: Share) {
        let vote = *share.vote();
        assert!(self.nodes[i].record.last_target.round >= vote.target.round, "R7: not recorded");
        let before = self.votes.entry(vote.voter).or_default();
        let offence = before.iter().find(|other| offence(&vote, other).is_some());
        assert!(offence.is_none(), "R7: {vote:?} beside {offence:?}");
        if !before.contains(&vote) {
            before.push(vote);
        }
        self.publish(i, &Message::Share(share));
    }

    /// Agreement: one final block at a height.
    fn note_final(&mut self, i: usize, hash: BlockHash, height: Height) {
        let first = *self.final_at.entry(height).or_insert(hash);
        assert_eq!(first, hash, "two final blocks at height {height}, seen by {i}");
        let finals = &mut self.nodes[i].finals;
        let last = finals.last_key_value().map_or(0, |(h, _)| h.0);
        assert!(height.0 == last + 1 || finals.contains_key(&height), "final out of order");
        finals.insert(height, hash);
    }

    /// The slot of the last final block of a node.
    pub fn final_slot(&self, i: usize) -> u64 {
        self.nodes[i].core.as_ref().map_or(0, |core| core.finalized().0.slot.0)
    }

    /// The lowest final slot of all living nodes.
    pub fn all_final(&self) -> u64 {
        let living = (0..self.nodes.len()).filter(|i| self.nodes[*i].core.is_some());
        living.map(|i| self.final_slot(i)).min().unwrap_or_default()
    }

    /// Runs in fair weather until all nodes have made a block final that was proposed
    /// after now; how many slots it took.
    pub fn slots_to_finality(&mut self, limit: u64) -> Option<u64> {
        let start = self.slot();
        for slot in start + 1..=start + limit {
            self.run_to(slot);
            if self.all_final() >= start {
                return Some(slot - start);
            }
        }
        None
    }
}
