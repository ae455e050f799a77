//! The ledger: what a block does to the money, the markets and the neurons.
//!
//! (parent state, block) to (changes, receipts): the ledger knows nothing of forks,
//! clocks, disks or peers. State is read through one narrow trait, a block's writes
//! are a value, and unfinal blocks are layers over the last final state.
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)
)]

pub mod forks;
pub mod query;
pub mod rules;
pub mod state;
