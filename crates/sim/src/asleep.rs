//! Nodes that were away (R16): the same guard as a node's judges each start, each look at the
//! clock and each final block; an operator gives his word when one is needed, and what is
//! awaited is on the node's disk.
//!
//! A node that is paused keeps all that it knows and hears nothing, as a process that was
//! suspended. Looked at here: a node that awaits a block signs nothing, a block that it was
//! told to trust is the one that becomes final, and nobody who was away for longer than the
//! window goes on without a word. What a node says is final is what the guard lets it say; the
//! rest waits. Who shows it another past is in [`crate::former`].

use crate::net::Net;
use crate::node::Node;
use crate::world::{GENESIS_TIME, SLOT_MS};
use weft_consensus::Input;
use weft_consensus::trust::{Awaited, Guard, Mark, Reached, Start, Trust, TrustFault, window};
use weft_types::{BlockHash, Height, Slot};

impl Net {
    /// The slot that a node's clock shows.
    fn slot_of(&self, i: usize) -> Slot {
        Slot(self.clock(i).0.saturating_sub(GENESIS_TIME) / SLOT_MS)
    }

    /// The last final block of a node.
    pub fn last_of(&self, i: usize) -> Option<Mark> {
        let (header, hash) = self.nodes.get(i)?.core.as_ref()?.finalized();
        Some(Mark { height: header.height, hash, slot: header.slot })
    }

    /// A final block of a node, from its disk.
    fn own(&self, i: usize, height: Height) -> Option<Mark> {
        let (disk, mut at) = (&self.nodes.get(i)?.disk, self.last_of(i)?);
        while at.height > height {
            let parent = disk.block(&at.hash)?.header().parent;
            let header = disk.block(&parent)?.header();
            at = Mark { height: header.height, hash: parent, slot: header.slot };
        }
        (at.height == height).then_some(at)
    }

    /// Judges the start of a restored node, where voters rotate: elsewhere stake never leaves.
    pub fn judge_start(&mut self, i: usize) {
        if self.plan.rotation.is_none() || self.is_byzantine(i) {
            return;
        }
        let Some(last) = self.last_of(i) else { return };
        let (now, window) = (self.slot_of(i), window(&self.world.genesis.params));
        let stored = self.nodes.get(i).and_then(|node| node.disk.awaited);
        let start = Start { window, now, last, stored, word: None };
        let own = |height| self.own(i, height);
        let mut judged = Guard::start(&start, own);
        let needed = matches!(judged, Err(TrustFault::Needed { .. }));
        if needed {
            let word = Some(self.word(i, (now, window), last));
            judged = Guard::start(&Start { word, ..start }, own);
        }
        if needed != (stored.is_none() && now.0.saturating_sub(last.slot.0) > window) {
            self.watch.broken(self.now, &format!("trust: node {i} was judged wrongly: {start:?}"));
        }
        self.faults.add("words", u64::from(needed));
        self.faults.add("awaited_again", u64::from(stored.is_some()));
        match judged {
            Err(TrustFault::NotTrusted { got, .. }) if self.other.holds(&got) => {
                self.was_misled(i);
            }
            Ok(guard) => {
                let Some(node) = self.nodes.get_mut(i) else { return };
                node.disk.awaited = guard.awaited();
                node.guard = Some(guard);
                if let Some(core) = &mut node.core {
                    core.hold(guard.awaited().is_some());
                }
                self.say_finals(i);
            }
            Err(why) => self.watch.broken(self.now, &format!("trust: node {i}: {why}")),
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

    /// A node looks at its clock before it takes an input. One that stood still for too long
    /// stops, and starts again.
    pub fn look_at_clock(&mut self, i: usize) {
        let (now, last) = (self.slot_of(i), self.last_of(i));
        let Some(node) = self.nodes.get_mut(i) else { return };
        let (Some(guard), Some(last)) = (&mut node.guard, last) else { return };
        if guard.look(now, last).is_err() {
            self.faults.note("pauses_judged");
            self.kill(i);
            self.restart(i);
        }
    }

    /// A block became final at a node.
    pub fn check_trust(&mut self, i: usize, (hash, height): (BlockHash, Height)) {
        let now = self.slot_of(i);
        let Some(node) = self.nodes.get_mut(i) else { return };
        let slot = node.disk.block(&hash).map(|block| block.header().slot);
        let (Some(guard), Some(slot)) = (&mut node.guard, slot) else {
            return self.say_finals(i);
        };
        match guard.finalized(now, &Mark { height, hash, slot }) {
            Ok(Reached::No | Reached::TooOld(_)) => {}
            Ok(Reached::Yes) => {
                node.disk.awaited = None;
                if let Some(core) = &mut node.core {
                    core.hold(false);
                }
                self.faults.note("reached");
            }
            Err(TrustFault::NotTrusted { got, .. }) if self.other.holds(&got) => {
                return self.was_misled(i);
            }
            Err(why) => self.watch.broken(self.now, &format!("trust: node {i}: {why}")),
        }
        self.say_finals(i);
    }

    /// A node says what is final, if it may. Where stake never leaves nobody is asked; elsewhere
    /// nothing is said before the start is judged.
    fn say_finals(&mut self, i: usize) {
        let is_watched = !self.is_byzantine(i);
        let is_free = self.plan.rotation.is_none() || !is_watched;
        let Some(node) = self.nodes.get_mut(i) else { return };
        if !node.guard.as_ref().map_or(is_free, Guard::says_final) {
            return;
        }
        for (hash, height) in std::mem::take(&mut node.unsaid) {
            let Some(node) = self.nodes.get_mut(i) else { return };
            let last = std::mem::replace(&mut node.finalized, height);
            if is_watched {
                self.says_in_trust(i, &hash);
                self.watch.finalized(self.now, i, last, (hash, height));
            }
        }
    }

    /// A node signs something.
    pub fn signs_in_trust(&mut self, i: usize) {
        let awaits = self.nodes.get(i).and_then(|node| node.disk.awaited);
        if let Some(awaited) = awaits {
            let text = format!("trust: node {i} signs while it awaits {awaited}");
            self.watch.broken(self.now, &text);
        }
    }

    /// A process stands still.
    pub fn pause(&mut self, i: usize) {
        self.settle_root(i);
        let slot = self.slot();
        let Some(node) = self.nodes.get_mut(i) else { return };
        (node.paused, node.paused_in) = (node.core.take(), slot);
        self.faults.note("pauses");
        self.trace.life(self.now, i, false);
    }

    /// It goes on; not as if nothing had been, when it stood still for longer than the window.
    pub fn resume(&mut self, i: usize) {
        let slot = self.slot();
        let Some(node) = self.nodes.get_mut(i) else { return };
        let Some(core) = node.paused.take() else { return };
        let (slots, life) = (slot.saturating_sub(node.paused_in), node.life);
        node.core = Some(core);
        self.trace.life(self.now, i, true);
        self.give(i, Input::Tick);
        let is_long = self.plan.window().is_some_and(|window| slots > window + 2);
        let is_same = |node: &Node| node.life == life && node.disk.awaited.is_none();
        if is_long && self.nodes.get(i).is_some_and(is_same) && !self.is_byzantine(i) {
            let text = format!("trust: node {i} stood still for {slots} slots and goes on");
            self.watch.broken(self.now, &text);
        }
    }
}
