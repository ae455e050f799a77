//! The numbers of a chain. Each is a genesis field; presets differ in these only.

use crate::address::Network;
use crate::units::{Height, Rao};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Numbers that hold for the whole chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Params {
    /// Length of a slot in milliseconds.
    pub slot_ms: u64,
    /// Blocks between two possible rotations of the voters (R12).
    pub rotation_blocks: u64,
    /// Blocks that stake of a voter stays slashable after a request to leave (R15).
    pub unbonding_blocks: u64,
    /// Blocks until other stake is free after a request (R15).
    pub exit_blocks: u64,
    /// Rotations that an offender is jailed (R17).
    pub jail_rotations: u64,
    /// An offence costs one part in this many of the stake (R17).
    pub slash_divisor: u64,
    /// The largest voter set (R13).
    pub max_voters: u16,
    /// The smallest voter set (R13).
    pub min_voters: u16,
    /// Stake at which the genesis voters begin to hand over (R14).
    pub bootstrap_stake: Rao,
    /// Rotations over which their virtual power fades (R14).
    pub bootstrap_fade: u64,
    /// Candidates that together must hold `bootstrap_stake` (R14).
    pub bootstrap_candidates: u16,
    /// Fee of a transaction, before its bytes.
    pub base_fee: Rao,
    /// Fee of each byte of a transaction.
    pub byte_fee: Rao,
    /// The least amount that opens an account.
    pub existential_deposit: Rao,
    /// The least stake of one coldkey behind one hotkey.
    pub min_stake: Rao,
    /// Stake below this counts as none in an epoch, and sets no weights.
    pub stake_threshold: Rao,
    /// Take of a hotkey that has not set one, 65 535 = 1.
    pub default_take: u16,
    /// The part of an epoch's emission that goes to the owner, 65 535 = 1.
    pub owner_cut: u16,
    /// Epochs that one block may run; later ones wait for the next.
    pub max_epochs_per_block: u16,
    /// Subnets that may exist from a height on, heights ascending.
    pub subnet_slots: Vec<SlotStep>,
    /// The least lock of a new subnet.
    pub lock_minimum: Rao,
    /// Blocks over which the last lock falls to nothing.
    pub lock_interval: u64,
    /// Blocks that a new subnet can't be evicted.
    pub subnet_immunity: u64,
    /// The moving average of a subnet's share moves by one part in 2^this.
    pub eviction_shift: u8,
    /// The hyperparameters of a new subnet.
    pub subnet_defaults: Hyperparameters,
    /// Limits on what travels.
    pub limits: Limits,
}

/// From which height on how many subnets may exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct SlotStep {
    /// The first height.
    pub from: Height,
    /// The number of subnets, root not counted.
    pub slots: u16,
}

/// Limits of R19. Bytes are those of the canonical encoding.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of a block.
    pub block_bytes: u32,
    /// Transactions in a block.
    pub block_calls: u32,
    /// Bytes of free calls in a block.
    pub free_bytes: u32,
    /// Bytes of the items of one share.
    pub share_bytes: u32,
}

/// The numbers of one subnet (B7, with the same names).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Hyperparameters {
    /// Blocks between two epochs.
    pub tempo: u64,
    /// Blocks after which a neuron that set no weights is inactive.
    pub activity_cutoff: u64,
    /// Blocks that a new neuron can't be replaced.
    pub immunity_period: u64,
    /// Blocks between two weight settings of one validator.
    pub weights_rate_limit: u64,
    /// The fewest entries of a row.
    pub min_allowed_weights: u16,
    /// The most neurons.
    pub max_uids: u16,
    /// The most validator permits.
    pub max_validators: u16,
    /// The share of stake that carries a score, 65 535 = 1.
    pub kappa: u16,
    /// 1 - the weight of a new bond, in millionths.
    pub bonds_moving_avg: u64,
    /// How far clipped weights count for bonds, 65 535 = fully.
    pub bonds_penalty: u16,
    /// Yuma 3 bonds rather than Yuma 2.
    pub yuma3: bool,
    /// Liquid alpha on top of Yuma 3.
    pub liquid_alpha: bool,
    /// Liquid alpha's lower bound, 65 535 = 1.
    pub alpha_low: u16,
    /// Liquid alpha's upper bound, 65 535 = 1.
    pub alpha_high: u16,
    /// Liquid alpha's steepness, in hundredths.
    pub alpha_sigmoid_steepness: i16,
    /// The least version key of a row; 0 takes any.
    pub weights_version: u64,
    /// Whether plain rows are refused in favour of commit and reveal.
    pub commit_reveal: bool,
    /// Whether neurons may register by burning.
    pub burn_registration: bool,
    /// The least burn price.
    pub min_burn: Rao,
    /// The highest burn price.
    pub max_burn: Rao,
    /// Blocks in which the burn price halves.
    pub burn_half_life: u64,
    /// What a registration multiplies the burn price by, in hundredths.
    pub burn_increase_percent: u64,
    /// Registrations that one block may hold.
    pub max_registrations_per_block: u16,
}

impl Params {
    /// The preset of a network (settled details, section Numbers). `main` and `test`
    /// share one; a genesis may change any field.
    #[must_use]
    pub fn preset(network: Network) -> Self {
        match network {
            Network::Main | Network::Test => Self::main(),
            Network::Local => Self::local(),
            Network::Bench => Self::bench(),
        }
    }

    fn main() -> Self {
        Self {
            slot_ms: 12_000,
            rotation_blocks: 7_200,
            unbonding_blocks: 100_800,
            exit_blocks: 360,
            jail_rotations: 14,
            slash_divisor: 20,
            max_voters: 64,
            min_voters: 4,
            bootstrap_stake: Rao(25_000_000_000_000),
            bootstrap_fade: 90,
            bootstrap_candidates: 16,
            base_fee: Rao(1_000),
            byte_fee: Rao(10),
            existential_deposit: Rao(500),
            min_stake: Rao(2_000_000),
            stake_threshold: Rao(0),
            default_take: 11_796,
            owner_cut: 11_796,
            max_epochs_per_block: 2,
            subnet_slots: vec![
                SlotStep { from: Height(0), slots: 32 },
                SlotStep { from: Height(2_629_800), slots: 64 },
                SlotStep { from: Height(5_259_600), slots: 128 },
            ],
            lock_minimum: Rao(1_000_000_000_000),
            lock_interval: 50_400,
            subnet_immunity: 432_000,
            eviction_shift: 8,
            subnet_defaults: Hyperparameters::main(),
            limits: Limits {
                block_bytes: 4 << 20,
                block_calls: 20_000,
                free_bytes: 512 << 10,
                share_bytes: 4 << 10,
            },
        }
    }

    fn local() -> Self {
        let main = Self::main();
        Self {
            slot_ms: 1_000,
            rotation_blocks: 240,
            unbonding_blocks: 1_200,
            exit_blocks: 60,
            jail_rotations: 5,
            max_voters: 16,
            min_voters: 1,
            bootstrap_stake: Rao(100_000_000_000),
            bootstrap_fade: 5,
            bootstrap_candidates: 4,
            lock_minimum: Rao(10_000_000_000),
            lock_interval: 600,
            subnet_immunity: 2_400,
            eviction_shift: 3,
            subnet_defaults: Hyperparameters {
                tempo: 60,
                activity_cutoff: 480,
                immunity_period: 480,
                weights_rate_limit: 10,
                commit_reveal: false,
                burn_half_life: 60,
                max_registrations_per_block: 4,
                ..main.subnet_defaults
            },
            ..main
        }
    }

    fn bench() -> Self {
        let local = Self::local();
        Self {
            slot_ms: 250,
            rotation_blocks: 160,
            unbonding_blocks: 800,
            exit_blocks: 40,
            max_voters: 64,
            bootstrap_stake: Rao(0),
            bootstrap_fade: 0,
            bootstrap_candidates: 1,
            lock_interval: 400,
            subnet_immunity: 1_600,
            subnet_defaults: Hyperparameters {
                tempo: 40,
                activity_cutoff: 320,
                immunity_period: 320,
                burn_half_life: 40,
                max_registrations_per_block: 8,
                ..local.subnet_defaults
            },
            ..local
        }
    }
}

impl Hyperparameters {
    fn main() -> Self {
        Self {
            tempo: 360,
            activity_cutoff: 5_000,
            immunity_period: 5_000,
            weights_rate_limit: 100,
            min_allowed_weights: 1,
            max_uids: 256,
            max_validators: 64,
            kappa: 32_767,
            bonds_moving_avg: 900_000,
            bonds_penalty: 65_535,
            yuma3: true,
            liquid_alpha: false,
            alpha_low: 45_875,
            alpha_high: 58_982,
            alpha_sigmoid_steepness: 1_000,
            weights_version: 0,
            commit_reveal: true,
            burn_registration: true,
            min_burn: Rao(500_000),
            max_burn: Rao(100_000_000_000),
            burn_half_life: 360,
            burn_increase_percent: 126,
            max_registrations_per_block: 1,
        }
    }
}
