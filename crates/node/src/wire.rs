//! What travels between nodes directly. Gossip carries canonical values as they are:
//! a list of transactions, a share, a signed header.
//!
//! An encoding that is not canonical is the sender's fault (R20): no honest peer
//! sends it.

use bincode::{Decode, Encode};
use weft_consensus::{Status, Want};
use weft_types::{Block, canonical};

/// What a node asks a peer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Request {
    /// "Here is where I am; where are you?"
    Status(Status),
    /// Blocks.
    Blocks(Want),
}

/// What a peer answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Answer {
    /// Where it is.
    Status(Status),
    /// The blocks asked for, oldest first; fewer or none when it has no more.
    Blocks(Vec<Block>),
}

canonical!(Request, 4 << 10);
canonical!(Answer, 8 << 20);
