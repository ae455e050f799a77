//! Local networks of real processes: made, watched and stopped.
//!
//! A network is a directory. Nodes are started with the very commands a person would
//! use (`weft node init`, `weft node run`); what is here plans their genesis, finds
//! free ports, keeps their pids, and asks them over RPC how they are. Nothing here is
//! linked into a node.

pub mod error;
pub mod import;
pub mod metagraph;
pub mod net;
pub mod plan;
pub mod process;
pub mod rows;
pub mod setting;
pub mod up;
pub mod wallets;

pub use error::NetError;
pub use net::{Net, Node, State};
pub use plan::{Choice, Plan};
