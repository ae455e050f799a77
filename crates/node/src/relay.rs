//! What is on its way to peers: requests that wait for an answer, and transactions
//! that wait for a bundle.
//!
//! Single transactions make a bad gossip message (a publisher's queues overflow at a
//! few thousand a second), so they travel in bundles of up to 48 KiB, sent when full or
//! after 20 ms.

use crate::wire::{Kind, pack};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use weft_consensus::Want;
use weft_types::{Canonical, CheckedTx, Tx};

/// Bytes of a bundle; a gossip message holds 64 KiB.
const BUNDLE_BYTES: usize = 48 << 10;

/// How long a transaction waits for company.
pub const BUNDLE_WAIT: Duration = Duration::from_millis(20);

/// Requests that may be open; more than gossip lets through.
const OPEN: usize = 1_024;

/// Requests and bundles under way.
#[derive(Default)]
pub struct Relay {
    next: u64,
    open: BTreeMap<u64, Option<Want>>,
    bundle: Vec<Tx>,
    bytes: usize,
    since: Option<Instant>,
}

impl Relay {
    /// A number for a request; `None` asks for a status.
    pub fn ask(&mut self, want: Option<Want>) -> u64 {
        self.next += 1;
        self.open.insert(self.next, want);
        if self.open.len() > OPEN {
            self.open.pop_first();
        }
        self.next
    }

    /// What the request with this number was for, once.
    pub fn answered(&mut self, id: u64) -> Option<Want> {
        self.open.remove(&id).flatten()
    }

    /// Adds a transaction; answers a bundle that has become full.
    pub fn add(&mut self, tx: &CheckedTx) -> Option<Vec<u8>> {
        let size = usize::try_from(tx.bytes()).unwrap_or(BUNDLE_BYTES);
        let full = (self.bytes + size > BUNDLE_BYTES).then(|| self.take()).flatten();
        self.bundle.push(tx.tx().clone());
        self.bytes += size;
        self.since.get_or_insert_with(Instant::now);
        full
    }

    /// The bundle, if one has waited long enough.
    pub fn due(&mut self) -> Option<Vec<u8>> {
        self.since.is_some_and(|since| since.elapsed() >= BUNDLE_WAIT).then(|| self.take())?
    }

    /// Whether a bundle waits.
    pub fn waits(&self) -> bool {
        self.since.is_some()
    }

    fn take(&mut self) -> Option<Vec<u8>> {
        self.since = None;
        self.bytes = 0;
        let bundle = std::mem::take(&mut self.bundle);
        (!bundle.is_empty()).then(|| pack(Kind::Transactions, &bundle.to_bytes()))
    }
}
