//! Fixed point with 32 fractional bits: the few operations an epoch is made of.
//!
//! A [`Q`] is a number that is not negative, times 2^32: the raw bits of the live
//! chain's I32F32. Every operation truncates, step by step as there, and the tests at the
//! end hold each of them to the `fixed` crate, whose operations equal the chain's.
//!
//! Why nothing here overflows. A *part* is a cell, a share or a rate: at most [`ONE`],
//! 2^32. A sum adds at most 4 096 parts, so it stays below 2^45. A product of two parts
//! is at most 2^64, which `u128` holds, and truncated at most [`ONE`] again.
#![cfg_attr(
    not(test),
    expect(
        clippy::arithmetic_side_effects,
        reason = "parts are at most 2^32 and sums below 2^45, as the head of this file says"
    )
)]

/// A number that is not negative, times 2^32.
pub type Q = u64;

/// 1.
pub const ONE: Q = 1 << 32;

/// a * b / 2^32 for two parts. Only 1 * 1 leaves 64 bits, and leaves 0 in them: that
/// one case is where both have the bit of [`ONE`].
#[inline]
pub const fn mul(a: Q, b: Q) -> Q {
    (a.wrapping_mul(b) >> 32) | (a & b & ONE)
}

/// part * whole / 2^32: a part of a whole number of any size.
#[inline]
pub fn part_of(part: Q, whole: u64) -> u64 {
    low((u128::from(part) * u128::from(whole)) >> 32)
}

/// The low 64 bits, where the rest is known to be 0 or not to matter.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "taking the low bits is its purpose")]
const fn low(wide: u128) -> u64 {
    wide as u64
}

/// The high 64 bits of a product.
#[inline]
pub const fn high(a: u64, b: u64) -> u64 {
    low((a as u128 * b as u128) >> 64)
}

/// The sum of at most 4 096 parts.
#[inline]
pub fn sum(all: &[Q]) -> Q {
    all.iter().sum()
}

/// Division by one number of many that are not larger than it, exact to the last bit.
///
/// With d in 2^(b-1)..2^b and m = floor(2^(62+b) / d), the estimate
/// floor(a * m / 2^(30+b)) of floor(a * 2^32 / d) is right or one too small: what the
/// truncation of m loses is below a / 2^(30+b) < 1. The remainder says which.
#[derive(Clone, Copy)]
pub struct Divisor {
    by: u64,
    shift: u32,
    reciprocal: u64,
}

impl Divisor {
    /// Division by `by`, which is below 2^63. Division by 0 is that of nothing, and
    /// leaves nothing.
    pub const fn new(by: u64) -> Self {
        if by == 0 {
            return Self { by: 1, shift: 0, reciprocal: 0 };
        }
        let shift = by.leading_zeros();
        Self { by, shift, reciprocal: low((1_u128 << 126) / (by << shift) as u128) }
    }

    /// a / by in 32 fractional bits, truncated. `a` is at most `by`: a quotient of two
    /// numbers of one scale, be they fixed point or whole.
    #[inline]
    pub const fn divide(&self, a: u64) -> Q {
        let estimate = high(a << self.shift, self.reciprocal) >> 30;
        // The remainder is below 2 * by < 2^64, so its low 64 bits are all of it.
        let rest = (a << 32).wrapping_sub(estimate.wrapping_mul(self.by));
        estimate + (rest >= self.by) as u64
    }
}

/// A ratio as it is stored, 65 535 = 1.
#[inline]
pub const fn of_u16(x: u16) -> Q {
    ((x as u64) << 32) / 65_535
}

/// A part to be stored: floor(x * 65 535).
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a part is at most 1, so it is at most 65 535")]
pub const fn to_u16(x: Q) -> u16 {
    ((x * 65_535) >> 32) as u16
}

/// Divides all by their sum; left alone when the sum is 0.
pub fn normalize(all: &mut [Q]) {
    let total = Divisor::new(sum(all));
    all.iter_mut().for_each(|x| *x = total.divide(*x));
}

/// v1 + part * (v2 - v1). The product of a negative difference is rounded down, away
/// from zero, as the live chain's is.
#[inline]
pub fn interpolate(v1: Q, v2: Q, part: Q) -> Q {
    if v2 >= v1 {
        return v1 + mul(part, v2 - v1);
    }
    let wide = u128::from(part) * u128::from(v1 - v2);
    v1 - low(wide.div_ceil(1 << 32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fixed::types::I32F32;

    fn fixed(q: Q) -> I32F32 {
        I32F32::from_bits(q.cast_signed())
    }

    /// Numbers of all sizes up to 2^`bits`, the edges first.
    fn numbers(count: usize, bits: u32) -> Vec<u64> {
        let mut x = 0x9E37_79B9_7F4A_7C15_u64;
        let mut all = vec![0, 1, 2, 3, ONE - 1, ONE, (1 << bits) - 1];
        while all.len() < count {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            all.push((x >> (64 - bits)) >> ((x >> 7) % u64::from(bits)));
        }
        all
    }

    #[test]
    fn products_of_parts_are_those_of_the_fixed_library() {
        let parts: Vec<Q> = numbers(600, 33).into_iter().map(|x| x.min(ONE)).collect();
        for a in &parts {
            for b in &parts {
                assert_eq!(fixed(mul(*a, *b)), fixed(*a).saturating_mul(fixed(*b)), "{a} * {b}");
            }
        }
    }

    #[test]
    fn quotients_by_a_reciprocal_are_those_of_the_fixed_library() {
        for by in numbers(700, 45).into_iter().filter(|by| *by > 0) {
            let divisor = Divisor::new(by);
            for a in numbers(400, 45) {
                let a = a % (by + 1);
                let want = fixed(a).saturating_div(fixed(by));
                assert_eq!(fixed(divisor.divide(a)), want, "{a} / {by}");
            }
        }
    }

    #[test]
    fn quotients_next_to_a_whole_number_are_not_one_off() {
        for by in [3, 7, 10, 65_535, 65_537, ONE - 1, ONE + 1, 3 * ONE / 7, (1 << 45) - 1] {
            let divisor = Divisor::new(by);
            for k in 1..=by.min(2_000) {
                let a = by / k;
                assert_eq!(u128::from(divisor.divide(a)), (u128::from(a) << 32) / u128::from(by));
                let a = by - k;
                assert_eq!(u128::from(divisor.divide(a)), (u128::from(a) << 32) / u128::from(by));
            }
        }
    }

    #[test]
    fn large_whole_numbers_divide_exactly_too() {
        for by in [(1 << 63) - 1, (1 << 62) + 12_345, 21_000_000_000_000_000] {
            let divisor = Divisor::new(by);
            for a in numbers(5_000, 62) {
                let a = a % (by + 1);
                let want = (u128::from(a) << 32) / u128::from(by);
                assert_eq!(u128::from(divisor.divide(a)), want, "{a} / {by}");
            }
            assert_eq!(divisor.divide(by), ONE);
        }
    }

    #[test]
    fn nothing_divided_by_nothing_is_nothing() {
        assert_eq!(Divisor::new(0).divide(0), 0);
        let mut none = [0, 0];
        normalize(&mut none);
        assert_eq!(none, [0, 0]);
    }

    #[test]
    fn stored_ratios_are_those_of_the_fixed_library() {
        for x in numbers(20_000, 33).into_iter().map(|x| x.min(ONE)) {
            let want = fixed(x).saturating_mul(I32F32::from_num(65_535)).saturating_to_num::<u16>();
            assert_eq!(to_u16(x), want, "{x}");
        }
        for x in 0..=u16::MAX {
            let want = I32F32::from_num(x).saturating_div(I32F32::from_num(65_535));
            assert_eq!(fixed(of_u16(x)), want, "{x}");
        }
    }

    #[test]
    fn interpolating_rounds_as_the_fixed_library_does() {
        let parts: Vec<Q> = numbers(120, 33).into_iter().map(|x| x.min(ONE)).collect();
        for a in &parts {
            for b in &parts {
                for part in &parts {
                    let way = fixed(*b).saturating_sub(fixed(*a));
                    let want = fixed(*a).saturating_add(fixed(*part).saturating_mul(way));
                    assert_eq!(fixed(interpolate(*a, *b, *part)), want, "{a} {b} {part}");
                }
            }
        }
    }
}
