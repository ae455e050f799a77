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
    let every = params.rotation_blocks.max(1);
    let next = chain.height.0.div_euclid(every).saturating_add(1).saturating_mul(every);
    Some(VotersSheet {
        current: all(&chain.voters.current),
        previous: chain.voters.previous.as_ref().map(all),
        since: record.height,
        blocks: record.blocks,
        carried: record.carried,
        next_rotation: Height(next),
    })
}

/// Who votes.
pub fn sets(state: &impl Read) -> Option<VoterSets> {
    reads::chain(state).map(|chain| chain.voters)
}

/// R13: the subnet that an offer of a hotkey should name, when one is due: where it holds a
/// permit and has a row, and nothing of it was taken in this quarter of the rotation.
pub fn offer_due(state: &impl Read, params: &Params, hotkey: &PublicKey) -> Option<Netuid> {
    let next = reads::chain(state)?.height.next()?;
    let known = reads::candidates(state).into_iter().find(|c| c.hotkey == *hotkey);
    let waits = known.is_some_and(|c| {
        let is_done = c.quarters & quarter(next, params.rotation_blocks) != 0;
        is_done || next.since(c.renewed) < offer_wait(params.rotation_blocks)
    });
    let votes_in = |netuid: &Netuid| {
        let uid = reads::seat(state, *netuid, hotkey)?;
        let who = reads::neuron(state, *netuid, uid)?;
        let wrote = reads::row(state, *netuid, uid).is_some();
        (who.validator_permit && wrote).then_some(())
    };
    let nets = reads::subnets(state).into_iter();
    nets.filter(|_| !waits).find(|netuid| votes_in(netuid).is_some())
}

/// What a hotkey lacks to be offered as a voter (R13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// It has a row where it has a permit, and that is too old to be taken by (R8).
    Fresh {
        /// Where.
        netuid: Netuid,
        /// As which neuron.
        uid: Uid,
        /// How many blocks old.
        age: u64,
        /// How old it may be.
        cutoff: u64,
    },
    /// It is jailed (R17): before that is over nothing else helps.
    Freedom {
        /// Before this height.
        until: Height,
    },
}

/// R13: what a hotkey lacks to be offered, or to be taken when it is offered (R8); nothing when it
/// holds a permit in a subnet, has a fresh row there and is not jailed.
pub fn offer_lacks(state: &impl Read, hotkey: &PublicKey) -> Option<OfferLacks> {
    let now = reads::chain(state)?.height;
    let until = reads::offender(state, hotkey).jailed_until;
    if until > now {
        return Some(OfferLacks::Freedom { until });
    }
    let lack = |netuid: Netuid| {
        let uid = reads::seat(state, netuid, hotkey)?;
        let who = reads::neuron(state, netuid, uid)?;
        if !who.validator_permit {
            return Some((1, Some(OfferLacks::Permit { netuid, uid })));
        }
        if reads::row(state, netuid, uid).is_none() {
            return Some((2, Some(OfferLacks::Row { netuid, uid })));
        }
        let cutoff = reads::subnet(state, netuid)?.hyperparameters.activity_cutoff;
        let age = now.since(who.last_update);
        let old = OfferLacks::Fresh { netuid, uid, age, cutoff };
        Some((3, (age > cutoff).then_some(old)))
    };
    let lacks: Vec<_> = reads::subnets(state).into_iter().filter_map(lack).collect();
    if lacks.iter().any(|(_, lack)| lack.is_none()) {
        return None;
    }
    // Of the subnet where it has come furthest, the first of these.
    let furthest = lacks.iter().map(|(step, _)| *step).max();
    let mut there = lacks.into_iter().filter(|(step, _)| Some(*step) == furthest);
    Some(there.next().and_then(|(_, lack)| lack).unwrap_or(OfferLacks::Seat))
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
