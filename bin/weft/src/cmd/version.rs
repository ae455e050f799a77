//! `weft query version`: by which rules the chain runs, and which may come.

use crate::date::utc;
use crate::output::{Answer, Failure, table};
use crate::remote::Remote;
use serde_json::{Value, json};

/// Runs the command.
pub async fn run(remote: &Remote) -> Result<Answer, Failure> {
    let chain = remote.chain().await?;
    let status = remote.call("chain_status", &json!({})).await?;
    let head = status["height"].as_u64().unwrap_or(0);
    let slot_ms = chain.params.slot_ms;
    let now = crate::cmd::testnet::now().0;
    let when = |height: u64| utc(now.saturating_add(height.saturating_sub(head) * slot_ms));
    let stopped = status["stopped"].as_str().map(ToOwned::to_owned);
    remote.read("chain_version", &json!({}), |answer| text(answer, stopped, when)).await
}

fn text(answer: &Value, stopped: Option<String>, when: impl Fn(u64) -> String) -> String {
    let word = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let runs: Vec<String> = list(&answer["runs"]).iter().map(word).collect();
    let known = |id: &Value| if runs.contains(&word(id)) { "" } else { ", unknown to this node" };
    let percent = |ppm: &Value| ppm.as_u64().unwrap_or(0) / 10_000;
    let signals: Vec<String> = list(&answer["signals"])
        .iter()
        .map(|s| {
            format!(
                "{} by {} % of the power{}",
                word(&s["id"]),
                percent(&s["power_ppm"]),
                known(&s["id"])
            )
        })
        .collect();
    let none = || "none".to_owned();
    let next = answer["next"]["height"].as_u64().map(|height| {
        let id = &answer["next"]["id"];
        format!("{} at height {height}, about {}{}", word(id), when(height), known(id))
    });
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let mut rows = vec![
        row("rules", format!("{} ({})", answer["version"], word(&answer["id"]))),
        row("this node runs", if runs.is_empty() { none() } else { runs.join(", ") }),
        row("signalled", if signals.is_empty() { none() } else { signals.join("; ") }),
        row("next", next.unwrap_or_else(none)),
    ];
    rows.extend(stopped.map(|why| row("stopped", why)));
    table(&rows)
}
