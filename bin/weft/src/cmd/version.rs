//! `weft query version`: by which rules the chain runs, and which may come.

use crate::date::utc;
use crate::output::{Answer, Failure, table};
use crate::remote::{Remote, part};
use serde::Deserialize;
use serde_json::{Value, json};

/// The change that is locked in.
#[derive(Deserialize)]
struct Next {
    id: String,
    height: u64,
}

/// Rules that voters signal.
#[derive(Deserialize)]
struct Signal {
    id: String,
    power_ppm: u64,
}

/// Runs the command.
pub async fn run(remote: &Remote) -> Result<Answer, Failure> {
    let charter = remote.charter().await?;
    let status = remote.call("chain_status", &json!({})).await?;
    let head: u64 = part(&status, "height")?;
    let stopped: Option<String> = part(&status, "stopped")?;
    let slot_ms = charter.params.slot_ms;
    let now = crate::cmd::testnet::now().0;
    let when =
        |height: u64| utc(now.saturating_add(height.saturating_sub(head).saturating_mul(slot_ms)));
    remote.read_well("chain_version", &json!({}), |answer| text(answer, stopped, when)).await
}

fn text(
    answer: &Value,
    stopped: Option<String>,
    when: impl Fn(u64) -> String,
) -> Result<String, Failure> {
    let (version, id): (u16, String) = (part(answer, "version")?, part(answer, "id")?);
    let runs: Vec<String> = part(answer, "runs")?;
    let (next, signals): (Option<Next>, Vec<Signal>) =
        (part(answer, "next")?, part(answer, "signals")?);
    let known = |id: &String| if runs.contains(id) { "" } else { ", unknown to this node" };
    let signals: Vec<String> = signals
        .iter()
        .map(|s| format!("{} by {} % of the power{}", s.id, s.power_ppm / 10_000, known(&s.id)))
        .collect();
    let none = || "none".to_owned();
    let next = next.map(|Next { id, height }| {
        format!("{id} at height {height}, about {}{}", when(height), known(&id))
    });
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let mut rows = vec![
        row("rules", format!("{version} ({id})")),
        row("this node runs", if runs.is_empty() { none() } else { runs.join(", ") }),
        row("signalled", if signals.is_empty() { none() } else { signals.join("; ") }),
        row("next", next.unwrap_or_else(none)),
    ];
    rows.extend(stopped.map(|why| row("stopped", why)));
    Ok(table(&rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(answer: &Value) -> Result<String, String> {
        text(answer, None, |_| "then".to_owned()).map_err(|failure| failure.words.message)
    }

    #[test]
    fn an_answer_that_is_not_what_it_should_be_is_an_error_and_no_zero() {
        let good = json!({
            "version": 1, "id": "0xaa", "runs": ["0xaa"], "next": null,
            "signals": [{ "id": "0xbb", "power_ppm": 340_000 }],
        });
        let shown = said(&good).unwrap();
        assert!(shown.contains("0xbb by 34 % of the power, unknown to this node"), "{shown}");
        for (name, bad) in [
            ("version", json!("1")),
            ("id", Value::Null),
            ("runs", Value::Null),
            ("runs", json!([1])),
            ("next", json!({ "id": "0xbb" })),
            ("signals", json!([{ "id": "0xbb", "power_ppm": "340000" }])),
        ] {
            let mut answer = good.clone();
            answer[name] = bad;
            let why = said(&answer).unwrap_err();
            assert!(why.contains(&format!("no \"{name}\" as it should be")), "{why}");
        }
    }
}
