//! Liquid alpha: how fast each bond moves, by a sigmoid of how far the validator stands
//! from consensus or from its old bond (step 12 of the epoch, Yuma 3).

use crate::q32::{self, ONE, Q};

/// Half.
const HALF: Q = ONE / 2;

/// ln 2, times 2^62.
const LN_2: i128 = 3_196_577_161_300_663_915;

/// 1, times 2^62.
const UNIT: i128 = 1 << 62;

/// The bounds and the slope of the sigmoid.
pub struct Liquid {
    low: Q,
    high: Q,
    /// Steepness over -100, times 2^32: negative for a rising sigmoid.
    slope: i64,
}

impl Liquid {
    /// From the stored numbers.
    pub fn new(low: u16, high: u16, steepness: i16) -> Self {
        let scaled = i64::from(steepness) << 32;
        let slope = scaled.checked_div(-100).unwrap_or(0);
        Self { low: q32::of_u16(low), high: q32::of_u16(high), slope }
    }

    /// The rate of one bond: low + (high - low) / (1 + e^(-slope * (difference - 1/2))).
    pub fn alpha(&self, consensus: Q, weight: Q, bond: Q) -> Q {
        let difference = if weight >= bond {
            weight.saturating_sub(consensus)
        } else {
            bond.saturating_sub(weight)
        };
        let offset = i128::from(difference.min(ONE)).saturating_sub(i128::from(HALF));
        let exponent = i128::from(self.slope).saturating_mul(offset) >> 32;
        let sigmoid = q32::div(ONE, q32::add(ONE, exp(exponent)));
        let alpha = if self.high >= self.low {
            q32::add(self.low, q32::mul(sigmoid, self.high.saturating_sub(self.low)))
        } else {
            self.low.saturating_sub(q32::mul(sigmoid, self.low.saturating_sub(self.high)))
        };
        alpha.max(self.low).min(self.high)
    }
}

/// e^x for x times 2^32, cut to -20..20 as the live chain does. Exact to the last bits:
/// x = k ln 2 + r with r below ln 2, and the series of e^r until a term vanishes.
fn exp(x: i128) -> Q {
    let limit = i128::from(ONE).saturating_mul(20);
    let x = x.clamp(limit.saturating_neg(), limit) << 30;
    let k = x.div_euclid(LN_2);
    let r = x.rem_euclid(LN_2);
    let (mut term, mut sum) = (UNIT, UNIT);
    for n in 1..40_i128 {
        term = (term.saturating_mul(r) >> 62).checked_div(n).unwrap_or(0);
        if term == 0 {
            break;
        }
        sum = sum.saturating_add(term);
    }
    let shift = k.saturating_sub(30);
    let scaled = match u32::try_from(shift.unsigned_abs()) {
        Ok(by) if shift < 0 => sum.checked_shr(by).unwrap_or(0),
        Ok(by) => sum.checked_shl(by).unwrap_or(i128::MAX),
        Err(_) => 0,
    };
    u64::try_from(scaled).map_or(q32::MAX, |x| x.min(q32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_right_to_the_last_bits() {
        // e^x * 2^32, rounded down, from a table of the exponential.
        for (x, want) in [
            (0, 4_294_967_296),
            (1 << 32, 11_674_931_554),
            (-(1 << 32), 1_580_030_168),
            (5 << 32, 637_429_664_642),
            (-(5 << 32), 28_939_262),
        ] {
            let got = exp(x);
            assert!(got.abs_diff(want) <= 1, "e^({x} / 2^32): {got} {want}");
        }
    }

    #[test]
    fn alpha_stays_within_its_bounds_and_rises_with_the_difference() {
        let liquid = Liquid::new(6_553, 19_660, 1_000);
        let alphas: Vec<Q> = (0..=10).map(|d| liquid.alpha(0, d * (ONE / 10), 0)).collect();
        assert!(alphas.is_sorted(), "{alphas:?}");
        assert!(alphas[0] >= q32::of_u16(6_553));
        assert!(alphas[10] <= q32::of_u16(19_660));
    }
}
