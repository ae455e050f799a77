//! The rules, one file a behaviour, on states that are plain maps. After every block the
//! whole state is summed up and compared with the totals that the rules keep.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that can't go on fails, and one without its golden file says so"
)]

mod accounts;
mod batching;
mod bootstrapping;
mod changing;
mod committing;
mod conserving;
mod creating;
mod emitting;
mod epochs;
mod evicting;
mod forgetting;
mod leaving;
mod mainnet;
mod market;
mod opening;
mod reading;
mod registering;
mod revealing;
mod rooting;
mod rotating;
mod scenarios;
mod schedule;
mod serving;
mod setting;
mod slashing;
mod staking;
mod stamping;
mod trying;
mod weighing;
mod world;
