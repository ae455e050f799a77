//! What is remembered of strangers.

use std::collections::{BTreeMap, BTreeSet};
use weft_types::Hash;

/// What is remembered of them.
#[derive(Default)]
pub struct Strangers {
    /// Which node sent which away.
    pub(crate) away: BTreeSet<(usize, usize)>,
    /// Headers that were passed on.
    pub(crate) relayed: BTreeSet<Hash>,
    /// Transactions that nobody can pay for, by nonce.
    pub(crate) bundles: BTreeMap<u64, Vec<u8>>,
}
