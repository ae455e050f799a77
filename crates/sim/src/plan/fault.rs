//! Whether a plan makes sense: what is wrong with one that can't be played, in words.

use super::{
    Cabal, Crashes, Cut, Desk, Down, Former, Links, MILLION, MOST_NODES, MOST_SLOTS,
    MOST_STRANGERS, Plan, Rotation, Upgrade,
};
use crate::slots::SLOT_MS;
use std::collections::BTreeSet;

/// What part of the power voters with a twin may have at the most, in a million.
const MOST_TWIN_PPM: u32 = 900_000;

/// How far a clock may be off at the most.
const MOST_SKEW_MS: u64 = 10 * SLOT_MS;

/// The longest that one piece of work of a checker may take: what a slot brings must be done
/// within it.
const MOST_DESK_MS: u64 = 200;

/// The text of the first line whose value is of its form, if any is.
macro_rules! first {
    ($($form:pat = $value:expr => $text:literal $(, $name:ident = $word:expr)*;)*) => {{
        $(if let $form = $value {
            return Some(format!($text $(, $name = $word)*));
        })*
        None
    }};
}

impl Plan {
    /// What is wrong with it, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let (nodes, voters, members) = (self.nodes(), self.voters, self.members());
        let (slots, strangers, skew) = (self.slots, self.strangers.len(), self.skew_ms);
        let twins: BTreeSet<_> = self.twins.iter().collect();
        let is_part = !twins.is_empty() && twins.len() != voters;
        let has_part = |ppm: &u32| is_part && (1..=MOST_TWIN_PPM).contains(ppm);
        let keeps = self.rotation.is_some_and(|rotation| rotation.keeps_genesis);
        let Links { loss_ppm, twice_ppm, late_ppm, late_slots } = self.links;
        let Crashes { every, down, .. } = self.crashes.unwrap_or_default();
        let long =
            [(late_slots, "late slots"), (every, "slots between crashes"), (down, "slots down")];
        let least = self.least_rotation();
        let rotates = |r: &Rotation| (least..=MOST_SLOTS).contains(&r.blocks);
        let is_ready = |u: &Upgrade| self.rotation.is_some() && u.updated + u.liars <= voters;
        let away = || self.downs.iter().chain(&self.pauses);
        let is_no_time = |down: &&Down| down.from >= down.until || down.until > MOST_SLOTS;
        let is_real = self.rotation.is_some_and(|r| !r.keeps_genesis && !r.moves);
        let has_others = self.cabal.is_some() || !twins.is_empty();
        let lacks_premise = !is_real || self.joiners == 0 || has_others;
        let is_early = |former: &Former| former.asks == 0 || former.leaves == 0;
        let lacks_room = |d: &Desk| d.lists == 0 || d.answers == 0 || d.body_bytes == 0;
        let longest = self.desk.map(|d| d.list_ms.max(d.body_ms));
        let is_off = |cut: &&Cut| ![0, nodes].contains(&cut.sides.len()) || cut.from >= cut.until;
        first! {
            true = voters == 0 || nodes > MOST_NODES =>
                "{voters} voters on {nodes} nodes; 1 to {MOST_NODES} may be";
            Some(twin) = self.twins.iter().find(|twin| **twin >= voters) =>
                "voter {twin} has a twin, and there are {voters} voters; the first is 0";
            true = twins.len() < self.twins.len() => "a voter has more than one twin; one may be";
            Some(ppm) = self.twin_power_ppm.filter(|ppm| !has_part(ppm)) =>
                "{count} voters with a twin, of {voters}, are to have {ppm} of a million of the power; some may have 1 to {MOST_TWIN_PPM}",
                count = twins.len();
            true = self.twin_power_ppm.is_some() && keeps =>
                "voters with a twin can't have a part of the power while rotation keeps that of genesis, which is equal";
            Some((slots, what)) = long.iter().find(|(slots, _)| *slots > MOST_SLOTS) =>
                "{slots} {what}; up to {MOST_SLOTS} may be";
            true = skew > MOST_SKEW_MS => "clocks off by {skew} ms; up to {MOST_SKEW_MS} may be";
            Some(ppm) = [loss_ppm, twice_ppm, late_ppm].iter().find(|ppm| **ppm > MILLION) =>
                "{ppm} of a million messages; up to {MILLION} may be";
            Some(Rotation { blocks, .. }) = self.rotation.filter(|r| !rotates(r)) =>
                "voters rotate every {blocks} blocks; {least} to {MOST_SLOTS} may be with {members} that may vote";
            Some(Upgrade { updated, liars, .. }) = self.upgrade.filter(|u| !is_ready(u)) =>
                "{updated} updated voters and {liars} that say so, of {voters}; rules change while voters rotate";
            true = self.cabal.is_some_and(|cabal| cabal.members == 0) =>
                "a cabal of 0 members; leave it out where all are honest";
            Some(Some(0)) = self.cabal.map(|cabal| cabal.times) =>
                "a cabal that stops after 0 offences; leave it out where all are honest";
            Some(Cabal { strategy, .. }) = self.cabal.filter(Cabal::stops_in_vain) =>
                "`times` counts offences, and who acts as in the profile {profile} is not seen to offend; leave it out, or take equivocate, double-vote, surround or wild",
                profile = strategy.profile();
            Some(Down { node, from, until, .. }) = away().find(is_no_time) =>
                "node {node} is away from slot {from} until {until}; it needs an end after its start, {MOST_SLOTS} at most";
            true = self.former.is_some() && lacks_premise =>
                "former voters need rotation by real stake that nobody else moves, joiners, and neither a cabal nor twins";
            Some(Former { asks, leaves, .. }) = self.former.filter(is_early) =>
                "stake is asked for in slot {asks}, another past leaves in {leaves}; from slot 1 on they may";
            Some(Desk { lists, answers, body_bytes, .. }) = self.desk.filter(lacks_room) =>
                "a checker with room for {lists} lists, {answers} answers and {body_bytes} bytes of bodies; it needs some of each";
            Some(longest) = longest.filter(|ms| *ms > MOST_DESK_MS) =>
                "a checker that takes {longest} ms for one thing; up to {MOST_DESK_MS} may be";
            Some(Cut { from, until, sides, .. }) = self.cuts.iter().find(is_off) =>
                "a cut from slot {from} until {until} names {sides} sides; it needs none or one for each of {nodes} nodes, and an end after its start",
                sides = sides.len();
            Some(Down { node, .. }) = away().find(|down| down.node >= nodes) =>
                "node {node} is to be away, and there are {nodes} nodes; the first is 0";
            true = strangers > MOST_STRANGERS =>
                "{strangers} strangers; {MOST_STRANGERS} may be";
            true = slots == 0 || slots > MOST_SLOTS => "{slots} slots; 1 to {MOST_SLOTS} may be";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Strategy;
    use super::*;

    #[test]
    fn a_cabal_stops_after_offences_only_where_its_strategy_offends() {
        let fault = |strategy, times| {
            let cabal = Cabal { members: 1, strategy, placed: false, just_below: false, times };
            Plan { cabal: Some(cabal), ..Plan::default() }.fault()
        };
        for strategy in Strategy::ALL {
            assert_eq!(fault(*strategy, None), None, "{strategy:?}");
            let stops = fault(*strategy, Some(2));
            assert_eq!(stops.is_none(), strategy.offends(), "{strategy:?}: {stops:?}");
        }
        let silent = fault(Strategy::Silent, Some(1)).unwrap();
        assert!(
            silent.contains("profile byzantine-silent is not seen to offend; leave it out"),
            "{silent}"
        );
        let at_once = fault(Strategy::Equivocate, Some(0)).unwrap();
        assert!(at_once.contains("after 0 offences"), "{at_once}");
    }
}
