//! What can happen to a node. All of it arrives through one bounded channel, save the peers'
//! events, whose channel belongs to gossip.

use crate::blocks::Found;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use weft_rpc::{Method, RpcError};
use weft_types::check::TxError;
use weft_types::{CheckedTx, Tx};

/// How many events may wait.
pub const EVENTS: usize = 1_024;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// For the engine.
    Engine(weft_engine::Event),
    /// A body came out of the checker, for the engine.
    Body {
        /// It.
        event: weft_engine::Event,
        /// The room that its bytes take until then.
        room: OwnedSemaphorePermit,
    },
    /// A peer did something.
    Peer(weft_gossip::Event),
    /// A client submits transactions.
    Submit {
        /// Them.
        txs: Vec<Tx>,
        /// Where the answer goes.
        reply: Reply,
    },
    /// A transaction that a client wants tried came out of the checker.
    Tried {
        /// It, or what is wrong with it.
        checked: Vec<Result<CheckedTx, TxError>>,
        /// Where the answer goes.
        reply: Reply,
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
    /// The process was asked to stop.
    Stop,
}

/// Takes the answer to a query.
pub type Reply = oneshot::Sender<Result<serde_json::Value, RpcError>>;
