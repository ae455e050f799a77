//! The numbers of a chain. Each is a genesis field; presets differ in these only.

use crate::address::Network;
use crate::hyperparameters::Hyperparameters;
use crate::units::{Height, Rao};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A rotation has so many blocks for each voter there may be, or more (R16).
pub const ROTATION: u64 = 4;

/// Stake that voted waits for so many rotations, or longer (R16).
pub const UNBONDING: u64 = 4;

/// Numbers that hold for the whole chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Length of a slot in milliseconds.
    pub slot_ms: u64,
    /// Blocks between two possible rotations of the voters (R12); [`ROTATION`] for each of
    /// `max_voters` or more.
    pub rotation_blocks: u64,
    /// Blocks that stake of a voter stays slashable after a request to leave (R15);
    /// [`UNBONDING`] rotations or more.
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
    /// Rotations, and a half, from the lock-in of new rules to the change (R21).
    pub change_rotations: u64,
    /// Voters and proposer have one part in this many of a block's emission each; 0 for
    /// none (R18).
    pub voter_pay_divisor: u64,
    /// Fee of a transaction, before its bytes.
    pub base_fee: Rao,
    /// Fee of each byte of a transaction.
    pub byte_fee: Rao,
    /// What opening an account costs while the state is empty; it is recycled.
    pub account_deposit: Rao,
    /// How many values the state is meant to hold: the nearer it is to that, the dearer
    /// an account.
    pub state_values: u64,
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
    /// Blocks between two root epochs, which share the emission out among the subnets.
    pub root_tempo: u64,
    /// The highest take, 65 535 = 1.
    pub max_take: u16,
    /// Blocks after a change of take before it may be raised.
    pub take_increase_blocks: u64,
    /// How many blocks back a stamp may name its block.
    pub stamp_window: u64,
    /// In this many blocks before an epoch the owner changes no hyperparameter.
    pub admin_freeze_window: u64,
    /// How many may offer themselves as voters at a time.
    pub max_candidates: u16,
    /// Whether neurons may serve endpoints that can't be reached over the internet.
    pub any_endpoint: bool,
    /// The hyperparameters of a new subnet.
    pub subnet_defaults: Hyperparameters,
    /// Limits on what travels.
    pub limits: Limits,
}

/// From which height on how many subnets may exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotStep {
    /// The first height.
    pub from: Height,
    /// The number of subnets, root not counted.
    pub slots: u16,
}

/// Limits of R19. Bytes are those of the canonical encoding.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a block.
    pub block_bytes: u32,
    /// Transactions in a block.
    pub block_calls: u32,
    /// Bytes of free calls in a block.
    pub free_bytes: u32,
    /// Bytes of the items of one share.
    pub share_bytes: u32,
    /// Calls of one batch.
    pub batch_calls: u32,
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
            change_rotations: 14,
            voter_pay_divisor: 64,
            base_fee: Rao(1_000),
            byte_fee: Rao(10),
            account_deposit: Rao(1_000_000),
            state_values: 1 << 22,
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
            root_tempo: 360,
            max_take: 11_796,
            take_increase_blocks: 216_000,
            stamp_window: 16,
            admin_freeze_window: 10,
            max_candidates: 256,
            any_endpoint: false,
            subnet_defaults: Hyperparameters::preset(Network::Main),
            limits: Limits {
                block_bytes: 4 << 20,
                block_calls: 20_000,
                free_bytes: 512 << 10,
                share_bytes: 4 << 10,
                batch_calls: 64,
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
            change_rotations: 2,
            account_deposit: Rao(100),
            lock_minimum: Rao(10_000_000_000),
            lock_interval: 600,
            subnet_immunity: 2_400,
            eviction_shift: 3,
            root_tempo: 60,
            take_increase_blocks: 1_200,
            any_endpoint: true,
            admin_freeze_window: 3,
            subnet_defaults: Hyperparameters::preset(Network::Local),
            ..main
        }
    }

    fn bench() -> Self {
        let local = Self::local();
        Self {
            slot_ms: 250,
            rotation_blocks: 256,
            unbonding_blocks: 1_024,
            exit_blocks: 40,
            max_voters: 64,
            bootstrap_stake: Rao(0),
            bootstrap_fade: 0,
            bootstrap_candidates: 1,
            lock_interval: 400,
            subnet_immunity: 1_600,
            root_tempo: 40,
            take_increase_blocks: 800,
            subnet_defaults: Hyperparameters::preset(Network::Bench),
            ..local
        }
    }
}
