//! `weft sim`: one seed, and what there is to play.

use super::replay::{broken, unknown};
use super::{hunt, incentives, launch};
use crate::args::{Global, SimCommand, SimRun};
use crate::output::{Answer, Exit, Failure, table};
use serde_json::json;
use weft_sim::plan::{Cut, Links};
use weft_sim::{Plan, Report, profiles};

/// Runs the command.
pub fn run(_: &Global, command: &SimCommand) -> Result<Answer, Failure> {
    match command {
        SimCommand::Run(args) => seed(args),
        SimCommand::Profiles => list(),
        SimCommand::Hunt(args) => hunt::seeds(args),
        SimCommand::Twins(args) => hunt::twins(args),
        SimCommand::Scenario(args) => hunt::scenario(args),
        SimCommand::Launch(args) => launch::run(args),
        SimCommand::Incentives(args) => incentives::run(args),
    }
}

fn list() -> Result<Answer, Failure> {
    let all: Vec<_> = profiles::profiles().collect();
    let data: Vec<_> = all.iter().map(|p| json!({"name": p.name, "about": p.about})).collect();
    let mut rows = vec![vec!["profile".to_owned(), "what goes wrong".to_owned()]];
    rows.extend(all.iter().map(|p| vec![p.name.to_owned(), p.about.to_owned()]));
    Answer::new(&json!({ "profiles": data }), table(&rows))
}

fn seed(args: &SimRun) -> Result<Answer, Failure> {
    let plan = match &args.profile {
        Some(name) => profiles::plan(name, args.seed).ok_or_else(|| unknown(name))?,
        None => custom(args)?,
    };
    let report = weft_sim::run(&plan);
    if report.ok {
        return Answer::new(&report, told(&report));
    }
    Err(broken(&report))
}

fn told(report: &Report) -> String {
    let mut rows = vec![vec!["what went wrong".to_owned(), "times".to_owned()]];
    rows.extend(report.faults.iter().map(|(kind, n)| vec![kind.to_owned(), n.to_string()]));
    let mut text = format!(
        "seed {} of {} · {} nodes · {}: final height {}, {} blocks, {} messages delivered",
        report.seed,
        report.profile,
        report.nodes,
        stretch(report),
        report.final_height,
        report.blocks,
        report.delivered,
    );
    if report.healing_bound > 0 {
        text.push_str(&format!(
            "\nfinal everywhere again {} slots after the last fault, {} are allowed",
            report.slots_to_final_after_healing, report.healing_bound
        ));
    }
    if !report.offenders.is_empty() {
        text.push_str(&format!(
            "\n{} final twice; {} voters with {} of a million of the power signed what no honest voter signs",
            report.conflicts,
            report.offenders.len(),
            report.offenders_ppm
        ));
    }
    format!("{text}\ntrace {}\n\n{}", report.trace_hash, table(&rows))
}

/// How many slots there were, and how many of them in fair weather.
fn stretch(report: &Report) -> String {
    match report.slots_to_final_after_healing {
        0 => format!("{} slots", report.slots),
        calm => format!("{} slots + {calm} in fair weather", report.slots.saturating_sub(calm)),
    }
}

fn custom(args: &SimRun) -> Result<Plan, Failure> {
    let usage = |name: &str, text: String| Failure::new(Exit::Usage, name, text);
    let loss_ppm = crate::number::parts_per_million(&args.loss)
        .ok_or_else(|| usage("BadLoss", format!("--loss {} is not between 0 and 1", args.loss)))?;
    let half = |i: usize| Some(u8::from(i >= args.voters / 2));
    let (mut cuts, mut slots) = (Vec::new(), args.slots);
    if let Some(text) = &args.partition {
        let (from, until) =
            crate::number::range(text).filter(|(from, until)| from < until).ok_or_else(|| {
                let what = format!("--partition {text} is not K1..K2 with K1 below K2");
                usage("BadPartition", what)
            })?;
        slots = slots.max(until);
        let sides = (0..args.voters).map(half).collect();
        cuts.push(Cut { from, until, sides, ..Cut::default() });
    }
    let plan = Plan {
        seed: args.seed,
        voters: args.voters,
        slots,
        links: Links { loss_ppm, ..Links::default() },
        cuts,
        ..Plan::default()
    };
    plan.fault().map_or(Ok(plan), |fault| Err(usage("BadPlan", fault)))
}
