//! The subnet that attacks are played on: the main preset, its times divided by
//! [`SHRINK`], its rules and amounts as they are.

use super::people::People;
use super::scene::{Play, Scene};
use weft_types::genesis::{
    GenesisAccount, GenesisNeuron, GenesisStake, GenesisSubnet, GenesisVoter,
};
use weft_types::key::derive_test_key;
use weft_types::units::RAO_PER_TAO;
use weft_types::{
    Genesis, Hyperparameters, Millis, Netuid, Network, Params, Power, PublicKey, Rao,
};

/// By how much times are shorter than on the main chain: an epoch comes every 10 blocks.
pub const SHRINK: u64 = 36;

/// The one subnet.
pub(super) const NETUID: Netuid = Netuid(1);

/// What every operator who may register has free at the start.
pub(super) const FREE: Rao = Rao(1_000 * RAO_PER_TAO);

/// Voters. They have no uid, so what votes earn is nobody's strategy.
const VOTERS: usize = 4;

fn short(time: u64) -> u64 {
    time.div_euclid(SHRINK).max(1)
}

/// The numbers of the subnet: rows are plain.
pub(super) fn numbers() -> Hyperparameters {
    let main = Hyperparameters::preset(Network::Main);
    Hyperparameters {
        tempo: short(main.tempo),
        activity_cutoff: short(main.activity_cutoff),
        immunity_period: short(main.immunity_period),
        weights_rate_limit: short(main.weights_rate_limit),
        serving_rate_limit: short(main.serving_rate_limit),
        burn_half_life: short(main.burn_half_life),
        stamp_half_life: short(main.stamp_half_life),
        commit_reveal: false,
        ..main
    }
}

/// The chain has coins and voters: no bootstrap.
fn params() -> Params {
    let main = Params::preset(Network::Main);
    Params {
        max_voters: 16,
        rotation_blocks: short(main.rotation_blocks),
        unbonding_blocks: short(main.unbonding_blocks),
        exit_blocks: short(main.exit_blocks),
        lock_interval: short(main.lock_interval),
        subnet_immunity: short(main.subnet_immunity),
        root_tempo: short(main.root_tempo),
        take_increase_blocks: short(main.take_increase_blocks),
        admin_freeze_window: short(main.admin_freeze_window),
        bootstrap_stake: Rao::ZERO,
        subnet_defaults: numbers(),
        ..main
    }
}

/// The voters' hotkeys, ascending.
pub(super) fn voters() -> Vec<PublicKey> {
    let key = |n| derive_test_key("incentive", &format!("voter/{n}")).public();
    let mut keys: Vec<_> = (0..VOTERS).map(key).collect();
    keys.sort_unstable();
    keys
}

/// Block 0 of a scene. A subnet in which new miners come is full.
pub(super) fn genesis(scene: &Scene, people: &People) -> Genesis {
    let mut numbers = scene.numbers.clone();
    let seated: Vec<_> = people.list.iter().filter(|p| p.uid.is_some()).collect();
    if scene.weather.change > 0 {
        numbers.max_uids = u16::try_from(seated.len()).unwrap_or(numbers.max_uids);
    }
    let plays = |group: usize| scene.groups.get(group).map(|group| group.strategy);
    let stake = |group| match plays(group) {
        Some(Play::Validates(stake, _)) => stake,
        _ => Rao::ZERO,
    };
    let mut stakes: Vec<_> = seated
        .iter()
        .map(|p| GenesisStake { hotkey: p.hotkey, coldkey: p.coldkey, stake: stake(p.group) })
        .collect();
    stakes.sort_by_key(|stake| stake.hotkey);
    let neuron = |hotkey, group| GenesisNeuron {
        hotkey,
        validator_permit: matches!(plays(group), Some(Play::Validates(..))),
    };
    let mut accounts: Vec<_> =
        people.coldkeys.iter().map(|key| GenesisAccount { key: *key, free: FREE }).collect();
    accounts.sort_by_key(|account| account.key);
    let voter = |hotkey| GenesisVoter { hotkey, coldkey: hotkey, power: Power(RAO_PER_TAO) };
    Genesis {
        network: Network::Main,
        name: scene.name.to_owned(),
        genesis_time: Millis(0),
        rules: weft_types::rules::GenesisRules::default(),
        params: params(),
        voters: voters().into_iter().map(voter).collect(),
        accounts,
        stakes,
        subnets: vec![GenesisSubnet {
            netuid: NETUID,
            owner: None,
            hyperparameters: numbers,
            neurons: seated.iter().map(|p| neuron(p.hotkey, p.group)).collect(),
        }],
    }
}
