//! The core: state and input in, effects out.

use crate::config::{Base, Config};
use crate::effect::Effect;
use crate::input::{Input, Status};
use std::sync::Arc;
use weft_types::executor::{Draft, Executor};
use weft_types::{BlockHash, CheckedBlock, CheckedTx, Checkpoint, Header, Millis};

/// The consensus of one node.
pub struct Core<E> {
    executor: E,
    config: Config,
    base: Base,
}

impl<E: Executor> Core<E> {
    /// A core that stands at `base`, whose state `executor` holds.
    pub fn new(config: Config, executor: E, base: Base) -> Self {
        Self { executor, config, base }
    }
    /// Takes one input at a time and says what is to be done.
    pub fn step(&mut self, _now: Millis, _input: Input) -> Vec<Effect> {
        let _ = &self.config;
        Vec::new()
    }
    /// Finishes a draft with transactions: signs and announces the block.
    pub fn seal(&mut self, _now: Millis, _draft: Draft, _txs: Vec<CheckedTx>) -> Vec<Effect> {
        Vec::new()
    }
    /// The executor.
    pub fn executor(&self) -> &E {
        &self.executor
    }
    /// The executor, for reads that need it mutable.
    pub fn executor_mut(&mut self) -> &mut E {
        &mut self.executor
    }
    /// The header of the head.
    pub fn head(&self) -> &Header {
        &self.base.standing().header
    }
    /// The hash of the head.
    pub fn head_hash(&self) -> BlockHash {
        self.base.standing().hash
    }
    /// The highest justified block known.
    pub fn justified(&self) -> Checkpoint {
        self.base.standing().checkpoint()
    }
    /// The last final block: its header and hash.
    pub fn finalized(&self) -> (&Header, BlockHash) {
        (&self.base.standing().header, self.base.standing().hash)
    }
    /// The base to start again from.
    pub fn base(&self) -> Base {
        self.base.clone()
    }
    /// Where we are.
    pub fn status(&self) -> Status {
        self.base.status()
    }
    /// An unfinal block.
    pub fn block(&self, _hash: &BlockHash) -> Option<Arc<CheckedBlock>> {
        None
    }
}
