//! `weft subnet list|metagraph` and `weft weights show`.

use crate::args::{Global, SubnetCommand, WeightsShow};
use crate::output::{Answer, Failure, short, table};
use crate::remote::Remote;
use serde_json::{Value, json};
use weft_types::Rao;

/// Runs the command.
pub async fn run(global: &Global, command: &SubnetCommand) -> Result<Answer, Failure> {
    let remote = Remote::new(global)?;
    match command {
        SubnetCommand::List => remote.read("subnet_list", &json!({}), subnets).await,
        SubnetCommand::Metagraph { netuid } => {
            remote.read("subnet_metagraph", &json!({ "netuid": netuid }), neurons).await
        }
    }
}

/// Rows of the weight matrix.
pub async fn weights(global: &Global, args: &WeightsShow) -> Result<Answer, Failure> {
    let params = json!({ "netuid": args.netuid, "uid": args.uid });
    Remote::new(global)?.read("subnet_weights", &params, matrix).await
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

fn columns(list: &Value, names: &[&str], shown: impl Fn(&str, &Value) -> String) -> String {
    let mut rows = vec![names.iter().map(|n| (*n).to_owned()).collect()];
    for entry in list.as_array().into_iter().flatten() {
        rows.push(names.iter().map(|name| shown(name, &entry[*name])).collect());
    }
    table(&rows)
}

fn subnets(answer: &Value) -> String {
    let names = ["netuid", "neurons", "tempo", "last_epoch", "epochs", "pending", "burn"];
    columns(&answer["subnets"], &names, |name, value| match (name, value.as_str()) {
        ("pending" | "burn", Some(text)) => {
            text.parse().map_or_else(|_| cell(value), |rao| Rao(rao).as_tao())
        }
        _ => cell(value),
    })
}

fn neurons(answer: &Value) -> String {
    let names = [
        "uid",
        "hotkey",
        "stake",
        "permit",
        "active",
        "consensus",
        "incentive",
        "dividends",
        "validator_trust",
        "emission",
        "last_update",
    ];
    columns(&answer["neurons"], &names, |name, value| match (name, value.as_str()) {
        ("stake" | "emission", Some(text)) => {
            text.parse().map_or_else(|_| cell(value), |rao| Rao(rao).as_tao())
        }
        ("hotkey", Some(text)) => short(text),
        _ => cell(value),
    })
}

fn matrix(answer: &Value) -> String {
    let line = |row: &Value| {
        let entries = row["weights"].as_array().into_iter().flatten();
        let cells: Vec<_> = entries.map(|e| format!("{}={}", e[0], e[1])).collect();
        format!("uid {}: {}", row["uid"], cells.join(" "))
    };
    let rows = answer["rows"].as_array().into_iter().flatten();
    rows.map(line).collect::<Vec<_>>().join("\n")
}
