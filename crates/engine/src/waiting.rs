//! The pool, shared with those who read beside the loop.
//!
//! Only the engine changes it. A reader holds the lock for one look, never while it computes or
//! waits, so that the engine waits for microseconds at most. (States are not shared by a lock:
//! they are handed out as they are, decision 0033.)

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use weft_mempool::{Accounts, Bounds, Pool};
use weft_types::{CheckedTx, Tx};

/// The most waiting transactions of a signer that run before the one that is tried.
const BEFORE: usize = 64;

/// Transactions that wait.
#[derive(Clone, Debug, Default)]
pub struct Waiting(Arc<RwLock<Pool>>);

impl Waiting {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self(Arc::new(RwLock::new(Pool::new(bounds))))
    }

    /// The pool, for one look.
    pub fn look(&self) -> RwLockReadGuard<'_, Pool> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn change(&self) -> RwLockWriteGuard<'_, Pool> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What waits of the signer and runs before this one.
    #[must_use]
    pub fn before(&self, tx: &Tx, accounts: &impl Accounts) -> Vec<Tx> {
        if tx.body.call.is_free() {
            return Vec::new();
        }
        let first = accounts.account(&tx.body.signer).nonce;
        let pool = self.look();
        let earlier = pool.waiting(&tx.body.signer, first).map(CheckedTx::tx);
        earlier.take_while(|w| w.body.nonce < tx.body.nonce).take(BEFORE).cloned().collect()
    }
}
