//! Consensus: for each neuron the largest score that kappa of the stake supports
//! (step 7); and the clip at it, which gives trust and rank (steps 8 to 11).
#![cfg_attr(
    not(test),
    expect(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "cells, stakes and consensus are parts, at most 2^32, and at most 4 096 of \
                  them are added; both halves of a ballot are as long as all of it, and no \
                  index passes its length"
    )
)]

use crate::q32::{self, Divisor, ONE, Q};
use crate::votes::Votes;

/// A score and the stake behind it.
type Vote = (Q, Q);

/// Who votes on consensus, and what a majority is.
pub struct Jury {
    /// Places with active stake, and their stake.
    voters: Vec<(usize, Q)>,
    /// Stake of voters without a place, who score everyone 0; none when all have one.
    absent: Option<Q>,
    total: Q,
    kappa: Q,
    votes: Vec<Vote>,
    spare: Vec<Vote>,
}

impl Jury {
    /// Everyone with active stake, normalised once more among themselves, as the live
    /// chain does.
    pub fn new(votes: &Votes, active_stake: &[Q], kappa: Q) -> Self {
        let sum = Divisor::new(q32::sum(active_stake));
        let (mut voters, mut absent, mut total) = (Vec::new(), None, 0);
        let with_stake = active_stake.iter().enumerate().filter(|(_, s)| **s > 0);
        for (uid, stake) in with_stake {
            let stake = sum.divide(*stake);
            total += stake;
            match votes.places.binary_search_by(|place| usize::from(*place).cmp(&uid)) {
                Ok(place) => voters.push((place, stake)),
                Err(_) => absent = Some(absent.unwrap_or(0) + stake),
            }
        }
        let room = voters.len() + 1;
        Self { voters, absent, total, kappa, votes: vec![(0, 0); room], spare: vec![(0, 0); room] }
    }

    /// The consensus on one neuron: the least score such that more than total - kappa of
    /// the stake scores no higher; the highest score when there is none (kappa 0).
    pub fn consensus(&mut self, column: &[Q]) -> Q {
        let mut count = 0;
        for (place, stake) in &self.voters {
            self.votes[count] = (column[*place], *stake);
            count += 1;
        }
        if let Some(stake) = self.absent {
            self.votes[count] = (0, stake);
            count += 1;
        }
        // Kappa goes to the other side, where no difference can be negative.
        let mut below = self.kappa;
        while count > 0 {
            let pivot = self.votes[count / 2].0;
            let split = split(&mut self.votes, &mut self.spare, (count, pivot));
            let upto = below + split.stake_below;
            if upto > self.total && split.below > 0 {
                count = split.below;
            } else if upto + split.stake_at <= self.total && split.above > 0 {
                below = upto + split.stake_at;
                count = split.above;
                std::mem::swap(&mut self.votes, &mut self.spare);
            } else {
                return pivot;
            }
        }
        0
    }
}

/// How votes lie around a pivot.
struct Split {
    below: usize,
    above: usize,
    stake_below: Q,
    stake_at: Q,
}

/// Moves votes below the pivot to the front and copies those above it into `above`.
/// Every vote is written to both and only the lengths differ, so no branch depends on a
/// score: a branch here is guessed wrong half of the time and costs more than the rest.
fn split(votes: &mut [Vote], above: &mut [Vote], (count, pivot): (usize, Q)) -> Split {
    let mut split = Split { below: 0, above: 0, stake_below: 0, stake_at: 0 };
    for at in 0..count {
        let vote @ (score, stake) = votes[at];
        votes[split.below] = vote;
        above[split.above] = vote;
        split.below += usize::from(score < pivot);
        split.above += usize::from(score > pivot);
        split.stake_below += stake * u64::from(score < pivot);
        split.stake_at += stake * u64::from(score == pivot);
    }
    split
}

/// What consensus makes of the weights.
pub struct Verdict {
    /// Consensus of each column.
    pub consensus: Vec<Q>,
    /// Rank of each column, before it is normalised.
    pub ranks: Vec<Q>,
    /// How much of each place's row survived the clip.
    pub trust: Vec<Q>,
}

/// Finds consensus column by column, and leaves in `votes` the weights that bonds come
/// from: weight + penalty * (clipped weight - weight). `stake` is active stake by place.
pub fn judge(votes: &mut Votes, jury: &mut Jury, stake: &[Q], penalty: Q) -> Verdict {
    let height = votes.places.len();
    let neurons = votes.weights.len().checked_div(height).unwrap_or(0);
    let mut verdict = Verdict {
        consensus: Vec::with_capacity(neurons),
        ranks: Vec::with_capacity(neurons),
        trust: vec![0; height],
    };
    let mut entries = votes.entries.chunks_exact_mut(height.max(1));
    for column in votes.weights.chunks_exact_mut(height.max(1)) {
        let consensus = jury.consensus(column);
        let mut rank = 0;
        for ((weight, stake), trust) in column.iter().zip(stake).zip(&mut verdict.trust) {
            let clipped = (*weight).min(consensus);
            *trust += clipped;
            rank += q32::mul(clipped, *stake);
        }
        verdict.consensus.push(consensus);
        verdict.ranks.push(rank);
        if let Some(entries) = entries.next() {
            keep_entries(entries, column, (consensus, penalty));
        }
        soften(column, (consensus, penalty));
    }
    verdict
}

/// The clip as far as the penalty asks: fully at 1, not at all at 0.
fn soften(column: &mut [Q], (consensus, penalty): (Q, Q)) {
    match penalty {
        0 => (),
        ONE => column.iter_mut().for_each(|weight| *weight = (*weight).min(consensus)),
        _ => column.iter_mut().for_each(|weight| {
            *weight = q32::interpolate(*weight, (*weight).min(consensus), penalty)
        }),
    }
}

/// Which cells are still entries for liquid alpha: at full penalty those that the clip
/// did not take to 0, between the ends those above 0, without penalty all.
fn keep_entries(entries: &mut [bool], column: &[Q], (consensus, penalty): (Q, Q)) {
    for (entry, weight) in entries.iter_mut().zip(column) {
        let clipped = (*weight).min(consensus);
        *entry = match penalty {
            0 => *entry,
            ONE => *entry && (*weight == 0 || clipped > 0),
            _ => q32::interpolate(*weight, clipped, penalty) > 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hundredths(x: u64) -> Q {
        (x << 32) / 100
    }

    /// Consensus on three neurons, in hundredths: the tables of the live chain's own
    /// tests (docs of its `weighted_median_col`).
    fn table(stakes: &[u64], rows: &[[u64; 3]], kappa: u64) -> Vec<u64> {
        let votes = Votes {
            places: (0..).take(rows.len()).collect(),
            weights: Vec::new(),
            entries: Vec::new(),
            bonds: Vec::new(),
        };
        let stakes: Vec<Q> = stakes.iter().map(|s| hundredths(*s)).collect();
        let mut jury = Jury::new(&votes, &stakes, hundredths(kappa));
        let column = |at: usize| rows.iter().map(|row| hundredths(row[at])).collect::<Vec<_>>();
        (0..3).map(|at| (jury.consensus(&column(at)) * 100).div_ceil(ONE)).collect()
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

    #[test]
    fn with_kappa_nothing_the_highest_score_stands_and_above_one_the_lowest() {
        let rows = [[10, 20, 0], [30, 20, 5], [20, 20, 0]];
        assert_eq!(table(&[20, 20, 60], &rows, 0), [30, 20, 5]);
        assert_eq!(table(&[20, 20, 60], &rows, 101), [10, 20, 0]);
    }

    #[test]
    fn nobody_with_stake_agrees_on_nothing() {
        assert_eq!(table(&[0, 0], &[[10, 10, 10], [20, 20, 20]], 50), [0, 0, 0]);
    }

    #[test]
    fn the_median_by_partition_is_the_median_by_sorting() {
        let mut x = 11_u64;
        let mut next = move |below: u64| {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (x >> 33) % below
        };
        for round in 0..2_000 {
            let size = 1 + next(40);
            let mut jury = Jury {
                voters: (0..).take(usize::try_from(size).unwrap()).map(|p| (p, next(50))).collect(),
                absent: (round % 3 == 0).then(|| next(50)),
                total: 0,
                kappa: 0,
                votes: vec![(0, 0); 64],
                spare: vec![(0, 0); 64],
            };
            let column: Vec<Q> = (0..size).map(|_| next(1 + round % 30)).collect();
            let mut votes: Vec<Vote> = jury.voters.iter().map(|(p, s)| (column[*p], *s)).collect();
            votes.extend(jury.absent.map(|stake| (0, stake)));
            votes.sort_unstable();
            jury.total = votes.iter().map(|(_, s)| s).sum();
            jury.kappa = next(jury.total * 5 / 4 + 2);
            let (mut upto, mut want) = (jury.kappa, votes.last().unwrap().0);
            for (score, _) in &votes {
                let at: Q = votes.iter().filter(|(s, _)| s <= score).map(|(_, s)| s).sum();
                upto = upto.max(jury.kappa + at);
                if upto > jury.total {
                    want = *score;
                    break;
                }
            }
            assert_eq!(jury.consensus(&column), want, "round {round}");
        }
    }
}
