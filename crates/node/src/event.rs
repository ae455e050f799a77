//! What can happen to the engine. All of it arrives through one bounded channel,
//! save the peers' events, whose channel belongs to gossip.

use crate::blocks::Found;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use weft_consensus::{PeerId, Want};
use weft_gossip::MessageName;
use weft_rpc::{Method, RpcError};
use weft_types::check::{BlockError, TxError};
use weft_types::codec::CodecError;
use weft_types::{BlockHash, CheckedBlock, CheckedTx};

/// How many events may wait for the engine.
pub const EVENTS: usize = 1_024;

/// Something the engine must look at.
#[derive(Debug)]
pub enum Event {
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
        /// The room that its bytes take.
        room: OwnedSemaphorePermit,
    },
    /// All bodies of an answer came out of the checker.
    Fetched {
        /// Who answered.
        from: PeerId,
        /// What was asked.
        want: Want,
    },
    /// A client asks.
    Query {
        /// What.
        method: Method,
        /// With what.
        params: serde_json::Value,
        /// Where the answer goes.
        reply: Reply,
    },
    /// A client asks for a block, which is read and described elsewhere.
    Block {
        /// By height or by hash.
        params: serde_json::Value,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Found, RpcError>>,
    },
    /// Somebody asks whether this node is ready.
    Health {
        /// Where the answer goes.
        reply: oneshot::Sender<weft_rpc::Health>,
    },
    /// Somebody reads the figures.
    Metrics {
        /// Where they go.
        reply: oneshot::Sender<String>,
    },
    /// A peer did something.
    Peer(weft_gossip::Event),
    /// Time has passed.
    Tick,
    /// The process was asked to stop.
    Stop,
}

/// Where transactions came from, and who waits for the verdict.
#[derive(Debug)]
pub enum Source {
    /// A gossip message, to be answered with a verdict.
    Peer {
        /// Who sent it.
        from: PeerId,
        /// Its name.
        message: MessageName,
        /// How many bytes it had.
        bytes: usize,
    },
    /// A client.
    Client(Reply),
    /// A client that wants to know what would become of it.
    Trial(Reply),
}

/// Takes the answer to a query.
pub type Reply = oneshot::Sender<Result<serde_json::Value, RpcError>>;
