//! The vote record: what a voter must never forget (R7).

use bincode::{Decode, Encode};
use weft_types::{Checkpoint, Hash, Round, Share, Slot, canonical};

/// What a voter keeps on disk, written and synced before a share or header leaves.
///
/// The chain of the target with its proofs (R7) is the block log's: a block is
/// appended before the record that names it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct VoteRecord {
    /// The target of the last share.
    pub last_target: Checkpoint,
    /// The source of the last share.
    pub last_source: Checkpoint,
    /// The slot of the last proposed block (R5).
    pub proposed: Slot,
    /// Set when the file was lost once: no share or block in slots up to and including
    /// this, and no share whose source has a round not above it (R7).
    pub silent: Option<Slot>,
    /// The last share whole, to be offered again after a restart; none when its items
    /// are too long for one page of the file.
    pub share: Option<Share>,
}

canonical!(VoteRecord, 4_000);

/// A voter that never voted, as `init` writes it for a new chain.
impl Default for VoteRecord {
    fn default() -> Self {
        let none = Checkpoint { round: Round::ZERO, hash: Hash::ZERO };
        Self {
            last_target: none,
            last_source: none,
            proposed: Slot::ZERO,
            silent: None,
            share: None,
        }
    }
}

/// What the vote file said at start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one, at start")]
pub enum VoteFile {
    /// The last record.
    Known(VoteRecord),
    /// There is none, or it can't be read: the voter is silent for a while (R7).
    Lost,
}
