//! The network: what becomes of a message between two nodes.
//!
//! While faults last a message may be lost, come twice, come slots late, or not get through
//! a partition. Byzantine voters stand on every side of a partition, and what they tell
//! each other always arrives at once.

use crate::agenda::{Agenda, Event, Message, Parcel, Said};
use crate::cabal::Mind;
use crate::checker::TurnedAway;
use crate::faults::Faults;
use crate::node::Node;
use crate::other_past::OtherPast;
use crate::plan::Plan;
use crate::seals::Seals;
use crate::slots::{GENESIS_TIME, SLOT_MS, slot_at};
use crate::strange::Strangers;
use crate::trace::Trace;
use crate::watch::Watch;
use crate::world::World;
use rand_chacha::ChaCha8Rng;
use std::collections::VecDeque;
use weft_consensus::{Core, Input};
use weft_dice::Dice;
use weft_ledger::forks::Forks;
use weft_types::Millis;

/// How long a message takes at least and at most.
pub const DELAY_MS: (u64, u64) = (10, 150);

/// How long it takes in larger networks, where it goes over two or three hops: to be heard by
/// all it then takes about as long.
const HOP_MS: (u64, u64) = (10, 60);

/// In networks of more nodes a message goes to [`FANOUT`] others by lot, not to all.
const ALL_HEAR: usize = 16;

/// To how many others a node passes on.
const FANOUT: usize = 6;

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
    /// What Byzantine voters are up to.
    pub mind: Mind,
    /// What former voters made.
    pub other: OtherPast,
    /// What strangers did.
    pub strange: Strangers,
    /// What checkers had no room for.
    pub turned: TurnedAway,
    /// True time.
    pub now: u64,
    /// Whether faults are over.
    pub is_calm: bool,
    /// The slot since which they are.
    pub calm_since: u64,
    /// Signatures found good.
    pub seals: Seals,
    /// What went wrong.
    pub faults: Faults,
    /// Messages that arrived.
    pub delivered: u64,
    /// Starts after a crash.
    pub restarts: u64,
    /// Crashes, past or about to come, in which something synced is lost.
    pub losses: usize,
    /// Whether the pool took all that was submitted last.
    pub taken: bool,
    numbers: u64,
}

impl Net {
    /// A network of nodes that are down.
    pub fn new(plan: &Plan) -> Self {
        let mut dice = Dice::new(plan.seed);
        let world = World::new(plan);
        let mut faults = Faults::default();
        let mut nodes: Vec<Node> = Vec::new();
        for _ in 0..plan.nodes() {
            let skew = dice.between(0, 2 * plan.skew_ms).cast_signed() - plan.skew_ms.cast_signed();
            faults.add("skewed_clocks", u64::from(skew != 0));
            nodes.push(Node { skew_ms: skew, ..Node::default() });
        }
        Self {
            watch: Watch::new(&world, plan),
            world,
            plan: plan.clone(),
            nodes,
            agenda: Agenda::default(),
            checks: dice.child(),
            dice,
            trace: Trace::default(),
            mind: Mind::default(),
            other: OtherPast::default(),
            strange: Strangers::default(),
            turned: TurnedAway::default(),
            now: GENESIS_TIME,
            is_calm: false,
            calm_since: 0,
            seals: Seals::default(),
            faults,
            delivered: 0,
            restarts: 0,
            losses: 0,
            taken: false,
            numbers: 0,
        }
    }

    /// The slot that true time lies in.
    pub const fn slot(&self) -> u64 {
        slot_at(self.now)
    }

    /// What a node's clock shows.
    pub fn clock(&self, i: usize) -> Millis {
        let skew = self.nodes.get(i).map_or(0, |node| node.skew_ms);
        Millis(self.now.saturating_add_signed(skew))
    }

    /// A number that was never given before.
    pub const fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Whether a node's voter is Byzantine.
    pub fn is_byzantine(&self, i: usize) -> bool {
        self.world.cabal.contains(&i)
    }

    /// The consensus of a node that is there and up.
    pub fn core(&self, i: usize) -> Option<&Core<Forks, Seals>> {
        self.nodes.get(i)?.core()
    }

    /// The nodes whose promises count.
    pub fn honest(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter(|(i, _)| !self.world.cabal.contains(i))
    }

    /// What each of them says is final: the height, 0 while it is down.
    pub fn finals(&self) -> impl Iterator<Item = u64> {
        self.honest().map(|(_, node)| node.final_height())
    }

    fn is_cut(&self, from: usize, to: usize) -> bool {
        let is_bound = !self.is_byzantine(from) && !self.is_byzantine(to);
        is_bound && self.plan.cuts.iter().any(|cut| cut.severs(self.slot(), from, to))
    }

    /// Sends a message; it arrives later, twice or never.
    pub fn send(&mut self, from: usize, to: usize, parcel: Parcel) {
        if self.is_calm {
            return self.plan_arrival(0, (from, to), parcel);
        }
        let links = self.plan.links;
        if self.is_cut(from, to) {
            return self.faults.note("cut");
        }
        if self.dice.happens(links.loss_ppm) {
            return self.faults.note("lost");
        }
        let mut late = 0;
        if self.dice.happens(links.late_ppm) {
            late = self.dice.between(1, links.late_slots.max(1) * SLOT_MS);
            self.faults.note("late");
        }
        if self.dice.happens(links.twice_ppm) {
            self.faults.note("doubled");
            self.plan_arrival(late, (from, to), parcel.clone());
        }
        self.plan_arrival(late, (from, to), parcel);
    }

    fn plan_arrival(&mut self, late: u64, (from, to): (usize, usize), parcel: Parcel) {
        let (least, most) = if self.nodes.len() <= ALL_HEAR { DELAY_MS } else { HOP_MS };
        let time = self.now + late + self.dice.between(least, most);
        self.agenda.plan(time, Event::Arrival { from, to, parcel });
    }

    /// Whom a node passes a message on to.
    fn hearers(&mut self, from: usize, except: Option<usize>) -> Vec<usize> {
        let count = self.nodes.len();
        let mut others: Vec<usize> =
            (0..count).filter(|to| *to != from && Some(*to) != except).collect();
        if count <= ALL_HEAR {
            return others;
        }
        let mut chosen = Vec::with_capacity(FANOUT);
        while chosen.len() < FANOUT && !others.is_empty() {
            let at = self.dice.place(others.len());
            chosen.push(others.swap_remove(at));
        }
        chosen
    }

    /// Sends a message to all but the sender and the node it came from.
    pub fn flood(&mut self, from: usize, except: Option<usize>, parcel: &Parcel) {
        let to = self.hearers(from, except);
        self.send_to(from, &to, parcel);
    }

    /// Sends a message to some; the observer sees it leave.
    pub fn send_to(&mut self, from: usize, to: &[usize], parcel: &Parcel) {
        if let Message::Gossip { said, seal, .. } = &*parcel.message {
            match (said, seal) {
                (Said::Share(share), Some(seal)) => self.watch.vote(&share.signed, *seal),
                (Said::Header(signed), _) => self.watch.header(signed),
                (Said::Share(_), None) | (Said::Txs, _) => {}
            }
        }
        if let Some(node) = self.nodes.get_mut(from) {
            node.seen.insert(parcel.name);
        }
        for to in to {
            self.send(from, *to, parcel.clone());
        }
        self.strangers_relay(from, parcel);
    }

    /// Gives an input to the core of a node past its engine's ears: what nobody sent. For who
    /// plays a node that breaks rules.
    pub fn inject(&mut self, i: usize, input: Input) {
        let now = self.clock(i);
        let engine = self.nodes.get_mut(i).and_then(|node| node.engine.as_mut());
        let Some(list) = engine.map(|engine| engine.inject(now, input)) else { return };
        let mut events = VecDeque::new();
        self.carry_out(i, list, &mut events);
        events.into_iter().for_each(|event| self.happens_to(i, event));
    }
}
