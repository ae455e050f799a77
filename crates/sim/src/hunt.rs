//! Many seeds, on a few threads: which thread plays a seed changes nothing.

use crate::plan::Plan;
use crate::report::Report;
use crate::run::run;
use serde::Serialize;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many threads at the most.
const MOST_JOBS: usize = 64;

/// What a hunt found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Hunted {
    /// How many seeds were played.
    pub seeds: u64,
    /// How many of them broke a promise.
    pub violations: u64,
    /// The lowest of those.
    pub first_failing: Option<u64>,
    /// How many were held to become final again within their bound.
    pub judged: u64,
    /// Heights at which two blocks are final, in all seeds together.
    pub conflicts: u64,
    /// The slots from healing to a new final block everywhere, of those.
    pub healing_slots: Spread,
    /// Of those the run that took the most of its bound; of several the one of the lowest seed.
    pub worst_of_bound: Option<Worst>,
    /// The most slots without a new final block under attack alone.
    pub longest_gap: u64,
    /// How many voters signed what no honest voter signs.
    pub offenders: u64,
}

/// How near to its bound a run came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Worst {
    /// How much of its bound it took, in a hundred, rounded down.
    pub percent: u64,
    /// Its seed.
    pub seed: u64,
    /// Its profile.
    pub profile: String,
    /// How many slots it took.
    #[serde(skip)]
    slots: u64,
    /// In how many slots it had to be final again; never 0.
    #[serde(skip)]
    bound: u64,
}

impl Worst {
    /// That of a run; none where it was not judged.
    fn of(report: &Report) -> Option<Self> {
        let (slots, bound) = (report.slots_to_final_after_healing, report.healing_bound);
        let percent = (slots * 100).checked_div(bound)?;
        let (seed, profile) = (report.seed, report.profile.clone());
        Some(Self { percent, seed, profile, slots, bound })
    }

    /// Whether it took more of its bound than another run, or as much and has the lower seed.
    const fn is_worse(&self, other: &Self) -> bool {
        let (own, others) = (self.slots * other.bound, other.slots * self.bound);
        own > others || (own == others && self.seed < other.seed)
    }
}

/// How a number is spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Half are at most this.
    pub p50: u64,
    /// All but one in a hundred are.
    pub p99: u64,
    /// All are.
    pub max: u64,
}

impl Spread {
    /// That of some numbers.
    #[must_use]
    pub fn of(mut numbers: Vec<u64>) -> Self {
        numbers.sort_unstable();
        let at = |part: usize| {
            let rank = (numbers.len() * part).div_ceil(100).max(1) - 1;
            numbers.get(rank).copied().unwrap_or(0)
        };
        Self { p50: at(50), p99: at(99), max: at(100) }
    }
}

/// Plays the plan of every seed, `jobs` at a time, and tells each report as it comes; a
/// teller that says false ends the hunt early. Seeds are begun in order, so when it ends at
/// the first failing seed all below it were played.
pub fn hunt(
    seeds: Range<u64>,
    jobs: usize,
    plan: impl Fn(u64) -> Plan + Sync,
    tell: impl FnMut(&Report) -> bool + Send,
) -> Hunted {
    let next = AtomicU64::new(seeds.start);
    let end = AtomicU64::new(seeds.end);
    let found = Mutex::new((Hunted::default(), Vec::new(), tell));
    let play = || {
        loop {
            let last = end.load(Ordering::Relaxed);
            let one_more = |seed: u64| (seed < last).then(|| seed.saturating_add(1));
            let taken = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
            let Ok(seed) = taken else { return };
            let report = run(&plan(seed));
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            let (hunted, healing, tell) = &mut *found;
            hunted.count(&report);
            if report.healing_bound > 0 {
                healing.push(report.slots_to_final_after_healing);
            }
            if !tell(&report) {
                end.store(0, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, MOST_JOBS) {
            scope.spawn(play);
        }
    });
    let (mut hunted, healing, _) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    hunted.healing_slots = Spread::of(healing);
    hunted
}

impl Hunted {
    fn count(&mut self, report: &Report) {
        self.seeds += 1;
        self.offenders += report.offenders.len() as u64;
        self.conflicts += report.conflicts;
        self.judged += u64::from(report.healing_bound > 0);
        let before = self.worst_of_bound.as_ref();
        let worst = Worst::of(report);
        let worst = worst.filter(|worst| before.is_none_or(|before| worst.is_worse(before)));
        if worst.is_some() {
            self.worst_of_bound = worst;
        }
        self.longest_gap = self.longest_gap.max(report.longest_gap);
        if !report.ok {
            self.violations += 1;
            let first = self.first_failing.unwrap_or(report.seed);
            self.first_failing = Some(first.min(report.seed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_names_numbers_that_were_there() {
        assert_eq!(Spread::of(vec![]), Spread::default());
        assert_eq!(Spread::of(vec![7]), Spread { p50: 7, p99: 7, max: 7 });
        assert_eq!(Spread::of((1..=100).collect()), Spread { p50: 50, p99: 99, max: 100 });
    }

    /// The seed, the slots and the bound of a run.
    type Run = (u64, u64, u64);
    type Named = Option<(u64, u64)>;

    /// The seed and percent of the worst of some runs.
    fn worst(runs: &[Run]) -> Named {
        let mut hunted = Hunted::default();
        for (seed, slots, bound) in runs {
            let (slots_to_final_after_healing, healing_bound) = (*slots, *bound);
            let seed = *seed;
            let ended = Report { slots_to_final_after_healing, healing_bound, ..Report::default() };
            hunted.count(&Report { seed, ..ended });
        }
        hunted.worst_of_bound.map(|worst| (worst.seed, worst.percent))
    }

    #[test]
    fn the_worst_run_took_the_most_of_its_bound_whichever_ends_first() {
        let table: [(&[Run], Named); 6] = [
            (&[(1, 0, 0), (2, 9, 0)], None),
            (&[(3, 0, 8), (1, 9, 0), (2, 0, 7)], Some((2, 0))),
            (&[(1, 1, 8), (2, 5, 8), (3, 4, 8)], Some((2, 62))),
            // Both are 50 in a hundred, rounded down.
            (&[(1, 501, 1_000), (2, 509, 1_000)], Some((2, 50))),
            // One part of two bounds.
            (&[(4, 2, 6), (5, 3, 9), (6, 1, 3)], Some((4, 33))),
            (&[(2, 1, 200), (1, 1, 300)], Some((2, 0))),
        ];
        for (runs, want) in table {
            assert_eq!(worst(runs), want, "{runs:?}");
            let backwards: Vec<_> = runs.iter().rev().copied().collect();
            assert_eq!(worst(&backwards), want, "{backwards:?}");
        }
    }
}
