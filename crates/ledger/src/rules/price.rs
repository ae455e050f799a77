//! The price of a registration, in rao and in hashes: up by a factor with each, halving
//! with the half-life (B5), without a write in blocks that have none.

use weft_types::{Height, Hyperparameters};

/// 1, times 2^32.
const ONE: u64 = 1 << 32;

/// How a price moves. Both doors of a subnet follow one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceRule {
    half_life: u64,
    percent: u64,
    low: u64,
    high: u64,
}

impl PriceRule {
    /// The burn price of a subnet, in rao.
    pub const fn burn(numbers: &Hyperparameters) -> Self {
        Self {
            half_life: numbers.burn_half_life,
            percent: numbers.burn_increase_percent,
            low: numbers.min_burn.0,
            high: numbers.max_burn.0,
        }
    }

    /// The stamp difficulty of a subnet, in hashes.
    pub const fn stamp(numbers: &Hyperparameters) -> Self {
        Self {
            half_life: numbers.stamp_half_life,
            percent: numbers.stamp_increase_percent,
            low: numbers.min_stamp_difficulty,
            high: numbers.max_stamp_difficulty,
        }
    }

    /// The nearest price within the bounds.
    pub fn clamp(self, price: u64) -> u64 {
        price.min(self.high).max(self.low)
    }

    /// What a price of `at` has come down to at `now`: halved once per half-life, and by
    /// the largest q per remaining block with q^half_life <= 1/2, in 32 fractional bits.
    pub fn decayed(self, price: u64, at: Height, now: Height) -> u64 {
        let half_life = self.half_life.max(1);
        let elapsed = now.since(at);
        let halvings = elapsed.checked_div(half_life).unwrap_or(0);
        let rest = elapsed.checked_rem(half_life).unwrap_or(0);
        let halved = u32::try_from(halvings).ok().and_then(|h| price.checked_shr(h)).unwrap_or(0);
        let factor = if rest == 0 { ONE } else { power(root(half_life), rest) };
        let scaled = u128::from(halved).saturating_mul(u128::from(factor)) >> 32;
        self.clamp(u64::try_from(scaled).unwrap_or(u64::MAX))
    }

    /// The price after one more registration.
    pub fn raised(self, price: u64) -> u64 {
        let scaled = u128::from(price).saturating_mul(u128::from(self.percent));
        let scaled = scaled.checked_div(100).unwrap_or(0);
        self.clamp(u64::try_from(scaled).unwrap_or(u64::MAX))
    }
}

/// base^exponent for a base of at most 1, by squaring.
fn power(base: u64, mut exponent: u64) -> u64 {
    let mul = |a: u64, b: u64| u64::try_from((u128::from(a).saturating_mul(u128::from(b))) >> 32);
    let (mut result, mut square) = (ONE, base);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = mul(result, square).unwrap_or(ONE);
        }
        square = mul(square, square).unwrap_or(ONE);
        exponent >>= 1;
    }
    result
}

/// The largest q with q^half_life <= 1/2, by bisection.
fn root(half_life: u64) -> u64 {
    let (mut low, mut high) = (0, ONE);
    while low < high {
        let middle = low.midpoint(high).saturating_add(low.saturating_add(high) & 1);
        if power(middle, half_life) <= ONE / 2 {
            low = middle;
        } else {
            high = middle.saturating_sub(1);
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(half_life: u64) -> PriceRule {
        PriceRule { half_life, percent: 126, low: 1, high: 100_000_000_000 }
    }

    #[test]
    fn a_price_halves_in_its_half_life_and_never_rises_meanwhile() {
        let price = |blocks| rule(1_000).decayed(2_000, Height(0), Height(blocks));
        assert_eq!((price(0), price(1), price(1_000), price(2_000)), (2_000, 1_998, 1_000, 500));
        assert!((0..2_500).all(|b| price(b + 1) <= price(b)));
    }

    #[test]
    fn the_price_of_the_live_chain_falls_as_in_its_tests_or_by_one_rao_less() {
        // B5: half-life 2, from 1 024: 511 after two blocks and 255 after four, where each
        // block rounds down. Rounded once, it is 512 and 256.
        let price = |blocks| rule(2).decayed(1_024, Height(0), Height(blocks));
        assert_eq!((price(2), price(4)), (512, 256));
    }

    #[test]
    fn a_price_stays_within_its_bounds() {
        let rule = PriceRule { low: 100, high: 150, ..rule(2) };
        assert_eq!(rule.decayed(120, Height(0), Height(900)), 100);
        assert_eq!((rule.raised(140), rule.raised(100)), (150, 126));
        assert_eq!((rule.clamp(1), rule.clamp(1_000)), (100, 150));
    }

    #[test]
    fn the_hardest_stamp_is_raised_without_overflow() {
        let rule = PriceRule { low: 1, high: 1 << 60, percent: 300, half_life: 1 };
        assert_eq!(rule.raised(1 << 60), 1 << 60);
    }
}
