//! The directory of a node: what its operator wrote there ([`config`]), and making one by asking a
//! node that runs ([`join`]).
//!
//! Not here: the data that a node keeps there (`store`), and running it (`node`).

pub mod config;
pub mod join;
