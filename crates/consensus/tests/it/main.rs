//! The rules of the protocol, each held by sentences that can fail.

mod admission;
mod blocks;
mod finality;
mod head;
mod network;
mod support;
mod sync;
mod voting;
