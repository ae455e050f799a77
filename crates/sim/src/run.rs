//! One run, from genesis to the last word.

use crate::agenda::Event;
use crate::net::Net;
use crate::plan::Plan;
use crate::powers::longest;
use crate::report::{Healing, Report};
use crate::slots::start_of;
use weft_engine::Engine;
use weft_types::Slot;

/// Faults last so many times longer than planned, at the most, when one that was asked for
/// has not happened yet.
const PATIENCE: u64 = 4;

/// For so many slots from healing on the schedule is looked at for the bound.
const AHEAD: u64 = 256;

/// Slots that nodes have to learn of each other's chains before the schedule counts.
const MEETING: u64 = 6;

/// Who withholds shares can spoil slots of the honest: with Byzantine voters the stretch
/// counts so many times.
const SPOILED: u64 = 3;

/// For how many slots strangers may keep a node from a new final block, where nothing else goes
/// wrong.
const HELD_UP: u64 = 3;

/// For so many slots after healing Byzantine voters go on alone.
const ATTACKED: u64 = 24;

/// After how many slots without a new final block a run is given up.
const GIVEN_UP: u64 = 120;

/// How many slots went by without a new final block.
#[derive(Default)]
struct Wait {
    last: Option<u64>,
    slots: u64,
    longest: u64,
}

impl Wait {
    /// One more slot is over, and this is the final height.
    fn note(&mut self, height: Option<u64>) {
        self.slots = if height > self.last { 0 } else { self.slots + 1 };
        (self.last, self.longest) = (height, self.longest.max(self.slots));
    }
}

/// Simulates a plan.
///
/// A plan that makes no sense reports that as its violation.
#[must_use]
pub fn run(plan: &Plan) -> Report {
    if let Some(fault) = plan.fault() {
        return Report { violations: vec![fault], ..Report::default() };
    }
    let mut net = Net::new(plan);
    (0..net.nodes.len()).for_each(|i| net.start(i));
    net.begin_slot(0);
    net.plan_crashes();
    net.begin_strangers();
    let gap = net.storm();
    net.calm();
    let healing = if plan.judges_liveness { net.heal(gap) } else { net.go_on() };
    if plan.judges_liveness {
        net.settle(healing);
    }
    net.judge_faults();
    net.report(healing)
}

impl Net {
    /// Lets faults happen as long as planned, and on until each that was asked for did. Answers
    /// the longest gap between final blocks, if there is nothing but Byzantine voters.
    fn storm(&mut self) -> u64 {
        let mut wait = Wait::default();
        for slot in 1..=self.plan.slots * PATIENCE {
            self.run_to(slot);
            wait.note(self.finals().min());
            let is_over = slot >= self.plan.slots && self.missing().is_empty();
            if is_over || self.is_broken() {
                break;
            }
        }
        if self.plan.is_strangers_alone() && wait.longest > HELD_UP {
            self.watch.broken(format!(
                "late: strangers held finality up for {} slots, {HELD_UP} at most",
                wait.longest
            ));
        }
        if self.plan.is_attack_alone() { wait.longest } else { 0 }
    }

    /// Nodes that could not talk meet, and see what the others signed.
    fn go_on(&mut self) -> Healing {
        let mark = self.finals().max().unwrap_or_default();
        self.run_to(self.slot() + MEETING);
        Healing { mark, ..Healing::default() }
    }

    pub const fn is_broken(&self) -> bool {
        !self.watch.violations.is_empty()
    }

    /// What was asked for and did not happen; what the observer counts is counted in.
    fn missing(&mut self) -> Vec<&'static str> {
        for (kind, count) in self.watch.counts() {
            self.faults.add(kind, count.saturating_sub(self.faults.count(kind)));
        }
        self.faults.missing(&self.plan)
    }

    /// Lets time pass until a slot begins, or until a promise is broken.
    pub fn run_to(&mut self, slot: u64) {
        let end = start_of(slot);
        while let Some((time, event)) = self.agenda.next(end) {
            (self.now, self.watch.now) = (time, time);
            self.happen(event);
            if self.is_broken() {
                return;
            }
        }
        self.now = self.now.max(end);
        self.watch.now = self.now;
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Slot(slot) => self.begin_slot(slot),
            Event::Wake { node, life } => {
                if self.nodes.get(node).is_some_and(|node| node.life == life) {
                    self.happens_to(node, weft_engine::Event::Tick);
                    self.check_head(node);
                }
            }
            Event::Arrival { from, to, parcel } => self.arrive(from, to, parcel),
            Event::Timeout { node, peer, life, ask } => self.timeout(node, peer, (life, ask)),
            Event::Submit { node } => self.submit(node),
            Event::Checked { node, life } => self.checked(node, life),
            Event::WitnessDies { node, life } => self.lose_witness(node, life),
            Event::Strangers => self.strangers_act(),
            Event::Left { node } => self.left(node),
            Event::Came { node } => self.came(node),
            Event::Crash => self.crash(),
            Event::Pause(node) => self.pause(node),
            Event::Resume(node) => self.resume(node),
            Event::Down { node, loses } => self.take_down(node, loses),
            Event::Restart { node } => self.restart(node),
            Event::Scheme(phase) => self.scheme(phase),
            Event::Release { from, to, parcel } => {
                self.mind.shows(&parcel.message);
                self.send_to(from, &to, &parcel);
            }
            Event::Whisper { to, secret } => self.whisper(to, secret),
        }
    }

    /// The head of an honest node is R8's.
    fn check_head(&mut self, i: usize) {
        let (clock, is_byzantine) = (self.clock(i).0, self.is_byzantine(i));
        let Some(node) = self.nodes.get_mut(i).filter(|_| !is_byzantine) else { return };
        let stop = node.core().map(|core| (core.head_hash(), core.stopped().is_some()));
        if let Some((head, stopped)) = stop {
            let runs = self.world.runs(i, &self.plan);
            self.watch.stops(i, (head, runs, stopped));
        }
        let core = node.engine.as_ref().map(Engine::core);
        let fault = core.and_then(|core| node.arrivals.fault(clock, core));
        if let Some(fault) = fault {
            self.watch.broken(format!("head: of node {i}: {fault}"));
        }
    }

    /// Waits in fair weather for a new final block at every honest node; then Byzantine
    /// voters go on for a while. Takes the longest gap that was seen under attack alone before.
    fn heal(&mut self, gap: u64) -> Healing {
        let mut healing = self.first_final();
        if self.plan.cabal.is_some() && !self.is_broken() {
            healing.gap = self.longest_gap(ATTACKED).max(gap);
            // Where nothing but the attack counts, so does the schedule from the start on.
            let first = if self.plan.is_attack_alone() { 0 } else { self.slot() - ATTACKED };
            let (gap, most) = (healing.gap, self.bound(first).max(healing.bound));
            if gap > most {
                self.watch
                    .broken(format!("late: {gap} slots without a final block, {most} at most"));
            }
        }
        healing
    }

    /// The most slots in which the honest node that is furthest behind made nothing final.
    fn longest_gap(&mut self, slots: u64) -> u64 {
        let mut wait = Wait { last: self.finals().min(), ..Wait::default() };
        let first = self.slot();
        for slot in 1..=slots {
            self.run_to(first + slot);
            wait.note(self.finals().min());
        }
        wait.longest
    }

    fn first_final(&mut self) -> Healing {
        let mark = self.finals().max().unwrap_or_default();
        let (first, bound) = (self.slot(), self.bound(self.slot()));
        for slots in 1..=GIVEN_UP {
            if self.is_broken() {
                return Healing { mark, slots: slots - 1, bound, gap: 0 };
            }
            self.run_to(first + slots);
            if self.finals().all(|height| height > mark) {
                if slots > bound {
                    self.watch
                        .broken(format!("late: final again after {slots} slots, {bound} at most"));
                }
                return Healing { mark, slots, bound, gap: 0 };
            }
        }
        let finals: Vec<u64> = self.finals().collect();
        let heads = self.honest().filter_map(|(_, n)| Some(n.core()?.head_hash()));
        let parts = heads.filter_map(|head| self.watch.byzantine(&head));
        let (part, all) = parts.last().unwrap_or_default();
        self.watch.broken(format!(
            "stuck: {GIVEN_UP} slots after the last fault the final heights are {finals:?}, {mark} was reached before; {part} of {all} of the power at a head is Byzantine"
        ));
        Healing { mark, slots: GIVEN_UP, bound, gap: 0 }
    }

    /// In how many slots a new block must be final, all of these added up: what it takes to meet;
    /// what it takes to catch up, where checkers take their time; and the longest stretch of the
    /// schedule, from slot `first` until a while from now, in which no two slots of honest voters
    /// follow each other, and two more. With Byzantine voters, who may spoil some, stretch and two
    /// count three times. Where no honest node runs, it is after how many slots a run is given up.
    fn bound(&self, first: u64) -> u64 {
        let heads = self.honest().filter_map(|(_, node)| {
            let core = node.core()?;
            let tree = core.forks().tree();
            Some((core.head().work, &tree.get(&core.head_hash())?.schedule))
        });
        let Some((_, schedule)) = heads.max_by_key(|(work, _)| *work) else { return GIVEN_UP };
        let honest = |slot: u64| {
            let key = schedule.proposer(Slot(slot));
            key.is_some_and(|key| !self.watch.is_byzantine(&key))
        };
        let last = self.slot() + AHEAD;
        let wait = longest((first..last).map(|slot| honest(slot) && honest(slot + 1)));
        let stretches = if self.plan.cabal.is_some() { SPOILED } else { 1 };
        MEETING + self.catching_up(MEETING) + stretches * (wait + 2)
    }

    /// A run must have had the faults it was asked for, and a conflict names a third.
    fn judge_faults(&mut self) {
        if self.is_broken() {
            return;
        }
        let missing = self.missing();
        if !missing.is_empty() {
            self.watch
                .broken(format!("no faults: {} asked for, never happened", missing.join(", ")));
        }
        let blame = self.watch.blame();
        if !self.watch.conflicts.is_empty() && blame.power_ppm * 3 < 999_999 {
            self.watch.broken(format!(
                "accountability: two blocks are final, and messages show offences of {} of a million of the power",
                blame.power_ppm
            ));
        }
    }
}
