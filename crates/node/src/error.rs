//! Why a node can't start or go on.

use crate::config::HomeError;
use crate::trust::TrustError;
use std::net::SocketAddr;
use weft_gossip::GossipError;
use weft_store::StoreError;
use weft_types::{BlockHash, Height};

/// What stops a node.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Its home is not usable.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The disk failed, or holds something else than it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The network could not be started.
    #[error(transparent)]
    Gossip(#[from] GossipError),
    /// The RPC server could not be started.
    #[error("the RPC server can't listen on {address}: {reason}")]
    Rpc {
        /// Where.
        address: String,
        /// Why not.
        reason: String,
    },
    /// The RPC address is open to others and that was not allowed.
    #[error("rpc = \"{0}\" is not a loopback address; set rpc_public = true if that is meant")]
    RpcNotLoopback(SocketAddr),
    /// The stored state does not fit the chain.
    #[error(
        "the stored state can't be used: {reason}; move the data directory away and let the node fetch the chain anew"
    )]
    State {
        /// What is wrong.
        reason: String,
    },
    /// The genesis can't be run.
    #[error("the genesis can't be run: {reason}")]
    Genesis {
        /// What is wrong.
        reason: String,
    },
    /// It was away for longer than stake is held to account.
    #[error(
        "the last final block here, {height} {hash}, is {away} slots old, over the {window} in which stake answers for its votes; name a block you trust: --trusted-checkpoint HEIGHT:HASH, or own if the chain stood still or is new"
    )]
    CheckpointNeeded {
        /// The height of the last final block.
        height: Height,
        /// Its hash.
        hash: BlockHash,
        /// How many slots ago it was.
        away: u64,
        /// How many it may be.
        window: u64,
    },
    /// Another block than the trusted one is final at its height.
    #[error(
        "block {height} is {got} here, the trusted one is {want}; if that is right, move the data directory away and start from other peers"
    )]
    NotTrusted {
        /// Which height.
        height: Height,
        /// What is here.
        got: BlockHash,
        /// What is trusted.
        want: BlockHash,
    },
    /// The text of the checkpoint is wrong.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The vote file is whole; there is nothing to override.
    #[error("the vote file is whole; overriding it would make the voter forget what it signed")]
    VotesNotLost,
    /// The row file is not good.
    #[error("the row file {path}: {reason}")]
    Rows {
        /// Which.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A thread or task could not be started or stopped unexpectedly.
    #[error("{what} stopped: {reason}; the node can't go on without it, start it again")]
    Task {
        /// Which.
        what: &'static str,
        /// Why.
        reason: String,
    },
}
