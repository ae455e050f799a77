//! What the shell tells the core, and the words it uses: peers, tickets.

use crate::config::Base;
use bincode::{Decode, Encode};
use std::sync::Arc;
use weft_types::check::BlockError;
use weft_types::{
    BlockHash, CheckedBlock, Checkpoint, Height, Item, Round, Share, SignedHeader, canonical,
};

/// A peer, numbered by the shell; never reused while the core may remember it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// A gossip message that waits for its verdict; answered exactly once, unless the core
/// is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Where a node is. Sent on connect and every few slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Status {
    /// The height of its last final block.
    pub finalized: Height,
    /// The height of its head.
    pub height: Height,
    /// Its head.
    pub head: Checkpoint,
    /// The version of the head's child (R21).
    pub version: u16,
}

canonical!(Status, 128);

impl Status {
    /// The round of the head.
    #[must_use]
    pub const fn round(&self) -> Round {
        self.head.round
    }
}

/// Something that happened outside.
#[derive(Clone, Debug)]
pub enum Input {
    /// Time has passed.
    Tick,
    /// A header was announced; nothing about it is checked but its encoding.
    Header {
        /// Who sent it.
        from: PeerId,
        /// To be answered.
        ticket: Ticket,
        /// The header.
        header: SignedHeader,
    },
    /// A share arrived; nothing about it is checked but its encoding.
    Share {
        /// Who sent it.
        from: PeerId,
        /// To be answered.
        ticket: Ticket,
        /// The share.
        share: Share,
    },
    /// A body arrived and passed [`weft_types::check::check_block`].
    Block {
        /// Who sent it; none when it is from ourselves.
        from: Option<PeerId>,
        /// Whether it is part of a chain that was asked for.
        is_asked: bool,
        /// The block.
        block: Arc<CheckedBlock>,
    },
    /// A body arrived and failed [`weft_types::check::check_block`].
    BadBlock {
        /// Who sent it.
        from: PeerId,
        /// The hash of the header that it came with.
        hash: BlockHash,
        /// The version of that header.
        version: u16,
        /// What is wrong.
        why: BlockError,
    },
    /// A block of our own log, in log order, before any other input. Nothing is sent,
    /// logged or signed for it.
    Restored {
        /// The block.
        block: Arc<CheckedBlock>,
    },
    /// A peer left.
    PeerGone {
        /// Who.
        peer: PeerId,
    },
    /// Work for our next shares.
    Queue(Vec<Item>),
}

impl Base {
    /// Where a node stands whose head is its base.
    #[must_use]
    pub fn status(&self) -> Status {
        let base = self.standing();
        let height = base.header.height;
        let version = base.rules.version;
        Status { finalized: height, height, head: base.checkpoint(), version }
    }
}
