//! What must come to pass when faults are over, beside a new final block: a change of rules that
//! was put off (R21), reports of offences (R17) and offers to vote (R13).

use crate::net::Net;
use crate::plan::Rotation;
use crate::report::Healing;
use crate::slots::start_of;
use crate::watch::duties::Offended;
use weft_ledger::query::voters;
use weft_types::SecretKey;

/// In so many rotations a change comes that most voters signal: to the next height at which it is
/// locked in, or the one after where too few have signalled there; one that it waits; half of one.
const ROTATIONS: u64 = 4;

/// In so many slots what was seen of offences is in a final block, beside the bound for those: it is
/// sent again after four blocks.
const REPORTED: u64 = 12;

/// In so many slots an offer that is due has landed, beside that bound.
const OFFERED: u64 = 12;

impl Net {
    /// Lets time pass until it has all come to pass, or should have.
    pub fn settle(&mut self, healing: Healing) {
        if self.is_broken() {
            return;
        }
        self.await_rules(healing.bound);
        self.await_work(healing.bound);
    }

    /// R21: while faults last a change may be put off again and again; when they are over it comes.
    fn await_rules(&mut self, bound: u64) {
        let changes = self.plan.upgrade.is_some_and(|upgrade| !upgrade.never);
        let Some(Rotation { blocks, .. }) = self.plan.rotation.filter(|_| changes) else { return };
        let most = ROTATIONS * blocks + bound;
        let until = self.slot() + most;
        while self.watch.rules.changed.is_empty() && !self.is_broken() {
            if self.slot() >= until {
                return self.watch.broken(format!(
                    "late: the rules did not change within {most} slots after the last fault"
                ));
            }
            self.run_to(self.slot() + 1);
            self.faults.note("slots_for_rules");
        }
    }

    /// What was seen, and due, when faults were over.
    fn await_work(&mut self, bound: u64) {
        let mark = self.calm_since + 1;
        let until = (mark + bound + REPORTED.max(OFFERED)).max(self.slot());
        while self.slot() < until && !self.is_broken() && self.has_work(mark) {
            self.run_to(self.slot() + 1);
            self.faults.note("slots_for_work");
        }
        if self.is_broken() {
            return;
        }
        let text = self.unreported(mark).first().map(|Offended { by, evidence }| {
            let (offender, offence) = (evidence.offender(), evidence.offence());
            format!(
                "reports: nobody reports {offence:?} of {offender}, seen by node and time {by:?}"
            )
        });
        if let Some(text) = text {
            self.watch.broken(text);
        }
        if let Some((node, since)) = self.not_landed(mark) {
            self.watch.broken(format!(
                "offers: that of node {node} is due since slot {since} and not there"
            ));
        }
    }

    fn has_work(&self, mark: u64) -> bool {
        self.not_landed(mark).is_some() || !self.unreported(mark).is_empty()
    }

    fn not_landed(&self, mark: u64) -> Option<(usize, u64)> {
        let mut due = self.watch.duties.due.iter();
        due.find(|(_, since)| **since < mark).map(|(node, since)| (*node, *since))
    }

    /// Offences that were seen, that the final chain has to punish, and that no final block reports.
    fn unreported(&self, mark: u64) -> Vec<&Offended> {
        let open = self.watch.duties.open(start_of(mark));
        open.filter(|seen| self.watch.is_punished(&seen.evidence)).collect()
    }

    /// Notes since when the offer of a node is due, of one that is to offer its voter.
    pub fn watch_offer(&mut self, i: usize, offers: bool) {
        let slot = self.slot();
        let key = self.world.keys.get(i).map(SecretKey::public);
        let offers = offers && !self.plan.is_twin(i);
        let core = self.core(i).filter(|_| offers);
        let is_due = core.zip(key).is_some_and(|(core, key)| {
            let view = core.executor().view(&core.head_hash());
            let params = &self.world.genesis.params;
            core.stopped().is_none()
                && view.is_some_and(|view| voters::offer_due(&view, params, &key).is_some())
        });
        let due = &mut self.watch.duties.due;
        if is_due {
            due.entry(i).or_insert(slot);
        } else {
            due.remove(&i);
        }
    }
}
