//! The core: one input in, effects out. [`Core::step`] is the table of contents.

mod arrivals;
mod blocks;
mod lacks;
mod rules;
mod seal;
mod settle;
mod shares;

pub use self::lacks::Lack;
pub use self::rules::Stopped;
use crate::clock::{Clock, Moment};
use crate::config::{Base, Config};
use crate::counters::Counters;
use crate::effect::Effect;
use crate::forks::ForkChoice;
use crate::headers::Headers;
use crate::input::{Input, Status};
use crate::queue::Queue;
use crate::tree::Node;
use crate::voter::{Foreign, Voter};
use crate::waiting::Waiting;
use std::collections::VecDeque;
use std::sync::Arc;
use weft_types::check::Known;
use weft_types::executor::Executor;
use weft_types::{
    BlockHash, ChainId, CheckedBlock, Checkpoint, Header, Item, Millis, Program, Slot,
    params::Limits,
};

/// The consensus of one node: on an executor, and with what the shell knows of signatures
/// that were found good before.
pub struct Core<E, K = ()> {
    chain: ChainId,
    limits: Limits,
    clock: Clock,
    executor: E,
    forks: ForkChoice,
    head: BlockHash,
    headers: Headers,
    waiting: Waiting,
    voter: Option<Voter>,
    queue: Queue,
    /// Hashes of blocks found invalid, oldest first, bounded.
    invalid: VecDeque<BlockHash>,
    turn: Turn,
    /// Nothing is signed while the shell says so (R16).
    is_held: bool,
    /// Whether what our key signed elsewhere ends our signing (R7).
    minds_own_key: bool,
    /// For so many slots after the start nothing is signed.
    listens: u64,
    counters: Counters,
    /// Which rules we run (R21).
    program: Program,
    known: K,
}

/// What time has done to us so far.
#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    /// Whether the log is restored and we take part.
    has_started: bool,
    /// The latest time seen.
    latest: Millis,
    /// The last slot we drafted a block for.
    drafted: Slot,
    /// The last slot in which we told where we are.
    told: Slot,
    /// When we asked to be woken.
    wake: Millis,
}

impl<E: Executor> Core<E> {
    /// A core that stands at `base`, whose state `executor` holds.
    #[must_use]
    pub fn new(config: Config, executor: E, base: &Base) -> Self {
        Self::knowing(config, executor, base, ())
    }
}

impl<E: Executor, K: Known> Core<E, K> {
    /// A core that does not look again at signatures of shares and headers that are known
    /// to be good, by their seals.
    #[must_use]
    pub fn knowing(config: Config, executor: E, base: &Base, known: K) -> Self {
        let vote = config.vote;
        let mut voter = config.key.map(|key| Voter::new(key, vote));
        if let Some(voter) = &mut voter {
            voter.was_at(base.standing().header.slot);
        }
        Self {
            chain: config.chain,
            clock: Clock::new(config.genesis_time, config.slot_ms),
            executor,
            forks: ForkChoice::new(base),
            head: base.standing().hash,
            headers: Headers::default(),
            waiting: Waiting::default(),
            voter,
            queue: Queue::new(config.limits.share_bytes),
            limits: config.limits,
            invalid: VecDeque::new(),
            turn: Turn::default(),
            is_held: false,
            minds_own_key: false,
            listens: 0,
            counters: Counters::default(),
            program: config.program,
            known,
        }
    }

    /// Takes one input at its time and says what is to be done, in order.
    pub fn step(&mut self, now: Millis, input: Input) -> Vec<Effect> {
        let moment = self.look_at_clock(now);
        let mut out = Vec::new();
        if let Input::Restored { block } = input {
            self.on_restored(moment, &block, &mut out);
            self.settle_finality(&mut out);
            self.settle_head(&mut out);
            return out;
        }
        self.start_once(moment, &mut out);
        match input {
            Input::Tick | Input::Restored { .. } => {}
            Input::Header { from, ticket, header } => {
                self.on_header(moment, (from, ticket), header, &mut out);
            }
            Input::Share { from, ticket, share } => {
                self.on_share(moment, (from, ticket), share, &mut out);
            }
            Input::Block { from, is_asked, block } => {
                self.on_block(moment, (from, is_asked), block, &mut out);
            }
            Input::BadBlock { from, hash, version, why } => {
                self.on_bad_block(from, (hash, version), why, &mut out);
            }
            Input::PeerGone { peer } => self.waiting.lost(peer, None),
            Input::Queue(items) => self.on_queue(items, &mut out),
        }
        self.settle(moment, &mut out);
        out
    }

    /// Where the clock is. What time changes by itself happens here: a new slot ends
    /// the boost of the last one.
    fn look_at_clock(&mut self, now: Millis) -> Moment {
        let moment = self.clock.at(now);
        self.turn.latest = self.turn.latest.max(now);
        self.forks.turn(moment);
        moment
    }

    fn on_queue(&mut self, items: Vec<Item>, out: &mut Vec<Effect>) {
        for item in items {
            if let Err(why) = self.queue.push(item) {
                out.push(Effect::Dismissed { hash: self.head, why });
            }
        }
    }

    fn head_node(&self) -> &Node {
        let tree = self.forks.tree();
        tree.get(&self.head).unwrap_or_else(|| tree.base())
    }

    /// The executor.
    #[must_use]
    pub const fn executor(&self) -> &E {
        &self.executor
    }

    /// The executor, for a shell that asks it for more than consensus does.
    pub const fn executor_mut(&mut self) -> &mut E {
        &mut self.executor
    }

    /// The header of the head.
    #[must_use]
    pub fn head(&self) -> &Header {
        self.head_node().header()
    }

    /// The hash of the head.
    #[must_use]
    pub const fn head_hash(&self) -> BlockHash {
        self.head
    }

    /// Makes the voter wait as long as a trusted block is awaited (R16).
    pub const fn hold(&mut self, is_held: bool) {
        self.is_held = is_held;
    }

    /// From now on a vote or header of our own key that our vote file does not hold ends our
    /// signing ([`Effect::KeyTwice`]): the key runs elsewhere too, and two that sign make
    /// offences. At the start nothing is signed for `slots` slots, to hear of the other first.
    pub const fn mind_own_key(&mut self, slots: u64) {
        self.minds_own_key = true;
        self.listens = slots;
    }

    /// What was seen of our key that our vote file does not hold.
    #[must_use]
    pub fn foreign(&self) -> Option<Foreign> {
        self.voter.as_ref()?.foreign()
    }

    /// The slot up to which our voter only listens, if it has one that does.
    #[must_use]
    pub fn listens_until(&self) -> Option<Slot> {
        self.voter.as_ref()?.listens_until()
    }

    /// Looks whether our key signed something that our vote file does not hold.
    fn mind(&mut self, seen: impl FnOnce(&Voter) -> Option<Foreign>, out: &mut Vec<Effect>) {
        let Some(voter) = self.voter.as_mut().filter(|_| self.minds_own_key) else { return };
        if let Some(foreign) = seen(voter).filter(|_| voter.foreign().is_none()) {
            voter.stop(foreign);
            out.push(Effect::KeyTwice(foreign));
        }
    }

    /// All forks and shares that are known, to look at.
    #[must_use]
    pub const fn forks(&self) -> &ForkChoice {
        &self.forks
    }

    /// The highest justified block known.
    #[must_use]
    pub const fn justified(&self) -> Checkpoint {
        self.forks.justified()
    }

    /// The last final block: its header and hash.
    #[must_use]
    pub fn finalized(&self) -> (&Header, BlockHash) {
        let base = self.forks.tree().base();
        (base.header(), base.standing.hash)
    }

    /// What to start again from, once the state of the last final block is durable.
    #[must_use]
    pub fn base(&self) -> Base {
        self.forks.tree().to_base()
    }

    /// Where we are, for a peer.
    #[must_use]
    pub fn status(&self) -> Status {
        let head = self.head_node();
        Status {
            finalized: self.finalized().0.height,
            height: head.header().height,
            head: head.standing.checkpoint(),
            version: head.standing.rules.version,
        }
    }

    /// An executed block at or above the last final one; none for the block we started
    /// from.
    #[must_use]
    pub fn block(&self, hash: &BlockHash) -> Option<Arc<CheckedBlock>> {
        self.forks.tree().get(hash)?.block.clone()
    }

    /// What was counted since the start.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }
}
