//! What a place in the state costs (economy, section "Room in the state").
//!
//! Accounts never go, so whoever opens one pays for its place once, and what is paid is
//! recycled. The price follows how full the state is: base * N^2 / (N - n)^2, rounded up,
//! where N is how many values the state is meant to hold and n how many the state before the
//! block held. It is one price for a whole block, so that it can be known before.

use ruint::aliases::U256;
use weft_types::{Params, Rao};

/// What opening an account costs in a state of `held` values; none when it is full.
pub fn price(params: &Params, held: u64) -> Option<Rao> {
    let all = params.state_values;
    let left = all.checked_sub(held).filter(|left| *left > 0)?;
    let square = |n: u64| U256::from(n).checked_mul(U256::from(n));
    let (dividend, divisor) = (square(all)?, square(left)?);
    let dividend = dividend.checked_mul(U256::from(params.account_deposit.0))?;
    let up = U256::from(u8::from(dividend.checked_rem(divisor)? > U256::ZERO));
    let price = dividend.checked_div(divisor)?.checked_add(up)?;
    // What does not fit is more than all coins there can be.
    Some(Rao(u64::try_from(price).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::Network;

    /// A3: the price is 1, 4 and 100 times the base when empty, half full and nine tenths
    /// full, rounded up, and there is none when the state is full.
    #[test]
    fn an_account_costs_four_times_at_half_and_a_hundred_times_at_nine_tenths() {
        let mut params = Params::preset(Network::Main);
        assert_eq!(params.state_values, 1 << 22);
        assert_eq!(price(&params, 0), Some(Rao(1_000_000)));
        assert_eq!(price(&params, 1 << 21), Some(Rao(4_000_000)));
        params.state_values = 1_000;
        assert_eq!(price(&params, 900), Some(Rao(100_000_000)));
        // 10^12 / 999^2 is a little above 1 002 003.
        assert_eq!(price(&params, 1), Some(Rao(1_002_004)));
        assert_eq!(price(&params, 999), Some(Rao(1_000_000_000_000)));
        assert_eq!((price(&params, 1_000), price(&params, 1_001)), (None, None));
        params.account_deposit = Rao::ZERO;
        assert_eq!(price(&params, 999), Some(Rao::ZERO));
        (params.account_deposit, params.state_values) = (Rao(u64::MAX), u64::MAX);
        assert_eq!(price(&params, u64::MAX - 1), Some(Rao(u64::MAX)));
    }

    /// A3: the sum of the prices up to nine tenths of the main preset is what the rules say.
    #[test]
    fn filling_the_state_to_nine_tenths_with_accounts_costs_37_700_tao() {
        let params = Params::preset(Network::Main);
        let stretch = 64;
        let most = params.state_values * 9 / 10;
        let sum: u64 =
            (0..most / stretch).map(|n| price(&params, n * stretch).unwrap().0 * stretch).sum();
        assert_eq!(sum / 100_000_000_000, 377, "{sum} rao");
    }
}
