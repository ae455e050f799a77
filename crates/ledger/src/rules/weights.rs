//! Weight rows: one check and one apply for both doors (I4).
//!
//! The checks are those of B6 in its order, each with its own error, and then what this
//! chain adds: a row says at which height its validator looked, so that a new neuron
//! never inherits scores meant for the one before it, and an old row is never replayed.

use super::books::Books;
use super::error::CallError;
use super::reads::{hotkey, neuron, owner_uid, row as stored, seat, subnet};
use crate::state::value::{Neuron, Subnet};
use crate::state::{Key, Value};
use weft_types::{Height, Netuid, PublicKey, Uid, WeightRow};

/// The door of shares: the row of a voter, who votes for this block's parent and can have
/// looked at nothing else.
pub fn set_from_share(
    books: &mut Books<'_>,
    voter: &PublicKey,
    row: &WeightRow,
) -> Result<(), CallError> {
    let (view, target) = (row.view, books.parent.height);
    if view != target {
        return Err(CallError::RowNotOfTarget { view, target });
    }
    set(books, voter, row)
}

/// Checks a row of a hotkey and stores it: the door of `set_weights`, and of both.
pub fn set(books: &mut Books<'_>, signer: &PublicKey, row: &WeightRow) -> Result<(), CallError> {
    let (uid, who) = check(books, signer, row)?;
    let entries = row.uids.iter().copied().zip(upscale(&row.values)).collect();
    books.put(Key::Row(row.netuid, uid), Value::Row(entries));
    books.put_neuron(row.netuid, uid, Neuron { last_update: row.view, ..who });
    Ok(())
}

/// All checks, in order; answers who writes.
fn check(
    books: &Books<'_>,
    signer: &PublicKey,
    row: &WeightRow,
) -> Result<(Uid, Neuron), CallError> {
    let netuid = row.netuid;
    if netuid == Netuid::ZERO {
        return Err(CallError::RootRowsNotOpen);
    }
    let (uids, values) = (row.uids.len(), row.values.len());
    if uids != values {
        return Err(CallError::WeightVecNotEqualSize { uids, values });
    }
    let net = subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    if uids > usize::from(net.neurons) {
        return Err(CallError::UidsLengthExceedUidsInSubNet { uids, neurons: net.neurons });
    }
    let absent = CallError::HotKeyNotRegisteredInSubNet { hotkey: *signer, netuid };
    let uid = seat(books, netuid, signer).ok_or_else(|| absent.clone())?;
    let who = neuron(books, netuid, uid).ok_or(absent)?;
    may_write(books, &net, (uid, &who), row)?;
    good_entries(&net, uid, row)?;
    good_view(books, &net, (uid, &who), row)?;
    Ok((uid, who))
}

/// Stake, version, rate, permit.
fn may_write(
    books: &Books<'_>,
    net: &Subnet,
    (uid, who): (Uid, &Neuron),
    row: &WeightRow,
) -> Result<(), CallError> {
    let (netuid, numbers) = (row.netuid, &net.hyperparameters);
    let pool = hotkey(books, &who.hotkey);
    let is_own = net.owner.is_some() && pool.map(|p| p.coldkey) == net.owner;
    let is_owner = is_own && owner_uid(books, netuid, net) == Some(uid);
    let (have, need) = (pool.map(|p| p.value).unwrap_or_default(), books.params.stake_threshold);
    if have < need && !is_owner {
        return Err(CallError::NotEnoughStakeToSetWeights { have, need });
    }
    let (got, least) = (row.version_key, numbers.weights_version);
    if got < least {
        return Err(CallError::IncorrectWeightVersionKey { got, least });
    }
    if numbers.commit_reveal {
        return Err(CallError::CommitRevealEnabled { netuid });
    }
    let limit = numbers.weights_rate_limit;
    let waited = books.height.since(who.last_update);
    if waited < limit && stored(books, netuid, uid).is_some() {
        let blocks_left = limit.saturating_sub(waited);
        return Err(CallError::SettingWeightsTooFast { blocks_left, limit });
    }
    if !who.validator_permit && !is_owner && !is_lone_self(uid, row) {
        return Err(CallError::NeuronNoValidatorPermit { uid, netuid });
    }
    Ok(())
}

/// A neuron may always score nobody but itself.
fn is_lone_self(uid: Uid, row: &WeightRow) -> bool {
    row.uids == [uid]
}

/// Ascending uids that exist, and enough of them.
fn good_entries(net: &Subnet, uid: Uid, row: &WeightRow) -> Result<(), CallError> {
    let neurons = net.neurons;
    if let Some(pair) = row.uids.windows(2).find(|pair| matches!(pair, [a, b] if a >= b)) {
        return Err(CallError::DuplicateUids { uid: pair.last().copied().unwrap_or_default() });
    }
    if let Some(unknown) = row.uids.iter().find(|u| u.0 >= neurons) {
        return Err(CallError::UidVecContainInvalidOne { uid: *unknown, neurons });
    }
    let (got, least) = (row.uids.len(), net.hyperparameters.min_allowed_weights.min(neurons));
    if got < usize::from(least) && !is_lone_self(uid, row) {
        return Err(CallError::WeightVecLengthIsLow { got, least });
    }
    Ok(())
}

/// Not from the future, not older than a tempo, newer than the row it replaces.
fn good_view(
    books: &Books<'_>,
    net: &Subnet,
    (uid, who): (Uid, &Neuron),
    row: &WeightRow,
) -> Result<(), CallError> {
    let (view, height) = (row.view, books.height);
    if view >= height {
        return Err(CallError::RowFromTheFuture { view, height });
    }
    let oldest = Height(height.0.saturating_sub(net.hyperparameters.tempo));
    if view < oldest {
        return Err(CallError::RowTooOld { view, oldest });
    }
    let last = who.last_update;
    let replaces = stored(books, row.netuid, uid).is_some();
    if view < last || (replaces && view == last) {
        return Err(CallError::RowNotNewer { view, last });
    }
    Ok(())
}

/// Scales values so that the largest is 65 535, rounding half up; zeros stay zero (B4).
fn upscale(values: &[u16]) -> Vec<u16> {
    let largest = u64::from(values.iter().copied().max().unwrap_or(0));
    let scaled = |value: &u16| {
        let wide = u64::from(*value).saturating_mul(u64::from(u16::MAX));
        let half = largest.checked_div(2).unwrap_or(0);
        let quotient = wide.saturating_add(half).checked_div(largest).unwrap_or(0);
        u16::try_from(quotient).unwrap_or(u16::MAX)
    };
    values.iter().map(scaled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_scaled_to_the_full_range_as_on_the_live_chain() {
        assert_eq!(upscale(&[0, 1, 65_534]), [0, 1, 65_535]);
        assert_eq!(upscale(&[1]), [65_535]);
        assert_eq!(upscale(&[0, 0]), [0, 0]);
        assert_eq!(upscale(&[]), [0_u16; 0]);
        assert_eq!(upscale(&[1, 2]), [32_768, 65_535]);
    }
}
