//! The small runtime of commands that talk to nodes.

use crate::output::{Exit, Failure};

/// A small runtime for a command; the node has its own.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failure::new(Exit::Failed, "NoRuntime", e))
}
