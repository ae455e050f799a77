//! All that there is to read from.

use crate::board::Board;
use crate::chain::Chain;
use crate::metrics::Metrics;
use crate::record::Records;
use crate::shared::Shared;
use std::sync::Arc;
use weft_engine::waiting::Waiting;
use weft_store::Reader;
use weft_types::Hash;

/// All that is read from.
pub struct Reads {
    /// What the loop left.
    pub board: Arc<Board>,
    /// Transactions that wait.
    pub waiting: Waiting,
    /// What became of transactions.
    pub records: Records,
    /// The log of blocks.
    pub log: Reader,
    /// The figures.
    pub metrics: Arc<Metrics>,
    /// Answers that many ask for.
    pub shared: Shared,
    /// The chain.
    pub chain: Chain,
    /// The root of the first state.
    pub genesis_root: Hash,
    /// What the operator calls this node.
    pub name: String,
    /// What it is called among peers.
    pub peer: String,
}
