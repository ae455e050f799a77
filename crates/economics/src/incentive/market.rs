//! Block 0 of a scene: who holds, stakes and votes what, on the numbers of [`super::numbers`].

use super::numbers::{FREE, params};
use super::people::{People, Player};
use crate::launch::chain::NETUID;
use weft_types::genesis::{
    GenesisAccount, GenesisNeuron, GenesisStake, GenesisSubnet, GenesisVoter,
};
use weft_types::key::derive_test_key;
use weft_types::units::RAO_PER_TAO;
use weft_types::{Genesis, Millis, Network, Power, PublicKey};

/// Voters. They have no uid, so what votes earn is nobody's strategy.
const VOTERS: usize = 4;

/// The voters' hotkeys, ascending.
fn voters() -> Vec<PublicKey> {
    let key = |n| derive_test_key("incentive", &format!("voter/{n}")).public();
    let mut keys: Vec<_> = (0..VOTERS).map(key).collect();
    keys.sort_unstable();
    keys
}

/// Block 0 of a scene. A subnet in which new miners come is full.
pub(super) fn genesis(people: &People) -> Genesis {
    let scene = &people.scene;
    let mut numbers = scene.numbers.clone();
    let seated: Vec<_> = people.list.iter().filter(|p| p.uid.is_some()).collect();
    if scene.weather.change > 0 {
        numbers.max_uids = u16::try_from(seated.len()).unwrap_or(numbers.max_uids);
    }
    let stake = |p: &&Player| GenesisStake {
        hotkey: p.hot.public(),
        coldkey: p.coldkey,
        stake: p.plays.stake().unwrap_or_default(),
    };
    let mut stakes: Vec<_> = seated.iter().map(stake).collect();
    stakes.sort_by_key(|stake| stake.hotkey);
    let neuron = |p: &&Player| GenesisNeuron {
        hotkey: p.hot.public(),
        validator_permit: p.plays.stake().is_some(),
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
            neurons: seated.iter().map(neuron).collect(),
        }],
    }
}
