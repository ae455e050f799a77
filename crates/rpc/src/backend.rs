//! What the server asks of the node: one short trait that the node implements.
//!
//! Not here: how calls come in (`server`, `dispatch`), and what is answered.

use crate::error::RpcError;
use crate::method::Method;
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;

/// An answer as it goes out: JSON text, which calls that hear the same may share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written(Arc<String>);

impl Written {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Value> for Written {
    fn from(value: Value) -> Self {
        Self(Arc::new(value.to_string()))
    }
}

/// What the server asks of the node.
pub trait Backend: Send + Sync + 'static {
    /// Runs a method for a client at this address; parameters are by name.
    fn call(
        &self,
        from: IpAddr,
        method: Method,
        params: Value,
    ) -> impl Future<Output = Result<Written, RpcError>> + Send;

    /// Whether the node does anything at all. It is asked at once, whatever others ask.
    fn lives(&self) -> bool;

    /// Whether the node is ready, and why not.
    fn health(&self) -> impl Future<Output = Health> + Send;

    /// All metrics as text.
    fn metrics(&self) -> impl Future<Output = String> + Send;
}

/// Whether a node is ready.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// Why not, in sentences; empty when it is.
    pub reasons: Vec<String>,
    /// What its operator should look at, though it is ready.
    pub notes: Vec<String>,
}
