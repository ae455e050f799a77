//! Nodes that were away (R16): an operator gives his word when one is needed, and what is
//! awaited is on the node's disk.
//!
//! A node that is paused keeps all that it knows and hears nothing, as a process that was
//! suspended. Looked at here: a node that awaits a block signs nothing, a block that it was
//! told to trust is the one that becomes final, and nobody who was away for longer than the
//! window goes on without a word. What a node says is final is what the guard lets it say; the
//! rest waits. Who shows it another past is in [`crate::former`].

use crate::disk::Disk;
use crate::net::Net;
use crate::node::Node;
use crate::slots::slot_at;
use std::collections::VecDeque;
use weft_consensus::trust::{Awaited, Mark, Trust, TrustFault, window};
use weft_engine::trust::Word;
use weft_types::{Height, Slot};

/// A final block of a node, from its disk; `last` is its last.
fn own(disk: &Disk, last: Mark, height: Height) -> Option<Mark> {
    let mut at = last;
    while at.height > height {
        let parent = disk.block(&at.hash)?.header().parent;
        let header = disk.block(&parent)?.header();
        at = Mark { height: header.height, hash: parent, slot: header.slot };
    }
    (at.height == height).then_some(at)
}

impl Net {
    /// The last final block of a node.
    pub fn last_of(&self, i: usize) -> Option<Mark> {
        let (header, hash) = self.core(i)?.finalized();
        Some(Mark { height: header.height, hash, slot: header.slot })
    }

    /// Judges the start of a restored node. Where stake never leaves, and of who follows rules of
    /// his own, nothing is asked.
    pub fn judge_start(&mut self, i: usize) {
        let is_free = self.plan.rotation.is_none() || self.is_byzantine(i);
        let Some(last) = self.last_of(i) else { return };
        let clock = self.clock(i);
        let now = Slot(slot_at(clock.0));
        let window = window(&self.world.genesis.params);
        let operator = self.word(i, (now, window), last);
        let Some(node) = self.nodes.get_mut(i) else { return };
        let Some(engine) = &mut node.engine else { return };
        let stored = node.disk.awaited;
        let own = |height| own(&node.disk, last, height);
        let first = Word { stored, word: is_free.then_some(Trust::Own) };
        let mut judged = engine.start(clock, first, own);
        let needed = matches!(judged, Err(TrustFault::Needed { .. }));
        if needed {
            judged = engine.start(clock, Word { stored, word: Some(operator) }, own);
        }
        let is_away = stored.is_none() && now.0.saturating_sub(last.slot.0) > window;
        if needed != (is_away && !is_free) {
            self.watch.broken(format!(
                "trust: node {i} was judged wrongly at {now}: {last:?} {stored:?}"
            ));
        }
        self.faults.add("words", u64::from(needed));
        self.faults.add("awaited_again", u64::from(stored.is_some()));
        match judged {
            Ok(list) => {
                // Nothing of it is for the checker.
                self.carry_out(i, list, &mut VecDeque::new());
            }
            Err(fault) => self.distrusts(i, &fault),
        }
    }

    /// What an operator hears from others: the last final block of who is furthest; that the
    /// chain stood still, when nobody has a newer one.
    fn word(&self, i: usize, (now, window): (Slot, u64), last: Mark) -> Trust {
        let others = (0..self.nodes.len()).filter(|n| *n != i && !self.is_byzantine(*n));
        let best = others.filter_map(|n| self.last_of(n)).max_by_key(|mark| mark.height);
        let is_new =
            |mark: &Mark| mark.height > last.height && now.0.saturating_sub(mark.slot.0) <= window;
        best.filter(is_new).map_or(Trust::Own, |mark| {
            Trust::Block(Awaited { height: mark.height, hash: mark.hash })
        })
    }

    /// A node may not go on: one that stood still for too long stops, and starts again; one
    /// that came to another block than its operator trusts was misled.
    pub fn distrusts(&mut self, i: usize, fault: &TrustFault) {
        match fault {
            TrustFault::Needed { .. } => {
                self.faults.note("pauses_judged");
                self.kill(i);
                self.restart(i);
            }
            TrustFault::NotTrusted { got, .. } if self.other.holds(got) => self.was_misled(i),
            why => self.watch.broken(format!("trust: node {i}: {why}")),
        }
    }

    /// A node says what is final, if it may.
    pub fn say_finals(&mut self, i: usize) {
        let is_watched = !self.is_byzantine(i);
        let Some(node) = self.nodes.get_mut(i) else { return };
        let Some(engine) = &node.engine else { return };
        let Some(said) = engine.finals().said().map(|said| said.hash) else { return };
        let unsaid = std::mem::take(&mut node.unsaid);
        if !unsaid.is_empty() {
            self.is_synced(i, &said, "said to be final");
        }
        for (hash, height) in unsaid {
            let Some(node) = self.nodes.get_mut(i) else { return };
            let last = std::mem::replace(&mut node.finalized, height);
            if is_watched {
                self.says_in_trust(i, &hash);
                self.watch.finalized(i, last, (hash, height));
            }
        }
    }

    /// A node signs something.
    pub fn signs_in_trust(&mut self, i: usize) {
        let awaits = self.nodes.get(i).and_then(|node| node.disk.awaited);
        if let Some(awaited) = awaits {
            self.watch.broken(format!("trust: node {i} signs while it awaits {awaited}"));
        }
    }

    /// A process stands still.
    pub fn pause(&mut self, i: usize) {
        self.settle_root(i);
        let slot = self.slot();
        let Some(node) = self.nodes.get_mut(i) else { return };
        (node.paused, node.paused_in) = (node.engine.take(), slot);
        self.faults.note("pauses");
        self.trace.life(self.now, i, false);
    }

    /// It goes on; not as if nothing had been, when it stood still for longer than the window.
    pub fn resume(&mut self, i: usize) {
        let slot = self.slot();
        let Some(node) = self.nodes.get_mut(i) else { return };
        let Some(engine) = node.paused.take() else { return };
        let (slots, life) = (slot.saturating_sub(node.paused_in), node.life);
        node.engine = Some(engine);
        self.trace.life(self.now, i, true);
        self.happens_to(i, weft_engine::Event::Tick);
        let is_long = self.plan.window().is_some_and(|window| slots > window + 2);
        let is_same = |node: &Node| node.life == life && node.disk.awaited.is_none();
        if is_long && self.nodes.get(i).is_some_and(is_same) && !self.is_byzantine(i) {
            self.watch.broken(format!("trust: node {i} stood still for {slots} slots and goes on"));
        }
    }
}
