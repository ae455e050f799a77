//! The price of a registration: up by a factor with each, halving with the half-life
//! (B5), without a write in blocks that have none.

use weft_types::{Height, Hyperparameters, Rao};

/// 1, times 2^32.
const ONE: u64 = 1 << 32;

/// The starting price, within the subnet's bounds: 1 TAO.
pub fn initial(numbers: &Hyperparameters) -> Rao {
    clamp(Rao(weft_types::units::RAO_PER_TAO), numbers)
}

fn clamp(price: Rao, numbers: &Hyperparameters) -> Rao {
    price.min(numbers.max_burn).max(numbers.min_burn)
}

/// What a price of `at` has come down to at `now`: halved once per half-life, and by the
/// largest q per remaining block with q^half_life <= 1/2, in 32 fractional bits.
pub fn decayed(price: Rao, at: Height, now: Height, numbers: &Hyperparameters) -> Rao {
    let half_life = numbers.burn_half_life.max(1);
    let elapsed = now.since(at);
    let halvings = elapsed.checked_div(half_life).unwrap_or(0);
    let rest = elapsed.checked_rem(half_life).unwrap_or(0);
    let halved = u32::try_from(halvings).ok().and_then(|h| price.0.checked_shr(h)).unwrap_or(0);
    let factor = if rest == 0 { ONE } else { power(root(half_life), rest) };
    let scaled = u128::from(halved).saturating_mul(u128::from(factor)) >> 32;
    clamp(Rao(u64::try_from(scaled).unwrap_or(u64::MAX)), numbers)
}

/// The price after one more registration.
pub fn raised(price: Rao, numbers: &Hyperparameters) -> Rao {
    let percent = u128::from(numbers.burn_increase_percent);
    let scaled = u128::from(price.0).saturating_mul(percent).checked_div(100).unwrap_or(0);
    clamp(Rao(u64::try_from(scaled).unwrap_or(u64::MAX)), numbers)
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
    use weft_types::{Network, Params};

    fn numbers(half_life: u64) -> Hyperparameters {
        let mut numbers = Params::preset(Network::Main).subnet_defaults;
        (numbers.burn_half_life, numbers.min_burn) = (half_life, Rao(1));
        numbers
    }

    #[test]
    fn a_price_halves_in_its_half_life_and_never_rises_meanwhile() {
        let numbers = numbers(1_000);
        let price = |blocks| decayed(Rao(2_000), Height(0), Height(blocks), &numbers).0;
        assert_eq!((price(0), price(1), price(1_000), price(2_000)), (2_000, 1_998, 1_000, 500));
        assert!((0..2_500).all(|b| price(b + 1) <= price(b)));
    }

    #[test]
    fn a_price_stays_within_its_bounds() {
        let numbers = Hyperparameters { min_burn: Rao(100), max_burn: Rao(150), ..numbers(2) };
        assert_eq!(decayed(Rao(120), Height(0), Height(900), &numbers), Rao(100));
        assert_eq!(raised(Rao(140), &numbers), Rao(150));
        assert_eq!(raised(Rao(100), &numbers), Rao(126));
    }
}
