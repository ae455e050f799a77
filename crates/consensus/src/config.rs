//! What a core starts from.

use crate::record::VoteFile;
use bincode::{Decode, Encode};
use weft_types::executor::Executed;
use weft_types::{
    BlockHash, ChainId, Checkpoint, Finality, Genesis, Header, Millis, Program, SecretKey, Version,
    VoterSets, canonical, params::Limits,
};

/// The numbers of the chain that consensus needs, and who we are.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which chain.
    pub chain: ChainId,
    /// When slot 0 begins.
    pub genesis_time: Millis,
    /// Length of a slot in milliseconds, at least 1.
    pub slot_ms: u64,
    /// Limits on what travels.
    pub limits: Limits,
    /// The key to vote and propose with; none to follow only.
    pub key: Option<SecretKey>,
    /// What the vote file said.
    pub vote: VoteFile,
    /// Which rules this program runs (R21).
    pub program: Program,
}

impl Config {
    /// The configuration of a node of this chain.
    #[must_use]
    pub fn new(genesis: &Genesis, key: Option<SecretKey>, vote: VoteFile) -> Self {
        Self {
            chain: genesis.chain_id(),
            genesis_time: genesis.genesis_time,
            slot_ms: genesis.params.slot_ms,
            limits: genesis.params.limits.clone(),
            key,
            vote,
            program: Program::on(&genesis.rules),
        }
    }
}

/// A block and what the state after it says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Standing {
    /// The block's header.
    pub header: Header,
    /// Its hash; for genesis the chain id.
    pub hash: BlockHash,
    /// What its state says of justified and final.
    pub finality: Finality,
    /// The voter sets of its state.
    pub sets: VoterSets,
    /// The rules that its state asks of a child (R21).
    pub rules: Version,
}

impl Standing {
    /// The block as a checkpoint.
    #[must_use]
    pub const fn checkpoint(&self) -> Checkpoint {
        Checkpoint { round: self.header.round, hash: self.hash }
    }
}

/// A final block to start from, with those of its ancestors that a catch-up proof may
/// still name (R9): the ones above the justified checkpoint of its state.
///
/// A shell stores [`crate::Core::base`] in the same write as the state of that block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Base {
    /// The final block.
    last: Standing,
    /// Its ancestors above its justified checkpoint, oldest first; mostly one or none.
    trunk: Vec<Standing>,
}

canonical!(Base, 16 << 20);

impl Base {
    /// The base of a chain that has only its genesis; `executed` is what the executor
    /// made of it.
    #[must_use]
    pub fn genesis(genesis: &Genesis, executed: Executed) -> Self {
        let last = Standing {
            header: genesis.header(executed.state_root),
            hash: genesis.block_hash(),
            finality: genesis.finality(),
            sets: executed.sets,
            rules: executed.rules,
        };
        Self::new(last, Vec::new())
    }

    /// A final block and the ancestors above its justified checkpoint.
    #[must_use]
    pub const fn new(last: Standing, trunk: Vec<Standing>) -> Self {
        Self { last, trunk }
    }

    /// The final block.
    #[must_use]
    pub const fn standing(&self) -> &Standing {
        &self.last
    }

    /// The ancestors that are remembered, oldest first.
    #[must_use]
    pub fn trunk(&self) -> &[Standing] {
        &self.trunk
    }
}
