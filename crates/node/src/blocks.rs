//! Blocks for readers and peers: from the core while unfinal, from the log after.

use crate::engine::Engine;
use crate::error::NodeError;
use serde_json::{Value, json};
use weft_rpc::{Kind, RpcError};
use weft_types::{Block, BlockHash, Canonical, Height, Item, Slot};

impl Engine {
    /// A block, final or not.
    pub(crate) fn block(&self, hash: &BlockHash) -> Result<Option<Block>, NodeError> {
        if let Some(block) = self.core.block(hash) {
            return Ok(Some(block.block().clone()));
        }
        Ok(self.store.block(hash)?)
    }

    /// The block of a height on the head's chain.
    fn hash_at(&self, height: Height) -> Option<BlockHash> {
        if let Some(hash) = self.store.final_hash(height) {
            return Some(hash);
        }
        let mut at = self.core.head_hash();
        loop {
            let block = self.core.block(&at)?;
            match block.header().height.cmp(&height) {
                std::cmp::Ordering::Equal => return Some(at),
                std::cmp::Ordering::Less => return None,
                std::cmp::Ordering::Greater => at = block.header().parent,
            }
        }
    }

    /// The slot of the last block that is said to be final.
    pub(crate) fn final_slot(&self) -> Slot {
        let block = self.block(&self.finals.said().hash).ok().flatten();
        block.map_or(Slot::ZERO, |b| b.header().slot)
    }

    /// `chain_getBlock`.
    pub(crate) fn get_block(&self, params: &Value) -> Result<Value, RpcError> {
        let internal = |e: NodeError| RpcError::new(Kind::Internal, "Store", e);
        let absent = |what: String| {
            let head = self.core.head().height;
            let text = format!("there is no block {what}; the head is at height {head}");
            RpcError::new(Kind::NotFound, "NoSuchBlock", text)
        };
        let hash = match (params["height"].as_u64(), params["hash"].as_str()) {
            (Some(height), None) => {
                self.hash_at(Height(height)).ok_or_else(|| absent(height.to_string()))?
            }
            (None, Some(text)) => text.parse().map_err(|e: weft_types::hash::HexError| {
                RpcError::new(Kind::InvalidArgument, "BadHash", e)
            })?,
            _ => {
                let text = "give either height or hash";
                return Err(RpcError::new(Kind::InvalidArgument, "HeightOrHash", text));
            }
        };
        if hash == self.chain.id {
            return Ok(self.genesis_block());
        }
        let block = self.block(&hash).map_err(internal)?;
        let block = block.ok_or_else(|| absent(hash.to_string()))?;
        Ok(self.describe(&block, &hash, params["txs"].as_str().unwrap_or("count")))
    }

    fn genesis_block(&self) -> Value {
        json!({
            "network": self.chain.network, "hash": self.chain.id, "height": 0, "slot": 0, "round": 0,
            "state_root": self.genesis_root, "proposer": null, "work": "0", "shares": 0, "rows": 0,
            "transactions": 0, "tx_ids": [], "final": true,
        })
    }

    fn describe(&self, block: &Block, hash: &BlockHash, txs: &str) -> Value {
        let header = block.header();
        let rows = block.proof.iter().flat_map(|s| &s.items);
        let rows = rows.filter(|item| matches!(item, Item::Row(_))).count();
        let is_final = header.height <= self.finals.said().height
            && self.store.final_hash(header.height) == Some(*hash);
        let mut answer = json!({
            "network": self.chain.network,
            "hash": hash,
            "parent": header.parent,
            "height": header.height,
            "slot": header.slot,
            "round": header.round,
            "proposer": self.chain.address(header.proposer),
            "state_root": header.state_root,
            "work": header.work,
            "shares": block.proof.len(),
            "catch_up": block.catch_up.is_some(),
            "rows": rows,
            "transactions": block.txs.len(),
            "bytes": block.to_bytes().len(),
            "final": is_final,
        });
        match txs {
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
