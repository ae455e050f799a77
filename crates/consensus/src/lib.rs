//! Consensus by proof of weights, as a pure core: `step(now, input) -> effects`.
//!
//! The core has no clock, socket, disk or dice, and knows nothing of accounts: an
//! [`Executor`] runs a block on its parent's state and answers with a root and voter
//! sets. The same core runs in the node, the simulator and the bench.
//!
//! # What happens, in order
//!
//! 1. Slot s begins ([`clock`]). Its proposer is read from the [`schedule`] of the
//!    head's state (R4). As soon as it holds a quorum of shares for the head, or a
//!    quarter of the slot has passed, it drafts a block that carries every share it
//!    has, and a catch-up proof if one helps ([`propose`], R6, R9). The shell fills the
//!    draft with transactions; [`Core::seal`] executes, records, signs, announces.
//! 2. A peer's header waits until its slot is near, its parent known and its body here
//!    ([`waiting`], R5, R20). The block is judged on its parent ([`judge`]: R4, R5, R6,
//!    R8, R9), executed, and its state root compared. Then it is logged and forwarded.
//! 3. What the block carries makes its state's standing: justified and final
//!    ([`mod@finality`], R10, R11). Shares seen outside of blocks may show the same earlier
//!    ([`forks`]).
//! 4. The head is the heaviest tip above the highest justified block known ([`forks`],
//!    R8). A voter whose head is of the current slot signs one share for it, if what it
//!    signed before allows ([`voter`], R7), with the work that waits ([`queue`]).
//! 5. Shares arrive ([`shares`], R20), complete a quorum, and the next proposer builds.
//! 6. What becomes final is reported once, oldest first, and everything that does not
//!    descend from it is dropped ([`tree`]).
//! 7. What is lacked, and who said to have it, is there to be read ([`Core::lacked_bodies`],
//!    [`Core::lacked_chains`]); whom to ask, and when, is not decided here.
//!
//! 8. Beside all that a [`trust::Guard`] says whether what became final may be believed at
//!    all by a node that was away (R16); while it may not, the core is held and signs nothing.
//!
//! # Why it is safe
//!
//! A voter never signs two targets of one round nor a link around another, and writes
//! what it signs before it leaves; with that alone two conflicting blocks are not both
//! final while less than a third of the power is Byzantine (the argument is in
//! [`mod@finality`]). Everything else (schedule, timely blocks, heaviest tip, catch-up
//! proofs, rounds) is there so that honest voters meet again after any disorder.
//!
//! Every list that others can fill has a limit, per peer where a peer fills it
//! ([`crowd`], R19). The tree itself grows only by blocks of scheduled proposers, two a
//! slot and those that others built on.
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)
)]

pub mod clock;
pub mod config;
pub mod core;
pub mod counters;
pub mod crowd;
pub mod effect;
pub mod error;
pub mod finality;
pub mod forks;
pub mod headers;
pub mod input;
pub mod judge;
pub mod propose;
pub mod queue;
pub mod record;
pub mod round;
pub mod schedule;
pub mod shares;
pub mod tally;
pub mod tree;
pub mod trust;
pub mod voter;
pub mod waiting;

pub use crate::config::{Base, Config, Standing};
pub use crate::core::{Core, Lack, Stopped};
pub use crate::counters::Counters;
pub use crate::effect::{Effect, Finding};
pub use crate::error::{BlockFault, Dismissal, Fault, ShareFault, Skip};
pub use crate::input::{Input, PeerId, Status, Ticket};
pub use crate::record::{VoteFile, VoteRecord};
pub use crate::voter::Foreign;
pub use weft_types::executor::{Assembled, Draft, Executed, Executor};
