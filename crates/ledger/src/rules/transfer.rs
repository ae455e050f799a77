//! Moving free coins.

use super::books::{Books, minus, plus};
use super::error::CallError;
use super::reads::{account, has_account};
use weft_types::{PublicKey, Rao};

/// Moves free coins from one account to another. Where the other is not open the call must
/// say so, and the sender pays the deposit on top, which is recycled: a mistyped address
/// costs nothing, and dust can't fill the state.
pub fn transfer(
    books: &mut Books<'_>,
    from: PublicKey,
    to: PublicKey,
    (amount, open): (Rao, bool),
) -> Result<(), CallError> {
    if amount == Rao::ZERO {
        return Err(CallError::AmountZero);
    }
    let mut sender = account(books, &from);
    let have = sender.free;
    let left = |need| have.checked_sub(need).ok_or(CallError::NotEnoughBalance { have, need });
    left(amount)?;
    if from == to {
        return Ok(());
    }
    let deposit = books.opening(&to)?;
    if !open && !has_account(books, &to) {
        return Err(CallError::AccountNotOpen { to, deposit });
    }
    sender.free = left(plus(amount, deposit)?)?;
    books.recycle_free(deposit)?;
    let mut receiver = account(books, &to);
    receiver.free = plus(receiver.free, amount)?;
    books.put_account(from, sender);
    books.put_account(to, receiver);
    Ok(())
}

/// Takes free coins from an account, which has enough of them.
pub fn take(books: &mut Books<'_>, from: PublicKey, amount: Rao) -> Result<(), CallError> {
    let mut sender = account(books, &from);
    sender.free = minus(sender.free, amount)
        .map_err(|_| CallError::NotEnoughBalance { have: sender.free, need: amount })?;
    books.put_account(from, sender);
    Ok(())
}
