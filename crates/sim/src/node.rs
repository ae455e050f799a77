//! One node: a core, a pool, a disk, and what a shell remembers.

use crate::agenda::Parcel;
use crate::disk::Disk;
use std::collections::{BTreeMap, BTreeSet};
use weft_consensus::{Core, PeerId, Ticket, Want};
use weft_ledger::forks::{Forks, View};
use weft_mempool::{Account, Accounts, Bounds, Pool};
use weft_types::{BlockHash, Hash, Height, PublicKey, TxBody};

/// A gossip message that waits for its verdict.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Who sent it.
    pub from: usize,
    /// What.
    pub parcel: Parcel,
}

/// A node, up or down.
#[derive(Default)]
pub struct Node {
    /// The core; none while the node is down.
    pub core: Option<Core<Forks>>,
    /// Transactions that wait.
    pub pool: Pool,
    /// What outlives a crash.
    pub disk: Disk,
    /// How many times it was started: events of an earlier life are not heard.
    pub life: u64,
    /// How far its clock is from true time.
    pub skew_ms: i64,
    /// Gossip it has seen.
    pub seen: BTreeSet<Hash>,
    /// Messages that wait for their verdict.
    pub tickets: BTreeMap<Ticket, Waiting>,
    /// Requests that wait for their answer.
    pub requests: BTreeMap<u64, (PeerId, Want)>,
    /// When it queued its last row.
    pub offered: Option<Height>,
    /// The last block it made final in this life.
    pub finalized: Height,
    /// It dies when it has carried out this many more effects.
    pub doom: Option<u64>,
}

impl Node {
    /// Forgets all that only memory holds; answers how many blocks were not synced.
    pub fn die(&mut self) -> usize {
        let mut disk = std::mem::take(&mut self.disk);
        let lost = disk.crash();
        *self = Self { disk, life: self.life + 1, skew_ms: self.skew_ms, ..Self::default() };
        self.pool = Pool::new(Bounds::default());
        lost
    }

    /// The height of the last final block.
    #[must_use]
    pub fn final_height(&self) -> u64 {
        self.core.as_ref().map_or(0, |core| core.finalized().0.height.0)
    }

    /// The height of the head.
    #[must_use]
    pub fn head_height(&self) -> u64 {
        self.core.as_ref().map_or(0, |core| core.head().height.0)
    }
}

/// Accounts after a block, for the pool.
pub struct AccountsAt<'a>(Option<View<'a>>);

impl<'a> AccountsAt<'a> {
    /// The accounts after a block; empty when its state is not kept.
    #[must_use]
    pub fn of(forks: &'a Forks, block: &BlockHash) -> Self {
        Self(forks.view(block))
    }
}

impl Accounts for AccountsAt<'_> {
    fn account(&self, key: &PublicKey) -> Account {
        let Some(view) = &self.0 else { return Account::default() };
        let account = weft_ledger::query::account(view, key);
        Account { free: account.free, nonce: account.nonce }
    }

    /// People here only send transfers, which are paid from free coins.
    fn allows(&self, body: &TxBody) -> bool {
        !body.call.is_free()
    }
}
