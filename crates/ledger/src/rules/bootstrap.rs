//! The bootstrap (R14): how a chain that nobody has coins on gets its first voters, and how
//! they hand over.
//!
//! Genesis names voters, not wealth. Until candidates with real stake are many enough, the
//! genesis voters have virtual stake in equal parts, which counts like stake in epochs, in
//! the root matrix and for the right to set weights, and earns nothing: what it would earn
//! is recycled. At the first rotation at which `bootstrap_candidates` or more together
//! hold `bootstrap_stake` it begins to fall, linearly, to nothing over `bootstrap_fade`
//! rotations; one way, never back.
//!
//! Not here: how the sets follow (`rotation`).

use super::axon::{is_since, sitting};
use super::books::Books;
use super::error::CallError;
use super::event::Event;
use super::evidence::is_jailed;
use super::reads::{bootstrap, candidates, hotkey, neuron, row, seat, subnet};
use super::register::is_recent;
use super::rotation::{EVERY_QUARTER, quarter};
use crate::state::value::{Bootstrap, Candidate};
use crate::state::{Key, Read, Value};
use weft_types::{Height, Netuid, PublicKey, Rao};

/// The virtual stake behind a hotkey; zero for all but the voters of genesis.
pub fn virtual_stake(state: &dyn Read, hotkey: &PublicKey) -> Rao {
    bootstrap(state).map_or(Rao::ZERO, |record| part(&record, hotkey))
}

/// A hotkey's part of the virtual stake, rounded down.
pub fn part(record: &Bootstrap, hotkey: &PublicKey) -> Rao {
    let count = u64::try_from(record.voters.len()).unwrap_or(u64::MAX);
    match record.voters.binary_search(hotkey) {
        Ok(_) => Rao(record.left.0.checked_div(count).unwrap_or(0)),
        Err(_) => Rao::ZERO,
    }
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
    let mut list = candidates(books);
    match list.binary_search_by(|c| c.hotkey.cmp(&signer)) {
        Ok(place) => {
            let known = list.get_mut(place).ok_or(CallError::OutOfRange)?;
            let wait = books.params.rotation_blocks.div_euclid(8);
            let blocks_left = wait.saturating_sub(books.height.since(known.at));
            if blocks_left > 0 {
                return Err(CallError::JoinedRecently { blocks_left });
            }
            (known.netuid, known.at, known.renewed) = (netuid, at, books.height);
            known.quarters |= quarter(books.height, books.params.rotation_blocks);
        }
        Err(_) => {
            make_room(books, &mut list, &signer)?;
            let place = list.partition_point(|c| c.hotkey < signer);
            let (renewed, quarters) =
                (books.height, quarter(books.height, books.params.rotation_blocks));
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
    let stake = |key: &PublicKey| hotkey(books, key).map_or(Rao::ZERO, |pool| pool.value);
    let poorest = list.iter().map(|c| (stake(&c.hotkey), c.hotkey)).min();
    match poorest {
        Some((least, key)) if least < stake(signer) => {
            list.retain(|c| c.hotkey != key);
            Ok(())
        }
        _ => Err(CallError::CandidatesFull { limit }),
    }
}

/// Takes the offer of a hotkey of the signer back.
pub fn leave(books: &mut Books<'_>, coldkey: PublicKey, key: PublicKey) -> Result<(), CallError> {
    let pool = hotkey(books, &key).ok_or(CallError::HotKeyAccountNotExists { hotkey: key })?;
    if pool.coldkey != coldkey {
        return Err(CallError::NonAssociatedColdKey { owner: pool.coldkey });
    }
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

/// At the heights where voters may rotate: sees whether those who are good enough to hand
/// over to are enough, or lets the virtual stake fall. R14.
pub fn turn(books: &mut Books<'_>, good: &[(PublicKey, Rao)]) -> Result<(), CallError> {
    let powers: Vec<Rao> = good.iter().map(|(_, power)| *power).collect();
    bootstrap(books).map_or(Ok(()), |record| fade(books, record, &powers))
}

/// R14: what the virtual stake gives each voter of genesis who is not jailed, while there is
/// any.
pub fn powers(state: &dyn Read, height: Height) -> Vec<(PublicKey, Rao)> {
    let Some(record) = bootstrap(state) else { return Vec::new() };
    let power = |key: &PublicKey| (*key, part(&record, key));
    let free = record.voters.iter().filter(|key| !is_jailed(state, key, height));
    free.map(power).filter(|(_, power)| *power > Rao::ZERO).collect()
}

/// The stake behind a candidate.
pub fn stake(state: &dyn Read, candidate: &Candidate) -> Rao {
    hotkey(state, &candidate.hotkey).map_or(Rao::ZERO, |pool| pool.value)
}

/// R8, R13: the candidates that may be taken at a height, each with its power: min(stake
/// now, stake at the previous rotation). One that lacks permit, fresh offer, fresh row or
/// stake, or is jailed, is not among them.
pub fn electable(state: &dyn Read, height: Height) -> Vec<(PublicKey, Rao)> {
    let power = |c: &Candidate| Some((c.hotkey, power(state, height, c)?));
    candidates(state).iter().filter_map(power).collect()
}

fn power(state: &dyn Read, height: Height, candidate: &Candidate) -> Option<Rao> {
    let netuid = candidate.netuid;
    let net = subnet(state, netuid)?;
    let uid = seat(state, netuid, &candidate.hotkey)?;
    let who = neuron(state, netuid, uid)?;
    let wrote = row(state, netuid, uid).is_some();
    let fresh = height.since(who.last_update) <= net.hyperparameters.activity_cutoff;
    let offered = candidate.quarters == EVERY_QUARTER;
    let power = stake(state, candidate).min(candidate.stake_before);
    let free = !is_jailed(state, &candidate.hotkey, height);
    (who.validator_permit && wrote && fresh && offered && free && power > Rao::ZERO)
        .then_some(power)
}

/// R14: begins to fade, or fades further.
fn fade(books: &mut Books<'_>, mut record: Bootstrap, good: &[Rao]) -> Result<(), CallError> {
    let params = books.params;
    let sum = good.iter().try_fold(Rao::ZERO, |sum, power| sum.checked_add(*power));
    let sum = sum.ok_or(CallError::OutOfRange)?;
    match record.began {
        None => {
            let enough = good.len() >= usize::from(params.bootstrap_candidates);
            if !enough || sum < params.bootstrap_stake {
                return Ok(());
            }
            record.began = Some(books.height);
            record.peak = sum.max(params.bootstrap_stake);
            let candidates = u64::try_from(good.len()).unwrap_or(u64::MAX);
            books.say(Event::BootstrapEnded { peak: record.peak, candidates });
        }
        Some(_) if record.left == Rao::ZERO => return Ok(()),
        Some(_) => {}
    }
    let since = books.height.since(record.began.unwrap_or(books.height));
    let gone = since.checked_div(params.rotation_blocks).unwrap_or(0);
    record.left = remaining(record.peak, gone, params.bootstrap_fade);
    books.say(Event::BootstrapFaded { left: record.left });
    books.put(Key::Bootstrap, Value::Bootstrap(record));
    Ok(())
}

/// peak * (fade - gone) / fade, rounded down; nothing from `fade` on.
fn remaining(peak: Rao, gone: u64, fade: u64) -> Rao {
    let left = u128::from(fade.saturating_sub(gone));
    let wide = u128::from(peak.0).saturating_mul(left).checked_div(u128::from(fade));
    Rao(wide.and_then(|w| u64::try_from(w).ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_stake_falls_linearly_to_nothing() {
        let left = |gone| remaining(Rao(900), gone, 90).0;
        assert_eq!([0, 1, 45, 89, 90, 500].map(left), [900, 890, 450, 10, 0, 0]);
        assert_eq!(remaining(Rao(7), 0, 0), Rao(0));
    }
}
