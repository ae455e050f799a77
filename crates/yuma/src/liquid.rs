//! Liquid alpha: how fast each bond moves, by a sigmoid of how far the validator stands
//! from consensus or from its old bond (step 12 of the epoch, Yuma 3).
//!
//! The exponential is not the true one: it is the live chain's series of I32F32, term by
//! term with truncation, and its edges too. So outcomes are equal, not merely close.
#![cfg_attr(
    not(test),
    expect(
        clippy::arithmetic_side_effects,
        reason = "parts are at most 2^32, the slope is below 2^41, and the series of what is \
                  at most LARGEST stays below 2^63, which a test holds"
    )
)]

use crate::q32::{self, ONE, Q};
use crate::snapshot::EpochParams;

/// The number e as the live chain's library has it, in 23 fractional bits, times 2^32.
const E: Q = 22_802_600 << 9;

/// The library's series ends before the term x^32 / 32!.
const TERMS: u32 = 32;

/// The largest |x| whose terms all stay below 2^31, times 2^32. Terms only grow with |x|,
/// so there is one such number; beyond it the library gives up. A test holds it.
const LARGEST: Q = 89_715_445_397;

/// How many exponentials are computed side by side: one alone waits for each of its
/// products, eight keep the multiplier busy.
const LANES: usize = 8;

/// Division by a small number without dividing: m = ceil(2^(63+l) / i) with i <= 2^l,
/// then floor(n / i) = floor(n * m / 2^(63+l)) for all n < 2^63 (Granlund and Montgomery
/// 1994, theorem 4.2). The second number is l - 1: what is left to shift.
const RECIPROCALS: [(u64, u32); TERMS as usize] = reciprocals();

#[cfg_attr(
    not(test),
    expect(clippy::indexing_slicing, reason = "the compiler runs it, and would notice")
)]
const fn reciprocals() -> [(u64, u32); TERMS as usize] {
    let mut all = [(0, 0); TERMS as usize];
    let mut i = 2_u32;
    while i < TERMS {
        let bits = (i - 1).ilog2() + 1;
        let exact = (1_u128 << (63 + bits)).div_ceil(i as u128);
        #[expect(clippy::cast_possible_truncation, reason = "i > 2^(bits-1), so it is below 2^64")]
        let low = exact as u64;
        all[i as usize] = (low, bits - 1);
        i += 1;
    }
    all
}

/// The bounds and the slope of the sigmoid, and room for one column.
pub struct Liquid {
    low: Q,
    high: Q,
    /// Steepness over -100, times 2^32: negative for a sigmoid that rises.
    slope: i64,
    /// The rate where the difference is nothing, which is that of many pairs.
    at_rest: Q,
    /// The rate of each place.
    rates: Vec<Q>,
    /// Places that are not at rest, and how far off they are.
    moving: Vec<(usize, Q)>,
}

impl Liquid {
    /// From the stored numbers, whose bounds were checked to be in order.
    pub fn new(params: &EpochParams) -> Self {
        let mut liquid = Self {
            low: q32::of_u16(params.alpha_low),
            high: q32::of_u16(params.alpha_high),
            slope: (i64::from(params.alpha_sigmoid_steepness) << 32) / -100,
            at_rest: 0,
            rates: Vec::new(),
            moving: Vec::new(),
        };
        let [at_rest, ..] = liquid.rates([0; LANES]);
        liquid.at_rest = at_rest;
        liquid
    }

    /// One column of bonds. A pair without an entry in the weights loses its bond: the
    /// live chain's sparse average works so.
    pub fn average(
        &mut self,
        column: &mut [Q],
        (weights, entries): (&[Q], &[bool]),
        (old, consensus): (&[u16], Q),
    ) {
        self.moving.clear();
        self.rates.clear();
        for (place, (weight, old)) in weights.iter().zip(old).enumerate() {
            self.rates.push(self.at_rest);
            let difference = difference(*weight, q32::of_u16(*old), consensus);
            if difference > 0 {
                self.moving.push((place, difference));
            }
        }
        for chunk in self.moving.chunks(LANES) {
            let mut lanes = [0; LANES];
            lanes.iter_mut().zip(chunk).for_each(|(lane, (_, difference))| *lane = *difference);
            for (rate, (place, _)) in self.rates(lanes).iter().zip(chunk) {
                if let Some(slot) = self.rates.get_mut(*place) {
                    *slot = *rate;
                }
            }
        }
        let pairs = weights.iter().zip(entries).zip(old.iter().zip(&self.rates));
        for (x, ((weight, is_entry), (old, rate))) in column.iter_mut().zip(pairs) {
            let kept = q32::mul(ONE - rate, q32::of_u16(*old));
            *x = if *is_entry { kept + q32::mul(*rate, *weight) } else { 0 };
        }
    }

    /// low + (high - low) / (1 + e^(-steepness * (difference - 1/2))).
    fn rates(&self, differences: [Q; LANES]) -> [Q; LANES] {
        let exponents = differences.map(|difference| {
            let offset = i128::from(difference) - i128::from(ONE / 2);
            let exponent = (i128::from(self.slope) * offset) >> 32;
            #[expect(clippy::cast_possible_truncation, reason = "at most 2^41 * 2^31 / 2^32")]
            let exponent = exponent as i64;
            exponent
        });
        exponentials(exponents)
            .map(|power| self.low + q32::mul(inverse(ONE + power), self.high - self.low))
    }
}

/// How far a validator stands off: above consensus when it gives no less than its bond,
/// else below its bond. Between 0 and 1, for both are parts.
#[inline]
fn difference(weight: Q, bond: Q, consensus: Q) -> Q {
    if weight >= bond { weight.saturating_sub(consensus) } else { bond - weight }
}

/// e^x for numbers times 2^32, as the live chain's library computes it: 1 + x + x^2/2 + …
/// of |x|, each term truncated, and the inverse of that for a negative x. The library has
/// a number of its own for x = 1, and what it gives up on, the live chain takes for 0.
fn exponentials(exponents: [i64; LANES]) -> [Q; LANES] {
    let mut all = series(exponents.map(|x| x.unsigned_abs().min(LARGEST)));
    for (sum, x) in all.iter_mut().zip(exponents) {
        *sum = match x.unsigned_abs() {
            size if size > LARGEST => 0,
            ONE if x > 0 => E,
            _ if x < 0 => inverse(*sum),
            _ => *sum,
        };
    }
    all
}

/// 1 + x + x^2/2 + … + x^31/31! for each x, which is at most [`LARGEST`].
///
/// x < 2^37 and terms < 2^59, so x * 2^27 and term * 2^5 fit, and the high half of their
/// product is term * x / 2^32.
fn series(sizes: [Q; LANES]) -> [Q; LANES] {
    let shifted = sizes.map(|x| x << 27);
    let (mut terms, mut sums) = (sizes, sizes.map(|x| ONE + x));
    for (reciprocal, shift) in RECIPROCALS.iter().skip(2) {
        for ((term, sum), x) in terms.iter_mut().zip(&mut sums).zip(&shifted) {
            *term = q32::high(q32::high(*term << 5, *x), *reciprocal) >> shift;
            *sum += *term;
        }
    }
    sums
}

/// 1 / x for an x of 1 or more: floor(2^64 / x), which differs from that of 2^64 - 1 only
/// where x divides 2^64.
fn inverse(x: Q) -> Q {
    u64::MAX / x + u64::from(x.is_power_of_two())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fixed::types::I32F32;

    /// The library's series, written with the library's operations.
    fn library(x: I32F32) -> Option<I32F32> {
        let size = x.abs();
        let (mut term, mut sum) = (size, size + I32F32::ONE);
        for i in 2..32 {
            term = term.checked_mul(size)?.checked_div(I32F32::from_num(i))?;
            sum = sum.checked_add(term)?;
        }
        if x < 0 { I32F32::ONE.checked_div(sum) } else { Some(sum) }
    }

    /// What the live chain takes for e^x.
    fn exp(x: i64) -> Q {
        exponentials([x; LANES])[LANES - 1]
    }

    fn params(alpha_low: u16, alpha_high: u16, alpha_sigmoid_steepness: i16) -> EpochParams {
        EpochParams { alpha_low, alpha_high, alpha_sigmoid_steepness, ..EpochParams::default() }
    }

    #[test]
    fn the_exponential_is_the_series_of_the_fixed_operations() {
        let mut x = 3_u64;
        for _ in 0..50_000 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let raw = (x.cast_signed() >> 23) >> ((x >> 3) % 20);
            if raw == 0 || raw == ONE.cast_signed() {
                continue;
            }
            let want = library(I32F32::from_bits(raw)).map(|y| y.to_bits().cast_unsigned());
            assert_eq!(exp(raw), want.unwrap_or(0), "e^({raw} / 2^32)");
        }
    }

    #[test]
    fn the_edges_of_the_exponential_are_the_librarys() {
        assert_eq!(exp(0), ONE);
        assert_eq!(exp(1 << 32), E);
        assert_eq!(exp(-(1 << 32)), 1_580_030_169);
        let edge = I32F32::from_bits(LARGEST.cast_signed());
        assert!(library(edge).is_some(), "all terms stay within the type");
        assert!(library(edge + I32F32::DELTA).is_none(), "a term leaves the type");
        assert_eq!(exp(LARGEST.cast_signed() + 1), 0);
        assert_eq!(exp(-LARGEST.cast_signed() - 1), 0);
        assert_eq!(exp(i64::MIN), 0);
    }

    #[test]
    fn the_inverse_is_that_of_the_fixed_library() {
        for x in [ONE, ONE + 1, 2 * ONE - 1, 2 * ONE, 3 * ONE, 1 << 40, (1 << 63) - 1] {
            let fixed = I32F32::ONE.saturating_div(I32F32::from_bits(x.cast_signed()));
            assert_eq!(inverse(x), fixed.to_bits().cast_unsigned(), "1 / {x}");
        }
    }

    #[test]
    fn division_by_a_small_number_is_exact() {
        for (i, (reciprocal, shift)) in (0_u64..).zip(RECIPROCALS).skip(2) {
            for k in [0, 1, 1 << 20, (1 << 63) / i - 1] {
                for n in [k * i, k * i + i - 1, (1 << 63) - 1 - k] {
                    let high = (u128::from(n) * u128::from(reciprocal)) >> 64;
                    assert_eq!(high >> shift, u128::from(n / i), "{n} / {i}");
                }
            }
        }
    }

    #[test]
    fn the_rate_stays_within_its_bounds_and_rises_with_the_difference() {
        let liquid = Liquid::new(&params(6_553, 19_660, 1_000));
        let rates: Vec<Q> = (0..=10).map(|d| liquid.rates([d * (ONE / 10); LANES])[0]).collect();
        assert!(rates.is_sorted(), "{rates:?}");
        assert!(rates[0] >= q32::of_u16(6_553));
        assert!(rates[10] <= q32::of_u16(19_660));
    }

    #[test]
    fn the_rate_is_in_the_middle_without_steepness() {
        let liquid = Liquid::new(&params(0, u16::MAX, 0));
        assert_eq!(liquid.rates([0; LANES]), [ONE / 2; LANES]);
        assert_eq!(liquid.rates([ONE; LANES]), [ONE / 2; LANES]);
    }
}
