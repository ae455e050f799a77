//! Stake: shares of a pool behind each hotkey (economy, section 5).
//!
//! Not here: what a share is worth (`pool`), and taking stake back (`unstake`).

use super::books::{Books, minus, plus};
use super::error::CallError;
use super::event::Event;
use super::pool::{is_closed, minted, worth};
use super::reads::{hotkey, position};
use super::transfer;
use crate::state::Read;
use crate::state::value::Hotkey;
use weft_types::{PublicKey, Rao};

/// The shares of a coldkey behind a hotkey, and what they are worth; nothing where there is no
/// such hotkey.
pub fn held(state: &dyn Read, key: &PublicKey, coldkey: &PublicKey) -> (u128, Rao) {
    let Some(pool) = hotkey(state, key) else { return (0, Rao::ZERO) };
    let shares = position(state, key, coldkey);
    (shares, worth(&pool, shares))
}

/// The pool behind a hotkey, which there must be.
pub fn behind(books: &Books<'_>, key: PublicKey) -> Result<Hotkey, CallError> {
    hotkey(books, &key).ok_or(CallError::HotKeyAccountNotExists { hotkey: key })
}

/// The pool behind a hotkey, which must be this coldkey's.
pub fn owned(books: &Books<'_>, coldkey: PublicKey, key: PublicKey) -> Result<Hotkey, CallError> {
    let pool = behind(books, key)?;
    let owner = pool.coldkey;
    if owner == coldkey { Ok(pool) } else { Err(CallError::NonAssociatedColdKey { owner }) }
}

/// Puts free coins behind a hotkey.
pub fn add(
    books: &mut Books<'_>,
    coldkey: PublicKey,
    key: PublicKey,
    amount: Rao,
) -> Result<(), CallError> {
    let least = books.params.min_stake;
    let pool = behind(books, key)?;
    if amount < least {
        return Err(CallError::AmountTooLow { amount, least });
    }
    if is_closed(&pool) {
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
    let pool = owned(books, coldkey, key)?;
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
    let mut pool = behind(books, key)?;
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
    let mut pool = behind(books, key)?;
    if pool.shares == 0 || is_closed(&pool) {
        return deposit(books, key, pool.coldkey, amount);
    }
    pool.value = plus(pool.value, amount)?;
    books.put_hotkey(key, pool);
    Ok(())
}
