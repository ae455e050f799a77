//! The trusted checkpoint (R16), around the guard that decides ([`weft_consensus::trust`]): what
//! it is asked at a start, at each look at the clock and for each final block.
//!
//! Not here: what may be called final ([`crate::finals`] asks the same guard).

use crate::engine::Engine;
use crate::halt::Halt;
use crate::io::{Io, Note};
use weft_consensus::trust::{Awaited, Guard, Mark, Reached, Start, Trust, TrustFault, window};
use weft_types::check::Known;
use weft_types::{Hash, Height, Millis, Slot};

/// What is known at a start beside the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Word {
    /// What was awaited when the node stopped.
    pub stored: Option<Awaited>,
    /// What its operator says.
    pub word: Option<Trust>,
}

impl<K: Known> Engine<K> {
    /// Judges the start of a restored node, before anything is taken from a peer. `own` answers
    /// the final block of a height in the log. For `listens` slots its voter only listens
    /// whether its key runs elsewhere.
    ///
    /// Who alone has all of the power in its last final state needs no word: nobody can make
    /// another past final without its key.
    ///
    /// # Errors
    /// [`TrustFault`] when the node must not start so.
    pub fn start(
        &mut self,
        now: Millis,
        Word { stored, word }: Word,
        own: impl Fn(Height) -> Option<Mark>,
    ) -> Result<Vec<Io>, TrustFault> {
        self.now = now;
        let base = self.core().base();
        let standing = base.standing();
        let sets = [Some(&standing.sets.current), standing.sets.previous.as_ref()];
        let mut powers = sets.into_iter().flatten().flat_map(|set| &set.voters);
        let is_alone = self.voter().is_some_and(|voter| powers.all(|other| other.key == voter));
        let start = Start {
            window: window(self.params()),
            now: self.slot(),
            last: self.last(),
            stored,
            word: word.or((is_alone && stored.is_none()).then_some(Trust::Own)),
        };
        let guard = Guard::start(&start, own)?;
        let awaited = guard.awaited();
        if awaited != stored || stored.is_none() {
            self.out(Io::Await(awaited));
        }
        self.core.hold(awaited.is_some());
        self.finals.judged(guard);
        self.settle_said();
        Ok(self.taken())
    }

    /// The last final block.
    fn last(&self) -> Mark {
        let (header, hash) = self.core().finalized();
        Mark { height: header.height, hash, slot: header.slot }
    }

    /// Time went by: a process that stood still for too long must not go on by itself.
    ///
    /// # Errors
    /// [`TrustFault::Needed`].
    pub(crate) fn look_at_clock(&mut self) -> Result<(), Halt> {
        let (last, now) = (self.last(), self.slot());
        Ok(self.finals.guard_mut().look(now, last)?)
    }

    /// A block became final: at the height of the awaited one it must be that one.
    ///
    /// # Errors
    /// [`TrustFault::NotTrusted`].
    pub(crate) fn check_trust(
        &mut self,
        height: Height,
        (hash, slot): (Hash, Slot),
    ) -> Result<(), Halt> {
        let (now, awaited) = (self.slot(), Awaited { height, hash });
        match self.finals.guard_mut().finalized(now, &Mark { height, hash, slot })? {
            Reached::No => {}
            Reached::Yes => {
                self.note(Note::TrustReached(awaited));
                self.out(Io::Sync);
                self.out(Io::Await(None));
                self.core.hold(false);
            }
            Reached::TooOld(age) => self.note(Note::TrustTooOld(awaited, age)),
        }
        Ok(())
    }
}
