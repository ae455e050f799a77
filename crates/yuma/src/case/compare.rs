//! The outcomes a case holds beside those that came out: the first place where they differ.

use super::Case;
use crate::outcome::Outcome;
use crate::snapshot::Row;
use std::fmt;

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

/// Bonds, entry by entry. Without a tolerance rows must have the same entries; with one,
/// an entry that is not there is 0.
fn bonds(want: &[Row], got: &[Row], tolerance: u64) -> Option<Difference> {
    let differ = |uid, want, got| Difference { epoch: 0, field: "bonds", uid, want, got };
    if want.len() != got.len() {
        let rows = |n: usize| format!("a list of {n}");
        return Some(differ(None, rows(want.len()), rows(got.len())));
    }
    want.iter().zip(got).enumerate().find_map(|(uid, (want, got))| {
        let mut named: Vec<u16> = want.iter().chain(got).map(|(to, _)| *to).collect();
        named.sort_unstable();
        named.into_iter().find_map(|to| {
            let (want, got) = (bond(want, to), bond(got, to));
            let near = want.unwrap_or(0).abs_diff(got.unwrap_or(0));
            let far = u64::from(near) > tolerance || (tolerance == 0 && want != got);
            let text = |bond: Option<u16>| match bond {
                Some(bond) => format!("{bond} in uid {to}"),
                None => format!("none in uid {to}"),
            };
            far.then(|| differ(Some(uid), text(want), text(got)))
        })
    })
}

fn bond(row: &Row, to: u16) -> Option<u16> {
    row.iter().find(|(uid, _)| *uid == to).map(|(_, x)| *x)
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
