//! `bench yuma`: one epoch, many times on one thread, with a hash of the outcome so
//! that two builds that are equally fast are also seen to be equal.

use crate::host::Host;
use serde::Serialize;
use std::time::Instant;
use weft_types::hash::{Domain, Hash};
use weft_yuma::{Outcome, Snapshot, SnapshotError, epoch};

/// The result of a run.
#[derive(Clone, Debug, Serialize)]
pub struct YumaReport {
    /// The middle of all runs, in microseconds.
    pub median_us: f64,
    /// The fastest, in microseconds.
    pub min_us: f64,
    /// How many runs.
    pub runs: usize,
    /// Validators with a row.
    pub validators: u16,
    /// Neurons.
    pub uids: u16,
    /// Which bonds: yuma2, yuma3 or liquid.
    pub variant: String,
    /// A hash over every field of the outcome.
    pub outcome_hash: Hash,
    /// Nanoseconds for each cell of the matrix.
    pub ns_per_cell: f64,
    /// Threads used.
    pub threads: u8,
    /// What a dense epoch was drawn from; none of a case.
    pub seed: Option<u64>,
    /// Where it ran.
    pub machine: Host,
}

/// Times an epoch.
///
/// # Errors
/// [`SnapshotError`] when the snapshot is not one.
pub fn run(
    snapshot: &Snapshot,
    (validators, uids): (u16, u16),
    variant: &str,
    runs: usize,
) -> Result<YumaReport, SnapshotError> {
    let runs = runs.max(1);
    let outcome = epoch(snapshot)?;
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        let again = epoch(std::hint::black_box(snapshot))?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
        std::hint::black_box(again);
    }
    times.sort_by(f64::total_cmp);
    let median_us = times[runs / 2];
    let cells = f64::from(validators) * f64::from(uids);
    Ok(YumaReport {
        median_us,
        min_us: times[0],
        runs,
        validators,
        uids,
        variant: variant.to_owned(),
        outcome_hash: hash(&outcome),
        ns_per_cell: median_us * 1e3 / cells.max(1.0),
        threads: 1,
        seed: None,
        machine: Host::here(),
    })
}

/// A hash over the outcome as JSON: every field, in order.
fn hash(outcome: &Outcome) -> Hash {
    let text = serde_json::to_vec(outcome).unwrap_or_default();
    Hash::of(Domain::Trace, &text)
}
