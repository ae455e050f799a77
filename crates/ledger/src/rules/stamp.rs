//! The stamp door of a subnet: which block a stamp may name, how hard it must be, and
//! that it is used once.
//!
//! A stamp is judged at the difficulty that the state after the named block asks for, so
//! what others register meanwhile does not spoil work under way; only `stamp_window`
//! blocks back, so nobody saves stamps up. The history that this needs is pruned as it is
//! written: it never holds more than a window of registrations.

use super::books::Books;
use super::error::CallError;
use super::price::PriceRule;
use super::reads::{recent, stamps};
use crate::state::value::{Stamps, Subnet};
use crate::state::{Key, Read, Value};
use weft_types::stamp::{Stamp, StampFor};
use weft_types::tx::Consent;
use weft_types::{BlockHash, Hash, Height, Hyperparameters, Netuid, Wide};

/// What a stamp that names the block `named` must meet.
pub fn difficulty(state: &dyn Read, netuid: Netuid, net: &Subnet, named: Height) -> u64 {
    at(&stamps(state, netuid), &net.hyperparameters, named)
}

fn at(door: &Stamps, numbers: &Hyperparameters, named: Height) -> u64 {
    let rule = PriceRule::stamp(numbers);
    let last = door.steps.iter().rfind(|(height, _)| *height <= named);
    last.map_or_else(|| rule.clamp(0), |(height, step)| rule.decayed(*step, *height, named))
}

/// Checks a stamp and notes that it was used.
pub fn accept(
    books: &mut Books<'_>,
    net: &Subnet,
    said: &Consent,
    solution: u64,
) -> Result<(), CallError> {
    let (named, height, window) = (said.height, books.height, books.params.stamp_window);
    let stale = CallError::StaleStamp { named, height, window };
    // A number is used again when its subnet is evicted; work for the old one is not.
    let fresh = height.since(named) <= window && named >= net.registered_at;
    let block = hash_of(books, named).filter(|_| fresh).ok_or(stale)?;
    let hash = Stamp { subject: StampFor { chain: *books.chain, consent: *said, block }, solution };
    let hash = hash.hash();
    let mut door = stamps(books, said.netuid);
    let need = at(&door, &net.hyperparameters, named);
    if !Stamp::meets(&hash, need) {
        return Err(CallError::StampTooEasy { need: Wide(need) });
    }
    if door.used.iter().any(|(_, used)| *used == hash) {
        return Err(CallError::StampUsed);
    }
    door.used.push((named, hash));
    note(books, said.netuid, net, door);
    Ok(())
}

/// The hash of a block that this one stands on, if it is recent.
fn hash_of(books: &Books<'_>, named: Height) -> Option<BlockHash> {
    recent(books).into_iter().find(|(height, _)| *height == named).map(|(_, hash)| hash)
}

/// Raises the difficulty after a registration in this block, and forgets what no stamp can
/// name any more.
fn note(books: &mut Books<'_>, netuid: Netuid, net: &Subnet, mut door: Stamps) {
    let (now, numbers) = (books.height, &net.hyperparameters);
    let raised = PriceRule::stamp(numbers).raised(at(&door, numbers, now));
    door.steps.retain(|(height, _)| *height != now);
    door.steps.push((now, raised));
    let oldest = Height(now.0.saturating_sub(books.params.stamp_window));
    let before = door.steps.iter().rposition(|(height, _)| *height <= oldest).unwrap_or(0);
    door.steps.drain(..before);
    door.used.retain(|(named, _): &(Height, Hash)| *named >= oldest);
    books.put(Key::Stamps(netuid), Value::Stamps(door));
}

/// Remembers the parent's hash for the stamps of this block and the next ones.
pub fn remember(books: &mut Books<'_>, parent: BlockHash) {
    let mut list = recent(books);
    list.push((books.parent.height, parent));
    let most = usize::try_from(books.params.stamp_window).unwrap_or(usize::MAX).max(1);
    let over = list.len().saturating_sub(most);
    list.drain(..over);
    books.put(Key::Recent, Value::Recent(list));
}
