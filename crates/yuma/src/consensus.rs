//! Consensus: for each miner the largest score that kappa of the stake supports
//! (step 7), and the clip at it (step 8).

use crate::matrix::Matrix;
use crate::q32::{self, Q};

/// The stake-weighted median of each column over everyone with active stake; who wrote
/// no row scores 0.
///
/// With m = stake - kappa, it is the least score such that the stake of those who score
/// no more than it is above m; the highest score when there is none.
pub fn consensus(weights: &Matrix, active_stake: &[Q], kappa: Q) -> Vec<Q> {
    let mut voters: Vec<(usize, Q)> =
        active_stake.iter().copied().enumerate().filter(|(_, s)| *s > 0).collect();
    let total = voters.iter().fold(0, |sum, (_, s)| q32::add(sum, *s));
    voters.iter_mut().for_each(|(_, s)| *s = q32::div(*s, total));
    let total = voters.iter().fold(0, |sum, (_, s)| q32::add(sum, *s));
    // Kappa may be above the stake by what truncation took: then nobody may dissent.
    let minority = total.checked_sub(kappa);
    let rows: Vec<(Option<&[Q]>, Q)> =
        voters.iter().map(|(uid, s)| (weights.row(*uid), *s)).collect();
    let mut scores = Vec::with_capacity(rows.len());
    (0..weights.columns)
        .map(|column| {
            scores.clear();
            let score = |row: &Option<&[Q]>| row.and_then(|r| r.get(column)).copied().unwrap_or(0);
            scores.extend(rows.iter().map(|(row, stake)| (score(row), *stake)));
            median(&mut scores, minority)
        })
        .collect()
}

/// The least score with more than `minority` at or below it, by partition around the
/// middle one, as long as it takes.
fn median(scores: &mut [(Q, Q)], minority: Option<Q>) -> Q {
    let Some(minority) = minority else {
        return scores.iter().map(|(score, _)| *score).min().unwrap_or(0);
    };
    let (mut left, mut below) = (scores, 0);
    loop {
        let Some(&(pivot, _)) = left.get(left.len() / 2) else { return 0 };
        let (less, equal) = split(left, pivot);
        let stake = |part: &[(Q, Q)]| part.iter().fold(0, |sum, (_, s)| q32::add(sum, *s));
        let lower = q32::add(below, stake(left.get(..less).unwrap_or_default()));
        let end = less.saturating_add(equal);
        let upto = q32::add(lower, stake(left.get(less..end).unwrap_or_default()));
        if lower > minority && less > 0 {
            left = left.get_mut(..less).unwrap_or_default();
        } else if upto <= minority && end < left.len() {
            below = upto;
            left = left.get_mut(end..).unwrap_or_default();
        } else {
            return pivot;
        }
    }
}

/// Moves scores below the pivot to the front, those equal to it behind them; answers
/// how many of each there are.
fn split(scores: &mut [(Q, Q)], pivot: Q) -> (usize, usize) {
    let (mut less, mut equal) = (0_usize, 0_usize);
    for at in 0..scores.len() {
        let Some(&(score, _)) = scores.get(at) else { break };
        let middle = less.saturating_add(equal);
        if score < pivot {
            scores.swap(at, middle);
            scores.swap(middle, less);
            less = less.saturating_add(1);
        } else if score == pivot {
            scores.swap(at, middle);
            equal = equal.saturating_add(1);
        }
    }
    (less, equal)
}

/// Cuts every cell at its column's consensus.
pub fn clip(weights: &Matrix, consensus: &[Q]) -> Matrix {
    let mut clipped = weights.clone();
    for (_, row) in clipped.rows_mut() {
        row.iter_mut().zip(consensus).for_each(|(x, c)| *x = (*x).min(*c));
    }
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables of the live chain's own tests (B4): stakes and rows in tenths.
    fn table(stakes: &[u64], rows: &[[u64; 3]], kappa: u64) -> Vec<u64> {
        let q = |hundredths: u64| q32::ratio(hundredths, 100);
        let mut matrix = Matrix::zero(3, (0..rows.len()).collect());
        matrix.cells = rows.iter().flatten().map(|x| q(*x)).collect();
        let stakes: Vec<Q> = stakes.iter().map(|s| q(*s)).collect();
        let found = consensus(&matrix, &stakes, q(kappa));
        found.iter().map(|c| (c * 100).div_ceil(q32::ONE)).collect()
    }

    #[test]
    fn the_median_moves_with_kappa_as_in_the_live_chains_tables() {
        let stakes = [0, 75, 25, 0];
        let rows = [[0, 10, 0], [0, 20, 40], [0, 30, 10], [0, 40, 50]];
        assert_eq!(table(&stakes, &rows, 24), [0, 30, 40]);
        assert_eq!(table(&stakes, &rows, 26), [0, 20, 40]);
        assert_eq!(table(&stakes, &rows, 76), [0, 20, 10]);
        let stakes = [0, 30, 20, 50];
        let rows = [[0, 10, 0], [0, 20, 40], [0, 30, 10], [0, 0, 50]];
        assert_eq!(table(&stakes, &rows, 51), [0, 0, 40]);
    }
}
