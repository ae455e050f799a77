//! A written scenario: what happens, in one case or in many, the seeds to play each case
//! with, and what is expected.
//!
//! A file says what all cases have in common. With `vary`, lists of differences, a case is
//! made of every choice of one difference from each list; a difference names it, and changes
//! only the fields it holds.

use crate::hunt::{Hunted, hunt};
use crate::plan::Plan;
use crate::profiles;
use crate::report::Report;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use thiserror::Error;
use toml::{Table, Value};
use weft_types::text::unmarked;

/// The most seeds of one case.
const MOST_SEEDS: u64 = 1_000_000;

/// The most cases of a file.
const MOST_CASES: usize = 1_000;

/// The most bytes of all cases together, each taken to be as long as its file.
const MOST_BYTES: usize = 1 << 24;

/// A written scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What it shows, in a sentence.
    pub about: String,
    /// Its cases, at least one.
    pub cases: Vec<Case>,
}

/// One case of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The names of the differences that made it; none when the file has one case.
    #[serde(default)]
    pub name: String,
    /// The first seed, and the one after the last.
    #[serde(default = "one_seed")]
    pub seeds: [u64; 2],
    /// A profile that makes the plan of each seed.
    #[serde(default)]
    pub profile: Option<String>,
    /// The plan itself, when no profile makes it; its seed is each of the seeds.
    #[serde(default)]
    pub plan: Option<Plan>,
    /// What is expected.
    #[serde(default)]
    pub expect: Expect,
}

const fn one_seed() -> [u64; 2] {
    [0, 1]
}

/// What a case must come to; what is left out is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The most seeds that break a promise.
    pub violations: u64,
    /// Half of the seeds heal in this many slots.
    pub healing_p50: Option<u64>,
    /// All but one in a hundred heal in this many slots.
    pub healing_p99: Option<u64>,
    /// All heal in this many slots.
    pub healing_max: Option<u64>,
    /// Under attack alone no honest node waits longer for a new final block than this.
    pub gap_max: Option<u64>,
    /// At least so many heights are final twice, in all seeds together.
    pub conflicts: Option<u64>,
    /// In every seed the offenders have at least this part of the power, in a million.
    pub offenders_ppm: Option<u64>,
}

/// What is wrong with a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ScenarioError {
    /// The text or one of its fields can't be read.
    #[error("{0}")]
    Unreadable(#[from] toml::de::Error),
    /// It doesn't say what it shows.
    #[error("it has no `about`, the sentence that says what it shows")]
    NoAbout,
    /// Its lists make no case at all, or too many.
    #[error("`vary` makes {0} cases; from one to {MOST_CASES} may be")]
    Cases(usize),
    /// It is too long for so many cases.
    #[error("{cases} cases of {bytes} bytes each; {MOST_BYTES} in all may be")]
    TooLong {
        /// How many cases it makes.
        cases: usize,
        /// How long it is.
        bytes: usize,
    },
    /// Two cases have one name.
    #[error("two cases are named `{0}`; give each difference a name of its own")]
    Twice(String),
    /// One of several cases has no name.
    #[error("one of {0} cases has no name; give each difference one")]
    Nameless(usize),
    /// A case can't be played.
    #[error("{}{fault}", of_case(name))]
    Case {
        /// Which; empty in a file of one case, which needs no name.
        name: String,
        /// Why not.
        fault: String,
    },
}

/// What stands before a fault: the case, where there is more than one.
fn of_case(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("case `{name}`: ") }
}

/// What a case came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Played {
    /// Which case.
    pub name: String,
    /// Whether it is what was expected.
    pub ok: bool,
    /// What is not, in sentences.
    pub failures: Vec<String>,
    /// The least part of the power that offenders had in a seed, in a million.
    pub least_offenders_ppm: u64,
    /// What the seeds came to.
    #[serde(flatten)]
    pub hunted: Hunted,
}

impl Scenario {
    /// Reads one.
    ///
    /// # Errors
    /// [`ScenarioError`] says what can't be read or played.
    pub fn read(text: &str) -> Result<Self, ScenarioError> {
        let mut common: Table = toml::from_str(unmarked(text))?;
        let about = taken(&mut common, "about")?.ok_or(ScenarioError::NoAbout)?;
        let lists: Vec<Vec<Table>> = taken(&mut common, "vary")?.unwrap_or_default();
        let mut tables = vec![common];
        for list in lists {
            let count = tables.len().saturating_mul(list.len());
            if !(1..=MOST_CASES).contains(&count) {
                return Err(ScenarioError::Cases(count));
            }
            if text.len().saturating_mul(count) > MOST_BYTES {
                return Err(ScenarioError::TooLong { cases: count, bytes: text.len() });
            }
            let with = |case: &Table| list.iter().map(|part| joined(case, part)).collect();
            tables = tables.iter().flat_map(|case| -> Vec<Table> { with(case) }).collect();
        }
        let cases: Vec<Case> = tables.into_iter().map(Case::of).collect::<Result<_, _>>()?;
        if cases.len() > 1 && cases.iter().any(|case| case.name.is_empty()) {
            return Err(ScenarioError::Nameless(cases.len()));
        }
        let mut names = BTreeSet::new();
        match cases.iter().find(|case| !names.insert(&case.name)) {
            Some(case) => Err(ScenarioError::Twice(case.name.clone())),
            None => Ok(Self { about, cases }),
        }
    }
}

/// Takes a field out of a table.
fn taken<T: DeserializeOwned>(table: &mut Table, name: &str) -> Result<Option<T>, ScenarioError> {
    Ok(table.remove(name).map(Value::try_into).transpose()?)
}

/// A table with what differs: tables in it are joined too, names follow each other.
fn joined(common: &Table, part: &Table) -> Table {
    let mut all = common.clone();
    for (key, new) in part {
        let value = match (all.get(key), new) {
            (Some(Value::Table(old)), Value::Table(new)) => Value::Table(joined(old, new)),
            (Some(Value::String(old)), Value::String(new)) if key == "name" => {
                Value::String(format!("{old}, {new}"))
            }
            _ => new.clone(),
        };
        all.insert(key.clone(), value);
    }
    all
}

impl Case {
    fn of(table: Table) -> Result<Self, ScenarioError> {
        let name = table.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let unreadable = |e: toml::de::Error| ScenarioError::Case { name, fault: e.to_string() };
        let case: Self = table.try_into().map_err(unreadable)?;
        match case.fault() {
            None => Ok(case),
            Some(fault) => Err(ScenarioError::Case { name: case.name, fault }),
        }
    }

    fn fault(&self) -> Option<String> {
        let [first, end] = self.seeds;
        if first >= end || end - first > MOST_SEEDS {
            return Some(format!("seeds {first} to {end}; from one to {MOST_SEEDS} may be"));
        }
        match (&self.profile, &self.plan) {
            (Some(name), None) if profiles::plan(name, first).is_none() => {
                Some(format!("there is no profile {name}; see weft sim profiles"))
            }
            (None, Some(plan)) => plan.fault(),
            (Some(_), None) => None,
            (None, None) => Some("it has neither a profile nor a plan".to_owned()),
            _ => Some("it has a profile and a plan; either says what happens".to_owned()),
        }
    }

    /// The plan of a seed.
    #[must_use]
    pub fn plan_of(&self, seed: u64) -> Plan {
        let made = self.profile.as_ref().and_then(|name| profiles::plan(name, seed));
        let written = || Plan { seed, ..self.plan.clone().unwrap_or_default() };
        made.unwrap_or_else(written)
    }

    /// Plays it, `jobs` seeds at a time; tells each report as it comes. A teller that says
    /// false ends it early.
    pub fn play(&self, jobs: usize, mut tell: impl FnMut(&Report) -> bool + Send) -> Played {
        let [first, end] = self.seeds;
        let name = self.name.clone();
        let mut played = Played { name, least_offenders_ppm: u64::MAX, ..Played::default() };
        played.hunted = hunt(
            first..end,
            jobs,
            |seed| self.plan_of(seed),
            |report| {
                played.least_offenders_ppm = played.least_offenders_ppm.min(report.offenders_ppm);
                tell(report)
            },
        );
        played.failures = self.failures(&played);
        played.ok = played.failures.is_empty();
        played
    }

    fn failures(&self, played: &Played) -> Vec<String> {
        let (expect, hunted) = (&self.expect, &played.hunted);
        let healing = hunted.healing_slots;
        let most = [
            ("seeds that break a promise", Some(expect.violations), hunted.violations),
            ("slots to heal, half of the seeds", expect.healing_p50, healing.p50),
            ("slots to heal, all but one in a hundred", expect.healing_p99, healing.p99),
            ("slots to heal", expect.healing_max, healing.max),
            ("slots between final blocks", expect.gap_max, hunted.longest_gap),
        ];
        let least = [
            ("heights final twice", expect.conflicts, hunted.conflicts),
            ("offenders' part of a million", expect.offenders_ppm, played.least_offenders_ppm),
        ];
        let over = most.iter().filter_map(|(what, most, got)| {
            let most = most.filter(|most| got > most)?;
            Some(format!("{what}: {got}, at most {most} expected"))
        });
        let under = least.iter().filter_map(|(what, least, got)| {
            let least = least.filter(|least| got < least)?;
            Some(format!("{what}: {got}, at least {least} expected"))
        });
        over.chain(under).collect()
    }
}
