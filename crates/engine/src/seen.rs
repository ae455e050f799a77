//! What a node is at one moment, for those who read beside the loop: it stays as it is while
//! they do, whatever the engine does meanwhile.
//!
//! The shell takes it when the engine has done a step and its Io are carried out, so nothing
//! in it is said before it is durable. While somebody has one, final blocks wait to become the
//! base of the states ([`weft_ledger::forks::State`]); [`Engine::absorb`] makes
//! those so that nobody keeps from it.

use crate::engine::Engine;
use crate::io::Tip;
use std::collections::{BTreeMap, BTreeSet};
use weft_consensus::trust::Awaited;
use weft_consensus::{Foreign, Stopped, VoteRecord};
use weft_ledger::forks::State;
use weft_types::check::Known;
use weft_types::{
    BlockHash, Checkpoint, Header, Height, Netuid, Program, PublicKey, Slot, Version,
};

/// A moment of a node.
pub struct Seen {
    /// The header of the head.
    pub header: Header,
    /// Its state.
    pub head: State,
    /// The last block that this node calls final, if it calls one so ([`crate::finals`]).
    pub said: Option<Tip>,
    /// Its state; none when it is not kept any more.
    pub last_final: Option<State>,
    /// The height of the last block that the core knows to be final.
    pub known: Height,
    /// The last justified block here.
    pub justified: Checkpoint,
    /// The block that is awaited (R16).
    pub awaited: Option<Awaited>,
    /// The rules of the next block (R21).
    pub rules: Version,
    /// Which rules this program runs.
    pub program: Program,
    /// Where this node can't go on.
    pub stopped: Option<Stopped>,
    /// The height that half of the peers have reached.
    pub peers_at: Option<Height>,
    /// The voter of this node.
    pub voter: Option<Voter>,
}

/// What the voter of a node does.
pub struct Voter {
    /// Who.
    pub key: PublicKey,
    /// Whether it votes in the state of the head.
    pub votes: bool,
    /// Up to which slot it only listens (R7).
    pub listens_until: Option<Slot>,
    /// What its key signed elsewhere.
    pub foreign: Option<Foreign>,
    /// What it voted for last since the start.
    pub last_vote: Option<VoteRecord>,
    /// Whether it is to offer itself (R13).
    pub offers: bool,
    /// The subnets of which its shares carry a row.
    pub carries: BTreeSet<Netuid>,
    /// Rows that can't count as they are.
    pub faults: BTreeMap<Netuid, String>,
}

impl Seen {
    /// Whether a final block of this height may be called so.
    #[must_use]
    pub fn says(&self, height: Height) -> bool {
        self.said.as_ref().is_some_and(|said| height <= said.height)
    }
}

impl<K: Known> Engine<K> {
    /// This moment; none when the state of the head is not kept.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        let (core, forks) = (self.core(), self.core().executor());
        let said = self.finals.said().cloned();
        let last_final = said.as_ref().and_then(|said| forks.state(&said.hash));
        Some(Seen {
            header: core.head().clone(),
            head: forks.state(&core.head_hash())?,
            last_final,
            said,
            known: core.finalized().0.height,
            justified: core.justified(),
            awaited: self.finals.awaited(),
            rules: core.rules(),
            program: core.program().clone(),
            stopped: core.stopped(),
            peers_at: self.peers.median_height(),
            voter: self.voter().map(|key| Voter {
                key,
                votes: self.votes(&key),
                listens_until: core.listens_until(),
                foreign: core.foreign(),
                last_vote: self.last_vote().cloned(),
                offers: self.offers.is_on(),
                carries: self.rows.carried(),
                faults: self.rows.faults().clone(),
            }),
        })
    }

    /// What a moment shows first: two moments of which this is the same differ in little.
    #[must_use]
    pub fn stands_at(&self) -> (BlockHash, Option<BlockHash>) {
        (self.core().head_hash(), self.finals.said().map(|said| said.hash))
    }

    /// Makes what is said to be final, and what is so for long unsaid, the base of the states, as
    /// far as nobody has a moment that stands below it; answers how many such blocks wait.
    pub fn absorb(&mut self) -> usize {
        let said = self.finals.said().map(|said| said.hash);
        let forks = self.core.executor_mut();
        match said {
            Some(said) => forks.absorb(&said),
            None => forks.absorb_due(),
        }
    }
}
