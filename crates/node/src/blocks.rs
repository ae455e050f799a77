//! Blocks for readers: from the core while unfinal, from the log after. The engine only
//! finds a block; reading and describing it, which may take long for a full one, is done
//! by whoever asked.

use crate::answer::{about, parse};
use crate::node::Node;
use serde_json::{Value, json};
use std::sync::Arc;
use weft_rpc::{Kind, RpcError};
use weft_store::Stored;
use weft_types::{Address, Block, BlockHash, Canonical, CheckedBlock, Hash, Height, Item, Network};

/// A block that was found, and what only the engine knows of it.
#[derive(Debug)]
pub struct Found {
    hash: BlockHash,
    network: Network,
    is_final: bool,
    body: Body,
}

/// Where the block is.
#[derive(Debug)]
enum Body {
    /// There is none: only the state of genesis.
    Genesis { state_root: Hash },
    /// In memory.
    Held(Arc<CheckedBlock>),
    /// In the log.
    Logged(Stored),
}

impl Node {
    /// The block of a height on the head's chain.
    fn hash_at(&self, height: Height) -> Option<BlockHash> {
        if let Some(hash) = self.disk.store.final_hash(height) {
            return Some(hash);
        }
        let mut at = self.engine.core().head_hash();
        loop {
            let block = self.engine.core().block(&at)?;
            match block.header().height.cmp(&height) {
                std::cmp::Ordering::Equal => return Some(at),
                std::cmp::Ordering::Less => return None,
                std::cmp::Ordering::Greater => at = block.header().parent,
            }
        }
    }

    /// The block that `chain_getBlock` means.
    pub(crate) fn find_block(&self, params: &Value) -> Result<Found, RpcError> {
        let absent = |what: String| {
            let head = self.engine.core().head().height;
            let text = format!("there is no block {what}; the head is at height {head}");
            RpcError::new(Kind::NotFound, "NoSuchBlock", text)
        };
        let given: (Option<Height>, Option<String>) =
            (parse(params, "height")?, parse(params, "hash")?);
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
        let (body, height) = if hash == self.chain.id {
            (Body::Genesis { state_root: self.genesis_root }, Height::ZERO)
        } else if let Some(block) = self.engine.core().block(&hash) {
            let height = block.header().height;
            (Body::Held(block), height)
        } else {
            let stored = self.disk.store.stored(&hash).ok_or_else(|| absent(hash.to_string()))?;
            let height = stored.height();
            (Body::Logged(stored), height)
        };
        let is_final =
            self.engine.finals().says(height) && self.disk.store.final_hash(height) == Some(hash);
        Ok(Found { hash, network: self.chain.network, is_final, body })
    }
}

impl Found {
    /// The answer of `chain_getBlock`. It may read the log, so it is no work for a task.
    ///
    /// # Errors
    /// [`Kind::Internal`] when the log can't be read.
    pub fn describe(&self, txs: &str) -> Result<Value, RpcError> {
        match &self.body {
            Body::Genesis { state_root } => Ok(json!({
                "network": self.network, "hash": self.hash, "height": 0, "slot": 0, "round": 0,
                "state_root": state_root, "proposer": null, "work": "0", "shares": 0, "rows": 0,
                "transactions": 0, "tx_ids": [], "final": true,
            })),
            Body::Held(block) => Ok(self.of(block.block(), txs)),
            Body::Logged(stored) => {
                let block = stored.read();
                let block = block.map_err(|e| RpcError::new(Kind::Internal, "Store", e))?;
                Ok(self.of(&block, txs))
            }
        }
    }

    fn of(&self, block: &Block, txs: &str) -> Value {
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
