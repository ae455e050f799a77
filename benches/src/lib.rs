//! The benches: what is measured, under which load, and whether the result is right.
//!
//! A figure without its checks says nothing, so every bench checks its own outcome, and
//! prints machine, seed and configuration with it. The load generator is a process of its
//! own. Nothing here is linked into a node.

pub mod chain;
pub mod consensus;
pub mod epochs;
pub mod fill;
pub mod fill_node;
pub mod host;
pub mod ledger;
pub mod load;
pub mod offered;
pub mod percentiles;
pub mod reads;
pub mod watch;
pub mod yuma;
