//! Which nodes of a plan the sleeper and the forger are, where former voters sign another past
//! (R16).

use super::Plan;

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
}
