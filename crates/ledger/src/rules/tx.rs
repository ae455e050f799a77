//! A transaction: nonce and fee first, then its call.
//!
//! A call that fails still pays and leaves a receipt; a transaction that cannot pay, has
//! the wrong nonce, came too late, or is a free call that fails makes the block invalid.
//! `remove_stake` pays from the stake it takes back, so that somebody whose every coin is
//! staked can leave; it makes a block invalid only when that stake is less than the fee.

use super::books::{Books, plus};
use super::error::{CallError, Refusal};
use super::reads::{account, chain};
use super::receipt::TxReceipt;
use super::{Ledger, register, stake, transfer, weights};
use crate::state::Read;
use weft_types::{Call, Rao, Tx, TxBody, TxId};

/// Runs a transaction; a refused one has changed nothing.
pub fn run(books: &mut Books<'_>, tx: &Tx) -> Result<TxReceipt, Refusal> {
    let (body, id) = (&tx.body, tx.body.id());
    in_time(books, body, id)?;
    if body.call.is_free() {
        let done = books.attempt(|books| call(books, body));
        done.map_err(|error| Refusal::FreeCallFails { id, error })?;
        return Ok(TxReceipt { id, fee: Rao::ZERO, result: Ok(()) });
    }
    let result = books.attempt(|books| match body.call {
        Call::RemoveStake { hotkey, amount } => {
            next_nonce(books, body, id)?;
            stake::remove(books, (body, id), (hotkey, amount))
        }
        _ => {
            pay(books, body, id)?;
            Ok(books.attempt(|books| call(books, body)))
        }
    })?;
    books.fees = plus(books.fees, body.fee).map_err(|_| Refusal::Overflow)?;
    Ok(TxReceipt { id, fee: body.fee, result })
}

/// Whether a free call would run in a child of this state.
pub fn try_free(ledger: &Ledger, state: &dyn Read, body: &TxBody) -> Result<(), CallError> {
    let parent = chain(state).ok_or(CallError::OutOfRange)?;
    let height = parent.height.next().ok_or(CallError::OutOfRange)?;
    let books = Books::open(ledger, state, (&parent, height));
    let mut books = books.map_err(|_| CallError::OutOfRange)?;
    if body.call.is_free() { call(&mut books, body) } else { Ok(()) }
}

fn in_time(books: &Books<'_>, body: &TxBody, id: TxId) -> Result<(), Refusal> {
    match body.valid_until {
        Some(until) if until < books.height => {
            Err(Refusal::Expired { id, until, height: books.height })
        }
        _ => Ok(()),
    }
}

/// Runs a call. Its fee is paid.
fn call(books: &mut Books<'_>, body: &TxBody) -> Result<(), CallError> {
    let signer = body.signer;
    match &body.call {
        Call::Transfer { to, amount } => transfer::transfer(books, signer, *to, *amount),
        Call::Register { .. } => register::register(books, signer, &body.call),
        Call::AddStake { hotkey, amount } => stake::add(books, signer, *hotkey, *amount),
        Call::SetWeights(row) => weights::set(books, &signer, row),
        // It pays its own fee, above.
        Call::RemoveStake { .. } => Err(CallError::OutOfRange),
    }
}

/// Counts the nonce, which must be the next one.
fn next_nonce(books: &mut Books<'_>, body: &TxBody, id: TxId) -> Result<(), Refusal> {
    let mut signer = account(books, &body.signer);
    if body.nonce != signer.nonce {
        return Err(Refusal::WrongNonce { id, got: body.nonce, want: signer.nonce });
    }
    signer.nonce = signer.nonce.next().ok_or(Refusal::Overflow)?;
    books.put_account(body.signer, signer);
    Ok(())
}

/// Counts the nonce and takes the fee from the free coins.
fn pay(books: &mut Books<'_>, body: &TxBody, id: TxId) -> Result<(), Refusal> {
    next_nonce(books, body, id)?;
    let mut signer = account(books, &body.signer);
    let (have, need) = (signer.free, body.fee);
    signer.free = have.checked_sub(need).ok_or(Refusal::CannotPay { id, have, need })?;
    books.put_account(body.signer, signer);
    Ok(())
}
