//! One question at one moment: which state it reads, and its parameters.
//!
//! Not here: which method is answered by what (`answers.rs`, above the answers).

use crate::left::Reads;
use serde_json::{Value, json};
use weft_consensus::trust::Awaited;
use weft_engine::seen::Seen;
use weft_engine::slot_at;
use weft_ledger::forks::{State, View};
use weft_rpc::{Kind, RpcError};
use weft_types::{Hash, Height, Millis, Params, PublicKey, Slot, key_text};

/// What a client hears.
pub type Answer = Result<Value, RpcError>;

pub(crate) fn bad(name: &str, message: impl Into<String>) -> RpcError {
    RpcError::new(Kind::InvalidArgument, name, message.into())
}

pub(crate) fn missing(name: &str, message: impl Into<String>) -> RpcError {
    RpcError::new(Kind::NotFound, name, message.into())
}

/// A parameter by its name; one that is missing is what its type makes of null.
///
/// # Errors
/// `BadParameter` when it is of another kind.
pub fn parse<T: serde::de::DeserializeOwned>(params: &Value, name: &str) -> Result<T, RpcError> {
    serde_json::from_value(params[name].clone())
        .map_err(|e| about(name, bad("BadParameter", format!("\"{name}\": {e}"))))
}

/// An error that names the parameter it is about.
#[must_use]
pub fn about(name: &str, error: RpcError) -> RpcError {
    error.context(json!({ "parameter": name }))
}

/// One question at one moment.
pub struct Look<'a> {
    pub(crate) reads: &'a Reads,
    pub(crate) seen: &'a Seen,
    pub(crate) params: &'a Value,
    pub(crate) now: Millis,
}

/// A read of one state: where it stands beside what it says.
pub(crate) struct At<'a> {
    pub(crate) state: &'a State,
    pub(crate) view: View<'a>,
    height: Height,
    finalized: bool,
}

impl At<'_> {
    /// The chain's numbers that run on it (R21).
    pub(crate) fn numbers(&self) -> &Params {
        self.state.ledger().numbers_of(&self.view)
    }
}

impl Look<'_> {
    /// The slot that the clock of this node shows.
    pub(crate) fn slot(&self) -> Slot {
        let chain = &self.reads.chain;
        slot_at(self.now, chain.genesis_time, chain.params.slot_ms)
    }

    /// A parameter.
    pub(crate) fn parse<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, RpcError> {
        parse(self.params, name)
    }

    /// A key in hex, as an address of this network or in SS58.
    pub(crate) fn key(&self, name: &str) -> Result<PublicKey, RpcError> {
        let text: String = self.parse(name)?;
        key_text::read(&text, Some(self.reads.chain.network))
            .map_err(|e| about(name, bad(e.name(), e.to_string())))
    }

    /// The state that `at` means.
    fn at(&self) -> Result<At<'_>, RpcError> {
        let at: Option<String> = self.parse("at")?;
        match at.as_deref() {
            None | Some("finalized") => self.last_final(),
            Some("head") => {
                let (state, height) = (&self.seen.head, self.seen.header.height);
                Ok(At { state, view: state.view(), height, finalized: false })
            }
            Some(other) => {
                let text = format!("at = \"{other}\"; \"finalized\" or \"head\" may be");
                Err(about("at", bad("BadParameter", text)))
            }
        }
    }

    /// The state of what this node says is final, and of no later block.
    fn last_final(&self) -> Result<At<'_>, RpcError> {
        if let Some(Awaited { height, hash }) = self.seen.awaited {
            let text = format!(
                "the chain here is at block {}, the trusted checkpoint {height} {hash} is not reached; wait, or ask at the head",
                self.seen.known
            );
            return Err(RpcError::new(Kind::NotReady, "CheckpointNotReached", text));
        }
        let gone = || RpcError::new(Kind::StatePruned, "StatePruned", "that state is not kept");
        let said = self.seen.said.as_ref().ok_or_else(gone)?;
        let state = self.seen.last_final.as_ref().ok_or_else(gone)?;
        Ok(At { state, view: state.view(), height: said.height, finalized: true })
    }

    /// The block that left the state that is meant, and whether that is asked for as final.
    pub(crate) fn meant(&self) -> Result<(Hash, bool), RpcError> {
        let at = self.at()?;
        Ok((at.state.block(), at.finalized))
    }

    /// The blocks that left the states that can be asked for.
    pub(crate) fn states(&self) -> [Hash; 2] {
        let head = self.seen.head.block();
        [head, self.seen.last_final.as_ref().map_or(head, State::block)]
    }

    /// Reads the state that is meant, and says which it was.
    pub(crate) fn read(&self, data: impl FnOnce(&At<'_>) -> Answer) -> Answer {
        let at = self.at()?;
        let mut answer = data(&at)?;
        answer["network"] = json!(self.reads.chain.network);
        answer["height"] = json!(at.height);
        answer["hash"] = json!(at.state.block());
        answer["finalized"] = json!(at.finalized);
        Ok(answer)
    }
}
