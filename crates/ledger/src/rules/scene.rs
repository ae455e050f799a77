//! A subnet in its epoch: its neurons with what stands behind them.

use crate::state::value::{Neuron, Subnet};
use weft_types::{Netuid, PublicKey, Rao, Uid};

/// A neuron and whose its hotkey is.
pub struct Member {
    /// Its uid.
    pub uid: Uid,
    /// What the last epoch said of it.
    pub neuron: Neuron,
    /// The owner of its hotkey.
    pub coldkey: PublicKey,
    /// What the operator keeps of dividends, 65 535 = 1.
    pub take: u16,
    /// The stake behind its hotkey, virtual stake counted.
    pub stake: Rao,
    /// The part of it that is virtual (R14).
    pub virtual_stake: Rao,
}

/// A subnet in its epoch.
pub struct Scene {
    /// Which.
    pub netuid: Netuid,
    /// The subnet.
    pub net: Subnet,
    /// Its neurons, by uid.
    pub members: Vec<Member>,
    /// The owner's uid.
    pub owner: Option<Uid>,
}
