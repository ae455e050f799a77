//! What a node can't do without, and how its end is noticed: a thread or task that
//! ends, by a panic or by itself, stops the node by name. A node without its checker or
//! its network would look alive and be deaf.

use crate::error::NodeError;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;
use tokio::task::JoinError;

/// A thread that must run as long as the node does.
#[derive(Debug)]
pub struct Watched {
    what: &'static str,
    end: oneshot::Receiver<String>,
}

impl Watched {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`NodeError::Task`] when the system gives none.
    pub fn start(
        what: &'static str,
        work: impl FnOnce() -> std::io::Result<()> + Send + 'static,
    ) -> Result<Self, NodeError> {
        let (last_words, end) = oneshot::channel();
        let watched = move || {
            let reason = match catch_unwind(AssertUnwindSafe(work)) {
                Ok(Ok(())) => "it ended by itself".to_owned(),
                Ok(Err(error)) => error.to_string(),
                Err(panic) => format!("it panicked: {}", words(panic.as_ref())),
            };
            // Nobody listens when the node has stopped before.
            drop(last_words.send(reason));
        };
        let spawned = std::thread::Builder::new().name(what.to_owned()).spawn(watched);
        spawned.map_err(|e| NodeError::Task { what, reason: e.to_string() })?;
        Ok(Self { what, end })
    }

    /// Waits for the end of the thread and names it. Not to be asked again after that.
    pub async fn ended(&mut self) -> NodeError {
        let reason = (&mut self.end).await.unwrap_or_else(|_| "it is gone".to_owned());
        NodeError::Task { what: self.what, reason }
    }
}

/// The end of a task as an error of the node.
pub fn ended(what: &'static str, end: Result<(), JoinError>) -> NodeError {
    let reason = end.map_or_else(|e| e.to_string(), |()| "it ended by itself".to_owned());
    NodeError::Task { what, reason }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn end_of(work: impl FnOnce() -> std::io::Result<()> + Send + 'static) -> String {
        Watched::start("the thread", work).unwrap().ended().await.to_string()
    }

    #[tokio::test]
    async fn a_thread_that_ends_is_named_with_its_reason() {
        let text = end_of(|| panic!("no more {}", "seals")).await;
        assert!(text.contains("the thread stopped: it panicked: no more seals"), "{text}");
        let text = end_of(|| Err(std::io::Error::other("no timer"))).await;
        assert!(text.contains("no timer"), "{text}");
        assert!(end_of(|| Ok(())).await.contains("ended by itself"));
        let task = tokio::spawn(async { panic!("no more peers") }).await;
        let text = ended("the network", task).to_string();
        assert!(text.contains("the network stopped: ") && text.contains("no more peers"), "{text}");
    }
}
