//! What the core wants done, in this order: what must be durable before something
//! leaves comes before it.

use crate::error::{Dismissal, Fault, Skip};
use crate::input::{PeerId, Status, Ticket};
use crate::record::VoteRecord;
use crate::voter::Foreign;
use std::sync::Arc;
use weft_types::executor::Draft;
use weft_types::{BlockHash, CheckedBlock, Evidence, Height, Millis, Share, SignedHeader};

/// What the core finds of a gossip message, with the reason: its verdict follows from it.
#[derive(Clone, Debug)]
pub enum Finding {
    /// Good: forward it.
    Accept,
    /// Late, unknown or held already: drop it.
    Ignore(Skip),
    /// No honest peer sends it: drop it and blame the sender.
    Reject(Fault),
}

/// Something to be done outside. Effects are carried out in order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Answer a gossip message.
    Finding {
        /// Which.
        ticket: Ticket,
        /// How.
        finding: Finding,
    },
    /// Write an executed block to the log; sync before anything that follows leaves.
    Append(Arc<CheckedBlock>),
    /// Write and sync the vote record before the effects that follow (R5, R7).
    Record(VoteRecord),
    /// Announce a header to all peers.
    Announce(SignedHeader),
    /// Send a share to all peers.
    SendShare(Share),
    /// Pick transactions and call [`crate::Core::seal`] with this draft.
    Propose(Draft),
    /// The head is now this block.
    Head(BlockHash),
    /// A block is final (R11). Oldest first, each block once.
    Finalized {
        /// Which.
        hash: BlockHash,
        /// Its height.
        height: Height,
    },
    /// An offence was seen.
    Evidence(Evidence),
    /// Our key signed what our vote file does not hold: it runs elsewhere too, and we sign
    /// nothing more. Once.
    KeyTwice(Foreign),
    /// A peer did what no honest peer does.
    Punish {
        /// Who.
        peer: PeerId,
        /// What.
        why: Fault,
    },
    /// A block, draft or item goes nowhere: for logs and counters.
    Dismissed {
        /// Which block; the head for an own item or draft.
        hash: BlockHash,
        /// Why.
        why: Dismissal,
    },
    /// Tell all peers where we are.
    SendStatus(Status),
    /// Give [`crate::Input::Tick`] at this time; replaces the last wish.
    Wake(Millis),
}
