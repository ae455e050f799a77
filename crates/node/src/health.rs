//! Whether this node is ready, why not, and what its operator should know: the one place
//! that collects it, for `/health`, `chain_status` and the log.
//!
//! A *reason* says why others should not rely on what this node answers now; with one it
//! is not ready (503). A *note* says what its operator should look at; it stays ready.
//! Each is a function of the engine in one of the two lists below, that answers a sentence
//! or nothing. What newly comes is logged once, and once more when it has gone.

use crate::engine::{Engine, now};
use std::collections::BTreeSet;
use weft_ledger::query::{self, Fullness};
use weft_rpc::Health;

/// Slots without a final block after which a node says that it is not ready.
const STALE_SLOTS: u64 = 16;

/// Something that may have to be said.
type Watch = fn(&Engine) -> Option<String>;

/// Why a node is not ready.
const REASONS: &[(&str, Watch)] = &[("stale", stale)];

/// What an operator should know of a node that is ready.
const NOTES: &[(&str, Watch)] =
    &[("state_half_full", half_full), ("state_nearly_full", nearly_full)];

/// What was said before, by the names of the lists.
#[derive(Debug, Default)]
pub struct Said(BTreeSet<&'static str>);

/// The last final block is too old.
fn stale(engine: &Engine) -> Option<String> {
    let lag = engine.final_lag_slots();
    (lag > STALE_SLOTS).then(|| format!("the last final block is {lag} slots old"))
}

/// The state of the head is half full.
fn half_full(engine: &Engine) -> Option<String> {
    fuller(&engine.fullness()?, 5)
}

/// It is nine tenths full.
fn nearly_full(engine: &Engine) -> Option<String> {
    fuller(&engine.fullness()?, 9)
}

/// What to say of a state that is so many tenths full or more.
fn fuller(full: &Fullness, tenths: u64) -> Option<String> {
    let (values, capacity) = (full.values, full.capacity);
    let reached = u128::from(values).saturating_mul(10)
        >= u128::from(capacity).saturating_mul(u128::from(tenths));
    let deposit = full.account_deposit.map_or_else(
        || "no account can be opened".to_owned(),
        |deposit| format!("opening an account costs {deposit} rao"),
    );
    reached.then(|| {
        format!(
            "the state holds {values} of the {capacity} values it is meant for, over {tenths} \
             tenths: see that memory and disk have room; {deposit}"
        )
    })
}

fn said(engine: &Engine, list: &[(&'static str, Watch)]) -> Vec<(&'static str, String)> {
    list.iter().filter_map(|(name, watch)| Some((*name, watch(engine)?))).collect()
}

impl Engine {
    /// How full the state of the head is; none when that state is not kept.
    pub(crate) fn fullness(&self) -> Option<Fullness> {
        let view = self.core.executor().view(&self.core.head_hash())?;
        Some(query::fullness(&view, &self.chain.params))
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::Rao;

    /// A3: at half and at nine tenths, and not before.
    #[test]
    fn a_state_that_fills_is_noted_at_half_and_at_nine_tenths() {
        let full = |values, deposit| Fullness { values, capacity: 1_001, account_deposit: deposit };
        let notes =
            |values| [5, 9].map(|tenths| fuller(&full(values, Some(Rao(7))), tenths).is_some());
        assert_eq!((notes(500), notes(501)), ([false, false], [true, false]));
        assert_eq!((notes(900), notes(901)), ([true, false], [true, true]));
        let text = fuller(&full(501, Some(Rao(7))), 5).unwrap();
        assert!(text.contains("501 of the 1001 values") && text.contains("costs 7 rao"), "{text}");
        assert!(fuller(&full(1_001, None), 9).unwrap().contains("no account can be opened"));
    }
}
