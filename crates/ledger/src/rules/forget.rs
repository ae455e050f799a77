//! What is forgotten when nothing stands behind it any more, so that keys which cost nothing
//! to make don't fill the state for ever.
//!
//! A hotkey is kept as long as it has a seat in a subnet, shares of its pool, a record of
//! offences, a place in a voter set, or a part of the virtual stake of genesis (R14). With
//! none of these it is deleted, at the moment it loses the last: who registers it again
//! begins anew, with the default take. Where it voted nothing is asked of it any more, but
//! that an offence of its time is still found by its record of power (R17).
//!
//! That record, and the one of its offences, are kept as long as somebody may be cut by them,
//! and forgotten at the next rotation height. There is no scan, so lists say whose there are.

use super::books::Books;
use super::evidence;
use super::reads::{
    self, hotkey, let_go, offender, releases, rotation, seat, subnets, virtual_stake,
};
use crate::state::{Key, Read, Value};
use weft_types::{Height, PublicKey, Rao, VoterSet, VoterSets};

/// A hotkey lost its seat or its last shares.
pub fn if_empty(books: &mut Books<'_>, key: &PublicKey) {
    if !books.is_voter(key) {
        without_votes(books, key);
    }
}

/// A voter set was let go: of those who do not vote on, what only voters have is deleted,
/// and the hotkey if that was all.
pub fn voters(books: &mut Books<'_>, gone: &VoterSet, sets: &VoterSets) {
    for voter in gone.voters.iter().filter(|voter| !votes(sets, &voter.key)) {
        books.delete(Key::RootRow(voter.key));
        without_votes(books, &voter.key);
    }
}

fn votes(sets: &VoterSets, key: &PublicKey) -> bool {
    let previous = sets.previous.as_ref().and_then(|set| set.get(key));
    sets.current.get(key).or(previous).is_some()
}

/// Nothing is compared any more with the height at which a set was let go: what its members
/// had is forgotten, but of those who were in one that was let go later.
pub fn served(books: &mut Books<'_>, height: Height) {
    for key in let_go(books, height) {
        let last = reads::served(books, &key).0.last().map(|part| part.until);
        if last == Some(height) {
            books.delete(Key::Served(key));
        }
    }
    books.delete(Key::LetGo(height));
}

/// Offences are forgotten when none of a hotkey's can be reported again, it may be taken into
/// a set, and all stake has left that was asked back before it was cut last, or since:
/// what is left of that is worked out by the record.
pub fn offenders(books: &mut Books<'_>, sets: &VoterSets) {
    let before = reads::offenders(books);
    let mut after = before.clone();
    after.retain(|key| is_needed(books, key));
    if after.len() == before.len() {
        return;
    }
    for key in before.iter().filter(|key| after.binary_search(key).is_err()) {
        books.delete(Key::Offender(*key));
        if !votes(sets, key) {
            without_votes(books, key);
        }
    }
    if after.is_empty() {
        books.delete(Key::Offenders);
    } else {
        books.put(Key::Offenders, Value::Hotkeys(after));
    }
}

fn is_needed(books: &Books<'_>, key: &PublicKey) -> bool {
    let record = offender(books, key);
    let is_held = || {
        // What is asked back behind a voter waits for a rotation, what is behind another not.
        let waits = rotation(books).released < record.at;
        waits || releases(books).iter().any(|release| release.next <= record.at)
    };
    record.jailed_until > books.height
        || books.height.since(record.at) <= books.params.unbonding_blocks
        || !evidence::are_old(books, &record.offences)
        || is_held()
}

fn without_votes(books: &mut Books<'_>, key: &PublicKey) {
    let is_bare = hotkey(books, key).is_some_and(|pool| pool.shares == 0);
    // What costs most is asked last.
    if is_bare && !is_remembered(books, key) && !is_seated(books, key) {
        books.delete(Key::Hotkey(*key));
    }
}

fn is_remembered(books: &Books<'_>, key: &PublicKey) -> bool {
    books.get(&Key::Offender(*key)).is_some() || virtual_stake(books, key) > Rao::ZERO
}

fn is_seated(books: &Books<'_>, key: &PublicKey) -> bool {
    subnets(books).into_iter().any(|netuid| seat(books, netuid, key).is_some())
}
