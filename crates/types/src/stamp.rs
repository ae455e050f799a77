//! Stamps: registering by work, for a launch at which nobody has coins.
//!
//! A stamp of difficulty d takes d hashes on average. It covers what the hotkey consents
//! to and a recent block, so it can't be made in advance or used for somebody else.

use crate::canonical;
use crate::codec::Canonical;
use crate::hash::{BlockHash, ChainId, Domain, Hash};
use crate::tx::Consent;
use bincode::{Decode, Encode};

/// What a stamp is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StampFor {
    /// On which chain.
    pub chain: ChainId,
    /// Coldkey, hotkey, subnet, and the height of the block it names.
    pub consent: Consent,
    /// The hash of that block.
    pub block: BlockHash,
}

/// A stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Stamp {
    /// What it is for.
    pub subject: StampFor,
    /// What was searched for.
    pub solution: u64,
}

canonical!(Stamp, 256);

impl Stamp {
    /// The stamp's hash: its name, and its work.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(Domain::Stamp, &self.to_bytes())
    }

    /// Whether a hash is work of a difficulty: read as a fraction of 2^64 by its first
    /// eight bytes, little end first, it is below one part in `difficulty`.
    #[must_use]
    pub fn meets(hash: &Hash, difficulty: u64) -> bool {
        let head = hash.0.first_chunk().copied().map_or(u64::MAX, u64::from_le_bytes);
        u128::from(head).saturating_mul(u128::from(difficulty)) < 1 << 64
    }
}

impl StampFor {
    /// Tries `tries` solutions from `first` on.
    #[must_use]
    pub fn search(self, difficulty: u64, first: u64, tries: u64) -> Option<u64> {
        let last = first.saturating_add(tries);
        // The solution stands last in the encoding, so only these bytes change.
        let mut bytes = Stamp { subject: self, solution: first }.to_bytes();
        (first..last).find(|solution| {
            if let Some(tail) = bytes.last_chunk_mut::<8>() {
                *tail = solution.to_le_bytes();
            }
            Stamp::meets(&Hash::of(Domain::Stamp, &bytes), difficulty)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::PublicKey;
    use crate::units::{Height, Netuid};

    fn subject(netuid: u16) -> StampFor {
        let (coldkey, hotkey) = (PublicKey([1; 32]), PublicKey([2; 32]));
        let consent = Consent { coldkey, hotkey, netuid: Netuid(netuid), height: Height(5) };
        StampFor { chain: Hash([3; 32]), consent, block: Hash([4; 32]) }
    }

    #[test]
    fn a_stamp_takes_about_as_many_hashes_as_its_difficulty_says() {
        let tries: u64 = (0..64).map(|n| subject(n).search(256, 0, 1 << 20).unwrap()).sum();
        // 64 stamps at 256 hashes: within a half of the mean but for one seed in millions.
        assert!((8_192..=24_576).contains(&tries), "{tries}");
    }

    #[test]
    fn a_stamp_for_one_subnet_is_none_for_another() {
        let solution = subject(1).search(1 << 16, 0, 1 << 24).unwrap();
        let found = Stamp { subject: subject(1), solution };
        assert!(Stamp::meets(&found.hash(), 1 << 16), "what is searched is what is checked");
        let moved = Stamp { subject: subject(2), solution };
        assert!(!Stamp::meets(&moved.hash(), 1 << 16));
    }

    #[test]
    fn difficulty_one_takes_any_hash_and_the_largest_nearly_none() {
        assert!(Stamp::meets(&Hash([255; 32]), 1));
        assert!(!Stamp::meets(&Hash([255; 32]), 2));
        assert!(Stamp::meets(&Hash::ZERO, u64::MAX));
    }
}
