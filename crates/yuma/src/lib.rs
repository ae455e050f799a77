//! Yuma consensus: one epoch of one subnet as a pure function.
//!
//! ```text
//! stakes ─► stake, permits, active stake ─┐
//! rows ───► masked, row-normalised W ─────┼─► consensus ─► clipped W ─► trust, rank, incentive
//! bonds ──► masked B ─────────────────────┴─► moving average of bonds ─► dividends ─► emission
//! ```
//!
//! Numbers in, numbers out: nothing here knows an address, a chain or a store. All
//! arithmetic is fixed point with 32 fractional bits and truncation, step by step as the
//! live chain does it, so outcomes are equal to the last bit. A cell is a `u64` that
//! means value * 2^32, and matrices lie flat, column after column.
//!
//! Not here: what an epoch pays to whom (the ledger's), and the split between subnets.
//!
//! ```
//! use weft_yuma::{Variant, epoch, synthetic};
//!
//! let snapshot = synthetic(4, 16, Variant::Yuma3, 1)?;
//! let outcome = epoch(&snapshot)?;
//! assert!(outcome.emission.iter().sum::<u64>() <= snapshot.rao_emission);
//! # Ok::<(), weft_yuma::SnapshotError>(())
//! ```
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)
)]

pub mod case;
pub mod outcome;
pub mod snapshot;

mod bonds;
mod consensus;
mod emission;
mod epoch;
mod liquid;
mod q32;
mod stake;
mod synthetic;
mod votes;

pub use epoch::epoch;
pub use outcome::{Fx, Outcome};
pub use snapshot::{EpochParams, Snapshot, SnapshotError, Variant};
pub use synthetic::synthetic;
