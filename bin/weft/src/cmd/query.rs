//! `weft query account|block|supply|tx`.

use crate::args::{Global, QueryCommand};
use crate::output::{Answer, Failure, table};
use crate::remote::Remote;
use crate::signer;
use serde_json::{Value, json};
use weft_types::Rao;

/// Runs the command.
pub async fn run(global: &Global, command: &QueryCommand) -> Result<Answer, Failure> {
    let remote = Remote::new(global)?;
    match command {
        QueryCommand::Account { key } => {
            let chain = remote.chain().await?;
            let key = signer::recipient(global, key, chain.network)?;
            remote.read("account_get", &json!({ "key": key }), pairs).await
        }
        QueryCommand::Block { block } => {
            let params = match block.parse::<u64>() {
                Ok(height) => json!({ "height": height }),
                Err(_) => json!({ "hash": block }),
            };
            remote.read("chain_getBlock", &params, pairs).await
        }
        QueryCommand::Supply => remote.read("chain_getSupply", &json!({}), pairs).await,
        QueryCommand::Tx { id } => remote.read("tx_get", &json!({ "id": id }), pairs).await,
    }
}

/// Names of fields that hold amounts of rao.
const AMOUNTS: [&str; 10] = [
    "issued",
    "free",
    "staked",
    "locked",
    "pending",
    "unbonding",
    "recycled",
    "block_emission",
    "fee",
    "stake",
];

/// An object for people: one field a line, amounts in TAO as well.
pub fn pairs(value: &Value) -> String {
    let Some(object) = value.as_object() else { return value.to_string() };
    let shown = |name: &str, value: &Value| match value {
        Value::String(text) if AMOUNTS.contains(&name) => match text.parse() {
            Ok(rao) => format!("{text} rao = {} TAO", Rao(rao).as_tao()),
            Err(_) => text.clone(),
        },
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let rows: Vec<_> =
        object.iter().map(|(name, value)| vec![name.clone(), shown(name, value)]).collect();
    table(&rows)
}
