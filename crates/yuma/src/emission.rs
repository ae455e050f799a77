//! Who earns which part: step 13 of the epoch.
#![cfg_attr(
    not(test),
    expect(
        clippy::arithmetic_side_effects,
        reason = "incentive and dividends are parts, at most 2^32, and 4 096 of each are added"
    )
)]

use crate::q32::{self, Divisor, Q};

/// Parts of the emission, by uid.
pub struct Emission {
    /// What neurons earn as miners.
    pub server: Vec<Q>,
    /// What they earn as validators.
    pub validator: Vec<Q>,
    /// Both together.
    pub combined: Vec<Q>,
}

/// Incentive and dividends over their joint sum. When nothing was scored, validators and
/// the whole go by active stake, or by stake when nobody is active.
pub fn emission(incentive: &[Q], dividends: &[Q], active_stake: &[Q], stake: &[Q]) -> Emission {
    let both: Vec<Q> = incentive.iter().zip(dividends).map(|(i, d)| i + d).collect();
    let total = q32::sum(&both);
    if total == 0 {
        let by = if q32::sum(active_stake) == 0 { stake } else { active_stake };
        return Emission {
            server: incentive.to_vec(),
            validator: by.to_vec(),
            combined: by.to_vec(),
        };
    }
    let total = Divisor::new(total);
    let over = |list: &[Q]| list.iter().map(|x| total.divide(*x)).collect();
    Emission { server: over(incentive), validator: over(dividends), combined: over(&both) }
}

/// Parts of an amount of rao, each rounded down.
pub fn in_rao(parts: &[Q], rao: u64) -> Vec<u64> {
    parts.iter().map(|part| q32::part_of(*part, rao)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::q32::ONE;

    #[test]
    fn without_scores_validators_earn_by_active_stake_and_else_by_stake() {
        let (active, stake) = ([ONE, 0], [ONE / 4, ONE / 4 * 3]);
        let by_active = emission(&[0, 0], &[0, 0], &active, &stake);
        assert_eq!(by_active.validator, active);
        assert_eq!(by_active.server, [0, 0]);
        let by_stake = emission(&[0, 0], &[0, 0], &[0, 0], &stake);
        assert_eq!(by_stake.combined, stake);
    }

    #[test]
    fn half_of_the_largest_amount_is_half_of_it() {
        assert_eq!(in_rao(&[ONE / 2, ONE, 0], u64::MAX), [u64::MAX / 2, u64::MAX, 0]);
    }
}
