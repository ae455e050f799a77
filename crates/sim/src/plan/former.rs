//! What a plan says of former voters whose stake is out, and of who sleeps meanwhile (R16).
//!
//! Not here: how they make another past (`crate::former`).

use super::Plan;
use serde::{Deserialize, Serialize};

/// Former voters that sign another past.
///
/// Two nodes more take part, with keys that never vote: the sleeper, to whom that past is
/// shown above all, and after it the node of whoever bought the keys of the voters of genesis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Former {
    /// The slot in which the voters of genesis ask for all their stake. None of them offers
    /// itself again; those that have none yet do.
    pub asks: u64,
    /// The other past leaves the chain at what is final at the sleeper as this slot begins, or
    /// as it falls asleep, if that is before. Until then nobody offers to vote.
    pub leaves: u64,
    /// For so many slots the other past lacks its last ones ...
    pub lacks: u64,
    /// ... until this slot: until then it does not reach what an operator trusts.
    pub grows: u64,
    /// Whether the stake must be out, and the other past be shown, in time for who sleeps.
    pub is_in_time: bool,
}

impl Plan {
    /// The node to which another past is shown.
    #[must_use]
    pub const fn sleeper(&self) -> Option<usize> {
        match self.former {
            Some(_) => Some(self.voters.saturating_add(self.joiners)),
            None => None,
        }
    }

    /// The node of whoever has the keys of former voters.
    #[must_use]
    pub const fn forger(&self) -> Option<usize> {
        match self.sleeper() {
            Some(sleeper) => Some(sleeper.saturating_add(1)),
            None => None,
        }
    }

    /// Whether the sleeper hears nobody but the forger as it comes back.
    #[must_use]
    pub fn is_sleeper_alone(&self) -> bool {
        let Some(sleeper) = self.sleeper() else { return false };
        self.cuts.iter().any(|cut| (0..sleeper).all(|other| cut.severs(cut.from, sleeper, other)))
    }

    /// What is wrong with what it says of them, if anything.
    pub(super) fn fault_of_former(&self) -> Option<String> {
        let former = self.former?;
        let Former { asks, leaves, .. } = former;
        let moves = self.rotation.is_none_or(|r| r.keeps_genesis || r.moves);
        if moves || self.joiners == 0 || self.cabal.is_some() || !self.twins.is_empty() {
            return Some(
                "former voters need rotation by real stake that nobody else moves, joiners, and neither a cabal nor twins".to_owned(),
            );
        }
        (asks == 0 || leaves == 0)
            .then(|| format!("stake is asked for in slot {asks}, another past leaves in {leaves}; from slot 1 on they may"))
    }
}
