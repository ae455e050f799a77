//! Chance: one seeded generator, for what is simulated.
//!
//! Not here: anything that a key or a node needs, whose chance comes from the system.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// The generator of a run.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        let (head, _) = bytes.split_at_mut(8);
        head.copy_from_slice(&seed.to_le_bytes());
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// A number below `limit`; 0 when there is none.
    pub fn below(&mut self, limit: u64) -> u64 {
        // The bias is below one in 2^32 for the small limits here.
        self.0.next_u64().checked_rem(limit).unwrap_or_default()
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// One of `count` places in a list.
    pub fn place(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).expect("it is below a usize")
    }

    /// Whether something happens whose chance is this many in a million.
    pub fn happens(&mut self, ppm: u32) -> bool {
        ppm > 0 && self.below(1_000_000) < u64::from(ppm)
    }

    /// A generator of its own for batch checks, whose verdict never depends on it.
    pub fn child(&mut self) -> ChaCha8Rng {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        ChaCha8Rng::from_seed(bytes)
    }
}
