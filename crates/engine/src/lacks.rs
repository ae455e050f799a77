//! What a node lacks, and what it asks peers.

use crate::sources::Place;
use crate::wire::Want;
use std::collections::BTreeSet;
use weft_consensus::PeerId;
use weft_types::BlockHash;

/// A body that is lacked.
pub struct Body {
    /// Of which block.
    pub hash: BlockHash,
    /// Who told of it.
    pub tellers: Vec<PeerId>,
    /// The node of who made it, if it is connected and known.
    pub maker: Option<PeerId>,
}

/// What is lacked, and where we stand.
pub struct Lacks {
    /// Bodies.
    pub bodies: Vec<Body>,
    /// Peers that are known as nodes of voters.
    pub kept: BTreeSet<PeerId>,
    /// Where we stand.
    pub place: Place,
    /// The length of a slot.
    pub slot_ms: u64,
}

/// What a peer was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Where it is.
    Status,
    /// The same, when told of a block beside our head that says more of justified (R7): it is told
    /// in the same moment as our head is.
    Offer,
    /// To keep a place for us.
    Claim,
    /// Blocks.
    Blocks(Want),
}

impl Asked {
    /// Whether two questions take the same place of a peer.
    #[must_use]
    pub const fn shares_place(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Status, Self::Status)
                | (Self::Offer, Self::Offer)
                | (Self::Claim, Self::Claim)
                | (Self::Blocks(Want::Block(_)), Self::Blocks(Want::Block(_)))
                | (Self::Blocks(Want::Chain { .. }), Self::Blocks(Want::Chain { .. }))
        )
    }
}
