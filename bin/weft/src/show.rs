//! Answers for people: a line for each field, amounts with their unit, and lists as tables. What
//! is nested stands indented under its name, so no cell holds JSON.

use crate::table::{lines, short, table};
use serde_json::{Map, Value};
use weft_types::Rao;

/// Names of fields that hold amounts of rao.
const AMOUNTS: &[&str] = &[
    "amount",
    "balance_sum",
    "base_fee",
    "block_emission",
    "burn",
    "burned",
    "byte_fee",
    "cost",
    "earned",
    "emission",
    "fee",
    "free",
    "issued",
    "last_lock",
    "lock",
    "locked",
    "lost",
    "max_burn",
    "max_lock",
    "minimum",
    "needed_stake",
    "paid",
    "pending",
    "power",
    "recycled",
    "stake",
    "stake_sum",
    "staked",
    "total",
    "unbonding",
    "virtual_stake",
    "waiting",
];

/// An object for people: one field a line, amounts in TAO as well, what is nested below.
pub fn pairs(value: &Value) -> String {
    let Some(object) = value.as_object() else { return cell("", value) };
    let (nested, plain): (Vec<_>, Vec<_>) = object.iter().partition(|(_, v)| is_nested(v));
    let row = |(name, value): (&String, &Value)| vec![name.clone(), line(name, value)];
    let rows: Vec<Vec<String>> = plain.into_iter().map(row).collect();
    let below =
        nested.into_iter().map(|(name, value)| format!("{name}\n{}", indented(&deep(value))));
    let parts: Vec<String> = [lines(&rows)].into_iter().chain(below).collect();
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// Whether a value needs lines of its own.
fn is_nested(value: &Value) -> bool {
    match value {
        Value::Object(object) => !object.is_empty(),
        Value::Array(list) => list.iter().any(|part| part.is_object() || is_sentence(part)),
        _ => false,
    }
}

/// Whether it is text of more than a word, which stands on a line of its own.
fn is_sentence(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(' '))
}

/// What is nested: an object as pairs, a list of plain objects as a table, sentences a line each,
/// others one by one.
fn deep(value: &Value) -> String {
    let Some(list) = value.as_array() else { return pairs(value) };
    let objects: Vec<&Map<String, Value>> = list.iter().filter_map(Value::as_object).collect();
    if objects.is_empty() {
        return list.iter().map(|part| cell("", part)).collect::<Vec<_>>().join("\n");
    }
    let is_flat = objects.iter().all(|object| !object.values().any(is_nested));
    if !is_flat || objects.len() < list.len() {
        return list.iter().map(pairs).collect::<Vec<_>>().join("\n\n");
    }
    let mut names: Vec<&String> = Vec::new();
    for name in objects.iter().flat_map(|object| object.keys()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let head = names.iter().map(|name| titled(name)).collect();
    let row = |object: &&Map<String, Value>| {
        names.iter().map(|name| cell(name, object.get(*name).unwrap_or(&Value::Null))).collect()
    };
    let rows: Vec<Vec<String>> = [head].into_iter().chain(objects.iter().map(row)).collect();
    table(&rows)
}

fn titled(name: &str) -> String {
    if AMOUNTS.contains(&name) { format!("{name} (TAO)") } else { name.to_owned() }
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("  {line}").trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// An amount of a field that holds one.
fn amount(name: &str, value: &Value) -> Option<Rao> {
    if !AMOUNTS.contains(&name) {
        return None;
    }
    value.as_str()?.parse().ok().map(Rao)
}

/// A value on a line of its own.
fn line(name: &str, value: &Value) -> String {
    match (amount(name, value), value) {
        (Some(rao), _) => format!("{rao} rao = {} TAO", rao.as_tao()),
        (None, Value::String(text)) => text.clone(),
        (None, Value::Number(ms)) if name == "genesis_time" => {
            let text = format!("{ms} ms since 1970");
            ms.as_u64().map_or(text.clone(), |ms| format!("{text} = {}", crate::date::utc(ms)))
        }
        _ => cell(name, value),
    }
}

/// A value in a sentence.
pub fn inline(name: &str, value: &Value) -> String {
    amount(name, value).map_or_else(|| cell(name, value), |rao| format!("{} TAO", rao.as_tao()))
}

/// A value's text as it is.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// A part in percent, with two digits.
pub fn percent(part: u128, whole: u128) -> String {
    let hundredths = part.saturating_mul(10_000).checked_div(whole).unwrap_or(0);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// A value as a cell of a table, with keys cut.
pub fn cell(name: &str, value: &Value) -> String {
    if let Some(rao) = amount(name, value) {
        return rao.as_tao();
    }
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => short(text),
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Array(list) => {
            // A list in a list is a pair, as uid and score.
            let part = |value: &Value| match value {
                Value::Array(pair) => {
                    pair.iter().map(|v| cell("", v)).collect::<Vec<_>>().join("=")
                }
                other => cell("", other),
            };
            list.iter().map(part).collect::<Vec<_>>().join(", ")
        }
        Value::Object(object) if object.is_empty() => "none".to_owned(),
        Value::Object(object) => {
            let part = |(name, value): (&String, &Value)| format!("{name} {}", cell(name, value));
            object.iter().map(part).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// F6, F7, F11, F19, F41: what a node or a wallet says of itself can be read to its end.
    #[test]
    fn a_sentence_and_a_path_are_never_cut() {
        let (reason, note) = ("the clock is behind its peers there", "the voter votes elsewhere");
        let path = "H/wallets/ann/hotkeys/a-name-of-some-length.json";
        let shown = pairs(&json!({
            "ready": false,
            "reasons": [reason, "stale"],
            "notes": [note],
            "unreadable": [{ "path": path, "why": note }],
        }));
        let lines: Vec<&str> = shown.lines().map(str::trim).collect();
        for line in [reason, "stale", note] {
            assert!(lines.contains(&line), "{line} in\n{shown}");
        }
        assert!(shown.contains(path) && !shown.contains('…'), "{shown}");
    }

    /// F41: no cell holds JSON, and amounts have their unit.
    #[test]
    fn what_is_nested_stands_in_lines_of_its_own_and_nothing_is_json() {
        let key = format!("0x{}", "cd".repeat(32));
        let shown = pairs(&json!({
            "name": "ann",
            "coldkey": key,
            "stake": "1500000000",
            "rows": [[1, 5], [2, 7]],
            "none": [],
            "voters": [
                { "hotkey": key, "power": "12", "stake": "1500000000" },
                { "hotkey": key, "power": "7", "stake": "20000000000", "since": 4 },
            ],
            "receipt": { "result": "ok", "events": [{ "event": "A", "at": { "deep": [1] } }] },
        }));
        for odd in ['{', '}', '[', ']', '"'] {
            assert!(!shown.contains(odd), "{odd} in\n{shown}");
        }
        assert!(
            shown.contains(&format!("coldkey  {key}")),
            "a line has room for all of it\n{shown}"
        );
        assert!(shown.contains("1500000000 rao = 1.5 TAO"), "{shown}");
        assert!(shown.contains("1=5, 2=7"), "{shown}");
        assert!(shown.contains("power (TAO)") && shown.contains("0.000000012"), "{shown}");
        assert!(shown.contains("stake (TAO)") && shown.contains("cdcdcdcd…"), "{shown}");
        assert!(shown.contains("voters\n  hotkey"), "{shown}");
        assert!(shown.contains("none     none"), "{shown}");
    }

    #[test]
    fn a_time_is_also_a_date() {
        let shown = pairs(&json!({ "genesis_time": 1_767_225_600_000_u64 }));
        assert_eq!(shown, "genesis_time  1767225600000 ms since 1970 = 2026-01-01 00:00 UTC");
    }
}
