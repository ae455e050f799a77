//! Transactions of our clients on their way to peers.
//!
//! Single transactions make a bad gossip message (a publisher's queues overflow at a
//! few thousand a second), so they travel in bundles of up to 48 KiB, sent when full or
//! after 20 ms.

use crate::wire::{Kind, pack};
use weft_types::{Canonical, CheckedTx, Millis, Tx};

/// Bytes of a bundle; a gossip message holds 64 KiB.
const BUNDLE_BYTES: u64 = 48 << 10;

/// How long a transaction waits for company, in milliseconds.
const WAIT_MS: u64 = 20;

/// The bundle that is filled.
#[derive(Default)]
pub struct Bundle {
    txs: Vec<Tx>,
    bytes: u64,
    since: Option<Millis>,
}

impl Bundle {
    /// Adds a transaction; answers a bundle that has become full.
    pub fn add(&mut self, tx: &CheckedTx, now: Millis) -> Option<Vec<u8>> {
        let sum = self.bytes.saturating_add(u64::from(tx.bytes()));
        let full = (sum > BUNDLE_BYTES).then(|| self.take()).flatten();
        self.txs.push(tx.tx().clone());
        self.bytes = self.bytes.saturating_add(u64::from(tx.bytes()));
        self.since.get_or_insert(now);
        full
    }

    /// The bundle, if one has waited long enough, or the time of day was set back.
    pub fn due(&mut self, now: Millis) -> Option<Vec<u8>> {
        let since = self.since?;
        (self.wakes_at()? <= now || now < since).then(|| self.take())?
    }

    /// When it has waited long enough, if one waits.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Millis> {
        self.since.map(|since| Millis(since.0.saturating_add(WAIT_MS)))
    }

    fn take(&mut self) -> Option<Vec<u8>> {
        self.since = None;
        self.bytes = 0;
        let txs = std::mem::take(&mut self.txs);
        (!txs.is_empty()).then(|| pack(Kind::Transactions, &txs.to_bytes()))
    }
}
