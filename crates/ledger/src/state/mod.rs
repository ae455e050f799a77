//! The state room: names, values, reading and writing, the tree over all of it, and
//! the unfinal blocks as layers.
//!
//! ```text
//! rules ── Changes ──► Layer over Base ──► Tree: slots, links, root, proofs
//!   ▲                       │
//!   └──────── Read ◄── View ┘
//! ```
//!
//! Not here: any rule about what may be written (`rules`), and which block stands on
//! which (`forks`).

pub mod base;
pub mod changes;
pub mod growth;
pub mod key;
pub mod leaf;
pub mod map;
pub mod proof;
pub mod tree;
pub mod value;

pub use base::{Base, Entry, Layer, RestoreError, View, Write};
pub use changes::{Changes, Read, Scratch};
pub use key::Key;
pub use map::{Index, Seed};
pub use proof::{Proof, ProofError};
pub use value::Value;
