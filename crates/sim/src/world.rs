//! The chain that is simulated: its genesis, who holds its keys, and who of them is
//! Byzantine.

use crate::checkpoint::Checkpoint;
use crate::first_state::{FirstState, SEED};
use crate::names::name_of;
use crate::plan::Plan;
use crate::powers::{POWER, cabal, powers};
use crate::seals::Seals;
use crate::slots::{GENESIS_TIME, SLOT_MS};
use std::collections::BTreeSet;
use weft_consensus::{Base, Config, Core, VoteFile};
use weft_dice::Dice;
use weft_engine::kept::Kept;
use weft_engine::rows::Rows;
use weft_engine::{Engine, Setup};
use weft_ledger::state::Entry;
use weft_mempool::Bounds;
use weft_types::genesis::{
    GenesisAccount, GenesisNeuron, GenesisStake, GenesisSubnet, GenesisVoter,
};
use weft_types::key::derive_test_key;
use weft_types::params::UNBONDING;
use weft_types::rules::{GenesisRules, LAUNCH, TEST_TWO};
use weft_types::units::{RAO_PER_TAO, SUPPLY_CAP};
use weft_types::{
    ChainId, Genesis, Hyperparameters, Millis, Netuid, Network, Params, Power, Program, PublicKey,
    Rao, RulesId, SecretKey, Uid, VoterSets,
};

/// The subnet that everyone works in.
pub const NETUID: Netuid = Netuid(1);

/// Blocks between its epochs.
pub const TEMPO: u64 = 10;

/// How many miners it has.
pub const MINERS: usize = 4;

/// How many accounts send transfers.
pub const USERS: usize = 6;

const COINS: Rao = Rao(1_000 * RAO_PER_TAO);

/// The emission halves when coins of less than so many blocks were made; about half of what is
/// made is recycled again. In one seed of so many the genesis has just as much as halves it: an
/// emission that is off by one shows there.
const HALVES_WITHIN: u64 = 8;

/// The chain's constants and all secrets.
pub struct World {
    /// The genesis.
    pub genesis: Genesis,
    /// The widest numbers of all its rules: what knows no state checks by them (R21).
    pub widest: Params,
    /// The chain id.
    pub chain: ChainId,
    /// The hotkeys: of voters by their public keys, of joiners, and those of twins again.
    /// Node i holds key i.
    pub keys: Vec<SecretKey>,
    /// The nodes whose voters are Byzantine.
    pub cabal: BTreeSet<usize>,
    /// The keys of the accounts that send transfers; the first owns every hotkey.
    pub users: Vec<SecretKey>,
    /// The uids of the miners.
    pub miners: Vec<Uid>,
    /// Whether the operators of old nodes have updated them (R21).
    pub is_updated: bool,
    base: Base,
    first: FirstState,
}

fn keys(seed: &str, label: &str, count: usize) -> Vec<SecretKey> {
    let key = |n| derive_test_key(seed, &format!("{label}/{n}"));
    let mut keys: Vec<_> = (0..count).map(key).collect();
    keys.sort_by_key(SecretKey::public);
    keys
}

impl World {
    /// The chain of a plan: keys, and with them the schedule of proposers, follow its seed.
    pub fn new(plan: &Plan) -> Self {
        let seed = format!("simulated {}", plan.seed);
        let (users, miners) = (keys(&seed, "user", USERS), keys(&seed, "miner", MINERS));
        let mut all = keys(&seed, "voter", plan.voters);
        all.extend(keys(&seed, "joiner", plan.joiners));
        let mut powers = powers(plan);
        let makes = |powers: &[u64]| genesis(plan, (&all, &miners, &users), powers);
        let mut genesis = makes(&powers);
        let cabal = cabal(plan, &genesis, &mut powers);
        if !cabal.is_empty() {
            genesis = makes(&powers);
        }
        let byzantine = cabal.iter().filter_map(|i| all.get(*i)).map(SecretKey::public).collect();
        let mut lots = Dice::new(!plan.seed);
        let first = FirstState::new(&genesis, plan.trust, &byzantine, &mut lots);
        let forks = first.forks(&genesis);
        let executed =
            forks.executed(&genesis.block_hash()).expect("the first state has a root and voters");
        let base = Base::genesis(&genesis, executed);
        let uids = (0..=u16::MAX).map(Uid).skip(all.len()).take(MINERS).collect();
        let twins: Vec<_> = plan.twins.iter().filter_map(|i| all.get(*i).cloned()).collect();
        all.extend(twins);
        let mut cabal = cabal;
        if let Some(forger) = plan.forger() {
            all.extend(keys(&seed, "follower", 2));
            cabal.insert(forger);
        }
        let chain = genesis.chain_id();
        Self {
            chain,
            keys: all,
            cabal,
            users,
            miners: uids,
            is_updated: false,
            base,
            first,
            widest: genesis.widest(),
            genesis,
        }
    }

    /// An engine of node `i` at its checkpoint, or at genesis; that of a Byzantine voter has no key
    /// and only follows.
    pub fn engine(
        &self,
        (i, plan): (usize, &Plan),
        (vote, kept): (VoteFile, Kept),
        checkpoint: &Checkpoint,
        seals: &Seals,
    ) -> Engine<Seals> {
        let key = self.keys.get(i).filter(|_| !self.cabal.contains(&i)).cloned();
        let program = self.program(i, plan);
        let config = Config { program, ..Config::new(&self.genesis, key.clone(), vote) };
        let first = || (self.first.forks(&self.genesis), self.base.clone());
        let (forks, base) = checkpoint.start(&self.genesis, SEED).unwrap_or_else(first);
        let core = Core::knowing(config, forks, &base, seals.clone());
        let (mut rows, pool) = (Rows::default(), Bounds::default());
        if let Some(key) = &key {
            rows.recall(kept, &key.public());
        }
        let setup = Setup { core, key, offers: false, rows, pool, name: name_of(i) };
        Engine::new(&self.genesis, setup)
    }

    /// What the program of a node runs and signals.
    fn program(&self, i: usize, plan: &Plan) -> Program {
        let whole = Program::on(&self.genesis.rules);
        match plan.upgrade {
            Some(upgrade) if !self.is_updated && upgrade.runs(i) == 1 => {
                let old = whole.limited_to(&[RulesId::of(LAUNCH)]);
                let lies = i < upgrade.updated + upgrade.liars;
                if lies { old.saying(RulesId::of(TEST_TWO)) } else { old }
            }
            _ => whole,
        }
    }

    /// The highest version that a node runs.
    pub fn runs(&self, i: usize, plan: &Plan) -> u16 {
        match plan.upgrade {
            Some(upgrade) if !self.is_updated => upgrade.runs(i),
            Some(_) => 2,
            None => 1,
        }
    }

    /// The public keys that Byzantine voters or twins sign with.
    pub fn byzantine(&self, plan: &Plan) -> BTreeSet<PublicKey> {
        let nodes = self.cabal.iter().chain(&plan.twins);
        nodes.filter_map(|i| self.keys.get(*i)).map(SecretKey::public).collect()
    }

    /// All values of the first state.
    pub fn first_entries(&self) -> Vec<Entry> {
        self.first.entries(&self.genesis)
    }

    /// The voters of the first state.
    pub fn first_sets(&self) -> VoterSets {
        self.base.standing().sets.clone()
    }

    /// What a hotkey had of its owner's at genesis.
    pub fn first_stake(&self, hotkey: &PublicKey) -> Rao {
        let stake = self.genesis.stakes.iter().find(|stake| stake.hotkey == *hotkey);
        stake.map_or(Rao::ZERO, |stake| stake.stake)
    }

    /// All coins at genesis.
    pub fn first_coins(&self) -> u128 {
        let free = self.genesis.accounts.iter().map(|a| u128::from(a.free.0));
        let staked = self.genesis.stakes.iter().map(|s| u128::from(s.stake.0));
        free.chain(staked).sum()
    }
}

type Keys<'a> = (&'a [SecretKey], &'a [SecretKey], &'a [SecretKey]);

fn params(plan: &Plan, staked: u64) -> Params {
    let mut params = Params::preset(Network::Local);
    params.slot_ms = SLOT_MS;
    params.bootstrap_stake = Rao::ZERO;
    params.change_rotations = 1;
    params.max_voters = u16::try_from(plan.members()).unwrap_or(u16::MAX);
    if let Some(rotation) = plan.rotation {
        let blocks = rotation.blocks.max(1);
        params.rotation_blocks = blocks;
        params.exit_blocks = 4;
        params.unbonding_blocks = 6 * blocks;
        if rotation.keeps_genesis {
            params.bootstrap_stake = Rao(staked / 8);
            params.bootstrap_candidates = 1;
            params.bootstrap_fade = 1_000_000;
        }
    } else {
        params.rotation_blocks = u64::from(u32::MAX);
        params.unbonding_blocks = UNBONDING * params.rotation_blocks;
    }
    params
}

fn genesis(plan: &Plan, (hotkeys, miners, users): Keys<'_>, powers: &[u64]) -> Genesis {
    let owner = users.first().map(SecretKey::public).unwrap_or_default();
    let power = |i: usize| powers.get(i).copied().unwrap_or(POWER);
    let stake =
        |key: &SecretKey, stake| GenesisStake { hotkey: key.public(), coldkey: owner, stake };
    let mut stakes: Vec<_> =
        hotkeys.iter().enumerate().map(|(i, key)| stake(key, Rao(power(i)))).collect();
    stakes.extend(miners.iter().map(|m| stake(m, Rao::ZERO)));
    stakes.sort_by_key(|s| s.hotkey);
    let staked: u64 = stakes.iter().map(|s| s.stake.0).sum();
    let params = params(plan, staked);
    let neuron =
        |key: &SecretKey, permit| GenesisNeuron { hotkey: key.public(), validator_permit: permit };
    let voting = hotkeys.iter().map(|key| neuron(key, true));
    let hyperparameters = Hyperparameters {
        tempo: TEMPO,
        weights_rate_limit: 5,
        commit_reveal: plan.commits,
        ..params.subnet_defaults.clone()
    };
    let test = plan.upgrade.map(|_| RulesId::of(TEST_TWO)).into_iter().collect();
    let virtual_power = params.bootstrap_stake > Rao::ZERO;
    let voter = |(i, key): (usize, &SecretKey)| GenesisVoter {
        hotkey: key.public(),
        coldkey: owner,
        power: Power(if virtual_power { POWER } else { power(i) }),
    };
    Genesis {
        network: Network::Local,
        name: format!("simulated {}", plan.seed),
        genesis_time: Millis(GENESIS_TIME),
        rules: GenesisRules { test, ..GenesisRules::default() },
        voters: hotkeys.iter().take(plan.voters).enumerate().map(voter).collect(),
        accounts: accounts(plan.seed, users, staked),
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

/// What users have, and one account that nobody uses: it holds so much that the emission
/// halves while the run lasts.
fn accounts(seed: u64, users: &[SecretKey], staked: u64) -> Vec<GenesisAccount> {
    let blocks = (1 + seed) % HALVES_WITHIN;
    let spent = COINS.0 * users.len() as u64 + staked + blocks * RAO_PER_TAO;
    let vault = derive_test_key("simulated", "vault").public();
    let mut accounts: Vec<_> =
        users.iter().map(|u| GenesisAccount { key: u.public(), free: COINS }).collect();
    accounts.push(GenesisAccount { key: vault, free: Rao(SUPPLY_CAP.0 / 2 - spent) });
    accounts.sort_by_key(|account| account.key);
    accounts
}
