//! What a plan says of the checker of each node: how much room it has, and how long its work takes.
//!
//! Not here: what it does (`crate::checking`).

use serde::{Deserialize, Serialize};

/// A checker that takes its time and turns away what it has no room for. What is left out is as much
/// as a node has (`node/src/checker.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Desk {
    /// How many lists of transactions may wait.
    pub lists: usize,
    /// How many answers of peers may wait: of single blocks, and of chains.
    pub answers: usize,
    /// How many bytes of bodies may wait or be looked at; a body always finds room that is all free,
    /// as a block is never larger than that of a node. Whoever serves ends an answer there too.
    pub body_bytes: usize,
    /// How long a list takes.
    pub list_ms: u64,
    /// How long a body takes.
    pub body_ms: u64,
}

impl Default for Desk {
    fn default() -> Self {
        Self { lists: 256, answers: 64, body_bytes: 32 << 20, list_ms: 10, body_ms: 10 }
    }
}
