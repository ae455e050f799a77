//! Registration by burning: the checks of B5 in its order, the hotkey's consent last
//! because a signature costs most, then a seat.
//!
//! Registering by stamp will stand beside this, with the same checks but the price.

use super::books::Books;
use super::error::CallError;
use super::reads::{account, hotkey, neuron, owner_uid, seat, subnet};
use super::{price, transfer};
use crate::state::value::{Hotkey, Neuron, Subnet};
use crate::state::{Key, Value};
use weft_types::hash::Domain;
use weft_types::signature::{Claim, signed_bytes, verify};
use weft_types::tx::Consent;
use weft_types::{Call, Netuid, PublicKey, Rao, Signature, Uid};

/// How old a consent may be, in blocks.
const CONSENT_BLOCKS: u64 = 100;

/// Below this many neurons that could be replaced, an immune one goes instead.
const MIN_NON_IMMUNE: usize = 10;

/// Registers a hotkey of the signer.
pub fn register(books: &mut Books<'_>, coldkey: PublicKey, call: &Call) -> Result<(), CallError> {
    let Call::Register { netuid, hotkey: key, max_burn, consent, consent_height } = call else {
        return Err(CallError::OutOfRange);
    };
    let mut net = open(books, *netuid, *key)?;
    let burn = charge(books, &mut net, *max_burn)?;
    let have = account(books, &coldkey).free;
    if have < burn {
        return Err(CallError::NotEnoughBalance { have, need: burn });
    }
    let owned = hotkey(books, key);
    if let Some(Hotkey { coldkey: owner, .. }) = owned.filter(|h| h.coldkey != coldkey) {
        return Err(CallError::NonAssociatedColdKey { owner });
    }
    let uid = vacancy(books, *netuid, &net)?;
    let said = Consent { coldkey, hotkey: *key, netuid: *netuid, height: *consent_height };
    consented(books, &said, *consent)?;
    transfer::take(books, coldkey, burn)?;
    books.recycle_free(burn)?;
    sit(books, *netuid, uid, *key);
    if uid.0 == net.neurons {
        net.neurons = net.neurons.checked_add(1).ok_or(CallError::OutOfRange)?;
    }
    books.put_subnet(*netuid, net);
    if owned.is_none() {
        let take = books.params.default_take;
        books.put_hotkey(*key, Hotkey { coldkey, take, value: Rao::ZERO, shares: 0 });
    }
    Ok(())
}

/// The subnet, if it is open and the hotkey not in it yet.
fn open(books: &Books<'_>, netuid: Netuid, key: PublicKey) -> Result<Subnet, CallError> {
    if netuid == Netuid::ZERO {
        return Err(CallError::RegistrationNotPermittedOnRootSubnet);
    }
    let net = subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    if !net.hyperparameters.burn_registration {
        return Err(CallError::RegistrationDisabled { netuid });
    }
    match seat(books, netuid, &key) {
        Some(uid) => Err(CallError::HotKeyAlreadyRegisteredInSubNet { netuid, uid }),
        None => Ok(net),
    }
}

/// The price, counted in the subnet; the next one is higher.
fn charge(books: &Books<'_>, net: &mut Subnet, offered: Rao) -> Result<Rao, CallError> {
    let numbers = &net.hyperparameters;
    let limit = numbers.max_registrations_per_block;
    let so_far = if net.burn_at == books.height { net.registrations } else { 0 };
    if so_far >= limit {
        return Err(CallError::TooManyRegistrationsThisBlock { limit });
    }
    let price = price::decayed(net.burn, net.burn_at, books.height, numbers);
    if price > offered {
        return Err(CallError::PriceTooHigh { price, offered });
    }
    net.burn = price::raised(price, numbers);
    net.burn_at = books.height;
    net.registrations = so_far.checked_add(1).ok_or(CallError::OutOfRange)?;
    Ok(price)
}

fn consented(books: &Books<'_>, said: &Consent, signature: Signature) -> Result<(), CallError> {
    let (named, height) = (said.height, books.height);
    if named > height || height.since(named) > CONSENT_BLOCKS {
        return Err(CallError::StaleConsent { named, height });
    }
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
    let (mut immune, mut others) = (Vec::new(), Vec::new());
    for uid in (0..net.neurons).map(Uid).filter(|uid| Some(*uid) != owner) {
        let Some(who) = neuron(books, netuid, uid) else { continue };
        if books.is_voter(&who.hotkey) {
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

/// Gives a uid to a hotkey. Rows and bonds that the old one wrote are gone; scores that
/// were meant for it are dropped by the epoch, as older than the registration.
fn sit(books: &mut Books<'_>, netuid: Netuid, uid: Uid, hotkey: PublicKey) {
    if let Some(old) = neuron(books, netuid, uid) {
        books.delete(Key::Seat(netuid, old.hotkey));
        books.delete(Key::Row(netuid, uid));
        books.delete(Key::Bonds(netuid, uid));
    }
    books.put(Key::Seat(netuid, hotkey), Value::Seat(uid));
    books.put_neuron(netuid, uid, Neuron::new(hotkey, books.height));
}
