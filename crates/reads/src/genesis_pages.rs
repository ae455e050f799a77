//! The genesis, handed out by RPC in pages: a chain that was launched with a ledger begins
//! with megabytes of it.
//!
//! The bytes are the canonical ones, whose hash is the chain id, so that who asks can check
//! what it was given. They are kept beside the engine, which is not asked.

use serde_json::{Value, json};
use std::sync::Arc;
use weft_rpc::{GENESIS_PAGE as PAGE, Kind, RpcError};
use weft_types::hash::to_hex;
use weft_types::{Canonical, ChainId, Genesis};

/// What is handed out.
#[derive(Clone, Debug)]
pub struct GenesisPages {
    chain: ChainId,
    bytes: Arc<[u8]>,
}

impl GenesisPages {
    /// The pages of a genesis.
    #[must_use]
    pub fn of(genesis: &Genesis) -> Self {
        Self { chain: genesis.chain_id(), bytes: genesis.to_bytes().into() }
    }

    /// The page that begins at byte `from`, 0 when it is not given.
    ///
    /// # Errors
    /// `BadParameter` when nothing begins there.
    pub fn page(&self, params: &Value) -> Result<Value, RpcError> {
        let all = self.bytes.len();
        let bad = || {
            let text = format!("\"from\" is a whole number below {all}, the bytes of the genesis");
            RpcError::new(Kind::InvalidArgument, "BadParameter", text)
        };
        let from = match &params["from"] {
            Value::Null => 0,
            number => number.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(bad)?,
        };
        let end = from.saturating_add(PAGE).min(all);
        let page = self.bytes.get(from..end).filter(|page| !page.is_empty()).ok_or_else(bad)?;
        Ok(json!({
            "chain_id": self.chain,
            "bytes": all,
            "from": from,
            "next": (end < all).then_some(end),
            "hex": to_hex(page),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::hash::from_hex;
    use weft_types::{Hash, Millis, Network};

    #[test]
    fn the_pages_together_are_the_canonical_bytes() {
        let bytes: Vec<u8> = (0..2 * PAGE + 5).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let pages = GenesisPages { chain: Hash([7; 32]), bytes: bytes.clone().into() };
        let (mut got, mut at) = (Vec::new(), json!(null));
        for page in 0..3 {
            let answer = pages.page(&json!({ "from": at })).unwrap();
            assert_eq!(answer["bytes"], json!(bytes.len()));
            got.extend(from_hex(answer["hex"].as_str().unwrap()).unwrap());
            at = answer["next"].clone();
            assert_eq!(at.is_null(), page == 2, "{at}");
        }
        assert_eq!(got, bytes);
    }

    #[test]
    fn a_small_genesis_is_one_page_and_what_begins_nowhere_is_refused_by_name() {
        let genesis = Genesis::fair(Network::Local, "small", Millis(5), &[]);
        let pages = GenesisPages::of(&genesis);
        let answer = pages.page(&json!({})).unwrap();
        assert_eq!((&answer["next"], &answer["from"]), (&json!(null), &json!(0)));
        assert_eq!(answer["hex"], json!(to_hex(&genesis.to_bytes())));
        for from in [json!(genesis.to_bytes().len()), json!(-1), json!("0"), json!(1.5)] {
            let refused = pages.page(&json!({ "from": from })).unwrap_err();
            assert_eq!(refused.name, "BadParameter", "{from}");
        }
    }
}
