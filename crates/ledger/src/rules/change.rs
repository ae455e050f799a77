//! Rules that can change (R21): who signals what, lock-in, and when the change is due.
//!
//! After the rotation of a block, in this order:
//! 1. a change that was due in this block has happened: the version rises, what was signalled
//!    before is forgotten. One that was to come here and can't yet is due a rotation later;
//! 2. the signal of the block's proposer is noted, the latest of each;
//! 3. at a rotation height the change that waits is dropped, when it is the last such height
//!    before it and too few still name it; or, while nothing waits, rules that enough power
//!    names are locked in;
//! 4. signals of hotkeys that vote no more are forgotten.
//!
//! Whether a change is due is read from the parent's state alone (`ledger`), so everybody
//! who runs a block knows by which rules before it looks into it.
//!
//! Not here: what rules are (types), what a header's version must be and where a node stops
//! (consensus), and what a version changes (each rule, by the id of the state).

use super::books::Books;
use super::event::Event;
use super::input::BlockInput;
use super::reads;
use crate::state::value::{Change, Row, RulesRecord};
use crate::state::{Key, Value};
use weft_types::{Height, PublicKey, RulesId, Version, VoterSet};

/// At so many heights in a row two thirds are enough.
const PATIENT: u16 = 14;

/// The power that names some rules, of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Of those whose latest header names them.
    pub power: u128,
    /// Of the whole set.
    pub all: u128,
}

impl Named {
    /// Four fifths or more.
    const fn is_plenty(self) -> bool {
        self.power > 0 && self.power.saturating_mul(5) >= self.all.saturating_mul(4)
    }

    /// Over two thirds.
    const fn is_enough(self) -> bool {
        self.power.saturating_mul(3) > self.all.saturating_mul(2)
    }

    /// In millionths.
    pub fn ppm(self) -> u32 {
        let part = self.power.saturating_mul(1_000_000).checked_div(self.all).unwrap_or(0);
        u32::try_from(part).unwrap_or(u32::MAX)
    }
}

/// What a block makes of the parent's record. `waits` says whether an earlier rotation waits
/// to be final in this block's own state, `set` is the current set of that state.
pub fn turn(books: &mut Books<'_>, work: &BlockInput<'_>, waits: bool, set: &VoterSet) {
    let before = reads::rules(books);
    let mut record = before.clone();
    let height = books.height;
    let every = books.params.rotation_blocks;
    if books.rules != record.now {
        record = RulesRecord { now: books.rules, ..RulesRecord::default() };
        let Version { version, id } = books.rules;
        books.say(Event::RulesChanged { version, id });
    } else if let Some(next) = record.next.as_mut().filter(|next| next.due == height) {
        next.due = Height(height.0.saturating_add(every));
        books.say(Event::RulesDelayed { id: next.id, height: next.due });
    }
    note(&mut record, work.header.proposer, work.header.signal);
    if height.0.checked_rem(every) == Some(0) {
        if record.next.is_some() {
            drop_unwanted(books, &mut record);
        } else if !waits {
            lock_in(books, &mut record, work);
        }
        record.signals.retain(|(key, _)| set.get(key).is_some());
    }
    if record != before {
        books.put(Key::Rules, Value::Rules(record));
    }
}

/// The latest signal of each proposer; who names nothing, or what is in force, stands on no
/// list.
fn note(record: &mut RulesRecord, proposer: PublicKey, signal: RulesId) {
    let is_word = signal != RulesId::NONE && signal != record.now.id;
    let signals = &mut record.signals;
    match signals.binary_search_by(|(key, _)| key.cmp(&proposer)) {
        Ok(at) if is_word => {
            if let Some(one) = signals.get_mut(at) {
                one.1 = signal;
            }
        }
        Ok(at) => drop(signals.remove(at)),
        Err(at) if is_word => signals.insert(at, (proposer, signal)),
        Err(_) => {}
    }
}

/// The power of a set that names each of the rules that somebody names, ids ascending.
pub fn tally(record: &RulesRecord, set: &VoterSet) -> Vec<(RulesId, Named)> {
    let mut ids: Vec<RulesId> = record.signals.iter().map(|(_, id)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| (id, named(record, set, id))).collect()
}

fn named(record: &RulesRecord, set: &VoterSet, id: RulesId) -> Named {
    let who = record.signals.iter().filter(|(_, said)| *said == id);
    let power = who.filter_map(|(key, _)| set.get(key)).map(|voter| u128::from(voter.power.0));
    let all = set.voters.iter().map(|voter| u128::from(voter.power.0));
    Named { power: power.fold(0, u128::saturating_add), all: all.fold(0, u128::saturating_add) }
}

/// At the last rotation height before a change voters can still take their word back.
fn drop_unwanted(books: &mut Books<'_>, record: &mut RulesRecord) {
    let Some(next) = record.next else { return };
    let is_last = next.due.since(books.height) <= books.params.rotation_blocks;
    if is_last && !named(record, &books.parent.voters.current, next.id).is_enough() {
        (record.next, record.row) = (None, None);
        books.say(Event::RulesDropped { id: next.id });
    }
}

/// Locks in what four fifths of the power name, or over two thirds for long enough.
fn lock_in(books: &mut Books<'_>, record: &mut RulesRecord, work: &BlockInput<'_>) {
    let most = tally(record, &books.parent.voters.current).into_iter().max_by_key(|(_, n)| n.power);
    let Some((id, named)) = most.filter(|(_, named)| named.is_enough()) else {
        record.row = None;
        return;
    };
    let times = record.row.filter(|row| row.id == id).map_or(0, |row| row.times);
    let times = times.saturating_add(1);
    record.row = Some(Row { id, times });
    if !named.is_plenty() && times < PATIENT {
        return;
    }
    let every = books.params.rotation_blocks;
    let wait = every.saturating_mul(books.params.change_rotations);
    let half = every.checked_div(2).unwrap_or(0);
    let due = Height(books.height.0.saturating_add(wait).saturating_add(half));
    record.next = Some(Change { id, due, round: work.header.round });
    record.row = None;
    books.say(Event::RulesLockedIn { id, height: due, power_ppm: named.ppm() });
}
