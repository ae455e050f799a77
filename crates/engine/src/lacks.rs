//! What a node lacks.

use crate::sources::Place;
use std::collections::BTreeSet;
use weft_consensus::PeerId;
use weft_types::BlockHash;

/// A body that is lacked.
pub struct LackedBody {
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
    pub bodies: Vec<LackedBody>,
    /// Peers that are known as nodes of voters.
    pub kept: BTreeSet<PeerId>,
    /// Where we stand.
    pub place: Place,
    /// The length of a slot.
    pub slot_ms: u64,
}
