//! Weight and bond rows as columns: what every validator says of one neuron lies side by
//! side, so that all an epoch does with a neuron touches one short run of memory.
//!
//! Rows that cannot matter are left out: who has no permit and holds no bonds has no
//! place here. Cells that were never written are 0.
#![cfg_attr(
    not(test),
    expect(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "uids are below the number of neurons, which the snapshot's check proved; \
                  4 096 * 4 096 cells and 4 096 * 65 535 of a row's sum fit their types"
    )
)]

use crate::q32::{Divisor, Q};
use crate::snapshot::{Row, Snapshot};

/// The weights and bonds of everyone who has a place, column after column.
pub struct Votes {
    /// Whose the places are: uids, ascending. A column has one cell for each.
    pub places: Vec<u16>,
    /// Weights, each row divided by its sum (step 5).
    pub weights: Vec<Q>,
    /// Which weights are entries of a row, be they 0; empty unless liquid alpha asks.
    pub entries: Vec<bool>,
    /// Bonds as stored, those in fresh columns gone.
    pub bonds: Vec<u16>,
}

impl Votes {
    /// The votes of a snapshot under the permits that count in this epoch.
    pub fn of(snapshot: &Snapshot, permits: &[bool], with_entries: bool) -> Self {
        let has_place = |uid: &u16| {
            let uid = usize::from(*uid);
            let votes = permits[uid] && !snapshot.weights[uid].is_empty();
            votes || !snapshot.bonds[uid].is_empty()
        };
        let places: Vec<u16> =
            (0..u16::MAX).take(snapshot.neurons()).filter(|uid| has_place(uid)).collect();
        let cells = places.len() * snapshot.neurons();
        let mut votes = Self {
            weights: vec![0; cells],
            entries: vec![false; if with_entries { cells } else { 0 }],
            bonds: vec![0; cells],
            places,
        };
        votes.fill_weights(snapshot, permits);
        votes.fill_bonds(snapshot);
        votes
    }

    /// Step 5: only rows with a permit, no weight for oneself but the owner's, none that
    /// is as old as its neuron or older; what is left, divided by its sum.
    fn fill_weights(&mut self, snapshot: &Snapshot, permits: &[bool]) {
        let height = self.places.len();
        let newest = snapshot.registered_at.iter().max().copied().unwrap_or(0);
        for (place, uid) in self.places.iter().enumerate() {
            let row = usize::from(*uid);
            if !permits[row] {
                continue;
            }
            let updated = snapshot.last_update[row];
            // Most rows are newer than every neuron, and then only the diagonal is left.
            let (owner, is_newest) = (snapshot.params.owner_uid == Some(*uid), newest < updated);
            let is_kept = |(to, _): &&(u16, u16)| {
                (to != uid || owner)
                    && (is_newest || snapshot.registered_at[usize::from(*to)] < updated)
            };
            let kept = || snapshot.weights[row].iter().filter(is_kept);
            let total = Divisor::new(kept().map(|(_, x)| u64::from(*x)).sum());
            for (to, x) in kept() {
                self.weights[usize::from(*to) * height + place] = total.divide(u64::from(*x));
            }
            if !self.entries.is_empty() {
                kept().for_each(|(to, _)| {
                    self.entries[usize::from(*to) * height + place] = true;
                });
            }
        }
    }

    /// Bonds with neurons that registered since the last epoch are void.
    fn fill_bonds(&mut self, snapshot: &Snapshot) {
        let height = self.places.len();
        let since = match snapshot.last_step {
            0 => snapshot.current_block.saturating_sub(snapshot.params.tempo),
            step => step.saturating_add(1),
        };
        for (place, uid) in self.places.iter().enumerate() {
            let row: &Row = &snapshot.bonds[usize::from(*uid)];
            for (to, x) in row {
                let to = usize::from(*to);
                if snapshot.registered_at[to] < since {
                    self.bonds[to * height + place] = *x;
                }
            }
        }
    }

    /// A list with one entry for each uid, as one with one entry for each place.
    pub fn at_places(&self, list: &[Q]) -> Vec<Q> {
        self.places.iter().map(|uid| list[usize::from(*uid)]).collect()
    }

    /// A list with one entry for each place, as one with one entry for each of `neurons`.
    pub fn at_uids(&self, list: &[Q], neurons: usize) -> Vec<Q> {
        let mut all = vec![0; neurons];
        for (uid, x) in self.places.iter().zip(list) {
            all[usize::from(*uid)] = *x;
        }
        all
    }
}
