//! Case files: the epochs of one subnet as JSON, with or without their outcome.
//!
//! ```text
//! { "name", "params": { "n", … }, "epochs": [ { "in": { … }, "out": { … } } ] }
//! ```
//!
//! A field left out of an epoch's `in` is what it was in the epoch before; `bonds` and
//! `validator_permit` left out are what the epoch before gave. The first epoch must name
//! the others; before it nobody has bonds or a permit, and no epoch ran. Rows lie flat:
//! `[uid, value, uid, value, …]`. An outcome to compare with may be left out. A field of
//! another name is refused: a mistyped one would count as left out.

mod compare;
pub(crate) mod flat_rows;
mod form;

pub use compare::{Difference, compare};

use crate::epoch::epoch;
use crate::outcome::Outcome;
use crate::snapshot::{EpochParams, MAX_NEURONS, Row, Snapshot, SnapshotError};
use serde::Deserialize;

/// A case file.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "form::Case")]
pub struct Case {
    /// Its name.
    pub name: String,
    params: CaseParams,
    epochs: Vec<CaseEpoch>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(from = "form::Params")]
struct CaseParams {
    n: usize,
    params: EpochParams,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseEpoch {
    #[serde(rename = "in")]
    input: Input,
    #[serde(default, deserialize_with = "form::outcome")]
    out: Option<Outcome>,
}

/// What an epoch is given; what is left out stays as it was.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    current_block: Option<u64>,
    last_mechanism_step_block: Option<u64>,
    rao_emission: Option<u64>,
    stake: Option<Vec<u64>>,
    last_update: Option<Vec<u64>>,
    block_at_registration: Option<Vec<u64>>,
    #[serde(default, deserialize_with = "some_flat_rows")]
    weights: Option<Vec<Row>>,
    #[serde(default, deserialize_with = "some_flat_rows")]
    bonds: Option<Vec<Row>>,
    validator_permit: Option<Vec<u8>>,
}

fn some_flat_rows<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Vec<Row>>, D::Error> {
    flat_rows::deserialize(d).map(Some)
}

/// Why a case can't be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// An epoch's input is not of one shape.
    #[error("epoch {epoch}: {error}")]
    Snapshot {
        /// Which epoch, from 0.
        epoch: usize,
        /// What is wrong.
        error: SnapshotError,
    },
    /// The number of neurons is not that of the lists.
    #[error("epoch {epoch}: \"stake\" has {got} entries, params.n is {want}")]
    Neurons {
        /// Which epoch, from 0.
        epoch: usize,
        /// How many there are.
        got: usize,
        /// How many there should be.
        want: usize,
    },
    /// The first epoch leaves out what nothing before it says.
    #[error("epoch 0 leaves out \"{field}\", and no epoch before it names it")]
    Missing {
        /// Which field.
        field: &'static str,
    },
    /// There is no epoch.
    #[error("the case has no epoch")]
    Empty,
}

/// Runs every epoch of a case, one after the other: bonds and permits are carried on.
///
/// # Errors
/// [`CaseError`] names the first epoch whose input is wrong.
pub fn run(case: &Case) -> Result<Vec<Outcome>, CaseError> {
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(case.epochs.len());
    let mut snapshot = blank(case)?;
    for (number, input) in case.epochs.iter().enumerate() {
        if let Some(last) = outcomes.last() {
            snapshot.bonds.clone_from(&last.bonds);
            snapshot.permits = last.new_validator_permit.iter().map(|p| *p > 0).collect();
        }
        apply(&mut snapshot, &input.input);
        check(case, number, &snapshot)?;
        let outcome =
            epoch(&snapshot).map_err(|error| CaseError::Snapshot { epoch: number, error })?;
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// The snapshot of a case's first epoch.
///
/// # Errors
/// [`CaseError`] when there is none or it is not of one shape.
pub fn first_snapshot(case: &Case) -> Result<Snapshot, CaseError> {
    let mut snapshot = blank(case)?;
    let first = case.epochs.first().ok_or(CaseError::Empty)?;
    apply(&mut snapshot, &first.input);
    check(case, 0, &snapshot)?;
    snapshot.check().map_err(|error| CaseError::Snapshot { epoch: 0, error })?;
    Ok(snapshot)
}

fn check(case: &Case, epoch: usize, snapshot: &Snapshot) -> Result<(), CaseError> {
    let (got, want) = (snapshot.neurons(), case.params.n);
    if got == want { Ok(()) } else { Err(CaseError::Neurons { epoch, got, want }) }
}

/// Validators with a row in the first epoch, and neurons.
#[must_use]
pub fn size(case: &Case) -> (u16, u16) {
    let number = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let rows = case.epochs.first().and_then(|e| e.input.weights.as_ref());
    let rows = rows.map_or(0, |rows| rows.iter().filter(|row| !row.is_empty()).count());
    (number(rows), number(case.params.n))
}

/// The name of the case's variant.
#[must_use]
pub const fn variant(case: &Case) -> &'static str {
    match (case.params.params.yuma3, case.params.params.liquid_alpha) {
        (false, _) => "yuma2",
        (true, false) => "yuma3",
        (true, true) => "liquid",
    }
}

/// Whether the case holds outcomes to compare with.
#[must_use]
pub fn has_results(case: &Case) -> bool {
    case.epochs.iter().any(|e| e.out.is_some())
}

/// What is there before the first epoch, when that names all it has to.
fn blank(case: &Case) -> Result<Snapshot, CaseError> {
    let n = case.params.n;
    if n > MAX_NEURONS {
        let error = SnapshotError::TooLarge { got: n };
        return Err(CaseError::Snapshot { epoch: 0, error });
    }
    let first = &case.epochs.first().ok_or(CaseError::Empty)?.input;
    for (field, is_given) in [
        ("current_block", first.current_block.is_some()),
        ("rao_emission", first.rao_emission.is_some()),
        ("stake", first.stake.is_some()),
        ("last_update", first.last_update.is_some()),
        ("block_at_registration", first.block_at_registration.is_some()),
        ("weights", first.weights.is_some()),
    ] {
        if !is_given {
            return Err(CaseError::Missing { field });
        }
    }
    Ok(Snapshot {
        params: case.params.params.clone(),
        current_block: 0,
        last_step: 0,
        rao_emission: 0,
        stakes: Vec::new(),
        last_update: Vec::new(),
        registered_at: Vec::new(),
        permits: vec![false; n],
        seeking: vec![true; n],
        weights: Vec::new(),
        bonds: vec![Row::new(); n],
    })
}

fn apply(snapshot: &mut Snapshot, input: &Input) {
    fn set<T: Clone>(field: &mut T, given: Option<&T>) {
        if let Some(given) = given {
            field.clone_from(given);
        }
    }
    set(&mut snapshot.current_block, input.current_block.as_ref());
    set(&mut snapshot.last_step, input.last_mechanism_step_block.as_ref());
    set(&mut snapshot.rao_emission, input.rao_emission.as_ref());
    set(&mut snapshot.stakes, input.stake.as_ref());
    set(&mut snapshot.last_update, input.last_update.as_ref());
    set(&mut snapshot.registered_at, input.block_at_registration.as_ref());
    set(&mut snapshot.weights, input.weights.as_ref());
    set(&mut snapshot.bonds, input.bonds.as_ref());
    if let Some(permits) = &input.validator_permit {
        snapshot.permits = permits.iter().map(|p| *p > 0).collect();
    }
}
