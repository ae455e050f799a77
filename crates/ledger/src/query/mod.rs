//! Reads for people and programs: plain answers over any state, nothing written.

use crate::rules::block_emission;
use crate::state::value::{Account, Subnet};
use crate::state::{Key, Read, Value};
use serde::Serialize;
use weft_types::{Height, Netuid, PublicKey, Rao, Uid};

/// The totals of all money, and what the next block emits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SupplyInfo {
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
    /// What the next block emits.
    pub block_emission: Rao,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SubnetInfo {
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
    /// When its clock last struck.
    pub last_epoch: Height,
    /// How many epochs have run.
    pub epochs: u64,
    /// Its unpaid emission.
    pub pending: Rao,
    /// The burn price when it was last written.
    pub burn: Rao,
    /// Whether its bonds are Yuma 3's.
    pub yuma3: bool,
    /// Whether liquid alpha is on.
    pub liquid_alpha: bool,
}

/// A neuron; ratios as stored, 65 535 = 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NeuronInfo {
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
    /// What it earned in the last epoch.
    pub emission: Rao,
    /// The height its last row looked at.
    pub last_update: Height,
    /// When it got its uid.
    pub registered_at: Height,
}

/// An account; one that does not exist is empty.
pub fn account(state: &impl Read, key: &PublicKey) -> Account {
    match state.get(&Key::Account(*key)) {
        Some(Value::Account(account)) => account,
        _ => Account::default(),
    }
}

/// The totals; none when the state has no record of them.
pub fn supply(state: &impl Read) -> Option<SupplyInfo> {
    let Some(Value::Supply(supply)) = state.get(&Key::Supply) else { return None };
    let (emission, _) = block_emission(&supply);
    Some(SupplyInfo {
        issued: supply.issued,
        free: supply.free,
        staked: supply.staked,
        locked: supply.locked,
        pending: supply.pending,
        unbonding: supply.unbonding,
        recycled: supply.recycled,
        halving: supply.halving,
        block_emission: emission,
    })
}

/// A subnet.
pub fn subnet(state: &impl Read, netuid: Netuid) -> Option<SubnetInfo> {
    let Some(Value::Subnet(subnet)) = state.get(&Key::Subnet(netuid)) else { return None };
    let Subnet {
        owner, hyperparameters, neurons, started, last_epoch, epochs, pending, burn, ..
    } = *subnet;
    Some(SubnetInfo {
        netuid,
        owner,
        neurons,
        tempo: hyperparameters.tempo,
        started,
        last_epoch,
        epochs,
        pending,
        burn,
        yuma3: hyperparameters.yuma3,
        liquid_alpha: hyperparameters.liquid_alpha,
    })
}

/// All subnets, ascending.
pub fn subnets(state: &impl Read) -> Vec<SubnetInfo> {
    let list = match state.get(&Key::Subnets) {
        Some(Value::Subnets(list)) => list,
        _ => Vec::new(),
    };
    list.into_iter().filter_map(|netuid| subnet(state, netuid)).collect()
}

/// The neurons of a subnet, by uid; none when there is no such subnet.
pub fn metagraph(state: &impl Read, netuid: Netuid) -> Option<Vec<NeuronInfo>> {
    let neurons = subnet(state, netuid)?.neurons;
    let neuron = |uid| {
        let Some(Value::Neuron(n)) = state.get(&Key::Neuron(netuid, uid)) else { return None };
        let (coldkey, stake) = match state.get(&Key::Hotkey(n.hotkey)) {
            Some(Value::Hotkey(hotkey)) => (hotkey.coldkey, hotkey.value),
            _ => (n.hotkey, Rao::ZERO),
        };
        Some(NeuronInfo {
            uid,
            hotkey: n.hotkey,
            coldkey,
            stake,
            permit: n.validator_permit,
            active: n.active,
            consensus: n.consensus,
            incentive: n.incentive,
            dividends: n.dividends,
            validator_trust: n.validator_trust,
            emission: n.emission,
            last_update: n.last_update,
            registered_at: n.registered_at,
        })
    };
    Some((0..neurons).map(Uid).filter_map(neuron).collect())
}

/// A validator's row as stored: its uid, and (uid, score) pairs.
pub type StoredRow = (Uid, Vec<(Uid, u16)>);

/// The weight rows of a subnet, by uid.
pub fn rows(state: &impl Read, netuid: Netuid) -> Vec<StoredRow> {
    let neurons = subnet(state, netuid).map_or(0, |s| s.neurons);
    let row = |uid| match state.get(&Key::Row(netuid, uid))? {
        Value::Row(row) => Some((uid, row)),
        _ => None,
    };
    (0..neurons).map(Uid).filter_map(row).collect()
}

/// What the stake of a coldkey behind a hotkey is worth.
pub fn stake(state: &impl Read, hotkey: &PublicKey, coldkey: &PublicKey) -> Rao {
    match (state.get(&Key::Hotkey(*hotkey)), state.get(&Key::Position(*hotkey, *coldkey))) {
        (Some(Value::Hotkey(pool)), Some(Value::Position(shares))) => {
            crate::rules::worth(&pool, shares)
        }
        _ => Rao::ZERO,
    }
}
