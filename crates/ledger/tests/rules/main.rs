//! The rules, one file a behaviour, on states that are plain maps. After every block the
//! whole state is summed up and compared with the totals that the rules keep.

mod accounts;
mod conserving;
mod emitting;
mod epochs;
mod mainnet;
mod reading;
mod registering;
mod staking;
mod weighing;
mod world;
