//! Which nodes of a plan the sleeper and the forger are, where former voters sign another past
//! (R16), and whether such a plan makes sense.

use super::{Former, Plan};

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
