//! The one source of random numbers of a node: the system's, through a generator of
//! our own so that a full batch of signatures costs no system call each.

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;

/// What batch verification draws its coefficients from.
pub type Generator = ChaCha12Rng;

/// A generator seeded by the system.
#[must_use]
pub fn generator() -> Generator {
    ChaCha12Rng::from_seed(seed())
}

/// Thirty-two random bytes.
///
/// # Panics
/// When the system has no random numbers to give: no key could be made safely.
#[must_use]
pub fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the system gives random numbers");
    seed
}
