//! Case files: the epochs of one subnet as JSON, with or without their outcome.
//!
//! ```text
//! { "name", "params": { "n", … }, "epochs": [ { "in": { … }, "out": { … } } ] }
//! ```
//!
//! A field left out of an epoch's `in` is what it was in the epoch before; `bonds` and
//! `validator_permit` left out are what the epoch before gave. Rows lie flat:
//! `[uid, value, uid, value, …]`.

use crate::epoch::epoch;
use crate::outcome::Outcome;
use crate::snapshot::{Params, Row, Snapshot, SnapshotError};
use serde::Deserialize;
use std::fmt;

/// A case file.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Its name.
    pub name: String,
    params: CaseParams,
    epochs: Vec<CaseEpoch>,
}

#[derive(Clone, Debug, Deserialize)]
struct CaseParams {
    n: usize,
    #[serde(flatten)]
    params: Params,
}

#[derive(Clone, Debug, Deserialize)]
struct CaseEpoch {
    #[serde(rename = "in")]
    input: Input,
    out: Option<Outcome>,
}

/// What an epoch is given; what is left out stays as it was.
#[derive(Clone, Debug, Default, Deserialize)]
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
    /// There is no epoch.
    #[error("the case has no epoch")]
    Empty,
}

/// The first place where an outcome is not what the case says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which epoch, from 0.
    pub epoch: usize,
    /// Which field.
    pub field: &'static str,
    /// Which uid; none when the lists have different lengths.
    pub uid: Option<usize>,
    /// What the case says.
    pub want: String,
    /// What came out.
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {}: {}", self.epoch, self.field)?;
        if let Some(uid) = self.uid {
            write!(f, " of uid {uid}")?;
        }
        write!(f, " is {}, the case says {}", self.got, self.want)
    }
}

/// Runs every epoch of a case.
///
/// # Errors
/// [`CaseError`] names the first epoch whose input is wrong.
pub fn run(case: &Case) -> Result<Vec<Outcome>, CaseError> {
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(case.epochs.len());
    let mut snapshot = blank(case);
    for (number, input) in case.epochs.iter().enumerate() {
        if let Some(last) = outcomes.last() {
            snapshot.bonds.clone_from(&last.bonds);
            snapshot.permits = last.new_validator_permit.iter().map(|p| *p > 0).collect();
        }
        apply(&mut snapshot, &input.input);
        let (got, want) = (snapshot.neurons(), case.params.n);
        if got != want {
            return Err(CaseError::Neurons { epoch: number, got, want });
        }
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
    let first = case.epochs.first().ok_or(CaseError::Empty)?;
    let mut snapshot = blank(case);
    apply(&mut snapshot, &first.input);
    snapshot.check().map_err(|error| CaseError::Snapshot { epoch: 0, error })?;
    Ok(snapshot)
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

fn blank(case: &Case) -> Snapshot {
    let n = case.params.n.min(crate::snapshot::MAX_NEURONS);
    Snapshot {
        params: case.params.params.clone(),
        current_block: 0,
        last_step: 0,
        rao_emission: 0,
        stakes: vec![0; n],
        last_update: vec![0; n],
        registered_at: vec![0; n],
        permits: vec![false; n],
        weights: vec![Row::new(); n],
        bonds: vec![Row::new(); n],
    }
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

/// How far a number may be from the one in the case.
struct Tolerance {
    u16s: u64,
    bonds: u64,
    rao: u64,
}

/// The first difference between a case's outcomes and these. Everything must be equal,
/// but for liquid alpha, whose exponential the live chain takes from a library's series:
/// ratios within 1, bonds within 16, rao within emission / 30 000 + 1, and no comparison
/// in full precision.
#[must_use]
pub fn compare(case: &Case, outcomes: &[Outcome]) -> Option<Difference> {
    let params = &case.params.params;
    let liquid = params.yuma3 && params.liquid_alpha;
    let mut rao = 0_u64;
    case.epochs.iter().zip(outcomes).enumerate().find_map(|(number, (input, got))| {
        rao = input.input.rao_emission.unwrap_or(rao);
        let want = input.out.as_ref()?;
        let share = rao.checked_div(30_000).unwrap_or(0).saturating_add(1);
        let tolerance = if liquid {
            Tolerance { u16s: 1, bonds: 16, rao: share }
        } else {
            Tolerance { u16s: 0, bonds: 0, rao: 0 }
        };
        let found = ratios(want, got, &tolerance)
            .or_else(|| amounts(want, got, &tolerance))
            .or_else(|| bonds(&want.bonds, &got.bonds, tolerance.bonds))
            .or_else(|| if liquid { None } else { precise(want, got) });
        found.map(|difference| Difference { epoch: number, ..difference })
    })
}

fn list<T: Copy + fmt::Display + Into<u64>>(
    field: &'static str,
    (want, got): (&[T], &[T]),
    tolerance: u64,
) -> Option<Difference> {
    let differ = |uid, want: String, got: String| Difference { epoch: 0, field, uid, want, got };
    if want.len() != got.len() {
        let entries = |n: usize| format!("a list of {n}");
        return Some(differ(None, entries(want.len()), entries(got.len())));
    }
    let far = |(w, g): (&T, &T)| Into::<u64>::into(*w).abs_diff((*g).into()) > tolerance;
    let uid = want.iter().zip(got).position(far)?;
    let (want, got) = (want.get(uid)?, got.get(uid)?);
    Some(differ(Some(uid), want.to_string(), got.to_string()))
}

fn ratios(want: &Outcome, got: &Outcome, tolerance: &Tolerance) -> Option<Difference> {
    list("active", (&want.active, &got.active), 0)
        .or_else(|| {
            let permits = (&want.new_validator_permit[..], &got.new_validator_permit[..]);
            list("new_validator_permit", permits, 0)
        })
        .or_else(|| list("stake_weight", (&want.stake_weight, &got.stake_weight), tolerance.u16s))
        .or_else(|| list("consensus", (&want.consensus, &got.consensus), tolerance.u16s))
        .or_else(|| list("incentive", (&want.incentive, &got.incentive), tolerance.u16s))
        .or_else(|| list("dividends", (&want.dividends, &got.dividends), tolerance.u16s))
        .or_else(|| {
            let trust = (&want.validator_trust[..], &got.validator_trust[..]);
            list("validator_trust", trust, tolerance.u16s)
        })
}

fn amounts(want: &Outcome, got: &Outcome, tolerance: &Tolerance) -> Option<Difference> {
    list("server_emission", (&want.server_emission, &got.server_emission), tolerance.rao)
        .or_else(|| {
            let both = (&want.validator_emission[..], &got.validator_emission[..]);
            list("validator_emission", both, tolerance.rao)
        })
        .or_else(|| list("emission", (&want.emission, &got.emission), tolerance.rao))
}

/// Bonds, cell by cell; an absent cell is 0 where a tolerance is allowed, and is not
/// where rows must be equal.
fn bonds(want: &[Row], got: &[Row], tolerance: u64) -> Option<Difference> {
    let differ = |uid, want: &Row, got: &Row| Difference {
        epoch: 0,
        field: "bonds",
        uid: Some(uid),
        want: format!("{want:?}"),
        got: format!("{got:?}"),
    };
    if want.len() != got.len() {
        let uid = want.len().min(got.len());
        return Some(differ(uid, &Row::new(), &Row::new()));
    }
    let value = |row: &Row, uid: u16| {
        let at = row.binary_search_by_key(&uid, |(to, _)| *to).ok();
        at.and_then(|at| row.get(at)).map_or(0, |(_, x)| *x)
    };
    let near = |a: &Row, b: &Row| {
        a.iter().all(|(to, x)| u64::from(x.abs_diff(value(b, *to))) <= tolerance)
    };
    want.iter().zip(got).enumerate().find_map(|(uid, (w, g))| {
        let good = if tolerance == 0 { w == g } else { near(w, g) && near(g, w) };
        (!good).then(|| differ(uid, w, g))
    })
}

fn precise(want: &Outcome, got: &Outcome) -> Option<Difference> {
    let (w, g) = (&want.fx, &got.fx);
    [
        ("fx.stake", &w.stake, &g.stake),
        ("fx.active_stake", &w.active_stake, &g.active_stake),
        ("fx.consensus", &w.consensus, &g.consensus),
        ("fx.validator_trust", &w.validator_trust, &g.validator_trust),
        ("fx.ranks_raw", &w.ranks_raw, &g.ranks_raw),
        ("fx.incentive", &w.incentive, &g.incentive),
        ("fx.dividends", &w.dividends, &g.dividends),
        ("fx.norm_server_emission", &w.norm_server_emission, &g.norm_server_emission),
        ("fx.norm_validator_emission", &w.norm_validator_emission, &g.norm_validator_emission),
        ("fx.norm_combined_emission", &w.norm_combined_emission, &g.norm_combined_emission),
    ]
    .into_iter()
    .find_map(|(field, want, got)| list(field, (want, got), 0))
}

/// Rows as flat lists of numbers.
pub(crate) mod flat_rows {
    use crate::snapshot::Row;
    use serde::ser::SerializeSeq;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(rows: &[Row], s: S) -> Result<S::Ok, S::Error> {
        let mut list = s.serialize_seq(Some(rows.len()))?;
        for row in rows {
            let flat: Vec<u16> = row.iter().flat_map(|(uid, x)| [*uid, *x]).collect();
            list.serialize_element(&flat)?;
        }
        list.end()
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Row>, D::Error> {
        let flat = Vec::<Vec<u16>>::deserialize(d)?;
        let pairs = |row: Vec<u16>| {
            let (pairs, rest) = row.as_chunks::<2>();
            if rest.is_empty() {
                return Ok(pairs.iter().map(|[uid, x]| (*uid, *x)).collect());
            }
            let text = format!("a row of {} numbers; uids and values go in pairs", row.len());
            Err(serde::de::Error::custom(text))
        };
        flat.into_iter().map(pairs).collect()
    }
}
