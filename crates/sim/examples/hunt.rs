//! A hunt without the command line: `hunt PROFILE FROM TO`, a profile or `any`. Prints the
//! first seed that breaks a promise, or that none does. The table of planted bugs runs it.
#![expect(clippy::print_stdout, reason = "this is where it speaks")]

use std::process::ExitCode;
use weft_sim::hunt::hunt;
use weft_sim::profiles;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| args.get(at).and_then(|text| text.parse().ok());
    let (Some(name), Some(from), Some(to)) = (args.first(), number(1), number(2)) else {
        println!("usage: hunt PROFILE FROM TO");
        return ExitCode::from(2);
    };
    if name != "any" && profiles::plan(name, from).is_none() {
        println!("there is no profile {name}");
        return ExitCode::from(2);
    }
    let plan = |seed| profiles::plan(name, seed).unwrap_or_else(|| profiles::any(seed));
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let mut first = None;
    let hunted = hunt(from..to, jobs, plan, |report| {
        let is_lower = first.as_ref().is_none_or(|(seed, _)| report.seed < *seed);
        if !report.ok && is_lower {
            let what = report.violations.first().cloned().unwrap_or_default();
            first = Some((report.seed, format!("{}: {what}", report.profile)));
        }
        report.ok
    });
    match first {
        Some((seed, what)) => println!("seed {seed} of {what}"),
        None => println!("none of {} seeds", hunted.seeds),
    }
    ExitCode::SUCCESS
}
