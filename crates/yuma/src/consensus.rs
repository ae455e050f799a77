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

/// How many low bits of a key say whose vote it is.
const VOTER_BITS: u32 = 12;

/// With so few votes left, comparing each with each costs less than guessing a branch.
const FEW: usize = 8;

/// Who votes on consensus, and what a majority is.
///
/// A vote is one number, score * 2^12 + voter: no two are equal, and they are ordered by
/// score. Scores are at most 2^32 and voters below 2^12.
pub struct Jury {
    /// The places of voters; those without a place, who score everyone 0, are one more
    /// voter behind them.
    places: Vec<usize>,
    /// How many voters there are.
    voters: usize,
    /// The stake of each voter: room for all there can be, so that none is out of bounds.
    stakes: Box<[Q; 1 << VOTER_BITS]>,
    total: Q,
    kappa: Q,
    votes: Vec<u64>,
    spare: Vec<u64>,
}

impl Jury {
    /// Everyone with active stake, normalised once more among themselves, as the live
    /// chain does.
    pub fn new(votes: &Votes, active_stake: &[Q], kappa: Q) -> Self {
        let sum = Divisor::new(q32::sum(active_stake));
        let (mut places, mut stakes, mut absent) = (Vec::new(), Vec::new(), None);
        for (uid, stake) in active_stake.iter().enumerate().filter(|(_, s)| **s > 0) {
            let stake = sum.divide(*stake);
            match votes.places.binary_search_by(|place| usize::from(*place).cmp(&uid)) {
                Ok(place) => {
                    places.push(place);
                    stakes.push(stake);
                }
                Err(_) => absent = Some(absent.unwrap_or(0) + stake),
            }
        }
        stakes.extend(absent);
        Self::of(places, &stakes, kappa)
    }

    fn of(places: Vec<usize>, all: &[Q], kappa: Q) -> Self {
        let (voters, total) = (all.len(), q32::sum(all));
        let mut stakes = Box::new([0; 1 << VOTER_BITS]);
        stakes[..voters].copy_from_slice(all);
        let (votes, spare) = (vec![0; voters], vec![0; voters]);
        Self { places, voters, stakes, total, kappa, votes, spare }
    }

    /// The consensus on one neuron: the least score such that more than total - kappa of
    /// the stake scores no higher; the highest score when there is none (kappa 0).
    pub fn consensus(&mut self, column: &[Q]) -> Q {
        let mut count = self.voters;
        for (voter, vote) in (0_u64..).zip(&mut self.votes) {
            *vote = voter;
        }
        for (vote, place) in self.votes.iter_mut().zip(&self.places) {
            *vote |= column[*place] << VOTER_BITS;
        }
        // Kappa goes to the other side, where no difference can be negative.
        let mut below = self.kappa;
        while count > FEW {
            let pivot = median_of_three(&self.votes[..count]);
            let (lows, stake) = self.split(count, pivot);
            if below + stake > self.total {
                count = lows;
            } else {
                below += stake;
                count -= lows;
                std::mem::swap(&mut self.votes, &mut self.spare);
            }
        }
        self.among_few(count, below) >> VOTER_BITS
    }

    /// Moves votes up to the pivot to the front and the others to `spare`; answers how
    /// many the former are and the stake behind them. Every vote is written to both and
    /// only the counts differ, so no branch depends on a score: such a branch is guessed
    /// wrong half of the time and costs more than all the rest.
    fn split(&mut self, count: usize, pivot: u64) -> (usize, Q) {
        let (votes, spare) = (&mut self.votes[..count], &mut self.spare[..count]);
        let (mut lows, mut stake) = (0, 0);
        for at in 0..count {
            let vote = votes[at];
            let low = not_above(vote, pivot);
            votes[lows] = vote;
            spare[at - lows] = vote;
            lows += voter(low & 1);
            stake += self.stakes[voter(vote)] & low;
        }
        (lows, stake)
    }

    /// The least vote that carries, of the first few; the highest when none does; 0 of
    /// none at all. Room that is left repeats the first vote without its stake.
    fn among_few(&self, count: usize, below: Q) -> u64 {
        let Some(first) = self.votes[..count].first() else { return 0 };
        let (mut votes, mut stakes) = ([*first; FEW], [0; FEW]);
        for (at, vote) in self.votes[..count].iter().enumerate() {
            votes[at] = *vote;
            stakes[at] = self.stakes[voter(*vote)];
        }
        let (mut least, mut highest) = (u64::MAX, 0);
        for vote in votes {
            let others = votes.iter().zip(stakes);
            let upto = others.fold(below, |sum, (o, stake)| sum + (stake & not_above(*o, vote)));
            least = least.min(vote | not_above(upto, self.total));
            highest = highest.max(vote);
        }
        least.min(highest)
    }
}

/// Whose vote it is.
#[inline]
const fn voter(vote: u64) -> usize {
    (vote & ((1 << VOTER_BITS) - 1)) as usize
}

/// All bits where a <= b, none where a > b, for numbers below 2^63. It is arithmetic and
/// no comparison, of which the compiler would make a branch.
#[inline]
const fn not_above(a: u64, b: u64) -> u64 {
    (b.wrapping_sub(a) >> 63).wrapping_sub(1)
}

/// The middle one of the first, the middle and the last vote: neither side is empty then.
fn median_of_three(votes: &[u64]) -> u64 {
    let (a, b, c) = (votes[0], votes[votes.len() / 2], votes[votes.len() - 1]);
    a.min(b).max(a.max(b).min(c))
}

/// What the majority by stake makes of the weights.
pub struct Majority {
    /// Consensus of each column.
    pub consensus: Vec<Q>,
    /// Rank of each column, before it is normalised.
    pub ranks: Vec<Q>,
    /// How much of each place's row survived the clip.
    pub trust: Vec<Q>,
}

/// Finds consensus column by column, and leaves in `votes` the weights that bonds come
/// from: weight + penalty * (clipped weight - weight). `stake` is active stake by place.
pub fn judge(votes: &mut Votes, jury: &mut Jury, stake: &[Q], penalty: Q) -> Majority {
    let height = votes.places.len();
    let neurons = votes.weights.len().checked_div(height).unwrap_or(0);
    let mut majority = Majority {
        consensus: Vec::with_capacity(neurons),
        ranks: Vec::with_capacity(neurons),
        trust: vec![0; height],
    };
    let mut entries = votes.entries.chunks_exact_mut(height.max(1));
    for column in votes.weights.chunks_exact_mut(height.max(1)) {
        let consensus = jury.consensus(column);
        let mut rank = 0;
        for ((weight, stake), trust) in column.iter().zip(stake).zip(&mut majority.trust) {
            let clipped = (*weight).min(consensus);
            *trust += clipped;
            rank += q32::mul(clipped, *stake);
        }
        majority.consensus.push(consensus);
        majority.ranks.push(rank);
        if let Some(entries) = entries.next() {
            keep_entries(entries, column, (consensus, penalty));
        }
        soften(column, (consensus, penalty));
    }
    majority
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
        for round in 0..4_000 {
            let size = usize::try_from(1 + next(70)).unwrap();
            let column: Vec<Q> = (0..size).map(|_| next(1 + round % 90)).collect();
            let mut stakes: Vec<Q> = (0..size).map(|_| next(50)).collect();
            let mut votes: Vec<(Q, Q)> =
                column.iter().copied().zip(stakes.iter().copied()).collect();
            if round % 3 == 0 {
                stakes.push(next(50));
                votes.push((0, stakes[size]));
            }
            votes.sort_unstable();
            let total: Q = stakes.iter().sum();
            let kappa = next(total * 5 / 4 + 2);
            let carries = |score: Q| {
                let upto: Q = votes.iter().filter(|(s, _)| *s <= score).map(|(_, s)| s).sum();
                upto + kappa > total
            };
            let mut scores = votes.iter().map(|(score, _)| *score);
            let want = scores.find(|score| carries(*score)).unwrap_or(votes.last().unwrap().0);
            let mut jury = Jury::of((0..size).collect(), &stakes, kappa);
            assert_eq!(jury.consensus(&column), want, "round {round}");
        }
    }
}
