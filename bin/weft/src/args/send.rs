//! Arguments of transfers and of commands about stake.

use super::market::TakeArgs;
use super::paying::Paying;
use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub struct TransferArgs {
    /// Who receives: address, public key or wallet name
    pub to: String,
    /// How much: 1.5, 1.5tao, 1500000000rao, or all
    pub amount: String,
    #[command(flatten)]
    pub paying: Paying,
}

#[derive(Subcommand, Debug)]
pub enum StakeCommand {
    /// Put free coins behind a hotkey
    Add(StakeArgs),
    /// Take stake back; it is free after the unbonding time
    Remove(StakeArgs),
    /// Set what the wallet's hotkey keeps of its delegators' dividends
    Take(TakeArgs),
}

#[derive(Args, Debug)]
pub struct StakeArgs {
    /// The hotkey: address, public key or wallet name
    pub to: String,
    /// How much: 1.5, 1.5tao, 1500000000rao, or all
    pub amount: String,
    #[command(flatten)]
    pub paying: Paying,
}
