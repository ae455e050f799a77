//! Whether a command says what a kept transaction does: to whom, how much, where and with which
//! key, as far as the command names it. Every call is matched with all its fields, so that the
//! compiler asks how a new one is compared.

use super::batch;
use super::commits::Commits;
use super::desk::{Desk, amount};
use super::neuron::read_evidence;
use super::open::as_in;
use super::send::take;
use super::subnet::setting;
use super::weights::scores;
use crate::args::{
    Command, Paying, StakeCommand, SubnetCommand, VoterCommand, WeightsCommand, WeightsSet,
};
use crate::output::Failure;
use crate::signer;
use weft_types::call::ALL_STAKE;
use weft_types::{BatchCall, Call, Commitment, Netuid, PublicKey, Rao, Reveal, Tx, WeightRow};

/// Whether a command says what a transaction does.
pub fn says(
    desk: &Desk<'_>,
    (command, paying): (&Command, Option<&Paying>),
    tx: &Tx,
) -> Result<bool, Failure> {
    Ok(pays(paying, tx)? && signs(desk, tx)? && does(desk, command, tx)?)
}

/// Whether fee and nonce are those, where they are named.
fn pays(paying: Option<&Paying>, tx: &Tx) -> Result<bool, Failure> {
    let Some(paying) = paying else { return Ok(true) };
    let is_nonce = paying.nonce.is_none_or(|nonce| nonce == tx.body.nonce.0);
    Ok(is_nonce && named(paying.fee.as_ref(), tx.body.fee)?)
}

/// Whether the wallet's key signed it, where a wallet is named.
fn signs(desk: &Desk<'_>, tx: &Tx) -> Result<bool, Failure> {
    let global = desk.global;
    if global.wallet.is_none() {
        return Ok(true);
    }
    let by_hotkey = tx.body.call.is_free() && !matches!(tx.body.call, Call::RegisterStamp { .. });
    let key = match by_hotkey {
        true => signer::hotkey_public(global)?,
        false => signer::coldkey_public(global)?,
    };
    Ok(key == tx.body.signer)
}

/// Whether an amount is the one that is named, if one is.
fn named(text: Option<&String>, sum: Rao) -> Result<bool, Failure> {
    text.map_or(Ok(true), |text| Ok(amount(text)? == sum))
}

/// Whether an amount is meant, where `all` is worked out when the call is made.
fn meant(text: &str, sum: Rao) -> Result<bool, Failure> {
    Ok(text == "all" || amount(text)? == sum)
}

/// Whether this is the wallet's hotkey, where a wallet is named.
fn own(desk: &Desk<'_>, hotkey: &PublicKey) -> Result<bool, Failure> {
    Ok(desk.global.wallet.is_none() || signer::hotkey_public(desk.global)? == *hotkey)
}

fn does(desk: &Desk<'_>, command: &Command, tx: &Tx) -> Result<bool, Failure> {
    let (global, network) = (desk.global, desk.charter.network);
    let hotkey_of = |text: &str| signer::hotkey_of(global, text, network);
    Ok(match (&tx.body.call, command) {
        (Call::Transfer { to, amount, open: _ }, Command::Transfer(args)) => {
            signer::recipient(global, &args.to, network)? == *to && meant(&args.amount, *amount)?
        }
        (Call::AddStake { hotkey, amount }, Command::Stake(StakeCommand::Add(args))) => {
            hotkey_of(&args.to)? == *hotkey && meant(&args.amount, *amount)?
        }
        (Call::RemoveStake { hotkey, amount: sum }, Command::Stake(StakeCommand::Remove(args))) => {
            let asked = if args.amount == "all" { ALL_STAKE } else { amount(&args.amount)? };
            hotkey_of(&args.to)? == *hotkey && asked == *sum
        }
        (Call::SetTake { hotkey, take: part }, Command::Stake(StakeCommand::Take(args))) => {
            take(&args.percent)? == *part && own(desk, hotkey)?
        }
        (Call::Batch { calls }, Command::Batch(args)) => same_batch(desk, &args.file, calls)?,
        (
            Call::Transfer { .. }
            | Call::AddStake { .. }
            | Call::RemoveStake { .. }
            | Call::SetTake { .. }
            | Call::Batch { .. },
            _,
        ) => false,
        (
            Call::Register { .. }
            | Call::RegisterStamp { .. }
            | Call::ServeAxon { .. }
            | Call::SeekPermit { .. }
            | Call::JoinVoters { .. }
            | Call::LeaveVoters { .. }
            | Call::ReportEvidence { .. },
            _,
        ) => of_neurons(desk, command, &tx.body.call)?,
        (
            Call::SetWeights { .. } | Call::CommitWeights { .. } | Call::RevealWeights { .. },
            Command::Weights(command),
        ) => of_rows(desk, command, tx)?,
        (
            Call::RegisterSubnet { .. }
            | Call::StartSubnet { .. }
            | Call::SetHyperparameter { .. }
            | Call::SetIdentity { .. },
            Command::Subnet(command),
        ) => of_subnets(desk, command, &tx.body.call)?,
        (
            Call::SetWeights { .. }
            | Call::CommitWeights { .. }
            | Call::RevealWeights { .. }
            | Call::RegisterSubnet { .. }
            | Call::StartSubnet { .. }
            | Call::SetHyperparameter { .. }
            | Call::SetIdentity { .. },
            _,
        ) => false,
    })
}

fn of_neurons(desk: &Desk<'_>, command: &Command, call: &Call) -> Result<bool, Failure> {
    let is_net = |asked: u16, netuid: &Netuid| Netuid(asked) == *netuid;
    Ok(match (call, command) {
        (
            Call::Register { netuid, hotkey, max_burn, consent: _, consent_height: _ },
            Command::Register(args),
        ) => {
            !args.stamp
                && is_net(args.netuid, netuid)
                && named(args.max_burn.as_ref(), *max_burn)?
                && own(desk, hotkey)?
        }
        (
            Call::RegisterStamp { netuid, hotkey, consent: _, height: _, solution: _ },
            Command::Register(args),
        ) => args.stamp && is_net(args.netuid, netuid) && own(desk, hotkey)?,
        (Call::ServeAxon { netuid, endpoint, at: _ }, Command::Serve(args)) => {
            is_net(args.netuid, netuid)
                && args.endpoint.parse().is_ok_and(|asked| endpoint == &asked)
        }
        (Call::SeekPermit { netuid, seek, at: _ }, Command::Permit(args)) => {
            is_net(args.netuid, netuid) && *seek != args.off
        }
        (
            Call::JoinVoters { netuid, at: _ },
            Command::Voter(VoterCommand::Join { netuid: asked, .. }),
        ) => is_net(*asked, netuid),
        (Call::LeaveVoters { hotkey }, Command::Voter(VoterCommand::Leave { .. })) => {
            own(desk, hotkey)?
        }
        (Call::ReportEvidence { evidence }, Command::Voter(VoterCommand::Report { file, .. })) => {
            read_evidence(file)? == *evidence
        }
        _ => false,
    })
}

fn of_rows(desk: &Desk<'_>, command: &WeightsCommand, tx: &Tx) -> Result<bool, Failure> {
    let scored = |args: &WeightsSet, row: (&Netuid, &u64)| -> Result<_, Failure> {
        let (uids, values) = scores(&args.set)?;
        let is_there = (&Netuid(args.netuid), &args.version_key) == row;
        Ok(is_there.then_some((uids, values)))
    };
    Ok(match (&tx.body.call, command) {
        (Call::SetWeights { row }, WeightsCommand::Set(args)) => {
            let WeightRow { netuid, uids, values, version_key, view: _ } = row;
            scored(args, (netuid, version_key))?.is_some_and(|(u, v)| (&u, &v) == (uids, values))
        }
        (Call::CommitWeights { commitment }, WeightsCommand::Commit(args)) => {
            let Commitment { netuid, hash, at: _ } = commitment;
            let kept = Commits::of(desk.global, desk.charter.chain, (*netuid, tx.body.signer))?;
            // Without its row a commitment is worthless, and nobody can say what it hides.
            let Some(hidden) = kept.all().remove(hash) else { return Ok(false) };
            let Reveal { netuid, uids, values, version_key, salt: _ } = hidden.reveal;
            scored(args, (&netuid, &version_key))? == Some((uids, values))
        }
        (Call::RevealWeights { reveal }, WeightsCommand::Reveal(args)) => {
            reveal.netuid == Netuid(args.netuid)
        }
        _ => false,
    })
}

fn of_subnets(desk: &Desk<'_>, command: &SubnetCommand, call: &Call) -> Result<bool, Failure> {
    Ok(match (call, command) {
        (
            Call::RegisterSubnet { hotkey, max_lock, consent: _, consent_height: _ },
            SubnetCommand::Create(args),
        ) => named(args.max_lock.as_ref(), *max_lock)? && own(desk, hotkey)?,
        (Call::StartSubnet { netuid }, SubnetCommand::Start(args)) => {
            *netuid == Netuid(args.netuid)
        }
        (Call::SetHyperparameter { netuid, parameter, value }, SubnetCommand::Set(args)) => {
            *netuid == Netuid(args.netuid)
                && setting(&args.name, &args.value)? == (*parameter, *value)
        }
        (Call::SetIdentity { netuid, identity }, SubnetCommand::Describe(args)) => {
            *netuid == Netuid(args.netuid) && *identity == args.identity()
        }
        _ => false,
    })
}

/// Whether a file holds these calls. Which accounts are open was looked up when they were sent.
fn same_batch(
    desk: &Desk<'_>,
    file: &std::path::Path,
    kept: &[BatchCall],
) -> Result<bool, Failure> {
    let text = batch::text(file)?;
    let calls = batch::read(desk.global, (file, &text), desk.charter.network)?;
    let mut asked = Call::Batch { calls };
    let kept = Call::Batch { calls: kept.to_vec() };
    as_in(&kept, &mut asked);
    Ok(asked == kept)
}
