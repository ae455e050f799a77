//! Whether a plan makes sense: what is wrong with one that can't be played, in words.

use super::{
    Crashes, Cut, Down, Links, MILLION, MOST_NODES, MOST_SLOTS, MOST_STRANGERS, Plan, Rotation,
};
use crate::slots::SLOT_MS;
use std::collections::BTreeSet;

/// What part of the power voters with a twin may have at the most, in a million.
const MOST_TWIN_PPM: u32 = 900_000;

/// How far a clock may be off at the most.
const MOST_SKEW_MS: u64 = 10 * SLOT_MS;

impl Plan {
    /// What is wrong with it, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let nodes = self.nodes();
        let off = |cut: &&Cut| ![0, nodes].contains(&cut.sides.len()) || cut.from >= cut.until;
        if self.voters == 0 || nodes > MOST_NODES {
            let voters = self.voters;
            return Some(format!("{voters} voters on {nodes} nodes; 1 to {MOST_NODES} may be"));
        }
        if let Some(fault) = self
            .fault_of_twins()
            .or_else(|| self.fault_of_weather())
            .or_else(|| self.fault_of_former())
            .or_else(|| self.desk?.fault())
        {
            return Some(fault);
        }
        if let Some(cut) = self.cuts.iter().find(off) {
            let (sides, from, until) = (cut.sides.len(), cut.from, cut.until);
            return Some(format!(
                "a cut from slot {from} until {until} names {sides} sides; it needs none or one for each of {nodes} nodes, and an end after its start"
            ));
        }
        if let Some(down) = self.downs.iter().chain(&self.pauses).find(|down| down.node >= nodes) {
            return Some(format!("node {} is to be down, and there are {nodes} nodes", down.node));
        }
        if self.strangers.len() > MOST_STRANGERS {
            let strangers = self.strangers.len();
            return Some(format!("{strangers} strangers; {MOST_STRANGERS} may be"));
        }
        if self.slots == 0 || self.slots > MOST_SLOTS {
            return Some(format!("{} slots; 1 to {MOST_SLOTS} may be", self.slots));
        }
        None
    }

    fn fault_of_twins(&self) -> Option<String> {
        if let Some(twin) = self.twins.iter().find(|twin| **twin >= self.voters) {
            return Some(format!("voter {twin} has a twin, and there are {} voters", self.voters));
        }
        let twins: BTreeSet<_> = self.twins.iter().collect();
        if twins.len() < self.twins.len() {
            return Some("a voter has more than one twin; one may be".to_owned());
        }
        let ppm = self.twin_power_ppm?;
        if twins.is_empty() || twins.len() == self.voters || !(1..=MOST_TWIN_PPM).contains(&ppm) {
            return Some(format!(
                "{} voters with a twin, of {}, are to have {ppm} of a million of the power; some may have 1 to {MOST_TWIN_PPM}",
                twins.len(),
                self.voters
            ));
        }
        let keeps = self.rotation.is_some_and(|rotation| rotation.keeps_genesis);
        keeps.then(|| {
            "voters with a twin can't have a part of the power while rotation keeps that of genesis, which is equal".to_owned()
        })
    }

    fn fault_of_weather(&self) -> Option<String> {
        let Links { loss_ppm, twice_ppm, late_ppm, late_slots } = self.links;
        let Crashes { every, down, .. } = self.crashes.unwrap_or_default();
        let most =
            [(late_slots, "late slots"), (every, "slots between crashes"), (down, "slots down")];
        if let Some((slots, what)) = most.iter().find(|(slots, _)| *slots > MOST_SLOTS) {
            return Some(format!("{slots} {what}; up to {MOST_SLOTS} may be"));
        }
        if self.skew_ms > MOST_SKEW_MS {
            return Some(format!("clocks off by {} ms; up to {MOST_SKEW_MS} may be", self.skew_ms));
        }
        if let Some(ppm) = [loss_ppm, twice_ppm, late_ppm].into_iter().find(|ppm| *ppm > MILLION) {
            return Some(format!("{ppm} of a million messages"));
        }
        if let Some(Rotation { blocks, .. }) = self.rotation
            && !(self.least_rotation()..=MOST_SLOTS).contains(&blocks)
        {
            let (least, members) = (self.least_rotation(), self.members());
            return Some(format!(
                "voters rotate every {blocks} blocks; {least} to {MOST_SLOTS} may be with {members} that may vote"
            ));
        }
        if let Some(upgrade) = self.upgrade
            && (self.rotation.is_none() || upgrade.updated + upgrade.liars > self.voters)
        {
            let (updated, liars) = (upgrade.updated, upgrade.liars);
            return Some(format!(
                "{updated} updated voters and {liars} that say so, of {}; rules change while voters rotate",
                self.voters
            ));
        }
        if self.cabal.is_some_and(|cabal| cabal.members == 0) {
            return Some("a cabal of 0 members; leave it out where all are honest".to_owned());
        }
        let no_time = |down: &&Down| down.from >= down.until || down.until > MOST_SLOTS;
        let down = self.downs.iter().chain(&self.pauses).find(no_time)?;
        Some(format!("node {} is down from slot {} until {}", down.node, down.from, down.until))
    }
}
