//! Who votes next (R12 to R15).
//!
//! After the emission of a block, in this order:
//! 1. the voters whose shares the block carries are counted;
//! 2. when the last rotation is final in this state, the previous set is let go (R10), and
//!    stake that was asked back from behind voters before it gets its time (R15);
//! 3. at a height divisible by `rotation_blocks` the bootstrap may end or fade further
//!    (R14); if no rotation waits to be final, the next set is taken (R12): the largest of
//!    those who offered themselves and kept it up (R13), and of the voters of genesis what
//!    their virtual stake still gives them;
//! 4. at such a height the counting begins anew.
//!
//! A set that would be smaller than `min_voters` is not taken: the voters stay.
//!
//! Not here: who offers to vote (`candidates`), how a set votes (consensus), and what is paid
//! for it (`emission`).

use super::books::{Books, plus};
use super::error::CallError;
use super::event::Event;
use super::input::BlockInput;
use super::reads::{self, neuron, releases, root, rotation, seat};
use super::{bootstrap, candidates, evidence, forget};
use crate::state::value::{Mark, Release, Rotation};
use crate::state::{Key, Read, Value};
use std::collections::BTreeMap;
use weft_types::{Height, Power, PublicKey, Rao, Voter, VoterSet, VoterSets};

/// A voter keeps its place when its shares were in one part in this many of the blocks.
const PRESENT: u64 = 8;

/// The voter sets of the state after this block.
pub fn turn(books: &mut Books<'_>, work: &BlockInput<'_>) -> Result<VoterSets, CallError> {
    let mut sets = books.parent.voters.clone();
    let mut record = rotation(books);
    count(&mut record, &sets.current, work);
    let mut let_go = None;
    if sets.previous.is_some() && work.finality.finalized.round >= record.round {
        if let Some(gone) = sets.previous.take() {
            evidence::remember(books, &gone); // R10
            let_go = Some(gone);
        }
        release(books, &mut record); // R15
        mark(books, &mut record, work); // R17
    }
    let is_time = books.height.0.checked_rem(books.params.rotation_blocks) == Some(0);
    if is_time {
        let good = candidates::electable(books, books.height);
        bootstrap::turn(books, &good)?;
        let next = next(books, (&sets.current, &record), good)?;
        record.rests = next.is_none();
        if sets.previous.is_none()
            && let Some(next) = next
        {
            let anchor = work.finality.finalized.hash; // R4
            let voters = u64::try_from(next.len()).unwrap_or(u64::MAX);
            let current = VoterSet { voters: next, anchor };
            books.say(Event::VotersRotated { voters, power: Rao(current.total().0) });
            sets.previous = Some(std::mem::replace(&mut sets.current, current)); // R12
            (record.height, record.round) = (books.height, work.header.round);
        }
        mark(books, &mut record, work);
        (record.blocks, record.carried) = (0, vec![0; sets.current.voters.len()]);
        candidates::begin_anew(books);
    }
    books.put(Key::Rotation, Value::Rotation(record));
    if let Some(gone) = let_go {
        forget::voters(books, &gone, &sets);
    }
    if is_time {
        forget::offenders(books, &sets);
    }
    Ok(sets)
}

/// R12: whether a rotation before this block waits to be final in this block's own state.
pub fn waits(books: &Books<'_>, work: &BlockInput<'_>) -> bool {
    let since = rotation(books).round;
    books.parent.voters.previous.is_some() && work.finality.finalized.round < since
}

/// Counts the voters whose shares the block carries.
fn count(record: &mut Rotation, set: &VoterSet, work: &BlockInput<'_>) {
    record.blocks = record.blocks.saturating_add(1);
    record.carried.resize(set.voters.len(), 0);
    for (key, _) in &work.items {
        let Ok(at) = set.voters.binary_search_by(|v| v.key.cmp(key)) else { continue };
        if let Some(carried) = record.carried.get_mut(at) {
            *carried = carried.saturating_add(1);
        }
    }
}

/// R12, R13: the next set, if one is taken.
fn next(
    books: &Books<'_>,
    (current, record): (&VoterSet, &Rotation),
    good: Vec<(PublicKey, Rao)>,
) -> Result<Option<Vec<Voter>>, CallError> {
    let virtual_power = bootstrap::powers(books, books.height);
    // R14: until the bootstrap ends the voters of genesis vote alone.
    if reads::bootstrap(books).is_some_and(|b| b.began.is_none()) {
        return Ok(None);
    }
    let mut powers: BTreeMap<PublicKey, Rao> = virtual_power.into_iter().collect();
    for (key, power) in good.into_iter().filter(|(key, _)| is_present(key, current, record)) {
        let before = powers.get(&key).copied().unwrap_or_default();
        powers.insert(key, plus(before, power)?);
    }
    let mut list: Vec<(PublicKey, Rao)> = powers.into_iter().collect();
    list.sort_by_key(|(key, power)| (std::cmp::Reverse(*power), *key));
    list.truncate(usize::from(books.params.max_voters));
    if list.len() < usize::from(books.params.min_voters).max(1) {
        return Ok(None);
    }
    list.sort_by_key(|(key, _)| *key);
    let voter = |(key, power): (PublicKey, Rao)| Voter {
        key,
        power: Power(power.0),
        trust: trust(books, &key),
    };
    Ok(Some(list.into_iter().map(voter).collect()))
}

/// R13: whoever votes already had its shares in an eighth of the blocks.
fn is_present(key: &PublicKey, set: &VoterSet, record: &Rotation) -> bool {
    let Ok(at) = set.voters.binary_search_by(|v| v.key.cmp(key)) else { return true };
    let carried = record.carried.get(at).copied().unwrap_or(0);
    carried.saturating_mul(PRESENT) >= record.blocks
}

/// R8: validator trust of the last epochs, averaged over the started subnets by their
/// share of the emission; a subnet without a neuron of the hotkey counts as 0.
fn trust(state: &dyn Read, key: &PublicKey) -> u16 {
    let shares = root(state).shares;
    let nets = reads::earning(state);
    let weight = |netuid| match shares.binary_search_by(|s| s.netuid.cmp(&netuid)) {
        Ok(at) => shares.get(at).map_or(0, |s| s.weight),
        Err(_) => u64::from(shares.is_empty()),
    };
    let (mut sum, mut all) = (0_u128, 0_u128);
    for (netuid, _) in nets {
        let who = seat(state, netuid, key).and_then(|uid| neuron(state, netuid, uid));
        let trust = who.map_or(0, |who| who.validator_trust);
        let weight = u128::from(weight(netuid));
        sum = sum.saturating_add(weight.saturating_mul(u128::from(trust)));
        all = all.saturating_add(weight);
    }
    sum.checked_div(all).and_then(|t| u16::try_from(t).ok()).unwrap_or(0)
}

/// R17: notes a height at which voters might rotate, or at which a set was let go and stake
/// behind it begins to wait, and forgets those that no offence is compared with any more; and
/// what hotkeys had in sets that were let go there.
fn mark(books: &mut Books<'_>, record: &mut Rotation, work: &BlockInput<'_>) {
    let (height, window) = (books.height, books.params.unbonding_blocks);
    let old = |mark: &Mark| height.since(mark.height) >= window;
    let gone = record.marks.iter().filter(|mark| old(mark)).count().saturating_sub(1);
    record.marks.drain(..gone).for_each(|mark| forget::served(books, mark.height));
    record.marks.retain(|mark| mark.height < height);
    record.marks.push(Mark { height, round: work.header.round, slot: work.header.slot });
}

/// R15: no set that counts any more was fixed before the last rotation, so stake that was
/// asked back up to it is free after the unbonding time, the first requests first. One block
/// later still, since stake matures before a block's reports are looked at.
fn release(books: &mut Books<'_>, record: &mut Rotation) {
    let (next, last) = (record.released.next().unwrap_or(record.released), record.height);
    if last < next {
        return;
    }
    let from =
        Height(books.height.0.saturating_add(books.params.unbonding_blocks).saturating_add(1));
    let heights = last.since(next).saturating_add(1);
    let per_block = heights.div_ceil(books.params.rotation_blocks.max(1));
    let mut list = releases(books);
    list.push(Release { next, last, from, per_block });
    books.put(Key::Releases, Value::Releases(list));
    record.released = last;
}
