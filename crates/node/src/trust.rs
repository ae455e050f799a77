//! The trusted checkpoint (R16), around the guard that decides ([`weft_consensus::trust`]): what
//! it is asked at a start, at each look at the clock and for each final block, and where
//! what is awaited is kept.
//!
//! Not here: what may be called final ([`crate::final_record`] asks the same guard).

use crate::config::Home;
use crate::engine::{Engine, slot_at};
use crate::error::NodeError;
use crate::restore::Restored;
use weft_consensus::trust::{Awaited, Guard, Mark, Reached, Start, window};
use weft_store::Store;
use weft_types::{Canonical, Genesis, Hash, Height, PublicKey, Slot};

pub use weft_consensus::trust::{Trust, TrustError, TrustFault};

/// What was awaited when the node stopped; a word of the operator overrules it, also when it
/// can't be read.
fn stored(store: &Store, word: Option<Trust>) -> Result<Option<Awaited>, NodeError> {
    let bytes = match store.awaited() {
        Err(error) if word.is_some() => {
            tracing::warn!(%error, "what was awaited can't be read; the word given now counts");
            None
        }
        other => other?,
    };
    let read = |bytes: Vec<u8>| {
        let bad = |e: weft_types::codec::CodecError| NodeError::State { reason: e.to_string() };
        Awaited::from_bytes(&bytes).map_err(bad)
    };
    bytes.map(read).transpose()
}

/// Makes a node wait for a block from its first start on.
///
/// # Errors
/// [`NodeError`] when the home or its store can't be used.
pub fn await_block(home: &Home, awaited: Awaited) -> Result<(), NodeError> {
    let (mut store, _) = Store::open(&home.data(), home.genesis()?.chain_id())?;
    store.write_awaited(Some(&awaited.to_bytes()))?;
    Ok(store.close()?)
}

/// Judges the start of a restored node. What is awaited is on disk before this returns, and
/// nothing was taken from a peer yet.
///
/// Who alone has all of the power in its last final state needs no word: nobody can make
/// another past final without its key.
pub(crate) fn judge(
    genesis: &Genesis,
    restored: &mut Restored,
    voter: Option<PublicKey>,
    word: Option<Trust>,
) -> Result<Guard, NodeError> {
    let base = restored.core.base();
    let standing = base.standing();
    let sets = [Some(&standing.sets.current), standing.sets.previous.as_ref()];
    let mut powers = sets.into_iter().flatten().flat_map(|set| &set.voters);
    let is_alone = voter.is_some_and(|voter| powers.all(|other| other.key == voter));
    let store = &restored.store;
    let own = |height: Height| {
        let hash = store.final_hash(height)?;
        let slot = match height {
            Height::ZERO => Slot::ZERO,
            _ => store.block(&hash).ok()??.header().slot,
        };
        Some(Mark { height, hash, slot })
    };
    let stored = stored(store, word)?;
    let word = word.or((is_alone && stored.is_none()).then_some(Trust::Own));
    let start = Start {
        window: window(&genesis.params),
        now: slot_at(crate::engine::now(), genesis.genesis_time, genesis.params.slot_ms),
        last: Mark {
            height: standing.header.height,
            hash: standing.hash,
            slot: standing.header.slot,
        },
        stored,
        word,
    };
    let guard = Guard::start(&start, own)?;
    let awaited = guard.awaited();
    if awaited != stored || stored.is_none() {
        restored.store.write_awaited(awaited.map(|a| a.to_bytes()).as_deref())?;
    }
    if let Some(Awaited { height, hash }) = awaited {
        tracing::warn!(%height, %hash, "nothing is signed or called final before this trusted block is");
    }
    restored.core.hold(awaited.is_some());
    Ok(guard)
}

impl Engine {
    /// Time went by: a process that stood still for too long must not go on by itself.
    ///
    /// # Errors
    /// [`TrustFault::Needed`].
    pub(crate) fn look_at_clock(&mut self) -> Result<(), NodeError> {
        let (header, hash) = self.core.finalized();
        let last = Mark { height: header.height, hash, slot: header.slot };
        let now = self.slot();
        Ok(self.finals.guard_mut().look(now, last)?)
    }

    /// A block became final: at the height of the awaited one it must be that one.
    ///
    /// # Errors
    /// [`TrustFault::NotTrusted`], or those of the disk.
    pub(crate) fn check_trust(
        &mut self,
        height: Height,
        (hash, slot): (Hash, Slot),
    ) -> Result<(), NodeError> {
        let now = self.slot();
        match self.finals.guard_mut().finalized(now, &Mark { height, hash, slot })? {
            Reached::No => {}
            Reached::Yes => {
                tracing::info!(%height, %hash, "the trusted checkpoint is reached");
                self.store.write_awaited(None)?;
                self.core.hold(false);
            }
            Reached::TooOld(age) => {
                tracing::warn!(%height, %hash, age, "the trusted checkpoint is reached, but too old to say anything; stop and name a newer one");
            }
        }
        Ok(())
    }
}
