//! A block, step by step.

use super::books::{Books, hotkey, plus};
use super::error::Refusal;
use super::receipt::{ItemReceipt, Receipts};
use super::{Ledger, Outcome, Work, emission, epoch, tx, weights};
use crate::state::value::Chain;
use crate::state::{Key, Read, Value};
use weft_types::{Canonical, Item, Rao};

/// Room that a block keeps for its header and proofs.
const RESERVE: usize = 64 << 10;

/// Runs a block whose transactions must all be good.
pub fn execute<R: Read>(ledger: &Ledger, parent: &R, work: &Work<'_>) -> Result<Outcome, Refusal> {
    let (mut books, mut receipts) = begin(ledger, parent, work)?;
    for tx in &work.txs {
        receipts.txs.push(tx::run(ledger, &mut books, tx)?);
    }
    end(books, receipts, work)
}

/// Runs a block with those of the transactions that can be in it.
pub fn assemble<R: Read>(
    ledger: &Ledger,
    parent: &R,
    work: &Work<'_>,
) -> Result<(Outcome, Vec<usize>), Refusal> {
    let (mut books, mut receipts) = begin(ledger, parent, work)?;
    let mut room = Room::new(ledger, work);
    let mut kept = Vec::new();
    for (place, tx) in work.txs.iter().enumerate() {
        let bytes = tx.to_bytes().len();
        if !room.holds(bytes, tx.body.call.is_free()) {
            continue;
        }
        if let Ok(receipt) = tx::run(ledger, &mut books, tx) {
            room.take(bytes, tx.body.call.is_free());
            receipts.txs.push(receipt);
            kept.push(place);
        }
    }
    Ok((end(books, receipts, work)?, kept))
}

/// What is left of a block's limits (R19).
struct Room {
    calls: usize,
    bytes: usize,
    free: usize,
}

impl Room {
    fn new(ledger: &Ledger, work: &Work<'_>) -> Self {
        let limits = &ledger.params.limits;
        let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let items =
            work.items.iter().map(|(_, items)| weft_types::share::items_bytes(&items.to_vec()));
        let used = items.fold(RESERVE, usize::saturating_add);
        Self {
            calls: number(limits.block_calls),
            bytes: number(limits.block_bytes).saturating_sub(used),
            free: number(limits.free_bytes),
        }
    }

    const fn holds(&self, bytes: usize, free: bool) -> bool {
        // A free call counts with the domain and chain id that are signed with it.
        self.calls > 0 && bytes <= self.bytes && (!free || bytes.saturating_add(64) <= self.free)
    }

    const fn take(&mut self, bytes: usize, free: bool) {
        self.calls = self.calls.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        if free {
            self.free = self.free.saturating_sub(bytes.saturating_add(64));
        }
    }
}

/// Stake whose time is up, and the items of the carried shares.
fn begin<'a, R: Read>(
    ledger: &'a Ledger,
    parent: &'a R,
    work: &Work<'_>,
) -> Result<(Books<'a, R>, Receipts), Refusal> {
    let mut books = Books::open(&ledger.params, parent, work.header.height)?;
    let mut receipts = Receipts::default();
    mature(&mut books)?;
    for (voter, items) in &work.items {
        for (index, item) in items.iter().enumerate() {
            let Item::Row(row) = item;
            let result = weights::set(&mut books, voter, row);
            receipts.items.push(ItemReceipt { voter: *voter, index, result });
        }
    }
    Ok((books, receipts))
}

/// Stake that leaves at this height becomes free (R15).
fn mature<R: Read>(books: &mut Books<'_, R>) -> Result<(), Refusal> {
    let key = Key::Exits(books.height);
    let Some(Value::Exits(exits)) = books.get(&key) else { return Ok(()) };
    for exit in exits {
        let supply = &mut books.supply;
        supply.unbonding = supply.unbonding.checked_sub(exit.amount).ok_or(Refusal::Overflow)?;
        supply.free = supply.free.checked_add(exit.amount).ok_or(Refusal::Overflow)?;
        books.credit(exit.coldkey, exit.amount).map_err(|_| Refusal::Overflow)?;
    }
    books.state.delete(key);
    Ok(())
}

/// Fees, emission, epochs, and what the state says of itself.
fn end<R: Read>(
    mut books: Books<'_, R>,
    mut receipts: Receipts,
    work: &Work<'_>,
) -> Result<Outcome, Refusal> {
    pay_proposer(&mut books, work)?;
    receipts.emission = emission::mint(&mut books)?;
    receipts.epochs = epoch::run_due(&mut books)?;
    let chain = Chain {
        height: work.header.height,
        slot: work.header.slot,
        finality: work.finality,
        // Rotation will choose the next set here (R12).
        voters: books.parent.voters.clone(),
    };
    Ok(Outcome { changes: books.close(chain), receipts })
}

/// The fees go to the coldkey of the proposer; they are free coins already.
fn pay_proposer<R: Read>(books: &mut Books<'_, R>, work: &Work<'_>) -> Result<(), Refusal> {
    if books.fees == Rao::ZERO {
        return Ok(());
    }
    let proposer = work.header.proposer;
    let coldkey = hotkey(books, &proposer).map_or(proposer, |h| h.coldkey);
    let fees = std::mem::take(&mut books.fees);
    books.credit(coldkey, fees).map_err(|_| Refusal::Overflow)
}

/// Adds to the fees of the block.
pub fn add_fee<R: Read>(books: &mut Books<'_, R>, fee: Rao) -> Result<(), Refusal> {
    books.fees = plus(books.fees, fee).map_err(|_| Refusal::Overflow)?;
    Ok(())
}
