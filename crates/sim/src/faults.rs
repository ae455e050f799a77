//! Crashes and restarts, and the planted bugs.
//!
//! At most one node is down at a time. A node that is to crash goes on for a few effects
//! and dies between two of them; it starts again from what its disk has synced.

use crate::Planted;
use crate::agenda::{Event, Message, Parcel};
use crate::disk::Disk;
use crate::net::Net;
use crate::world::{GENESIS_TIME, SLOT_MS};
use weft_consensus::{Effect, Input, VoteFile};
use weft_types::share::items_digest;
use weft_types::{Item, Netuid, Share, Vote, WeightRow};

/// How many milliseconds lie between the start of a node and the next crash at most.
const PEACE_MS: u64 = 20_000;

/// How long a node is down at most.
const DOWN_MS: u64 = 5_000;

/// The most effects that a node carries out before it dies.
const LAST_EFFECTS: u64 = 12;

/// The first slot in which a planted bug acts.
const PLANTED_FROM: u64 = 5;

/// Who misbehaves.
const CULPRIT: usize = 0;

impl Net {
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

    /// Plans the next crash.
    pub fn plan_crash(&mut self) {
        let time = self.now + self.dice.between(SLOT_MS, PEACE_MS);
        self.agenda.plan(time, Event::Crash);
    }

    /// A crash is due: one node will die soon.
    pub fn crash(&mut self) {
        if self.is_calm || self.plan.planted.is_some() {
            return;
        }
        let victim = self.dice.place(self.nodes.len());
        let doom = self.dice.below(LAST_EFFECTS);
        if let Some(node) = self.nodes.get_mut(victim).filter(|node| node.core.is_some()) {
            node.doom = Some(doom);
        }
    }

    /// A node dies; it will start again.
    pub fn kill(&mut self, i: usize) {
        let Some(node) = self.nodes.get_mut(i) else { return };
        self.unsynced += node.die() as u64;
        self.trace.life(self.now, i, false);
        let time = self.now + self.dice.between(50, DOWN_MS);
        self.agenda.plan(time, Event::Restart { node: i });
    }

    /// A node that is down starts again, and the next crash is planned.
    pub fn restart(&mut self, i: usize) {
        if self.nodes.get(i).is_some_and(|node| node.core.is_none()) {
            self.restarts += 1;
            self.start(i);
            self.plan_crash();
        }
    }

    /// Starts a node from its disk.
    pub fn start(&mut self, i: usize) {
        let now = self.clock(i);
        let Some(node) = self.nodes.get(i) else { return };
        let mut core = self.world.core(i, VoteFile::Known(node.disk.vote().clone()));
        let log = node.disk.log();
        let restored: Vec<Effect> =
            log.into_iter().flat_map(|block| core.step(now, Input::Restored { block })).collect();
        if let Some(node) = self.nodes.get_mut(i) {
            node.core = Some(core);
        }
        self.trace.life(self.now, i, true);
        for effect in &restored {
            if !matches!(effect, Effect::Head(_) | Effect::Finalized { .. }) {
                let text = format!("restoring node {i} gave {effect:?}");
                self.watch.broken(self.now, &text);
            }
        }
        self.carry_out(i, restored);
        self.give(i, Input::Tick);
        self.offer_row(i);
    }

    /// Faults are over: the network heals, all nodes are up.
    pub fn calm(&mut self) {
        self.is_calm = true;
        for i in 0..self.nodes.len() {
            if let Some(node) = self.nodes.get_mut(i) {
                node.doom = None;
            }
            self.restart(i);
        }
    }

    /// A share has left: the planted bug may have its turn.
    pub fn plant(&mut self, i: usize, share: &Share) {
        if i != CULPRIT || self.is_calm || self.slot() < PLANTED_FROM {
            return;
        }
        match self.plan.planted {
            Some(Planted::DoubleVote) if !self.has_planted => {
                self.has_planted = true;
                self.vote_twice(i, share);
            }
            Some(Planted::LostVoteFile) => self.lose_vote_file(i),
            _ => {}
        }
    }

    /// The voter's key signs other items for the same target, and sends that too.
    fn vote_twice(&mut self, i: usize, share: &Share) {
        let Some(key) = self.world.voters.get(i) else { return };
        let row = WeightRow {
            netuid: Netuid(9),
            uids: Vec::new(),
            values: Vec::new(),
            version_key: 0,
            view: weft_types::Height::ZERO,
        };
        let items = vec![Item::Row(row)];
        let vote = Vote { items: items_digest(&items), ..*share.vote() };
        let signed = vote.sign(key, &self.world.chain);
        let second = Share { signed, items };
        self.flood(i, None, &Parcel::new(Message::Share(Box::new(second))));
    }

    /// The voter crashes, loses log and vote file, and starts at once as if it were new:
    /// until the observer has seen what comes of it.
    fn lose_vote_file(&mut self, i: usize) {
        let into = (self.now - GENESIS_TIME) % SLOT_MS;
        if into > SLOT_MS / 4 || !self.watch.violations.is_empty() {
            return;
        }
        self.has_planted = true;
        let Some(node) = self.nodes.get_mut(i) else { return };
        node.doom = Some(0);
        node.disk = Disk::default();
    }
}
