//! Why a local network can't be made, reached or stopped.

use crate::metagraph::MetagraphError;
use std::path::{Path, PathBuf};
use weft_types::{Rao, Uid};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// A file or process can't be used.
    #[error("{path}: {source}")]
    Io {
        /// What.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no network.
    #[error("there is no testnet in {dir}")]
    Absent {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// The network's file is damaged.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What the reader found.
        reason: String,
    },
    /// Nodes run in the directory.
    #[error("a testnet runs in {dir}")]
    Running {
        /// Where.
        dir: PathBuf,
    },
    /// The directory is somebody else's.
    #[error("{dir} is not empty and holds no testnet")]
    NotOurs {
        /// Which.
        dir: PathBuf,
    },
    /// There is no such node.
    #[error("there is no node {number}; the testnet has {nodes}, counted from 0")]
    NoNode {
        /// The number asked for.
        number: usize,
        /// How many there are.
        nodes: usize,
    },
    /// The node runs already.
    #[error("{name} runs already")]
    AlreadyRuns {
        /// Which.
        name: String,
    },
    /// Processes could not be stopped.
    #[error("these processes could not be stopped: {pids:?}")]
    StillRunning {
        /// Their pids.
        pids: Vec<u32>,
    },
    /// A number of the network can't be set so.
    #[error("--param {setting}: {reason}; the names are those of \"params\" in a genesis file")]
    Param {
        /// What was asked for.
        setting: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The genesis makes no chain.
    #[error("the network's genesis is not good: {0}")]
    Genesis(#[from] weft_types::genesis::GenesisError),
    /// The number of nodes is out of range.
    #[error("a testnet has from 1 to {max} nodes, not {got}")]
    Nodes {
        /// How many were asked for.
        got: usize,
        /// How many may be.
        max: usize,
    },
    /// Wires don't reach so many nodes.
    #[error("a testnet with wires has from 1 to {max} nodes, not {got}")]
    WiredNodes {
        /// How many were asked for.
        got: usize,
        /// How many may be.
        max: usize,
    },
    /// The nodes dial each other directly, so nothing can be cut.
    #[error("the testnet in {dir} has no wires")]
    NoWires {
        /// Which.
        dir: PathBuf,
    },
    /// The wires don't answer.
    #[error("the wires do not answer: {reason}")]
    WiresSilent {
        /// Where they log.
        log: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The wires refuse a request.
    #[error("the wires refuse: {reason}")]
    WiresRefused {
        /// Why.
        reason: String,
    },
    /// Groups that don't split the network.
    #[error("\"{text}\" splits no network: {reason}")]
    Groups {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No node runs.
    #[error("no node of the testnet in {dir} runs")]
    NoneRuns {
        /// Which.
        dir: PathBuf,
    },
    /// A node does not say what is asked.
    #[error("{name}: {source}")]
    Ask {
        /// Which.
        name: String,
        /// Why not.
        source: weft_rpc::client::ClientError,
    },
    /// Nobody in the metagraph may vote.
    #[error(
        "no uid of the metagraph has written a row and holds {threshold:#} TAO of stake, so there is nobody to vote"
    )]
    NoVoter {
        /// The stake that a validator needs.
        threshold: Rao,
    },
    /// A node could not be prepared.
    #[error("{name} could not be prepared: {reason}")]
    Init {
        /// Which.
        name: String,
        /// What it said.
        reason: String,
    },
    /// A node stopped while the network came up.
    #[error("{name} stopped while the testnet came up; its last words:\n{log}")]
    Died {
        /// Which.
        name: String,
        /// The end of its log.
        log: String,
    },
    /// The network did not come so far in time.
    #[error("after {seconds} s {what}; the logs are in {dir}")]
    Timeout {
        /// How long it was given.
        seconds: u64,
        /// What had not happened.
        what: String,
        /// Where the logs are.
        dir: PathBuf,
    },
    /// A wallet could not be written.
    #[error(transparent)]
    Wallet(#[from] weft_wallet::WalletError),
    /// The metagraph file is not good.
    #[error(transparent)]
    Metagraph(#[from] MetagraphError),
    /// The chain took a row that it must refuse, or refused one that it must take.
    #[error("the row of uid {uid} was {got}, it must be {want}")]
    Row {
        /// Whose.
        uid: Uid,
        /// What happened.
        got: String,
        /// What should have.
        want: &'static str,
    },
}

impl NetError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}
