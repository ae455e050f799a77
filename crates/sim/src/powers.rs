//! What voters of genesis have, and who of them is Byzantine.

use crate::plan::{MILLION, Plan, Powers};
use std::collections::BTreeSet;
use weft_consensus::schedule::Schedule;
use weft_types::units::RAO_PER_TAO;
use weft_types::{Genesis, Slot};

/// What one of equal voters has, in rao of stake.
pub const POWER: u64 = 1_000 * RAO_PER_TAO;

/// Among so many places for the cabal the worst for the others is taken.
const PLACES: u64 = 48;

/// For so many slots a placed cabal looks ahead.
const AHEAD: u64 = 256;

/// What each voter of genesis has, in the order of keys: who is the richest is by lot, since
/// keys are.
pub fn powers(plan: &Plan) -> Vec<u64> {
    let count = plan.voters as u64;
    let power = |i: u64| match plan.powers {
        Powers::Equal => POWER,
        Powers::Pareto => (2 * POWER).div_euclid(i + 1),
        // 0.3 of all, while the others share 0.7.
        Powers::Whale if i == 0 => (count.max(2) - 1) * POWER * 3 / 7,
        Powers::Whale => POWER,
    };
    let mut powers: Vec<u64> = (0..count).map(power).collect();
    if let Some(ppm) = plan.twin_power_ppm {
        let is_twin = |i: &usize| plan.twins.contains(i);
        let others: u64 = (0..).zip(&powers).filter(|(i, _)| !is_twin(i)).map(|(_, p)| p).sum();
        let twins = plan.twins.len() as u128 * u128::from(MILLION - ppm);
        let each = u64::try_from(u128::from(others) * u128::from(ppm) / twins)
            .expect("nine times what others have is within the supply");
        (0..).zip(&mut powers).filter(|(i, _)| is_twin(i)).for_each(|(_, p)| *p = each);
    }
    powers
}

/// Which voters are Byzantine; raises their power to just below a third if the plan says so.
pub fn cabal(plan: &Plan, genesis: &Genesis, powers: &mut [u64]) -> BTreeSet<usize> {
    let Some(cabal) = plan.cabal else { return BTreeSet::new() };
    let members = if cabal.placed {
        placed(genesis, cabal.members)
    } else {
        // Keys are in no order that means anything, and every seed starts elsewhere.
        let start = usize::try_from(plan.seed % plan.voters as u64).unwrap_or(0);
        (0..plan.voters).map(|i| (start + i) % plan.voters).collect()
    };
    let total: u128 = powers.iter().copied().map(u128::from).sum();
    let (mut taken, mut sum) = (BTreeSet::new(), 0_u128);
    for i in members {
        let power = powers.get(i).map_or(0, |p| u128::from(*p));
        if taken.len() < cabal.members && (sum + power) * 3 < total && taken.insert(i) {
            sum += power;
        }
    }
    if cabal.just_below && !taken.is_empty() {
        let of = |powers: &[u64], inside: bool| -> u64 {
            let part = powers.iter().enumerate().filter(|(i, _)| taken.contains(i) == inside);
            part.map(|(_, power)| *power).sum()
        };
        // c < h / 2 is the same as c < (c + h) / 3.
        let each = (of(powers, false) - 1) / 2 / taken.len() as u64;
        powers
            .iter_mut()
            .enumerate()
            .filter(|(i, _)| taken.contains(i))
            .for_each(|(_, p)| *p = each);
    }
    taken
}

/// The proposers of every other slot from some slot on, chosen so that the others have to
/// wait longest for two slots of theirs in a row.
fn placed(genesis: &Genesis, count: usize) -> Vec<usize> {
    let set = genesis.voter_set();
    let schedule = Schedule::of(&set);
    let place = |slot: u64| {
        let key = schedule.proposer(Slot(slot))?;
        set.voters.binary_search_by(|v| v.key.cmp(&key)).ok()
    };
    let choice = |start: u64| {
        let mut members = Vec::new();
        for slot in (start..start + AHEAD).step_by(2) {
            if let Some(i) = place(slot).filter(|i| !members.contains(i) && members.len() < count) {
                members.push(i);
            }
        }
        members
    };
    let wait = |members: &Vec<usize>| {
        let honest = |slot| place(slot).is_some_and(|i| !members.contains(&i));
        longest((1..AHEAD).map(|slot| honest(slot) && honest(slot + 1)))
    };
    (1..PLACES).map(choice).max_by_key(wait).unwrap_or_default()
}

/// The longest run of slots in which something is not so.
pub fn longest(slots: impl Iterator<Item = bool>) -> u64 {
    let (mut longest, mut run) = (0, 0);
    for is_so in slots {
        run = if is_so { 0 } else { run + 1 };
        longest = longest.max(run);
    }
    longest
}
