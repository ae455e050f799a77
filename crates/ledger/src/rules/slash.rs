//! Cutting the stake behind a hotkey: all positions in its pool alike, and what was asked
//! back and has not matured.
//!
//! A pool is cut at once, and every share is worth less. What is on its way out waits in
//! lists by height, so it is cut when it matures: an entry remembers what was left of the
//! hotkey's oldest stake when it was asked back, and keeps the part that is left of that.
//! Until then it counts as unbonding in full. Everything rounds against the stake.
//!
//! A pool that was cut to nothing is closed for good: it takes no deposit, and what it
//! would earn is recycled.

use super::books::{Books, minus, plus};
use super::error::CallError;
use super::pool::worth;
use super::reads::{hotkey, offender, offenders, position};
use crate::state::value::{Exit, Hotkey, Kept, Offender};
use crate::state::{Key, Read, Value};
use weft_types::{PublicKey, Rao};

/// What a cut took out of a pool. It counts as staked until somebody has it.
pub struct Lost {
    /// From all.
    pub all: Rao,
    /// Of it from the hotkey's owner.
    pub operator: Rao,
}

/// Cuts the stake behind a hotkey by a part of what is left, numerator and denominator.
pub fn cut(
    books: &mut Books<'_>,
    key: &PublicKey,
    (part, of): (u64, u64),
) -> Result<Lost, CallError> {
    let mut record = offender(books, key);
    record.kept = less(record.kept, (part, of));
    note(books, *key, record);
    let Some(pool) = hotkey(books, key) else {
        return Ok(Lost { all: Rao::ZERO, operator: Rao::ZERO });
    };
    let shares = position(books, key, &pool.coldkey);
    let all =
        u128::from(pool.value.0).saturating_mul(u128::from(part)).div_ceil(u128::from(of.max(1)));
    let all = Rao(u64::try_from(all).unwrap_or(u64::MAX)).min(pool.value);
    let after = Hotkey { value: minus(pool.value, all)?, ..pool };
    let operator = minus(worth(&pool, shares), worth(&after, shares))?;
    books.put_hotkey(*key, after);
    Ok(Lost { all, operator: operator.min(all) })
}

/// Writes what is remembered of an offender, and that it is, at this height.
pub fn note(books: &mut Books<'_>, key: PublicKey, record: Offender) {
    let mut list = offenders(books);
    if let Err(place) = list.binary_search(&key) {
        list.insert(place, key);
        books.put(Key::Offenders, Value::Hotkeys(list));
    }
    let at = books.height;
    books.put(Key::Offender(key), Value::Offender(Offender { at, ..record }));
}

/// Stake behind a hotkey is asked back: answers what is left now of its oldest stake. Until
/// it has left, that of an offender is remembered.
pub fn kept(books: &mut Books<'_>, key: PublicKey) -> Kept {
    let record = books.get(&Key::Offender(key)).map(|_| offender(books, &key));
    let kept = record.as_ref().map_or_else(Kept::default, |record| record.kept);
    if let Some(record) = record {
        note(books, key, record);
    }
    kept
}

fn less(kept: Kept, (part, of): (u64, u64)) -> Kept {
    let left = u128::from(kept.part).saturating_mul(u128::from(of.saturating_sub(part)));
    match u64::try_from(left.div_euclid(u128::from(of.max(1)))).unwrap_or(0) {
        0 => Kept { era: kept.era.saturating_add(1), part: Kept::ALL },
        part => Kept { part, ..kept },
    }
}

/// Staked coins that were cut become free coins of a reporter.
pub fn reward(books: &mut Books<'_>, reporter: PublicKey, amount: Rao) -> Result<(), CallError> {
    let mut supply = books.supply;
    supply.staked = minus(supply.staked, amount)?;
    supply.free = plus(supply.free, amount)?;
    books.supply = supply;
    if amount > Rao::ZERO { books.credit(reporter, amount) } else { Ok(()) }
}

/// What is left of stake that was asked back, rounded down.
pub fn left(exit: &Exit, now: Kept) -> Rao {
    if now.era != exit.kept.era {
        return Rao::ZERO;
    }
    let wide = u128::from(exit.amount.0).saturating_mul(u128::from(now.part));
    let left = wide.checked_div(u128::from(exit.kept.part)).unwrap_or(0);
    Rao(u64::try_from(left).unwrap_or(u64::MAX)).min(exit.amount)
}

/// What becomes free of stake that was asked back, if nothing more is cut.
pub fn left_now(state: &dyn Read, exit: &Exit) -> Rao {
    left(exit, offender(state, &exit.hotkey).kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(amount: u64, kept: Kept) -> Exit {
        Exit { coldkey: PublicKey([1; 32]), hotkey: PublicKey([2; 32]), amount: Rao(amount), kept }
    }

    #[test]
    fn r17_what_was_asked_back_before_a_cut_is_cut_and_after_it_is_not() {
        let before = Kept::default();
        let once = less(before, (1, 20));
        let twice = less(once, (1, 2));
        assert_eq!(left(&exit(1_000_000, before), before), Rao(1_000_000));
        // Fractions of two to the power of 60 round down, by less than a rao.
        assert_eq!(left(&exit(1_000_000, before), once), Rao(949_999));
        assert_eq!(left(&exit(1_000_000, before), twice), Rao(474_999));
        assert_eq!(left(&exit(1_000_000, once), twice), Rao(499_999));
        assert_eq!(left(&exit(1_000_000, twice), twice), Rao(1_000_000));
        let gone = less(twice, (7, 7));
        assert_eq!(left(&exit(1_000_000, twice), gone), Rao::ZERO);
        assert_eq!(left(&exit(1_000_000, gone), gone), Rao(1_000_000));
        assert_eq!(left(&exit(u64::MAX, gone), gone), Rao(u64::MAX));
    }
}
