//! The engine: the one task that writes (I5).
//!
//! One loop, one receive of a bounded event, one call into the consensus core, one
//! match over the effects it gave. Effects are carried out in their order, so what
//! must be durable before something leaves is durable before it leaves. Anything that
//! fails on the way to the disk stops the node: a voter that can't write must not sign.

use crate::chain::Chain;
use crate::checker::Desk;
use crate::config::Config;
use crate::error::NodeError;
use crate::event::Event;
use crate::final_record::Finals;
use crate::health::Said;
use crate::metrics::Metrics;
use crate::offers::Offers;
use crate::peers::Peers;
use crate::relay::{BUNDLE_WAIT, Relay};
use crate::reports::Reports;
use crate::rows::Rows;
use crate::watch::{self, Watched};
use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use weft_consensus::{Core, Effect, VoteRecord};
use weft_gossip::Gossip;
use weft_ledger::forks::Forks;
use weft_mempool::Pool;
use weft_store::Store;
use weft_types::{Hash, Millis, PublicKey, Slot, Version};

/// The longest the engine sleeps without looking at its clocks, in milliseconds.
const NAP_MS: u64 = 500;

/// Everything that one task owns.
pub struct Engine {
    /// What the operator set.
    pub config: Config,
    /// The chain's constants.
    pub chain: Chain,
    /// When slot 0 began.
    pub genesis_time: Millis,
    /// The root of the first state.
    pub genesis_root: Hash,
    /// Who votes here.
    pub voter: Option<PublicKey>,
    /// The last vote that was recorded.
    pub last_vote: Option<VoteRecord>,
    /// When the clocks were last looked at.
    pub looked: Instant,
    /// Who decides.
    pub core: Core<Forks>,
    /// Transactions that wait.
    pub pool: Pool,
    /// What is durable.
    pub store: Store,
    /// The network.
    pub gossip: Gossip,
    /// Where heavy checks go.
    pub checker: Desk,
    /// The thread that does them.
    pub checking: Watched,
    /// What comes in.
    pub events: mpsc::Receiver<Event>,
    /// Who is connected.
    pub peers: Peers,
    /// Requests to peers and bundles for them.
    pub relay: Relay,
    /// What became final and is not in a checkpoint yet.
    pub finals: Finals,
    /// The voter's rows.
    pub rows: Rows,
    /// The voter's offer to vote.
    pub offers: Offers,
    /// Offences to be reported.
    pub reports: Reports,
    /// Which reasons and notes of its health are in the log.
    pub health_said: Said,
    /// Figures.
    pub metrics: Metrics,
    /// By which rules the next block was run when we last looked (R21).
    pub rules_seen: Version,
    /// When the core wants to be woken; at first at once.
    pub wake: Millis,
}

/// Now, as the chain counts time.
#[must_use]
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The slot of a time; 0 before genesis.
#[must_use]
pub fn slot_at(time: Millis, genesis_time: Millis, slot_ms: u64) -> Slot {
    let since = time.0.saturating_sub(genesis_time.0);
    Slot(since.checked_div(slot_ms).unwrap_or(0))
}

impl Engine {
    /// The slot that this node's clock shows.
    pub(crate) fn slot(&self) -> Slot {
        slot_at(now(), self.genesis_time, self.chain.params.slot_ms)
    }

    /// Runs until asked to stop, until the disk fails, or until the checker or the
    /// network ends.
    ///
    /// # Errors
    /// [`NodeError`] says what can't go on.
    pub async fn run(mut self) -> Result<(), NodeError> {
        // Reads of the final state are of what this node says is final.
        self.core.executor_mut().absorb_when_said();
        let ended = loop {
            let event = match self.next().await {
                Ok(Event::Stop) => break Ok(()),
                Ok(event) => event,
                Err(error) => break Err(error),
            };
            if let Err(error) = self.look_at_clock() {
                break Err(error);
            }
            for input in self.inputs(event) {
                let effects = self.core.step(now(), input);
                self.apply(effects)?;
            }
            self.housekeeping()?;
        };
        self.shut().and(ended)
    }

    /// The next thing that happens: an event, a peer's message, or time.
    ///
    /// # Errors
    /// [`NodeError::Task`] when the checker or the network has ended.
    async fn next(&mut self) -> Result<Event, NodeError> {
        // The core's wish is a point in time, so that events in between never put it off: when
        // it has come, the clock goes before whatever waits, or events that never cease would
        // let no slot begin here.
        let left = self.wake.0.saturating_sub(now().0);
        if left == 0 {
            self.wake = Millis(now().0.saturating_add(NAP_MS));
            return Ok(Event::Tick);
        }
        let nap = Duration::from_millis(left.min(NAP_MS));
        let nap = if self.relay.waits() { nap.min(BUNDLE_WAIT) } else { nap };
        tokio::select! {
            error = self.checking.ended() => Err(error),
            end = &mut self.gossip.task => Err(watch::ended("the network", end)),
            event = self.events.recv() => Ok(event.unwrap_or(Event::Stop)),
            Some(event) = self.gossip.events.recv() => Ok(Event::Peer(event)),
            () = tokio::time::sleep(nap) => Ok(Event::Tick),
        }
    }

    /// Carries out effects, and those that they lead to, in order.
    ///
    /// # Errors
    /// [`NodeError`] when something can't be made durable.
    pub fn apply(&mut self, effects: Vec<Effect>) -> Result<(), NodeError> {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            match effect {
                Effect::Append(block) => self.append(block)?,
                Effect::Record(record) => self.record(&record)?,
                Effect::Announce(header) => self.announce(&header),
                Effect::SendShare(share) => self.send_share(&share),
                Effect::Propose(draft) => {
                    let more = self.propose(draft);
                    more.into_iter().rev().for_each(|effect| queue.push_front(effect));
                }
                Effect::Finalized { hash, .. } => self.finalized(hash)?,
                Effect::Head(hash) => self.new_head(hash)?,
                Effect::Verdict { ticket, verdict } => self.verdict(ticket, &verdict),
                Effect::Fetch { peer, want } => self.fetch(peer, want),
                Effect::SendStatus(status) => self.send_status(status),
                Effect::Punish { peer, why } => self.punish(peer, &why.to_string()),
                Effect::Evidence(evidence) => self.evidence(evidence),
                Effect::KeyTwice(seen) => Self::key_twice(&seen),
                Effect::Refused { hash, why } => self.refused(&hash, &why),
                Effect::Wake(at) => self.wake = at,
            }
        }
        Ok(())
    }
}
