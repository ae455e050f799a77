//! The epoch: its steps in order.

use crate::bonds::{Opinion, bonds, stored};
use crate::consensus::{clip, consensus};
use crate::emission::{emission, in_rao};
use crate::matrix::{self, Matrix};
use crate::outcome::{Fx, Outcome};
use crate::q32::{self, ONE, Q};
use crate::snapshot::{Snapshot, SnapshotError};
use crate::stake::Standing;

/// Runs one epoch.
///
/// The steps are those of the live chain's sparse epoch: active, stake, permits, active
/// stake, weights, consensus, clip, trust, rank, bonds, dividends, emission.
///
/// # Errors
/// [`SnapshotError`] when the snapshot is not of one shape.
pub fn epoch(snapshot: &Snapshot) -> Result<Outcome, SnapshotError> {
    snapshot.check()?;
    let (params, neurons) = (&snapshot.params, snapshot.neurons());
    let standing = Standing::of(snapshot);
    let (weights, entries) = masked_weights(snapshot, &standing);
    let consensus = consensus(&weights, &standing.active_stake, q32::of_u16(params.kappa));
    let clipped = clip(&weights, &consensus);
    let validator_trust = row_sums(&clipped, neurons);
    let ranks_raw = clipped.weighted_columns(&standing.active_stake);
    let mut incentive = ranks_raw.clone();
    q32::normalize(&mut incentive);
    let (weights, entries) =
        for_bonds(weights, clipped, entries, q32::of_u16(params.bonds_penalty));
    let opinion = Opinion {
        weights,
        entries,
        consensus: &consensus,
        active_stake: &standing.active_stake,
        incentive: &incentive,
    };
    let bonded = bonds(snapshot, &opinion);
    let earned = emission(&incentive, &bonded.dividends, &standing.active_stake, &standing.stake);
    let bits = |flags: &[bool]| flags.iter().map(|f| u8::from(*f)).collect();
    let u16s = |list: &[Q]| list.iter().map(|x| q32::to_u16(*x)).collect();
    let rao = snapshot.rao_emission;
    Ok(Outcome {
        active: bits(&standing.active),
        new_validator_permit: bits(&standing.new_permits),
        stake_weight: u16s(&standing.stake),
        consensus: u16s(&consensus),
        incentive: u16s(&incentive),
        dividends: u16s(&bonded.dividends),
        validator_trust: u16s(&validator_trust),
        server_emission: in_rao(&earned.server, rao),
        validator_emission: in_rao(&earned.validator, rao),
        emission: in_rao(&earned.combined, rao),
        bonds: stored(&bonded.bonds, &standing.new_permits),
        fx: Fx {
            stake: standing.stake,
            active_stake: standing.active_stake,
            consensus,
            validator_trust,
            ranks_raw,
            incentive,
            dividends: bonded.dividends,
            norm_server_emission: earned.server,
            norm_validator_emission: earned.validator,
            norm_combined_emission: earned.combined,
        },
    })
}

/// Step 5: only rows with a permit, no weight for oneself but the owner's, none that is
/// older than its miner.
fn masked_weights(snapshot: &Snapshot, standing: &Standing) -> (Matrix, Vec<bool>) {
    let owner = snapshot.params.owner_uid.map(usize::from);
    let updated = |uid: usize| snapshot.last_update.get(uid).copied().unwrap_or(0);
    let registered = |uid: usize| snapshot.registered_at.get(uid).copied().unwrap_or(u64::MAX);
    matrix::weights(
        &snapshot.weights,
        |uid| standing.permits.get(uid) == Some(&true),
        |from, to| (from != to || owner == Some(from)) && updated(from) > registered(to),
    )
}

/// Step 9: how much of each row survived the clip.
fn row_sums(matrix: &Matrix, neurons: usize) -> Vec<Q> {
    let mut sums = vec![0; neurons];
    for (uid, row) in matrix.rows() {
        if let Some(sum) = sums.get_mut(uid) {
            *sum = q32::sum(row);
        }
    }
    sums
}

/// Step 11: W + penalty * (clipped W - W), and which cells are still entries: a cell
/// that was clipped to nothing is none, and between the two ends only what is positive.
fn for_bonds(
    weights: Matrix,
    mut clipped: Matrix,
    entries: Vec<bool>,
    penalty: Q,
) -> (Matrix, Vec<bool>) {
    if penalty == 0 {
        return (weights, entries);
    }
    if penalty == ONE {
        let cells = weights.cells.iter().zip(&clipped.cells).zip(&entries);
        let left = cells.map(|((w, c), entry)| *entry && (*c > 0 || *w == 0)).collect();
        return (clipped, left);
    }
    for (c, w) in clipped.cells.iter_mut().zip(&weights.cells) {
        *c = q32::interpolate(*w, *c, penalty);
    }
    let left = clipped.cells.iter().map(|x| *x > 0).collect();
    (clipped, left)
}
