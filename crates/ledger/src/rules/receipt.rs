//! What became of the parts of a block.

use super::error::CallError;
use super::event::Event;
use serde::{Serialize, Serializer};
use weft_types::{Netuid, PublicKey, Rao, TxId};

/// The receipts of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Receipts {
    /// One for each transaction, in order.
    pub txs: Vec<TxReceipt>,
    /// One for each item of the carried shares, in order.
    pub items: Vec<ItemReceipt>,
    /// One for each epoch that ran.
    pub epochs: Vec<EpochReceipt>,
    /// What the block minted.
    pub emission: Rao,
    /// What happened outside of transactions and items.
    pub events: Vec<Event>,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TxReceipt {
    /// Which.
    pub id: TxId,
    /// What it paid.
    pub fee: Rao,
    /// Whether its call ran, and why not. In JSON: `error`, null when it ran.
    #[serde(rename = "error", serialize_with = "error_or_null")]
    pub result: Result<(), CallError>,
    /// What happened.
    pub events: Vec<Event>,
}

/// What became of an item of a share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemReceipt {
    /// Whose share.
    pub voter: PublicKey,
    /// Its place in the share.
    pub index: usize,
    /// Whether it was applied, and why not. In JSON: `error`, null when it was.
    #[serde(rename = "error", serialize_with = "error_or_null")]
    pub result: Result<(), CallError>,
    /// What happened.
    pub events: Vec<Event>,
}

/// What an epoch paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EpochReceipt {
    /// Where.
    pub netuid: Netuid,
    /// What there was to pay: the sum of all that follows.
    pub pending: Rao,
    /// To the owner.
    pub owner: Rao,
    /// To miners.
    pub miners: Rao,
    /// To validators and their delegators.
    pub validators: Rao,
    /// Recycled.
    pub recycled: Rao,
    /// Left for the next epoch.
    pub kept: Rao,
}

fn error_or_null<S: Serializer>(result: &Result<(), CallError>, s: S) -> Result<S::Ok, S::Error> {
    result.as_ref().err().serialize(s)
}
