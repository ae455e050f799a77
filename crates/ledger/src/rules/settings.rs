//! Hyperparameters: the owner sets those of the table that are the owner's, within the
//! bounds of the table, each at most once in two tempos, and none shortly before an epoch
//! (B7).

use super::books::Books;
use super::error::CallError;
use super::event::Event;
use super::reads::settings;
use super::{epoch, subnet};
use crate::state::value::Subnet;
use crate::state::{Key, Value};
use weft_types::hyperparameters::{Setter, Setting};
use weft_types::{Height, Hyperparameters, Netuid, Parameter, PublicKey, Wide};

/// Sets a hyperparameter of a subnet of the signer.
pub fn set(
    books: &mut Books<'_>,
    signer: &PublicKey,
    (netuid, parameter): (Netuid, Parameter),
    value: u64,
) -> Result<(), CallError> {
    let mut net = subnet::owned(books, signer, netuid)?;
    if parameter.about().setter != Setter::Owner {
        return Err(CallError::NotOwnerSettable { parameter });
    }
    let (low, high) = parameter.bounds(&books.params.subnet_defaults);
    let [asked, least, most] = [value, low, high].map(|number| Setting { parameter, number });
    let out =
        CallError::HyperparameterOutOfBounds { parameter, value: asked, low: least, high: most };
    if !(low..=high).contains(&value) {
        return Err(out);
    }
    let before = net.hyperparameters.get(parameter);
    let changed = net.hyperparameters.clone().with(parameter, value).ok_or(out)?;
    fits(&net, &changed)?;
    not_frozen(books, &net)?;
    let mut times = settings(books, netuid);
    not_too_soon(books, &net, &times, parameter)?;
    match times.binary_search_by(|(p, _)| p.cmp(&parameter)) {
        Ok(place) => {
            if let Some(entry) = times.get_mut(place) {
                entry.1 = books.height;
            }
        }
        Err(place) => times.insert(place, (parameter, books.height)),
    }
    books.put(Key::Settings(netuid), Value::Settings(times));
    net.hyperparameters = changed;
    books.put_subnet(netuid, net);
    books.say(Event::HyperparameterSet {
        netuid,
        parameter,
        before: Wide(before),
        value: Wide(value),
    });
    Ok(())
}

/// The numbers must go together, and hold the neurons there are.
fn fits(net: &Subnet, changed: &Hyperparameters) -> Result<(), CallError> {
    changed.check().map_err(|reason| CallError::HyperparametersUnsound { reason })?;
    let (max, neurons) = (changed.max_uids, net.neurons);
    if max < neurons {
        return Err(CallError::MaxUidsBelowNeurons { max, neurons });
    }
    Ok(())
}

fn not_frozen(books: &Books<'_>, net: &Subnet) -> Result<(), CallError> {
    let (next, window) = (epoch::next(net), books.params.admin_freeze_window);
    let blocks_left = next.since(books.height);
    if net.started && blocks_left < window {
        return Err(CallError::AdminActionProhibitedDuringWeightsWindow { next, window });
    }
    Ok(())
}

fn not_too_soon(
    books: &Books<'_>,
    net: &Subnet,
    times: &[(Parameter, Height)],
    parameter: Parameter,
) -> Result<(), CallError> {
    let Some((_, last)) = times.iter().find(|(p, _)| *p == parameter) else { return Ok(()) };
    let wait = net.hyperparameters.tempo.saturating_mul(2);
    let blocks_left = wait.saturating_sub(books.height.since(*last));
    if blocks_left > 0 {
        return Err(CallError::HyperparameterSetRecently { parameter, blocks_left });
    }
    Ok(())
}
