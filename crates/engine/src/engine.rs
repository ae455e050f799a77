//! The engine itself: its parts, and one step.

use crate::asks::Asks;
use crate::budget::Budget;
use crate::bundle::Bundle;
use crate::event::Event;
use crate::finals::Finals;
use crate::halt::Halt;
use crate::io::{Io, Note, Tip};
use crate::offers::Offers;
use crate::peers::Peers;
use crate::reports::Reports;
use crate::rows::Rows;
use crate::timer::Timer;
use crate::waiting::Waiting;
use crate::wire::VoterClaim;
use std::sync::{Arc, RwLockReadGuard};
use weft_consensus::{Core, Input, VoteRecord};
use weft_ledger::forks::Forks;
use weft_mempool::{Bounds, Pool};
use weft_types::check::Known;
use weft_types::{
    Call, ChainId, ChainTag, CheckedBlock, Genesis, Millis, Nonce, Params, PublicKey, Rao,
    SecretKey, Slot, TxBody, Version,
};

/// How often what is due by time is looked at, in milliseconds.
const LOOK_MS: u64 = 500;

/// What an engine starts from.
pub struct Setup<K> {
    /// Consensus, at the block whose state was restored.
    pub core: Core<Forks, K>,
    /// The key of its voter, if it has one.
    pub key: Option<SecretKey>,
    /// Whether the voter offers itself.
    pub offers: bool,
    /// The rows of the voter.
    pub rows: Rows,
    /// How much the pool holds.
    pub pool: Bounds,
    /// What this node is called among peers.
    pub name: String,
}

/// What one node decides.
pub struct Engine<K = ()> {
    chain: ChainId,
    pub(crate) params: Params,
    genesis_time: Millis,
    key: Option<SecretKey>,
    /// Its public half, which takes as long to work out as a signature.
    voter: Option<PublicKey>,
    /// The voter's word that this node is its own.
    claim: Option<VoterClaim>,
    pub(crate) core: Core<Forks, K>,
    pub(crate) pool: Waiting,
    pub(crate) finals: Finals,
    /// Final blocks whose transactions the pool still has.
    pub(crate) landed: Vec<Arc<CheckedBlock>>,
    pub(crate) peers: Peers,
    pub(crate) asks: Asks,
    pub(crate) budget: Budget,
    pub(crate) bundle: Bundle,
    pub(crate) rows: Rows,
    pub(crate) offers: Offers,
    pub(crate) reports: Reports,
    pub(crate) rules_seen: Version,
    last_vote: Option<VoteRecord>,
    look: Timer,
    /// When the core wants to be woken; at first at once.
    pub(crate) wake: Millis,
    /// The time of this step.
    pub(crate) now: Millis,
    /// What this step has asked for.
    out: Vec<Io>,
}

/// The slot of a time; 0 before genesis.
#[must_use]
pub fn slot_at(time: Millis, genesis_time: Millis, slot_ms: u64) -> Slot {
    let since = time.0.saturating_sub(genesis_time.0);
    Slot(since.checked_div(slot_ms).unwrap_or(0))
}

impl<K: Known> Engine<K> {
    /// An engine that stands where its core does. It believes nothing before
    /// [`Engine::start`].
    #[must_use]
    pub fn new(genesis: &Genesis, setup: Setup<K>) -> Self {
        let Setup { core, key, offers, rows, pool, name } = setup;
        let chain = genesis.chain_id();
        let voter = key.as_ref().map(SecretKey::public);
        let finals = Finals::new(Tip::of(core.base().standing()));
        Self {
            voter,
            claim: key.as_ref().map(|key| VoterClaim::of(key, &name, &chain)),
            chain,
            params: genesis.params.clone(),
            genesis_time: genesis.genesis_time,
            rules_seen: core.rules(),
            reports: Reports::new(voter),
            offers: Offers::new(offers && key.is_some()),
            key,
            core,
            pool: Waiting::new(pool),
            landed: Vec::new(),
            finals,
            peers: Peers::default(),
            asks: Asks::default(),
            budget: Budget::default(),
            bundle: Bundle::default(),
            rows,
            last_vote: None,
            look: Timer::every(LOOK_MS),
            wake: Millis::ZERO,
            now: Millis::ZERO,
            out: Vec::new(),
        }
    }

    /// Takes one event at its time and says what is to be done, in order.
    pub fn step(&mut self, now: Millis, event: Event) -> Vec<Io> {
        self.now = now;
        self.clear_pool();
        if let Err(halt) = self.take(event) {
            self.out.push(Io::Halt(halt));
        }
        std::mem::take(&mut self.out)
    }

    fn take(&mut self, event: Event) -> Result<(), Halt> {
        self.look_at_clock()?;
        if let Some(input) = self.hear(event) {
            self.give(input)?;
        }
        if let Some(list) = self.bundle.due(self.now) {
            self.publish_txs(list);
        }
        if self.look.rings(self.now) {
            self.keep_up()?;
        }
        self.fetch();
        Ok(())
    }

    /// Gives an input to the core and does what follows.
    pub(crate) fn give(&mut self, input: Input) -> Result<(), Halt> {
        let effects = self.core.step(self.now, input);
        self.apply(effects)
    }

    /// From now on what our key signed elsewhere ends our signing, and for so many slots nothing
    /// is signed (R7).
    pub const fn mind_own_key(&mut self, slots: u64) {
        self.core.mind_own_key(slots);
    }

    /// When [`Event::Tick`] is due, if nothing comes before.
    #[must_use]
    pub fn wakes_at(&self) -> Millis {
        let others = [self.look.due(), self.bundle.wakes_at(), self.asks.wakes_at()];
        others.into_iter().flatten().fold(self.wake, Millis::min)
    }

    /// Asks for something to be done behind all that was asked for before.
    pub(crate) fn out(&mut self, io: Io) {
        self.out.push(io);
    }

    /// Says something for log and figures.
    pub(crate) fn note(&mut self, note: Note) {
        self.out.push(Io::Note(note));
    }

    /// All that was asked for so far.
    pub(crate) fn taken(&mut self) -> Vec<Io> {
        std::mem::take(&mut self.out)
    }

    /// The slot that the time of this step lies in.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.slot_of(self.now)
    }

    /// The slot that a time lies in.
    #[must_use]
    pub fn slot_of(&self, time: Millis) -> Slot {
        slot_at(time, self.genesis_time, self.params.slot_ms)
    }

    /// What a hotkey signs for a free call.
    pub(crate) fn free_call(&self, signer: PublicKey, call: Call) -> TxBody {
        TxBody {
            chain: ChainTag::of(&self.chain),
            signer,
            nonce: Nonce::ZERO,
            fee: Rao::ZERO,
            valid_until: None,
            call,
        }
    }

    /// Which chain.
    pub(crate) const fn chain(&self) -> &ChainId {
        &self.chain
    }

    /// The numbers of genesis.
    pub(crate) const fn params(&self) -> &Params {
        &self.params
    }

    /// The voter's word that this node is its own.
    pub(crate) const fn own_claim(&self) -> Option<&VoterClaim> {
        self.claim.as_ref()
    }

    /// The key of the voter.
    pub(crate) const fn key(&self) -> Option<&SecretKey> {
        self.key.as_ref()
    }

    /// Remembers what was voted for last.
    pub(crate) fn voted(&mut self, record: VoteRecord) {
        self.last_vote = Some(record);
    }

    /// Who votes here.
    #[must_use]
    pub const fn voter(&self) -> Option<PublicKey> {
        self.voter
    }

    /// What was voted for last since the start.
    #[must_use]
    pub const fn last_vote(&self) -> Option<&VoteRecord> {
        self.last_vote.as_ref()
    }

    /// Consensus, and through it the states.
    #[must_use]
    pub const fn core(&self) -> &Core<Forks, K> {
        &self.core
    }

    /// Its operator says whether its voter offers itself.
    pub const fn offer(&mut self, offers: bool) {
        self.offers.turn(offers);
    }

    /// Gives an input to the core that nobody sent: for who plays a node that breaks rules.
    pub fn inject(&mut self, now: Millis, input: Input) -> Vec<Io> {
        self.now = now;
        if let Err(halt) = self.give(input) {
            self.out.push(Io::Halt(halt));
        }
        self.taken()
    }

    /// Consensus, to be bent: for who plays a node that breaks rules.
    pub const fn core_mut(&mut self) -> &mut Core<Forks, K> {
        &mut self.core
    }

    /// Transactions that wait, for one look.
    pub fn pool(&self) -> RwLockReadGuard<'_, Pool> {
        self.pool.look()
    }

    /// The same, for those who look beside the engine.
    #[must_use]
    pub const fn waiting(&self) -> &Waiting {
        &self.pool
    }

    /// What may be called final.
    #[must_use]
    pub const fn finals(&self) -> &Finals {
        &self.finals
    }

    /// Who is connected.
    #[must_use]
    pub const fn peers(&self) -> &Peers {
        &self.peers
    }

    /// What peers were asked and did not answer.
    #[must_use]
    pub const fn asks(&self) -> &Asks {
        &self.asks
    }

    /// The rows of the voter.
    #[must_use]
    pub const fn rows(&self) -> &Rows {
        &self.rows
    }
}
