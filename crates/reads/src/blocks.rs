//! Blocks for readers: found at a moment, read from the log when it is let go.
//!
//! Every executed block is in the log, so none is read from anywhere else.

use crate::look::{Look, about};
use serde_json::{Value, json};
use weft_rpc::{Kind, RpcError};
use weft_store::Stored;
use weft_types::{Address, Block, BlockHash, Canonical, Hash, Height, Item, Network};

/// A block that was found.
#[derive(Debug)]
pub struct Found {
    hash: BlockHash,
    network: Network,
    is_final: bool,
    txs: String,
    whereabouts: Whereabouts,
}

/// Where the block is.
#[derive(Debug)]
enum Whereabouts {
    /// There is none: only the state of genesis.
    Genesis { state_root: Hash },
    /// In the log.
    Logged(Stored),
}

impl Look<'_> {
    /// The block of a height on the head's chain.
    fn hash_at(&self, height: Height) -> Option<BlockHash> {
        self.seen.head.hash_at(height).or_else(|| self.reads.log.final_hash(height))
    }

    /// The block that `chain_getBlock` means.
    pub(crate) fn find_block(&self) -> Result<Found, RpcError> {
        let absent = |what: String| {
            let head = self.seen.header.height;
            let text = format!("there is no block {what}; the head is at height {head}");
            RpcError::new(Kind::NotFound, "NoSuchBlock", text)
        };
        let txs: Option<String> = self.parse("txs")?;
        let given: (Option<Height>, Option<String>) = (self.parse("height")?, self.parse("hash")?);
        let hash = match given {
            (Some(height), None) => {
                self.hash_at(height).ok_or_else(|| absent(height.to_string()))?
            }
            (None, Some(text)) => text.parse().map_err(|e: weft_types::hash::HexError| {
                about("hash", RpcError::new(Kind::InvalidArgument, "BadHash", e))
            })?,
            _ => {
                let text = "give either height or hash";
                return Err(RpcError::new(Kind::InvalidArgument, "HeightOrHash", text));
            }
        };
        let (whereabouts, height) = if hash == self.reads.chain.id {
            (Whereabouts::Genesis { state_root: self.reads.genesis_root }, Height::ZERO)
        } else {
            let stored = self.reads.log.stored(&hash).ok_or_else(|| absent(hash.to_string()))?;
            let height = stored.height();
            (Whereabouts::Logged(stored), height)
        };
        let is_genesis = matches!(whereabouts, Whereabouts::Genesis { .. });
        let is_final = self.seen.says(height)
            && (is_genesis || self.reads.log.final_hash(height) == Some(hash));
        let (txs, network) = (txs.unwrap_or_default(), self.reads.chain.network);
        Ok(Found { hash, network, is_final, txs, whereabouts })
    }
}

impl Found {
    /// The answer of `chain_getBlock`. It reads the log, so it is no work for a task.
    ///
    /// # Errors
    /// [`Kind::Internal`] when the log can't be read.
    pub fn describe(&self) -> Result<Value, RpcError> {
        match &self.whereabouts {
            Whereabouts::Genesis { state_root } => Ok(json!({
                "network": self.network, "hash": self.hash, "height": 0, "slot": 0, "round": 0,
                "state_root": state_root, "proposer": null, "work": "0", "shares": 0, "rows": 0,
                "transactions": 0, "tx_ids": [], "final": self.is_final,
            })),
            Whereabouts::Logged(stored) => {
                let block = stored.read();
                let block = block.map_err(|e| RpcError::new(Kind::Internal, "Store", e))?;
                Ok(self.of(&block))
            }
        }
    }

    fn of(&self, block: &Block) -> Value {
        let header = block.header();
        let rows = block.proof.iter().flat_map(|s| &s.items);
        let rows = rows.filter(|item| matches!(item, Item::Row(_))).count();
        let proposer = Address { network: self.network, key: header.proposer };
        let mut answer = json!({
            "network": self.network,
            "hash": self.hash,
            "version": header.version,
            "signal": header.signal,
            "parent": header.parent,
            "height": header.height,
            "slot": header.slot,
            "round": header.round,
            "proposer": proposer.to_string(),
            "state_root": header.state_root,
            "work": header.work,
            "shares": block.proof.len(),
            "catch_up": block.catch_up.is_some(),
            "rows": rows,
            "transactions": block.txs.len(),
            "bytes": block.to_bytes().len(),
            "final": self.is_final,
        });
        match self.txs.as_str() {
            "ids" => {
                let ids: Vec<_> = block.txs.iter().map(|tx| tx.body.id()).collect();
                answer["tx_ids"] = json!(ids);
            }
            "full" => answer["txs"] = json!(block.txs),
            _ => {}
        }
        answer
    }
}
