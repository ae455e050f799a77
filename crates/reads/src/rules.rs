//! Rules that change, as clients and operators hear of them (R21): where a node stopped and why,
//! what is signalled that its program does not know.
//!
//! Not here: what stops (consensus), and how signals are counted (the ledger).

use crate::look::{Answer, Look};
use serde_json::json;
use weft_consensus::Stopped;
use weft_ledger::query::rules::{RulesSheet, rules};
use weft_rpc::{Kind, RpcError};
use weft_types::Version;

/// The part of the power, in millionths, whose unknown signal an operator is warned of.
const A_THIRD: u32 = 333_333;

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

impl Look<'_> {
    /// Why this node can't go on from its head; none while it can.
    pub(crate) fn stop_reason(&self) -> Option<String> {
        self.seen.stopped.as_ref().map(stopped_text)
    }

    /// By rules that are not known here nothing can be said of a transaction (R21).
    pub(crate) fn knows_rules(&self) -> Result<(), RpcError> {
        self.seen.stopped.as_ref().map_or(Ok(()), |stopped| Err(unknown_rules(stopped)))
    }

    /// What the head's state says of rules.
    pub(crate) fn rules_sheet(&self) -> Option<RulesSheet> {
        rules(&self.seen.head.view())
    }

    /// The part of the power that signals what this program does not know, in millionths.
    pub(crate) fn unknown_signals(&self) -> u32 {
        let sheet = self.rules_sheet();
        let signals = sheet.iter().flat_map(|sheet| &sheet.signals);
        let unknown = signals.filter(|signal| !self.seen.program.runs(&signal.id));
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
        let next = self.rules_sheet()?.next?;
        let (id, height) = (next.id, next.height);
        (!self.seen.program.runs(&id)).then(|| {
            format!(
                "the chain changes to rules {id} at height {height}, which this program does \
                 not know: update before"
            )
        })
    }

    pub(crate) fn version(&self) -> Answer {
        self.read(|at| {
            let mut answer = json!(rules(&at.view));
            answer["runs"] = json!(self.seen.program.ids());
            Ok(answer)
        })
    }
}
