//! `weft yuma run FILE`.

use crate::args::{Global, YumaCommand};
use crate::input::Input;
use crate::output::{Answer, Exit, Failure, table};
use serde_json::json;
use std::path::Path;
use weft_yuma::Outcome;
use weft_yuma::case::{self, Case};

/// A case file.
const CASE: Input = Input {
    what: "a Yuma case",
    most: 256 << 20,
    absent: "CaseUnreadable",
    too_large: "CaseTooLarge",
    bad: "BadCase",
};

/// Runs the command.
pub fn run(_: &Global, command: &YumaCommand) -> Result<Answer, Failure> {
    let YumaCommand::Run { file } = command;
    let case = read(file)?;
    let outcomes = case::run(&case).map_err(|e| Failure::new(Exit::Usage, "BadCase", e))?;
    let difference = case::compare(&case, &outcomes);
    let epochs: Vec<_> = outcomes.iter().map(|out| json!({ "out": out })).collect();
    let mut data = json!({ "name": case.name, "epochs": epochs });
    if case::has_results(&case) {
        data["equal"] = json!(difference.is_none());
    }
    if let Some(difference) = difference {
        data["first_difference"] = json!(difference.to_string());
        return Err(Failure::new(Exit::CheckFailed, "NotEqual", difference).data(&data));
    }
    let verdict = if case::has_results(&case) { "equal" } else { "no results to compare with" };
    let epochs = (1..)
        .zip(&outcomes)
        .map(|(number, out)| format!("epoch {number} of {}\n{}", outcomes.len(), earners(out)));
    let epochs: Vec<String> = epochs.collect();
    let text = format!(
        "{}: {} epochs, {verdict}\n\n{}\n\n{RATIOS}",
        case.name,
        outcomes.len(),
        epochs.join("\n\n")
    );
    Answer::new(&data, text)
}

/// What the columns are.
const RATIOS: &str =
    "stake, consensus, incentive and dividends are parts of 65535; uids without any are left out";

/// Who has or earns something after an epoch; ratios as the chain stores them.
fn earners(out: &Outcome) -> String {
    let head = ["uid", "stake", "consensus", "incentive", "dividends", "emission (rao)"];
    let mut rows = vec![head.map(ToOwned::to_owned).to_vec()];
    let ratio = |list: &[u16], uid: usize| list.get(uid).copied().unwrap_or_default();
    for (uid, emission) in out.emission.iter().enumerate() {
        let columns = [&out.stake_weight, &out.consensus, &out.incentive, &out.dividends];
        let numbers = columns.map(|list| ratio(list, uid));
        if *emission > 0 || numbers.iter().any(|number| *number > 0) {
            let mut row = vec![uid.to_string()];
            row.extend(numbers.iter().map(ToString::to_string));
            row.push(emission.to_string());
            rows.push(row);
        }
    }
    table(&rows)
}

/// Reads a case file.
pub fn read(file: &Path) -> Result<Case, Failure> {
    CASE.json(file)
}
