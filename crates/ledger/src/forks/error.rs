//! Why a block was not run, and why a stored state was not taken.

use crate::rules::Breach;
use crate::state;
use weft_types::check::BlockError;
use weft_types::genesis::GenesisError;
use weft_types::{BlockHash, Hash};

/// Why a block can't be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its parent's state is not kept.
    #[error(
        "there is no state of parent {parent}: it was not run, or stands on a fork that \
         finality left behind; run it first"
    )]
    UnknownParent {
        /// The parent.
        parent: BlockHash,
    },
    /// It was good by the widest numbers of all rules, and is not by those of its parent's
    /// state (R21).
    #[error("it is not good by rules {version}: {error}")]
    AgainstRules {
        /// The number of the rules.
        version: u16,
        /// What is wrong with it.
        error: BlockError,
    },
    /// The rules refuse it.
    #[error(transparent)]
    Rules(#[from] Breach),
    /// The rules left a state that does not say where in the chain it is.
    #[error("the state after the block has no record of its height and voters; report this")]
    NoChain,
}

/// Why a stored state was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The genesis is not good.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The entries are no state.
    #[error(transparent)]
    State(#[from] state::RestoreError),
    /// They are the state of something else.
    #[error(
        "the stored state of block {hash} has root {got}, its header says {want}; restore \
         an older one or replay the blocks"
    )]
    Root {
        /// The block.
        hash: BlockHash,
        /// The root in its header.
        want: Hash,
        /// The root of what was stored.
        got: Hash,
    },
    /// They say nothing of where in the chain they are.
    #[error(
        "the stored state of block {hash} has no record of its height and voters; restore \
         an older one or replay the blocks"
    )]
    NoChain {
        /// The block.
        hash: BlockHash,
    },
}
