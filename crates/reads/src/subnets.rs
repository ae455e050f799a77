//! Answers about one subnet: its neurons and its weight matrix.

use crate::look::{Answer, Look, missing};
use serde_json::json;
use weft_ledger::query;
use weft_types::{Netuid, Uid};

impl Look<'_> {
    pub(crate) fn metagraph(&self) -> Answer {
        let netuid: Netuid = self.parse("netuid")?;
        self.read(|at| {
            let neurons = query::metagraph(&at.view, netuid).ok_or_else(|| {
                missing("SubnetNotExists", format!("there is no subnet {netuid}"))
            })?;
            let neuron = |n: &query::NeuronSheet| {
                let mut value = json!(n);
                value["hotkey_key"] = json!(n.hotkey);
                value["hotkey"] = json!(self.reads.chain.address(n.hotkey));
                value
            };
            let neurons: Vec<_> = neurons.iter().map(neuron).collect();
            let subnet = query::subnet(&at.view, netuid);
            Ok(json!({ "netuid": netuid, "subnet": subnet, "neurons": neurons }))
        })
    }

    pub(crate) fn weights(&self) -> Answer {
        let netuid: Netuid = self.parse("netuid")?;
        let uid: Option<Uid> = self.parse("uid")?;
        self.read(|at| {
            let subnet = query::subnet(&at.view, netuid).ok_or_else(|| {
                missing("SubnetNotExists", format!("there is no subnet {netuid}"))
            })?;
            if let Some(uid) = uid.filter(|uid| uid.0 >= subnet.neurons) {
                let text =
                    format!("subnet {netuid} has {} neurons, none of uid {uid}", subnet.neurons);
                return Err(missing("NoSuchNeuron", text));
            }
            let rows = query::rows(&at.view, netuid);
            let rows: Vec<_> = rows
                .into_iter()
                .filter(|(of, _)| uid.is_none_or(|uid| uid == *of))
                .map(|(uid, row)| json!({ "uid": uid, "weights": row }))
                .collect();
            Ok(json!({ "netuid": netuid, "epochs": subnet.epochs, "rows": rows }))
        })
    }
}
