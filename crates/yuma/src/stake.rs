//! Stake, permits and active stake: steps 1 to 4 of the epoch.

use crate::q32::{self, Q};
use crate::snapshot::Snapshot;
use fixed::types::{I32F32, I64F64};

/// Who counts how much.
pub struct Standing {
    /// Who was updated within the cutoff.
    pub active: Vec<bool>,
    /// Stake, normalised.
    pub stake: Vec<Q>,
    /// Who may write weights in this epoch.
    pub permits: Vec<bool>,
    /// Who may from the next epoch on.
    pub new_permits: Vec<bool>,
    /// Stake of those who are active and have a permit, normalised.
    pub active_stake: Vec<Q>,
}

impl Standing {
    /// The standing of every neuron.
    pub fn of(snapshot: &Snapshot) -> Self {
        let (params, now) = (&snapshot.params, snapshot.current_block);
        let cutoff = |update: &u64| update.saturating_add(params.activity_cutoff) >= now;
        let active: Vec<bool> = snapshot.last_update.iter().map(cutoff).collect();
        let stake = normalized_stake(snapshot);
        let owner = params.owner_uid.map(usize::from);
        let or_owner = |(uid, permit): (usize, bool)| permit || owner == Some(uid);
        let top = largest(&stake, usize::from(params.max_allowed_validators));
        let new_permits: Vec<bool> = top.into_iter().enumerate().map(or_owner).collect();
        let permits: Vec<bool> =
            snapshot.permits.iter().copied().enumerate().map(or_owner).collect();
        let counts = stake.iter().zip(active.iter().zip(&permits));
        let mut active_stake: Vec<Q> =
            counts.map(|(s, (active, permit))| if *active && *permit { *s } else { 0 }).collect();
        q32::normalize(&mut active_stake);
        Self { active, stake, permits, new_permits, active_stake }
    }
}

/// Stakes below the threshold count as none. The live chain keeps stake in a type whose
/// largest number is 2^63: more saturates, and a sum above wraps around.
fn normalized_stake(snapshot: &Snapshot) -> Vec<Q> {
    let params = &snapshot.params;
    let owner = params.owner_uid.map(usize::from);
    let counted = |(uid, stake): (usize, &u64)| {
        let stake = I64F64::saturating_from_num(*stake);
        let enough = stake.saturating_to_num::<u64>() >= params.stake_threshold;
        if enough || owner == Some(uid) { stake } else { I64F64::ZERO }
    };
    let stakes: Vec<I64F64> = snapshot.stakes.iter().enumerate().map(counted).collect();
    let total = stakes.iter().fold(I64F64::ZERO, |a, b| a.wrapping_add(*b));
    stakes.into_iter().map(|stake| part(stake, total)).collect()
}

/// stake / total, in 32 fractional bits.
fn part(stake: I64F64, total: I64F64) -> Q {
    let quotient = if total == I64F64::ZERO {
        stake
    } else {
        stake.checked_div(total).unwrap_or(I64F64::ZERO)
    };
    u64::try_from(I32F32::saturating_from_num(quotient).to_bits()).unwrap_or(0)
}

/// The k largest that are not zero; among equals the higher uids.
fn largest(stake: &[Q], k: usize) -> Vec<bool> {
    let mut order: Vec<(Q, usize)> =
        stake.iter().copied().enumerate().map(|(uid, s)| (s, uid)).collect();
    order.sort_unstable();
    let skip = order.len().saturating_sub(k);
    let mut chosen = vec![false; stake.len()];
    for (s, uid) in order.into_iter().skip(skip) {
        if let Some(chosen) = chosen.get_mut(uid) {
            *chosen = s > 0;
        }
    }
    chosen
}
