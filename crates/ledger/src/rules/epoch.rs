//! Epochs: which are due, what Yuma is given, and what is kept of its outcome.
//!
//! A subnet's epoch is due a tempo after its last one. A block runs at most
//! `max_epochs_per_block`, those that wait longest first; the others keep their pending
//! and run in the next block. What an epoch pays is in `payout`.

use super::books::Books;
use super::error::CallError;
use super::event::Event;
use super::payout::{pay, shareable};
use super::reads::{
    Entries, bonds, bootstrap, hotkey, neuron, owner_uid, row, subnet, subnets, virtual_part,
};
use super::receipt::EpochReceipt;
use super::scene::{Member, Scene};
use crate::state::value::{Chain, Neuron, Subnet};
use crate::state::{Key, Read, Value};
use weft_types::{Height, Netuid, Params, Rao, Uid};
use weft_yuma::{EpochParams, Outcome, Snapshot, epoch};

/// The subnets whose epoch runs in a child of this state: those that wait longest, as many
/// as a block may. It is fixed before the block's calls, so that a commitment knows which
/// epoch it is of.
pub fn due(state: &dyn Read, params: &Params, parent: &Chain) -> Vec<Netuid> {
    let now = parent.height.next().unwrap_or(parent.height);
    let mut due: Vec<(Height, Netuid)> =
        subnets(state).into_iter().filter_map(|netuid| due_since(state, now, netuid)).collect();
    due.sort_unstable();
    let most = usize::from(params.max_epochs_per_block);
    due.into_iter().take(most).map(|(_, netuid)| netuid).collect()
}

/// When the epoch of a subnet became due, if it is.
fn due_since(state: &dyn Read, now: Height, netuid: Netuid) -> Option<(Height, Netuid)> {
    let net = subnet(state, netuid)?;
    let due = next(&net);
    (net.started && due <= now).then_some((due, netuid))
}

/// Runs the epochs that were due when the block began, less those of subnets that it
/// evicted; names those that must wait.
pub fn run_due(books: &mut Books<'_>) -> Result<Vec<EpochReceipt>, CallError> {
    let mut waiting = subnets(books);
    waiting.retain(|netuid| late_now(books, *netuid) && !books.due.contains(netuid));
    for netuid in waiting {
        books.say(Event::EpochDeferred { netuid });
    }
    let due = books.due.iter().copied().filter(|n| late_now(books, *n)).collect::<Vec<_>>();
    due.into_iter().map(|netuid| run(books, netuid)).collect()
}

/// Whether it is still the subnet that was due: another under its number has just been
/// created and has not started.
fn late_now(books: &Books<'_>, netuid: Netuid) -> bool {
    due_since(books, books.height, netuid).is_some()
}

/// When the next epoch of a subnet is due.
pub fn next(net: &Subnet) -> Height {
    Height(net.last_epoch.0.saturating_add(net.hyperparameters.tempo))
}

/// How many blocks after this one the first comes whose calls are of the epoch `due`, when
/// those of this block are of `epoch` and nothing is put off.
pub fn blocks_until(books: &Books<'_>, net: &Subnet, (epoch, due): (u64, u64)) -> u64 {
    let tempo = net.hyperparameters.tempo;
    let runs = epoch.saturating_sub(net.epochs).saturating_add(due.saturating_sub(epoch));
    let at = net.last_epoch.0.saturating_add(tempo.saturating_mul(runs));
    Height(at).since(books.height)
}

fn run(books: &mut Books<'_>, netuid: Netuid) -> Result<EpochReceipt, CallError> {
    let net = subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    let members = members(books, netuid, net.neurons)?;
    let owner = owner_uid(books, netuid, &net);
    let mut scene = Scene { netuid, net, members, owner };
    let emission = shareable(books, scene.net.pending)?;
    let snapshot = snapshot(books, &scene, emission);
    // A snapshot that the ledger fills is always of one shape.
    let outcome = epoch(&snapshot).map_err(|_| CallError::OutOfRange)?;
    let receipt = pay(books, &mut scene, &outcome)?;
    for member in &scene.members {
        store(books, netuid, member, &outcome);
    }
    let net = &mut scene.net;
    (net.last_epoch, net.last_step) = (books.height, books.height);
    net.epochs = net.epochs.saturating_add(1);
    books.put_subnet(netuid, scene.net);
    Ok(receipt)
}

/// The neurons, position = uid.
fn members(books: &Books<'_>, netuid: Netuid, neurons: u16) -> Result<Vec<Member>, CallError> {
    let record = bootstrap(books);
    let member = |uid| {
        let neuron = neuron(books, netuid, uid)?;
        let pool = hotkey(books, &neuron.hotkey)?;
        let virtual_stake = record.as_ref().map_or(Rao::ZERO, |r| virtual_part(r, &neuron.hotkey));
        let stake = pool.value.checked_add(virtual_stake)?;
        Some(Member { uid, neuron, coldkey: pool.coldkey, take: pool.take, stake, virtual_stake })
    };
    (0..neurons).map(Uid).map(|uid| member(uid).ok_or(CallError::OutOfRange)).collect()
}

/// The subnet as Yuma sees it.
fn snapshot(books: &Books<'_>, scene: &Scene, emission: Rao) -> Snapshot {
    let Scene { netuid, net, members, owner } = scene;
    let plain = |entries: Option<Entries>| {
        entries.into_iter().flatten().map(|(uid, x)| (uid.0, x)).collect::<Vec<_>>()
    };
    let rows = members.iter().map(|m| plain(row(books, *netuid, m.uid)));
    let bonds = members.iter().map(|m| plain(bonds(books, *netuid, m.uid)));
    Snapshot {
        params: params(books, net, *owner),
        current_block: books.height.0,
        last_step: net.last_step.0,
        rao_emission: emission.0,
        stakes: members.iter().map(|m| m.stake.0).collect(),
        last_update: members.iter().map(|m| m.neuron.last_update.0).collect(),
        registered_at: members.iter().map(|m| m.neuron.registered_at.0).collect(),
        permits: members.iter().map(|m| m.neuron.validator_permit).collect(),
        seeking: members.iter().map(|m| m.neuron.seeks).collect(),
        weights: rows.collect(),
        bonds: bonds.collect(),
    }
}

fn params(books: &Books<'_>, net: &Subnet, owner: Option<Uid>) -> EpochParams {
    let numbers = &net.hyperparameters;
    EpochParams {
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
        owner_uid: owner.map(|uid| uid.0),
    }
}

/// Writes what the epoch said of a neuron. A permit counts from the next epoch on; who
/// lost it lost its bonds.
fn store(books: &mut Books<'_>, netuid: Netuid, member: &Member, outcome: &Outcome) {
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
        books.delete(key);
    } else {
        books.put(key, Value::Bonds(bonds.iter().map(|(uid, x)| (Uid(*uid), *x)).collect()));
    }
}
