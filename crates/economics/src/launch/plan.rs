//! What is played, and on which scale.

use serde::Serialize;

/// By how much stamps are easier than on the main chain: about what one core hashes in a
/// slot of 12 s, so that here it makes one hash a block.
pub const HASHES: u64 = 60_000_000;

/// Blocks of a day, at 12 s.
pub const DAY: u64 = 7_200;

/// What is played.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Launch {
    /// Where all chance comes from.
    pub seed: u64,
    /// For how many days.
    pub days: u64,
    /// Miners that belong to many people.
    pub honest: u16,
    /// Miners that belong to one attacker.
    pub attackers: u16,
    /// Cores that search for each of the attacker's stamps; an honest one has one.
    pub attacker_cores: u64,
    /// How many of a million honest miners also validate. All of the attacker's do.
    pub validating_ppm: u32,
    /// Voters that genesis names; all are honest.
    pub voters: u16,
}

/// Whose a hotkey is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// A voter that genesis names.
    Genesis,
    /// Somebody's.
    Honest,
    /// The attacker's.
    Attacker,
}
