//! What was asked of peers and is not answered.

use std::collections::BTreeMap;
use weft_consensus::Want;

/// Requests that may be open; more than the shell lets through.
const OPEN: usize = 1_024;

/// Requests under way, by number.
#[derive(Debug, Default)]
pub struct Asks {
    next: u64,
    open: BTreeMap<u64, Option<Want>>,
}

impl Asks {
    /// A number for a request for blocks, or else for a status.
    pub fn begin(&mut self, want: Option<Want>) -> u64 {
        self.next = self.next.saturating_add(1);
        self.open.insert(self.next, want);
        if self.open.len() > OPEN {
            self.open.pop_first();
        }
        self.next
    }

    /// Which blocks the request with this number was for, once.
    pub fn end(&mut self, ask: u64) -> Option<Want> {
        self.open.remove(&ask).flatten()
    }

    /// How many are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.open.len()
    }
}
