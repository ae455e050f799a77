//! What a plan says of former voters whose stake is out, and of who sleeps meanwhile (R16).
//!
//! Not here: which nodes these are (`sleeper`), and how they make another past (`crate::former`).

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
