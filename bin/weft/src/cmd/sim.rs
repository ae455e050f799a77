//! `weft sim run`.

use crate::args::{Global, SimCommand, SimRun};
use crate::output::{Answer, Exit, Failure};
use weft_sim::{Plan, Planted};

/// Runs the command.
pub fn run(_: &Global, command: &SimCommand) -> Result<Answer, Failure> {
    let SimCommand::Run(args) = command;
    let report = weft_sim::run(&plan(args)?);
    let text = format!(
        "seed {} · {} voters · {} slots: final height {}, {} messages delivered, {} dropped\ntrace {}",
        args.seed,
        args.voters,
        report.slots,
        report.final_height,
        report.delivered,
        report.dropped,
        report.trace_hash,
    );
    if report.ok {
        return Answer::new(&report, text);
    }
    let message = report.violations.join("; ");
    let again = format!("replay it with: weft sim run --seed {} and the same flags", args.seed);
    Err(Failure::new(Exit::CheckFailed, "Violation", message).help(again).data(&report))
}

fn plan(args: &SimRun) -> Result<Plan, Failure> {
    let usage = |name: &str, text: String| Failure::new(Exit::Usage, name, text);
    let loss_ppm = crate::number::parts_per_million(&args.loss)
        .ok_or_else(|| usage("BadLoss", format!("--loss {} is not between 0 and 1", args.loss)))?;
    let partition =
        match &args.partition {
            None => None,
            Some(text) => Some(crate::number::range(text).ok_or_else(|| {
                usage("BadPartition", format!("--partition {text} is not K1..K2"))
            })?),
        };
    let planted = match args.plant.as_deref() {
        None => None,
        Some("double-vote") => Some(Planted::DoubleVote),
        Some("lost-vote-file") => Some(Planted::LostVoteFile),
        Some(other) => {
            let text = format!("--plant {other} is unknown; there are double-vote, lost-vote-file");
            return Err(usage("BadPlant", text));
        }
    };
    if args.voters == 0 || args.voters > 64 {
        return Err(usage("BadVoters", format!("{} voters; from 1 to 64 may be", args.voters)));
    }
    Ok(Plan {
        seed: args.seed,
        voters: args.voters,
        slots: args.slots,
        loss_ppm,
        partition,
        planted,
    })
}
