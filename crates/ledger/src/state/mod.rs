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
mod growth;
pub mod key;
pub mod layer;
pub mod leaf;
pub mod map;
mod paged;
pub mod proof;
mod record;
mod tree;
pub mod value;
pub mod view;

pub use base::{Base, Entry, RestoreError};
pub use changes::{Changes, Read, Scratch};
pub use key::Key;
pub use layer::{Layer, Write};
pub use map::{Index, Seed};
pub use proof::{Proof, ProofError};
pub use value::Value;
pub use view::View;
