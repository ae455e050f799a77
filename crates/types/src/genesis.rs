//! Genesis: what a chain starts from. The hash of its canonical encoding is the
//! chain id, so two chains that differ in one number never mistake each other.
//!
//! Here is what it holds; `check` says whether a chain can start from it.

mod check;
mod error;

pub use error::GenesisError;

use crate::address::Network;
use crate::canonical;
use crate::codec::Canonical;
use crate::hash::{BlockHash, ChainId, Domain, Hash};
use crate::header::Header;
use crate::hyperparameters::Hyperparameters;
use crate::key::PublicKey;
use crate::params::Params;
use crate::rules::{GenesisRules, Rules, RulesId};
use crate::share::{Checkpoint, Finality, Voter, VoterSet};
use crate::units::{Height, Millis, Netuid, Power, RAO_PER_TAO, Rao, Round, Slot, Work};
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

    /// The chain's numbers for checks that know no state ([`Rules::widest`]).
    #[must_use]
    pub fn widest(&self) -> Params {
        Rules::widest(&self.rules, &self.params)
    }

    /// The voters until the first rotation.
    #[must_use]
    pub fn voter_set(&self) -> VoterSet {
        let voter = |v: &GenesisVoter| Voter { key: v.hotkey, power: v.power, trust: 0 };
        VoterSet { voters: self.voters.iter().map(voter).collect(), anchor: self.chain_id() }
    }
}
