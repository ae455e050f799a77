//! One waiting transaction and what it is sorted by.

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
}

impl Entry {
    pub fn new(tx: CheckedTx, arrival: Arrival, until: Height) -> Self {
        let rate = rate(&tx);
        Self { tx, rate, arrival, until }
    }

    pub fn signer(&self) -> PublicKey {
        self.tx.tx().body.signer
    }

    pub fn bytes(&self) -> u64 {
        u64::from(self.tx.bytes())
    }

    /// What it may take from its signer's free coins.
    pub fn cost(&self) -> u128 {
        cost(&self.tx)
    }
}

pub fn rate(tx: &CheckedTx) -> Rate {
    let least = tx.least_fee().0;
    let above = u128::from(tx.tx().body.fee.0.saturating_sub(least)).saturating_mul(1_000);
    let rate = above.checked_div(u128::from(least.max(1))).unwrap_or_default();
    Rate(u64::try_from(rate).unwrap_or(u64::MAX))
}

/// Fee and amount; `remove_stake` pays from the stake that it frees.
pub fn cost(tx: &CheckedTx) -> u128 {
    let body = &tx.tx().body;
    if body.call.is_free() || matches!(body.call, Call::RemoveStake { .. }) {
        return 0;
    }
    let amount = body.call.spends();
    u128::from(body.fee.0).saturating_add(u128::from(amount.0))
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
