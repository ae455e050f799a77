//! `weft sim launch`.

use crate::args::SimLaunch;
use crate::output::{Answer, Exit, Failure, note, table};
use crate::svg::{Chart, Series, document};
use weft_economics::launch::{Day, Launch, Launched, launch};
use weft_types::Rao;

/// Plays a launch.
pub fn run(args: &SimLaunch) -> Result<Answer, Failure> {
    let part = &args.validating;
    let bad = || format!("--validating {part} is not between 0 and 1");
    let validating_ppm = crate::number::parts_per_million(part)
        .ok_or_else(|| Failure::new(Exit::Usage, "BadPart", bad()))?;
    let plan = Launch {
        seed: args.seed,
        days: args.days,
        honest: args.honest,
        attackers: args.attackers,
        attacker_cores: args.attacker_cores,
        validating_ppm,
        voters: args.voters,
    };
    let launched = launch(&plan, |day| {
        if day.day.is_multiple_of(10) {
            note(&format!("day {} of {}", day.day, plan.days));
        }
    });
    if let Some(path) = &args.svg {
        let fault = |e| Failure::new(Exit::Failed, "Io", format!("{}: {e}", path.display()));
        let charts = document(&[power(&launched), holders(&launched)]);
        std::fs::write(path, charts).map_err(fault)?;
        note(&format!("plot      {}", path.display()));
    }
    if launched.ok {
        return Answer::new(&launched, told(&launched));
    }
    let message = launched.violations.join("; ");
    let again = format!("replay it with: weft sim launch --seed {} and the same flags", args.seed);
    Err(Failure::new(Exit::CheckFailed, "Violation", message).help(again).data(&launched))
}

/// About twenty days as a table, and what came of it all.
fn told(launched: &Launched) -> String {
    let head = [
        "day",
        "issued",
        "honest stake",
        "attacker stake",
        "uids",
        "permits",
        "candidates",
        "virtual left",
        "attacker's power",
        "gini",
    ];
    let mut rows = vec![head.map(ToOwned::to_owned).to_vec()];
    let step = launched.days.len().div_ceil(20).max(1);
    for day in launched.days.iter().rev().step_by(step).collect::<Vec<_>>().into_iter().rev() {
        rows.push(line(day));
    }
    let on = |day: Option<u64>| day.map_or("never".to_owned(), |day| format!("day {day}"));
    format!(
        "{}\n\nstake in TAO; uids are honest + attacker, permits genesis + honest + attacker\n\
         bootstrap ended {}, the attacker had a third of the power {}\n\
         {} registrations\nstate root {}",
        table(&rows),
        on(launched.bootstrap_ended),
        on(launched.attacker_third),
        launched.registrations,
        launched.state_root
    )
}

fn line(day: &Day) -> Vec<String> {
    let tao = |rao: Rao| (rao.0 / 1_000_000_000).to_string();
    let percent = |ppm: u64| format!("{}.{} %", ppm / 10_000, ppm / 1_000 % 10);
    let (genesis, honest, attacker) = day.permits;
    vec![
        day.day.to_string(),
        tao(day.issued),
        tao(day.honest_stake),
        tao(day.attacker_stake),
        format!("{} + {}", day.uids.0, day.uids.1),
        format!("{genesis} + {honest} + {attacker}"),
        format!("{} with {}", day.candidates.0, tao(day.candidates.1)),
        tao(day.virtual_left),
        percent(day.attacker_power_ppm),
        format!("0.{:03}", day.gini_ppm / 1_000),
    ]
}

/// The question of a launch: whether the attacker comes to hold a third of the voting power,
/// with which it could stop the chain.
#[expect(clippy::cast_precision_loss, reason = "a plot shows a few digits")]
fn power(launched: &Launched) -> Chart {
    let plan = &launched.plan;
    let percent = |d: &Day| d.attacker_power_ppm as f64 / 1e4;
    let points = launched.days.iter().map(|d| (d.day as f64, percent(d))).collect();
    let mark = |day: Option<u64>, word: &str| day.map(|d| (d as f64, word.to_owned()));
    Chart {
        title: format!(
            "A launch from zero: {} honest miners, {} of an attacker, seed {}",
            plan.honest, plan.attackers, plan.seed
        ),
        x: "days".to_owned(),
        y: "percent of the voting power".to_owned(),
        series: vec![Series { name: "the attacker's power".to_owned(), points }],
        marks: mark(launched.bootstrap_ended, "bootstrap ends").into_iter().collect(),
        levels: vec![(100.0 / 3.0, "one third: from here on it could stop the chain".to_owned())],
        from_zero: true,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a plot shows a few digits")]
fn holders(launched: &Launched) -> Chart {
    let series = |name: &str, of: fn(&Day) -> Rao| Series {
        name: name.to_owned(),
        points: launched.days.iter().map(|d| (d.day as f64, of(d).0 as f64 / 1e9)).collect(),
    };
    let mark = |day: Option<u64>, word: &str| day.map(|d| (d as f64, word.to_owned()));
    let third = mark(launched.attacker_third, "attacker: a third of the power");
    let marks = [mark(launched.bootstrap_ended, "bootstrap ends"), third];
    Chart {
        title: "Who holds what".to_owned(),
        x: "days".to_owned(),
        y: "TAO".to_owned(),
        series: vec![
            series("issued", |d| d.issued),
            series("honest stake", |d| d.honest_stake),
            series("attacker's stake", |d| d.attacker_stake),
            series("virtual stake", |d| d.virtual_left),
            series("held by candidates", |d| d.candidates.1),
        ],
        marks: marks.into_iter().flatten().collect(),
        levels: Vec::new(),
        from_zero: true,
    }
}
