//! Peers without stake that mean no good, or are of no use: they are connected before anybody
//! else, to every node, as many as a node lets in.
//!
//! A node that punishes one or disconnects it hears no more of it until it starts again.

use crate::agenda::{Event, Message, Parcel, Said};
use crate::names::peer_of;
use crate::net::Net;
use crate::plan::Habit;
use crate::slots::SLOT_MS;
use std::collections::VecDeque;
use weft_consensus::Status;
use weft_engine::event::NoAnswer;
use weft_engine::io::{Topic, UncheckedBody};
use weft_engine::wire::{Answer, Kind, Request, Want, pack, unpack};
use weft_types::{
    Call, Canonical, ChainTag, Checkpoint, Domain, Hash, Height, Nonce, Rao, Round, SecretKey,
    TxBody,
};

/// The number of the first: nodes have lower ones.
pub const FIRST: usize = 10_000;

/// How often they act.
const ACT_MS: u64 = SLOT_MS / 2;

/// How long the slow take at most.
const SLOW_SLOTS: u64 = 6;

/// So many different ones are sent.
const BUNDLES: u64 = 64;

impl Net {
    fn strangers(&self) -> Vec<(usize, Habit)> {
        let habits = self.plan.strangers.iter().copied().enumerate();
        habits.map(|(n, habit)| (FIRST + n, habit)).collect()
    }

    fn habit(&self, stranger: usize) -> Option<Habit> {
        self.plan.strangers.get(stranger.checked_sub(FIRST)?).copied()
    }

    /// Whether a node hears a stranger.
    pub fn is_away(&self, node: usize, stranger: usize) -> bool {
        self.strange.away.contains(&(node, stranger))
    }

    /// They are there before a node's other peers are.
    pub fn strangers_meet(&mut self, i: usize) {
        self.strange.away.retain(|(node, _)| *node != i);
        for (stranger, _) in self.strangers() {
            let (peer, name) = (peer_of(stranger), format!("stranger {}", stranger - FIRST));
            self.happens_to(i, weft_engine::Event::PeerUp { peer, name });
        }
    }

    /// The first time that they act.
    pub fn begin_strangers(&mut self) {
        if !self.plan.strangers.is_empty() {
            self.agenda.plan(self.now + ACT_MS, Event::Strangers);
        }
    }

    /// A node sends a stranger away.
    pub fn sends_away(
        &mut self,
        i: usize,
        stranger: usize,
        events: &mut VecDeque<weft_engine::Event>,
    ) {
        if self.strange.away.insert((i, stranger)) {
            self.faults.note("sent_away");
            events.push_back(weft_engine::Event::PeerDown { peer: peer_of(stranger) });
        }
    }

    /// They act, at every node that hears them.
    pub fn strangers_act(&mut self) {
        self.agenda.plan(self.now + ACT_MS, Event::Strangers);
        for (stranger, habit) in self.strangers() {
            for i in 0..self.nodes.len() {
                let is_up = self.nodes.get(i).is_some_and(|node| node.is_up());
                if is_up && !self.is_away(i, stranger) {
                    self.acts(stranger, habit, i);
                }
            }
        }
    }

    fn acts(&mut self, stranger: usize, habit: Habit, i: usize) {
        match habit {
            Habit::Silent => {}
            Habit::Lies => {
                let Some(status) = self.invented() else { return };
                self.faults.note(habit.acts());
                self.asks(stranger, i, &Request::Status(status));
            }
            Habit::Slow | Habit::Withholds | Habit::Busy => {
                if let Some(status) = self.highest() {
                    self.asks(stranger, i, &Request::Status(status));
                }
            }
            Habit::Greedy => {
                let tip = self.highest().map_or(Hash::ZERO, |status| status.head.hash);
                for want in [Want::Chain { from: Height(1), tip }, Want::Block(tip)] {
                    self.faults.note(habit.acts());
                    self.asks(stranger, i, &Request::Blocks(want));
                }
            }
            Habit::Bundles => {
                self.faults.note(habit.acts());
                let data = self.unpaid();
                self.send(stranger, i, Parcel::new(Message::gossip(Topic::Transactions, data)));
            }
        }
    }

    fn asks(&mut self, stranger: usize, i: usize, request: &Request) {
        let is_for_blocks = matches!(request, Request::Blocks(_));
        let (ask, data) = (self.number(), pack(Kind::Request, &request.to_bytes()));
        self.send(stranger, i, Parcel::new(Message::Ask { life: 0, ask, data, is_for_blocks }));
    }

    /// Where the highest node is.
    fn highest(&self) -> Option<Status> {
        let cores = self.honest().filter_map(|(_, node)| node.core());
        cores
            .map(weft_consensus::Core::status)
            .max_by_key(|status| (status.height, status.head.hash))
    }

    /// A head that nobody has.
    fn invented(&mut self) -> Option<Status> {
        let status = self.highest()?;
        let more = self.dice.between(1, 200);
        let hash = Hash::of(Domain::Trace, &self.number().to_le_bytes());
        let (height, round) = (Height(status.height.0 + more), Round(status.round().0 + more));
        Some(Status { height, head: Checkpoint { round, hash }, ..status })
    }

    /// A transfer of one who has nothing, as it is sent.
    fn unpaid(&mut self) -> Vec<u8> {
        let (chain, n) = (self.world.chain, self.number() % BUNDLES);
        let made = || {
            let key = SecretKey::from_seed(Hash::of(Domain::Trace, b"stranger").0);
            let call = Call::Transfer { to: key.public(), amount: Rao(1), open: true };
            let (tag, signer, fee) = (ChainTag::of(&chain), key.public(), Rao(10_000));
            let nonce = Nonce(n);
            let body = TxBody { chain: tag, signer, nonce, fee, valid_until: None, call };
            pack(Kind::Transactions, &vec![body.sign(&key, &chain)].to_bytes())
        };
        self.strange.bundles.entry(n).or_insert_with(made).clone()
    }

    /// A node says something to a stranger.
    pub fn stranger_hears(&mut self, from: usize, stranger: usize, message: &Message) {
        let Message::Ask { life, ask, data, is_for_blocks } = message else { return };
        let Some(habit) = self.habit(stranger).filter(|_| !self.is_away(from, stranger)) else {
            return;
        };
        let want = match unpack(Kind::Request, data).map(Request::from_bytes) {
            Some(Ok(Request::Blocks(want))) => Some(want),
            _ => None,
        };
        let (data, late) = match habit {
            Habit::Withholds | Habit::Silent if habit == Habit::Silent || *is_for_blocks => {
                return self.faults.note(habit.acts());
            }
            Habit::Busy => (Err(NoAnswer::Busy), 0),
            Habit::Lies => match self.lie(want) {
                Some(data) => (data, 0),
                None => return,
            },
            Habit::Slow => (self.truth(want), self.dice.between(1, SLOW_SLOTS * SLOT_MS)),
            _ if *is_for_blocks => (Err(NoAnswer::Refused), 0),
            _ => (self.truth(None), 0),
        };
        if matches!(habit, Habit::Busy | Habit::Slow) {
            self.faults.note(habit.acts());
        }
        let parcel = Parcel::new(Message::Answer { life: *life, ask: *ask, data });
        if late == 0 {
            return self.send(stranger, from, parcel);
        }
        self.agenda.plan(self.now + late, Event::Arrival { from: stranger, to: from, parcel });
    }

    fn truth(&self, want: Option<Want>) -> Result<Vec<u8>, NoAnswer> {
        let tip = match want {
            None => {
                let answer = self.highest().map(Answer::Status).ok_or(NoAnswer::Refused)?;
                return Ok(pack(Kind::Answer, &answer.to_bytes()));
            }
            Some(Want::Block(hash) | Want::Chain { tip: hash, .. }) => hash,
        };
        let block = self.watch.blocks.get(&tip).ok_or(NoAnswer::Refused)?;
        let blocks = vec![block.block().to_bytes()];
        Ok(pack(Kind::Answer, &Answer::Blocks(blocks).to_bytes()))
    }

    /// Nothing, silence, or blocks that stand on none that was asked for.
    fn lie(&mut self, want: Option<Want>) -> Option<Result<Vec<u8>, NoAnswer>> {
        if want.is_none() {
            let answer = Answer::Status(self.invented()?);
            return Some(Ok(pack(Kind::Answer, &answer.to_bytes())));
        }
        let blocks = match self.dice.below(16) {
            0 => self.hole(true),
            1 => self.hole(false),
            2..4 => return None,
            4..8 => return Some(Err(NoAnswer::Refused)),
            _ => Vec::new(),
        };
        Some(Ok(pack(Kind::Answer, &Answer::Blocks(blocks).to_bytes())))
    }

    /// A chain with a hole in it, or a whole one that everybody has.
    fn hole(&self, has_hole: bool) -> Vec<Vec<u8>> {
        let Some(tip) = self.highest().map(|status| status.head.hash) else { return Vec::new() };
        let above = |hash: &Hash| self.watch.blocks.get(hash).map(|b| (b.header().parent, b));
        let chain = std::iter::successors(above(&tip), |(parent, _)| above(parent));
        let mut chain: Vec<_> = chain.map(|(_, block)| block.block().to_bytes()).take(6).collect();
        chain.reverse();
        if has_hole && chain.len() > 3 {
            chain.remove(2);
        }
        chain
    }

    /// Those that withhold bodies pass on each header of an honest node before it has come
    /// anywhere.
    pub fn strangers_relay(&mut self, from: usize, parcel: &Parcel) {
        let Message::Gossip { said: Said::Header(_), .. } = &*parcel.message else { return };
        let strangers = self.strangers();
        let Some((stranger, _)) = strangers.iter().find(|(_, habit)| *habit == Habit::Withholds)
        else {
            return;
        };
        if self.is_byzantine(from) || !self.strange.relayed.insert(parcel.name) {
            return;
        }
        for to in (0..self.nodes.len()).filter(|to| *to != from) {
            if !self.is_away(to, *stranger) {
                let (from, parcel) = (*stranger, parcel.clone());
                self.agenda.plan(self.now + 1, Event::Arrival { from, to, parcel });
            }
        }
    }

    /// R20: nothing is verified that is no answer to what was asked.
    pub fn watch_bodies(&mut self, i: usize, want: &Want, bodies: &[UncheckedBody]) {
        let Some(core) = self.core(i) else { return };
        let mut last = None;
        let mut hangs = |body: &UncheckedBody| {
            let parent = body.block.header().parent;
            let stands = match last.replace(body.hash) {
                Some(above) => above == parent,
                None => core.forks().tree().get(&parent).is_some(),
            };
            !stands
        };
        let bad = match want {
            Want::Block(hash) => bodies.iter().find(|body| body.hash != *hash),
            Want::Chain { .. } => bodies.iter().find(|body| hangs(body)),
        };
        if let Some(bad) = bad {
            self.watch
                .broken(format!("asks: node {i} verifies {}, which answers nothing", bad.hash));
        }
    }

    /// No engine has more questions under way than places for them.
    pub fn watch_asks(&mut self) {
        let most = 5 * (self.nodes.len() + self.plan.strangers.len());
        for i in 0..self.nodes.len() {
            let engine = self.nodes.get(i).and_then(|node| node.engine.as_ref());
            let count = engine.map_or(0, |engine| engine.asks().count());
            if count > most {
                self.watch.broken(format!("asks: {count} under way at node {i}, {most} may be"));
            }
        }
    }
}
