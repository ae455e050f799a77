//! What became of the parts of a block.

use super::error::CallError;
use serde::Serialize;
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
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TxReceipt {
    /// Which.
    pub id: TxId,
    /// What it paid.
    pub fee: Rao,
    /// Whether its call ran, and why not.
    pub result: Result<(), CallError>,
}

/// What became of an item of a share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemReceipt {
    /// Whose share.
    pub voter: PublicKey,
    /// Its place in the share.
    pub index: usize,
    /// Whether it was applied, and why not.
    pub result: Result<(), CallError>,
}

/// What an epoch paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EpochReceipt {
    /// Where.
    pub netuid: Netuid,
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
