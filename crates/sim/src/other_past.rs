//! The past that former voters make beside the chain's: where it leaves, and its blocks.

use std::collections::BTreeSet;
use weft_types::BlockHash;

/// The other past.
#[derive(Clone, Debug, Default)]
pub struct OtherPast {
    /// Where it leaves the chain.
    pub(crate) root: Option<BlockHash>,
    /// Whether stake was seen to wait.
    pub(crate) has_waited: bool,
    /// The next slot it has no block of; 0 until the stake is out.
    pub(crate) next: u64,
    /// Its blocks.
    pub(crate) blocks: BTreeSet<BlockHash>,
}

impl OtherPast {
    /// Whether a block is of it.
    pub fn holds(&self, hash: &BlockHash) -> bool {
        self.blocks.contains(hash)
    }
}
