//! What one node decides, as a pure room: `step(now, event) -> what is to be done`.
//!
//! It owns consensus, the states of the ledger and the pool, and decides everything that a
//! node decides beside them. It has no clock, disk, socket or thread: time is an argument,
//! what happens outside comes as an [`Event`], and what is to be done outside is an [`Io`]
//! in a list that is carried out in its order. The node and the simulator drive the same
//! engine.
//!
//! # What happens, in order
//!
//! 1. An engine is made on a restored state ([`Setup`]), takes its log ([`Engine::restore`])
//!    and is judged (R16, [`Engine::start`]). Nothing leaves before that.
//! 2. Each event is decoded and judged ([`hear`]): what needs signatures verified goes to the
//!    checker and comes back; what needs no decision is answered; the rest is an input of
//!    the core.
//! 3. What the core wants is carried out ([`effects`]): a vote record stands before the share
//!    that it is for, a sync before what may leave only then.
//! 4. What became final goes out with its writes and receipts, and is said when a synced
//!    state names it ([`finals`], [`keep`]).
//! 5. What the core lacks is asked of peers, who has it by [`sources`] and when by [`asks`];
//!    an answer is held against what was asked before a signature in it is looked at
//!    ([`fetch`], [`answers`]). What peers ask is answered within a [`budget`] ([`serve`]).
//! 6. Every half second what is due by time: the voter's rows, its offer, reports of offences
//!    ([`rows`], [`own`], [`offers`], [`reports`]), checkpoints.
//! 7. Who reads does not come by here: a moment is handed out ([`seen`]), and the pool is looked
//!    at under a lock ([`waiting`]).
//!
//! # Why it is safe
//!
//! What must be durable before something leaves stands before it in the list, and the shell
//! carries the list out in order and ends at the first failure of the disk. So a crash
//! between any two of its entries is a crash that the protocol allows for.
//!
//! Every list that others can fill has a limit.
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)
)]

pub mod accounts;
pub mod answers;
pub mod asks;
pub mod budget;
pub mod bundle;
pub mod effects;
pub mod engine;
pub mod event;
pub mod fetch;
pub mod finals;
pub mod halt;
pub mod hear;
pub mod io;
pub mod keep;
pub mod kept;
pub mod lacks;
pub mod offers;
pub mod own;
pub mod peers;
pub mod questions;
pub mod refused;
pub mod reports;
pub mod rows;
pub mod seen;
pub mod serve;
pub mod sources;
pub mod submit;
pub mod timer;
pub mod trust;
pub mod waiting;
pub mod wire;

#[cfg(test)]
mod tests;

pub use engine::{Engine, Setup, slot_at};
pub use event::Event;
pub use io::Io;
