//! Crashes and restarts.
//!
//! A node that is to crash goes on for a few effects and dies between two of them; it
//! starts again from what its disk has synced. A node that is planned to be down stops at
//! once. Byzantine voters don't crash: they do worse.

use crate::agenda::Event;
use crate::disk::{Disk, WRITTEN_MS};
use crate::net::Net;
use crate::plan::Lost;
use crate::slots::{SLOT_MS, slot_at, start_of};
use std::collections::VecDeque;
use weft_consensus::VoteFile;
use weft_engine::io::Io;
use weft_types::Height;

/// The most effects that a node carries out before it dies.
const LAST_EFFECTS: u64 = 12;

impl Net {
    /// Plans what the plan says of nodes that are down, and the first crash.
    pub fn plan_crashes(&mut self) {
        for down in self.plan.downs.clone() {
            let (node, loses) = (down.node, down.loses);
            self.agenda.plan(start_of(down.from), Event::Down { node, loses });
            self.agenda.plan(start_of(down.until), Event::Restart { node });
        }
        for pause in self.plan.pauses.clone() {
            self.agenda.plan(start_of(pause.from), Event::Pause(pause.node));
            self.agenda.plan(start_of(pause.until), Event::Resume(pause.node));
        }
        self.plan_crash();
    }

    /// Plans the next crash.
    fn plan_crash(&mut self) {
        let Some(crashes) = self.plan.crashes else { return };
        let time = self.now + self.dice.between(SLOT_MS / 2, crashes.every.max(1) * SLOT_MS);
        self.agenda.plan(time, Event::Crash);
    }

    /// A crash is due: one node will die soon.
    pub fn crash(&mut self) {
        let Some(crashes) = self.plan.crashes.filter(|_| !self.is_calm) else { return };
        self.plan_crash();
        let down = self.nodes.iter().filter(|n| !n.is_up() || n.doom.is_some()).count();
        let victim = self.dice.place(self.nodes.len());
        let doom = self.dice.below(LAST_EFFECTS);
        let is_up = self.nodes.get(victim).is_some_and(|node| node.is_up());
        if down >= crashes.at_once || self.is_byzantine(victim) || !is_up {
            return;
        }
        let is_loss = self.losses < crashes.losses;
        self.losses += usize::from(is_loss);
        if let Some(node) = self.nodes.get_mut(victim) {
            node.doom = Some(doom);
            if is_loss {
                node.loses = crashes.loses;
            }
        }
    }

    /// A node has seen an offence, and dies soon where the plan says so.
    pub fn witness_dies(&mut self, i: usize) {
        let dies = self.plan.crashes.is_some_and(|crashes| crashes.witnesses);
        if !dies || self.is_calm || self.is_byzantine(i) {
            return;
        }
        let time = self.now + WRITTEN_MS + self.dice.below(SLOT_MS / 5);
        let Some(life) = self.nodes.get(i).map(|node| node.life) else { return };
        self.agenda.plan(time, Event::WitnessDies { node: i, life });
    }

    /// It dies, unless it has in between.
    pub fn lose_witness(&mut self, i: usize, life: u64) {
        let doom = self.dice.below(LAST_EFFECTS);
        let is_calm = self.is_calm;
        let node = self.nodes.get_mut(i).filter(|node| node.life == life && node.is_up());
        if let Some(node) = node.filter(|node| node.doom.is_none() && !is_calm) {
            node.doom = Some(doom);
            self.faults.note("witnesses_lost");
        }
    }

    /// Whether a node dies now; counts down.
    pub fn is_doomed(&mut self, i: usize) -> bool {
        let Some(node) = self.nodes.get_mut(i) else { return false };
        match node.doom {
            Some(0) => true,
            Some(left) => {
                node.doom = Some(left - 1);
                false
            }
            None => false,
        }
    }

    /// A node goes down as planned, until its restart.
    pub fn take_down(&mut self, i: usize, loses: Lost) {
        self.settle_root(i);
        let Some(node) = self.nodes.get_mut(i).filter(|_| !self.is_calm) else { return };
        node.is_held = true;
        node.loses = loses;
        if node.is_up() {
            self.kill(i);
        }
    }

    /// A node dies; unless it is held down it will start again.
    pub fn kill(&mut self, i: usize) {
        let longest = self.plan.crashes.map_or(1, |c| c.down.max(1));
        let is_under_way = self.plan.checkpoints && self.dice.happens(500_000);
        let Some(node) = self.nodes.get_mut(i) else { return };
        let is_held = node.is_held;
        node.disk.checkpoint.crash(is_under_way);
        self.watch.duties.died(i, self.now);
        self.faults.note("crashes");
        self.faults.add("unsynced_blocks", node.die() as u64);
        self.trace.life(self.now, i, false);
        self.agenda.plan(self.now + 1, Event::Left { node: i });
        if !is_held {
            let time = self.now + self.dice.between(50, longest * SLOT_MS);
            self.agenda.plan(time, Event::Restart { node: i });
        }
    }

    /// A node that is down starts again.
    pub fn restart(&mut self, i: usize) {
        let Some(node) = self.nodes.get_mut(i) else { return };
        node.is_held = false;
        if !node.is_up() && node.paused.is_none() {
            self.restarts += 1;
            self.start(i);
        }
    }

    /// Starts a node from its disk.
    pub fn start(&mut self, i: usize) {
        let now = self.clock(i);
        let Some(node) = self.nodes.get_mut(i) else { return };
        let lost = std::mem::take(&mut node.loses);
        let vote = if [Lost::VoteFile, Lost::Home].contains(&lost) {
            self.faults.note("files_lost");
            VoteFile::Lost
        } else {
            VoteFile::Known(node.disk.vote().clone())
        };
        if lost == Lost::Home {
            node.disk = Disk::default();
            self.watch.duties.forgot(i);
        }
        if lost == Lost::Log {
            self.faults.note("logs_lost");
            node.disk.lose_log();
        }
        if lost == Lost::Tail {
            self.faults.note("tails_lost");
            node.disk.lose_tail();
        }
        let kept = node.disk.rows.clone().unwrap_or_default();
        let (own, checkpoint) = ((i, &self.plan), &node.disk.checkpoint);
        let mut engine = self.world.engine(own, (vote, kept), checkpoint, &self.seals);
        engine.recall_offences(node.disk.offences.clone());
        // What is final there was said in an earlier life.
        node.finalized = engine.core().finalized().0.height;
        self.faults.add("checkpoint_starts", u64::from(node.finalized > Height::ZERO));
        if !self.plan.is_twin(i) {
            engine.mind_own_key(0);
        }
        let log = node.disk.tail();
        let lacks_target = node.disk.lacks_target();
        let mut restored: Vec<Io> = Vec::new();
        for block in log {
            node.arrivals.note(now.0, block.header().slot, block.hash());
            restored.extend(engine.restore(now, block).unwrap_or_else(|halt| vec![Io::Halt(halt)]));
        }
        node.engine = Some(engine);
        node.since = slot_at(self.now);
        if lacks_target {
            self.watch
                .broken(format!("durability: node {i} starts without the chain that it voted for"));
        }
        self.trace.life(self.now, i, true);
        for io in &restored {
            if !matches!(io, Io::Final(_) | Io::MarkFinal(_)) {
                self.watch.broken(format!("restoring node {i} gave {io:?}"));
            }
        }
        let mut events = VecDeque::new();
        self.carry_out(i, restored, &mut events);
        self.judge_start(i);
        self.meet(i);
        self.happens_to(i, weft_engine::Event::Tick);
        self.offer_row(i);
    }

    /// Faults are over: the network heals, all nodes are up.
    pub fn calm(&mut self) {
        self.is_calm = true;
        self.calm_since = self.slot();
        let updates = self.plan.upgrade.filter(|upgrade| !upgrade.never);
        for i in 0..self.nodes.len() {
            // R21: operators update, and their nodes go on from what they have.
            let is_old = updates.is_some_and(|upgrade| upgrade.runs(i) == 1);
            if is_old && self.nodes.get(i).is_some_and(|node| node.is_up()) {
                self.kill(i);
            }
        }
        self.world.is_updated = updates.is_some();
        for i in 0..self.nodes.len() {
            if let Some(node) = self.nodes.get_mut(i) {
                node.doom = None;
            }
            self.resume(i);
            self.restart(i);
        }
    }
}
