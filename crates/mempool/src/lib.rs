//! Transactions that wait for a block.
//!
//! In the order of events: a checked transaction is offered with the accounts of the
//! head state, and is taken, known already or refused by name; a proposer picks, on the
//! state of the parent it builds on, and nothing leaves by that; when a block is final,
//! what it carried and what its signers can never use again is dropped. Between pick
//! and final a transaction stays, so that a reorganisation brings it back without any
//! work: what a state has executed is told by that state's nonces.
//!
//! Paying transactions queue by signer in nonce order. Free calls ([`Call::is_free`])
//! have no nonce: one per signer, call and subnet waits, and one report per offence, in
//! rooms of their own, and the state is asked whether it would succeed, since a failing one
//! spoils a block.
//!
//! Everything is bounded ([`Bounds`]): when the pool is full, the fullest signer loses
//! its last transaction first (R19), and among equals the one that pays least above
//! the least fee.
//!
//! [`Call::is_free`]: weft_types::Call::is_free
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)
)]

mod bounds;
mod entry;
mod error;
mod fits;
mod free;
mod insert;
mod look;
mod pick;
mod pool;
mod queue;

pub use bounds::{Account, Accounts, Bounds, Counters};
pub use error::PoolError;
pub use insert::Inserted;
pub use pool::Pool;
