//! What must come to pass when faults are over, beside a new final block: a change of rules that
//! was put off (R21).

use crate::net::Net;
use crate::plan::Rotation;
use crate::run::Healing;

/// In so many rotations a change comes that most voters signal: to the next height at which it is
/// locked in, or the one after where too few have signalled there; one that it waits; half of one.
const ROTATIONS: u64 = 4;

impl Net {
    /// Lets time pass until it has all come to pass, or should have.
    pub fn settle(&mut self, healing: Healing) {
        if self.is_broken() {
            return;
        }
        self.await_rules(healing.bound);
    }

    /// R21: while faults last a change may be put off again and again; when they are over it comes.
    fn await_rules(&mut self, bound: u64) {
        let changes = self.plan.upgrade.is_some_and(|upgrade| !upgrade.never);
        let Some(Rotation { blocks, .. }) = self.plan.rotation.filter(|_| changes) else { return };
        let most = ROTATIONS * blocks + bound;
        let until = self.slot() + most;
        while self.watch.rules_moved().0 == 0 && !self.is_broken() {
            if self.slot() >= until {
                let text = format!(
                    "late: the rules did not change within {most} slots after the last fault"
                );
                return self.watch.broken(self.now, &text);
            }
            self.run_to(self.slot() + 1);
            self.faults.note("slots_for_rules");
        }
    }
}
