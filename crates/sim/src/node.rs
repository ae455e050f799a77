//! One node: a core, a pool, a disk, and what a shell remembers.

use crate::agenda::Parcel;
use crate::disk::Disk;
use crate::plan::Lost;
use crate::seals::Seals;
use crate::watch::head::Arrivals;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use weft_consensus::trust::Guard;
use weft_consensus::{Core, PeerId, Ticket, Want};
use weft_ledger::forks::{Forks, View};
use weft_mempool::{Account, Accounts, Bounds, Pool};
use weft_types::{BlockHash, Call, Evidence, Hash, Height, PublicKey, Rao, Slot, TxBody, Vote};

/// A gossip message that waits for its verdict.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Who sent it.
    pub from: usize,
    /// What.
    pub parcel: Parcel,
}

/// What a node took in of signed things, and whom it accused, in its present life.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// The votes of each voter.
    pub votes: BTreeMap<PublicKey, Vec<Vote>>,
    /// The first header of each proposer and slot.
    pub headers: BTreeMap<(PublicKey, Slot), BlockHash>,
    /// Whom it saw offend.
    pub accused: BTreeSet<PublicKey>,
}

/// A node, up or down.
#[derive(Default)]
pub struct Node {
    /// The core; none while the node is down.
    pub core: Option<Core<Forks, Seals>>,
    /// The core of a process that stands still.
    pub paused: Option<Core<Forks, Seals>>,
    /// The slot since which it does.
    pub paused_in: u64,
    /// Who says whether it may believe what it sees (R16).
    pub guard: Option<Guard>,
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
    /// The last block it said to be final in this life.
    pub finalized: Height,
    /// What its core made final since, oldest first.
    pub unsaid: VecDeque<(BlockHash, Height)>,
    /// It dies when it has carried out this many more effects.
    pub doom: Option<u64>,
    /// It stays down until a restart that was planned.
    pub is_held: bool,
    /// What will not be there at the next start.
    pub loses: Lost,
    /// Its operator has it hear the makers of another past no more.
    pub shuns: bool,
    /// What it took in.
    pub taken: Taken,
    /// Which blocks came in time.
    pub arrivals: Arrivals,
    /// Offences it wants to report.
    pub reports: VecDeque<Evidence>,
    /// When it sent its last report.
    pub reported: Option<Height>,
}

impl Node {
    /// Forgets all that only memory holds; answers how many blocks were not synced.
    pub fn die(&mut self) -> usize {
        let mut disk = std::mem::take(&mut self.disk);
        let lost = disk.crash();
        let (life, skew_ms) = (self.life + 1, self.skew_ms);
        let (is_held, loses, shuns) = (self.is_held, self.loses, self.shuns);
        *self = Self { disk, life, skew_ms, is_held, loses, shuns, ..Self::default() };
        self.pool = Pool::new(Bounds::default());
        lost
    }

    /// The height of the last block that it says is final; 0 while it is down.
    #[must_use]
    pub fn final_height(&self) -> u64 {
        self.core.as_ref().map_or(0, |_| self.finalized.0)
    }

    /// The height of the head.
    #[must_use]
    pub fn head_height(&self) -> u64 {
        self.core.as_ref().map_or(0, |core| core.head().height.0)
    }
}

/// Accounts after a block, for the pool.
pub struct AccountsAt<'a> {
    forks: &'a Forks,
    view: Option<View<'a>>,
    head: BlockHash,
}

impl<'a> AccountsAt<'a> {
    /// The accounts after a block; empty when its state is not kept.
    #[must_use]
    pub fn of(forks: &'a Forks, head: &BlockHash) -> Self {
        Self { forks, view: forks.view(head), head: *head }
    }
}

impl Accounts for AccountsAt<'_> {
    fn opening(&self, key: &PublicKey) -> Option<Rao> {
        self.forks.ledger().opening(self.view.as_ref()?, key)
    }

    fn account(&self, key: &PublicKey) -> Account {
        let Some(view) = &self.view else { return Account::default() };
        let account = weft_ledger::query::account(view, key);
        Account { free: account.free, nonce: account.nonce }
    }

    fn is_good(&self, body: &TxBody) -> bool {
        let rules = self.forks.rules(&self.head);
        rules.is_none_or(|rules| self.forks.ledger().permits(rules, body).is_ok())
    }

    /// What would make a block invalid is not allowed.
    fn allows(&self, body: &TxBody) -> bool {
        let Some(view) = &self.view else { return false };
        match &body.call {
            Call::RemoveStake { hotkey, .. } => {
                let stake = weft_ledger::query::stake(view, hotkey, &body.signer);
                let deposit = self.forks.ledger().opening(view, &body.signer);
                let need = deposit.and_then(|deposit| body.fee.checked_add(deposit));
                stake > Rao::ZERO && need.is_some_and(|need| stake >= need)
            }
            call if call.is_free() => self.forks.ledger().try_free(view, self.head, body).is_ok(),
            _ => true,
        }
    }
}
