//! What is said of a seed that broke a promise, and how it is played again.

use crate::output::{Exit, Failure};
use weft_sim::Report;

/// There is no profile of this name.
pub fn unknown(name: &str) -> Failure {
    let text = format!("there is no profile {name}");
    Failure::new(Exit::Usage, "UnknownProfile", text).help("weft sim profiles lists them")
}

/// A seed that broke a promise.
pub fn broken(report: &Report) -> Failure {
    let message = report.violations.join("; ");
    let again = if report.profile == "custom" {
        format!("replay it with: weft sim run --seed {} and the same flags", report.seed)
    } else {
        format!("replay it with: {}", replay(report))
    };
    Failure::new(Exit::CheckFailed, "Violation", message).help(again).data(report)
}

/// The command that plays a run again.
pub fn replay(report: &Report) -> String {
    format!("weft sim run --seed {} --profile {}", report.seed, report.profile)
}
