//! Bonds and dividends: step 12 of the epoch, in its variants.

use crate::liquid::Liquid;
use crate::matrix::{self, Matrix};
use crate::q32::{self, ONE, Q};
use crate::snapshot::{Params, Row, Snapshot};

/// What the bonds of an epoch come from.
pub struct Opinion<'a> {
    /// Weights with the penalty applied.
    pub weights: Matrix,
    /// Which cells of the weights are entries.
    pub entries: Vec<bool>,
    /// Consensus of each column.
    pub consensus: &'a [Q],
    /// Stake of those who count.
    pub active_stake: &'a [Q],
    /// Incentive of each column.
    pub incentive: &'a [Q],
}

/// New bonds, ready to be stored, and dividends.
pub struct Bonded {
    /// The bonds.
    pub bonds: Matrix,
    /// Dividends, normalised.
    pub dividends: Vec<Q>,
}

/// The rate of a new observation: 1 - moving average.
fn rate(params: &Params) -> Q {
    ONE.saturating_sub(q32::ratio(params.bonds_moving_avg, 1_000_000))
}

/// Columns whose neuron registered since the last epoch: their old bonds are void.
fn fresh(snapshot: &Snapshot) -> Vec<bool> {
    let last = match snapshot.last_step {
        0 => snapshot.current_block.saturating_sub(snapshot.params.tempo),
        step => step.saturating_add(1),
    };
    snapshot.registered_at.iter().map(|registered| last <= *registered).collect()
}

/// New bonds from the old ones and this epoch's opinion.
pub fn bonds(snapshot: &Snapshot, opinion: &Opinion<'_>) -> Bonded {
    if snapshot.params.yuma3 { yuma3(snapshot, opinion) } else { yuma2(snapshot, opinion) }
}

/// Yuma 2: stake-weighted, columns normalised before and after the average.
fn yuma2(snapshot: &Snapshot, opinion: &Opinion<'_>) -> Bonded {
    let fresh = fresh(snapshot);
    let mut old = matrix::bonds(&snapshot.bonds, &fresh, u64::from);
    normalize_whole_columns(&mut old);
    let mut new = opinion.weights.clone();
    for (uid, row) in new.rows_mut() {
        let stake = opinion.active_stake.get(uid).copied().unwrap_or(0);
        row.iter_mut().for_each(|x| *x = q32::mul(*x, stake));
    }
    new.normalize_columns();
    let mut ema = average(&new, &old, rate(&snapshot.params));
    ema.normalize_columns();
    let mut dividends = ema.weighted_rows(opinion.incentive, snapshot.neurons());
    q32::normalize(&mut dividends);
    ema.upscale_columns();
    Bonded { bonds: ema, dividends }
}

/// Columns of whole numbers, divided by their sums.
fn normalize_whole_columns(matrix: &mut Matrix) {
    let sums = matrix.column_sums();
    for (_, row) in matrix.rows_mut() {
        row.iter_mut().zip(&sums).for_each(|(x, sum)| *x = q32::ratio(*x, *sum));
    }
}

/// Yuma 3: a moving average of opinion for each pair; stake counts at the end.
fn yuma3(snapshot: &Snapshot, opinion: &Opinion<'_>) -> Bonded {
    let params = &snapshot.params;
    let old = matrix::bonds(&snapshot.bonds, &fresh(snapshot), q32::of_u16);
    let ema = if params.liquid_alpha && opinion.consensus.iter().any(|c| *c > 0) {
        liquid_average(opinion, &old, params)
    } else {
        average(&opinion.weights, &old, rate(params))
    };
    let mut normal = ema.clone();
    normal.normalize_columns();
    let totals = normal.weighted_rows(opinion.incentive, snapshot.neurons());
    let mut dividends: Vec<Q> =
        totals.iter().zip(opinion.active_stake).map(|(t, s)| q32::mul(*t, *s)).collect();
    q32::normalize(&mut dividends);
    Bonded { bonds: ema, dividends }
}

/// rate * new + (1 - rate) * old, over the rows of both.
fn average(new: &Matrix, old: &Matrix, rate: Q) -> Matrix {
    let rest = ONE.saturating_sub(rate);
    let mut uids: Vec<usize> = new.uids.iter().chain(&old.uids).copied().collect();
    uids.sort_unstable();
    uids.dedup();
    let mut ema = Matrix::zero(new.columns.max(old.columns), uids);
    for (uid, row) in ema.rows_mut() {
        for (source, part) in [(new, rate), (old, rest)] {
            let cells = source.row(uid).unwrap_or_default();
            let cells = row.iter_mut().zip(cells);
            cells.for_each(|(x, cell)| *x = q32::add(*x, q32::mul(part, *cell)));
        }
    }
    ema
}

/// The average with a rate for each pair. A pair without an entry in the weights loses
/// its bond: the live chain's sparse average works so, and the golden cases ask for it.
fn liquid_average(opinion: &Opinion<'_>, old: &Matrix, params: &Params) -> Matrix {
    let liquid = Liquid::new(params.alpha_low, params.alpha_high, params.alpha_sigmoid_steepness);
    let mut ema = opinion.weights.clone();
    let entries = opinion.entries.chunks_exact(ema.columns.max(1));
    for ((uid, row), entries) in ema.rows_mut().zip(entries) {
        let bonds = old.row(uid).unwrap_or_default();
        let cells = row.iter_mut().zip(entries).zip(opinion.consensus).enumerate();
        for (column, ((x, is_entry), consensus)) in cells {
            if !is_entry {
                continue;
            }
            let bond = bonds.get(column).copied().unwrap_or(0);
            let alpha = liquid.alpha(*consensus, *x, bond);
            let kept = q32::mul(ONE.saturating_sub(alpha), bond);
            *x = q32::add(kept, q32::mul(alpha, *x)).min(ONE);
        }
    }
    ema
}

/// Rows to be stored: those with a new permit, cells that are not zero.
pub fn stored(bonds: &Matrix, permits: &[bool]) -> Vec<Row> {
    let mut rows = vec![Row::new(); permits.len()];
    for (uid, cells) in bonds.rows() {
        if permits.get(uid) != Some(&true) {
            continue;
        }
        let kept = (0..=u16::MAX).zip(cells).filter(|(_, x)| **x > 0);
        if let Some(row) = rows.get_mut(uid) {
            *row = kept.map(|(to, x)| (to, q32::to_u16(*x))).collect();
        }
    }
    rows
}
