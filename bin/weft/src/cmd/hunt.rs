//! `weft sim hunt`, `weft sim twins` and `weft sim scenario`: many runs, with progress.

use super::replay::{broken, replay, unknown};
use super::stop::Stop;
use crate::args::{SimHunt, SimScenario, SimTwins};
use crate::input::Input;
use crate::output::{Answer, Exit, Failure, note, table};
use crate::shell::quoted;
use serde::Serialize;
use std::time::{Duration, Instant};
use weft_sim::hunt::{Hunted, Worst, hunt};
use weft_sim::scenario::{Case, Expect, Played, Scenario};
use weft_sim::twins::Twins;
use weft_sim::{Report, profiles};

/// How often progress is told.
const TOLD_EVERY: Duration = Duration::from_secs(2);

/// How many cases are named to somebody who asked for one that is not there.
const NAMED: usize = 16;

/// A scenario file.
const SCENARIO: Input = Input {
    what: "a scenario",
    most: 1 << 20,
    absent: "NoScenario",
    too_large: "ScenarioTooLarge",
    bad: "ScenarioUnreadable",
};

/// How far a hunt is.
struct Progress {
    all: u64,
    done: u64,
    bad: u64,
    began: Instant,
    told: Instant,
    stop: Stop,
}

impl Progress {
    fn of(all: u64) -> Result<Self, Failure> {
        let (now, stop) = (Instant::now(), Stop::listen()?);
        Ok(Self { all, done: 0, bad: 0, began: now, told: now, stop })
    }

    /// Counts a run; whether to go on.
    fn count(&mut self, report: &Report, again: &str) -> bool {
        self.done += 1;
        if !report.ok {
            self.bad += 1;
            let first = report.violations.first().map_or("", String::as_str);
            note(&format!("broken    {first}\n  replay  {again}"));
        }
        if self.told.elapsed() >= TOLD_EVERY {
            self.told = Instant::now();
            let (done, all, bad) = (self.done, self.all, self.bad);
            note(&format!("{done} of {all}, {bad} broken, {:.1} a second", self.rate()));
        }
        !self.stop.is_asked()
    }

    /// An end that came too early to say that no promise is broken.
    fn broken_off(&self) -> Option<Failure> {
        let missing = self.all.saturating_sub(self.done);
        (missing > 0 && self.stop.is_asked()).then(|| {
            let text = format!("broken off after {} of {}", self.done, self.all);
            Failure::new(Exit::Failed, "BrokenOff", text).help("what was found until then is kept")
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate is shown with one digit")]
    fn rate(&self) -> f64 {
        self.done as f64 / self.began.elapsed().as_secs_f64().max(0.001)
    }

    fn rounded(&self) -> f64 {
        (self.rate() * 10.0).round() / 10.0
    }
}

fn jobs(asked: Option<u64>) -> usize {
    asked
        .and_then(|jobs| usize::try_from(jobs).ok())
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// What a hunt found, and how fast.
#[derive(Serialize)]
struct Found<'a> {
    #[serde(flatten)]
    hunted: &'a Hunted,
    seeds_per_second: f64,
    jobs: usize,
}

/// Plays many seeds.
pub fn seeds(args: &SimHunt) -> Result<Answer, Failure> {
    let bad = || format!("--seeds {} is not A..B with A below B", args.seeds);
    let (from, to) = crate::number::range(&args.seeds)
        .filter(|(from, to)| from < to)
        .ok_or_else(|| Failure::new(Exit::Usage, "BadSeeds", bad()))?;
    if let Some(name) = args.profile.as_ref().filter(|name| profiles::plan(name, 0).is_none()) {
        return Err(unknown(name));
    }
    let plan = |seed: u64| {
        let one = args.profile.as_ref().and_then(|name| profiles::plan(name, seed));
        one.unwrap_or_else(|| profiles::any(seed))
    };
    let (jobs, mut progress) = (jobs(args.jobs), Progress::of(to - from)?);
    let hunted = hunt(from..to, jobs, plan, |report| {
        progress.count(report, &replay(report)) && (report.ok || !args.first)
    });
    let found = Found { hunted: &hunted, seeds_per_second: progress.rounded(), jobs };
    let text = format!(
        "{}, {:.1} seeds a second, {jobs} at a time",
        summary(&hunted, "seeds", by_seed),
        progress.rate()
    );
    match (hunted.first_failing, progress.broken_off()) {
        (None, None) => Answer::new(&found, text),
        (None, Some(failure)) => {
            note(&text);
            Err(failure.data(&found))
        }
        (Some(seed), _) => {
            let message =
                format!("{} of {} seeds broke a promise", hunted.violations, hunted.seeds);
            let profile = plan(seed).profile;
            let again = format!("replay the first: weft sim run --seed {seed} --profile {profile}");
            Err(Failure::new(Exit::CheckFailed, "Violation", message).help(again).data(&found))
        }
    }
}

/// How the run that came nearest to its bound is named where each is played by its seed.
fn by_seed(worst: &Worst) -> String {
    format!("seed {} of {}", worst.seed, worst.profile)
}

/// What was found of the runs, in words; `named` says how one is asked for once more.
fn summary(hunted: &Hunted, what: &str, named: impl Fn(&Worst) -> String) -> String {
    let healing = hunted.healing_slots;
    let live = match &hunted.worst_of_bound {
        None => "whether they became final again was not judged".to_owned(),
        Some(worst) => format!(
            "slots from healing to final, of {}: p50 {}, p99 {}, max {} (at most {} % of the bound, {}); longest gap under attack {}",
            hunted.judged,
            healing.p50,
            healing.p99,
            healing.max,
            worst.percent,
            named(worst),
            hunted.longest_gap,
        ),
    };
    let what = if hunted.seeds == 1 { what.trim_end_matches('s') } else { what };
    format!(
        "{} {what}, {} broke a promise\n{live}\n{} offenders, {} heights final twice{}",
        hunted.seeds,
        hunted.violations,
        hunted.offenders,
        hunted.conflicts,
        explained(hunted)
    )
}

/// Why a height that is final twice may break no promise.
const fn explained(hunted: &Hunted) -> &'static str {
    match (hunted.conflicts, hunted.violations) {
        (0, _) => "",
        (_, 0) => {
            ": where a third of the power signs both, the promise is that the offenders are named \
             and hold that third, not that there is one chain; all were named"
        }
        _ => ": whether that breaks a promise stands with each run above",
    }
}

/// What twins came to.
#[derive(Serialize)]
struct Twinned<'a> {
    scenarios: u64,
    violations: u64,
    exhaustive: bool,
    conflicts: u64,
    first_failing: Option<u64>,
    plan: Twins,
    healing_slots: &'a weft_sim::hunt::Spread,
    scenarios_per_second: f64,
}

/// Plays twins.
pub fn twins(args: &SimTwins) -> Result<Answer, Failure> {
    let voters = usize::try_from(args.voters).unwrap_or(usize::MAX);
    let twins = args.twins.unwrap_or((voters - 1) / 3);
    if twins == 0 || twins > voters {
        let text = format!("{twins} twins of {voters} voters; from one to all may be");
        let help = "without --twins less than a third have one, so at least 4 voters are needed";
        return Err(Failure::new(Exit::Usage, "BadTwins", text).help(help));
    }
    let (rounds, sample, seed) = (args.rounds, args.sample, args.seed);
    let plan = Twins { voters, twins, rounds, sample, seed };
    if let Some(number) = args.only {
        if number >= plan.count() {
            let text = format!("--only {number}; there are {} scenarios, from 0", plan.count());
            return Err(Failure::new(Exit::Usage, "BadNumber", text));
        }
        let report = weft_sim::run(&plan.plan(number));
        let text =
            format!("scenario {number}: {} blocks, {} conflicts", report.blocks, report.conflicts);
        if report.ok {
            return Answer::new(&report, text);
        }
        return Err(broken(&report).help(replay_twins(&plan, number)));
    }
    let mut progress = Progress::of(plan.count())?;
    let hunted = plan.play(jobs(args.jobs), |report| {
        progress.count(report, &replay_twins(&plan, report.seed.wrapping_sub(seed)))
    });
    let twinned = Twinned {
        scenarios: hunted.seeds,
        violations: hunted.violations,
        exhaustive: plan.is_exhaustive(),
        conflicts: hunted.conflicts,
        first_failing: hunted.first_failing.map(|failing| failing.wrapping_sub(seed)),
        plan,
        healing_slots: &hunted.healing_slots,
        scenarios_per_second: progress.rounded(),
    };
    let which = if twinned.exhaustive { "all there are" } else { "a sample" };
    let named = |worst: &Worst| format!("scenario {}", worst.seed.wrapping_sub(seed));
    let text = format!("{}\n{which}", summary(&hunted, "scenarios", named));
    if hunted.violations == 0 {
        return match progress.broken_off() {
            None => Answer::new(&twinned, text),
            Some(failure) => {
                note(&text);
                Err(failure.data(&twinned))
            }
        };
    }
    let message = format!("{} of {} scenarios broke a promise", hunted.violations, hunted.seeds);
    let failure = Failure::new(Exit::CheckFailed, "Violation", message).data(&twinned);
    Err(match twinned.first_failing {
        Some(number) => failure.help(format!("replay the first: {}", replay_twins(&plan, number))),
        None => failure,
    })
}

/// The command that plays one scenario of twins again.
fn replay_twins(plan: &Twins, number: u64) -> String {
    let Twins { voters, twins, rounds, sample, seed } = plan;
    format!(
        "weft sim twins --voters {voters} --twins {twins} --rounds {rounds} --sample {sample} --seed {seed} --only {number}"
    )
}

/// What the cases of a scenario came to, and how fast.
#[derive(Serialize)]
struct PlayedAt {
    ok: bool,
    cases: Vec<Played>,
    seeds: u64,
    violations: u64,
    seeds_per_second: f64,
    jobs: usize,
}

/// Plays a written scenario.
pub fn scenario(args: &SimScenario) -> Result<Answer, Failure> {
    let scenario = chosen(read(args)?, args)?;
    let all = scenario.cases.iter().map(|case| case.seeds[1] - case.seeds[0]).sum();
    let (jobs, mut progress) = (jobs(args.jobs), Progress::of(all)?);
    note(&scenario.about);
    let play = |case: &Case| {
        let again = |seed| replay_case(args, case, Some(seed));
        case.play(jobs, |report| progress.count(report, &again(report.seed)))
    };
    let cases: Vec<Played> = scenario.cases.iter().map(play).collect();
    let broken_off = progress.broken_off();
    let text = told(&cases);
    let unexpected: Vec<String> = cases.iter().filter(|case| !case.ok).map(complaint).collect();
    let first = scenario.cases.iter().zip(&cases).find(|(_, played)| !played.ok);
    // What many seeds together miss no single one shows.
    let again = first.map(|(case, played)| replay_case(args, case, played.hunted.first_failing));
    let played = PlayedAt {
        ok: unexpected.is_empty(),
        seeds: cases.iter().map(|case| case.hunted.seeds).sum(),
        violations: cases.iter().map(|case| case.hunted.violations).sum(),
        seeds_per_second: progress.rounded(),
        jobs,
        cases,
    };
    if let Some(failure) = broken_off {
        note(&text);
        return Err(failure.data(&played));
    }
    let Some(again) = again else { return Answer::new(&played, text) };
    note(&text);
    let help = format!("play it again: {again}");
    Err(Failure::new(Exit::CheckFailed, "NotAsExpected", unexpected.join("; "))
        .help(help)
        .data(&played))
}

/// The cases and the seeds that are asked for.
fn chosen(mut scenario: Scenario, args: &SimScenario) -> Result<Scenario, Failure> {
    if let Some(name) = &args.case {
        let like = |case: &&Case| case.name.contains(name.as_str());
        let some: Vec<&Case> = scenario.cases.iter().filter(like).collect();
        let some = if some.is_empty() { scenario.cases.iter().collect() } else { some };
        let names: Vec<String> =
            some.iter().take(NAMED).map(|case| format!("`{}`", case.name)).collect();
        let help = format!("it has {}, such as {}", scenario.cases.len(), names.join(", "));
        scenario.cases.retain(|case| case.name == *name);
        if scenario.cases.is_empty() {
            let text = format!("{} has no case `{name}`", args.file.display());
            return Err(Failure::new(Exit::NotFound, "NoCase", text).help(help));
        }
    }
    if let Some(seed) = args.seed {
        let end = seed.checked_add(1).ok_or_else(|| {
            let text = format!("--seed {seed} is too high; at most {} may be", u64::MAX - 1);
            Failure::new(Exit::Usage, "BadSeeds", text)
        })?;
        for case in &mut scenario.cases {
            // What is expected is expected of all seeds together; one must keep its promises.
            (case.seeds, case.expect) = ([seed, end], Expect::default());
        }
    }
    Ok(scenario)
}

/// The command that plays a case again, or one seed of it.
fn replay_case(args: &SimScenario, case: &Case, seed: Option<u64>) -> String {
    let name = &case.name;
    let which = if name.is_empty() { String::new() } else { format!(" --case {}", quoted(name)) };
    let seed = seed.map_or_else(String::new, |seed| format!(" --seed {seed}"));
    format!("weft sim scenario {}{seed}{which}", quoted(&args.file.display().to_string()))
}

/// What was not as expected, with the case's name.
fn complaint(played: &Played) -> String {
    let failures = played.failures.join(", ");
    if played.name.is_empty() { failures } else { format!("{}: {failures}", played.name) }
}

/// One case in words, many as a table.
fn told(cases: &[Played]) -> String {
    let verdict = |case: &Played| if case.ok { "as expected" } else { "not as expected" };
    if let [one] = cases {
        return format!("{}\n{}", summary(&one.hunted, "seeds", by_seed), verdict(one));
    }
    let head = ["case", "seeds", "broken", "p50", "p99", "max", "gap", "conflicts", "verdict"];
    let row = |case: &Played| {
        let (hunted, heal) = (&case.hunted, case.hunted.healing_slots);
        let slots = |n: u64| if hunted.judged == 0 { "-".to_owned() } else { n.to_string() };
        vec![
            case.name.clone(),
            hunted.seeds.to_string(),
            hunted.violations.to_string(),
            slots(heal.p50),
            slots(heal.p99),
            slots(heal.max),
            slots(hunted.longest_gap),
            hunted.conflicts.to_string(),
            verdict(case).to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> =
        [head.map(str::to_owned).to_vec()].into_iter().chain(cases.iter().map(row)).collect();
    table(&rows)
}

fn read(args: &SimScenario) -> Result<Scenario, Failure> {
    let text = SCENARIO.text(&args.file).map_err(|failure| match failure.exit {
        Exit::NotFound => failure.help("those of the project are in crates/sim/scenarios"),
        _ => failure,
    })?;
    Scenario::read(&text).map_err(|e| {
        let text = format!("{}: {e}", args.file.display());
        Failure::new(Exit::Usage, "BadScenario", text)
    })
}
