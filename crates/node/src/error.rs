//! Why a node can't start or go on.

use std::net::SocketAddr;
use weft_consensus::trust::{TrustError, TrustFault};
use weft_engine::halt::Halt;
use weft_gossip::GossipError;
use weft_home::config::HomeError;
use weft_store::StoreError;

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
    /// It may not believe what it sees (R16).
    #[error(transparent)]
    Untrusted(#[from] TrustFault),
    /// The text of the checkpoint is wrong.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The vote file is whole; there is nothing to override.
    #[error("the vote file is whole; overriding it would make the voter forget what it signed")]
    VotesNotLost,
    /// What a program knows is limited where it must not be.
    #[error("known_rules is for local and bench networks only; remove it from config.toml")]
    KnownRules,
    /// The row file is not good.
    #[error("the row file {path}: {reason}")]
    Rows {
        /// Which.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A small file of the data directory can't be read, and can be done without.
    #[error(
        "data/{name} can't be read: {reason}; move that file away alone and start again: {lost}, and \
         nothing else is lost"
    )]
    Small {
        /// Which.
        name: &'static str,
        /// What is wrong.
        reason: String,
        /// What goes with it.
        lost: &'static str,
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

impl From<Halt> for NodeError {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Untrusted(fault) => Self::Untrusted(fault),
            Halt::NeverExecuted(_) => Self::State { reason: halt.to_string() },
        }
    }
}
