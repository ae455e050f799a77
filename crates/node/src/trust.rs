//! The trusted checkpoint (R16) on disk: what is awaited, and how it is set. The engine judges
//! ([`weft_engine::trust`]).

use crate::error::NodeError;
use weft_consensus::trust::Awaited;
use weft_home::config::Home;
use weft_store::Store;
use weft_types::Canonical;

pub use weft_consensus::trust::{Trust, TrustError, TrustFault};

/// What was awaited when the node stopped; a word of the operator overrules it, also when it
/// can't be read.
pub(crate) fn stored(store: &Store, word: Option<Trust>) -> Result<Option<Awaited>, NodeError> {
    let bytes = match store.awaited() {
        Err(error) if word.is_some() => {
            tracing::warn!(%error, "what was awaited can't be read; the word given now counts");
            None
        }
        other => other?,
    };
    let read = |bytes: Vec<u8>| {
        let bad = |e: weft_types::codec::CodecError| NodeError::State { reason: e.to_string() };
        Awaited::from_bytes(&bytes).map_err(bad)
    };
    bytes.map(read).transpose()
}

/// Makes a node wait for a block from its first start on.
///
/// # Errors
/// [`NodeError`] when the home or its store can't be used.
pub fn await_block(home: &Home, awaited: Awaited) -> Result<(), NodeError> {
    let (mut store, _) = Store::open(&home.data(), home.genesis()?.chain_id())?;
    store.write_awaited(Some(&awaited.to_bytes()))?;
    Ok(store.close()?)
}
