//! The rules of the protocol, each held by sentences that can fail.

mod network;
mod support;
