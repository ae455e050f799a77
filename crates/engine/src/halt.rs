//! Why a node can't go on.

use weft_consensus::trust::TrustFault;
use weft_types::BlockHash;

/// Why a node can't go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// It may not believe what it sees.
    #[error(transparent)]
    Untrusted(#[from] TrustFault),
    /// A block is final that was never executed here.
    #[error("final block {0} was never executed here")]
    NeverExecuted(BlockHash),
}
