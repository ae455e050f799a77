//! What a hotkey lacks to be taken as a voter from a subnet (R13): the judgement that the rotation
//! makes, with its reason.
//!
//! Not here: stake and offers, which count beside it (`candidates`).

use super::reads::{neuron, row, seat, subnet};
use crate::state::Read;
use weft_types::{Height, Netuid, PublicKey, Uid};

/// What a hotkey lacks to be offered as a voter, or to be taken at the next rotation (R13); but for
/// `Freedom` in the order in which one comes by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferLacks {
    /// It is a neuron of no subnet.
    Seat,
    /// It is a neuron, and none with a permit.
    Permit {
        /// Where it is one.
        netuid: Netuid,
        /// Which.
        uid: Uid,
    },
    /// It has a permit, and no row where it has one.
    Row {
        /// Where it has a permit.
        netuid: Netuid,
        /// As which neuron.
        uid: Uid,
    },
    /// It has a row where it has a permit, and that will be too old.
    Fresh {
        /// Where.
        netuid: Netuid,
        /// As which neuron.
        uid: Uid,
        /// When it was written.
        written: Height,
        /// How many blocks old it may be.
        cutoff: u64,
        /// At the next rotation.
        rotation: Height,
    },
    /// It is jailed (R17), beyond the next rotation.
    Freedom {
        /// Before this height.
        until: Height,
    },
}

impl OfferLacks {
    /// Whether a row written now would be too old as well.
    pub(crate) fn is_early(&self, now: Height) -> bool {
        matches!(self, Self::Fresh { cutoff, rotation, .. } if rotation.since(now) > *cutoff)
    }

    /// How far it has come.
    pub(crate) fn step(&self, now: Height) -> u8 {
        match self {
            Self::Seat => 0,
            Self::Permit { .. } => 1,
            Self::Row { .. } => 2,
            Self::Fresh { .. } if self.is_early(now) => 3,
            Self::Fresh { .. } => 4,
            Self::Freedom { .. } => 5,
        }
    }
}

/// What a hotkey lacks in a subnet to be taken from there at a rotation.
pub(crate) fn lack(
    state: &dyn Read,
    hotkey: &PublicKey,
    netuid: Netuid,
    rotation: Height,
) -> Option<OfferLacks> {
    let sits = || {
        let uid = seat(state, netuid, hotkey)?;
        Some((uid, neuron(state, netuid, uid)?, subnet(state, netuid)?))
    };
    let Some((uid, who, net)) = sits() else { return Some(OfferLacks::Seat) };
    if !who.validator_permit {
        return Some(OfferLacks::Permit { netuid, uid });
    }
    if row(state, netuid, uid).is_none() {
        return Some(OfferLacks::Row { netuid, uid });
    }
    let (written, cutoff) = (who.last_update, net.hyperparameters.activity_cutoff);
    let is_fresh = rotation.since(written) <= cutoff;
    (!is_fresh).then_some(OfferLacks::Fresh { netuid, uid, written, cutoff, rotation })
}
