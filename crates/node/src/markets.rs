//! Answers about the markets: hyperparameters, prices, who goes next, the root matrix, who
//! may vote.

use crate::answer::{Answer, missing, parse};
use crate::node::Node;
use serde_json::{Value, json};
use weft_ledger::query::{commits, market, voters};
use weft_rpc::RpcError;
use weft_types::{Netuid, Parameter, Wide};

fn no_subnet(netuid: Netuid) -> RpcError {
    missing("SubnetNotExists", format!("there is no subnet {netuid}"))
}

impl Node {
    /// The values by name, and beside them the table: bounds, unit, who sets it.
    pub(crate) fn hyperparameters(&self, params: &Value) -> Answer {
        let netuid: Netuid = parse(params, "netuid")?;
        self.read(params, |at| {
            let found = market::hyperparameters(&at.view, netuid);
            let found = found.ok_or_else(|| no_subnet(netuid))?;
            let defaults = &self.numbers(&at.view).subnet_defaults;
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

    pub(crate) fn subnet_cost(&self, params: &Value) -> Answer {
        self.read(params, |at| Ok(json!(market::subnet_cost(&at.view, self.numbers(&at.view)))))
    }

    pub(crate) fn next_eviction(&self, params: &Value) -> Answer {
        self.read(params, |at| Ok(json!(market::eviction(&at.view, self.numbers(&at.view)))))
    }

    /// With the hash of the state's block, which a stamp names.
    pub(crate) fn registration_cost(&self, params: &Value) -> Answer {
        let netuid: Netuid = parse(params, "netuid")?;
        self.read(params, |at| {
            let cost = market::registration_cost(&at.view, self.numbers(&at.view), netuid);
            Ok(json!(cost.ok_or_else(|| no_subnet(netuid))?))
        })
    }

    /// What a hotkey has committed to, and when that may be revealed.
    pub(crate) fn commitments(&self, params: &Value) -> Answer {
        let netuid: Netuid = parse(params, "netuid")?;
        let key = self.key(params, "hotkey")?;
        self.read(params, |at| {
            let found = commits::promises(&at.view, self.numbers(&at.view), (netuid, &key));
            Ok(json!(found.ok_or_else(|| no_subnet(netuid))?))
        })
    }

    pub(crate) fn root_matrix(&self, params: &Value) -> Answer {
        self.read(params, |at| Ok(json!(market::root(&at.view, self.numbers(&at.view)))))
    }

    pub(crate) fn voter_set(&self, params: &Value) -> Answer {
        self.read(params, |at| Ok(json!(voters::voters(&at.view, self.numbers(&at.view)))))
    }

    pub(crate) fn offences(&self, params: &Value) -> Answer {
        let key = self.key(params, "hotkey")?;
        self.read(params, |at| Ok(json!(voters::offender(&at.view, &key))))
    }

    pub(crate) fn candidates(&self, params: &Value) -> Answer {
        self.read(params, |at| Ok(json!(voters::bootstrap(&at.view, self.numbers(&at.view)))))
    }
}
