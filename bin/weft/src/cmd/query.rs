//! `weft query`: accounts, blocks, totals, transactions and the markets.

use crate::args::{Global, QueryCommand};
use crate::output::{Answer, Exit, Failure};
use crate::remote::Remote;
use crate::show::{cell, percent, text};
use crate::signer;
use crate::table::table;
use serde_json::{Value, json};
use weft_types::Hash;

pub use crate::show::pairs;

/// Runs the command.
pub async fn run(global: &Global, command: &QueryCommand) -> Result<Answer, Failure> {
    let remote = Remote::new(global)?;
    match command {
        QueryCommand::Account { key } => super::account::run(global, &remote, key).await,
        QueryCommand::Block { block } => {
            let params = match block.parse::<u64>() {
                Ok(height) => json!({ "height": height }),
                Err(_) if block == "latest" => {
                    let status = remote.call("chain_status", &json!({})).await?;
                    json!({ "height": status["final_height"] })
                }
                Err(_) => json!({ "hash": hash("a height, latest or a block's hash", block)? }),
            };
            remote.read("chain_getBlock", &params, pairs).await
        }
        QueryCommand::Version => super::version::run(&remote).await,
        QueryCommand::Supply { audit } => {
            remote.read("chain_getSupply", &json!({ "audit": audit }), pairs).await
        }
        QueryCommand::Hyperparameters { netuid } => {
            let params = json!({ "netuid": netuid });
            remote.read("subnet_hyperparameters", &params, hyperparameters).await
        }
        QueryCommand::SubnetCost => remote.read("subnet_cost", &json!({}), pairs).await,
        QueryCommand::NextEviction => {
            remote.read("subnet_nextEviction", &json!({}), eviction).await
        }
        QueryCommand::RegistrationCost { netuid } => {
            let params = json!({ "netuid": netuid });
            remote.read("subnet_registrationCost", &params, pairs).await
        }
        QueryCommand::Root => remote.read_well("root_get", &json!({}), super::weights::root).await,
        QueryCommand::Voters => remote.read("voter_set", &json!({}), pairs).await,
        QueryCommand::Offences { voter } => {
            let charter = remote.charter().await?;
            let key = signer::hotkey_of(global, voter, charter.network)?;
            remote.read("voter_offences", &json!({ "hotkey": key }), pairs).await
        }
        QueryCommand::Candidates => remote.read("voter_candidates", &json!({}), candidates).await,
        QueryCommand::Tx { id } => {
            let id = hash("the id of a transaction", id)?;
            remote.read("tx_get", &json!({ "id": id }), pairs).await
        }
    }
}

/// A hash that was typed where this may stand.
fn hash(what: &str, given: &str) -> Result<Hash, Failure> {
    given.parse().map_err(|e| {
        Failure::new(Exit::Usage, "BadHash", format!("\"{given}\" is not {what}: {e}"))
    })
}

/// Candidates with the stake behind each, and how far the bootstrap is.
fn candidates(answer: &Value) -> String {
    let mut shown = answer.clone();
    for pair in shown["candidates"].as_array_mut().into_iter().flatten() {
        *pair = json!({ "hotkey": pair[0], "stake": pair[1] });
    }
    pairs(&shown)
}

/// The table of hyperparameters of a subnet.
fn hyperparameters(answer: &Value) -> String {
    let head = ["name", "value", "default", "from", "to", "unit", "set by"];
    let mut rows = vec![head.map(ToOwned::to_owned).to_vec()];
    for row in answer["table"].as_array().into_iter().flatten() {
        let columns = ["name", "value", "default", "low", "high", "unit", "setter"];
        rows.push(columns.map(|name| text(&row[name])).to_vec());
    }
    table(&rows)
}

/// Who goes next, and the order of all.
fn eviction(answer: &Value) -> String {
    let mut rows = vec![
        ["netuid", "average share", "created", "immune until", "can go"]
            .map(ToOwned::to_owned)
            .to_vec(),
    ];
    for row in answer["order"].as_array().into_iter().flatten() {
        let names = ["netuid", "share_average", "registered_at", "immune_until", "evictable"];
        let shown = |name: &str| match (name, row[name].as_u64()) {
            ("share_average", Some(share)) => percent(share.into(), 1 << 32),
            _ => cell(name, &row[name]),
        };
        rows.push(names.map(shown).to_vec());
    }
    let first = match (&answer["slot_free"], &answer["netuid"]) {
        (Value::Bool(true), _) => "a slot is free: a creation evicts nobody".to_owned(),
        (_, Value::Null) => "every slot is taken and nobody can go: no creation now".to_owned(),
        (_, netuid) => format!("next to go: subnet {netuid}"),
    };
    format!("{first}\n{}", table(&rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_hash_is_a_misuse_that_says_what_may_stand_there() {
        let failure = hash("the id of a transaction", "0xabc").unwrap_err();
        assert_eq!((failure.exit, failure.words.name.as_str()), (Exit::Usage, "BadHash"));
        assert!(failure.words.message.contains("\"0xabc\" is not the id"), "{failure:?}");
        let good = format!("0x{}", "ab".repeat(32));
        assert_eq!(hash("a hash", &good).unwrap().to_string(), good);
    }

    #[test]
    fn candidates_are_a_table_with_their_stake_in_tao() {
        let key = format!("0x{}", "cd".repeat(32));
        let shown = candidates(&json!({ "needed": 4, "candidates": [[key, "1500000000"]] }));
        assert!(shown.contains("stake (TAO)") && shown.contains("  1.5"), "{shown}");
        assert!(!shown.contains('='), "{shown}");
    }
}
