//! Who earns which part: step 13 of the epoch.

use crate::q32::{self, Q};

/// Parts of the emission, and the same in rao.
pub struct Emission {
    /// The miners' parts.
    pub server: Vec<Q>,
    /// The validators' parts.
    pub validator: Vec<Q>,
    /// Both together.
    pub combined: Vec<Q>,
}

/// Incentive and dividends over their joint sum. When nothing was scored, validators and
/// the whole go by active stake, or by stake when nobody is active.
pub fn emission(incentive: &[Q], dividends: &[Q], active_stake: &[Q], stake: &[Q]) -> Emission {
    let both: Vec<Q> = incentive.iter().zip(dividends).map(|(i, d)| q32::add(*i, *d)).collect();
    let total = q32::sum(&both);
    if total == 0 {
        let by = if q32::sum(active_stake) == 0 { stake } else { active_stake };
        return Emission {
            server: incentive.to_vec(),
            validator: by.to_vec(),
            combined: by.to_vec(),
        };
    }
    let over = |list: &[Q]| list.iter().map(|x| q32::div(*x, total)).collect();
    Emission { server: over(incentive), validator: over(dividends), combined: over(&both) }
}

/// Parts of an amount of rao, each rounded down.
pub fn in_rao(parts: &[Q], rao: u64) -> Vec<u64> {
    let of = |part: &Q| u128::from(*part).saturating_mul(u128::from(rao)) >> 32;
    parts.iter().map(|p| u64::try_from(of(p)).unwrap_or(u64::MAX)).collect()
}
