//! `weft reference`: the tables of calls, errors, events and hyperparameters, as text,
//! JSON, or the page in the documentation.

use crate::args::{ReferenceArgs, Table};
use crate::output::{Answer, Failure, table};
use serde_json::{Value, json};
use weft_reads::reference::reference;
use weft_testnet::plan::TEMPO;

/// Runs the command.
pub fn run(args: &ReferenceArgs) -> Result<Answer, Failure> {
    let all = reference();
    if args.markdown {
        let page = markdown(&all);
        return Answer::new(&json!({ "markdown": page }), page);
    }
    let name = |table: Table| match table {
        Table::Calls => "calls",
        Table::Errors => "errors",
        Table::Events => "events",
        Table::Hyperparameters => "hyperparameters",
    };
    match args.table {
        Some(which) => {
            let rows = &all[name(which)];
            Answer::new(&json!({ name(which): rows }), plain(rows))
        }
        None => {
            let parts = ["calls", "errors", "events", "hyperparameters"];
            let text: Vec<_> = parts.map(|part| format!("{part}\n{}", plain(&all[part]))).to_vec();
            Answer::new(&all, text.join("\n\n"))
        }
    }
}

fn entries(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn plain(rows: &Value) -> String {
    let row = |r: &Value| vec![text(r, "name").to_owned(), text(r, "meaning").to_owned()];
    table(&entries(rows).map(row).collect::<Vec<_>>())
}

/// The page `docs/reference.md`, of which a test holds every byte.
fn markdown(all: &Value) -> String {
    let mut page = String::from(
        "# Reference\n\nWritten by `weft reference --markdown` from the tables in the code; a test \
         compares.\n\n## Calls\n\nFree calls have fee and nonce 0.\n\n| call | free | does | fields |\n|---|---|---|---|\n",
    );
    let names = |value: &Value| {
        let field = |f: &Value| format!("`{}`", text(f, "name"));
        entries(value).map(field).collect::<Vec<_>>().join(", ")
    };
    for call in entries(&all["calls"]) {
        let free = if call["free"] == json!(true) { "free" } else { "" };
        let line = format!(
            "| `{}` | {free} | {} | {} |",
            text(call, "name"),
            text(call, "meaning"),
            names(&call["fields"])
        );
        page.push_str(&line);
        page.push('\n');
    }
    page.push_str(&format!(
        "\n## Hyperparameters\n\nOf one subnet. Where a preset's default lies outside the bounds they stretch to it. `weft testnet up` gives its subnets a `tempo` of {TEMPO} (with `--metagraph` 60) and its first one no `commit_reveal`, unless `--param` says otherwise.\n\n"
    ));
    page.push_str("| name | does | unit | set by | from | to | main | local | bench |\n|---|---|---|---|---|---|---|---|---|\n");
    for row in entries(&all["hyperparameters"]) {
        let defaults = &row["defaults"];
        let line = format!(
            "| `{}` | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            text(row, "name"),
            text(row, "meaning"),
            text(row, "unit"),
            text(row, "setter"),
            text(row, "low"),
            text(row, "high"),
            text(defaults, "main"),
            text(defaults, "local"),
            text(defaults, "bench"),
        );
        page.push_str(&line);
    }
    page.push_str("\n## Errors of calls\n\nThe name stands in receipts, RPC and commands; the text is said with the numbers in it.\n\n| error | when | text |\n|---|---|---|\n");
    for row in entries(&all["errors"]) {
        let line = format!(
            "| `{}` | {} | {} |\n",
            text(row, "name"),
            text(row, "meaning"),
            text(row, "text")
        );
        page.push_str(&line);
    }
    page.push_str("\n## Events\n\nIn the receipts of transactions and items, and in a block's own list.\n\n| event | when | fields |\n|---|---|---|\n");
    for row in entries(&all["events"]) {
        let line = format!(
            "| `{}` | {} | {} |\n",
            text(row, "name"),
            text(row, "meaning"),
            names(&row["fields"])
        );
        page.push_str(&line);
    }
    page
}
