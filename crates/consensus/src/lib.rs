//! Consensus by proof of weights.
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)
)]

pub mod config;
pub mod core;
pub mod effect;
pub mod error;
pub mod input;
pub mod record;

pub use crate::config::{Base, Config, Standing};
pub use crate::core::Core;
pub use crate::effect::{Effect, Evidence, Verdict};
pub use crate::error::{BlockFault, Fault, Refusal, ShareFault, Skip};
pub use crate::input::{Input, PeerId, Status, Ticket, Want};
pub use crate::record::{VoteFile, VoteRecord};
pub use weft_types::executor::{Assembled, Draft, Executed, Executor};
