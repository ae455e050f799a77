//! The file of `weft batch`: a JSON list of calls, `[{"transfer": {"to": …, "amount": …}}]`,
//! as `weft reference calls` shows them. Keys are read in every spelling; what the table of
//! calls does not know is refused by name.

use crate::args::Global;
use crate::input::Input;
use crate::output::{Exit, Failure};
use crate::signer;
use serde_json::{Map, Value, json};
use std::path::Path;
use weft_types::{BatchCall, Call, Network};

/// A file of calls; a transaction is far smaller.
const BATCH: Input = Input {
    what: "a list of calls",
    most: 1 << 20,
    absent: "Unreadable",
    too_large: "BatchTooLarge",
    bad: "BadBatch",
};

/// The text of a batch file.
pub fn text(path: &Path) -> Result<String, Failure> {
    BATCH.text(path)
}

fn bad(path: &Path, why: &str) -> Failure {
    let message = format!("{}: {why}", path.display());
    Failure::new(Exit::Usage, "BadBatch", message).help("weft reference calls")
}

/// The calls of a batch file.
pub fn read(
    global: &Global,
    (path, text): (&Path, &str),
    network: Network,
) -> Result<Vec<BatchCall>, Failure> {
    let mut list: Vec<Value> = serde_json::from_str(text).map_err(|e| bad(path, &e.to_string()))?;
    if list.is_empty() {
        return Err(bad(path, "it holds no call"));
    }
    let mut calls = Vec::new();
    for (index, value) in list.iter_mut().enumerate() {
        let here = |why: String| bad(path, &format!("call {index}: {why}"));
        let (name, fields) = one(value).map_err(here)?;
        known(&name, fields).map_err(here)?;
        keys(global, (&name, fields), network)?;
        defaults(&name, fields);
        let call = serde_json::from_value(value.take()).map_err(|e| here(e.to_string()))?;
        calls.push(BatchCall(call));
    }
    Ok(calls)
}

/// A transfer may leave out `open`: this program looks for itself.
fn defaults(name: &str, fields: &mut Map<String, Value>) {
    if name == "transfer" {
        fields.entry("open").or_insert(Value::Bool(false));
    }
}

/// The name and the fields of a call.
fn one(value: &mut Value) -> Result<(String, &mut Map<String, Value>), String> {
    let shape = || "write {\"name\": {fields}}".to_owned();
    let object = value.as_object_mut().filter(|o| o.len() == 1).ok_or_else(shape)?;
    let (name, fields) = object.iter_mut().next().ok_or_else(shape)?;
    Ok((name.clone(), fields.as_object_mut().ok_or_else(shape)?))
}

/// Refuses a call that the table has not, or a field that its call has not.
fn known(name: &str, fields: &Map<String, Value>) -> Result<(), String> {
    let call = Call::TABLE.iter().find(|c| c.name == name);
    let call = call.ok_or_else(|| format!("there is no call \"{name}\""))?;
    let has = |field: &str| call.fields.iter().any(|(own, ..)| *own == field);
    match fields.keys().find(|field| !has(field)) {
        Some(stray) => Err(format!("{name} has no field \"{stray}\"")),
        None => Ok(()),
    }
}

/// Puts keys in the one spelling that calls have, whichever one the file has.
fn keys(
    global: &Global,
    (name, fields): (&str, &mut Map<String, Value>),
    network: Network,
) -> Result<(), Failure> {
    let table = Call::TABLE.iter().find(|c| c.name == name).map(|c| c.fields).unwrap_or_default();
    for (field, ..) in table.iter().filter(|(_, kind, _)| *kind == "PublicKey") {
        let Some(Value::String(text)) = fields.get(*field) else { continue };
        let key = match (*field, name) {
            ("hotkey", "add_stake" | "register" | "register_subnet") => {
                signer::backed(global, text, network)?
            }
            ("hotkey", _) => signer::hotkey_of(global, text, network)?,
            _ => signer::payee(global, text, network)?,
        };
        fields.insert((*field).to_owned(), json!(key));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F18, F33.
    #[test]
    fn a_field_or_call_that_the_table_has_not_is_refused_by_name() {
        let why = |text: &str| {
            let mut value: Value = serde_json::from_str(text).unwrap();
            let (name, fields) = one(&mut value)?;
            known(&name, fields)
        };
        assert_eq!(why(r#"{"transfer": {"to": "alice", "amount": "1"}}"#), Ok(()));
        let memo = why(r#"{"transfer": {"to": "alice", "amount": "1", "memo": "x"}}"#);
        assert_eq!(memo.unwrap_err(), "transfer has no field \"memo\"");
        assert_eq!(why(r#"{"tranfser": {}}"#).unwrap_err(), "there is no call \"tranfser\"");
        assert!(why(r#"{"transfer": {}, "add_stake": {}}"#).is_err() && why("7").is_err());
    }

    #[test]
    fn a_batch_file_need_not_say_which_accounts_are_open() {
        let open = |text: &str| {
            let mut value: Value = serde_json::from_str(text).unwrap();
            let (name, fields) = one(&mut value).unwrap();
            defaults(&name, fields);
            fields.get("open").cloned()
        };
        assert_eq!(open(r#"{"transfer": {"to": "x", "amount": "5"}}"#), Some(json!(false)));
        assert_eq!(open(r#"{"transfer": {"open": true}}"#), Some(json!(true)));
        assert_eq!(open(r#"{"leave_voters": {"hotkey": "x"}}"#), None);
    }

    #[test]
    fn keys_are_found_by_the_type_that_the_table_gives() {
        let field = |call: &str, name: &str| {
            let call = Call::TABLE.iter().find(|c| c.name == call).unwrap();
            call.fields.iter().find(|(own, ..)| *own == name).map(|(_, kind, _)| *kind)
        };
        assert_eq!(field("transfer", "to"), Some("PublicKey"));
        assert_eq!(field("add_stake", "hotkey"), Some("PublicKey"));
    }
}
