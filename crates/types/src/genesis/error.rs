//! What can be wrong with a genesis.

use crate::hyperparameters::Unsound;
use crate::key::PublicKey;
use crate::rules::RulesId;
use crate::units::{Netuid, SUPPLY_CAP, Uid};

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
    /// A block would keep no room for what it must (R19).
    #[error("{name} is {got}, and what a block keeps for free calls needs {least}; raise it")]
    NoRoom {
        /// The limit.
        name: &'static str,
        /// What it is.
        got: u32,
        /// What it must be.
        least: u32,
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
    #[error("the genesis allocates more than the {SUPPLY_CAP:#} TAO that can ever exist")]
    TooManyCoins,
    /// More power than stake can exist.
    #[error("the voters' power sums to more than the {SUPPLY_CAP:#} TAO that can ever exist")]
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
