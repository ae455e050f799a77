//! What is asked of the pool about one signer: what waits, what it may cost, what comes next.

use crate::bounds::Accounts;
use crate::pool::Pool;
use weft_types::{CheckedTx, Nonce, PublicKey, Rao};

impl Pool {
    /// The nonce that a signer's next transaction should have: behind those that wait
    /// without a gap.
    #[must_use]
    pub fn next_nonce(&self, signer: &PublicKey, accounts: &impl Accounts) -> Nonce {
        let first = accounts.account(signer).nonce;
        let mut next = first;
        for entry in self.queues.get(signer).into_iter().flat_map(|q| q.from(first)) {
            if entry.tx.tx().body.nonce != next {
                break;
            }
            next = next.next().unwrap_or(next);
        }
        next
    }

    /// What waits of a signer from this nonce up, in the order of nonces.
    pub fn waiting(&self, signer: &PublicKey, from: Nonce) -> impl Iterator<Item = &CheckedTx> {
        let queue = self.queues.get(signer).into_iter();
        queue.flat_map(move |q| q.from(from)).map(|entry| &entry.tx)
    }

    /// What the waiting transactions of a signer may take from its free coins.
    #[must_use]
    pub fn committed(&self, signer: &PublicKey, from: Nonce) -> Rao {
        let queue = self.queues.get(signer).into_iter();
        let costs = queue.flat_map(move |q| q.from(from)).map(|entry| entry.cost);
        let sum = costs.fold(0_u128, u128::saturating_add);
        Rao(u64::try_from(sum).unwrap_or(u64::MAX))
    }
}
