//! Who offers to vote (R13): offers are made, renewed in every quarter of a rotation, taken
//! back, and pushed out by more stake.
//!
//! Not here: who of them is taken (`rotation`), and how many are enough to end the bootstrap
//! (`bootstrap`).

use super::axon::{is_since, sitting};
use super::books::Books;
use super::error::CallError;
use super::event::Event;
use super::lacks::lack;
use super::reads::{candidates, hotkey, is_jailed, row, subnet};
use super::register::is_recent;
use super::stake;
use crate::state::value::Candidate;
use crate::state::{Key, Read, Value};
use weft_types::{Height, Netuid, PublicKey, Rao};

/// In so many parts of a rotation an offer must be renewed.
const QUARTERS: u64 = 4;

/// All of them, a bit each.
const EVERY_QUARTER: u8 = 0b1111;

/// The quarter of the rotation that a height is in, as a bit.
pub fn quarter(height: Height, rotation_blocks: u64) -> u8 {
    let within = height.0.checked_rem(rotation_blocks).unwrap_or(0);
    let index = within.saturating_mul(QUARTERS).checked_div(rotation_blocks).unwrap_or(0);
    1_u8.checked_shl(u32::try_from(index).unwrap_or(0)).unwrap_or(0)
}

/// How many blocks lie between two offers of a hotkey at least.
pub const fn wait(rotation_blocks: u64) -> u64 {
    rotation_blocks.div_euclid(8)
}

/// Offers the signing hotkey as a voter, or renews the offer (R13).
pub fn join(
    books: &mut Books<'_>,
    signer: PublicKey,
    netuid: Netuid,
    at: Height,
) -> Result<(), CallError> {
    subnet(books, netuid).ok_or(CallError::SubnetNotExists { netuid })?;
    let (uid, mut who) = sitting(books, netuid, &signer)?;
    if !who.validator_permit {
        return Err(CallError::NeuronNoValidatorPermit { uid, netuid });
    }
    if row(books, netuid, uid).is_none() {
        return Err(CallError::NoRowYet { netuid });
    }
    is_recent(books, at)?;
    is_since(&who, at)?;
    // Remembered with the neuron, since the offer itself may be taken back meanwhile.
    if at <= who.offered_at {
        return Err(CallError::NotNewer { named: at, last: who.offered_at });
    }
    let (renewed, quarters) = (books.height, quarter(books.height, books.params.rotation_blocks));
    let mut list = candidates(books);
    match list.binary_search_by(|c| c.hotkey.cmp(&signer)) {
        Ok(place) => {
            let known = list.get_mut(place).ok_or(CallError::OutOfRange)?;
            let wait = wait(books.params.rotation_blocks);
            let blocks_left = wait.saturating_sub(books.height.since(known.at));
            if blocks_left > 0 {
                return Err(CallError::JoinedRecently { blocks_left });
            }
            (known.netuid, known.at, known.renewed) = (netuid, at, renewed);
            known.quarters |= quarters;
        }
        Err(_) => {
            make_room(books, &mut list, &signer)?;
            let place = list.partition_point(|c| c.hotkey < signer);
            let stake_before = Rao::ZERO;
            let new = Candidate { hotkey: signer, netuid, at, stake_before, renewed, quarters };
            list.insert(place, new);
        }
    }
    who.offered_at = at;
    books.put_neuron(netuid, uid, who);
    books.put(Key::Candidates, Value::Candidates(list));
    books.say(Event::VoterOffered { hotkey: signer });
    Ok(())
}

/// When the list is full, who has the least stake of all makes room.
fn make_room(
    books: &Books<'_>,
    list: &mut Vec<Candidate>,
    signer: &PublicKey,
) -> Result<(), CallError> {
    let limit = books.params.max_candidates;
    if list.len() < usize::from(limit) {
        return Ok(());
    }
    let poorest = list.iter().map(|c| (value(books, &c.hotkey), c.hotkey)).min();
    match poorest {
        Some((least, key)) if least < value(books, signer) => {
            list.retain(|c| c.hotkey != key);
            Ok(())
        }
        _ => Err(CallError::CandidatesFull { limit }),
    }
}

/// Takes the offer of a hotkey of the signer back.
pub fn leave(books: &mut Books<'_>, coldkey: PublicKey, key: PublicKey) -> Result<(), CallError> {
    stake::owned(books, coldkey, key)?;
    let mut list = candidates(books);
    let before = list.len();
    list.retain(|c| c.hotkey != key);
    if list.len() == before {
        return Err(CallError::NotACandidate { hotkey: key });
    }
    books.put(Key::Candidates, Value::Candidates(list));
    books.say(Event::VoterWithdrawn { hotkey: key });
    Ok(())
}

/// The stake behind a hotkey.
fn value(state: &dyn Read, key: &PublicKey) -> Rao {
    hotkey(state, key).map_or(Rao::ZERO, |pool| pool.value)
}

/// R8, R13: the candidates that may be taken at a height, each with its power: min(stake
/// now, stake at the previous rotation). One that lacks permit, fresh offer, fresh row or
/// stake, or is jailed, is not among them.
pub fn electable(state: &dyn Read, height: Height) -> Vec<(PublicKey, Rao)> {
    let power = |c: &Candidate| Some((c.hotkey, power(state, height, c)?));
    candidates(state).iter().filter_map(power).collect()
}

fn power(state: &dyn Read, height: Height, candidate: &Candidate) -> Option<Rao> {
    let lacks = lack(state, &candidate.hotkey, candidate.netuid, height);
    let offered = candidate.quarters == EVERY_QUARTER;
    let power = value(state, &candidate.hotkey).min(candidate.stake_before);
    let free = !is_jailed(state, &candidate.hotkey, height);
    (lacks.is_none() && offered && free && power > Rao::ZERO).then_some(power)
}

/// At a rotation height: offers count from here, and stake is noted for the next one.
pub fn begin_anew(books: &mut Books<'_>) {
    let list = candidates(books);
    let every = books.params.rotation_blocks;
    let oldest = Height(books.height.0.saturating_sub(every));
    let mut grown = Vec::with_capacity(list.len());
    for old in list.iter().filter(|c| c.at >= oldest) {
        let stake_before = value(books, &old.hotkey);
        let quarters = if old.renewed == books.height { quarter(books.height, every) } else { 0 };
        grown.push(Candidate { stake_before, quarters, ..*old });
    }
    if grown != list {
        books.put(Key::Candidates, Value::Candidates(grown));
    }
}
