//! Why the room cannot be opened.

use thiserror::Error;

/// The reasons for which [`start`](crate::start) refuses. None of them goes away by
/// waiting, except a listen address that another process holds.
#[derive(Debug, Error)]
pub enum GossipError {
    /// `start` was called outside a tokio runtime.
    #[error("the network task needs a running tokio runtime")]
    NoRuntime,
    /// The 32 bytes are not an ed25519 seed.
    #[error("the node key is not an ed25519 seed: {why}")]
    Key {
        /// What the key library said.
        why: String,
    },
    /// A configured address is not a multiaddr of TCP over IP, or a peer name is none.
    #[error("the address {address:?} cannot be used: {why}")]
    Address {
        /// The text in the configuration.
        address: String,
        /// What the parser said.
        why: String,
    },
    /// A listen address could not be bound.
    #[error("cannot listen on {address}: {why}")]
    Listen {
        /// The address in the configuration.
        address: String,
        /// What the operating system or the transport said.
        why: String,
    },
    /// A limit has a value with which the room cannot work.
    #[error("the limit {name} is {value}, but must be from {least} to {most}")]
    Limit {
        /// The field of [`Limits`](crate::Limits).
        name: &'static str,
        /// Its value.
        value: u64,
        /// The smallest value that works.
        least: u64,
        /// The largest value that works.
        most: u64,
    },
    /// A protocol could not be put together from the configuration.
    #[error("cannot set up {part}: {why}")]
    Setup {
        /// Which part of the stack refused.
        part: &'static str,
        /// What it said.
        why: String,
    },
}
