//! What a block may emit, by issuance, in integers (economy, section 1; B2).

use crate::state::value::Supply;
use weft_types::Rao;
use weft_types::units::{RAO_PER_TAO, SUPPLY_CAP};

/// How often the emission has halved at this issuance: the largest h with
/// (M - I) * 2^h <= M. Capped at 64, where nothing is left to emit.
#[must_use]
pub fn halvings(issued: Rao) -> u8 {
    let cap = u128::from(SUPPLY_CAP.0);
    let left = u128::from(SUPPLY_CAP.0.saturating_sub(issued.0));
    (1..=64_u8).take_while(|h| left << h <= cap).last().unwrap_or(0)
}

/// What the next block emits when a subnet has started, and how often the emission will
/// have halved by then. The number of halvings is stored and never falls, even when
/// recycling takes issuance back below a threshold.
#[must_use]
pub fn block_emission(supply: &Supply) -> (Rao, u8) {
    let halving = halvings(supply.issued).max(supply.halving);
    let whole = RAO_PER_TAO.checked_shr(u32::from(halving)).unwrap_or(0);
    let left = SUPPLY_CAP.0.saturating_sub(supply.issued.0);
    (Rao(whole.min(left)), halving)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(issued: u64) -> (u64, u8) {
        let (emission, h) = block_emission(&Supply { issued: Rao(issued), ..Supply::default() });
        (emission.0, h)
    }

    #[test]
    fn the_emission_halves_exactly_at_each_threshold() {
        let cap = SUPPLY_CAP.0;
        for h in 1..=29_u32 {
            // The first issuance with (M - I) * 2^h <= M.
            let threshold = cap - (cap >> h);
            let (before, after) = (at(threshold - 1).0, at(threshold).0);
            assert_eq!((before, after), (RAO_PER_TAO >> (h - 1), RAO_PER_TAO >> h), "{h}");
        }
        assert_eq!(at(0), (1_000_000_000, 0));
        assert_eq!(at(cap), (0, 64));
    }

    #[test]
    fn recycling_below_a_threshold_does_not_raise_the_emission() {
        let supply = Supply { issued: Rao(1), halving: 3, ..Supply::default() };
        assert_eq!(block_emission(&supply), (Rao(RAO_PER_TAO >> 3), 3));
    }

    #[test]
    fn the_last_coins_are_never_more_than_the_cap() {
        let left = 5;
        let supply = Supply { issued: Rao(SUPPLY_CAP.0 - left), ..Supply::default() };
        assert!(block_emission(&supply).0.0 <= left);
    }
}
