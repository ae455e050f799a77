//! The commands, one file for each noun. Each parses what clap left, calls a room, and
//! gives an [`crate::output::Answer`].

pub mod account;
pub mod batch;
pub mod bench;
pub mod commits;
pub mod emission;
pub mod fault;
pub mod fill;
pub mod follow;
pub mod genesis;
pub mod hunt;
pub mod incentives;
pub mod join;
pub mod kept;
pub mod launch;
pub mod neuron;
pub mod node;
pub mod open;
pub mod plan;
pub mod ports;
pub mod query;
pub mod reference;
pub mod resume;
pub mod says;
pub mod send;
pub mod settled;
pub mod sim;
mod stop;
pub mod submit;
pub mod subnet;
pub mod testnet;
pub mod turn;
pub mod version;
pub mod wallet;
pub mod weights;
pub mod yuma;
