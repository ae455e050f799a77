//! The numbers of the subnet that attacks are played on: the main preset, its times divided by
//! [`SHRINK`], its rules and amounts as they are.

use weft_types::units::RAO_PER_TAO;
use weft_types::{Hyperparameters, Network, Params, Rao};

/// By how much times are shorter than on the main chain: an epoch comes every 10 blocks.
pub const SHRINK: u64 = 36;

/// What every operator who may register has free at the start.
pub(super) const FREE: Rao = Rao(1_000 * RAO_PER_TAO);

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
pub(super) fn params() -> Params {
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
