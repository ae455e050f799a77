//! Why a chain can't be joined through a node.

use weft_rpc::client::ClientError;
use weft_types::{Canonical, ChainId, Genesis, Hash, RulesId};

/// Why a chain can't be joined through a node.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The node can't be reached, or refuses.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It answers something else than a node does.
    #[error("{url} does not answer as a node of weft does: {reason}")]
    NoNode {
        /// Which.
        url: String,
        /// What is missing.
        reason: String,
    },
    /// Its chain is not the one that is meant.
    #[error("{whose} is of chain {want}, the node is of chain {got}")]
    OtherChain {
        /// What names the chain that is meant.
        whose: String,
        /// That chain.
        want: ChainId,
        /// The node's.
        got: ChainId,
    },
    /// What it gives as genesis is not that of its chain.
    #[error("the genesis that the node gives has hash {got}, its chain is {want}")]
    GenesisLies {
        /// The hash of what it gave.
        got: Hash,
        /// The chain it says it is of.
        want: ChainId,
    },
    /// Its genesis is larger than any may be.
    #[error("the node offers a genesis of {bytes} bytes; {most} are allowed", most = Genesis::MAX_BYTES)]
    GenesisTooLarge {
        /// How large it says it is.
        bytes: u64,
    },
    /// The genesis did not come in time.
    #[error("after {seconds} s the genesis is not all here")]
    TooSlow {
        /// How long it was given.
        seconds: u64,
    },
    /// This program can't read the genesis, though its hash is right.
    #[error("this program, {version}, can't read the genesis of chain {chain}: {reason}", version = env!("CARGO_PKG_VERSION"))]
    GenesisUnread {
        /// Which chain.
        chain: ChainId,
        /// What the reader found.
        reason: String,
    },
    /// The chain is run by rules that this program does not know (R21).
    #[error("the chain runs rules {version} ({id}), which this program, {program}, does not know", program = env!("CARGO_PKG_VERSION"))]
    OtherRules {
        /// Their number.
        version: u16,
        /// Which they are.
        id: RulesId,
    },
    /// The clocks differ by more than headers may come early (R4).
    #[error("this machine's clock is {off_ms} ms {side} that of the node; {most_ms} may be", side = if *.is_behind { "behind" } else { "ahead of" })]
    ClockOff {
        /// By how much at least, in milliseconds.
        off_ms: u64,
        /// Whether ours is behind.
        is_behind: bool,
        /// A quarter of a slot, in milliseconds.
        most_ms: u64,
    },
}
