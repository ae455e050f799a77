//! What is forgotten when nothing stands behind it any more, so that keys which cost nothing
//! to make don't fill the state for ever.
//!
//! A hotkey is kept as long as it has a seat in a subnet, shares of its pool, a record of
//! offences, a place in a voter set, or a part of the virtual stake of genesis (R14). With
//! none of these it is deleted, at the moment it loses the last: who registers it again
//! begins anew, with the default take. Where it voted nothing is asked of it any more, but
//! that an offence of its time is still found by its record of power (R17).

use super::books::Books;
use super::reads::{bootstrap, hotkey, seat, subnets};
use crate::state::{Key, Read};
use weft_types::{PublicKey, Rao, VoterSet, VoterSets};

/// A hotkey lost its seat or its last shares.
pub fn if_empty(books: &mut Books<'_>, key: &PublicKey) {
    if !books.is_voter(key) {
        without_votes(books, key);
    }
}

/// A voter set was let go: of those who do not vote on, what only voters have is deleted,
/// and the hotkey if that was all.
pub fn voters(books: &mut Books<'_>, gone: &VoterSet, sets: &VoterSets) {
    let votes = |key| {
        let previous = sets.previous.as_ref().and_then(|set| set.get(key));
        sets.current.get(key).or(previous).is_some()
    };
    for voter in gone.voters.iter().filter(|voter| !votes(&voter.key)) {
        books.delete(Key::RootRow(voter.key));
        without_votes(books, &voter.key);
    }
}

fn without_votes(books: &mut Books<'_>, key: &PublicKey) {
    let is_bare = hotkey(books, key).is_some_and(|pool| pool.shares == 0);
    // What costs most is asked last.
    if is_bare && !is_remembered(books, key) && !is_seated(books, key) {
        books.delete(Key::Hotkey(*key));
    }
}

fn is_remembered(books: &Books<'_>, key: &PublicKey) -> bool {
    let virtual_stake = || bootstrap(books).map(|record| super::bootstrap::part(&record, key));
    books.get(&Key::Offender(*key)).is_some() || virtual_stake().is_some_and(|p| p > Rao::ZERO)
}

fn is_seated(books: &Books<'_>, key: &PublicKey) -> bool {
    subnets(books).into_iter().any(|netuid| seat(books, netuid, key).is_some())
}
