//! A transaction: nonce and fee first, then its call.
//!
//! A call that fails still pays and leaves a receipt; a transaction that cannot pay, has
//! the wrong nonce, came too late, or is a free call that fails makes the block invalid.

use super::block::add_fee;
use super::books::{Books, account};
use super::error::{CallError, Refusal};
use super::receipt::TxReceipt;
use super::{Ledger, register, stake, transfer, weights};
use crate::state::Read;
use weft_types::{Call, Rao, Tx, TxId};

/// Runs a transaction.
pub fn run<R: Read>(
    ledger: &Ledger,
    books: &mut Books<'_, R>,
    tx: &Tx,
) -> Result<TxReceipt, Refusal> {
    let id = tx.body.id();
    in_time(books, tx, id)?;
    if tx.body.call.is_free() {
        free_call(books, tx).map_err(|error| Refusal::FreeCallFails { id, error })?;
        return Ok(TxReceipt { id, fee: Rao::ZERO, result: Ok(()) });
    }
    let fee = tx.body.fee;
    let result = match &tx.body.call {
        Call::RemoveStake { hotkey, amount } => {
            next_nonce(books, tx, id)?;
            stake::remove(books, tx, id, (*hotkey, *amount))?
        }
        call => {
            pay(books, tx, id)?;
            paying_call(ledger, books, tx, call)
        }
    };
    add_fee(books, fee)?;
    Ok(TxReceipt { id, fee, result })
}

/// Whether a free call would run in a child of this state.
pub fn try_free<R: Read>(ledger: &Ledger, state: &R, tx: &Tx) -> Result<(), CallError> {
    let parent = super::books::chain(state).ok_or(CallError::OutOfRange)?;
    let height = parent.height.next().ok_or(CallError::OutOfRange)?;
    let mut books =
        Books::open(&ledger.params, state, height).map_err(|_| CallError::OutOfRange)?;
    free_call(&mut books, tx)
}

fn in_time<R: Read>(books: &Books<'_, R>, tx: &Tx, id: TxId) -> Result<(), Refusal> {
    match tx.body.valid_until {
        Some(until) if until < books.height => {
            Err(Refusal::Expired { id, until, height: books.height })
        }
        _ => Ok(()),
    }
}

fn free_call<R: Read>(books: &mut Books<'_, R>, tx: &Tx) -> Result<(), CallError> {
    match &tx.body.call {
        Call::SetWeights(row) => weights::set(books, &tx.body.signer, row),
        _ => Err(CallError::OutOfRange),
    }
}

fn paying_call<R: Read>(
    ledger: &Ledger,
    books: &mut Books<'_, R>,
    tx: &Tx,
    call: &Call,
) -> Result<(), CallError> {
    let signer = tx.body.signer;
    match call {
        Call::Transfer { to, amount } => transfer::transfer(books, signer, *to, *amount),
        Call::Register { .. } => register::register(&ledger.chain, books, signer, call),
        Call::AddStake { hotkey, amount } => stake::add(books, signer, *hotkey, *amount),
        // Both have their own ways above.
        Call::RemoveStake { .. } | Call::SetWeights(_) => Err(CallError::OutOfRange),
    }
}

/// Counts the nonce, which must be the next one.
fn next_nonce<R: Read>(books: &mut Books<'_, R>, tx: &Tx, id: TxId) -> Result<(), Refusal> {
    let mut signer = account(books, &tx.body.signer);
    if tx.body.nonce != signer.nonce {
        return Err(Refusal::WrongNonce { id, got: tx.body.nonce, want: signer.nonce });
    }
    signer.nonce = signer.nonce.next().ok_or(Refusal::Overflow)?;
    books.put_account(tx.body.signer, signer);
    Ok(())
}

/// Counts the nonce and takes the fee from the free coins.
fn pay<R: Read>(books: &mut Books<'_, R>, tx: &Tx, id: TxId) -> Result<(), Refusal> {
    let (have, need) = (account(books, &tx.body.signer).free, tx.body.fee);
    let left = have.checked_sub(need).ok_or(Refusal::CannotPay { id, have, need });
    // The nonce is judged first: a used one says more than an empty account.
    next_nonce(books, tx, id)?;
    let mut signer = account(books, &tx.body.signer);
    signer.free = left?;
    books.put_account(tx.body.signer, signer);
    Ok(())
}
