//! A plain oracle: the same epoch on dense matrices of floats, close to the formulas and
//! far from the code. It can't say what the last bits are; the golden cases do.
#![expect(
    clippy::cast_precision_loss,
    clippy::needless_range_loop,
    reason = "floats are what an oracle may use, and indices are how its formulas are written"
)]

use crate::draw::any_snapshot;
use proptest::prelude::*;
use weft_yuma::{Snapshot, epoch};

type Dense = Vec<Vec<f64>>;

/// What the oracle says of an epoch. None where a bit decides: a float can't.
struct Told {
    consensus: Vec<f64>,
    incentive: Vec<f64>,
    dividends: Vec<f64>,
    bonds: Dense,
}

fn normalize(list: &mut [f64]) {
    let sum: f64 = list.iter().sum();
    if sum > 0.0 {
        list.iter_mut().for_each(|x| *x /= sum);
    }
}

fn columns(dense: &mut Dense, change: impl Fn(&[f64]) -> f64) {
    for at in 0..dense.len() {
        let column: Vec<f64> = dense.iter().map(|row| row[at]).collect();
        let by = change(&column);
        if by > 0.0 {
            dense.iter_mut().for_each(|row| row[at] /= by);
        }
    }
}

fn sum(column: &[f64]) -> f64 {
    column.iter().sum()
}

fn largest(column: &[f64]) -> f64 {
    column.iter().copied().fold(0.0, f64::max)
}

fn active_stake(s: &Snapshot) -> Vec<f64> {
    let owner = s.params.owner_uid.map(usize::from);
    let counts = |uid: usize| {
        let active = s.last_update[uid] + s.params.activity_cutoff >= s.current_block;
        active && (s.permits[uid] || owner == Some(uid))
    };
    let stake = |uid: usize| if counts(uid) { s.stakes[uid] as f64 } else { 0.0 };
    let mut stakes: Vec<f64> = (0..s.neurons()).map(stake).collect();
    normalize(&mut stakes);
    stakes
}

/// Weights, and which of them are entries.
fn weights(s: &Snapshot) -> (Dense, Vec<Vec<bool>>) {
    let n = s.neurons();
    let owner = s.params.owner_uid.map(usize::from);
    let (mut dense, mut entries) = (vec![vec![0.0; n]; n], vec![vec![false; n]; n]);
    for (i, row) in s.weights.iter().enumerate() {
        for (j, x) in row {
            let j = usize::from(*j);
            let permitted = s.permits[i] || owner == Some(i);
            if permitted && (i != j || owner == Some(i)) && s.last_update[i] > s.registered_at[j] {
                dense[i][j] = f64::from(*x);
                entries[i][j] = true;
            }
        }
        normalize(&mut dense[i]);
    }
    (dense, entries)
}

/// The consensus on a column, by sorting; none when kappa cuts too close.
fn consensus(scores: &[f64], stake: &[f64], kappa: f64) -> Option<f64> {
    let mut votes: Vec<(f64, f64)> =
        scores.iter().copied().zip(stake.iter().copied()).filter(|(_, s)| *s > 0.0).collect();
    votes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut below = 0.0;
    for (score, stake) in &votes {
        below += stake;
        if (below + kappa - 1.0).abs() < 1e-6 {
            return None;
        }
        if below + kappa > 1.0 {
            return Some(*score);
        }
    }
    Some(votes.last().map_or(0.0, |(score, _)| *score))
}

fn old_bonds(s: &Snapshot) -> Dense {
    let since = if s.last_step == 0 {
        s.current_block.saturating_sub(s.params.tempo)
    } else {
        s.last_step + 1
    };
    let mut dense = vec![vec![0.0; s.neurons()]; s.neurons()];
    for (i, row) in s.bonds.iter().enumerate() {
        for (j, x) in row {
            let j = usize::from(*j);
            dense[i][j] = if since <= s.registered_at[j] { 0.0 } else { f64::from(*x) / 65_535.0 };
        }
    }
    dense
}

/// The rate of a new bond under liquid alpha.
fn rate(s: &Snapshot, weight: f64, bond: f64, consensus: f64) -> f64 {
    let p = &s.params;
    let (low, high) = (f64::from(p.alpha_low) / 65_535.0, f64::from(p.alpha_high) / 65_535.0);
    let off = if weight >= bond { weight - consensus } else { bond - weight };
    let steep = f64::from(p.alpha_sigmoid_steepness) / 100.0;
    low + (high - low) / (1.0 + (-steep * (off.clamp(0.0, 1.0) - 0.5)).exp())
}

/// What new bonds come from.
struct Votes<'a> {
    stake: &'a [f64],
    raw: &'a Dense,
    clipped: &'a Dense,
    entries: &'a [Vec<bool>],
}

/// The average of old bonds and new ones.
fn new_bonds(s: &Snapshot, votes: &Votes<'_>, agreed: &[f64]) -> Dense {
    let (p, n, Votes { stake, raw, clipped, entries }) = (&s.params, s.neurons(), votes);
    let penalty = f64::from(p.bonds_penalty) / 65_535.0;
    let soft = |i: usize, j: usize| raw[i][j] + penalty * (clipped[i][j] - raw[i][j]);
    let is_entry = |i: usize, j: usize| match p.bonds_penalty {
        0 => entries[i][j],
        u16::MAX => entries[i][j] && (clipped[i][j] > 0.0 || raw[i][j] == 0.0),
        _ => soft(i, j) > 0.0,
    };
    let liquid = p.liquid_alpha && agreed.iter().any(|c| *c > 0.0);
    let fixed = 1.0 - p.bonds_moving_avg as f64 / 1e6;
    let (mut new, mut old) = (vec![vec![0.0; n]; n], old_bonds(s));
    for i in 0..n {
        for j in 0..n {
            new[i][j] = if p.yuma3 { soft(i, j) } else { soft(i, j) * stake[i] };
        }
    }
    if !p.yuma3 {
        columns(&mut new, sum);
        columns(&mut old, sum);
    }
    let mut bonds = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..n {
            let (keep, a) = match p.yuma3 && liquid {
                true => (is_entry(i, j), rate(s, new[i][j], old[i][j], agreed[j])),
                false => (true, fixed),
            };
            bonds[i][j] = if keep { a * new[i][j] + (1.0 - a) * old[i][j] } else { 0.0 };
        }
    }
    bonds
}

fn oracle(s: &Snapshot) -> Option<Told> {
    let (p, n) = (&s.params, s.neurons());
    let stake = active_stake(s);
    let (raw, entries) = weights(s);
    let kappa = f64::from(p.kappa) / 65_535.0;
    let column = |at: usize| raw.iter().map(|row| row[at]).collect::<Vec<_>>();
    let agreed: Option<Vec<f64>> = (0..n).map(|at| consensus(&column(at), &stake, kappa)).collect();
    let agreed = agreed?;
    let clipped: Dense =
        raw.iter().map(|row| row.iter().zip(&agreed).map(|(w, c)| w.min(*c)).collect()).collect();
    let mut incentive: Vec<f64> =
        (0..n).map(|j| (0..n).map(|i| stake[i] * clipped[i][j]).sum()).collect();
    if incentive.iter().any(|rank| *rank > 0.0 && *rank < 1e-5) {
        return None;
    }
    normalize(&mut incentive);
    let mut bonds = new_bonds(
        s,
        &Votes { stake: &stake, raw: &raw, clipped: &clipped, entries: &entries },
        &agreed,
    );
    let mut shares = bonds.clone();
    columns(&mut shares, sum);
    let earned = |i: usize| {
        let sum: f64 = shares[i].iter().zip(&incentive).map(|(b, x)| b * x).sum();
        if p.yuma3 { sum * stake[i] } else { sum }
    };
    let mut dividends: Vec<f64> = (0..n).map(earned).collect();
    if dividends.iter().sum::<f64>() < 1e-3 {
        dividends.fill(0.0);
    }
    normalize(&mut dividends);
    if !p.yuma3 {
        bonds = shares;
        columns(&mut bonds, largest);
    }
    Some(Told { consensus: agreed, incentive, dividends, bonds })
}

fn assert_near(field: &str, got: &[u64], want: &[f64], tolerance: f64) {
    for (uid, (got, want)) in got.iter().zip(want).enumerate() {
        let got = *got as f64 / 4_294_967_296.0;
        assert!((got - want).abs() < tolerance, "{field} of {uid}: {got} instead of {want}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn an_epoch_is_what_the_formulas_say(snapshot in any_snapshot()) {
        let Some(told) = oracle(&snapshot) else { return Ok(()) };
        let outcome = epoch(&snapshot).unwrap();
        assert_near("consensus", &outcome.fx.consensus, &told.consensus, 1e-6);
        assert_near("incentive", &outcome.fx.incentive, &told.incentive, 1e-3);
        if told.dividends.iter().any(|d| *d > 0.0) {
            assert_near("dividends", &outcome.fx.dividends, &told.dividends, 5e-3);
        }
        for (uid, row) in outcome.bonds.iter().enumerate() {
            for (to, x) in row {
                let want = told.bonds[uid][usize::from(*to)];
                let got = f64::from(*x) / 65_535.0;
                assert!((got - want).abs() < 5e-3, "bond {uid} {to}: {got} instead of {want}");
            }
        }
    }
}
