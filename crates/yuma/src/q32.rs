//! Fixed point with 32 fractional bits: the few operations an epoch is made of.
//!
//! A `Q` is a number that is not negative, times 2^32. All operations truncate. Sums of
//! an epoch stay far below 2^63 (at most 4 096 numbers of at most 65 535), products and
//! quotients below 2^64, so none of them wraps; what could come out larger saturates,
//! as the live chain's type does.

/// A number times 2^32.
pub type Q = u64;

/// 1.
pub const ONE: Q = 1 << 32;

/// The largest number of the live chain's type, 2^31 less one unit.
pub const MAX: Q = (1 << 63) - 1;

/// a * b.
#[inline]
pub fn mul(a: Q, b: Q) -> Q {
    let wide = u128::from(a).saturating_mul(u128::from(b)) >> 32;
    u64::try_from(wide).map_or(MAX, |x| x.min(MAX))
}

/// a / b, 0 when b is 0.
#[inline]
pub fn div(a: Q, b: Q) -> Q {
    match (a >> 32, a.checked_shl(32).unwrap_or(0).checked_div(b)) {
        (_, None) => 0,
        (0, Some(quotient)) => quotient,
        _ => wide_div(a, b),
    }
}

/// a / b where a is 1 or more: the quotient needs more than 64 bits on the way.
#[cold]
fn wide_div(a: Q, b: Q) -> Q {
    let quotient = (u128::from(a) << 32).checked_div(u128::from(b)).unwrap_or(0);
    u64::try_from(quotient).map_or(MAX, |x| x.min(MAX))
}

/// a + b.
#[inline]
pub fn add(a: Q, b: Q) -> Q {
    a.saturating_add(b).min(MAX)
}

/// The sum of many.
pub fn sum(all: &[Q]) -> Q {
    all.iter().fold(0, |a, b| add(a, *b))
}

/// Whole numbers a / b, 0 when b is 0. What a quotient of two whole fixed-point numbers
/// comes to: the scaling of both cancels.
#[inline]
pub fn ratio(a: u64, b: u64) -> Q {
    if a >> 32 == 0 { (a << 32).checked_div(b).unwrap_or(0) } else { wide_div(a, b) }
}

/// A ratio stored as u16: 65 535 means 1.
pub fn of_u16(x: u16) -> Q {
    ratio(u64::from(x), u64::from(u16::MAX))
}

/// A ratio to be stored: floor(x * 65 535), at most 65 535.
#[inline]
pub fn to_u16(x: Q) -> u16 {
    let scaled = mul(x, u64::from(u16::MAX) << 32) >> 32;
    u16::try_from(scaled).unwrap_or(u16::MAX)
}

/// Divides all by their sum; left alone when the sum is 0.
pub fn normalize(all: &mut [Q]) {
    let total = sum(all);
    if total > 0 {
        all.iter_mut().for_each(|x| *x = div(*x, total));
    }
}

/// v1 + part * (v2 - v1). The live chain's product of a negative difference rounds
/// down, away from zero.
pub fn interpolate(v1: Q, v2: Q, part: Q) -> Q {
    if v2 >= v1 {
        return add(v1, mul(part, v2.saturating_sub(v1)));
    }
    let wide = u128::from(part).saturating_mul(u128::from(v1.saturating_sub(v2)));
    let down = u64::try_from(wide.div_ceil(1 << 32)).unwrap_or(MAX);
    v1.saturating_sub(down)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fixed::types::I32F32;

    fn fixed(q: Q) -> I32F32 {
        I32F32::from_bits(q.cast_signed())
    }

    #[test]
    fn products_and_quotients_are_those_of_the_fixed_library() {
        let mut x = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..200_000 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (a, b) = (x >> (1 + x % 47), x.rotate_left(29) >> (1 + x % 43));
            let product = fixed(a).saturating_mul(fixed(b));
            assert_eq!(fixed(mul(a, b)), product, "{a} * {b}");
            if b > 0 {
                assert_eq!(fixed(div(a, b)), fixed(a).saturating_div(fixed(b)), "{a} / {b}");
            }
        }
    }

    #[test]
    fn dividing_by_nothing_gives_nothing() {
        assert_eq!(div(ONE, 0), 0);
        assert_eq!(ratio(5, 0), 0);
    }

    #[test]
    fn interpolating_downwards_rounds_as_the_fixed_library_does() {
        let mut x = 7_u64;
        for _ in 0..100_000 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (a, b, part) = (x >> 32, x & 0xffff_ffff, (x >> 7) & 0xffff_ffff);
            let want = fixed(a)
                .saturating_add(fixed(part).saturating_mul(fixed(b).saturating_sub(fixed(a))));
            assert_eq!(fixed(interpolate(a, b, part)), want, "{a} {b} {part}");
        }
    }
}
