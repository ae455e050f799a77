//! Epochs: the schedule, the snapshot for Yuma, and paying what is pending.
//!
//! Of a subnet's pending the owner has 18 %, and of the rest miners half by incentive
//! and validators half by dividends: what the operator takes goes to its own stake, the
//! rest raises its pool. What division leaves stays pending. Nothing scored, nothing
//! produced: then all is recycled. So is incentive of the owner's own hotkeys, and the
//! owner's part where there is no owner.

use super::books::{Books, bonds, hotkey, minus, neuron, plus, row, subnet, subnets};
use super::error::{CallError, Refusal};
use super::receipt::EpochReceipt;
use super::stake;
use crate::state::value::{Neuron, Subnet};
use crate::state::{Key, Read, Value};
use weft_types::{Netuid, PublicKey, Rao, Uid};
use weft_yuma::{Outcome, Params as YumaParams, Snapshot, epoch};

/// Runs the epochs that are due, as many as a block may; the others wait and lose
/// nothing.
pub fn run_due<R: Read>(books: &mut Books<'_, R>) -> Result<Vec<EpochReceipt>, Refusal> {
    let most = usize::from(books.params.max_epochs_per_block);
    let due: Vec<Netuid> =
        subnets(books).into_iter().filter(|netuid| is_due(books, *netuid)).take(most).collect();
    let fault = |_: CallError| Refusal::Overflow;
    due.into_iter().map(|netuid| run(books, netuid).map_err(fault)).collect()
}

fn is_due<R: Read>(books: &Books<'_, R>, netuid: Netuid) -> bool {
    subnet(books, netuid).is_some_and(|net| {
        net.started && books.height.since(net.last_epoch) >= net.hyperparameters.tempo
    })
}

/// A neuron and who owns its hotkey.
struct Member {
    uid: Uid,
    neuron: Neuron,
    coldkey: PublicKey,
    take: u16,
}

fn run<R: Read>(books: &mut Books<'_, R>, netuid: Netuid) -> Result<EpochReceipt, CallError> {
    let mut net = subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    let members = members(books, netuid, net.neurons);
    let owner_part = part(net.pending, u64::from(books.params.owner_cut), u64::from(u16::MAX));
    let rest = minus(net.pending, owner_part)?;
    let snapshot = snapshot(books, netuid, &net, (&members, rest));
    // A snapshot that the ledger fills is always of one shape.
    let outcome = epoch(&snapshot).map_err(|_| CallError::OutOfRange)?;
    let receipt = pay(books, netuid, &mut net, (&members, &outcome))?;
    for member in &members {
        store(books, netuid, member, &outcome);
    }
    net.last_epoch = books.height;
    net.last_step = books.height;
    net.epochs = net.epochs.saturating_add(1);
    books.put_subnet(netuid, net);
    Ok(receipt)
}

fn members<R: Read>(books: &Books<'_, R>, netuid: Netuid, neurons: u16) -> Vec<Member> {
    let member = |uid| {
        let neuron = neuron(books, netuid, uid)?;
        let (coldkey, take) = match hotkey(books, &neuron.hotkey) {
            Some(hotkey) => (hotkey.coldkey, hotkey.take),
            None => (neuron.hotkey, 0),
        };
        Some(Member { uid, neuron, coldkey, take })
    };
    (0..neurons).map(Uid).filter_map(member).collect()
}

/// The subnet as Yuma sees it.
fn snapshot<R: Read>(
    books: &Books<'_, R>,
    netuid: Netuid,
    net: &Subnet,
    (members, emission): (&[Member], Rao),
) -> Snapshot {
    let numbers = &net.hyperparameters;
    let owner = members.iter().find(|m| net.owner == Some(m.coldkey)).map(|m| m.uid.0);
    let plain = |entries: Vec<(Uid, u16)>| entries.into_iter().map(|(uid, x)| (uid.0, x)).collect();
    let all = |of: &dyn Fn(&Member) -> u64| members.iter().map(of).collect::<Vec<u64>>();
    let stake = |m: &Member| hotkey(books, &m.neuron.hotkey).map_or(0, |h| h.value.0);
    let weights = members.iter().map(|m| row(books, netuid, m.uid).map_or_else(Vec::new, plain));
    let bonds = members.iter().map(|m| bonds(books, netuid, m.uid).map_or_else(Vec::new, plain));
    Snapshot {
        params: YumaParams {
            max_allowed_validators: numbers.max_validators,
            kappa: numbers.kappa,
            bonds_penalty: numbers.bonds_penalty,
            bonds_moving_avg: numbers.bonds_moving_avg,
            yuma3: numbers.yuma3,
            liquid_alpha: numbers.liquid_alpha,
            alpha_low: numbers.alpha_low,
            alpha_high: numbers.alpha_high,
            alpha_sigmoid_steepness: numbers.alpha_sigmoid_steepness,
            activity_cutoff: numbers.activity_cutoff,
            tempo: numbers.tempo,
            stake_threshold: books.params.stake_threshold.0,
            owner_uid: owner,
        },
        current_block: books.height.0,
        last_step: net.last_step.0,
        rao_emission: emission.0,
        stakes: all(&stake),
        last_update: all(&|m| m.neuron.last_update.0),
        registered_at: all(&|m| m.neuron.registered_at.0),
        permits: members.iter().map(|m| m.neuron.validator_permit).collect(),
        weights: weights.collect(),
        bonds: bonds.collect(),
    }
}

/// amount * share / whole, rounded down; nothing of a whole of 0.
fn part(amount: Rao, share: u64, whole: u64) -> Rao {
    let product = u128::from(amount.0).saturating_mul(u128::from(share));
    let quotient = product.checked_div(u128::from(whole)).unwrap_or(0);
    Rao(u64::try_from(quotient).unwrap_or(u64::MAX))
}

/// Pays a subnet's pending.
fn pay<R: Read>(
    books: &mut Books<'_, R>,
    netuid: Netuid,
    net: &mut Subnet,
    (members, outcome): (&[Member], &Outcome),
) -> Result<EpochReceipt, CallError> {
    let pending = net.pending;
    let (incentive, dividends) = (&outcome.fx.incentive, &outcome.fx.dividends);
    let (scored, earned) = (sum(incentive), sum(dividends));
    let mut paid = Paid::default();
    if scored == 0 {
        paid.recycled = pending;
    } else {
        let owner = part(pending, u64::from(books.params.owner_cut), u64::from(u16::MAX));
        let rest = minus(pending, owner)?;
        let half = Rao(rest.0 / 2);
        let other = minus(rest, half)?;
        pay_owner(books, net, owner, (members, &mut paid))?;
        for (member, share) in members.iter().zip(incentive) {
            pay_miner(books, net, (member, part(half, *share, scored)), &mut paid)?;
        }
        for (member, share) in members.iter().zip(dividends) {
            pay_validator(books, member, part(other, *share, earned), &mut paid)?;
        }
    }
    let staked = plus(plus(paid.owner, paid.miners)?, paid.validators)?;
    let out = plus(staked, paid.recycled)?;
    net.pending = minus(pending, out)?;
    let mut supply = books.supply;
    supply.pending = minus(supply.pending, out)?;
    supply.staked = plus(supply.staked, staked)?;
    supply.issued = minus(supply.issued, paid.recycled)?;
    supply.recycled = plus(supply.recycled, paid.recycled)?;
    books.supply = supply;
    let Paid { owner, miners, validators, recycled } = paid;
    Ok(EpochReceipt { netuid, owner, miners, validators, recycled, kept: net.pending })
}

fn sum(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |a, b| a.saturating_add(*b))
}

/// Where the pending went.
#[derive(Default)]
struct Paid {
    owner: Rao,
    miners: Rao,
    validators: Rao,
    recycled: Rao,
}

/// The owner's part, as stake behind its own neuron; recycled where there is none.
fn pay_owner<R: Read>(
    books: &mut Books<'_, R>,
    net: &Subnet,
    amount: Rao,
    (members, paid): (&[Member], &mut Paid),
) -> Result<(), CallError> {
    let own = members.iter().find(|m| net.owner == Some(m.coldkey));
    match own {
        Some(own) if amount > Rao::ZERO => {
            stake::deposit(books, own.neuron.hotkey, own.coldkey, amount)?;
            paid.owner = plus(paid.owner, amount)?;
        }
        _ => paid.recycled = plus(paid.recycled, amount)?,
    }
    Ok(())
}

fn pay_miner<R: Read>(
    books: &mut Books<'_, R>,
    net: &Subnet,
    (member, amount): (&Member, Rao),
    paid: &mut Paid,
) -> Result<(), CallError> {
    if amount == Rao::ZERO {
        return Ok(());
    }
    if net.owner == Some(member.coldkey) {
        paid.recycled = plus(paid.recycled, amount)?;
        return Ok(());
    }
    stake::deposit(books, member.neuron.hotkey, member.coldkey, amount)?;
    paid.miners = plus(paid.miners, amount)?;
    Ok(())
}

/// The operator's take to the operator, the rest to everyone in the pool.
fn pay_validator<R: Read>(
    books: &mut Books<'_, R>,
    member: &Member,
    amount: Rao,
    paid: &mut Paid,
) -> Result<(), CallError> {
    if amount == Rao::ZERO {
        return Ok(());
    }
    let take = part(amount, u64::from(member.take), u64::from(u16::MAX));
    stake::raise(books, member.neuron.hotkey, minus(amount, take)?)?;
    if take > Rao::ZERO {
        stake::deposit(books, member.neuron.hotkey, member.coldkey, take)?;
    }
    paid.validators = plus(paid.validators, amount)?;
    Ok(())
}

/// Writes what the epoch said of a neuron.
fn store<R: Read>(books: &mut Books<'_, R>, netuid: Netuid, member: &Member, outcome: &Outcome) {
    let at = usize::from(member.uid.0);
    let ratio = |list: &[u16]| list.get(at).copied().unwrap_or(0);
    let flag = |list: &[u8]| list.get(at).is_some_and(|x| *x > 0);
    let neuron = Neuron {
        validator_permit: flag(&outcome.new_validator_permit),
        active: flag(&outcome.active),
        consensus: ratio(&outcome.consensus),
        incentive: ratio(&outcome.incentive),
        dividends: ratio(&outcome.dividends),
        validator_trust: ratio(&outcome.validator_trust),
        stake_weight: ratio(&outcome.stake_weight),
        emission: Rao(outcome.emission.get(at).copied().unwrap_or(0)),
        ..member.neuron
    };
    books.put_neuron(netuid, member.uid, neuron);
    let key = Key::Bonds(netuid, member.uid);
    let bonds = outcome.bonds.get(at).map(Vec::as_slice).unwrap_or_default();
    if bonds.is_empty() {
        if books.get(&key).is_some() {
            books.state.delete(key);
        }
        return;
    }
    let bonds = bonds.iter().map(|(uid, x)| (Uid(*uid), *x)).collect();
    books.state.put(key, Value::Bonds(bonds));
}
