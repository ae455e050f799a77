//! Offences of voters (R17): what a report must be, and what it costs the offender.
//!
//! A report is taken when its evidence shows an offence that is signed, recent, not of a
//! time to come, of a hotkey that had voting power within the last `unbonding_blocks`, and
//! not punished yet. Then
//! 1. the hotkey is jailed: it is in no set that is taken within `jail_rotations`;
//! 2. the stake behind it is cut by one part in `slash_divisor`, or by three times the
//!    voting power that was caught within `unbonding_blocks`, if that is more;
//! 3. who was caught before within that time is cut by the difference, so that it does not
//!    matter who of many is reported first;
//! 4. the reporter has a twentieth of what this offence cost the operator, not the
//!    delegators: who reports himself must not gain. The rest is recycled.
//!
//! A round has no height: recent is what is not below the round or slot of the last
//! rotation height, or height at which a set was let go, that lies `unbonding_blocks` back.
//! So nobody is cut by a report for whom stake that counted has left (R15). A hotkey's part
//! is the largest it had in any set that voted within that time. Several offences are
//! several cuts. The [`MOST`]th of a hotkey within the window costs all that is left, and so
//! does each later one: what is remembered is bounded, and being full of offences protects
//! from nothing. None is of a round or slot above the parent's slot, so none is recent for
//! ever.
//!
//! Not here: whether the evidence is signed, which is said with a transaction's own signature
//! (`types::check`); how a stake is cut (`slash`), and who takes evidence to the chain (the node).

use super::books::{Books, minus};
use super::error::CallError;
use super::event::Event;
use super::reads::{caught, hotkey, offender, rotation, served};
use super::slash;
use crate::state::value::{Caught, Mark, Part};
use crate::state::{Key, Value};
use weft_types::{Evidence, Height, Offence, PublicKey, Rao, VoterSet};

/// All of the power, or of a stake, in parts of a million million.
const WHOLE: u64 = 1_000_000_000_000;

/// An offence costs so many times the power that was caught.
const TIMES: u64 = 3;

/// So many offences of one hotkey are remembered within the window, the latest; whoever has
/// as many loses all.
const MOST: usize = 256;

/// The reporter has one part in this many of what the operator loses.
const REWARD: u64 = 20;

/// Takes a report.
pub fn report(
    books: &mut Books<'_>,
    reporter: PublicKey,
    evidence: &Evidence,
) -> Result<(), CallError> {
    let offence = evidence.offence().map_err(|why| CallError::NoOffence { why })?;
    let key = evidence.offender();
    let power = power(books, &key).ok_or(CallError::HadNoPower { hotkey: key })?;
    let mut record = offender(books, &key);
    let oldest = oldest(books);
    record.offences.retain(|known| is_recent(*known, oldest));
    if !is_recent(offence, oldest) {
        return Err(CallError::OffenceTooOld { round: oldest.round, slot: oldest.slot });
    }
    let newest = books.parent.slot;
    if number(offence) > newest.0 {
        return Err(CallError::OffenceTooEarly { got: number(offence), slot: newest });
    }
    let is_full = note(&mut record.offences, offence, key)?;
    let jail = books.params.jail_rotations.saturating_mul(books.params.rotation_blocks);
    let until = Height(books.height.0.saturating_add(jail));
    record.jailed_until = record.jailed_until.max(until);
    let jailed_until = record.jailed_until;
    slash::note(books, key, record);
    let cut = count(books, key, power)?;
    let cut = if is_full { WHOLE } else { cut };
    let lost = slash::cut(books, &key, (cut, WHOLE))?;
    let reward = Rao(lost.operator.0.div_euclid(REWARD));
    books.recycle_staked(minus(lost.all, reward)?)?;
    slash::reward(books, reporter, reward)?;
    let lost = lost.all;
    books.say(Event::VoterSlashed { hotkey: key, lost, reporter, reward, jailed_until });
    Ok(())
}

/// Remembers an offence; answers whether as many are as may be. Then the earliest gives its
/// place to a later one, and one earlier than all of them is refused: that was paid for with
/// all there was.
fn note(known: &mut Vec<Offence>, new: Offence, hotkey: PublicKey) -> Result<bool, CallError> {
    if known.contains(&new) {
        return Err(CallError::OffenceKnown { hotkey });
    }
    if known.len() >= MOST {
        let when = |offence: &Offence| (number(*offence), *offence);
        let first = known.iter().copied().enumerate().min_by_key(|(_, offence)| when(offence));
        match first {
            Some((place, first)) if when(&first) < when(&new) => drop(known.remove(place)),
            _ => return Err(CallError::OffencesFull { hotkey, limit: MOST }),
        }
    }
    known.push(new);
    Ok(known.len() >= MOST)
}

/// Notes who was caught, cuts those who were before by what that adds, and answers which
/// part of the stake the new offence costs.
fn count(books: &mut Books<'_>, key: PublicKey, power: u64) -> Result<u64, CallError> {
    let window = books.params.unbonding_blocks;
    let mut list = caught(books);
    list.retain(|c| books.height.since(c.at) <= window);
    let new = Caught { hotkey: key, at: books.height, power, cut: 0 };
    match list.binary_search_by(|c| c.hotkey.cmp(&key)) {
        Ok(place) => {
            let known = list.get_mut(place).ok_or(CallError::OutOfRange)?;
            *known = Caught { power: known.power.max(power), cut: known.cut, ..new };
        }
        Err(place) => list.insert(place, new),
    }
    let all = list.iter().fold(0_u64, |sum, c| sum.saturating_add(c.power));
    let least = WHOLE.checked_div(books.params.slash_divisor).unwrap_or(WHOLE);
    let cut = all.saturating_mul(TIMES).max(least).min(WHOLE);
    for other in list.iter_mut().filter(|c| c.cut < cut) {
        if other.hotkey != key {
            // What is left is WHOLE - other.cut, and WHOLE - cut shall be.
            let parts = (cut.saturating_sub(other.cut), WHOLE.saturating_sub(other.cut));
            let lost = slash::cut(books, &other.hotkey, parts)?;
            books.recycle_staked(lost.all)?;
            books.say(Event::SlashRaised { hotkey: other.hotkey, lost: lost.all });
        }
        other.cut = cut;
    }
    books.put(Key::Caught, Value::Caught(list));
    Ok(cut)
}

/// The part of the power that a hotkey has in a voter set of this state, or had in one that
/// was let go within the window.
fn power(books: &Books<'_>, key: &PublicKey) -> Option<u64> {
    let sets = &books.parent.voters;
    let now = [Some(&sets.current), sets.previous.as_ref()];
    let now = now.into_iter().flatten().filter_map(|set| part(set, key));
    let before = served(books, key).0.into_iter().filter(|part| counts(books, part));
    now.chain(before.map(|part| part.power)).max()
}

/// Whether a set that was let go then answers for what it signed still.
fn counts(books: &Books<'_>, part: &Part) -> bool {
    books.height.since(part.until) <= books.params.unbonding_blocks
}

/// Whether stake behind a hotkey that votes no more, if it ever did, may still be cut for
/// what it signed (R15); so may that of genesis until voters rotate first.
pub fn answers(books: &Books<'_>, key: &PublicKey) -> bool {
    let before_any = rotation(books).height == Height::ZERO;
    let is_first = hotkey(books, key).is_some_and(|pool| pool.since == Height::ZERO);
    served(books, key).0.last().is_some_and(|part| counts(books, part)) || before_any && is_first
}

/// The part of a set's power that a hotkey has, rounded up.
fn part(set: &VoterSet, key: &PublicKey) -> Option<u64> {
    let wide = u128::from(set.get(key)?.power.0).saturating_mul(u128::from(WHOLE));
    let total = u128::from(set.total().0).max(1);
    u64::try_from(wide.div_ceil(total)).ok()
}

/// A set was let go: what each of its members had is remembered, as long as it counts and
/// no more was had since; and who they were, so that it can be forgotten (`forget`).
pub fn remember(books: &mut Books<'_>, set: &VoterSet) {
    let names = set.voters.iter().map(|voter| voter.key).collect();
    books.put(Key::LetGo(books.height), Value::Hotkeys(names));
    for voter in &set.voters {
        if let Some(power) = part(set, &voter.key) {
            let mut record = served(books, &voter.key);
            record.0.retain(|part| part.power > power && counts(books, part));
            record.0.push(Part { power, until: books.height });
            books.put(Key::Served(voter.key), Value::Served(record));
        }
    }
}

/// Whether none of these offences can be reported any more, nor ever again.
pub fn are_old(books: &Books<'_>, offences: &[Offence]) -> bool {
    let oldest = oldest(books);
    !offences.iter().any(|offence| is_recent(*offence, oldest))
}

/// Round and slot below which an offence is too old.
fn oldest(books: &Books<'_>) -> Mark {
    let marks = rotation(books).marks;
    let is_old = |mark: &&Mark| books.height.since(mark.height) >= books.params.unbonding_blocks;
    marks.iter().rev().find(is_old).copied().unwrap_or(Mark::GENESIS)
}

/// The number of its round or slot. A round is never above its block's slot (R6).
const fn number(offence: Offence) -> u64 {
    match offence {
        Offence::Vote(round) => round.0,
        Offence::Header(slot) => slot.0,
    }
}

fn is_recent(offence: Offence, oldest: Mark) -> bool {
    match offence {
        Offence::Vote(round) => round >= oldest.round,
        Offence::Header(slot) => slot >= oldest.slot,
    }
}
