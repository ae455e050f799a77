//! Local networks of real processes: made, watched and stopped.
//!
//! A network is a directory. Nodes are started with the very commands a person would
//! use (`weft node init`, `weft node run`); what is here plans their genesis, finds
//! free ports, keeps their pids, and asks them over RPC how they are. On wish their
//! connections go through wires that can be cut. Nothing here is linked into a node.

mod carry;
pub mod error;
pub mod fault;
pub mod groups;
pub mod import;
pub mod metagraph;
pub mod net;
pub mod plan;
pub mod process;
pub mod rows;
pub mod setting;
pub mod switch;
pub mod up;
pub mod wallets;
pub mod wires;

pub use error::NetError;
pub use net::{Net, Node, State, free_ports};
pub use plan::{Choice, Plan};
