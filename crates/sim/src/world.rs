//! The chain that is simulated: its genesis and who holds its keys.

use weft_consensus::{Base, Config, Core, VoteFile};
use weft_ledger::forks::Forks;
use weft_ledger::state::Seed;
use weft_types::genesis::{
    GenesisAccount, GenesisNeuron, GenesisStake, GenesisSubnet, GenesisVoter,
};
use weft_types::key::derive_test_key;
use weft_types::{
    ChainId, Genesis, Hyperparameters, Millis, Netuid, Network, Params, Power, Rao, SecretKey, Uid,
};

/// When slot 0 begins.
pub const GENESIS_TIME: u64 = 1_000_000;

/// Length of a slot.
pub const SLOT_MS: u64 = 1_000;

/// The subnet that everyone works in.
pub const NETUID: Netuid = Netuid(1);

/// Blocks between its epochs.
pub const TEMPO: u64 = 10;

/// How many miners it has.
pub const MINERS: usize = 4;

/// How many accounts send transfers.
pub const USERS: usize = 6;

const COINS: Rao = Rao(1_000_000_000_000);

/// The chain's constants and all secrets.
pub struct World {
    /// The genesis.
    pub genesis: Genesis,
    /// The chain id.
    pub chain: ChainId,
    /// The voters' hotkeys, in the order of their public keys: node i holds key i.
    pub voters: Vec<SecretKey>,
    /// The keys of the accounts that send transfers.
    pub users: Vec<SecretKey>,
    /// The uids of the miners.
    pub miners: Vec<Uid>,
    base: Base,
}

fn keys(seed: &str, label: &str, count: usize) -> Vec<SecretKey> {
    let mut keys: Vec<_> =
        (0..count).map(|n| derive_test_key(seed, &format!("{label}/{n}"))).collect();
    keys.sort_by_key(SecretKey::public);
    keys
}

impl World {
    /// The chain of a seed: keys, and with them the schedule of proposers, follow it.
    #[must_use]
    pub fn new(seed: u64, voters: usize) -> Self {
        let seed = format!("simulated {seed}");
        let (users, miners) = (keys(&seed, "user", USERS), keys(&seed, "miner", MINERS));
        let voters = keys(&seed, "voter", voters);
        let genesis = genesis(&seed, &voters, &miners, &users);
        let forks = forks(&genesis);
        let executed =
            forks.executed(&genesis.block_hash()).expect("the first state has a root and voters");
        let base = Base::genesis(&genesis, executed);
        let uids = (0..=u16::MAX).map(Uid).skip(voters.len()).take(MINERS).collect();
        Self { chain: genesis.chain_id(), voters, users, miners: uids, base, genesis }
    }

    /// A core of node `i` at genesis.
    #[must_use]
    pub fn core(&self, i: usize, vote: VoteFile) -> Core<Forks> {
        let key = self.voters.get(i).cloned();
        Core::new(Config::new(&self.genesis, key, vote), forks(&self.genesis), &self.base)
    }

    /// All coins at genesis.
    #[must_use]
    pub fn first_coins(&self) -> u128 {
        let free = self.genesis.accounts.iter().map(|a| u128::from(a.free.0));
        let staked = self.genesis.stakes.iter().map(|s| u128::from(s.stake.0));
        free.chain(staked).sum()
    }
}

fn forks(genesis: &Genesis) -> Forks {
    // Chains of a simulation have no enemies who choose keys: any seed of the map will do.
    Forks::new(genesis, Seed([7; 4])).expect("the genesis made here is good")
}

fn genesis(seed: &str, voters: &[SecretKey], miners: &[SecretKey], users: &[SecretKey]) -> Genesis {
    let mut params = Params::preset(Network::Local);
    params.slot_ms = SLOT_MS;
    params.bootstrap_stake = Rao::ZERO;
    let owner = users.first().map(SecretKey::public).unwrap_or_default();
    let stake =
        |key: &SecretKey, stake| GenesisStake { hotkey: key.public(), coldkey: owner, stake };
    let mut stakes: Vec<_> = voters.iter().map(|v| stake(v, COINS)).collect();
    stakes.extend(miners.iter().map(|m| stake(m, Rao::ZERO)));
    stakes.sort_by_key(|s| s.hotkey);
    let neuron = |key: &SecretKey, validator_permit| GenesisNeuron {
        hotkey: key.public(),
        validator_permit,
    };
    let voting = voters.iter().map(|v| neuron(v, true));
    let hyperparameters = Hyperparameters {
        tempo: TEMPO,
        weights_rate_limit: 5,
        commit_reveal: false,
        ..params.subnet_defaults.clone()
    };
    let voter = |key: &SecretKey| GenesisVoter {
        hotkey: key.public(),
        coldkey: owner,
        power: Power(1_000_000),
    };
    Genesis {
        network: Network::Local,
        name: seed.to_owned(),
        genesis_time: Millis(GENESIS_TIME),
        voters: voters.iter().map(voter).collect(),
        accounts: users.iter().map(|u| GenesisAccount { key: u.public(), free: COINS }).collect(),
        stakes,
        subnets: vec![GenesisSubnet {
            netuid: NETUID,
            owner: Some(owner),
            neurons: voting.chain(miners.iter().map(|m| neuron(m, false))).collect(),
            hyperparameters,
        }],
        params,
    }
}
