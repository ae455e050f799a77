//! A written scenario: a plan or a profile, the seeds to play it with, and what is expected.

use crate::hunt::{Hunted, hunt};
use crate::plan::Plan;
use crate::profiles;
use crate::report::Report;
use serde::{Deserialize, Serialize};

/// The most seeds of one scenario.
const MOST_SEEDS: u64 = 1_000_000;

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows, in a sentence.
    pub about: String,
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

/// What a scenario must come to; what is left out is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// What a scenario came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Played {
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
    /// What is wrong with it, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
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

    /// Plays it, `jobs` seeds at a time; tells each report as it comes.
    pub fn play(&self, jobs: usize, mut tell: impl FnMut(&Report) + Send) -> Played {
        let [first, end] = self.seeds;
        let mut played = Played { least_offenders_ppm: u64::MAX, ..Played::default() };
        played.hunted = hunt(
            first..end,
            jobs,
            |seed| self.plan_of(seed),
            |report| {
                played.least_offenders_ppm = played.least_offenders_ppm.min(report.offenders_ppm);
                tell(report);
                true
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
