//! A transaction: nonce and fee first, then its call.
//!
//! A call that fails still pays and leaves a receipt; a transaction that cannot pay, has
//! the wrong nonce, came too late, or is a free call that fails makes the block invalid.
//! `remove_stake` pays from the stake it takes back, so that somebody whose every coin is
//! staked can leave; it makes a block invalid only when that stake is less than the fee, and
//! than the deposit where the signer has no account, which counts nonces from then on.
//! The calls of a batch are all done or none; its fee is that of its calls together.

use super::books::{Books, minus, plus};
use super::breach::Breach;
use super::error::CallError;
use super::input::Offer;
use super::ledger::Ledger;
use super::reads::{account, chain, has_account};
use super::receipt::TxReceipt;
use super::{
    axon, candidates, epoch, evidence, register, settings, stake, stamp, subnet, transfer, unstake,
    weights,
};
use crate::state::Read;
use crate::state::value::Account;
use weft_types::{BatchCall, BlockHash, Call, PublicKey, Rao, TxBody, TxId, WeightRow};

/// Of the least fee the proposer has one part in this many.
const PROPOSERS_PART: u64 = 4;

/// Runs a transaction; a refused one has changed nothing.
pub fn run(books: &mut Books<'_>, offer: &Offer<'_>) -> Result<TxReceipt, Breach> {
    let (body, id) = (&offer.tx.body, offer.id);
    in_time(books, body, id)?;
    let version = books.rules.version;
    let good = books.ledger.permits(books.rules, body);
    good.map_err(|error| Breach::AgainstRules { id, version, error })?; // R21
    if body.call.is_free() {
        let done = books.attempt(|books| call(books, body.signer, &body.call));
        done.map_err(|error| Breach::FreeCallFails { id, error })?;
        let events = books.told();
        return Ok(TxReceipt { id, fee: Rao::ZERO, result: Ok(()), events });
    }
    let result = if let Call::RemoveStake { hotkey, amount } = body.call {
        books.attempt(|books| {
            let deposit = books.opening(&body.signer);
            let deposit = deposit.map_err(|error| Breach::CannotOpen { id, error })?;
            let signer = next_nonce(books, body, id)?;
            books.put_account(body.signer, signer);
            let dues = unstake::Dues { fee: body.fee, deposit };
            let done = unstake::remove(books, (body.signer, id), (hotkey, amount), dues)?;
            share_fee(books, offer).map_err(|_| Breach::Overflow)?;
            Ok(done)
        })?
    } else {
        pay(books, offer)?;
        books.attempt(|books| call(books, body.signer, &body.call))
    };
    let events = books.told();
    Ok(TxReceipt { id, fee: body.fee, result, events })
}

/// Whether a free call would run in a child of this state, made by the block `head`.
pub fn try_free(
    ledger: &Ledger,
    state: &dyn Read,
    head: BlockHash,
    body: &TxBody,
) -> Result<(), CallError> {
    let parent = chain(state).ok_or(CallError::OutOfRange)?;
    let params = ledger.numbers_after(state, &parent).map_err(|_| CallError::OutOfRange)?.1;
    let due = epoch::due(state, params, &parent);
    let books = Books::open(ledger, state, (&parent, &due));
    let mut books = books.map_err(|_| CallError::OutOfRange)?;
    stamp::remember(&mut books, head);
    if body.call.is_free() { call(&mut books, body.signer, &body.call) } else { Ok(()) }
}

/// Whether a row of a hotkey can be stored on this state some time ([`weights::fits`]).
pub fn try_row(
    ledger: &Ledger,
    state: &dyn Read,
    (hotkey, row): (&PublicKey, &WeightRow),
) -> Result<(), CallError> {
    let parent = chain(state).ok_or(CallError::OutOfRange)?;
    let params = ledger.numbers_after(state, &parent).map_err(|_| CallError::OutOfRange)?.1;
    let due = epoch::due(state, params, &parent);
    let books = Books::open(ledger, state, (&parent, &due)).map_err(|_| CallError::OutOfRange)?;
    weights::fits(&books, hotkey, row)
}

fn in_time(books: &Books<'_>, body: &TxBody, id: TxId) -> Result<(), Breach> {
    match body.valid_until {
        Some(until) if until < books.height => {
            Err(Breach::Expired { id, until, height: books.height })
        }
        _ => Ok(()),
    }
}

/// Runs a call. Its fee is paid.
fn call(books: &mut Books<'_>, signer: PublicKey, what: &Call) -> Result<(), CallError> {
    match what {
        Call::Transfer { to, amount, open } => {
            transfer::transfer(books, signer, *to, (*amount, *open))
        }
        Call::Register { .. } => register::by_burn(books, signer, what),
        Call::RegisterStamp { .. } => register::by_stamp(books, signer, what),
        Call::SetWeights { row } => weights::set(books, &signer, row),
        Call::CommitWeights { commitment } => weights::commit(books, &signer, commitment),
        Call::RevealWeights { reveal } => weights::reveal(books, &signer, reveal),
        Call::ServeAxon { netuid, endpoint, at } => {
            axon::serve(books, &signer, (*netuid, *endpoint), *at)
        }
        Call::SeekPermit { netuid, seek, at } => axon::seek(books, &signer, (*netuid, *seek), *at),
        Call::AddStake { hotkey, amount } => stake::add(books, signer, *hotkey, *amount),
        // Alone it pays its own fee, above; here it is one of a batch.
        Call::RemoveStake { hotkey, amount } => unstake::leave(books, signer, *hotkey, *amount),
        Call::SetTake { hotkey, take } => stake::set_take(books, signer, *hotkey, *take),
        Call::RegisterSubnet { .. } => subnet::create(books, signer, what),
        Call::StartSubnet { netuid } => subnet::start(books, &signer, *netuid),
        Call::SetHyperparameter { netuid, parameter, value } => {
            settings::set(books, &signer, (*netuid, *parameter), *value)
        }
        Call::SetIdentity { netuid, identity } => {
            subnet::describe(books, &signer, (*netuid, identity))
        }
        Call::JoinVoters { netuid, at } => candidates::join(books, signer, *netuid, *at),
        Call::LeaveVoters { hotkey } => candidates::leave(books, signer, *hotkey),
        Call::ReportEvidence { evidence } => evidence::report(books, signer, evidence),
        Call::Batch { calls } => all_or_nothing(books, signer, calls),
    }
}

/// Runs the calls of a batch in order. The caller's books are dropped when one fails.
fn all_or_nothing(
    books: &mut Books<'_>,
    signer: PublicKey,
    calls: &[BatchCall],
) -> Result<(), CallError> {
    for (index, BatchCall(one)) in calls.iter().enumerate() {
        if one.is_free() || matches!(one, Call::Batch { .. }) {
            return Err(CallError::NotInABatch { index });
        }
        call(books, signer, one)
            .map_err(|error| CallError::BatchFailed { index, error: Box::new(error) })?;
    }
    Ok(())
}

/// Of the least fee three quarters are recycled, rounded up; the proposer has the rest and
/// all above: filling one's own blocks costs, and full blocks still pay more than empty ones.
///
/// What `remove_stake` pays above the least fee is recycled too: it is stake, which would be
/// free at once in the proposer's hands (R15). Changes nothing when it fails.
fn share_fee(books: &mut Books<'_>, offer: &Offer<'_>) -> Result<(), CallError> {
    let body = &offer.tx.body;
    let least = books.params.min_fee(offer.bytes, body.call.count()).min(body.fee);
    let above = match body.call {
        Call::RemoveStake { .. } => Rao::ZERO,
        _ => minus(body.fee, least)?,
    };
    let quarter = Rao(least.0.checked_div(PROPOSERS_PART).ok_or(CallError::OutOfRange)?);
    let earned = plus(above, quarter)?;
    let fees = plus(books.fees, earned)?;
    books.recycle_free(minus(body.fee, earned)?)?;
    books.fees = fees;
    Ok(())
}

/// The signer's account with its nonce counted, which must be the next one.
fn next_nonce(books: &Books<'_>, body: &TxBody, id: TxId) -> Result<Account, Breach> {
    let mut signer = account(books, &body.signer);
    if body.nonce != signer.nonce {
        return Err(Breach::WrongNonce { id, got: body.nonce, want: signer.nonce });
    }
    signer.nonce = signer.nonce.next().ok_or(Breach::Overflow)?;
    Ok(signer)
}

/// Counts the nonce, takes the fee from the free coins and shares it out; changes nothing
/// when any of that can't be done.
fn pay(books: &mut Books<'_>, offer: &Offer<'_>) -> Result<(), Breach> {
    let (body, id) = (&offer.tx.body, offer.id);
    let mut signer = next_nonce(books, body, id)?;
    let (have, need) = (signer.free, body.fee);
    // Nor does a fee of nothing open an account for nothing.
    let left = have.checked_sub(need).filter(|_| has_account(books, &body.signer));
    signer.free = left.ok_or(Breach::CannotPay { id, have, need })?;
    share_fee(books, offer).map_err(|_| Breach::Overflow)?;
    books.put_account(body.signer, signer);
    Ok(())
}
