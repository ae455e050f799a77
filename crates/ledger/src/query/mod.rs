//! Reads for people and programs: plain answers over any state, nothing written.
//!
//! A *sheet* is what a reader gets of a value of the state or a set that it names: what is
//! stored, its key beside it, and what follows from both in the next block. `Subnet` is the
//! value, `SubnetSheet` its sheet. It is never stored and has no encoding but JSON. Answers
//! that no single value stands behind, such as a cost, have a name of their own.

pub mod commits;
pub mod leaving;
pub mod market;
pub mod rules;
pub mod schedule;
pub mod voters;

use crate::rules::{PriceRule, block_emission, held, next_epoch, reads};
use crate::state::Read;
use crate::state::value::Account;
use market::NeuronSays;
use serde::Serialize;
use weft_types::{Height, Identity, Netuid, Params, PublicKey, Rao, Uid};

/// The totals of all money, and what the next block emits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SupplySheet {
    /// All coins there are.
    pub issued: Rao,
    /// In accounts.
    pub free: Rao,
    /// Behind hotkeys.
    pub staked: Rao,
    /// In the locks of subnets.
    pub locked: Rao,
    /// Emitted and not paid out yet.
    pub pending: Rao,
    /// On the way from stake to accounts.
    pub unbonding: Rao,
    /// All that ever left issuance.
    pub recycled: Rao,
    /// How often the emission has halved.
    pub halving: u8,
    /// What the next block emits; nothing while no subnet has started.
    pub block_emission: Rao,
}

/// The sheet of a subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SubnetSheet {
    /// Its number.
    pub netuid: Netuid,
    /// Its owner's coldkey.
    pub owner: Option<PublicKey>,
    /// How many neurons it has.
    pub neurons: u16,
    /// Blocks between two epochs.
    pub tempo: u64,
    /// Whether it earns.
    pub started: bool,
    /// When it was created.
    pub registered_at: Height,
    /// When its clock last struck.
    pub last_epoch: Height,
    /// When its next epoch is due.
    pub next_epoch: Height,
    /// How many epochs have run.
    pub epochs: u64,
    /// Its unpaid emission.
    pub pending: Rao,
    /// The owner's lock.
    pub locked: Rao,
    /// What registering in the next block costs.
    pub burn: Rao,
    /// Whether its bonds are Yuma 3's.
    pub yuma3: bool,
    /// Whether liquid alpha is on.
    pub liquid_alpha: bool,
    /// Whether rows are committed and revealed.
    pub commit_reveal: bool,
    /// The moving average of its share of the emission, 2^32 = all.
    pub share_average: u64,
    /// What it says of itself.
    pub identity: Identity,
}

/// The sheet of a hotkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HotkeySheet {
    /// The key.
    pub hotkey: PublicKey,
    /// Its owner.
    pub coldkey: PublicKey,
    /// What it keeps of its delegators' dividends, 65 535 = 1.
    pub take: u16,
    /// All stake behind it.
    pub stake: Rao,
}

/// The sheet of a neuron; ratios as stored, 65 535 = 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NeuronSheet {
    /// Its uid.
    pub uid: Uid,
    /// Its hotkey.
    pub hotkey: PublicKey,
    /// The owner of its hotkey.
    pub coldkey: PublicKey,
    /// Stake behind its hotkey.
    pub stake: Rao,
    /// Whether its row counts in the next epoch.
    pub permit: bool,
    /// Whether it was active in the last epoch.
    pub active: bool,
    /// The score that a majority supports.
    pub consensus: u16,
    /// Its part of the miners' emission.
    pub incentive: u16,
    /// Its part of the validators' emission.
    pub dividends: u16,
    /// How much of its row survived the clip.
    pub validator_trust: u16,
    /// What the last epoch worked out for it.
    pub emission: Rao,
    /// What of that was paid; the rest was recycled, or did not fit.
    pub paid: Rao,
    /// The height its last row looked at.
    pub last_update: Height,
    /// When it got its uid.
    pub registered_at: Height,
    /// What it says of itself: whether it asks for a permit, its endpoint, its commitments.
    #[serde(flatten)]
    pub says: NeuronSays,
}

/// An account; one that does not exist is empty. Its nonce is the next one.
pub fn account(state: &impl Read, key: &PublicKey) -> Account {
    reads::account(state, key)
}

/// Whether an account is open; one that is not is read as empty.
pub fn has_account(state: &impl Read, key: &PublicKey) -> bool {
    reads::has_account(state, key)
}

/// How full a state is, and what that makes of the price of a place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Fullness {
    /// How many values it holds.
    pub values: u64,
    /// How many it is meant to hold.
    pub capacity: u64,
    /// What opening an account costs in the next block; none when the state is full.
    pub account_deposit: Option<Rao>,
}

/// What opening an account costs in a state of so many values; none when it is full.
#[must_use]
pub fn deposit(params: &Params, values: u64) -> Option<Rao> {
    crate::rules::deposit::price(params, values)
}

/// How full a state is.
pub fn fullness(state: &impl Read, params: &Params) -> Fullness {
    let values = state.held();
    let account_deposit = deposit(params, values);
    Fullness { values, capacity: params.state_values, account_deposit }
}

/// The totals; none when the state has no record of them.
pub fn supply(state: &impl Read) -> Option<SupplySheet> {
    let supply = reads::supply(state)?;
    let (emission, _) = block_emission(&supply);
    let earns = !reads::earning(state).is_empty();
    Some(SupplySheet {
        issued: supply.issued,
        free: supply.free,
        staked: supply.staked,
        locked: supply.locked,
        pending: supply.pending,
        unbonding: supply.unbonding,
        recycled: supply.recycled,
        halving: supply.halving,
        block_emission: if earns { emission } else { Rao::ZERO },
    })
}

/// A subnet.
pub fn subnet(state: &impl Read, netuid: Netuid) -> Option<SubnetSheet> {
    let net = reads::subnet(state, netuid)?;
    let next = reads::chain(state).and_then(|c| c.height.next()).unwrap_or(net.burn_at);
    let numbers = &net.hyperparameters;
    Some(SubnetSheet {
        netuid,
        owner: net.owner,
        neurons: net.neurons,
        tempo: numbers.tempo,
        started: net.started,
        registered_at: net.registered_at,
        last_epoch: net.last_epoch,
        next_epoch: next_epoch(&net),
        epochs: net.epochs,
        pending: net.pending,
        locked: net.locked,
        burn: Rao(PriceRule::burn(numbers).decayed(net.burn.0, net.burn_at, next)),
        yuma3: numbers.yuma3,
        liquid_alpha: numbers.liquid_alpha,
        commit_reveal: numbers.commit_reveal,
        share_average: net.share_average,
        identity: reads::identity(state, netuid),
    })
}

/// All subnets, ascending.
pub fn subnets(state: &impl Read) -> Vec<SubnetSheet> {
    reads::subnets(state).into_iter().filter_map(|netuid| subnet(state, netuid)).collect()
}

/// The neurons of a subnet, by uid; none when there is no such subnet.
pub fn metagraph(state: &impl Read, netuid: Netuid) -> Option<Vec<NeuronSheet>> {
    let neurons = reads::subnet(state, netuid)?.neurons;
    Some((0..neurons).map(Uid).filter_map(|uid| neuron(state, netuid, uid)).collect())
}

/// A neuron.
pub fn neuron(state: &impl Read, netuid: Netuid, uid: Uid) -> Option<NeuronSheet> {
    let n = reads::neuron(state, netuid, uid)?;
    let pool = reads::hotkey(state, &n.hotkey)?;
    Some(NeuronSheet {
        uid,
        hotkey: n.hotkey,
        coldkey: pool.coldkey,
        stake: pool.value,
        permit: n.validator_permit,
        active: n.active,
        consensus: n.consensus,
        incentive: n.incentive,
        dividends: n.dividends,
        validator_trust: n.validator_trust,
        emission: n.emission,
        paid: n.paid,
        last_update: n.last_update,
        registered_at: n.registered_at,
        says: market::neuron_says(state, netuid, uid)?,
    })
}

/// The uid of a hotkey in a subnet.
pub fn uid(state: &impl Read, netuid: Netuid, hotkey: &PublicKey) -> Option<Uid> {
    reads::seat(state, netuid, hotkey)
}

/// A validator's row as stored: its uid, and (uid, score) pairs.
pub type StoredRow = (Uid, Vec<(Uid, u16)>);

/// The weight rows of a subnet, by uid.
pub fn rows(state: &impl Read, netuid: Netuid) -> Vec<StoredRow> {
    let neurons = reads::subnet(state, netuid).map_or(0, |s| s.neurons);
    let row = |uid| Some((uid, reads::row(state, netuid, uid)?));
    (0..neurons).map(Uid).filter_map(row).collect()
}

/// A hotkey; none when nobody owns it.
pub fn hotkey(state: &impl Read, key: &PublicKey) -> Option<HotkeySheet> {
    let pool = reads::hotkey(state, key)?;
    Some(HotkeySheet { hotkey: *key, coldkey: pool.coldkey, take: pool.take, stake: pool.value })
}

/// What the stake of a coldkey behind a hotkey is worth.
pub fn stake(state: &impl Read, hotkey: &PublicKey, coldkey: &PublicKey) -> Rao {
    held(state, hotkey, coldkey).1
}
