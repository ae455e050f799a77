//! The weight row: one validator's scores of the uids of one subnet.
//!
//! It has one type, whichever door it takes into the ledger (I4): the
//! `set_weights` transaction or an item of a share.

use crate::canonical;
use crate::units::{Height, Netuid, Uid};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// The most entries a row may have; a subnet has no more uids.
pub const MAX_ENTRIES: usize = 4_096;

/// Scores of one subnet's uids. Whose they are is said by the signature around them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct WeightRow {
    /// The subnet; 0 is the root matrix, whose columns are subnets.
    pub netuid: Netuid,
    /// Which uids are scored. Strictly ascending.
    pub uids: Vec<Uid>,
    /// Their scores, one each; only their ratios count, so the largest is 65 535
    /// once the ledger has scaled them.
    pub values: Vec<u16>,
    /// The version of the validator's code; a subnet may ask for a least one.
    pub version_key: u64,
    /// The height at which the validator looked. An item of a share takes the height
    /// of the share's target.
    pub view: Height,
}

canonical!(WeightRow, 32 << 10);
