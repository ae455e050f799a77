//! One waiting transaction and what it is sorted by.

use crate::bounds::Accounts;
use std::collections::BTreeSet;
use weft_types::{Call, CheckedTx, Height, Netuid, Nonce, Offence, PublicKey};

/// What a transaction pays above the least fee, in thousandths of that: the least fee is
/// what its bytes and calls are worth, and what is above it is all the proposer's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(pub u64);

/// The how-manieth transaction taken in.
pub type Arrival = u64;

/// Where a transaction waits in its signer's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// By its nonce.
    Paying(Nonce),
    /// By call and subnet.
    Free(&'static str, Netuid),
    /// By the offence that it shows, and whose.
    Report(PublicKey, Offence),
}

/// A waiting transaction.
#[derive(Clone, Debug)]
pub struct Entry {
    pub tx: CheckedTx,
    pub rate: Rate,
    pub arrival: Arrival,
    /// The last height that may carry it.
    pub until: Height,
    /// What it may take from its signer's free coins, by the prices when it was taken in.
    pub cost: u128,
}

impl Entry {
    pub fn new(tx: CheckedTx, arrival: Arrival, (until, cost): (Height, u128)) -> Self {
        let rate = rate(&tx);
        Self { tx, rate, arrival, until, cost }
    }

    pub fn signer(&self) -> PublicKey {
        self.tx.tx().body.signer
    }

    pub fn bytes(&self) -> u64 {
        u64::from(self.tx.bytes())
    }
}

pub fn rate(tx: &CheckedTx) -> Rate {
    let least = tx.least_fee().0;
    let above = u128::from(tx.tx().body.fee.0.saturating_sub(least)).saturating_mul(1_000);
    let rate = above.checked_div(u128::from(least.max(1))).unwrap_or_default();
    Rate(u64::try_from(rate).unwrap_or(u64::MAX))
}

/// Fee, amount, and the deposit of each account that it opens; `remove_stake` pays from the
/// stake that it frees. None when the state is too full to open one.
pub fn cost(tx: &CheckedTx, accounts: &impl Accounts) -> Option<u128> {
    let body = &tx.tx().body;
    if asks(&body.call) {
        return Some(0);
    }
    let amount = u128::from(body.fee.0).saturating_add(u128::from(body.call.spends().0));
    opened(&body.call).into_iter().try_fold(amount, |sum, key| {
        let deposit = accounts.opening(&key)?;
        Some(sum.saturating_add(u128::from(deposit.0)))
    })
}

/// Whose accounts a call opens if there are none.
fn opened(call: &Call) -> BTreeSet<PublicKey> {
    match call {
        Call::Transfer { to, open: true, .. } => BTreeSet::from([*to]),
        Call::Batch { calls } => calls.iter().flat_map(|call| opened(&call.0)).collect(),
        _ => BTreeSet::new(),
    }
}

/// Whether the state must be asked if it allows this call.
pub fn asks(call: &Call) -> bool {
    call.is_free() || matches!(call, Call::RemoveStake { .. })
}

/// The height that a free call names, if it names one; what it names is soon too old.
pub const fn named(call: &Call) -> Option<Height> {
    match call {
        Call::SetWeights { row } => Some(row.view),
        Call::CommitWeights { commitment } => Some(commitment.at),
        Call::RegisterStamp { height, .. } => Some(*height),
        Call::ServeAxon { at, .. } | Call::SeekPermit { at, .. } | Call::JoinVoters { at, .. } => {
            Some(*at)
        }
        _ => None,
    }
}

pub fn place(tx: &CheckedTx) -> Place {
    let body = &tx.tx().body;
    match &body.call {
        Call::ReportEvidence { evidence } if let Ok(offence) = evidence.offence() => {
            Place::Report(evidence.offender(), offence)
        }
        call if call.is_free() => Place::Free(call.name(), call.netuid()),
        _ => Place::Paying(body.nonce),
    }
}
