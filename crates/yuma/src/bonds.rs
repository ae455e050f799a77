//! Bonds and dividends: step 12 of the epoch, in its variants, column by column.
//!
//! ```text
//! Yuma 2: old / sum, weight * stake / sum ─► average / sum ─► dividends; stored / max
//! Yuma 3: old, weight ─► average ─► stored;  average / sum ─► dividends * stake
//! ```
#![cfg_attr(
    not(test),
    expect(
        clippy::arithmetic_side_effects,
        reason = "cells, rates, stake and incentive are parts, at most 2^32; an average of \
                  two parts is one, and at most 4 096 are added"
    )
)]

use crate::liquid::Liquid;
use crate::q32::{self, Divisor, ONE, Q};
use crate::snapshot::{EpochParams, Row};
use crate::votes::Votes;

/// What an epoch knows when it comes to bonds.
pub struct Opinion<'a> {
    /// The numbers of the subnet.
    pub params: &'a EpochParams,
    /// Weights for bonds, and the old bonds.
    pub votes: &'a Votes,
    /// Consensus of each column.
    pub consensus: &'a [Q],
    /// Incentive of each column.
    pub incentive: &'a [Q],
    /// Active stake of each place.
    pub stake: &'a [Q],
    /// Who has a permit from the next epoch on, by uid.
    pub new_permits: &'a [bool],
}

/// New bonds and what they earn.
pub struct Bonded {
    /// Rows to be stored, by uid; empty where there is no new permit.
    pub rows: Vec<Row>,
    /// Dividends of each place, normalised.
    pub dividends: Vec<Q>,
}

/// Where the columns of an epoch's bonds go.
struct Ledger {
    /// The row of each place; none where it will not be stored.
    rows: Vec<Option<Row>>,
    dividends: Vec<Q>,
}

impl Ledger {
    fn new(opinion: &Opinion<'_>) -> Self {
        let room = opinion.consensus.len();
        let is_kept = |uid: &u16| opinion.new_permits.get(usize::from(*uid)) == Some(&true);
        let places = &opinion.votes.places;
        Self {
            rows: places.iter().map(|uid| is_kept(uid).then(|| Row::with_capacity(room))).collect(),
            dividends: vec![0; places.len()],
        }
    }

    /// Adds what a column of shares earns of its neuron's incentive.
    fn pay(&mut self, shares: &[Q], incentive: Q) {
        for (sum, share) in self.dividends.iter_mut().zip(shares) {
            *sum += q32::mul(*share, incentive);
        }
    }

    /// Stores a column: cells that are not 0.
    fn store(&mut self, to: u16, column: impl Iterator<Item = Q>) {
        for (row, cell) in self.rows.iter_mut().zip(column) {
            if let Some(row) = row
                && cell > 0
            {
                row.push((to, q32::to_u16(cell)));
            }
        }
    }

    fn close(mut self, places: &[u16], neurons: usize) -> Bonded {
        q32::normalize(&mut self.dividends);
        let mut rows = vec![Row::new(); neurons];
        for (uid, row) in places.iter().zip(self.rows) {
            if let (Some(slot), Some(row)) = (rows.get_mut(usize::from(*uid)), row) {
                *slot = row;
            }
        }
        Bonded { rows, dividends: self.dividends }
    }
}

/// New bonds from the old ones and this epoch's opinion.
pub fn bonds(opinion: &Opinion<'_>) -> Bonded {
    let votes = opinion.votes;
    let height = votes.places.len();
    let mut ledger = Ledger::new(opinion);
    let mut column = vec![0; height];
    let mut average = Average::new(opinion);
    let columns = votes.weights.chunks_exact(height.max(1));
    let columns = columns.zip(votes.bonds.chunks_exact(height.max(1))).zip(opinion.incentive);
    for ((to, ((weights, old), incentive)), consensus) in
        (0..u16::MAX).zip(columns).zip(opinion.consensus)
    {
        match &mut average {
            Average::Classic(rate) => classic(&mut column, (weights, opinion.stake), old, *rate),
            Average::Plain(rate) => plain(&mut column, weights, old, *rate),
            Average::Liquid(liquid) => {
                let from = usize::from(to).saturating_mul(height);
                let entries = votes.entries.get(from..).unwrap_or_default();
                liquid.average(&mut column, (weights, entries), (old, *consensus));
            }
        }
        if opinion.params.yuma3 {
            ledger.store(to, column.iter().copied());
            divide(&mut column);
            ledger.pay(&column, *incentive);
        } else {
            ledger.pay(&column, *incentive);
            let largest = Divisor::new(column.iter().copied().max().unwrap_or(0));
            ledger.store(to, column.iter().map(|x| largest.divide(*x)));
        }
    }
    if opinion.params.yuma3 {
        let earned = ledger.dividends.iter_mut().zip(opinion.stake);
        earned.for_each(|(sum, stake)| *sum = q32::mul(*sum, *stake));
    }
    ledger.close(&votes.places, opinion.consensus.len())
}

/// How old bonds and new ones are averaged.
enum Average {
    /// Yuma 2 at this rate.
    Classic(Q),
    /// Yuma 3 at one rate.
    Plain(Q),
    /// Yuma 3 at a rate for each pair.
    Liquid(Liquid),
}

impl Average {
    fn new(opinion: &Opinion<'_>) -> Self {
        let params = opinion.params;
        // The rate of a new observation: 1 - moving average, which is at most 1.
        let rate = ONE - Divisor::new(1_000_000).divide(params.bonds_moving_avg.min(1_000_000));
        let agreed = opinion.consensus.iter().any(|c| *c > 0);
        match (params.yuma3, params.liquid_alpha && agreed) {
            (false, _) => Self::Classic(rate),
            (true, false) => Self::Plain(rate),
            (true, true) => Self::Liquid(Liquid::new(params)),
        }
    }
}

/// Divides a column by its sum.
fn divide(column: &mut [Q]) {
    let sum = Divisor::new(q32::sum(column));
    column.iter_mut().for_each(|x| *x = sum.divide(*x));
}

/// Yuma 2: what the weights of active stake come to, and old bonds, each over its sum;
/// their average, over its sum.
fn classic(column: &mut [Q], (weights, stake): (&[Q], &[Q]), old: &[u16], rate: Q) {
    for ((x, weight), stake) in column.iter_mut().zip(weights).zip(stake) {
        *x = q32::mul(*weight, *stake);
    }
    let new_sum = Divisor::new(q32::sum(column));
    let old_sum = Divisor::new(old.iter().map(|x| u64::from(*x)).sum());
    let rest = ONE - rate;
    for (x, old) in column.iter_mut().zip(old) {
        let old = old_sum.divide(u64::from(*old));
        *x = q32::mul(rate, new_sum.divide(*x)) + q32::mul(rest, old);
    }
    divide(column);
}

/// Yuma 3: the average of weights and old bonds at one rate.
fn plain(column: &mut [Q], weights: &[Q], old: &[u16], rate: Q) {
    let rest = ONE - rate;
    for ((x, weight), old) in column.iter_mut().zip(weights).zip(old) {
        *x = q32::mul(rate, *weight) + q32::mul(rest, q32::of_u16(*old));
    }
}
