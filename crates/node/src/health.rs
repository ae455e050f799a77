//! Whether this node is ready, why not, and what its operator should know: the one place
//! that collects it, for `/health`, `chain_status` and the log.
//!
//! A *reason* says why others should not rely on what this node answers now; with one it
//! is not ready (503). A *note* says what its operator should look at; it stays ready.
//! Each is a function of the engine in one of the two lists below, that answers a sentence
//! or nothing. What newly comes is logged once, and once more when it has gone.

use crate::engine::{Engine, now};
use std::collections::BTreeSet;
use weft_rpc::Health;

/// Slots without a final block after which a node says that it is not ready.
const STALE_SLOTS: u64 = 16;

/// Something that may have to be said.
type Watch = fn(&Engine) -> Option<String>;

/// Why a node is not ready.
const REASONS: &[(&str, Watch)] = &[("stale", stale)];

/// What an operator should know of a node that is ready.
const NOTES: &[(&str, Watch)] = &[];

/// What was said before, by the names of the lists.
#[derive(Debug, Default)]
pub struct Said(BTreeSet<&'static str>);

/// The last final block is too old.
fn stale(engine: &Engine) -> Option<String> {
    let lag = engine.final_lag_slots();
    (lag > STALE_SLOTS).then(|| format!("the last final block is {lag} slots old"))
}

fn said(engine: &Engine, list: &[(&'static str, Watch)]) -> Vec<(&'static str, String)> {
    list.iter().filter_map(|(name, watch)| Some((*name, watch(engine)?))).collect()
}

impl Engine {
    /// Slots since the last block that this node calls final.
    pub(crate) fn final_lag_slots(&self) -> u64 {
        let time = now().0.saturating_sub(self.genesis_time.0);
        let slot = time.checked_div(self.chain.params.slot_ms).unwrap_or(0);
        slot.saturating_sub(self.finals.said().slot.0)
    }

    /// Why this node is not ready, and what its operator should know.
    pub(crate) fn health(&self) -> Health {
        let words = |list| said(self, list).into_iter().map(|(_, text)| text).collect();
        Health { reasons: words(REASONS), notes: words(NOTES) }
    }

    /// Logs each reason and note when it comes and when it has gone.
    pub(crate) fn say_health(&mut self) {
        let all: Vec<_> = [REASONS, NOTES].into_iter().flat_map(|l| said(self, l)).collect();
        for (name, text) in &all {
            if self.health_said.0.insert(name) {
                tracing::warn!(what = name, "{text}");
            }
        }
        let gone = |name: &&'static str| !all.iter().any(|(now, _)| now == name);
        for name in self.health_said.0.extract_if(.., gone) {
            tracing::info!(what = name, "this is over");
        }
    }
}
