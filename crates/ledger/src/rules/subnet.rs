//! Subnets: created for a lock, started by their owner, rotated out when a newcomer needs
//! the slot (economy, section 3; B7).
//!
//! Who goes is no judgement: of the subnets past immunity the one with the lowest moving
//! average of its share of the emission, ties to the earliest created. Everything it was
//! is deleted; three quarters of its lock go back to the owner, the rest and what it had
//! pending are recycled.

use super::books::{Books, minus, plus};
use super::error::CallError;
use super::event::Event;
use super::forget;
use super::reads::{account, bootstrap, lock, neuron, root, subnet, subnets};
use super::register::{clear, consented, is_recent, own, sit};
use super::{price::PriceRule, transfer};
use crate::state::value::{Lock, Subnet};
use crate::state::{Key, Read, Value};
use weft_types::tx::Consent;
use weft_types::units::RAO_PER_TAO;
use weft_types::{Call, Height, Hyperparameters, Identity, Netuid, Params, PublicKey, Rao, Uid};

/// Of an evicted subnet's lock one part in this many is recycled.
const SQUATTERS_PART: u64 = 4;

/// The most bytes of an identity's name, url and description.
const IDENTITY_BYTES: [(&str, usize); 3] = [("name", 64), ("url", 256), ("description", 1_024)];

/// How many subnets may exist at a height.
pub fn slots(params: &Params, height: Height) -> u16 {
    params.subnet_slots.iter().rfind(|step| step.from <= height).map_or(0, |step| step.slots)
}

/// What creating a subnet at a height locks: twice the last lock, falling by the last
/// lock per interval, never below the minimum (B7).
pub fn lock_cost(state: &dyn Read, params: &Params, height: Height) -> Rao {
    let Some(Lock { last, at, .. }) = lock(state) else { return params.lock_minimum };
    let fall = last.0.checked_div(params.lock_interval).unwrap_or(0);
    let fallen = fall.saturating_mul(height.since(at));
    Rao(last.0.saturating_mul(2).saturating_sub(fallen)).max(params.lock_minimum)
}

/// The subnet that a creation at a height would evict if no slot were free.
pub fn next_eviction(state: &dyn Read, params: &Params, height: Height) -> Option<Netuid> {
    let guarded = bootstrap(state).is_some_and(|record| record.left > Rao::ZERO);
    let place = |netuid: Netuid| {
        let net = subnet(state, netuid)?;
        let immune = height.since(net.registered_at) < params.subnet_immunity;
        let first = netuid == Netuid(1) && guarded;
        (!immune && !first).then_some((net.share_average, net.registered_at, netuid))
    };
    subnets(state).into_iter().filter_map(place).min().map(|(_, _, netuid)| netuid)
}

/// A subnet that nobody has registered in.
pub fn fresh(owner: Option<PublicKey>, numbers: &Hyperparameters, height: Height) -> Subnet {
    Subnet {
        owner,
        hyperparameters: numbers.clone(),
        registered_at: height,
        started: false,
        neurons: 0,
        last_epoch: height,
        last_step: Height::ZERO,
        epochs: 0,
        pending: Rao::ZERO,
        locked: Rao::ZERO,
        burn: Rao(PriceRule::burn(numbers).clamp(RAO_PER_TAO)),
        burn_at: height,
        registration_at: Height::ZERO,
        registrations: 0,
        share_average: 0,
    }
}

/// Creates a subnet of the signer. Everything is checked before anybody is evicted.
pub fn create(books: &mut Books<'_>, owner: PublicKey, call: &Call) -> Result<(), CallError> {
    let Call::RegisterSubnet { hotkey, max_lock, consent, consent_height } = call else {
        return Err(CallError::OutOfRange);
    };
    let said =
        Consent { coldkey: owner, hotkey: *hotkey, netuid: Netuid::ZERO, height: *consent_height };
    own(books, &said)?;
    let before = lock(books);
    if before.is_some_and(|lock| lock.at == books.height) {
        return Err(CallError::SubnetCreatedThisBlock);
    }
    let cost = lock_cost(books, books.params, books.height);
    if cost > *max_lock {
        return Err(CallError::LockTooHigh { price: cost, offered: *max_lock });
    }
    let have = account(books, &owner).free;
    if have < cost {
        return Err(CallError::NotEnoughBalance { have, need: cost });
    }
    is_recent(books, said.height)?;
    consented(books, &said, *consent)?;
    let netuid = vacate(books)?;
    transfer::take(books, owner, cost)?;
    books.lock_free(cost)?;
    let created = before.map_or(0, |lock| lock.created).saturating_add(1);
    books.put(Key::Lock, Value::Lock(Lock { last: cost, at: books.height, created }));
    let mut list = subnets(books);
    list.insert(list.partition_point(|n| *n < netuid), netuid);
    books.put(Key::Subnets, Value::Subnets(list));
    let defaults = &books.params.subnet_defaults;
    let net = Subnet { locked: cost, ..fresh(Some(owner), defaults, books.height) };
    books.say(Event::SubnetCreated { netuid, owner, lock: cost });
    sit(books, net, (&Consent { netuid, ..said }, Uid(0)), Rao::ZERO)
}

/// The number of the new subnet: the lowest free one, or that of the one that goes.
fn vacate(books: &mut Books<'_>) -> Result<Netuid, CallError> {
    let limit = slots(books.params, books.height);
    let taken = subnets(books);
    if taken.len() < usize::from(limit) {
        let free = (1..=u16::MAX).map(Netuid).find(|n| taken.binary_search(n).is_err());
        return free.ok_or(CallError::OutOfRange);
    }
    let full = CallError::SubnetLimitReached { limit };
    let netuid = next_eviction(books, books.params, books.height).ok_or(full)?;
    evict(books, netuid)?;
    Ok(netuid)
}

/// Deletes a subnet and all that stood in it.
fn evict(books: &mut Books<'_>, netuid: Netuid) -> Result<(), CallError> {
    let net = subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    let mut seated = Vec::new();
    for uid in (0..net.neurons).map(Uid) {
        if let Some(who) = neuron(books, netuid, uid) {
            books.delete(Key::Seat(netuid, who.hotkey));
            seated.push(who.hotkey);
        }
        clear(books, netuid, uid);
        books.delete(Key::Neuron(netuid, uid));
    }
    for key in
        [Key::Subnet(netuid), Key::Stamps(netuid), Key::Identity(netuid), Key::Settings(netuid)]
    {
        books.delete(key);
    }
    let list = subnets(books).into_iter().filter(|n| *n != netuid).collect();
    books.put(Key::Subnets, Value::Subnets(list));
    seated.iter().for_each(|hotkey| forget::if_empty(books, hotkey));
    // Its share of the emission must not be that of the next one of its number.
    let mut shared = root(books);
    if shared.shares.iter().any(|share| share.netuid == netuid) {
        shared.shares.retain(|share| share.netuid != netuid);
        books.put(Key::Root, Value::Root(shared));
    }
    refund(books, netuid, &net)
}

fn refund(books: &mut Books<'_>, netuid: Netuid, net: &Subnet) -> Result<(), CallError> {
    let kept = Rao(net.locked.0.checked_div(SQUATTERS_PART).unwrap_or(0));
    let refund = if net.owner.is_some() { minus(net.locked, kept)? } else { Rao::ZERO };
    let recycled = plus(minus(net.locked, refund)?, net.pending)?;
    let mut supply = books.supply;
    supply.locked = minus(supply.locked, net.locked)?;
    supply.pending = minus(supply.pending, net.pending)?;
    supply.free = plus(supply.free, refund)?;
    supply.issued = minus(supply.issued, recycled)?;
    supply.recycled = plus(supply.recycled, recycled)?;
    books.supply = supply;
    if let Some(owner) = net.owner {
        books.credit(owner, refund)?;
    }
    books.say(Event::SubnetEvicted { netuid, owner: net.owner, refund, recycled });
    Ok(())
}

/// A subnet of the signer.
pub fn owned(books: &Books<'_>, signer: &PublicKey, netuid: Netuid) -> Result<Subnet, CallError> {
    let net = subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    if net.owner.as_ref() == Some(signer) {
        Ok(net)
    } else {
        Err(CallError::NotSubnetOwner { netuid, owner: net.owner })
    }
}

/// Starts a subnet: it earns from the next block on. Its clock is staggered by its number,
/// so that not all epochs fall into one block (B1).
pub fn start(books: &mut Books<'_>, signer: &PublicKey, netuid: Netuid) -> Result<(), CallError> {
    let mut net = owned(books, signer, netuid)?;
    if net.started {
        return Err(CallError::SubnetAlreadyStarted { netuid });
    }
    let stagger = u64::from(netuid.0).checked_rem(net.hyperparameters.tempo).unwrap_or(0);
    (net.started, net.last_epoch) = (true, Height(books.height.0.saturating_sub(stagger)));
    books.put_subnet(netuid, net);
    books.say(Event::SubnetStarted { netuid });
    Ok(())
}

/// Stores what a subnet says of itself.
pub fn describe(
    books: &mut Books<'_>,
    signer: &PublicKey,
    (netuid, identity): (Netuid, &Identity),
) -> Result<(), CallError> {
    owned(books, signer, netuid)?;
    let lengths = [identity.name.len(), identity.url.len(), identity.description.len()];
    for (got, (field, limit)) in lengths.into_iter().zip(IDENTITY_BYTES) {
        if got > limit {
            return Err(CallError::IdentityTooLong { field, got, limit });
        }
    }
    books.put(Key::Identity(netuid), Value::Identity(identity.clone()));
    books.say(Event::IdentitySet { netuid });
    Ok(())
}
