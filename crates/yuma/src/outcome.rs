//! What an epoch says. The names, and their order, are those of the case format, so two
//! equal outcomes are equal text when they are written.

use crate::snapshot::Row;
use serde::{Deserialize, Serialize};

/// The outcome of an epoch: one entry for each uid in every list. A `u16` is a ratio,
/// floor(x * 65 535), so 65 535 means 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// 1 where the neuron was updated within the cutoff.
    pub active: Vec<u8>,
    /// 1 where the neuron has a permit from the next epoch on.
    pub new_validator_permit: Vec<u8>,
    /// Its part of the stake that counts.
    pub stake_weight: Vec<u16>,
    /// The score that kappa of the stake supports.
    pub consensus: Vec<u16>,
    /// Its part of the miners' emission.
    pub incentive: Vec<u16>,
    /// Its part of the validators' emission.
    pub dividends: Vec<u16>,
    /// How much of its row survived the clip.
    pub validator_trust: Vec<u16>,
    /// What it earns as a miner, in rao.
    pub server_emission: Vec<u64>,
    /// What it earns as a validator, in rao.
    pub validator_emission: Vec<u64>,
    /// Both together, in rao.
    pub emission: Vec<u64>,
    /// Bond rows to be stored; empty without a new permit.
    #[serde(with = "crate::case::flat_rows")]
    pub bonds: Vec<Row>,
    /// The same in full precision.
    pub fx: Fx,
}

/// Results in full precision: raw bits, value * 2^32.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fx {
    /// Stake, normalised.
    pub stake: Vec<u64>,
    /// Stake of active validators, normalised.
    pub active_stake: Vec<u64>,
    /// Consensus.
    pub consensus: Vec<u64>,
    /// Validator trust.
    pub validator_trust: Vec<u64>,
    /// Rank before it is normalised.
    pub ranks_raw: Vec<u64>,
    /// Incentive: the normalised rank.
    pub incentive: Vec<u64>,
    /// Dividends, normalised.
    pub dividends: Vec<u64>,
    /// The miners' part of the emission.
    pub norm_server_emission: Vec<u64>,
    /// The validators' part; by stake when nothing was scored.
    pub norm_validator_emission: Vec<u64>,
    /// Both together.
    pub norm_combined_emission: Vec<u64>,
}
