//! Genesis: what a chain starts from. The hash of its canonical encoding is the
//! chain id, so two chains that differ in one number never mistake each other.

use crate::address::Network;
use crate::block::{BlockHash, Header};
use crate::canonical;
use crate::codec::Canonical;
use crate::hash::{ChainId, Domain, Hash};
use crate::hyperparameters::{Hyperparameters, Unsound};
use crate::key::PublicKey;
use crate::params::{self, Params};
use crate::room;
use crate::rules::{GenesisRules, Rules, RulesId, may_test};
use crate::share::{Checkpoint, Finality, Voter, VoterSet};
use crate::units::{
    Height, Millis, Netuid, Power, RAO_PER_TAO, Rao, Round, SUPPLY_CAP, Slot, Uid, Work,
};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// The first state of a chain, as a file (JSON) and as canonical bytes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Which kind of network: fixes the address prefix.
    pub network: Network,
    /// A free name; part of the chain id, so equal networks can be told apart.
    pub name: String,
    /// When slot 0 begins.
    pub genesis_time: Millis,
    /// The rules it begins with (R21).
    pub rules: GenesisRules,
    /// The chain's numbers.
    pub params: Params,
    /// Who votes until the first rotation, keys strictly ascending.
    pub voters: Vec<GenesisVoter>,
    /// Free coins, keys strictly ascending; empty on main.
    pub accounts: Vec<GenesisAccount>,
    /// Stake, hotkeys strictly ascending, one coldkey each.
    pub stakes: Vec<GenesisStake>,
    /// Subnets, netuids strictly ascending from 1.
    pub subnets: Vec<GenesisSubnet>,
}

/// A voter of genesis.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisVoter {
    /// The key that signs shares and headers.
    pub hotkey: PublicKey,
    /// The key that earns its fees.
    pub coldkey: PublicKey,
    /// Its voting power.
    pub power: Power,
}

/// An account of genesis.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisAccount {
    /// Whose.
    pub key: PublicKey,
    /// Its free coins.
    pub free: Rao,
}

/// A hotkey of genesis with its owner and stake.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisStake {
    /// Behind whom.
    pub hotkey: PublicKey,
    /// Who owns the hotkey and the stake.
    pub coldkey: PublicKey,
    /// How much; may be 0, which only says who owns the hotkey.
    pub stake: Rao,
}

/// A subnet of genesis; it is started.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisSubnet {
    /// Its number.
    pub netuid: Netuid,
    /// Its owner's coldkey; without one the owner's cut is recycled.
    pub owner: Option<PublicKey>,
    /// Its numbers.
    pub hyperparameters: Hyperparameters,
    /// Its neurons: position = uid. Registered at height 0; each hotkey is in `stakes`
    /// or `voters`.
    pub neurons: Vec<GenesisNeuron>,
}

/// A neuron of genesis.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisNeuron {
    /// Its hotkey.
    pub hotkey: PublicKey,
    /// Whether it may set weights before the first epoch, and asks for a permit after.
    pub validator_permit: bool,
}

canonical!(Genesis, 64 << 20);

/// Why a genesis can't start a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// A list is not strictly ascending, so it has no single encoding.
    #[error("the genesis list \"{0}\" is not strictly ascending; sort it and drop doubles")]
    Unsorted(&'static str),
    /// Nobody votes.
    #[error("the genesis names no voter with power; nobody could make a block")]
    NoVoters,
    /// A number that must be positive is not.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// Too few blocks for what happens within them (R16).
    #[error("{name} is {got}, and must be at least {least}, {times}")]
    TooFewBlocks {
        /// The number.
        name: &'static str,
        /// What it is.
        got: u64,
        /// What it must be.
        least: u64,
        /// How that is worked out, and what else could be changed.
        times: String,
    },
    /// What a block always keeps does not fit into one (R19).
    #[error(
        "the proofs of {max_voters} voters and the room kept for free calls need {need} bytes, and block_bytes is {got}; raise it, or lower max_voters or share_bytes"
    )]
    BlockTooSmall {
        /// How many may vote.
        max_voters: u16,
        /// The bytes that are needed.
        need: u64,
        /// Those of a block.
        got: u32,
    },
    /// The voters of genesis, or the least there may be, are more than `max_voters`.
    #[error("there are {got} {what}, and max_voters is {max}; raise it, or name fewer")]
    TooManyVoters {
        /// What they are.
        what: &'static str,
        /// How many.
        got: usize,
        /// How many may be.
        max: u16,
    },
    /// More coins than can exist.
    #[error("the genesis allocates more than the {cap} rao that can ever exist", cap = SUPPLY_CAP.0)]
    TooManyCoins,
    /// More power than stake can exist.
    #[error("the voters' power sums to more than the {cap} rao that can ever exist", cap = SUPPLY_CAP.0)]
    TooMuchPower,
    /// A neuron's hotkey has no owner.
    #[error(
        "uid {uid} of subnet {netuid} has hotkey {hotkey}, which is in neither \"stakes\" nor \"voters\""
    )]
    UnknownHotkey {
        /// Where.
        netuid: Netuid,
        /// Which neuron.
        uid: Uid,
        /// Its hotkey.
        hotkey: PublicKey,
    },
    /// A subnet's numbers don't fit together.
    #[error("subnet {netuid}: {error}")]
    Hyperparameters {
        /// Which; the root matrix stands for the defaults of new subnets.
        netuid: Netuid,
        /// What is wrong.
        error: Unsound,
    },
    /// It begins with rules that this program does not run (R21).
    #[error(
        "this chain begins with rules {version} ({id}), which this program does not run; use one that does"
    )]
    UnknownRules {
        /// Their number.
        version: u16,
        /// Their name.
        id: RulesId,
    },
    /// Rules for tests on a network that is none (R21).
    #[error("rules for tests ({0}) exist on local and bench networks only")]
    TestRules(RulesId),
    /// A change of rules would come before voters could take their word back (R21).
    #[error("change_rotations must be at least 1 and rotation_blocks at least 2")]
    HastyChange,
    /// Virtual power is not equal (R14).
    #[error("while bootstrap_stake is not 0 the genesis voters must have equal power")]
    UnequalPower,
    /// A voter and a stake name two owners of one hotkey.
    #[error("hotkey {hotkey} has one coldkey in \"voters\" and another in \"stakes\"")]
    TwoOwners {
        /// Which.
        hotkey: PublicKey,
    },
    /// A subnet is out of range or fuller than it may be.
    #[error("subnet {netuid} has {neurons} neurons; from 1 to its max_uids of {max} may be")]
    SubnetSize {
        /// Which.
        netuid: Netuid,
        /// How many there are.
        neurons: usize,
        /// How many may be.
        max: u16,
    },
}

impl Genesis {
    /// A fair launch: nothing is allocated. The voters, (hotkey, coldkey) each, have equal
    /// power and a uid with permit in subnet 1, which has no owner.
    #[must_use]
    pub fn fair(
        network: Network,
        name: &str,
        genesis_time: Millis,
        voters: &[(PublicKey, PublicKey)],
    ) -> Self {
        let params = Params::preset(network);
        let mut hyperparameters = params.subnet_defaults.clone();
        // What everybody registers in at first is to stay open for longer.
        if matches!(network, Network::Main | Network::Test) {
            hyperparameters.stamp_half_life = hyperparameters.stamp_half_life.saturating_mul(4);
        } else {
            hyperparameters.commit_reveal = false;
        }
        let power = Power(RAO_PER_TAO);
        let voter = |(hotkey, coldkey): &(PublicKey, PublicKey)| GenesisVoter {
            hotkey: *hotkey,
            coldkey: *coldkey,
            power,
        };
        let neuron = |(hotkey, _): &(PublicKey, PublicKey)| GenesisNeuron {
            hotkey: *hotkey,
            validator_permit: true,
        };
        let neurons = voters.iter().map(neuron).collect();
        let mut voters: Vec<GenesisVoter> = voters.iter().map(voter).collect();
        voters.sort_by_key(|voter| voter.hotkey);
        let netuid = Netuid(1);
        Self {
            network,
            name: name.to_owned(),
            genesis_time,
            rules: GenesisRules::default(),
            params,
            voters,
            accounts: Vec::new(),
            stakes: Vec::new(),
            subnets: vec![GenesisSubnet { netuid, owner: None, hyperparameters, neurons }],
        }
    }

    /// The chain id (R1).
    #[must_use]
    pub fn chain_id(&self) -> ChainId {
        Hash::of(Domain::Genesis, &self.to_bytes())
    }

    /// The header of block 0, given the root of the first state.
    #[must_use]
    pub fn header(&self, state_root: Hash) -> Header {
        Header {
            version: self.rules.version,
            signal: RulesId::NONE,
            slot: Slot::ZERO,
            round: Round::ZERO,
            height: Height::ZERO,
            parent: self.chain_id(),
            proposer: PublicKey::default(),
            txs_root: Hash::ZERO,
            proof_root: Hash::ZERO,
            state_root,
            work: Work::ZERO,
        }
    }

    /// What the state after block 0 says of its standing: block 0, by the chain id,
    /// is justified and final (R6). The state can't name the hash of a header that
    /// holds its own root, so genesis is known in checkpoints by the chain id.
    #[must_use]
    pub fn finality(&self) -> Finality {
        let genesis = self.checkpoint();
        Finality { justified: genesis, finalized: genesis }
    }

    /// Genesis as a checkpoint: round 0, the chain id.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { round: Round::ZERO, hash: self.chain_id() }
    }

    /// The hash under which block 0 is known: as parent of block 1, in checkpoints
    /// and to the executor. It is the chain id.
    #[must_use]
    pub fn block_hash(&self) -> BlockHash {
        self.chain_id()
    }

    /// The voters until the first rotation.
    #[must_use]
    pub fn voter_set(&self) -> VoterSet {
        let voter = |v: &GenesisVoter| Voter { key: v.hotkey, power: v.power, trust: 0 };
        VoterSet { voters: self.voters.iter().map(voter).collect(), anchor: self.chain_id() }
    }

    /// Checks what every later room takes for granted.
    ///
    /// # Errors
    /// [`GenesisError`] names the first thing that is wrong.
    pub fn check(&self) -> Result<(), GenesisError> {
        ascending("voters", self.voters.iter().map(|v| v.hotkey))?;
        ascending("accounts", self.accounts.iter().map(|a| a.key))?;
        ascending("stakes", self.stakes.iter().map(|s| s.hotkey))?;
        ascending("subnets", self.subnets.iter().map(|s| s.netuid))?;
        if self.voters.is_empty() || self.voters.iter().any(|v| v.power == Power::ZERO) {
            return Err(GenesisError::NoVoters);
        }
        let powers = self.voters.iter().map(|v| u128::from(v.power.0));
        if powers.fold(0_u128, u128::saturating_add) > u128::from(SUPPLY_CAP.0) {
            return Err(GenesisError::TooMuchPower);
        }
        for (name, value) in [
            ("slot_ms", self.params.slot_ms),
            ("rotation_blocks", self.params.rotation_blocks),
            ("max_epochs_per_block", u64::from(self.params.max_epochs_per_block)),
            ("root_tempo", self.params.root_tempo),
            ("lock_interval", self.params.lock_interval),
            ("state_values", self.params.state_values),
            ("max_voters", u64::from(self.params.max_voters)),
        ] {
            if value == 0 {
                return Err(GenesisError::Zero(name));
            }
        }
        let coins = self.accounts.iter().map(|a| a.free).chain(self.stakes.iter().map(|s| s.stake));
        let total = coins.map(|c| u128::from(c.0)).fold(0_u128, u128::saturating_add);
        if total > u128::from(SUPPLY_CAP.0) {
            return Err(GenesisError::TooManyCoins);
        }
        let unsound = |error| GenesisError::Hyperparameters { netuid: Netuid::ZERO, error };
        self.params.subnet_defaults.check().map_err(unsound)?;
        self.check_rules()?;
        self.check_voters()?;
        self.check_times()?;
        let (need, got) = (room::least_block(&self.params), self.params.limits.block_bytes);
        if need > u64::from(got) {
            let max_voters = self.params.max_voters;
            return Err(GenesisError::BlockTooSmall { max_voters, need, got });
        }
        self.subnets.iter().try_for_each(|s| self.check_subnet(s))
    }

    fn check_rules(&self) -> Result<(), GenesisError> {
        let (version, id) = (self.rules.version, self.rules.id);
        if let Some(test) = self.rules.test.first().filter(|_| !may_test(self.network)) {
            return Err(GenesisError::TestRules(*test));
        }
        if version == 0 || Rules::on(&self.rules).next().is_none_or(|rules| rules.id() != id) {
            return Err(GenesisError::UnknownRules { version, id });
        }
        if self.params.change_rotations == 0 || self.params.rotation_blocks < 2 {
            return Err(GenesisError::HastyChange);
        }
        Ok(())
    }

    fn check_voters(&self) -> Result<(), GenesisError> {
        let mut powers = self.voters.iter().map(|v| v.power);
        let first = powers.next();
        // R14: equal virtual power.
        if self.params.bootstrap_stake > Rao::ZERO && powers.any(|power| Some(power) != first) {
            return Err(GenesisError::UnequalPower);
        }
        let max = self.params.max_voters;
        let counts = [
            ("voters of genesis", self.voters.len()),
            ("min_voters", usize::from(self.params.min_voters)),
        ];
        if let Some((what, got)) = counts.into_iter().find(|(_, got)| *got > usize::from(max)) {
            return Err(GenesisError::TooManyVoters { what, got, max });
        }
        for voter in &self.voters {
            let stake = self.stakes.binary_search_by(|s| s.hotkey.cmp(&voter.hotkey));
            let owner = stake.ok().and_then(|at| self.stakes.get(at)).map(|s| s.coldkey);
            if owner.is_some_and(|owner| owner != voter.coldkey) {
                return Err(GenesisError::TwoOwners { hotkey: voter.hotkey });
            }
        }
        Ok(())
    }

    /// R16: a node that slept less than stake is held for can't be told another past.
    fn check_times(&self) -> Result<(), GenesisError> {
        let Params { rotation_blocks, unbonding_blocks, max_voters, .. } = self.params;
        let few = |name, got: u64, (each, of, what): (u64, u64, &str)| {
            let least = each.saturating_mul(of);
            let times = format!("{each} times {what} ({of}); raise it, or lower {what}");
            if got < least {
                Err(GenesisError::TooFewBlocks { name, got, least, times })
            } else {
                Ok(())
            }
        };
        let voters = (params::ROTATION, u64::from(max_voters), "max_voters");
        few("rotation_blocks", rotation_blocks, voters)?;
        let rotations = (params::UNBONDING, rotation_blocks, "rotation_blocks");
        few("unbonding_blocks", unbonding_blocks, rotations)
    }

    fn check_subnet(&self, subnet: &GenesisSubnet) -> Result<(), GenesisError> {
        let (netuid, neurons) = (subnet.netuid, subnet.neurons.len());
        let max = subnet.hyperparameters.max_uids;
        if netuid == Netuid::ZERO || neurons > usize::from(max) {
            return Err(GenesisError::SubnetSize { netuid, neurons, max });
        }
        let unsound = |error| GenesisError::Hyperparameters { netuid, error };
        subnet.hyperparameters.check().map_err(unsound)?;
        for (uid, neuron) in (0..=u16::MAX).zip(&subnet.neurons) {
            let hotkey = neuron.hotkey;
            let is_voter = self.voters.binary_search_by(|v| v.hotkey.cmp(&hotkey)).is_ok();
            if !is_voter && self.stakes.binary_search_by(|s| s.hotkey.cmp(&hotkey)).is_err() {
                return Err(GenesisError::UnknownHotkey { netuid, uid: Uid(uid), hotkey });
            }
        }
        let mut keys: Vec<_> = subnet.neurons.iter().map(|n| n.hotkey).collect();
        keys.sort_unstable();
        ascending("neurons", keys.into_iter())
    }
}

fn ascending<T: Ord>(
    name: &'static str,
    mut list: impl Iterator<Item = T>,
) -> Result<(), GenesisError> {
    let Some(mut last) = list.next() else { return Ok(()) };
    for next in list {
        if next <= last {
            return Err(GenesisError::Unsorted(name));
        }
        last = next;
    }
    Ok(())
}
