//! A block, step by step.

use super::books::{Books, minus, plus};
use super::breach::Breach;
use super::error::CallError;
use super::event::Event;
use super::input::BlockInput;
use super::ledger::Ledger;
use super::reads::{chain, exits, hotkey, leaving, releases};
use super::receipt::{ItemReceipt, Receipts};
use super::{change, emission, epoch, root, rotation, slash, stamp, tx, weights};
use crate::state::value::{Chain, Exit};
use crate::state::{Changes, Key, Read, Value};
use weft_types::room::{self, Room};
use weft_types::share::items_bytes;
use weft_types::{Netuid, Params, Rao};

/// What a block did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it wrote.
    pub changes: Changes,
    /// What became of its parts.
    pub receipts: Receipts,
}

/// Runs a block whose transactions must all be good.
pub fn execute(
    ledger: &Ledger,
    state: &dyn Read,
    work: &BlockInput<'_>,
) -> Result<Outcome, Breach> {
    let start = start(ledger, state, work)?;
    let (mut books, mut receipts) = begin(ledger, state, (&start, work))?;
    receipts.txs.reserve_exact(work.txs.len());
    for offer in &work.txs {
        receipts.txs.push(tx::run(&mut books, offer)?);
    }
    end(books, receipts, work)
}

/// Runs a block with those of the transactions that can be in it.
pub fn assemble(
    ledger: &Ledger,
    state: &dyn Read,
    work: &BlockInput<'_>,
) -> Result<(Outcome, Vec<usize>), Breach> {
    let start = start(ledger, state, work)?;
    let (mut books, mut receipts) = begin(ledger, state, (&start, work))?;
    let mut room = room(books.params, work);
    let mut kept = Vec::new();
    for (place, offer) in work.txs.iter().enumerate() {
        let kind = offer.tx.body.call.kind();
        if !room.holds(kind, offer.bytes) {
            continue;
        }
        if let Ok(receipt) = tx::run(&mut books, offer) {
            room.take(kind, offer.bytes);
            receipts.txs.push(receipt);
            kept.push(place);
        }
    }
    Ok((end(books, receipts, work)?, kept))
}

/// What is left of a block beside its header and proofs (R19).
fn room(params: &Params, work: &BlockInput<'_>) -> Room {
    let items = work.items.iter().map(|(_, items)| items_bytes(&items.to_vec()));
    let items = items.fold(0_usize, usize::saturating_add);
    let items = u64::try_from(items).unwrap_or(u64::MAX);
    Room::new(&params.limits, room::proofs(params, items))
}

/// What holds for the whole block.
struct Start {
    parent: Chain,
    due: Vec<Netuid>,
}

/// Where the parent stood, whose child the block must be, and which epochs it will run.
fn start(ledger: &Ledger, state: &dyn Read, work: &BlockInput<'_>) -> Result<Start, Breach> {
    let parent = chain(state).ok_or(Breach::StateIncomplete("the chain"))?;
    let (got, want) = (work.header.height, parent.height.next().ok_or(Breach::Overflow)?);
    if got != want {
        return Err(Breach::WrongHeight { got, want });
    }
    let due = epoch::due(state, ledger.numbers_after(state, &parent)?.1, &parent);
    Ok(Start { parent, due })
}

/// Stake whose time is up, and the items of the carried shares.
fn begin<'a>(
    ledger: &'a Ledger,
    state: &'a dyn Read,
    (start, work): (&'a Start, &BlockInput<'_>),
) -> Result<(Books<'a>, Receipts), Breach> {
    let mut books = Books::open(ledger, state, (&start.parent, &start.due))?;
    let (got, want) = (work.header.version, books.rules.version);
    if got != want {
        return Err(Breach::WrongVersion { got, want });
    }
    let mut receipts = Receipts::default();
    stamp::remember(&mut books, work.header.parent);
    mature(&mut books).map_err(|_| Breach::Overflow)?;
    receipts.events = books.told();
    for (voter, items) in &work.items {
        for (index, item) in items.iter().enumerate() {
            let result = books.attempt(|books| weights::set_from_share(books, voter, item));
            let events = books.told();
            receipts.items.push(ItemReceipt { voter: *voter, index, result, events });
        }
    }
    Ok((books, receipts))
}

/// Stake that leaves at this height becomes free (R15), less what its hotkey's offences
/// cost since (R17).
pub(super) fn mature(books: &mut Books<'_>) -> Result<(), CallError> {
    let mut free = exits(books, books.height);
    books.delete(Key::Exits(books.height));
    free.extend(released(books));
    for exit in free {
        let (hotkey, coldkey) = (exit.hotkey, exit.coldkey);
        let amount = slash::left_now(books, &exit);
        let lost = minus(exit.amount, amount)?;
        let mut supply = books.supply;
        supply.unbonding = minus(supply.unbonding, exit.amount)?;
        supply.free = plus(supply.free, amount)?;
        supply.issued = minus(supply.issued, lost)?;
        supply.recycled = plus(supply.recycled, lost)?;
        books.supply = supply;
        if amount > Rao::ZERO {
            books.credit(coldkey, amount)?;
        }
        books.say(Event::StakeMatured { hotkey, coldkey, amount, lost });
    }
    Ok(())
}

/// Stake that left voters and whose turn it is.
fn released(books: &mut Books<'_>) -> Vec<Exit> {
    let (now, mut list) = (books.height, releases(books));
    let mut free = Vec::new();
    for release in list.iter_mut().filter(|r| r.from <= now) {
        for _ in 0..release.per_block {
            if release.next <= release.last {
                free.extend(leaving(books, release.next));
                books.delete(Key::Leaving(release.next));
                release.next = release.next.next().unwrap_or(release.next);
            }
        }
    }
    if list.iter().any(|r| r.from <= now) {
        list.retain(|r| r.next <= r.last);
        books.put(Key::Releases, Value::Releases(list));
    }
    free
}

/// Fees, emission, epochs, and what the state says of itself.
fn end(
    mut books: Books<'_>,
    mut receipts: Receipts,
    work: &BlockInput<'_>,
) -> Result<Outcome, Breach> {
    pay_proposer(&mut books, work).map_err(|_| Breach::Overflow)?;
    receipts.emission = emission::mint(&mut books, work).map_err(|_| Breach::Overflow)?;
    receipts.epochs = epoch::run_due(&mut books).map_err(|_| Breach::Overflow)?;
    root::run_due(&mut books).map_err(|_| Breach::Overflow)?;
    let waits = rotation::waits(&books, work);
    let voters = rotation::turn(&mut books, work).map_err(|_| Breach::Overflow)?;
    change::turn(&mut books, work, waits, &voters.current);
    receipts.events.extend(books.told());
    let chain = Chain {
        height: work.header.height,
        slot: work.header.slot,
        finality: work.finality,
        voters,
    };
    Ok(Outcome { changes: books.close(chain), receipts })
}

/// The fees go to the coldkey of the proposer; they are free coins already.
fn pay_proposer(books: &mut Books<'_>, work: &BlockInput<'_>) -> Result<(), CallError> {
    let fees = std::mem::take(&mut books.fees);
    if fees == Rao::ZERO {
        return Ok(());
    }
    let proposer = work.header.proposer;
    let coldkey = hotkey(books, &proposer).map_or(proposer, |h| h.coldkey);
    books.credit(coldkey, fees)
}
