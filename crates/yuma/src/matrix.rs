//! A matrix whose empty rows are left out: validators by neurons, flat.

use crate::q32::{self, Q};
use crate::snapshot::Row;

/// Rows of some uids, all columns. A cell that was never written is 0.
#[derive(Clone)]
pub struct Matrix {
    /// How many columns there are.
    pub columns: usize,
    /// Whose the rows are, ascending.
    pub uids: Vec<usize>,
    /// The cells, row after row.
    pub cells: Vec<Q>,
}

impl Matrix {
    /// An empty matrix of these rows.
    pub fn zero(columns: usize, uids: Vec<usize>) -> Self {
        let cells = vec![0; columns.saturating_mul(uids.len())];
        Self { columns, uids, cells }
    }

    /// The rows with their uids.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &[Q])> {
        self.uids.iter().copied().zip(self.cells.chunks_exact(self.columns.max(1)))
    }

    /// The rows with their uids, to be changed.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = (usize, &mut [Q])> {
        self.uids.iter().copied().zip(self.cells.chunks_exact_mut(self.columns.max(1)))
    }

    /// The row of a uid.
    pub fn row(&self, uid: usize) -> Option<&[Q]> {
        let at = self.uids.binary_search(&uid).ok()?;
        self.cells.chunks_exact(self.columns.max(1)).nth(at)
    }

    /// The sum of each column.
    pub fn column_sums(&self) -> Vec<Q> {
        let mut sums = vec![0; self.columns];
        for (_, row) in self.rows() {
            sums.iter_mut().zip(row).for_each(|(sum, x)| *sum = q32::add(*sum, *x));
        }
        sums
    }

    /// Divides each column by its sum; one without a sum is left alone.
    pub fn normalize_columns(&mut self) {
        let sums = self.column_sums();
        self.divide_columns(&sums);
    }

    /// Divides each column by its largest cell; one without is left alone.
    pub fn upscale_columns(&mut self) {
        let mut largest = vec![0; self.columns];
        for (_, row) in self.rows() {
            largest.iter_mut().zip(row).for_each(|(max, x)| *max = (*max).max(*x));
        }
        self.divide_columns(&largest);
    }

    fn divide_columns(&mut self, by: &[Q]) {
        for (_, row) in self.rows_mut() {
            for (x, by) in row.iter_mut().zip(by) {
                if *by > 0 {
                    *x = q32::div(*x, *by);
                }
            }
        }
    }

    /// Sum over the rows of weight * cell, for each column.
    pub fn weighted_columns(&self, weights: &[Q]) -> Vec<Q> {
        let mut sums = vec![0; self.columns];
        for (uid, row) in self.rows() {
            let weight = weights.get(uid).copied().unwrap_or(0);
            if weight > 0 {
                let cells = sums.iter_mut().zip(row);
                cells.for_each(|(sum, x)| *sum = q32::add(*sum, q32::mul(weight, *x)));
            }
        }
        sums
    }

    /// Sum over the columns of cell * weight, for each uid of `neurons`.
    pub fn weighted_rows(&self, weights: &[Q], neurons: usize) -> Vec<Q> {
        let product = |(x, w): (&Q, &Q)| q32::mul(*x, *w);
        let mut sums = vec![0; neurons];
        for (uid, row) in self.rows() {
            if let Some(sum) = sums.get_mut(uid) {
                *sum = row.iter().zip(weights).map(product).fold(0, q32::add);
            }
        }
        sums
    }
}

/// Weights as an epoch uses them: rows without permit gone, the diagonal gone but the
/// owner's, scores older than their miner gone, each row divided by its sum. Beside the
/// matrix, which cells were entries at all (step 5).
pub fn weights(
    rows: &[Row],
    keeps_row: impl Fn(usize) -> bool,
    keeps_cell: impl Fn(usize, usize) -> bool,
) -> (Matrix, Vec<bool>) {
    let is_used = |(uid, row): &(usize, &Row)| !row.is_empty() && keeps_row(*uid);
    let used: Vec<_> = rows.iter().enumerate().filter(is_used).collect();
    let mut matrix = Matrix::zero(rows.len(), used.iter().map(|(uid, _)| *uid).collect());
    let mut entries = vec![false; matrix.cells.len()];
    let marks = entries.chunks_exact_mut(rows.len().max(1));
    for ((uid, cells), ((_, row), marks)) in matrix.rows_mut().zip(used.iter().zip(marks)) {
        let kept = row.iter().filter(|(to, _)| keeps_cell(uid, usize::from(*to)));
        let total: u64 = kept.clone().map(|(_, x)| u64::from(*x)).sum();
        for (to, x) in kept {
            let to = usize::from(*to);
            if let (Some(cell), Some(mark)) = (cells.get_mut(to), marks.get_mut(to)) {
                *cell = q32::ratio(u64::from(*x), total);
                *mark = true;
            }
        }
    }
    (matrix, entries)
}

/// Bonds as stored, those in fresh columns gone; each cell is `scale` of the stored value.
pub fn bonds(rows: &[Row], is_fresh: &[bool], scale: impl Fn(u16) -> Q) -> Matrix {
    let used = rows.iter().enumerate().filter(|(_, row)| !row.is_empty());
    let used: Vec<_> = used.collect();
    let mut matrix = Matrix::zero(rows.len(), used.iter().map(|(uid, _)| *uid).collect());
    for ((_, cells), (_, row)) in matrix.rows_mut().zip(used) {
        for (to, x) in row {
            let to = usize::from(*to);
            if let (Some(cell), Some(false)) = (cells.get_mut(to), is_fresh.get(to)) {
                *cell = scale(*x);
            }
        }
    }
    matrix
}
