//! Registration by two doors, burning and stamps: the checks of B5 in its order, what
//! costs most last, then a seat.

use super::books::Books;
use super::error::CallError;
use super::event::Event;
use super::forget;
use super::price::PriceRule;
use super::reads::{account, bootstrap, hotkey, neuron, owner_uid, seat, subnet, virtual_part};
use super::{stamp, transfer};
use crate::state::value::{Hotkey, Neuron, Subnet};
use crate::state::{Key, Value};
use weft_types::hash::Domain;
use weft_types::signature::{Claim, signed_bytes, verify};
use weft_types::tx::Consent;
use weft_types::{Call, Height, Hyperparameters, Netuid, PublicKey, Rao, Signature, Uid};

/// How old a consent may be, in blocks; also any other call that names a recent height.
pub const RECENT_BLOCKS: u64 = 100;

/// Below this many neurons that could be replaced, an immune one goes instead.
const MIN_NON_IMMUNE: usize = 10;

/// Registers a hotkey of the signer for the burn price.
pub fn by_burn(books: &mut Books<'_>, coldkey: PublicKey, call: &Call) -> Result<(), CallError> {
    let Call::Register { netuid, hotkey, max_burn, consent, consent_height } = call else {
        return Err(CallError::OutOfRange);
    };
    let said = Consent { coldkey, hotkey: *hotkey, netuid: *netuid, height: *consent_height };
    let mut net = open(books, &said, |numbers| numbers.burn_registration)?;
    count(books, &mut net)?;
    let burn = charge(books, &mut net, *max_burn)?;
    let have = account(books, &coldkey).free;
    if have < burn {
        return Err(CallError::NotEnoughBalance { have, need: burn });
    }
    own(books, &said)?;
    is_recent(books, said.height)?;
    consented(books, &said, *consent)?;
    let uid = vacancy(books, *netuid, &net)?;
    transfer::take(books, coldkey, burn)?;
    books.recycle_free(burn)?;
    sit(books, net, (&said, uid), burn)
}

/// Registers a hotkey of the signer by a stamp, free.
pub fn by_stamp(books: &mut Books<'_>, coldkey: PublicKey, call: &Call) -> Result<(), CallError> {
    let Call::RegisterStamp { netuid, hotkey, consent, height, solution } = call else {
        return Err(CallError::OutOfRange);
    };
    let said = Consent { coldkey, hotkey: *hotkey, netuid: *netuid, height: *height };
    let mut net = open(books, &said, |numbers| numbers.stamp_registration)?;
    count(books, &mut net)?;
    own(books, &said)?;
    stamp::accept(books, &net, &said, *solution)?;
    consented(books, &said, *consent)?;
    let uid = vacancy(books, *netuid, &net)?;
    sit(books, net, (&said, uid), Rao::ZERO)
}

/// The subnet, if its door is open and the hotkey not in it yet.
fn open(
    books: &Books<'_>,
    said: &Consent,
    door: fn(&Hyperparameters) -> bool,
) -> Result<Subnet, CallError> {
    let netuid = said.netuid;
    if netuid == Netuid::ZERO {
        return Err(CallError::RegistrationNotPermittedOnRootSubnet);
    }
    let net = subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    if !door(&net.hyperparameters) {
        return Err(CallError::RegistrationDisabled { netuid });
    }
    match seat(books, netuid, &said.hotkey) {
        Some(uid) => Err(CallError::HotKeyAlreadyRegisteredInSubNet { netuid, uid }),
        None => Ok(net),
    }
}

/// Counts one more registration of this block, if one may be.
fn count(books: &Books<'_>, net: &mut Subnet) -> Result<(), CallError> {
    let limit = net.hyperparameters.max_registrations_per_block;
    let so_far = if net.registration_at == books.height { net.registrations } else { 0 };
    if so_far >= limit {
        return Err(CallError::TooManyRegistrationsThisBlock { limit });
    }
    net.registration_at = books.height;
    net.registrations = so_far.checked_add(1).ok_or(CallError::OutOfRange)?;
    Ok(())
}

/// The price; the next one is higher.
fn charge(books: &Books<'_>, net: &mut Subnet, offered: Rao) -> Result<Rao, CallError> {
    let rule = PriceRule::burn(&net.hyperparameters);
    let price = Rao(rule.decayed(net.burn.0, net.burn_at, books.height));
    if price > offered {
        return Err(CallError::PriceTooHigh { price, offered });
    }
    net.burn = Rao(rule.raised(price.0));
    net.burn_at = books.height;
    Ok(price)
}

/// The hotkey must be nobody's or the signer's.
pub fn own(books: &Books<'_>, said: &Consent) -> Result<(), CallError> {
    match hotkey(books, &said.hotkey).map(|h| h.coldkey) {
        Some(owner) if owner != said.coldkey => Err(CallError::NonAssociatedColdKey { owner }),
        _ => Ok(()),
    }
}

/// A height that a call names must be one of the last [`RECENT_BLOCKS`], and not above
/// the block.
pub fn is_recent(books: &Books<'_>, named: Height) -> Result<(), CallError> {
    let height = books.height;
    if named > height || height.since(named) > RECENT_BLOCKS {
        return Err(CallError::StaleConsent { named, height });
    }
    Ok(())
}

/// How many of `limit` blocks are missing since the height that the last free call named.
/// It counts to the block after what this call names, as a caller could name ever newer
/// old heights and never wait; one that names nothing newer is refused elsewhere.
pub fn blocks_missing(books: &Books<'_>, limit: u64, (last, named): (Height, Height)) -> u64 {
    let until = if named > last { named.next().unwrap_or(named) } else { books.height };
    limit.saturating_sub(until.since(last))
}

/// The hotkey's signature under what it consents to.
pub fn consented(books: &Books<'_>, said: &Consent, signature: Signature) -> Result<(), CallError> {
    let message = signed_bytes(Domain::Consent, books.chain, said);
    let claim = Claim { key: said.hotkey, signature, message: &message };
    if verify(&claim) { Ok(()) } else { Err(CallError::BadConsent) }
}

/// The next uid, or that of the neuron that goes: the lowest last emission, then the
/// oldest, then the lowest uid. Voters and the owner's uid stay. The immune stay while
/// enough others are left; with fewer, one of the immune goes, or one of the few when
/// nobody is immune.
fn vacancy(books: &Books<'_>, netuid: Netuid, net: &Subnet) -> Result<Uid, CallError> {
    if net.neurons < net.hyperparameters.max_uids {
        return Ok(Uid(net.neurons));
    }
    let immunity = net.hyperparameters.immunity_period;
    let owner = owner_uid(books, netuid, net);
    let is_kept = kept(books);
    let (mut immune, mut others) = (Vec::new(), Vec::new());
    for uid in (0..net.neurons).map(Uid).filter(|uid| Some(*uid) != owner) {
        let Some(who) = neuron(books, netuid, uid) else { continue };
        if is_kept(&who.hotkey) {
            continue;
        }
        let place = (who.emission, who.registered_at, uid);
        let is_immune = books.height.since(who.registered_at) < immunity;
        if is_immune { immune.push(place) } else { others.push(place) }
    }
    let (best, immune) = (others.iter().min(), immune.iter().min());
    let chosen = if others.len() > MIN_NON_IMMUNE { best } else { immune.or(best) };
    chosen.map(|(_, _, uid)| *uid).ok_or(CallError::NoNeuronIdAvailable { netuid })
}

/// Whether a hotkey keeps its uid whatever it earns: it is in a voter set, or of genesis
/// while the bootstrap lasts (economy, section 4).
fn kept(books: &Books<'_>) -> impl Fn(&PublicKey) -> bool {
    let record = bootstrap(books);
    move |hotkey| {
        let part = |record| virtual_part(record, hotkey) > Rao::ZERO;
        books.is_voter(hotkey) || record.as_ref().is_some_and(part)
    }
}

/// Gives a uid to a hotkey. Rows, bonds, commitments and the endpoint of the old one are
/// gone; scores that were meant for it are dropped by the epoch, as older than the
/// registration.
pub fn sit(
    books: &mut Books<'_>,
    mut net: Subnet,
    (said, uid): (&Consent, Uid),
    burned: Rao,
) -> Result<(), CallError> {
    let (netuid, hotkey) = (said.netuid, said.hotkey);
    let replaced = neuron(books, netuid, uid).map(|old| old.hotkey);
    if let Some(old) = replaced {
        books.delete(Key::Seat(netuid, old));
        clear(books, netuid, uid);
        forget::if_empty(books, &old);
    }
    books.put(Key::Seat(netuid, hotkey), Value::Seat(uid));
    books.put_neuron(netuid, uid, Neuron::new(hotkey, books.height));
    if uid.0 == net.neurons {
        net.neurons = net.neurons.checked_add(1).ok_or(CallError::OutOfRange)?;
    }
    books.put_subnet(netuid, net);
    adopt(books, said);
    let coldkey = said.coldkey;
    books.say(Event::NeuronRegistered { netuid, uid, hotkey, coldkey, burned, replaced });
    Ok(())
}

/// Deletes what a neuron wrote.
pub fn clear(books: &mut Books<'_>, netuid: Netuid, uid: Uid) {
    for key in [
        Key::Row(netuid, uid),
        Key::Bonds(netuid, uid),
        Key::Commits(netuid, uid),
        Key::Axon(netuid, uid),
    ] {
        books.delete(key);
    }
}

/// A hotkey that nobody had is its coldkey's from now on.
fn adopt(books: &mut Books<'_>, said: &Consent) {
    if hotkey(books, &said.hotkey).is_none() {
        let (coldkey, take, take_at) = (said.coldkey, books.params.default_take, books.height);
        let pool =
            Hotkey { coldkey, take, value: Rao::ZERO, shares: 0, take_at, since: books.height };
        books.put_hotkey(said.hotkey, pool);
    }
}
