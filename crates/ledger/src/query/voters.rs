//! Who votes, who may vote next, and how far the bootstrap is (R12 to R14).

use crate::rules::{offer_wait, quarter, reads};
use crate::state::Read;
use serde::Serialize;
use weft_types::{
    Height, Netuid, Offence, Params, Power, PublicKey, Rao, Uid, VoterSet, VoterSets,
};

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

/// The next height at which voters may rotate.
fn next_rotation(now: Height, params: &Params) -> Height {
    let every = params.rotation_blocks.max(1);
    Height(now.0.div_euclid(every).saturating_add(1).saturating_mul(every))
}

/// R13: the subnet that an offer of a hotkey should name, when one is due: where it holds a
/// permit and has a row, if it can one where that is fresh at the next rotation; and nothing of it
/// was taken in this quarter of the rotation.
pub fn offer_due(state: &impl Read, params: &Params, hotkey: &PublicKey) -> Option<Netuid> {
    let now = reads::chain(state)?.height;
    let next = now.next()?;
    let known = reads::candidates(state).into_iter().find(|c| c.hotkey == *hotkey);
    let waits = known.is_some_and(|c| {
        let is_done = c.quarters & quarter(next, params.rotation_blocks) != 0;
        is_done || next.since(c.renewed) < offer_wait(params.rotation_blocks)
    });
    if waits {
        return None;
    }
    let rotation = next_rotation(now, params);
    let of = |netuid| (netuid, lack(state, hotkey, netuid, rotation));
    let nets: Vec<_> = reads::subnets(state).into_iter().map(of).collect();
    let stale = || nets.iter().find(|(_, lack)| matches!(lack, Some(OfferLacks::Fresh { .. })));
    nets.iter().find(|(_, lack)| lack.is_none()).or_else(stale).map(|(netuid, _)| *netuid)
}

/// What a hotkey lacks to be offered as a voter, or to be taken at the next rotation (R13); in the
/// order in which one comes by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OfferLacks {
    /// It is a neuron of no subnet.
    Seat,
    /// It is a neuron, and none with a permit.
    Permit {
        /// Where it is one.
        netuid: Netuid,
        /// Which.
        uid: Uid,
    },
    /// It has a permit, and no row where it has one.
    Row {
        /// Where it has a permit.
        netuid: Netuid,
        /// As which neuron.
        uid: Uid,
    },
    /// It has a row where it has a permit, and that will be too old.
    Fresh {
        /// Where.
        netuid: Netuid,
        /// As which neuron.
        uid: Uid,
        /// When it was written.
        written: Height,
        /// How many blocks old it may be.
        cutoff: u64,
        /// At the next rotation.
        rotation: Height,
    },
    /// It is jailed (R17), beyond the next rotation.
    Freedom {
        /// Before this height.
        until: Height,
    },
}

/// What a hotkey lacks in a subnet to be taken from there at a rotation, as the rules judge it
/// (`rules/candidates.rs`).
fn lack(
    state: &impl Read,
    hotkey: &PublicKey,
    netuid: Netuid,
    rotation: Height,
) -> Option<OfferLacks> {
    let sits = || {
        let uid = reads::seat(state, netuid, hotkey)?;
        Some((uid, reads::neuron(state, netuid, uid)?, reads::subnet(state, netuid)?))
    };
    let Some((uid, who, net)) = sits() else { return Some(OfferLacks::Seat) };
    if !who.validator_permit {
        return Some(OfferLacks::Permit { netuid, uid });
    }
    if reads::row(state, netuid, uid).is_none() {
        return Some(OfferLacks::Row { netuid, uid });
    }
    let (written, cutoff) = (who.last_update, net.hyperparameters.activity_cutoff);
    let is_fresh = rotation.since(written) <= cutoff;
    (!is_fresh).then_some(OfferLacks::Fresh { netuid, uid, written, cutoff, rotation })
}

/// R13: what a hotkey lacks to be offered, or to be taken at the next rotation; nothing when there is a
/// subnet where it lacks nothing. That a row will be too old is said from when on a new one
/// would not be.
pub fn offer_lacks(state: &impl Read, params: &Params, hotkey: &PublicKey) -> Option<OfferLacks> {
    let now = reads::chain(state)?.height;
    let rotation = next_rotation(now, params);
    let until = reads::offender(state, hotkey).jailed_until;
    if until > rotation {
        return Some(OfferLacks::Freedom { until });
    }
    let mut furthest = OfferLacks::Seat;
    for netuid in reads::subnets(state) {
        furthest = furthest.max(lack(state, hotkey, netuid, rotation)?);
    }
    match furthest {
        OfferLacks::Fresh { cutoff, .. } if rotation.since(now) > cutoff => None,
        lacks => Some(lacks),
    }
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
