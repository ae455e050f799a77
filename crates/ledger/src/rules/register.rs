//! Registration by burning: checks in the order of B5, then a seat.

use super::books::{Books, account, hotkey, neuron, seat, subnet};
use super::error::CallError;
use super::{price, transfer};
use crate::state::value::{Hotkey, Neuron, Subnet};
use crate::state::{Key, Read, Value};
use weft_types::hash::Domain;
use weft_types::signature::{Claim, signed_bytes, verify};
use weft_types::tx::Consent;
use weft_types::{Call, ChainId, Height, Netuid, PublicKey, Rao, Signature, Uid};

/// How old a consent may be, in blocks.
const CONSENT_BLOCKS: u64 = 100;

/// Below this many neurons that could be replaced, an immune one goes instead.
const MIN_NON_IMMUNE: usize = 10;

/// Registers a hotkey of the signer.
pub fn register<R: Read>(
    chain: &ChainId,
    books: &mut Books<'_, R>,
    coldkey: PublicKey,
    call: &Call,
) -> Result<(), CallError> {
    let Call::Register { netuid, hotkey: key, max_burn, consent, consent_height } = call else {
        return Err(CallError::OutOfRange);
    };
    let mut net = open(books, *netuid, *key, coldkey)?;
    let said = Consent { coldkey, hotkey: *key, netuid: *netuid, height: *consent_height };
    consented(books.height, chain, &said, *consent)?;
    let burn = burn(books, &mut net, *max_burn)?;
    let have = account(books, &coldkey).free;
    if have < burn {
        return Err(CallError::NotEnoughBalance { have, need: burn });
    }
    let uid = vacancy(books, *netuid, &net)?;
    transfer::take(books, coldkey, burn)?;
    books.recycle_free(burn)?;
    sit(books, *netuid, uid, *key);
    if uid.0 == net.neurons {
        net.neurons = net.neurons.checked_add(1).ok_or(CallError::OutOfRange)?;
    }
    books.put_subnet(*netuid, net);
    if hotkey(books, key).is_none() {
        let take = books.params.default_take;
        books.put_hotkey(*key, Hotkey { coldkey, take, value: Rao::ZERO, shares: 0 });
    }
    Ok(())
}

/// The subnet, if it takes this hotkey of this coldkey.
fn open<R: Read>(
    books: &Books<'_, R>,
    netuid: Netuid,
    key: PublicKey,
    coldkey: PublicKey,
) -> Result<Subnet, CallError> {
    let net = subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    if !net.hyperparameters.burn_registration {
        return Err(CallError::RegistrationDisabled { netuid });
    }
    if let Some(uid) = seat(books, netuid, &key) {
        return Err(CallError::HotKeyAlreadyRegisteredInSubNet { netuid, uid });
    }
    match hotkey(books, &key) {
        Some(had) if had.coldkey != coldkey => {
            Err(CallError::NonAssociatedColdKey { owner: had.coldkey })
        }
        _ => Ok(net),
    }
}

fn consented(
    height: Height,
    chain: &ChainId,
    said: &Consent,
    signature: Signature,
) -> Result<(), CallError> {
    let named = said.height;
    if named >= height || height.since(named) > CONSENT_BLOCKS {
        return Err(CallError::StaleConsent { named, height });
    }
    let message = signed_bytes(Domain::Consent, chain, said);
    let claim = Claim { key: said.hotkey, signature, message: &message };
    if verify(&claim) { Ok(()) } else { Err(CallError::BadConsent) }
}

/// The price, counted in the subnet; the next one is higher.
fn burn<R: Read>(books: &Books<'_, R>, net: &mut Subnet, offered: Rao) -> Result<Rao, CallError> {
    let numbers = &net.hyperparameters;
    let limit = numbers.max_registrations_per_block;
    let today = if net.burn_at == books.height { net.registrations } else { 0 };
    if today >= limit {
        return Err(CallError::TooManyRegistrationsThisBlock { limit });
    }
    let price = price::decayed(net.burn, net.burn_at, books.height, numbers);
    if price > offered {
        return Err(CallError::PriceTooHigh { price, offered });
    }
    net.burn = price::raised(price, numbers);
    net.burn_at = books.height;
    net.registrations = today.checked_add(1).ok_or(CallError::OutOfRange)?;
    Ok(price)
}

/// The next uid, or that of the neuron that goes: the lowest last emission, then the
/// oldest, then the lowest uid. Voters and the owner's own stay; the immune stay while
/// enough others are left.
fn vacancy<R: Read>(books: &Books<'_, R>, netuid: Netuid, net: &Subnet) -> Result<Uid, CallError> {
    if net.neurons < net.hyperparameters.max_uids {
        return Ok(Uid(net.neurons));
    }
    let full = CallError::NoNeuronIdAvailable { netuid };
    let immunity = net.hyperparameters.immunity_period;
    let (mut immune, mut others) = (Vec::new(), Vec::new());
    for uid in (0..net.neurons).map(Uid) {
        let Some(who) = neuron(books, netuid, uid) else { continue };
        let owned = hotkey(books, &who.hotkey).map(|h| h.coldkey);
        if books.is_voter(&who.hotkey) || (net.owner.is_some() && owned == net.owner) {
            continue;
        }
        let place = (who.emission, who.registered_at, uid);
        let is_immune = books.height.since(who.registered_at) < immunity;
        if is_immune { immune.push(place) } else { others.push(place) }
    }
    let (best, immune) = (others.iter().min(), immune.iter().min());
    let chosen = if others.len() > MIN_NON_IMMUNE { best } else { immune.or(best) };
    chosen.map(|(_, _, uid)| *uid).ok_or(full)
}

/// Gives a uid to a hotkey. Rows and bonds that the old one wrote are gone; scores that
/// were meant for it are dropped by the epoch, as older than the registration.
fn sit<R: Read>(books: &mut Books<'_, R>, netuid: Netuid, uid: Uid, hotkey: PublicKey) {
    if let Some(old) = neuron(books, netuid, uid) {
        books.state.delete(Key::Seat(netuid, old.hotkey));
        for key in [Key::Row(netuid, uid), Key::Bonds(netuid, uid)] {
            if books.get(&key).is_some() {
                books.state.delete(key);
            }
        }
    }
    books.state.put(Key::Seat(netuid, hotkey), Value::Seat(uid));
    books.put_neuron(netuid, uid, Neuron::new(hotkey, books.height));
}
