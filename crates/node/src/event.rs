//! What can happen to a node. All of it arrives through one bounded channel, save the peers'
//! events, whose channel belongs to gossip.

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use weft_rpc::RpcError;
use weft_types::{Tx, WeightRow};

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
    /// A client hands in a row for the voter of this node.
    Row {
        /// It.
        row: WeightRow,
        /// Where the answer goes.
        reply: Reply,
    },
    /// The process was asked to stop.
    Stop,
}

/// Takes the answer to a client.
pub type Reply = oneshot::Sender<Result<serde_json::Value, RpcError>>;
