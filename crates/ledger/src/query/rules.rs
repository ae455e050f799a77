//! By which rules the chain runs, who signals others, and what is to come (R21).

use crate::rules::{child_rules, reads, rules_tally};
use crate::state::Read;
use serde::Serialize;
use weft_types::{Height, RulesId, Version};

/// A change that is locked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NextRules {
    /// To which rules.
    pub id: RulesId,
    /// The first block that is run by them, unless it must wait.
    pub height: Height,
}

/// How much of the power signals some rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SignalSheet {
    /// Which.
    pub id: RulesId,
    /// The part of the current set whose latest header names them, in millionths.
    pub power_ppm: u32,
}

/// By which rules the chain runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RulesSheet {
    /// Those that a child of this state is run by.
    #[serde(flatten)]
    pub now: Version,
    /// The change that is locked in; null while none is.
    pub next: Option<NextRules>,
    /// What proposers signal, ids ascending.
    pub signals: Vec<SignalSheet>,
}

/// By which rules the chain runs.
pub fn rules(state: &impl Read) -> Option<RulesSheet> {
    let (chain, record) = (reads::chain(state)?, reads::rules(state));
    let now = child_rules(&record, &chain);
    let next = record.next.filter(|next| next.id != now.id);
    let signals = rules_tally(&record, &chain.voters.current);
    let one = |(id, named): (RulesId, crate::rules::Named)| {
        let power_ppm = named.ppm();
        SignalSheet { id, power_ppm }
    };
    Some(RulesSheet {
        now,
        next: next.map(|next| NextRules { id: next.id, height: next.due }),
        signals: signals.into_iter().map(one).collect(),
    })
}
