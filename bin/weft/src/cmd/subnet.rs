//! `weft subnet list|metagraph|create|start|set|describe`.

use super::desk::{Desk, amount};
use crate::args::{Global, Paying, SubnetCommand, SubnetCreate, SubnetDescribe};
use crate::output::{Answer, Exit, Failure, table};
use crate::remote::Remote;
use crate::show::cell;
use crate::signer;
use serde_json::{Value, json};
use weft_types::tx::Consent;
use weft_types::{Call, Identity, Netuid, Parameter};

/// Runs the command.
pub async fn run(global: &Global, command: &SubnetCommand) -> Result<Answer, Failure> {
    let remote = Remote::new(global)?;
    match command {
        SubnetCommand::List => remote.read("subnet_list", &json!({}), subnets).await,
        SubnetCommand::Metagraph { netuid } => {
            remote.read("subnet_metagraph", &json!({ "netuid": netuid }), neurons).await
        }
        SubnetCommand::Create(args) => create(global, args).await,
        SubnetCommand::Start(args) => {
            let call = Call::StartSubnet { netuid: Netuid(args.netuid) };
            own(global, call, &args.paying).await
        }
        SubnetCommand::Set(args) => {
            let (parameter, value) = setting(&args.name, &args.value)?;
            let netuid = Netuid(args.netuid);
            let call = Call::SetHyperparameter { netuid, parameter, value };
            own(global, call, &args.paying).await
        }
        SubnetCommand::Describe(args) => {
            let identity = args.identity();
            let call = Call::SetIdentity { netuid: Netuid(args.netuid), identity };
            own(global, call, &args.paying).await
        }
    }
}

impl SubnetDescribe {
    /// What the subnet is to say of itself.
    pub fn identity(&self) -> Identity {
        let (name, url) = (self.name.clone(), self.url.clone());
        Identity { name, url, description: self.description.clone() }
    }
}

/// Sends a call of the wallet's coldkey.
async fn own(global: &Global, call: Call, paying: &Paying) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    desk.pay(&signer::coldkey(global)?, call, paying).await
}

/// Creates a subnet at no more than the price of the moment, or what was named.
async fn create(global: &Global, args: &SubnetCreate) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    let (coldkey, hotkey) = (signer::coldkey(global)?, signer::hotkey(global)?);
    let max_lock = match &args.max_lock {
        Some(text) => amount(text)?,
        None => {
            let cost = desk.remote.call("subnet_cost", &json!({ "at": "head" })).await?;
            let cost = serde_json::from_value(cost["cost"].clone());
            cost.map_err(|e| Failure::new(Exit::Failed, "BadAnswer", e))?
        }
    };
    let height = desk.final_height().await?;
    let said = Consent {
        coldkey: coldkey.public(),
        hotkey: hotkey.public(),
        netuid: Netuid::ZERO,
        height,
    };
    let consent = desk.consent(&hotkey, &said);
    let (hotkey, consent_height) = (hotkey.public(), height);
    let call = Call::RegisterSubnet { hotkey, max_lock, consent, consent_height };
    desk.pay(&coldkey, call, &args.paying).await
}

/// A hyperparameter and its value, as the chain has it.
pub fn setting(name: &str, value: &str) -> Result<(Parameter, u64), Failure> {
    let unknown = || {
        let text = format!("\"{name}\" is no hyperparameter");
        Failure::new(Exit::Usage, "UnknownHyperparameter", text)
            .help("weft reference hyperparameters lists them")
    };
    let parameter = Parameter::parse(name).ok_or_else(unknown)?;
    let bad = || {
        let text =
            format!("\"{value}\" is no value of {name}, which is in {}", parameter.about().unit);
        Failure::new(Exit::Usage, "BadValue", text)
    };
    let number = match (value, parameter.about().unit) {
        ("on" | "true", "on or off") => 1,
        ("off" | "false", "on or off") => 0,
        (text, "rao") => amount(text)?.0,
        (text, _) => text.parse().map_err(|_| bad())?,
    };
    Ok((parameter, number))
}

fn columns(list: &Value, names: &[&str]) -> String {
    let mut rows: Vec<Vec<String>> = vec![names.iter().map(|n| (*n).to_owned()).collect()];
    for entry in list.as_array().into_iter().flatten() {
        rows.push(names.iter().map(|name| cell(name, &entry[*name])).collect());
    }
    table(&rows)
}

fn subnets(answer: &Value) -> String {
    let names = ["netuid", "neurons", "tempo", "last_epoch", "epochs", "pending", "burn"];
    let rows = columns(&answer["subnets"], &names);
    format!("{rows}\n\npending and burn in TAO, tempo in blocks")
}

fn neurons(answer: &Value) -> String {
    let names = [
        "uid",
        "hotkey",
        "stake",
        "permit",
        "active",
        "consensus",
        "incentive",
        "dividends",
        "validator_trust",
        "emission",
        "paid",
        "last_update",
    ];
    let rows = columns(&answer["neurons"], &names);
    format!(
        "{rows}\n\nstake, emission and paid in TAO; consensus, incentive, dividends and \
         validator_trust are parts of 65535, as stored; --full shows whole keys"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_in_the_unit_of_its_hyperparameter() {
        let read = |name, value| setting(name, value).ok().map(|(_, number)| number);
        assert_eq!(read("tempo", "360"), Some(360));
        assert_eq!(read("yuma3", "off"), Some(0));
        assert_eq!(read("min_burn", "0.5tao"), Some(500_000_000));
        assert_eq!(read("min_burn", "0.5"), Some(500_000_000));
        assert_eq!(read("min_burn", "1"), Some(1_000_000_000), "F15: TAO unless a unit stands");
        assert_eq!(read("min_burn", "500000rao"), Some(500_000));
        assert_eq!(read("tempo", "on"), None);
        assert_eq!(read("no_such", "1"), None);
    }
}
