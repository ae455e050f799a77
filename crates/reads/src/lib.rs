//! What clients hear: answers from what the node's loop left, and every error as it is told.
//!
//! ```text
//! loop ──► Board: a moment of the engine, who is connected        (after a step, decision 0033)
//! loop ──► Records: what became of transactions; store: where blocks stand; pool: what waits
//! client ─► Reads ─► Look: one question at one moment ─► an answer
//! ```
//!
//! No read enters the loop, and none sees two moments: a [`look::Look`] has one state of the
//! head and one of the last final block, which stay as they are while it works. What may be
//! called final is what the engine says ([`weft_engine::finals`]); nothing here decides that.
//!
//! Not here: what changes something (submits, rows), sockets, threads, waiting, the clock: who asks
//! says what time it is, and on which thread. Only how old a moment is is measured here
//! ([`board::Board::age`]).

pub mod blocks;
pub mod board;
pub mod chain;
pub mod genesis_pages;
pub mod health;
pub mod look;
pub mod metrics;
pub mod record;
pub mod reference;
pub mod rules;
pub mod shared;
pub mod submit;
pub mod told;

mod accounts;
mod answers;
mod left;
mod markets;
mod status;
mod subnets;
mod trial;

pub use left::Reads;

use crate::answers::{answer, question};
use crate::look::Look;
use serde_json::Value;
use weft_rpc::{Health, Kind, Method, RpcError, Written};
use weft_types::check::TxError;
use weft_types::{CheckedTx, Millis};

/// A node whose loop has left nothing yet, or whose head's state is gone.
fn no_moment() -> RpcError {
    RpcError::new(Kind::NotReady, "NotReady", "this node has no state to read yet")
        .help("ask again in a moment")
}

impl Reads {
    /// Whether the loop has done anything of late. It waits for nobody.
    #[must_use]
    pub fn lives(&self) -> bool {
        self.board.age().and_then(health::stalled).is_none()
    }

    /// Answers a question about what is known now.
    ///
    /// # Errors
    /// What [`RpcError`] says.
    pub fn answer(&self, now: Millis, method: Method, params: &Value) -> Result<Written, RpcError> {
        let seen = self.board.look().ok_or_else(no_moment)?;
        let look = Look { reads: self, seen: &seen, params, now };
        let (question, states) = (question(&look, method)?, look.states());
        // It is written when the moment is let go.
        let work_out = move || {
            let value = answer(&Look { reads: self, seen: &seen, params, now }, method);
            drop(seen);
            value.map(Written::from)
        };
        match question {
            None => work_out(),
            Some(question) => self.shared.answer(question, states, work_out),
        }
    }

    /// The block that `chain_getBlock` means, read and described.
    ///
    /// # Errors
    /// The same.
    pub fn block(&self, now: Millis, params: &Value) -> Result<Written, RpcError> {
        // What is found is read when the moment is let go: a full block takes long.
        let found = self.look(now, params, |look| look.find_block())??;
        found.describe().map(Written::from)
    }

    /// What a transaction that came out of the checker would do.
    ///
    /// # Errors
    /// The same, and why it would fail.
    pub fn trial(
        &self,
        now: Millis,
        checked: Result<CheckedTx, TxError>,
    ) -> Result<Written, RpcError> {
        self.look(now, &Value::Null, |look| look.trial(checked))?.map(Written::from)
    }

    /// Whether this node is ready, and what its operator should know.
    #[must_use]
    pub fn health(&self, now: Millis) -> Health {
        let gone = |why: RpcError| Health { reasons: vec![why.to_string()], notes: Vec::new() };
        self.look(now, &Value::Null, |look| look.health()).unwrap_or_else(gone)
    }

    /// The same by the names of what is said, for the log.
    #[must_use]
    pub fn words(&self, now: Millis) -> Vec<(&'static str, String)> {
        self.look(now, &Value::Null, |look| look.words()).unwrap_or_default()
    }

    /// The figures as text.
    #[must_use]
    pub fn figures(&self, now: Millis) -> String {
        self.look(now, &Value::Null, |look| look.figures()).unwrap_or_default()
    }

    fn look<T>(
        &self,
        now: Millis,
        params: &Value,
        read: impl FnOnce(&Look<'_>) -> T,
    ) -> Result<T, RpcError> {
        let seen = self.board.look().ok_or_else(no_moment)?;
        Ok(read(&Look { reads: self, seen: &seen, params, now }))
    }
}
