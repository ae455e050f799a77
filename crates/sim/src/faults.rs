//! What really went wrong in a run, counted; and what a plan must have made go wrong.

use crate::plan::{Cabal, Conflict, Down, Lost, Plan};
use serde::Serialize;
use std::collections::BTreeMap;

/// How often each kind of fault happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Faults(BTreeMap<&'static str, u64>);

impl Faults {
    /// One more.
    pub fn note(&mut self, kind: &'static str) {
        self.add(kind, 1);
    }

    /// So many more.
    pub fn add(&mut self, kind: &'static str, count: u64) {
        if count > 0 {
            *self.0.entry(kind).or_default() += count;
        }
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self, kind: &str) -> u64 {
        self.0.get(kind).copied().unwrap_or(0)
    }

    /// All kinds that happened, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(kind, count)| (*kind, *count))
    }

    /// What the plan asks for and has not happened yet.
    #[must_use]
    pub fn missing(&self, plan: &Plan) -> Vec<&'static str> {
        asked(plan).into_iter().filter(|kind| self.count(kind) == 0).collect()
    }
}

/// What a plan asks for: a run in which one of these never happened says nothing.
fn asked(plan: &Plan) -> Vec<&'static str> {
    let mut asked = Vec::new();
    let mut ask = |is_asked: bool, kind| {
        if is_asked {
            asked.push(kind);
        }
    };
    ask(plan.links.loss_ppm > 0, "lost");
    ask(plan.links.twice_ppm > 0, "doubled");
    ask(plan.links.late_ppm > 0, "late");
    ask(!plan.cuts.is_empty(), "cut");
    ask(!plan.downs.is_empty() || plan.crashes.is_some(), "crashes");
    // Finality may lag some slots behind when a node goes.
    let is_long = |down: &Down| plan.window().is_some_and(|w| down.until - down.from > w + 8);
    ask(!plan.pauses.is_empty(), "pauses");
    ask(plan.pauses.iter().any(is_long), "pauses_judged");
    ask(plan.downs.iter().chain(&plan.pauses).any(is_long), "words");
    let losses =
        [(Lost::VoteFile, "files_lost"), (Lost::Log, "logs_lost"), (Lost::Tail, "tails_lost")];
    for (lost, kind) in losses {
        let is_planned = plan.downs.iter().any(|down| down.loses == lost);
        ask(is_planned || plan.crashes.is_some_and(|c| c.losses > 0 && c.loses == lost), kind);
    }
    ask(plan.rotation.is_some_and(|r| !r.may_rest), "rotations");
    let is_in_time = plan.former.is_some_and(|former| former.is_in_time);
    ask(is_in_time, "past_blocks");
    let sleeps = || plan.downs.iter().chain(&plan.pauses);
    ask(is_in_time && plan.is_sleeper_alone() && sleeps().any(is_long), "past_taken");
    let moves = plan.rotation.is_some_and(|r| r.moves);
    ask(moves, "stake_moves");
    // Who crashes again and again may never keep an offer up for two rotations.
    ask(moves && plan.crashes.is_none(), "moved_voters");
    ask(plan.upgrade.is_some_and(|upgrade| !upgrade.never), "rules_changed");
    ask(plan.conflict == Conflict::Must, "conflicts");
    let witnesses = plan.crashes.is_some_and(|crashes| crashes.witnesses);
    ask(witnesses, "witnesses_lost");
    // Of a cabal that stops it is asked below.
    ask(witnesses && plan.cabal.is_none_or(|cabal| cabal.times.is_none()), "reported");
    ask(plan.desk.is_some(), "turned_lists");
    // Where there is room for two answers both may always find it.
    ask(plan.desk.is_some_and(|desk| desk.answers == 1), "turned_bodies");
    let kind = |cabal: Cabal| match cabal.times {
        None => cabal.strategy.acts(),
        // Who stops after an offence or two may not have come to that of the strategy.
        Some(_) => "reported",
    };
    asked.extend(plan.cabal.map(kind));
    if plan.commits {
        asked.push("revealed");
    }
    asked.extend(plan.strangers.iter().map(|habit| habit.acts()));
    asked
}
