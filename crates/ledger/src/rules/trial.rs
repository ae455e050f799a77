//! Trying a transaction: what it would do in a child of a state, on books that are thrown
//! away.
//!
//! It is asked before anything is paid: a call that would fail is refused with its own
//! error, whether it pays or is free. The signer's transactions that wait before it run
//! first, as they would in the block. Nothing is promised: the next block has a state of
//! its own.

use super::books::Books;
use super::breach::Breach;
use super::input::Offer;
use super::ledger::Ledger;
use super::reads::{account, chain};
use super::receipt::TxReceipt;
use super::{block, epoch, stamp, tx};
use crate::state::Read;
use weft_types::{BlockHash, Nonce, Rao, Tx, TxBody};

/// What a transaction would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Its receipt in that block.
    pub receipt: TxReceipt,
    /// The signer's free coins before it.
    pub free_before: Rao,
    /// The same after it.
    pub free_after: Rao,
}

/// Runs a transaction in a child of this state, made by the block `head`, after those of
/// its signer that wait before it. Its nonce is not looked at: it has the next one.
///
/// # Errors
/// [`Breach`] says why no block could carry it.
pub fn run(
    ledger: &Ledger,
    state: &dyn Read,
    head: BlockHash,
    (before, what): (&[&Tx], &Tx),
) -> Result<Trial, Breach> {
    let parent = chain(state).ok_or(Breach::StateIncomplete("the chain"))?;
    let due = epoch::due(state, ledger.numbers_after(state, &parent)?.1, &parent);
    let mut books = Books::open(ledger, state, (&parent, &due))?;
    stamp::remember(&mut books, head);
    block::mature(&mut books).map_err(|_| Breach::Overflow)?;
    for earlier in before {
        // One that can't run leaves the books as they were, and the block without it.
        drop(tx::run(&mut books, &Offer::from(*earlier)));
    }
    books.told();
    let signer = what.body.signer;
    let own = account(&books, &signer);
    let nonce = if what.body.call.is_free() { Nonce::ZERO } else { own.nonce };
    let body = TxBody { nonce, ..what.body.clone() };
    let renumbered = Tx { body, signature: what.signature };
    let offer = Offer { tx: &renumbered, id: what.body.id(), bytes: 0 };
    let receipt = tx::run(&mut books, &offer)?;
    let free_after = account(&books, &signer).free;
    Ok(Trial { receipt, free_before: own.free, free_after })
}
