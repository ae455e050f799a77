//! The pool of stake behind a hotkey, as arithmetic (economy, section 5).
//!
//! A deposit of d mints d * (S + 2^32) / (V + 1) shares; s shares are worth
//! s * (V + 1) / (S + 2^32). Intermediates are 256 bits wide and everything rounds
//! against the caller, so nobody can gain by depositing and withdrawing, and the
//! virtual 2^32 shares make it useless to raise the price of a share by donations.
//!
//! Not here: whose the shares are (`stake`).

use super::error::CallError;
use crate::state::value::Hotkey;
use ruint::aliases::U256;
use weft_types::Rao;

/// Shares that belong to nobody.
const VIRTUAL: u128 = 1 << 32;

/// The most shares of a pool.
const MAX_SHARES: u128 = 1 << 112;

/// a * b / c in 256 bits, rounded down or up; `None` when c is 0 or it does not fit.
fn mul_div(a: u128, b: u128, c: u128, up: bool) -> Option<u128> {
    let (product, c) = (U256::from(a).checked_mul(U256::from(b))?, U256::from(c));
    let quotient = product.checked_div(c)?;
    let rest = product.checked_rem(c)?;
    let up = up && rest > U256::ZERO;
    quotient.checked_add(U256::from(u8::from(up)))?.try_into().ok()
}

fn price(pool: &Hotkey) -> Option<(u128, u128)> {
    let shares = pool.shares.checked_add(VIRTUAL)?;
    Some((shares, u128::from(pool.value.0).checked_add(1)?))
}

/// What shares of a pool are worth, rounded down.
pub fn worth(pool: &Hotkey, shares: u128) -> Rao {
    let worth = price(pool).and_then(|(s, v)| mul_div(shares, v, s, false));
    worth.and_then(|w| u64::try_from(w).ok()).map_or(pool.value, |w| Rao(w).min(pool.value))
}

/// What a deposit mints.
pub fn minted(pool: &Hotkey, amount: Rao) -> Result<u128, CallError> {
    if is_closed(pool) {
        return Err(CallError::PoolClosed);
    }
    let minted = price(pool).and_then(|(s, v)| mul_div(u128::from(amount.0), s, v, false));
    let minted = minted.ok_or(CallError::PoolFull)?;
    match pool.shares.checked_add(minted) {
        Some(total) if total < MAX_SHARES => Ok(minted),
        _ => Err(CallError::PoolFull),
    }
}

/// What a withdrawal costs in shares, rounded up.
pub fn burned(pool: &Hotkey, amount: Rao) -> Option<u128> {
    let (s, v) = price(pool)?;
    mul_div(u128::from(amount.0), s, v, true)
}

/// Whether a pool was cut to nothing.
pub const fn is_closed(pool: &Hotkey) -> bool {
    pool.value.0 == 0 && pool.shares > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::{Height, PublicKey};

    fn pool(value: u64, shares: u128) -> Hotkey {
        Hotkey {
            coldkey: PublicKey([0; 32]),
            take: 0,
            value: Rao(value),
            shares,
            take_at: Height::ZERO,
            since: Height::ZERO,
        }
    }

    #[test]
    fn a_donation_before_the_first_deposit_costs_the_victim_no_more_than_a_rao() {
        // A pool of one rao, raised by a payout of 1 TAO; the victim brings 1.9 TAO.
        let mut attacked = pool(1, VIRTUAL);
        attacked.value = Rao(1_000_000_001);
        let amount = Rao(1_900_000_000);
        let shares = minted(&attacked, amount).unwrap();
        attacked.shares += shares;
        attacked.value = attacked.value.checked_add(amount).unwrap();
        let back = worth(&attacked, shares);
        assert!(amount.0 - back.0 <= 1, "{} of {} came back", back.0, amount.0);
    }

    #[test]
    fn a_withdrawal_never_costs_those_who_stay() {
        // Shares so dear that rounding shows: each is worth hundreds of rao.
        for (value, shares) in [(1 << 50, 1 << 40), (1 << 53, 1 << 38), (1 << 52, (1 << 41) + 77)] {
            let before = pool(value, shares);
            let rest = shares / 3;
            for amount in [1, 2, 255, 1_000, 1_000_003] {
                let burned = burned(&before, Rao(amount)).unwrap();
                if burned > shares - rest {
                    continue;
                }
                let after = pool(value - amount, shares - burned);
                assert!(worth(&after, rest) >= worth(&before, rest), "{value} {shares} {amount}");
            }
        }
    }

    #[test]
    fn what_was_deposited_is_worth_no_more_than_it_was() {
        for (value, shares) in [(0, 0), (1, VIRTUAL), (7, 3), (u64::MAX / 2, 1 << 96)] {
            let before = pool(value, shares);
            for amount in [1, 999, 2_000_000, 1 << 50] {
                let mut after = before;
                let Ok(minted) = minted(&before, Rao(amount)) else { continue };
                after.shares += minted;
                after.value = Rao(value + amount);
                assert!(worth(&after, minted).0 <= amount, "{value} {shares} {amount}");
            }
        }
    }
}
