//! Why a block, share or message is refused: one name for each rule.

use std::error::Error;
use std::sync::Arc;
use weft_types::check::{BlockError, ShareError};
use weft_types::{BlockHash, Checkpoint, Hash, Height, PublicKey, Round, Slot, Work};

/// Why a share does not count for a block (R9).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareFault {
    /// Its target is another block.
    #[error("the share of {voter} names another target than block {hash}")]
    WrongTarget {
        /// Who voted.
        voter: PublicKey,
        /// The block it should be for.
        hash: BlockHash,
    },
    /// Its source is not the justified checkpoint of the target's state.
    #[error("the share of {voter} has source round {got}; the target's justified round is {want}")]
    WrongSource {
        /// Who voted.
        voter: PublicKey,
        /// The justified round of the target's state.
        want: Round,
        /// The source's round.
        got: Round,
    },
    /// Its voter is in no voter set of the target's state.
    #[error("{voter} is in no voter set of the state of the share's target")]
    NotAVoter {
        /// Who voted.
        voter: PublicKey,
    },
    /// Genesis is justified and final without shares.
    #[error("the share of {voter} is for genesis, which takes none")]
    ForGenesis {
        /// Who voted.
        voter: PublicKey,
    },
}

/// Why a block is invalid on its parent's state: no honest node makes or forwards it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BlockFault {
    /// R5.
    #[error("slot {slot} is not above the parent's slot {parent}")]
    SlotNotAfterParent {
        /// The block's.
        slot: Slot,
        /// The parent's.
        parent: Slot,
    },
    /// R4.
    #[error("slot {slot} is scheduled for another key than {got}")]
    WrongProposer {
        /// The slot.
        slot: Slot,
        /// Who proposed.
        got: PublicKey,
    },
    /// A height that is not the parent's plus one.
    #[error("height {got} does not follow the parent's {parent}")]
    WrongHeight {
        /// The block's.
        got: Height,
        /// The parent's.
        parent: Height,
    },
    /// R6.
    #[error("round {got} is neither the slot {slot} nor, with a quorum, the parent's {parent} + 1")]
    WrongRound {
        /// The block's round.
        got: Round,
        /// Its slot.
        slot: Slot,
        /// The parent's round.
        parent: Round,
    },
    /// R8.
    #[error("cumulative work is {got}, the proof makes it {want}")]
    WrongWork {
        /// What the proof makes it.
        want: Work,
        /// What the header says.
        got: Work,
    },
    /// R9.
    #[error("a share of the work proof does not count: {0}")]
    Share(ShareFault),
    /// R9.
    #[error("catch-up target {hash} is no ancestor of the parent above its justified checkpoint")]
    CatchUpTarget {
        /// The target.
        hash: BlockHash,
    },
    /// R9.
    #[error("a vote of the catch-up proof does not count: {0}")]
    CatchUpVote(ShareFault),
    /// R9.
    #[error("the catch-up proof for {hash} is no quorum")]
    CatchUpNoQuorum {
        /// The target.
        hash: BlockHash,
    },
    /// R21.
    #[error("{0}")]
    Rules(Skip),
    /// The executor refuses it.
    #[error("it can't be executed: {0}")]
    Execution(Arc<dyn Error + Send + Sync>),
    /// Execution gives another state.
    #[error("execution gives state root {got}, the header names {want}")]
    StateRoot {
        /// The header's.
        want: Hash,
        /// Ours.
        got: Hash,
    },
    /// Its parent is not here; its own log has a gap.
    #[error("its parent {hash} is unknown; the log it came from has a gap")]
    UnknownParent {
        /// The parent.
        hash: BlockHash,
    },
    /// It or its parent was found invalid before.
    #[error("block {hash} was found invalid before")]
    KnownInvalid {
        /// Which was.
        hash: BlockHash,
    },
}

/// Why a message is dropped without blame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Skip {
    /// We hold it.
    #[error("it is known already")]
    Known,
    /// It is for a slot that is too far ahead (R5).
    #[error("slot {slot} is more than the allowed drift ahead of our clock in slot {now}")]
    TooEarly {
        /// Its slot.
        slot: Slot,
        /// Ours.
        now: Slot,
    },
    /// It lies on no chain above the last final block.
    #[error("it is not above the last final block at height {finalized}")]
    BelowFinal {
        /// The last final height.
        finalized: Height,
    },
    /// The round is final already, or ahead of our clock.
    #[error("round {round} is outside the window from {low} to {high}")]
    OutsideWindow {
        /// The share's.
        round: Round,
        /// The first one not yet final.
        low: Round,
        /// The last one that may exist.
        high: Round,
    },
    /// Its signer votes neither in the head's state nor in the target's.
    #[error("{voter} is in no voter set of the head or the target")]
    NotAVoter {
        /// Who voted.
        voter: PublicKey,
    },
    /// It is signed, but does not count for its target.
    #[error("it does not count: {0}")]
    Share(ShareFault),
    /// Two shares of the voter for the round are kept (R20).
    #[error("two shares of {voter} for round {round} are kept already")]
    ThirdShare {
        /// Who voted.
        voter: PublicKey,
        /// The round.
        round: Round,
    },
    /// Two headers of the proposer for the slot are kept (R20).
    #[error("two headers of {proposer} for slot {slot} are kept already")]
    ThirdHeader {
        /// Who proposed.
        proposer: PublicKey,
        /// The slot.
        slot: Slot,
    },
    /// Its version is not the one that its parent's state asks for (R21).
    #[error("header version {got}; a child of its parent has version {want}")]
    OtherVersion {
        /// The header's.
        got: u16,
        /// What the parent's state asks for.
        want: u16,
    },
    /// It is run by rules that this program does not know (R21).
    #[error("rules {version} are not known to this program; update it")]
    UnknownRules {
        /// Their number.
        version: u16,
    },
    /// It waited for a parent or body that did not come, or had to make room.
    #[error("its parent or body did not come in time")]
    NotCompleted,
}

/// What no honest peer sends.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// A share that fails its checks.
    #[error("a bad share: {0}")]
    Share(ShareError),
    /// A body that fails its checks.
    #[error("a bad block: {0}")]
    Body(BlockError),
    /// A block that is invalid on its parent.
    #[error("an invalid block: {0}")]
    Block(BlockFault),
    /// A header that its proposer did not sign.
    #[error("a header that {proposer} did not sign")]
    Header {
        /// Who is said to have proposed.
        proposer: PublicKey,
    },
}

/// Why a block, draft or item of ours goes nowhere; for logs.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Dismissal {
    /// The block is invalid.
    #[error("{0}")]
    Invalid(BlockFault),
    /// The block is of no use now.
    #[error("{0}")]
    Skipped(Skip),
    /// A draft was finished too late, or its parent is no longer the head's chain.
    #[error("the draft for slot {slot} came back after slot {now} began or its parent was left")]
    StaleDraft {
        /// The draft's slot.
        slot: Slot,
        /// The clock's.
        now: Slot,
    },
    /// The executor can't finish even an empty draft.
    #[error("the executor refuses the draft: {0}")]
    Draft(Arc<dyn Error + Send + Sync>),
    /// An item can never ride on a share.
    #[error("an item of {got} bytes is over the {limit} bytes of a share; split or shorten it")]
    ItemTooLarge {
        /// Its size.
        got: usize,
        /// What fits.
        limit: u32,
    },
    /// Too many items wait.
    #[error("{limit} items wait for a share already; queue this one later")]
    QueueFull {
        /// How many may wait.
        limit: usize,
    },
    /// A peer claims what contradicts our last final block.
    #[error("checkpoint {round} {hash} is said to be final but is not on our final chain", round = .0.round, hash = .0.hash)]
    Conflict(Checkpoint),
}
