//! `--param NAME=VALUE`: numbers of a local network that differ from its preset.

use crate::error::NetError;
use serde_json::Value;
use weft_types::{Genesis, Rao};

/// The defaults of new subnets, whose changes hold for the genesis subnets too.
const DEFAULTS: &str = "subnet_defaults.";

/// Changes the numbers of a genesis: NAME is a field of its `params`, with points between
/// the levels; VALUE is JSON, and for amounts also text like `5tao`.
///
/// # Errors
/// [`NetError::Param`] names the first that is unknown or can't be read.
pub fn apply(genesis: &mut Genesis, settings: &[String]) -> Result<(), NetError> {
    for setting in settings {
        let bad = |reason: String| NetError::Param { setting: setting.clone(), reason };
        let (name, value) =
            setting.split_once('=').ok_or_else(|| bad("there is no = in it".to_owned()))?;
        genesis.params = changed(&genesis.params, name, value).map_err(bad)?;
        if let Some(name) = name.strip_prefix(DEFAULTS) {
            for subnet in &mut genesis.subnets {
                subnet.hyperparameters =
                    changed(&subnet.hyperparameters, name, value).map_err(bad)?;
            }
        }
    }
    Ok(())
}

fn changed<T>(what: &T, name: &str, value: &str) -> Result<T, String>
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    let mut all = serde_json::to_value(what).map_err(|e| e.to_string())?;
    let pointer = format!("/{}", name.replace('.', "/"));
    let place = all.pointer_mut(&pointer).ok_or_else(|| format!("there is no \"{name}\""))?;
    *place = read(place, value)?;
    serde_json::from_value(all).map_err(|e| e.to_string())
}

/// A value of the kind that stands there.
fn read(before: &Value, text: &str) -> Result<Value, String> {
    if before.is_string() {
        let plain = text.trim_matches('"');
        let is_number = plain.bytes().all(|b| b.is_ascii_digit());
        let amount = if is_number { None } else { Rao::parse(plain).ok() };
        return Ok(Value::String(amount.map_or_else(|| plain.to_owned(), |rao| rao.to_string())));
    }
    serde_json::from_str(text).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Choice, Plan};
    use weft_types::{Millis, Network};

    fn genesis() -> Genesis {
        let choice = Choice {
            nodes: 1,
            slot_ms: 500,
            seed: "setting".to_owned(),
            genesis_time: Millis(0),
            network: Network::Local,
            senders: 0,
        };
        Plan::fair(&choice).genesis
    }

    fn with(settings: &[&str]) -> Result<Genesis, NetError> {
        let mut genesis = genesis();
        let settings: Vec<String> = settings.iter().map(|s| (*s).to_owned()).collect();
        apply(&mut genesis, &settings).map(|()| genesis)
    }

    #[test]
    fn a_number_is_changed_by_its_name() {
        let changed = with(&[
            "exit_blocks=5",
            "lock_minimum=2tao",
            "subnet_slots=[{\"from\":0,\"slots\":2}]",
            "subnet_defaults.tempo=7",
        ])
        .unwrap();
        assert_eq!(changed.params.exit_blocks, 5);
        assert_eq!(changed.params.lock_minimum, Rao(2_000_000_000));
        assert_eq!(changed.params.subnet_slots[0].slots, 2);
        assert_eq!(changed.params.subnet_defaults.tempo, 7);
        assert_eq!(changed.subnets[0].hyperparameters.tempo, 7);
        assert_eq!(changed.check(), Ok(()));
    }

    #[test]
    fn what_is_unknown_or_of_another_kind_is_named() {
        for bad in ["exit_blocks", "no_such=1", "exit_blocks=soon", "lock_minimum=soon"] {
            let error = with(&[bad]).unwrap_err().to_string();
            assert!(error.contains(bad), "{error}");
        }
    }
}
