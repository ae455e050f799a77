//! The seam between consensus and the ledger (protocol, section 11).
//!
//! Consensus knows nothing of accounts: it hands a block, whose standing it has
//! judged, to an executor and gets a root and voter sets back. The ledger knows
//! nothing of forks: it runs a block on its parent's state. The two are siblings
//! and import neither each other; the words they share live here.

use crate::block::CatchUp;
use crate::check::{CheckedBlock, CheckedShare, CheckedTx};
use crate::hash::{BlockHash, Hash};
use crate::header::Header;
use crate::rules::Version;
use crate::share::{Finality, VoterSets};

/// What running a block gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// The root of the state after the block.
    pub state_root: Hash,
    /// The voter sets of that state.
    pub sets: VoterSets,
    /// The rules that a child of the block is run by (R21).
    pub rules: Version,
}

/// A block that a proposer has begun: all but its transactions and state root.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The header, with `txs_root` and `state_root` still zero.
    pub header: Header,
    /// The shares for the parent that it carries.
    pub proof: Vec<CheckedShare>,
    /// The catch-up proof that it carries.
    pub catch_up: Option<CatchUp>,
    /// What the state after the block will say of its standing.
    pub finality: Finality,
}

/// A draft with its transactions and both roots.
#[derive(Clone, Debug)]
pub struct Assembled {
    /// The finished, unsigned header.
    pub header: Header,
    /// The transactions that the block carries: those offered, less the ones that
    /// would have made it invalid.
    pub txs: Vec<CheckedTx>,
    /// The outcome, kept by the executor under the header's hash.
    pub executed: Executed,
}

/// Runs blocks on states it keeps, one per block that is not yet below the last
/// final one.
pub trait Executor {
    /// Why a block can't be run. All are the block's fault.
    type Refusal: std::error::Error + Clone + PartialEq + Send + Sync + 'static;

    /// Runs a block on its parent's state and keeps the result under its hash.
    ///
    /// `finality` is what the block's proofs made of the parent's standing; it is
    /// recorded in the state. The header's `state_root` is compared by the caller,
    /// who calls [`Executor::forget`] when it differs.
    ///
    /// # Errors
    /// A refusal by name: nothing was kept.
    fn execute(
        &mut self,
        block: &CheckedBlock,
        finality: Finality,
    ) -> Result<Executed, Self::Refusal>;

    /// Finishes a draft with as many of `txs` as fit and don't make it invalid, and
    /// keeps the result under the finished header's hash.
    ///
    /// # Errors
    /// A refusal when even the draft without transactions can't be run.
    fn assemble(&mut self, draft: &Draft, txs: Vec<CheckedTx>) -> Result<Assembled, Self::Refusal>;

    /// Drops the kept state of a block.
    fn forget(&mut self, block: &BlockHash);

    /// Makes the state of a block the base: it and its ancestors are final, every
    /// state that does not descend from it is dropped.
    fn finalize(&mut self, block: &BlockHash);
}
