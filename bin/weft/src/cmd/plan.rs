//! The plan of a transaction: what leaves the wallet at most, and what that buys. It is said
//! before anything is sent, and is all that `--dry-run` says.

use crate::remote::Charter;
use serde_json::{Value, json};
use weft_types::call::ALL_STAKE;
use weft_types::{Address, Call, PublicKey, Rao, Tx};

/// A plan, as data and for people.
pub struct Plan {
    /// The data.
    pub value: Value,
    /// What it buys, and what it takes.
    pub text: String,
}

impl Plan {
    /// The plan of a transaction on a chain; opening accounts costs the deposit at most, where
    /// that is known.
    pub fn of(tx: &Tx, deposit: Option<Rao>, charter: &Charter) -> Self {
        let body = &tx.body;
        let show = |key: PublicKey| Address { network: charter.network, key }.to_string();
        let spends = body.call.spends();
        let from = source(&body.call);
        let known = deposit.unwrap_or(Rao::ZERO);
        let leaves = if from == Some("stake") {
            body.fee
        } else {
            Rao(spends.0.saturating_add(body.fee.0).saturating_add(known.0))
        };
        let buys = buys(&body.call, &show);
        let value = json!({
            "tx": body.id(),
            "call": body.call,
            "signer": show(body.signer),
            "nonce": body.nonce,
            "fee": body.fee,
            "deposit": deposit,
            "spends_at_most": spends,
            "leaves_at_most": deposit.map(|_| leaves),
            "leaves_from": from,
            "buys": buys,
        });
        let takes = match from {
            None => "free of charge".to_owned(),
            Some("stake") => {
                format!("the fee of {} TAO is taken from that stake", body.fee.as_tao())
            }
            Some(_) if leaves == body.fee => {
                format!("a fee of {} TAO leaves the wallet", body.fee.as_tao())
            }
            Some(_) => {
                let opening = match deposit {
                    None => ", what opening accounts costs, which is not known now,".to_owned(),
                    Some(Rao::ZERO) => String::new(),
                    Some(deposit) => format!(", {} to open accounts", deposit.as_tao()),
                };
                format!(
                    "at most {} TAO leave the wallet: {}{opening} and a fee of {}",
                    leaves.as_tao(),
                    spends.as_tao(),
                    body.fee.as_tao()
                )
            }
        };
        Self { value, text: format!("{}: {buys}; {takes}", body.call.name()) }
    }
}

/// Where the coins come from; nothing for a call that is free.
fn source(call: &Call) -> Option<&'static str> {
    match call {
        Call::RemoveStake { .. } => Some("stake"),
        call if call.is_free() => None,
        _ => Some("free"),
    }
}

/// What a call gets for its signer, or for whom it names.
fn buys(call: &Call, show: &impl Fn(PublicKey) -> String) -> String {
    match call {
        Call::Transfer { to, amount, .. } => format!("{} TAO for {}", amount.as_tao(), show(*to)),
        Call::AddStake { hotkey, amount } => format!(
            "{} TAO of stake behind {}, which can be taken back after the unbonding time",
            amount.as_tao(),
            show(*hotkey)
        ),
        Call::RemoveStake { hotkey, amount: ALL_STAKE } => {
            format!(
                "all of the stake behind {} becomes free after the unbonding time",
                show(*hotkey)
            )
        }
        Call::RemoveStake { hotkey, amount } => format!(
            "{} TAO of the stake behind {} become free after the unbonding time",
            amount.as_tao(),
            show(*hotkey)
        ),
        Call::SetTake { hotkey, take } => format!("a take of {take}/65535 for {}", show(*hotkey)),
        Call::Register { netuid, hotkey, max_burn, .. } => format!(
            "a uid in subnet {netuid} for {}, at no more than {} TAO, which are burned and don't come back",
            show(*hotkey),
            max_burn.as_tao()
        ),
        Call::RegisterStamp { netuid, hotkey, .. } => {
            format!("a uid in subnet {netuid} for {}, paid by work", show(*hotkey))
        }
        Call::RegisterSubnet { hotkey, max_lock, .. } => format!(
            "a subnet whose uid 0 is {}, for a lock of no more than {} TAO, of which three quarters come back if it is evicted",
            show(*hotkey),
            max_lock.as_tao()
        ),
        other => deed(other),
    }
}

/// What a call does that moves no coins but its fee.
fn deed(call: &Call) -> String {
    match call {
        Call::SetWeights { row } => {
            format!("a row of {} scores in subnet {}", row.uids.len(), row.netuid)
        }
        Call::CommitWeights { commitment } => {
            format!("a commitment to a row in subnet {}", commitment.netuid)
        }
        Call::RevealWeights { reveal } => {
            format!("a row of {} scores in subnet {}", reveal.uids.len(), reveal.netuid)
        }
        Call::ServeAxon { netuid, endpoint, .. } => {
            format!("the neuron in subnet {netuid} is reached at {endpoint}")
        }
        Call::SeekPermit { netuid, seek, .. } => {
            let asks = if *seek { "asks" } else { "asks no more" };
            format!("the neuron in subnet {netuid} {asks} for a permit")
        }
        Call::StartSubnet { netuid } => format!("subnet {netuid} earns from the next block on"),
        Call::SetHyperparameter { netuid, parameter, value } => {
            format!("{parameter} of subnet {netuid} becomes {value} ({})", parameter.about().unit)
        }
        Call::SetIdentity { netuid, identity } => {
            format!("subnet {netuid} says of itself to be \"{}\"", identity.name)
        }
        Call::JoinVoters { .. } => "the hotkey offers to vote".to_owned(),
        Call::LeaveVoters { .. } => "the hotkey offers to vote no more".to_owned(),
        Call::ReportEvidence { .. } => "an offence is reported".to_owned(),
        Call::Batch { calls } => format!("{} calls, all of them or none", calls.len()),
        other => other.name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::{ChainTag, Hash, Height, Netuid, Network, Nonce, Params, Signature, TxBody};

    fn plan(call: Call) -> Plan {
        let chain = Hash([7; 32]);
        let (tag, signer) = (ChainTag::of(&chain), PublicKey([1; 32]));
        let fee = if call.is_free() { Rao(0) } else { Rao(3_000) };
        let body = TxBody { chain: tag, signer, nonce: Nonce(0), fee, valid_until: None, call };
        let (network, params) = (Network::Local, Params::preset(Network::Local));
        let tx = Tx { body, signature: Signature([0; 64]) };
        Plan::of(&tx, Some(Rao(0)), &Charter { network, chain, params })
    }

    /// F38.
    #[test]
    fn a_plan_names_the_lock_of_a_subnet_and_all_else_that_leaves_the_wallet() {
        let (hotkey, consent) = (PublicKey([2; 32]), Signature([0; 64]));
        let ten = Rao(10_000_000_000);
        let consent_height = Height(1);
        let lock = plan(Call::RegisterSubnet { hotkey, max_lock: ten, consent, consent_height });
        assert_eq!(lock.value["leaves_at_most"], json!("10000003000"));
        assert!(lock.text.contains("10.000003 TAO leave the wallet"), "{}", lock.text);
        assert!(lock.text.contains("a lock of no more than 10 TAO"), "{}", lock.text);
        let netuid = Netuid(1);
        let burn = plan(Call::Register { netuid, hotkey, max_burn: ten, consent, consent_height });
        assert!(burn.text.contains("no more than 10 TAO, which are burned"), "{}", burn.text);
        let back = plan(Call::RemoveStake { hotkey, amount: ten });
        assert_eq!(back.value["leaves_at_most"], json!("3000"));
        assert_eq!(back.value["leaves_from"], json!("stake"));
        let free = plan(Call::SeekPermit { netuid, seek: true, at: Height(1) });
        assert_eq!(free.value["leaves_at_most"], json!("0"));
        assert!(free.text.ends_with("free of charge"), "{}", free.text);
    }
}
