//! When and to whom they show what they signed.

use super::{Conduct, When, Whom};
use crate::agenda::{Event, Parcel, Secret};
use crate::net::Net;
use crate::slots::{SLOT_MS, start_of};

/// The most slots that a share is withheld.
const WITHHELD: u64 = 4;

impl Net {
    /// Tells all of them.
    pub(super) fn tell_cabal(&mut self, secret: &Secret) {
        for to in self.world.cabal.clone() {
            self.agenda.plan(self.now, Event::Whisper { to, secret: secret.clone() });
        }
    }

    /// Shows something to those others that the conduct says, in its time.
    pub(super) fn show(&mut self, from: usize, parcel: &Parcel, when: When, conduct: &Conduct) {
        let Some(time) = self.time_of(when) else { return };
        let to: Vec<usize> = (0..self.nodes.len()).filter(|to| *to != from).collect();
        let (some, others) = self.halves(from);
        match conduct.whom {
            Whom::All => self.release(time, from, to, parcel),
            Whom::Half => {
                self.faults.note("selective_sends");
                self.release(time, from, some, parcel);
            }
            Whom::Split => {
                self.faults.note("split_releases");
                let half = start_of(self.slot()) + SLOT_MS / 2;
                let before = self.dice.between(20, 160);
                self.release(half.saturating_sub(before).max(self.now), from, some, parcel);
                self.release((half + 10).max(self.now), from, others, parcel);
            }
        }
    }

    fn release(&mut self, time: u64, from: usize, to: Vec<usize>, parcel: &Parcel) {
        self.agenda.plan(time, Event::Release { from, to, parcel: parcel.clone() });
    }

    fn time_of(&mut self, when: When) -> Option<u64> {
        let start = start_of(self.slot());
        Some(match when {
            When::Now => self.now,
            When::ThreeQuarters => {
                self.faults.note("late_releases");
                (start + SLOT_MS * 3 / 4).saturating_sub(self.dice.between(0, 160)).max(self.now)
            }
            When::NextSlot => start + SLOT_MS + self.dice.between(20, 450),
            When::Later => {
                self.faults.note("withheld_shares");
                start + self.dice.between(SLOT_MS * 3 / 4, WITHHELD * SLOT_MS)
            }
            When::Never => {
                self.faults.note("hidden_shares");
                return None;
            }
        })
    }

    /// All others, in two halves.
    pub(super) fn halves(&self, from: usize) -> (Vec<usize>, Vec<usize>) {
        let to = (0..self.nodes.len()).filter(|to| *to != from);
        to.partition(|to| (to + from).is_multiple_of(2))
    }

    /// Shows something now to just these.
    pub(super) fn show_to(&mut self, from: usize, to: Vec<usize>, parcel: &Parcel) {
        self.release(self.now, from, to, parcel);
    }
}
