//! Twins: voters whose key runs on two nodes at once, under scripted partitions.
//!
//! A twin is the simplest voter that is Byzantine: each of its two nodes is honest, and
//! together they sign twice. A scenario says for each of a few rounds which nodes can talk:
//! with one bit a node, all scenarios of a few nodes and rounds can be counted, and played
//! one by one. After the rounds all can talk, and everyone must make a new block final.
//! (The idea: Bano et al., "Twins: BFT Systems Made Robust".)

use crate::hunt::{Hunted, hunt};
use crate::plan::{Conflict, Cut, Plan};
use crate::report::Report;
use serde::Serialize;
use weft_dice::Dice;

/// The length of a round.
const ROUND_SLOTS: u64 = 2;

/// In the first slots all can talk.
const FIRST: u64 = 2;

/// Which scenarios are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Twins {
    /// Voters, twins counted once.
    pub voters: usize,
    /// How many of them have a twin.
    pub twins: usize,
    /// Rounds with a partition each.
    pub rounds: u32,
    /// How many scenarios are played at the most; all there are, when they are fewer.
    pub sample: u64,
    /// Which ones, when they are not all; keys and schedules follow it too.
    pub seed: u64,
}

impl Twins {
    /// How many scenarios there are; none when they can't be counted.
    #[must_use]
    pub fn all(&self) -> Option<u64> {
        let bits = self.free_bits()?.checked_mul(self.rounds)?;
        1_u64.checked_shl(bits)
    }

    /// Whether every scenario is played.
    #[must_use]
    pub fn is_exhaustive(&self) -> bool {
        self.all().is_some_and(|all| all <= self.sample)
    }

    /// How many are played.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.all().map_or(self.sample, |all| all.min(self.sample))
    }

    /// One bit for each node but the first, whose side has no name of its own.
    fn free_bits(&self) -> Option<u32> {
        u32::try_from((self.voters + self.twins).checked_sub(1)?).ok()
    }

    /// The plan of a scenario.
    #[must_use]
    pub fn plan(&self, number: u64) -> Plan {
        let mut dice = Dice::new(self.seed.wrapping_mul(0x9E37_79B9).wrapping_add(number));
        let nodes = self.voters + self.twins;
        let bits = self.free_bits().unwrap_or(0);
        let mut left = number;
        let mut cuts = Vec::new();
        for round in 0..u64::from(self.rounds) {
            let drawn = if self.is_exhaustive() {
                let low = left & ((1 << bits) - 1);
                left >>= bits;
                low
            } else {
                dice.below(1_u64.checked_shl(bits).unwrap_or(u64::MAX))
            };
            let side = |i: usize| Some(u8::from(i > 0 && drawn >> (i - 1) & 1 == 1));
            let from = FIRST + round * ROUND_SLOTS;
            if drawn != 0 {
                let sides = (0..nodes).map(side).collect();
                cuts.push(Cut { from, until: from + ROUND_SLOTS, sides, ..Cut::default() });
            }
        }
        let is_below = self.twins * 3 < self.voters;
        Plan {
            seed: self.seed.wrapping_add(number),
            profile: "twins".to_owned(),
            voters: self.voters,
            twins: (0..self.twins).collect(),
            slots: FIRST + u64::from(self.rounds) * ROUND_SLOTS,
            cuts,
            conflict: if is_below { Conflict::Never } else { Conflict::May },
            judges_liveness: is_below,
            ..Plan::default()
        }
    }

    /// Plays them, `jobs` at a time; tells each report as it comes. Scenarios are named by
    /// their number, which is what [`Hunted::first_failing`] holds, less the seed.
    pub fn play(&self, jobs: usize, tell: impl FnMut(&Report) -> bool + Send) -> Hunted {
        hunt(0..self.count(), jobs, |number| self.plan(number), tell)
    }
}
