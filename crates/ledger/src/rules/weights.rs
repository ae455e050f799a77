//! Weight rows, plain and committed: one check and one apply for both doors (I4).
//!
//! The checks are those of B6 in its order, each with its own error, and then what this
//! chain adds: a row says at which height its validator looked, so that a new neuron
//! never inherits scores meant for the one before it, and an old row is never replayed.
//!
//! A committed row is hidden until the epoch in which its copy would be worthless. The
//! commitment counts for nothing; the reveal is checked like a plain row that looked at
//! the height the commitment named, and what it scores of neurons newer than that is
//! dropped. Which epoch a commitment is of, and when it may be revealed, is fixed when it
//! is made. Rows of the root matrix are in `root`.

use super::axon::{is_since, sitting};
use super::books::{Books, plus};
use super::error::CallError;
use super::event::Event;
use super::reads::{self, commits, hotkey, neuron, owner_uid, subnet, virtual_stake};
use super::row::{ascending, fresh, paired, upscale};
use super::{epoch, register, root};
use crate::state::value::{Commit, Neuron, Subnet};
use crate::state::{Key, Value};
use weft_types::{Commitment, Height, Item, Netuid, PublicKey, Reveal, Uid, WeightRow, Wide};

/// The door of shares: an item of a voter, who votes for this block's parent and can have
/// looked at nothing else.
pub fn set_from_share(
    books: &mut Books<'_>,
    voter: &PublicKey,
    item: &Item,
) -> Result<(), CallError> {
    let target = books.parent.height;
    let view = match item {
        Item::Row(row) => row.view,
        Item::Commit(commitment) => commitment.at,
        Item::Reveal(_) => target,
    };
    if view != target {
        return Err(CallError::RowNotOfTarget { view, target });
    }
    match item {
        Item::Row(row) => set(books, voter, row),
        Item::Commit(commitment) => commit(books, voter, commitment),
        Item::Reveal(reveal) => self::reveal(books, voter, reveal),
    }
}

/// Checks a row of a hotkey and stores it: the door of `set_weights`, and of both.
pub fn set(books: &mut Books<'_>, signer: &PublicKey, row: &WeightRow) -> Result<(), CallError> {
    if row.netuid == Netuid::ZERO {
        return root::set(books, signer, row);
    }
    let (net, uid, who) = sized(books, signer, row)?;
    may_write(books, &net, (uid, &who), row)?;
    is_plain(books, &net, (uid, &who), row)?;
    has_permit(books, &net, (uid, &who), row)?;
    good_entries(&net, uid, row)?;
    good_view(books, &net, (uid, &who), row)?;
    let (netuid, view) = (row.netuid, row.view);
    put(books, (netuid, uid, who), (row, view));
    books.say(Event::WeightsSet { netuid, uid });
    Ok(())
}

/// Whether the row of a hotkey is one that can be stored: what is wrong with the row itself,
/// not with the moment, the stake or the permit, which time may mend.
pub fn fits(books: &Books<'_>, signer: &PublicKey, row: &WeightRow) -> Result<(), CallError> {
    if row.netuid == Netuid::ZERO {
        return root::fits(books, row);
    }
    let (net, uid, _) = sized(books, signer, row)?;
    good_version(&net, row)?;
    good_entries(&net, uid, row)
}

fn put(
    books: &mut Books<'_>,
    (netuid, uid, who): (Netuid, Uid, Neuron),
    (row, last_update): (&WeightRow, Height),
) {
    let entries = row.uids.iter().copied().zip(upscale(&row.values)).collect();
    books.put(Key::Row(netuid, uid), Value::Row(entries));
    books.put_neuron(netuid, uid, Neuron { last_update, ..who });
}

/// Which epoch a call of this block belongs to: how many have run, and in the block of an
/// epoch already the next.
pub fn epoch_of(books: &Books<'_>, netuid: Netuid, net: &Subnet) -> u64 {
    net.epochs.saturating_add(u64::from(books.due.contains(&netuid)))
}

/// Stores a commitment of a hotkey: one an epoch. It does not count as activity.
pub fn commit(
    books: &mut Books<'_>,
    signer: &PublicKey,
    commitment: &Commitment,
) -> Result<(), CallError> {
    let netuid = commitment.netuid;
    let net = subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    let (uid, who) = sitting(books, netuid, signer)?;
    enough_stake(books, &net, (uid, &who), netuid)?;
    if !net.hyperparameters.commit_reveal {
        return Err(CallError::CommitRevealDisabled { netuid });
    }
    if !who.validator_permit && !is_owners(books, &net, netuid, uid) {
        return Err(CallError::NeuronNoValidatorPermit { uid, netuid });
    }
    register::is_recent(books, commitment.at)?;
    is_since(&who, commitment.at)?;
    let mut list = commits(books, netuid, uid);
    if commitment.at <= list.last {
        return Err(CallError::NotNewer { named: commitment.at, last: list.last });
    }
    let epoch = epoch_of(books, netuid, &net);
    if list.live.iter().any(|live| live.epoch == epoch) {
        return Err(CallError::CommittedThisEpoch { epoch });
    }
    let period = u64::from(net.hyperparameters.commit_reveal_period.max(1));
    let reveal_epoch = epoch.checked_add(period).ok_or(CallError::OutOfRange)?;
    list.live.retain(|live| live.reveal_epoch >= epoch);
    list.live.push(Commit { hash: commitment.hash, epoch, reveal_epoch, at: commitment.at });
    list.last = commitment.at;
    books.put(Key::Commits(netuid, uid), Value::Commits(list));
    books.say(Event::WeightsCommitted { netuid, uid, reveal_epoch });
    Ok(())
}

/// Checks what a hotkey reveals and stores it. Older commitments are void.
pub fn reveal(books: &mut Books<'_>, signer: &PublicKey, said: &Reveal) -> Result<(), CallError> {
    let netuid = said.netuid;
    if netuid == Netuid::ZERO {
        return Err(CallError::SubnetNotExists { netuid });
    }
    let mut row = WeightRow {
        netuid,
        uids: said.uids.clone(),
        values: said.values.clone(),
        version_key: said.version_key,
        view: books.height,
    };
    let (net, uid, who) = sized(books, signer, &row)?;
    may_write(books, &net, (uid, &who), &row)?;
    let mut list = commits(books, netuid, uid);
    let epoch = epoch_of(books, netuid, &net);
    let until = |due| epoch::blocks_until(books, &net, (epoch, due));
    let promised = promise(&list.live, said.commitment(signer), (epoch, &until))?;
    has_permit(books, &net, (uid, &who), &row)?;
    good_entries(&net, uid, &row)?;
    list.live.retain(|live| live.epoch > promised.epoch);
    books.put(Key::Commits(netuid, uid), Value::Commits(list));
    drop_newer(books, &mut row, promised.at);
    let view = books.height;
    put(books, (netuid, uid, who), (&row, view));
    books.say(Event::WeightsRevealed { netuid, uid });
    Ok(())
}

/// The commitment with this hash, if this is the epoch for it.
fn promise(
    live: &[Commit],
    hash: weft_types::Hash,
    (epoch, until): (u64, &dyn Fn(u64) -> u64),
) -> Result<Commit, CallError> {
    if live.is_empty() {
        return Err(CallError::NoWeightsCommitFound);
    }
    let found = live.iter().find(|commit| commit.hash == hash).copied();
    let found = found.ok_or(CallError::InvalidRevealCommitHashNotMatch)?;
    let due = found.reveal_epoch;
    match epoch.cmp(&due) {
        std::cmp::Ordering::Less => {
            Err(CallError::RevealTooEarly { epoch, due, blocks_left: until(due) })
        }
        std::cmp::Ordering::Greater => Err(CallError::ExpiredWeightCommit { epoch, due }),
        std::cmp::Ordering::Equal => Ok(found),
    }
}

/// Drops the scores of neurons that came when the validator had looked, so that nobody
/// inherits them.
fn drop_newer(books: &Books<'_>, row: &mut WeightRow, looked: Height) {
    let netuid = row.netuid;
    let older = |uid: &Uid| neuron(books, netuid, *uid).is_some_and(|n| n.registered_at < looked);
    let pairs = row.uids.iter().copied().zip(row.values.iter().copied());
    (row.uids, row.values) = pairs.filter(|(uid, _)| older(uid)).unzip();
}

/// Pairs, a subnet that has so many uids, and a hotkey that sits in it.
fn sized(
    books: &Books<'_>,
    signer: &PublicKey,
    row: &WeightRow,
) -> Result<(Subnet, Uid, Neuron), CallError> {
    let (netuid, uids) = (row.netuid, row.uids.len());
    paired(row)?;
    let net = subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    if uids > usize::from(net.neurons) {
        return Err(CallError::UidsLengthExceedUidsInSubNet { uids, neurons: net.neurons });
    }
    let (uid, who) = sitting(books, netuid, signer)?;
    Ok((net, uid, who))
}

/// Stake and version.
fn may_write(
    books: &Books<'_>,
    net: &Subnet,
    (uid, who): (Uid, &Neuron),
    row: &WeightRow,
) -> Result<(), CallError> {
    enough_stake(books, net, (uid, who), row.netuid)?;
    good_version(net, row)
}

fn good_version(net: &Subnet, row: &WeightRow) -> Result<(), CallError> {
    let (got, least) = (Wide(row.version_key), Wide(net.hyperparameters.weights_version));
    if got < least {
        return Err(CallError::IncorrectWeightVersionKey { got, least });
    }
    Ok(())
}

/// Stake, virtual stake counted, is over the threshold; the owner is exempt.
fn enough_stake(
    books: &Books<'_>,
    net: &Subnet,
    (uid, who): (Uid, &Neuron),
    netuid: Netuid,
) -> Result<(), CallError> {
    let need = books.params.stake_threshold;
    let real = hotkey(books, &who.hotkey).map(|pool| pool.value).unwrap_or_default();
    if real >= need {
        return Ok(());
    }
    let have = plus(real, virtual_stake(books, &who.hotkey))?;
    if have < need && !is_owners(books, net, netuid, uid) {
        return Err(CallError::NotEnoughStakeToSetWeights { have, need });
    }
    Ok(())
}

/// Whether a uid is the owner's own.
fn is_owners(books: &Books<'_>, net: &Subnet, netuid: Netuid, uid: Uid) -> bool {
    owner_uid(books, netuid, net) == Some(uid)
}

/// Plain rows are taken here, and one every so often.
fn is_plain(
    books: &Books<'_>,
    net: &Subnet,
    (uid, who): (Uid, &Neuron),
    row: &WeightRow,
) -> Result<(), CallError> {
    let (netuid, numbers) = (row.netuid, &net.hyperparameters);
    if numbers.commit_reveal {
        return Err(CallError::CommitRevealEnabled { netuid });
    }
    let limit = numbers.weights_rate_limit;
    let blocks_left = register::blocks_missing(books, limit, (who.last_update, row.view));
    if blocks_left > 0 && reads::row(books, netuid, uid).is_some() {
        return Err(CallError::SettingWeightsTooFast { blocks_left, limit });
    }
    Ok(())
}

fn has_permit(
    books: &Books<'_>,
    net: &Subnet,
    (uid, who): (Uid, &Neuron),
    row: &WeightRow,
) -> Result<(), CallError> {
    let netuid = row.netuid;
    let may = who.validator_permit || is_lone_self(uid, row);
    if !may && !is_owners(books, net, netuid, uid) {
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
    ascending(row)?;
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
    fresh(row, books.height, net.hyperparameters.tempo)?;
    let (view, last) = (row.view, who.last_update);
    let replaces = reads::row(books, row.netuid, uid).is_some();
    if view < last || (replaces && view == last) {
        return Err(CallError::RowNotNewer { view, last });
    }
    Ok(())
}
