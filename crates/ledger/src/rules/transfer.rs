//! Moving free coins.

use super::books::{Books, minus, plus};
use super::error::CallError;
use super::reads::{account, has_account};
use weft_types::{PublicKey, Rao};

/// Moves free coins from one account to another. An amount that would open an account
/// must be at least the existential deposit, so that dust can't fill the state.
pub fn transfer(
    books: &mut Books<'_>,
    from: PublicKey,
    to: PublicKey,
    amount: Rao,
) -> Result<(), CallError> {
    if amount == Rao::ZERO {
        return Err(CallError::AmountZero);
    }
    let mut sender = account(books, &from);
    let have = sender.free;
    let not_enough = CallError::NotEnoughBalance { have, need: amount };
    sender.free = have.checked_sub(amount).ok_or(not_enough)?;
    if from == to {
        return Ok(());
    }
    let least = books.params.existential_deposit;
    if amount < least && !has_account(books, &to) {
        return Err(CallError::BelowExistentialDeposit { amount, least });
    }
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
