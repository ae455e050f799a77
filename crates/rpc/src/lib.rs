//! JSON-RPC 2.0 over HTTP, with health and metrics, and the small client for it.
//!
//! The server knows methods and manners: sizes, hosts, batches, error codes. What a
//! method answers is the backend's, one short trait that the node implements. The table
//! of methods ([`method`]) is the only list: dispatch, discovery and docs/rpc.md read it.

pub mod backend;
pub mod client;
pub mod error;
pub mod method;
pub mod server;

mod connections;
mod dispatch;
mod host;
mod shape;

pub use backend::{Backend, Health, Written};
pub use connections::Limits;
pub use error::{Kind, RpcError};
pub use method::Method;
/// The bytes of a page of `chain_genesis`; the last one may be shorter.
pub const GENESIS_PAGE: usize = 1 << 20;

pub use server::{Server, ServerConfig, ServerError};
pub use shape::Shape;
