//! The weight row: one validator's scores of the uids of one subnet; and its hidden form,
//! a commitment now and the reveal of what it was later.
//!
//! Each has one type, whichever door it takes into the ledger (I4): a transaction or an
//! item of a share.

use crate::canonical;
use crate::hash::{Domain, Hash};
use crate::key::PublicKey;
use crate::units::{Height, Netuid, Uid};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// The most entries a row may have; a subnet has no more uids.
pub const MAX_ENTRIES: usize = 4_096;

/// Scores of one subnet's uids. Whose they are is said by the signature around them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightRow {
    /// The subnet; 0 is the root matrix, whose columns are subnets.
    pub netuid: Netuid,
    /// Which uids are scored. Strictly ascending.
    pub uids: Vec<Uid>,
    /// Their scores, one each; only their ratios count, so the largest is 65 535
    /// once the ledger has scaled them.
    pub values: Vec<u16>,
    /// The version of the validator's code; a subnet may ask for a least one.
    #[serde(with = "crate::wide")]
    pub version_key: u64,
    /// The height at which the validator looked. An item of a share takes the height
    /// of the share's target.
    pub view: Height,
}

canonical!(WeightRow, 32 << 10);

/// A promise of a row. Nobody can copy it before it is revealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// The subnet.
    pub netuid: Netuid,
    /// What [`Reveal::commitment`] will give.
    pub hash: Hash,
    /// A recent height, above that of the commitment before. An item of a share takes
    /// the height of the share's target.
    pub at: Height,
}

/// The row behind an earlier commitment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// The subnet.
    pub netuid: Netuid,
    /// Which uids are scored. Strictly ascending.
    pub uids: Vec<Uid>,
    /// Their scores, one each.
    pub values: Vec<u16>,
    /// Random bytes, so that nobody guesses the row from its hash.
    pub salt: [u8; 16],
    /// The version of the validator's code.
    #[serde(with = "crate::wide")]
    pub version_key: u64,
}

impl Reveal {
    /// What a hotkey commits to: the hash of hotkey, subnet, uids, values, salt and
    /// version key.
    #[must_use]
    pub fn commitment(&self, hotkey: &PublicKey) -> Hash {
        let mut bytes = hotkey.0.to_vec();
        bytes.extend(crate::codec::encode(self));
        Hash::of(Domain::Commitment, &bytes)
    }
}
