//! Taking stake back (R15): how much may be asked for, and when it is free.
//!
//! Stake answers for what its hotkey signed while it counted. When a request is made, in
//! block q, it is fixed when it is free:
//! 1. behind a hotkey that is in a voter set of the parent's state: it waits in a list of
//!    its height until a set that was taken later is the only one that counts, and
//!    `unbonding_blocks` more (`rotation`). Where nobody is taken it stays frozen;
//! 2. behind one that was in a set let go within `unbonding_blocks`, or one of genesis
//!    before any rotation: `unbonding_blocks` and one block later;
//! 3. else: `exit_blocks` later.
//!
//! The one block more is there because stake matures before a block's reports are looked at.
//! That the hotkey votes again later changes nothing: what was asked back has no power.
//!
//! A request asks for all, or leaves the least stake and takes as much. One that is refused
//! takes what it costs, and where that would leave less than the least stake, all with it: so
//! no position stays that nobody would have been let in with. What is worth nothing, because
//! its pool was cut to nothing, goes in a batch that asks for all: its fee is of free coins.
//!
//! Not here: what is cut meanwhile (`slash`), and what a share is worth (`pool`).

use super::books::{Books, minus, plus};
use super::breach::Breach;
use super::error::CallError;
use super::event::Event;
use super::evidence;
use super::forget;
use super::pool;
use super::reads::{hotkey, rotation};
use super::slash;
use super::stake::{behind, held};
use crate::state::value::Exit;
use weft_types::call::ALL_STAKE;
use weft_types::{Height, PublicKey, Rao, TxId};

/// What a request to take stake back pays from it.
#[derive(Clone, Copy, Default)]
pub struct Dues {
    /// The fee.
    pub fee: Rao,
    /// The deposit of an account that the signer had not: its nonce is counted there.
    pub deposit: Rao,
}

/// Takes stake back within a batch, whose fee is paid from free coins.
pub fn leave(
    books: &mut Books<'_>,
    coldkey: PublicKey,
    key: PublicKey,
    amount: Rao,
) -> Result<(), CallError> {
    behind(books, key)?;
    let (shares, have) = held(books, &key, &coldkey);
    let is_worthless = shares > 0 && have == Rao::ZERO;
    let out = if is_worthless && amount == ALL_STAKE {
        Rao::ZERO
    } else {
        asked(books.params.min_stake, have, amount)?
    };
    give(books, (key, coldkey), (out, Dues::default()))
}

/// Takes stake back: it waits, and what the request costs is paid from it. The nonce is
/// counted by now.
///
/// A call that asks for too much or too little takes its dues and answers why; with them all,
/// where they would leave less than the least stake. Stake that can't even pay those makes the block invalid.
pub fn remove(
    books: &mut Books<'_>,
    (coldkey, id): (PublicKey, TxId),
    (key, amount): (PublicKey, Rao),
    dues: Dues,
) -> Result<Result<(), CallError>, Breach> {
    let fee = plus(dues.fee, dues.deposit).map_err(|_| Breach::Overflow)?;
    let (_, have) = held(books, &key, &coldkey);
    if have < fee || have == Rao::ZERO {
        return Err(Breach::CannotPay { id, have, need: fee });
    }
    let least = books.params.min_stake;
    let wanted = if amount < fee {
        Err(CallError::FeeAboveAmount { amount, fee })
    } else {
        asked(least, have, amount)
    };
    let stays = minus(have, fee).is_ok_and(|left| left >= least);
    let out = *wanted.as_ref().unwrap_or(if stays { &fee } else { &have });
    give(books, (key, coldkey), (out, dues)).map_err(|error| match error {
        CallError::ExitsFull { limit } => Breach::ExitsFull { id, limit },
        _ => Breach::Overflow,
    })?;
    Ok(wanted.map(|_| ()))
}

/// Takes so much out of a position and lets it wait. When it is free is asked first: a
/// hotkey that nothing stands behind any more is forgotten.
fn give(
    books: &mut Books<'_>,
    who: (PublicKey, PublicKey),
    what: (Rao, Dues),
) -> Result<(), CallError> {
    let matures = matures(books, &who.0)?;
    withdraw(books, who, what.0)?;
    settle(books, who, what, matures)
}

/// R15: how much a request is for, of so much: all, or a part such that it and the rest are
/// the least stake or more.
fn asked(least: Rao, have: Rao, amount: Rao) -> Result<Rao, CallError> {
    if amount == Rao::ZERO {
        return Err(CallError::AmountZero);
    }
    if have == Rao::ZERO {
        return Err(CallError::NotEnoughStake { have, need: amount.min(least) });
    }
    if amount == ALL_STAKE || amount == have {
        return Ok(have);
    }
    let left = have.checked_sub(amount);
    let left = left.ok_or(CallError::NotEnoughStake { have, need: amount })?;
    if amount < least || left < least {
        return Err(CallError::PartTooSmall { amount, left, least });
    }
    Ok(amount)
}

/// Takes coins out of a position. What rounding and the virtual shares leave in a pool that
/// the last one left is nobody's: it is recycled.
fn withdraw(
    books: &mut Books<'_>,
    (key, coldkey): (PublicKey, PublicKey),
    out: Rao,
) -> Result<(), CallError> {
    let mut pool = hotkey(books, &key).ok_or(CallError::OutOfRange)?;
    let (shares, have) = held(books, &key, &coldkey);
    let burned = if out == have {
        shares
    } else {
        pool::burned(&pool, out).ok_or(CallError::OutOfRange)?.min(shares)
    };
    pool.shares = pool.shares.checked_sub(burned).ok_or(CallError::OutOfRange)?;
    pool.value = minus(pool.value, out)?;
    if pool.shares == 0 {
        books.recycle_staked(std::mem::take(&mut pool.value))?;
    }
    let left = shares.checked_sub(burned).ok_or(CallError::OutOfRange)?;
    books.put_hotkey(key, pool);
    books.put_position(key, coldkey, left);
    if pool.shares == 0 {
        forget::if_empty(books, &key);
    }
    Ok(())
}

/// Moves what left a pool: the deposit is recycled, the fee becomes free, the rest waits.
fn settle(
    books: &mut Books<'_>,
    (hotkey, coldkey): (PublicKey, PublicKey),
    (out, dues): (Rao, Dues),
    matures: Option<Height>,
) -> Result<(), CallError> {
    books.recycle_staked(dues.deposit)?;
    let out = minus(out, dues.deposit)?;
    let amount = minus(out, dues.fee)?;
    let mut supply = books.supply;
    supply.staked = minus(supply.staked, out)?;
    supply.free = plus(supply.free, dues.fee)?;
    supply.unbonding = plus(supply.unbonding, amount)?;
    books.supply = supply;
    if amount > Rao::ZERO {
        let kept = slash::kept(books, hotkey);
        books.push_exit(matures, Exit { coldkey, hotkey, amount, kept })?;
        let frozen = matures.is_none() && rotation(books).rests;
        books.say(Event::StakeRemoved { hotkey, coldkey, amount, matures, frozen });
    }
    Ok(())
}

/// R15: when stake that is asked back now is free, if that can be said.
fn matures(books: &Books<'_>, hotkey: &PublicKey) -> Result<Option<Height>, CallError> {
    if books.is_voter(hotkey) {
        return Ok(None);
    }
    let params = books.params;
    let wait = if evidence::answers(books, hotkey) {
        params.unbonding_blocks.checked_add(1)
    } else {
        Some(params.exit_blocks.max(1))
    };
    let at = wait.and_then(|wait| books.height.0.checked_add(wait));
    Ok(Some(Height(at.ok_or(CallError::OutOfRange)?)))
}
