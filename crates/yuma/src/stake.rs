//! Who counts how much: activity, stake, permits, active stake (steps 1 to 4).

use crate::q32::{self, Divisor, Q};
use crate::snapshot::{Snapshot, SnapshotError};

/// The most rao that the live chain's stake type (I64F64) holds.
const MOST: u64 = (1 << 63) - 1;

/// Who counts how much. One entry for each uid.
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
    /// The standing of every neuron of a snapshot whose shape was checked.
    ///
    /// # Errors
    /// [`SnapshotError::TooMuchStake`] when stake sums to 2^63 rao or more.
    pub fn of(snapshot: &Snapshot) -> Result<Self, SnapshotError> {
        let (params, now) = (&snapshot.params, snapshot.current_block);
        let in_time = |update: &u64| update.saturating_add(params.activity_cutoff) >= now;
        let active: Vec<bool> = snapshot.last_update.iter().map(in_time).collect();
        let stake = normalized_stake(snapshot)?;
        let asks = stake.iter().zip(&snapshot.seeking);
        let asking: Vec<Q> = asks.map(|(s, seeks)| if *seeks { *s } else { 0 }).collect();
        let mut new_permits = largest(&asking, usize::from(params.max_allowed_validators));
        let mut permits = snapshot.permits.clone();
        if let Some(owner) = params.owner_uid.map(usize::from) {
            [&mut permits, &mut new_permits]
                .into_iter()
                .filter_map(|list| list.get_mut(owner))
                .for_each(|permit| *permit = true);
        }
        let counts = active.iter().zip(&permits).map(|(active, permit)| *active && *permit);
        let mut active_stake: Vec<Q> =
            stake.iter().zip(counts).map(|(s, counts)| if counts { *s } else { 0 }).collect();
        q32::normalize(&mut active_stake);
        Ok(Self { active, stake, permits, new_permits, active_stake })
    }
}

/// Stake over the sum of stake; what is below the threshold counts as none, but the
/// owner's. A single stake of 2^63 rao or more counts as [`MOST`], as on the live chain.
fn normalized_stake(snapshot: &Snapshot) -> Result<Vec<Q>, SnapshotError> {
    let owner = snapshot.params.owner_uid.map(usize::from);
    let mut stakes = Vec::with_capacity(snapshot.neurons());
    let mut total = 0_u64;
    for (uid, stake) in snapshot.stakes.iter().enumerate() {
        let stake = (*stake).min(MOST);
        let counts = stake >= snapshot.params.stake_threshold || owner == Some(uid);
        let stake = if counts { stake } else { 0 };
        total = total
            .checked_add(stake)
            .filter(|total| *total <= MOST)
            .ok_or(SnapshotError::TooMuchStake { uid, before: total, stake })?;
        stakes.push(stake);
    }
    let total = Divisor::new(total);
    Ok(stakes.into_iter().map(|stake| total.divide(stake)).collect())
}

/// The k largest that are not zero; among equals the higher uids.
fn largest(stake: &[Q], k: usize) -> Vec<bool> {
    let mut order: Vec<(Q, usize)> =
        stake.iter().copied().enumerate().map(|(uid, s)| (s, uid)).collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    let mut chosen = vec![false; stake.len()];
    for (_, uid) in order.into_iter().take(k).filter(|(s, _)| *s > 0) {
        if let Some(chosen) = chosen.get_mut(uid) {
            *chosen = true;
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn among_equal_stakes_the_higher_uids_get_the_permits() {
        assert_eq!(largest(&[5, 5, 5, 5], 2), [false, false, true, true]);
        assert_eq!(largest(&[9, 5, 5, 1], 2), [true, false, true, false]);
    }

    #[test]
    fn who_has_no_stake_gets_no_permit_however_many_are_left() {
        assert_eq!(largest(&[0, 7, 0], 3), [false, true, false]);
        assert_eq!(largest(&[1, 2], 0), [false, false]);
    }
}
