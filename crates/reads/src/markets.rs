//! Answers about the markets: hyperparameters, prices, who goes next, the root matrix, who
//! may vote.

use crate::look::{Answer, Look, missing};
use serde_json::{Value, json};
use weft_ledger::query::{commits, market, voters};
use weft_rpc::RpcError;
use weft_types::{Netuid, Parameter, Wide};

fn no_subnet(netuid: Netuid) -> RpcError {
    missing("SubnetNotExists", format!("there is no subnet {netuid}"))
}

impl Look<'_> {
    /// The values by name, and beside them the table: bounds, unit, who sets it.
    pub(crate) fn hyperparameters(&self) -> Answer {
        let netuid: Netuid = self.parse("netuid")?;
        self.read(|at| {
            let found = market::hyperparameters(&at.view, netuid);
            let found = found.ok_or_else(|| no_subnet(netuid))?;
            let defaults = &at.numbers().subnet_defaults;
            let row = |p: &Parameter| {
                let (low, high) = p.bounds(defaults);
                let about = p.about();
                json!({
                    "name": about.name,
                    "value": Wide(found.hyperparameters.get(*p)),
                    "default": Wide(defaults.get(*p)),
                    "low": Wide(low),
                    "high": Wide(high),
                    "unit": about.unit,
                    "setter": about.setter,
                    "set_at": found.set_at.get(p),
                    "meaning": about.meaning(),
                })
            };
            let table: Vec<Value> = Parameter::ALL.iter().map(row).collect();
            Ok(json!({
                "netuid": netuid, "hyperparameters": found.hyperparameters, "table": table,
            }))
        })
    }

    pub(crate) fn subnet_cost(&self) -> Answer {
        self.read(|at| Ok(json!(market::subnet_cost(&at.view, at.numbers()))))
    }

    pub(crate) fn next_eviction(&self) -> Answer {
        self.read(|at| Ok(json!(market::eviction(&at.view, at.numbers()))))
    }

    /// With the hash of the state's block, which a stamp names.
    pub(crate) fn registration_cost(&self) -> Answer {
        let netuid: Netuid = self.parse("netuid")?;
        self.read(|at| {
            let cost = market::registration_cost(&at.view, at.numbers(), netuid);
            Ok(json!(cost.ok_or_else(|| no_subnet(netuid))?))
        })
    }

    /// What a hotkey has committed to, and when that may be revealed.
    pub(crate) fn commitments(&self) -> Answer {
        let netuid: Netuid = self.parse("netuid")?;
        let key = self.key("hotkey")?;
        self.read(|at| {
            let found = commits::promises(&at.view, at.numbers(), (netuid, &key));
            Ok(json!(found.ok_or_else(|| no_subnet(netuid))?))
        })
    }

    pub(crate) fn root_matrix(&self) -> Answer {
        self.read(|at| Ok(json!(market::root(&at.view, at.numbers()))))
    }

    pub(crate) fn voter_set(&self) -> Answer {
        self.read(|at| Ok(json!(voters::voters(&at.view, at.numbers()))))
    }

    pub(crate) fn offences(&self) -> Answer {
        let key = self.key("hotkey")?;
        self.read(|at| Ok(json!(voters::offender(&at.view, &key))))
    }

    pub(crate) fn candidates(&self) -> Answer {
        self.read(|at| Ok(json!(voters::bootstrap(&at.view, at.numbers()))))
    }
}
