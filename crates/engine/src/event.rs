//! What can happen to a node.

use crate::io::{ClientId, MessageName, Source, Topic};
use crate::wire::Want;
use std::sync::Arc;
use weft_consensus::PeerId;
use weft_types::check::{BlockError, TxError};
use weft_types::codec::CodecError;
use weft_types::{BlockHash, CheckedBlock, CheckedTx, Tx, WeightRow};

/// Something that the engine must look at. What is big in it comes as it came, and is moved.
#[derive(Debug)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// A peer is connected. Its number is new.
    PeerUp {
        /// Which.
        peer: PeerId,
        /// What it is called, as voters sign it.
        name: String,
    },
    /// A peer is gone.
    PeerDown {
        /// Which.
        peer: PeerId,
    },
    /// A gossip message; it waits for [`crate::Io::Judge`].
    Said {
        /// Who handed it to us.
        from: PeerId,
        /// What it is about.
        topic: Topic,
        /// Its name.
        message: MessageName,
        /// Its bytes.
        data: Vec<u8>,
    },
    /// A peer asks; it waits for [`crate::Io::Answer`] or [`crate::Io::Serve`].
    Asked {
        /// Who.
        from: PeerId,
        /// The number of its request.
        ticket: u64,
        /// What, encoded.
        data: Vec<u8>,
    },
    /// A peer answered.
    Answered {
        /// Who.
        from: PeerId,
        /// The number of our request.
        ask: u64,
        /// What, encoded.
        data: Vec<u8>,
    },
    /// A peer did not answer and will not.
    Unanswered {
        /// Who.
        from: PeerId,
        /// The number of our request.
        ask: u64,
        /// Why.
        why: NoAnswer,
    },
    /// Blocks were read for a peer and sent to it.
    Served {
        /// To whom.
        to: PeerId,
        /// How many bytes.
        bytes: u64,
    },
    /// Transactions came out of the checker.
    Txs {
        /// Where they came from.
        source: Source,
        /// A verdict each, or why the bytes are no list of transactions.
        checked: Result<Vec<Result<CheckedTx, TxError>>, CodecError>,
    },
    /// A body came out of the checker.
    Body {
        /// Who sent it.
        from: PeerId,
        /// The block it should be.
        hash: BlockHash,
        /// The version of its header.
        version: u16,
        /// How many bytes it had.
        bytes: usize,
        /// The checked block, or what is wrong with it.
        checked: Result<Arc<CheckedBlock>, BlockError>,
    },
    /// All bodies of an answer came out of the checker.
    Fetched {
        /// Who answered.
        from: PeerId,
        /// What was asked.
        want: Want,
    },
    /// The checker had no room.
    CheckerFull(Turned),
    /// A client hands in transactions.
    Submit {
        /// Who.
        client: ClientId,
        /// What.
        txs: Vec<Tx>,
    },
    /// A client hands in a row for the voter of this node.
    Row {
        /// Who.
        client: ClientId,
        /// Its row.
        row: WeightRow,
    },
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// It did not come in time.
    TimedOut,
    /// The peer has too much to do: later.
    Busy,
    /// There was no room here to send the question: later.
    NotSent,
    /// The peer has left.
    Gone,
    /// The peer does not have it, or does not speak of it.
    Refused,
}

/// What the checker had no room for.
#[derive(Clone, Copy, Debug)]
pub enum Turned {
    /// Transactions.
    Txs(Source),
    /// The answer of a peer.
    Bodies {
        /// Who sent it.
        from: PeerId,
        /// What was asked.
        want: Want,
    },
}
