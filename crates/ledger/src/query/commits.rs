//! What a validator that hides its rows must know: which epoch this is, what it has
//! committed to, and when that may be revealed.

use crate::rules::{due, next_epoch, reads};
use crate::state::Read;
use serde::{Deserialize, Serialize};
use weft_types::{Hash, Height, Netuid, Params, PublicKey, Wide};

/// A commitment that can still be revealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Its hash.
    pub hash: Hash,
    /// The height that it named.
    pub at: Height,
    /// The epoch in which it was made.
    pub epoch: u64,
    /// The one epoch in which it may be revealed.
    pub reveal_epoch: u64,
}

/// The commitments of a hotkey in a subnet, as a call of the next block finds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promises {
    /// Whether rows are committed and revealed here.
    pub commit_reveal: bool,
    /// The epoch of the next block.
    pub epoch: u64,
    /// The block that runs the epoch after it, if nothing puts it off.
    pub next_epoch: Height,
    /// Blocks between two epochs.
    pub tempo: u64,
    /// The height that the last commitment named; the next one names a later.
    pub last: Height,
    /// Those that can still be revealed, oldest first.
    pub live: Vec<Promise>,
    /// How many uids there are to score.
    pub neurons: u16,
    /// How many a row scores at least.
    pub least: u16,
    /// The least version of a validator's code.
    pub weights_version: Wide,
}

/// The commitments of a hotkey in a subnet; none when there is no such subnet.
pub fn promises(
    state: &impl Read,
    params: &Params,
    (netuid, hotkey): (Netuid, &PublicKey),
) -> Option<Promises> {
    let net = reads::subnet(state, netuid)?;
    let parent = reads::chain(state)?;
    let is_due = due(state, params, &parent).contains(&netuid);
    let uid = reads::seat(state, netuid, hotkey);
    let commits = uid.map(|uid| reads::commits(state, netuid, uid)).unwrap_or_default();
    let (numbers, first) = (&net.hyperparameters, next_epoch(&net));
    let after = if is_due { numbers.tempo } else { 0 };
    let promise = |c: &crate::state::value::Commit| Promise {
        hash: c.hash,
        at: c.at,
        epoch: c.epoch,
        reveal_epoch: c.reveal_epoch,
    };
    Some(Promises {
        commit_reveal: numbers.commit_reveal,
        epoch: net.epochs.saturating_add(u64::from(is_due)),
        next_epoch: Height(first.0.saturating_add(after)),
        tempo: numbers.tempo,
        last: commits.last,
        live: commits.live.iter().map(promise).collect(),
        neurons: net.neurons,
        least: numbers.min_allowed_weights.min(net.neurons),
        weights_version: Wide(numbers.weights_version),
    })
}
