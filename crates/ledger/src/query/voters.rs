//! Who votes, who may vote next, and how far the bootstrap is (R12 to R14).

pub use crate::rules::OfferLacks;
use crate::rules::{lack, offer_wait, quarter, reads};
use crate::state::Read;
use crate::state::value::Candidate;
use serde::Serialize;
use weft_types::{Height, Netuid, Offence, Params, Power, PublicKey, Rao, VoterSet, VoterSets};

/// Who offers to vote, and how far the bootstrap is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BootstrapSheet {
    /// The virtual stake of all genesis voters together, now.
    pub virtual_stake: Rao,
    /// The rotation at which it began to fade.
    pub began: Option<Height>,
    /// The candidates and the stake behind each.
    pub candidates: Vec<(PublicKey, Rao)>,
    /// How many candidates are needed.
    pub needed: u16,
    /// What they must hold together.
    pub needed_stake: Rao,
}

/// The sheet of a voter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VoterSheet {
    /// Who.
    pub hotkey: PublicKey,
    /// Its power, in rao of stake, virtual or real.
    pub power: Power,
    /// Its trust, 65 535 = 1.
    pub trust: u16,
}

/// Who votes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VotersSheet {
    /// The voters, keys ascending.
    pub current: Vec<VoterSheet>,
    /// Those before, while the last rotation is not final in this state; else null.
    pub previous: Option<Vec<VoterSheet>>,
    /// The height at which the current ones were taken.
    pub since: Height,
    /// Blocks since the last height at which voters may rotate.
    pub blocks: u64,
    /// In how many of them a share of each voter was carried, in the order of `current`.
    pub carried: Vec<u64>,
    /// The next height at which voters may rotate.
    pub next_rotation: Height,
}

/// Who votes, as it is shown.
pub fn voters(state: &impl Read, params: &Params) -> Option<VotersSheet> {
    let chain = reads::chain(state)?;
    let record = reads::rotation(state);
    let one = |v: &weft_types::Voter| VoterSheet { hotkey: v.key, power: v.power, trust: v.trust };
    let all = |set: &VoterSet| set.voters.iter().map(one).collect::<Vec<_>>();
    Some(VotersSheet {
        current: all(&chain.voters.current),
        previous: chain.voters.previous.as_ref().map(all),
        since: record.height,
        blocks: record.blocks,
        carried: record.carried,
        next_rotation: next_rotation(chain.height, params),
    })
}

/// Who votes.
pub fn sets(state: &impl Read) -> Option<VoterSets> {
    reads::chain(state).map(|chain| chain.voters)
}

/// The height of the next rotation.
fn next_rotation(now: Height, params: &Params) -> Height {
    let every = params.rotation_blocks.max(1);
    Height(now.0.div_euclid(every).saturating_add(1).saturating_mul(every))
}

/// R13: the subnet that an offer of a hotkey should name, when one is due: where it holds a
/// permit and has a row; of these one where the row is still fresh at the next rotation, else one
/// where a row written now would be, else the first. Nothing where an offer was taken in this quarter
/// of the rotation, or less than an eighth of one ago.
pub fn offer_due(state: &impl Read, params: &Params, hotkey: &PublicKey) -> Option<Netuid> {
    let now = reads::chain(state)?.height;
    let next = now.next()?;
    let waits = offer(state, hotkey).is_some_and(|offer| {
        let is_done = offer.quarters & quarter(next, params.rotation_blocks) != 0;
        is_done || next.since(offer.renewed) < offer_wait(params.rotation_blocks)
    });
    if waits {
        return None;
    }
    let times = (now, next_rotation(now, params));
    match best(state, hotkey, times) {
        Ok(netuid) | Err(OfferLacks::Fresh { netuid, .. }) => Some(netuid),
        Err(_) => None,
    }
}

fn offer(state: &impl Read, hotkey: &PublicKey) -> Option<Candidate> {
    reads::candidates(state).into_iter().find(|c| c.hotkey == *hotkey)
}

/// The first subnet where a hotkey lacks nothing; if there is none, what it lacks where it has come
/// furthest, the first of several.
fn best(
    state: &impl Read,
    hotkey: &PublicKey,
    (now, rotation): (Height, Height),
) -> Result<Netuid, OfferLacks> {
    let mut furthest = OfferLacks::Seat;
    for netuid in reads::subnets(state) {
        let Some(lacks) = lack(state, hotkey, netuid, rotation) else { return Ok(netuid) };
        if lacks.step(now) > furthest.step(now) {
            furthest = lacks;
        }
    }
    Err(furthest)
}

/// R13: what a hotkey lacks to be offered, or to be taken at the next rotation; nothing when there
/// is a subnet where it lacks nothing. A row that will be too old is named only once a row written
/// now would still be fresh there. After the offer of the last quarter, the row in the subnet that it
/// names counts.
pub fn offer_lacks(state: &impl Read, params: &Params, hotkey: &PublicKey) -> Option<OfferLacks> {
    let now = reads::chain(state)?.height;
    let rotation = next_rotation(now, params);
    let until = reads::offender(state, hotkey).jailed_until;
    if until > rotation {
        return Some(OfferLacks::Freedom { until });
    }
    let last = quarter(Height(rotation.0.saturating_sub(1)), params.rotation_blocks);
    let last_offer = offer(state, hotkey).filter(|offer| offer.quarters & last != 0);
    let lacks = match last_offer.map(|offer| lack(state, hotkey, offer.netuid, rotation)) {
        Some(None) => return None,
        Some(Some(lacks @ OfferLacks::Fresh { .. })) => lacks,
        Some(Some(_)) | None => best(state, hotkey, (now, rotation)).err()?,
    };
    (!lacks.is_early(now)).then_some(lacks)
}

/// How far the bootstrap is.
pub fn bootstrap(state: &impl Read, params: &Params) -> BootstrapSheet {
    let record = reads::bootstrap(state);
    let stake = |key: &PublicKey| reads::hotkey(state, key).map_or(Rao::ZERO, |pool| pool.value);
    let candidates = reads::candidates(state);
    BootstrapSheet {
        virtual_stake: record.as_ref().map_or(Rao::ZERO, |r| r.left),
        began: record.and_then(|r| r.began),
        candidates: candidates.iter().map(|c| (c.hotkey, stake(&c.hotkey))).collect(),
        needed: params.bootstrap_candidates,
        needed_stake: params.bootstrap_stake,
    }
}

/// What a hotkey was punished for (R17).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OffenderSheet {
    /// Whose.
    pub hotkey: PublicKey,
    /// It is in no set that is taken before this height; 0 when it never was jailed.
    pub jailed_until: Height,
    /// What it was punished for within about the unbonding time.
    pub offences: Vec<Offence>,
    /// The stake behind it now.
    pub stake: Rao,
}

/// R17: what a hotkey was punished for.
pub fn offender(state: &impl Read, hotkey: &PublicKey) -> OffenderSheet {
    let record = reads::offender(state, hotkey);
    let (jailed_until, offences) = (record.jailed_until, record.offences);
    let stake = reads::hotkey(state, hotkey).map_or(Rao::ZERO, |pool| pool.value);
    OffenderSheet { hotkey: *hotkey, jailed_until, offences, stake }
}
