//! The root matrix: voters score subnets, and the scores share the emission out (economy,
//! section 6).
//!
//! Half of a subnet's share is the stake-weighted mean of the rows, half Yuma's clipped
//! rank of them; the mean alone where the clip leaves nothing. The clip alone let 51 % of
//! the stake take everything and zeroed most subnets that honest voters scored sparsely;
//! the mean alone lets anyone feed his own. No hotkey counts with more than an eighth.

use super::books::{Books, plus};
use super::error::CallError;
use super::event::Event;
use super::reads::{self, earning, hotkey, root_row, subnet, subnets, virtual_stake};
use super::register::blocks_missing;
use super::row::{ascending, fresh, paired, upscale};
use crate::state::value::{Portion, Root, RootRow, Subnet};
use crate::state::{Key, Value};
use weft_types::{Netuid, PublicKey, Rao, Uid, WeightRow};
use weft_yuma::{EpochParams, Snapshot, epoch};

/// 1 in the fixed point of shares.
const ONE: u64 = 1 << 32;

/// One hotkey counts with at most one part in this many.
const CAP: u64 = 8;

/// Checks a voter's row of the root matrix and stores it. Its columns are subnets.
pub fn set(books: &mut Books<'_>, signer: &PublicKey, row: &WeightRow) -> Result<(), CallError> {
    paired(row)?;
    if books.parent.voters.current.get(signer).is_none() {
        return Err(CallError::NotAVoter { hotkey: *signer });
    }
    let before = root_row(books, signer);
    let limit = books.params.subnet_defaults.weights_rate_limit;
    if let Some(before) = &before {
        let blocks_left = blocks_missing(books, limit, (before.view, row.view));
        if blocks_left > 0 {
            return Err(CallError::SettingWeightsTooFast { blocks_left, limit });
        }
    }
    good_columns(books, row)?;
    good_view(books, row, before.as_ref())?;
    let entries = row.uids.iter().copied().zip(upscale(&row.values)).collect();
    books.put(Key::RootRow(*signer), Value::RootRow(RootRow { view: row.view, entries }));
    books.say(Event::RootRowSet { hotkey: *signer });
    Ok(())
}

/// Whether a row is one that can be stored, whoever's and whenever.
pub fn fits(books: &Books<'_>, row: &WeightRow) -> Result<(), CallError> {
    paired(row)?;
    good_columns(books, row)
}

/// Ascending, started, and with a score for at least half of the started subnets.
fn good_columns(books: &Books<'_>, row: &WeightRow) -> Result<(), CallError> {
    ascending(row)?;
    let started = earning(books);
    let known = |uid: &Uid| started.binary_search_by(|(netuid, _)| netuid.0.cmp(&uid.0)).is_ok();
    if let Some(uid) = row.uids.iter().find(|uid| !known(uid)) {
        return Err(CallError::SubnetNotStarted { netuid: Netuid(uid.0) });
    }
    let got = row.values.iter().filter(|value| **value > 0).count();
    let started = started.len();
    if got.saturating_mul(2) < started {
        return Err(CallError::TooFewSubnetsScored { got, started });
    }
    Ok(())
}

fn good_view(
    books: &Books<'_>,
    row: &WeightRow,
    before: Option<&RootRow>,
) -> Result<(), CallError> {
    fresh(row, books.height, books.params.root_tempo)?;
    match before {
        Some(before) if row.view <= before.view => {
            Err(CallError::RowNotNewer { view: row.view, last: before.view })
        }
        _ => Ok(()),
    }
}

/// Runs the root epoch when it is due: new shares, and each subnet's moving average.
pub fn run_due(books: &mut Books<'_>) -> Result<(), CallError> {
    let last = reads::root(books).last_epoch;
    if books.height.since(last) < books.params.root_tempo {
        return Ok(());
    }
    let columns = earning(books);
    let rows = rows(books, &columns)?;
    let shares = shares(&columns, &rows)?;
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    books.say(Event::RootEpoch { rows: count(rows.len()), subnets: count(shares.len()) });
    average(books, &columns, &shares);
    books.put(Key::Root, Value::Root(Root { last_epoch: books.height, shares }));
    Ok(())
}

/// A row that counts.
struct Voice {
    stake: u64,
    /// (place in the columns, score).
    scores: Vec<(u16, u16)>,
}

/// The rows of today's voters that are fresh and have stake behind them, with the scores
/// of subnets that were there when the voter looked.
fn rows(books: &Books<'_>, columns: &[(Netuid, Subnet)]) -> Result<Vec<Voice>, CallError> {
    let cutoff = books.params.subnet_defaults.activity_cutoff;
    let mut rows = Vec::new();
    for voter in &books.parent.voters.current.voters {
        let Some(row) = root_row(books, &voter.key) else { continue };
        let real = hotkey(books, &voter.key).map_or(Rao::ZERO, |pool| pool.value);
        let stake = plus(real, virtual_stake(books, &voter.key))?.0;
        if stake == 0 || books.height.since(row.view) > cutoff {
            continue;
        }
        let place = |uid: Uid| {
            let at = columns.binary_search_by(|(netuid, _)| netuid.0.cmp(&uid.0)).ok()?;
            let (_, net) = columns.get(at)?;
            (net.registered_at < row.view).then_some(u16::try_from(at).ok()?)
        };
        let scores = row.entries.iter().filter_map(|(uid, x)| Some((place(*uid)?, *x)));
        rows.push(Voice { stake, scores: scores.collect() });
    }
    cap(&mut rows);
    Ok(rows)
}

/// Cuts every stake to c, the largest c that is at most an eighth of all so cut. Under
/// eight keys there is none: they count alike.
fn cap(rows: &mut [Voice]) {
    let mut stakes: Vec<u64> = rows.iter().map(|row| row.stake).collect();
    stakes.sort_unstable_by(|a, b| b.cmp(a));
    let most = largest_cap(&stakes);
    for row in rows {
        row.stake = most.map_or(1, |most| row.stake.min(most).max(1));
    }
}

/// With the k largest cut, c = (sum of the others) / (8 - k); the first k at which the
/// next one needs no cut. Stakes descend.
fn largest_cap(stakes: &[u64]) -> Option<u64> {
    let mut rest: u128 = stakes.iter().copied().map(u128::from).sum();
    for (k, next) in (0..CAP).zip(stakes) {
        let c = rest.checked_div(u128::from(CAP.saturating_sub(k)))?;
        if u128::from(*next) <= c {
            return u64::try_from(c).ok();
        }
        rest = rest.saturating_sub(u128::from(*next));
    }
    (stakes.len() >= 8).then(|| stakes.get(7).copied()).flatten()
}

/// Half mean, half clipped rank, as parts of [`ONE`]; empty while nobody has scored.
fn shares(columns: &[(Netuid, Subnet)], rows: &[Voice]) -> Result<Vec<Portion>, CallError> {
    let mean = portions(&mean(columns.len(), rows));
    if mean.iter().all(|x| *x == 0) {
        return Ok(Vec::new());
    }
    let rank = portions(&clipped_rank(columns.len(), rows)?);
    let is_clipped_out = rank.iter().all(|x| *x == 0);
    let share = |((netuid, _), (mean, rank)): (&(Netuid, Subnet), (&u64, &u64))| {
        let weight = if is_clipped_out { *mean } else { mean.midpoint(*rank) };
        Portion { netuid: *netuid, weight }
    };
    Ok(columns.iter().zip(mean.iter().zip(&rank)).map(share).collect())
}

/// Each amount as a part of the sum, times [`ONE`].
fn portions(amounts: &[u128]) -> Vec<u64> {
    let sum: u128 = amounts.iter().sum();
    let portion = |x: &u128| x.saturating_mul(u128::from(ONE)).checked_div(sum);
    amounts.iter().map(|x| portion(x).and_then(|p| u64::try_from(p).ok()).unwrap_or(0)).collect()
}

/// The stake-weighted mean of the rows, each row divided by its sum.
fn mean(columns: usize, rows: &[Voice]) -> Vec<u128> {
    let mut means = vec![0_u128; columns];
    for row in rows {
        let sum: u128 = row.scores.iter().map(|(_, x)| u128::from(*x)).sum();
        for (place, x) in &row.scores {
            // A stake is below 2^64 and a score below 2^16: the product fits, twice.
            let wide = u128::from(row.stake).saturating_mul(u128::from(*x)) << 16;
            let part = wide.checked_div(sum).unwrap_or(0);
            if let Some(mean) = means.get_mut(usize::from(*place)) {
                *mean = mean.saturating_add(part);
            }
        }
    }
    means
}

/// Yuma's rank of the columns with scores cut to what half of the stake supports: an epoch
/// in which the voters are the first uids and the columns the ones behind them.
fn clipped_rank(columns: usize, rows: &[Voice]) -> Result<Vec<u128>, CallError> {
    let voters = u16::try_from(rows.len()).map_err(|_| CallError::OutOfRange)?;
    let all = rows.len().saturating_add(columns);
    let line = |row: &Voice| {
        let entry = |(place, x): &(u16, u16)| (place.saturating_add(voters), *x);
        row.scores.iter().map(entry).collect::<Vec<_>>()
    };
    let mut weights: Vec<Vec<(u16, u16)>> = rows.iter().map(line).collect();
    weights.resize(all, Vec::new());
    let is_voter = |uid: usize| uid < rows.len();
    let mut stakes: Vec<u64> = rows.iter().map(|row| row.stake).collect();
    stakes.resize(all, 0);
    let snapshot = Snapshot {
        params: EpochParams { max_allowed_validators: voters, ..EpochParams::default() },
        current_block: 1,
        last_step: 0,
        rao_emission: 0,
        stakes,
        last_update: vec![1; all],
        registered_at: vec![0; all],
        permits: (0..all).map(is_voter).collect(),
        seeking: vec![true; all],
        weights,
        bonds: vec![Vec::new(); all],
    };
    let outcome = epoch(&snapshot).map_err(|_| CallError::OutOfRange)?;
    Ok(outcome.fx.incentive.iter().skip(rows.len()).map(|x| u128::from(*x)).collect())
}

/// Moves each subnet's average towards its share; those that did not earn have none.
fn average(books: &mut Books<'_>, columns: &[(Netuid, Subnet)], shares: &[Portion]) {
    let equal = ONE.checked_div(u64::try_from(columns.len()).unwrap_or(u64::MAX)).unwrap_or(0);
    for netuid in subnets(books) {
        let Some(mut net) = subnet(books, netuid) else { continue };
        let share = match shares.binary_search_by(|share| share.netuid.cmp(&netuid)) {
            Ok(place) => shares.get(place).map_or(0, |share| share.weight),
            Err(_) if shares.is_empty() && net.started => equal,
            Err(_) => 0,
        };
        net.share_average = moved(net.share_average, share, books.params.eviction_shift);
        books.put_subnet(netuid, net);
    }
}

/// average + (share - average) >> shift, rounded down.
fn moved(average: u64, share: u64, shift: u8) -> u64 {
    let (average, share) = (i128::from(average), i128::from(share));
    let step = share.saturating_sub(average) >> u32::from(shift).min(64);
    u64::try_from(average.saturating_add(step)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_counts_with_more_than_an_eighth_of_what_counts() {
        for stakes in [
            vec![100, 50, 20, 10, 10, 9, 8, 7, 6, 5, 4, 3],
            vec![1_000_000, 1, 1, 1, 1, 1, 1, 1],
            vec![5; 40],
            vec![9, 8, 7, 6, 5, 4, 3, 2],
        ] {
            let c = largest_cap(&stakes).unwrap();
            let cut = |c: u64| stakes.iter().map(|s| (*s).min(c)).sum::<u64>();
            assert!(c * 8 <= cut(c), "{stakes:?} {c}");
            assert!((c + 1) * 8 > cut(c + 1), "{stakes:?} {c} is not the largest");
        }
        assert_eq!(largest_cap(&[9, 8, 7]), None);
    }

    #[test]
    fn an_average_moves_by_a_part_of_the_way_and_falls_to_nothing() {
        assert_eq!(moved(0, 1_024, 3), 128);
        assert_eq!(moved(1_024, 0, 3), 896);
        let fallen = (0..200).fold(1_u64 << 32, |average, _| moved(average, 0, 3));
        assert_eq!(fallen, 0);
    }

    fn voice(stake: u64, scores: &[(u16, u16)]) -> Voice {
        Voice { stake, scores: scores.to_vec() }
    }

    fn weights(columns: u16, mut rows: Vec<Voice>) -> Vec<u64> {
        let numbers = weft_types::Hyperparameters::preset(weft_types::Network::Main);
        let net =
            |n| (Netuid(n), super::super::subnet::fresh(None, &numbers, weft_types::Height::ZERO));
        let columns: Vec<_> = (1..=columns).map(net).collect();
        cap(&mut rows);
        shares(&columns, &rows).unwrap().iter().map(|share| share.weight).collect()
    }

    #[test]
    fn voters_who_agree_share_as_they_say() {
        let rows = (0..10).map(|_| voice(7, &[(0, 100), (1, 300)])).collect();
        let got = weights(2, rows);
        assert!(got[0].abs_diff(ONE / 4) < 8 && got[1].abs_diff(ONE / 4 * 3) < 8, "{got:?}");
    }

    #[test]
    fn what_somebody_scored_is_never_left_with_nothing_by_the_clip() {
        // Three of ten score the second subnet: the clip takes it all, the mean does not.
        let row = |n| if n < 3 { voice(7, &[(0, 1), (1, 1)]) } else { voice(7, &[(0, 1)]) };
        let got = weights(2, (0..10).map(row).collect());
        assert!(got[1] > 0 && got[0] > got[1], "{got:?}");
    }
}
