//! One run, from genesis to the last word.

use crate::agenda::Event;
use crate::net::Net;
use crate::world::{GENESIS_TIME, SLOT_MS};
use crate::{Plan, Report};
use weft_consensus::Input;

/// In how many slots after the last fault every node must have a new final block. The
/// longest gap that was measured on models of up to 7 voters is far below.
const RECOVERY: u64 = 60;

/// Simulates a plan.
///
/// A plan without voters reports that as its violation.
#[must_use]
pub fn run(plan: &Plan) -> Report {
    if plan.voters == 0 {
        let violations = vec!["there is no voter; ask for at least one".to_owned()];
        return Report { violations, ..Report::default() };
    }
    let mut net = Net::new(plan);
    (0..plan.voters).for_each(|i| net.start(i));
    net.begin_slot(0);
    net.plan_crash();
    net.run_to(plan.slots);
    net.calm();
    let recovery = net.recover();
    net.judge_faults();
    net.report(recovery)
}

impl Net {
    /// Lets time pass until a slot begins, or until a promise is broken.
    pub fn run_to(&mut self, slot: u64) {
        let end = GENESIS_TIME + slot * SLOT_MS;
        while let Some((time, event)) = self.agenda.next(end) {
            self.now = time;
            self.happen(event);
            if !self.watch.violations.is_empty() && self.plan.planted.is_none() {
                return;
            }
        }
        self.now = self.now.max(end);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Slot(slot) => self.begin_slot(slot),
            Event::Wake { node, life } => {
                if self.nodes.get(node).is_some_and(|node| node.life == life) {
                    self.give(node, Input::Tick);
                }
            }
            Event::Arrival { from, to, parcel } => self.arrive(from, to, parcel),
            Event::Timeout { node, id } => self.timeout(node, id),
            Event::Submit { node } => self.submit(node),
            Event::Crash => self.crash(),
            Event::Restart { node } => self.restart(node),
        }
    }

    /// Waits in fair weather for a new final block everywhere; answers the highest
    /// final height before, and how many slots it took.
    fn recover(&mut self) -> (u64, u64) {
        let mark = self.nodes.iter().map(|n| n.final_height()).max().unwrap_or_default();
        for slot in 1..=RECOVERY {
            if !self.watch.violations.is_empty() && self.plan.planted.is_none() {
                return (mark, slot - 1);
            }
            self.run_to(self.plan.slots + slot);
            if self.nodes.iter().all(|n| n.final_height() > mark) {
                return (mark, slot);
            }
        }
        let finals: Vec<u64> = self.nodes.iter().map(|n| n.final_height()).collect();
        let text = format!(
            "not live: {RECOVERY} slots after the last fault the final heights are {finals:?}, {mark} was reached before"
        );
        self.watch.broken(self.now, &text);
        (mark, RECOVERY)
    }

    /// A run must have had the faults it was asked for.
    fn judge_faults(&mut self) {
        if self.plan.loss_ppm > 0 && self.lost == 0 {
            self.watch.broken(self.now, "no faults: loss was asked for and no message was lost");
        }
        if self.plan.partition.is_some() && self.cut == 0 {
            let text = "no faults: a partition was asked for and it held no message back";
            self.watch.broken(self.now, text);
        }
    }
}
