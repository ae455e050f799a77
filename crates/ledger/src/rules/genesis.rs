//! The first state of a chain.

use super::issuance::halvings;
use super::subnet::fresh;
use crate::state::value::{Account, Bootstrap, Chain, Hotkey, Neuron, RulesRecord, Subnet, Supply};
use crate::state::{Changes, Key, Value};
use std::collections::BTreeMap;
use weft_types::genesis::{GenesisStake, GenesisSubnet};
use weft_types::{Genesis, Height, Netuid, Nonce, PublicKey, Rao, Slot, Uid, VoterSets};

/// Shares of a pool that is opened by a deposit of this much: those that a first deposit
/// mints, with 2^32 virtual shares for one rao.
fn first_shares(stake: Rao) -> u128 {
    u128::from(stake.0) << 32
}

/// Everything that genesis writes. It was checked.
pub fn state(genesis: &Genesis) -> Changes {
    let mut changes = BTreeMap::new();
    let mut put = |key, value| drop(changes.insert(key, Some(value)));
    for account in &genesis.accounts {
        let value = Account { free: account.free, nonce: Nonce::ZERO };
        put(Key::Account(account.key), Value::Account(value));
    }
    for stake in &genesis.stakes {
        put_stake(genesis, stake, &mut put);
    }
    for voter in &genesis.voters {
        if genesis.stakes.binary_search_by(|s| s.hotkey.cmp(&voter.hotkey)).is_err() {
            put(Key::Hotkey(voter.hotkey), Value::Hotkey(pool(genesis, voter.coldkey, Rao::ZERO)));
        }
    }
    for subnet in &genesis.subnets {
        put_subnet(subnet, &mut put);
    }
    let netuids = genesis.subnets.iter().map(|s| s.netuid).collect();
    put(Key::Subnets, Value::Subnets(netuids));
    put(Key::Supply, Value::Supply(supply(genesis)));
    if genesis.params.bootstrap_stake > Rao::ZERO {
        put(Key::Bootstrap, Value::Bootstrap(bootstrap(genesis)));
    }
    let rules = RulesRecord { now: genesis.rules.first(), ..RulesRecord::default() };
    put(Key::Rules, Value::Rules(rules));
    put(Key::Chain, Value::Chain(Box::new(chain(genesis))));
    changes.into()
}

fn pool(genesis: &Genesis, coldkey: PublicKey, value: Rao) -> Hotkey {
    let take = genesis.params.default_take;
    Hotkey {
        coldkey,
        take,
        value,
        shares: first_shares(value),
        take_at: Height::ZERO,
        since: Height::ZERO,
    }
}

fn put_stake(genesis: &Genesis, stake: &GenesisStake, put: &mut impl FnMut(Key, Value)) {
    let value = pool(genesis, stake.coldkey, stake.stake);
    if value.shares > 0 {
        put(Key::Position(stake.hotkey, stake.coldkey), Value::Position(value.shares));
    }
    put(Key::Hotkey(stake.hotkey), Value::Hotkey(value));
}

fn put_subnet(subnet: &GenesisSubnet, put: &mut impl FnMut(Key, Value)) {
    let netuid = subnet.netuid;
    for (uid, neuron) in (0..=u16::MAX).map(Uid).zip(&subnet.neurons) {
        let mut value = Neuron::new(neuron.hotkey, Height::ZERO);
        (value.validator_permit, value.seeks) = (neuron.validator_permit, neuron.validator_permit);
        put(Key::Neuron(netuid, uid), Value::Neuron(value));
        put(Key::Seat(netuid, neuron.hotkey), Value::Seat(uid));
    }
    let numbers = &subnet.hyperparameters;
    let value = Subnet {
        started: true,
        neurons: u16::try_from(subnet.neurons.len()).unwrap_or(u16::MAX),
        // Staggered, so that not all epochs fall into one block (B1).
        last_epoch: Height(stagger(netuid, numbers.tempo)),
        ..fresh(subnet.owner, numbers, Height::ZERO)
    };
    put(Key::Subnet(netuid), Value::Subnet(Box::new(value)));
}

fn stagger(netuid: Netuid, tempo: u64) -> u64 {
    u64::from(netuid.0).saturating_sub(1).checked_rem(tempo).unwrap_or(0)
}

/// Allocations count as issuance. Their sum is within the cap, which genesis checks.
fn supply(genesis: &Genesis) -> Supply {
    let sum = |amounts: &mut dyn Iterator<Item = Rao>| {
        amounts.fold(Rao::ZERO, |a, b| Rao(a.0.saturating_add(b.0)))
    };
    let free = sum(&mut genesis.accounts.iter().map(|a| a.free));
    let staked = sum(&mut genesis.stakes.iter().map(|s| s.stake));
    let issued = Rao(free.0.saturating_add(staked.0));
    let halving = halvings(issued);
    Supply { issued, free, staked, halving, ..Supply::default() }
}

/// R14: the genesis voters share the virtual stake.
fn bootstrap(genesis: &Genesis) -> Bootstrap {
    let (all, voters) = (genesis.params.bootstrap_stake, &genesis.voters);
    Bootstrap {
        voters: voters.iter().map(|v| v.hotkey).collect(),
        began: None,
        peak: all,
        left: all,
    }
}

fn chain(genesis: &Genesis) -> Chain {
    Chain {
        height: Height::ZERO,
        slot: Slot::ZERO,
        finality: genesis.finality(),
        voters: VoterSets { current: genesis.voter_set(), previous: None },
    }
}
