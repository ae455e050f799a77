//! Rules that change, as the node sees and says them (R21): where it stopped and why, what
//! is signalled that this program does not know, and the pool, which is looked through once
//! when the rules of the next block are others.
//!
//! Not here: what stops (consensus), and how signals are counted (the ledger).

use crate::answer::Answer;
use crate::error::NodeError;
use crate::node::Node;
use serde_json::{Value, json};
use weft_consensus::Stopped;
use weft_ledger::query::rules::{RulesInfo, rules};
use weft_rpc::{Kind, RpcError};
use weft_types::rules::may_test;
use weft_types::{Genesis, Program, RulesId, Version};

/// The part of the power, in millionths, whose unknown signal an operator is warned of.
const A_THIRD: u32 = 333_333;

/// The program of a node: all that this one knows of a chain or, on networks for tests, what
/// the configuration says that it knows.
///
/// # Errors
/// [`NodeError::KnownRules`] on a network that is not for tests.
pub fn program(genesis: &Genesis, known: Option<&[RulesId]>) -> Result<Program, NodeError> {
    let whole = Program::on(&genesis.rules);
    match known {
        None => Ok(whole),
        Some(_) if !may_test(genesis.network) => Err(NodeError::KnownRules),
        Some(known) => Ok(whole.limited_to(known)),
    }
}

/// Why a node can't go on from its head.
pub(crate) fn stopped_text(stopped: &Stopped) -> String {
    let (Version { version, id }, from) = (stopped.rules, stopped.from);
    let known = version.saturating_sub(1);
    format!(
        "this chain runs rules {version} ({id}) from height {from}, this program knows \
         {known}: update"
    )
}

/// What a client hears of a node that can't go on from its head.
pub(crate) fn unknown_rules(stopped: &Stopped) -> RpcError {
    RpcError::new(Kind::NotReady, "UnknownRules", stopped_text(stopped))
        .help("run a newer program; this one serves what it has")
}

/// Logs that the next block is run by other rules.
pub(crate) fn say_change(Version { version, id }: Version, dropped: usize) {
    tracing::info!(version, %id, dropped, "the next block is run by other rules");
}

impl Node {
    /// Why this node can't go on from its head; none while it can.
    pub(crate) fn stop_reason(&self) -> Option<String> {
        self.engine.core().stopped().map(|stopped| stopped_text(&stopped))
    }

    /// By rules that are not known here nothing can be said of a transaction (R21).
    pub(crate) fn knows_rules(&self) -> Result<(), RpcError> {
        self.engine.core().stopped().map_or(Ok(()), |stopped| Err(unknown_rules(&stopped)))
    }

    /// What the head's state says of rules.
    pub(crate) fn rules_info(&self) -> Option<RulesInfo> {
        rules(&self.engine.core().executor().view(&self.engine.core().head_hash())?)
    }

    /// The part of the power that signals what this program does not know, in millionths.
    pub(crate) fn unknown_signals(&self) -> u32 {
        let info = self.rules_info();
        let signals = info.iter().flat_map(|info| &info.signals);
        let unknown = signals.filter(|signal| !self.engine.core().program().runs(&signal.id));
        unknown.map(|signal| signal.power_ppm).fold(0, u32::saturating_add)
    }

    /// What is signalled by a third or more and not known here.
    pub(crate) fn signal_note(&self) -> Option<String> {
        let ppm = self.unknown_signals();
        (ppm >= A_THIRD).then(|| {
            let percent = ppm.div_euclid(10_000);
            format!(
                "voters with {percent} % of the power signal rules that this program does not \
                 know: look for a newer one (weft query version)"
            )
        })
    }

    /// A change that is locked in and not known here.
    pub(crate) fn change_note(&self) -> Option<String> {
        let next = self.rules_info()?.next?;
        let (id, height) = (next.id, next.height);
        (!self.engine.core().program().runs(&id)).then(|| {
            format!(
                "the chain changes to rules {id} at height {height}, which this program does \
                 not know: update before"
            )
        })
    }

    pub(crate) fn version(&self, params: &Value) -> Answer {
        self.read(params, |at| {
            let mut answer = json!(rules(&at.view));
            answer["runs"] = json!(self.engine.core().program().ids());
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::rules::TEST_TWO;
    use weft_types::{Millis, Network};

    // R21: what a program knows is limited on networks for tests only.
    #[test]
    fn what_a_program_knows_is_limited_on_networks_for_tests_only() {
        let two = RulesId::of(TEST_TWO);
        let mut genesis = Genesis::fair(Network::Local, "rules", Millis(0), &[]);
        genesis.rules.test = vec![two];
        let first = genesis.rules.id;
        assert_eq!(program(&genesis, None).unwrap().ids(), [first, two]);
        assert_eq!(program(&genesis, Some(&[first])).unwrap().ids(), [first]);
        genesis.network = Network::Main;
        assert!(matches!(program(&genesis, Some(&[first])), Err(NodeError::KnownRules)));
    }
}
