//! Stake: shares of a pool behind each hotkey (economy, section 5).
//!
//! A deposit of d mints d * (S + 2^32) / (V + 1) shares; s shares are worth
//! s * (V + 1) / (S + 2^32). Intermediates are 256 bits wide and everything rounds
//! against the caller, so nobody can gain by depositing and withdrawing, and the
//! virtual 2^32 shares make it useless to raise the price of a share by donations.
//!
//! Not here: taking stake back (`unstake`).

use super::books::{Books, minus, plus};
use super::error::CallError;
use super::event::Event;
use super::reads::{hotkey, position};
use super::slash;
use super::transfer;
use crate::state::Read;
use crate::state::value::Hotkey;
use ruint::aliases::U256;
use weft_types::{PublicKey, Rao};

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

/// The shares of a coldkey behind a hotkey, and what they are worth; nothing where there is no
/// such hotkey.
pub fn held(state: &dyn Read, key: &PublicKey, coldkey: &PublicKey) -> (u128, Rao) {
    let Some(pool) = hotkey(state, key) else { return (0, Rao::ZERO) };
    let shares = position(state, key, coldkey);
    (shares, worth(&pool, shares))
}

fn minted(pool: &Hotkey, amount: Rao) -> Result<u128, CallError> {
    if slash::is_closed(pool) {
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
pub(super) fn burned(pool: &Hotkey, amount: Rao) -> Option<u128> {
    let (s, v) = price(pool)?;
    mul_div(u128::from(amount.0), s, v, true)
}

/// Puts free coins behind a hotkey.
pub fn add(
    books: &mut Books<'_>,
    coldkey: PublicKey,
    key: PublicKey,
    amount: Rao,
) -> Result<(), CallError> {
    let least = books.params.min_stake;
    let pool = hotkey(books, &key).ok_or(CallError::HotKeyAccountNotExists { hotkey: key })?;
    if amount < least {
        return Err(CallError::AmountTooLow { amount, least });
    }
    if slash::is_closed(&pool) {
        return Err(CallError::PoolClosed);
    }
    if pool.value < least && pool.coldkey != coldkey {
        return Err(CallError::PoolTooSmall { value: pool.value, least });
    }
    if minted(&pool, amount)? == 0 {
        return Err(CallError::StakeTooSmallForShare { amount });
    }
    transfer::take(books, coldkey, amount)?;
    let mut supply = books.supply;
    supply.free = minus(supply.free, amount)?;
    supply.staked = plus(supply.staked, amount)?;
    books.supply = supply;
    deposit(books, key, coldkey, amount)?;
    books.say(Event::StakeAdded { hotkey: key, coldkey, amount });
    Ok(())
}

/// Sets what a hotkey of the signer keeps of its delegators' dividends. Lowering is free at
/// any time; raising must wait since the last change, so that nobody draws delegators with
/// a low take and raises it the next day.
pub fn set_take(
    books: &mut Books<'_>,
    coldkey: PublicKey,
    key: PublicKey,
    take: u16,
) -> Result<(), CallError> {
    let pool = hotkey(books, &key).ok_or(CallError::HotKeyAccountNotExists { hotkey: key })?;
    if pool.coldkey != coldkey {
        return Err(CallError::NonAssociatedColdKey { owner: pool.coldkey });
    }
    let (most, before) = (books.params.max_take, pool.take);
    if take > most {
        return Err(CallError::DelegateTakeTooHigh { take, most });
    }
    if take == before {
        return Err(CallError::TakeAlreadySo { take });
    }
    let wait = books.params.take_increase_blocks;
    let blocks_left = wait.saturating_sub(books.height.since(pool.take_at));
    if take > before && blocks_left > 0 {
        return Err(CallError::DelegateTxRateLimitExceeded { blocks_left });
    }
    books.put_hotkey(key, Hotkey { take, take_at: books.height, ..pool });
    books.say(Event::TakeSet { hotkey: key, before, take });
    Ok(())
}

/// Adds coins that count as staked already to a pool, as shares of a coldkey. What is
/// too little for a share raises the pool.
pub fn deposit(
    books: &mut Books<'_>,
    key: PublicKey,
    coldkey: PublicKey,
    amount: Rao,
) -> Result<(), CallError> {
    let mut pool = hotkey(books, &key).ok_or(CallError::HotKeyAccountNotExists { hotkey: key })?;
    let minted = minted(&pool, amount)?;
    pool.shares = pool.shares.checked_add(minted).ok_or(CallError::OutOfRange)?;
    pool.value = plus(pool.value, amount)?;
    let shares = position(books, &key, &coldkey);
    let shares = shares.checked_add(minted).ok_or(CallError::OutOfRange)?;
    books.put_hotkey(key, pool);
    books.put_position(key, coldkey, shares);
    Ok(())
}

/// Raises a pool by coins that count as staked already: every position gains. A pool
/// without shares has no positions; then the operator takes it. A closed one takes nothing.
pub fn raise(books: &mut Books<'_>, key: PublicKey, amount: Rao) -> Result<(), CallError> {
    let mut pool = hotkey(books, &key).ok_or(CallError::HotKeyAccountNotExists { hotkey: key })?;
    if pool.shares == 0 || slash::is_closed(&pool) {
        return deposit(books, key, pool.coldkey, amount);
    }
    pool.value = plus(pool.value, amount)?;
    books.put_hotkey(key, pool);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::Height;

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
