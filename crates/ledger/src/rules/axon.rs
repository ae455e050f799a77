//! What a neuron says of itself for free: where it can be reached, and whether it asks
//! for a validator permit.
//!
//! Free calls have no nonce, so each names a recent height that must rise: none can be
//! played back. A neuron that lost its uid and came again has no memory of what it named;
//! so nothing counts that names a height before its registration.

use super::books::Books;
use super::error::CallError;
use super::event::Event;
use super::reads::{axon, neuron, seat, subnet};
use super::register::{blocks_missing, is_recent};
use crate::state::value::{Axon, Neuron};
use crate::state::{Key, Value};
use weft_types::{Endpoint, Height, Netuid, PublicKey, Uid};

/// Stores the endpoint of the signing hotkey.
pub fn serve(
    books: &mut Books<'_>,
    signer: &PublicKey,
    (netuid, endpoint): (Netuid, Endpoint),
    at: Height,
) -> Result<(), CallError> {
    let net = subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    let (uid, who) = sitting(books, netuid, signer)?;
    if endpoint.port == 0 || (!books.params.any_endpoint && !endpoint.is_routable()) {
        return Err(CallError::EndpointNotRoutable { endpoint });
    }
    is_recent(books, at)?;
    is_since(&who, at)?;
    if let Some(before) = axon(books, netuid, uid) {
        if at <= before.at {
            return Err(CallError::NotNewer { named: at, last: before.at });
        }
        let limit = net.hyperparameters.serving_rate_limit;
        let blocks_left = limit.saturating_sub(books.height.since(before.served_at));
        if blocks_left > 0 {
            return Err(CallError::ServingRateLimitExceeded { blocks_left, limit });
        }
    }
    let served_at = books.height;
    books.put(Key::Axon(netuid, uid), Value::Axon(Axon { endpoint, at, served_at }));
    books.say(Event::AxonServed { netuid, uid });
    Ok(())
}

/// Notes whether the signing hotkey asks for a permit: its stake counts for permits from
/// the next epoch on, or no more.
pub fn seek(
    books: &mut Books<'_>,
    signer: &PublicKey,
    (netuid, seek): (Netuid, bool),
    at: Height,
) -> Result<(), CallError> {
    let net = subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    let (uid, who) = sitting(books, netuid, signer)?;
    is_recent(books, at)?;
    is_since(&who, at)?;
    if who.seeks == seek {
        return Err(CallError::PermitAlreadySo { seek });
    }
    if at <= who.sought_at {
        return Err(CallError::NotNewer { named: at, last: who.sought_at });
    }
    let limit = net.hyperparameters.weights_rate_limit;
    let blocks_left = blocks_missing(books, limit, (who.sought_at, at));
    if blocks_left > 0 && who.sought_at > Height::ZERO {
        return Err(CallError::PermitSoughtRecently { blocks_left });
    }
    books.put_neuron(netuid, uid, Neuron { seeks: seek, sought_at: at, ..who });
    books.say(Event::PermitSought { netuid, uid, seek });
    Ok(())
}

/// A free call of a neuron must not name a height before it was registered: it would be of
/// an earlier life.
pub fn is_since(who: &Neuron, named: Height) -> Result<(), CallError> {
    let last = who.registered_at;
    if named < last { Err(CallError::NotNewer { named, last }) } else { Ok(()) }
}

/// The neuron of a hotkey.
pub fn sitting(
    books: &Books<'_>,
    netuid: Netuid,
    hotkey: &PublicKey,
) -> Result<(Uid, Neuron), CallError> {
    let absent = CallError::HotKeyNotRegisteredInSubNet { hotkey: *hotkey, netuid };
    let uid = seat(books, netuid, hotkey).ok_or_else(|| absent.clone())?;
    Ok((uid, neuron(books, netuid, uid).ok_or(absent)?))
}
