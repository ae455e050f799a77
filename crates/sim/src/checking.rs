//! The checker of a node that takes its time: queues with bounds, and what is turned away.
//!
//! As in a node: a block that was asked for by itself goes before the next one of a chain, and both
//! before transactions; an answer that does not find a place and room for its bytes as a whole is
//! turned away as a whole, and the engine hears it behind all that it wanted in that step. A client
//! is told to try later. Without a [`Desk`] in the plan the checker answers at once and is never full
//! (`effects`).
//!
//! Looked at here: what was turned away is asked for again as long as it is lacked.

use crate::agenda::Event;
use crate::checker::{Answer, Work};
use crate::names::node_of;
use crate::net::{DELAY_MS, Net};
use crate::plan::Desk;
use crate::slots::SLOT_MS;
use std::collections::BTreeMap;
use weft_consensus::PeerId;
use weft_engine::io::{Source, Txs, UncheckedBody};
use weft_engine::wire::{Kind, Request, Want, unpack};
use weft_types::Canonical;

/// Within so many milliseconds what was turned away is asked for again, if it is lacked: a peer whose
/// answer found no room rests for a quarter of a slot, and all that were asked in vain for one.
const AGAIN_MS: u64 = 2 * SLOT_MS;

impl Net {
    /// How many slots the node that lacks most of the chains of all heads needs until it has them,
    /// where checkers take their time: an answer may hold one block, and takes its way there and back.
    /// Before it asks, `meeting_slots` go by until nodes have met, and each brings a block more.
    pub fn catching_up(&self, meeting_slots: u64) -> u64 {
        let Some(desk) = self.plan.desk else { return 0 };
        let cores = || self.honest().filter_map(|(_, node)| node.core());
        let mut all = BTreeMap::new();
        for core in cores() {
            let head = core.head_hash();
            let chain = core.forks().tree().chain(&head);
            all.extend(chain.map(|node| (node.standing.hash, node.header().height)));
        }
        let lacked = cores().map(|core| {
            let last = core.finalized().0.height;
            all.iter().filter(|(hash, at)| **at > last && !core.is_known(hash)).count() as u64
        });
        let most = lacked.max().unwrap_or(0);
        ((most + meeting_slots) * (desk.body_ms + 2 * DELAY_MS.1)).div_ceil(SLOT_MS)
    }

    /// A list of transactions is put on the desk of a node's checker.
    pub fn puts_list(
        &mut self,
        i: usize,
        (source, txs): (Source, Txs),
        desk: Desk,
    ) -> Option<weft_engine::Event> {
        let checker = self.nodes.get_mut(i).map(|node| &mut node.checker)?;
        let turned = checker.list(&desk, source, txs);
        self.begin_work(i, desk);
        let turned = turned?;
        self.faults.note("turned_lists");
        // A client is told to try later.
        let is_client = matches!(source, Source::Client(_));
        (!is_client).then_some(weft_engine::Event::CheckerFull(turned))
    }

    /// The bodies of an answer are put on it.
    pub fn puts_bodies(
        &mut self,
        i: usize,
        (from, want): (PeerId, Want),
        bodies: Vec<UncheckedBody>,
        desk: Desk,
    ) -> Option<weft_engine::Event> {
        if bodies.is_empty() {
            return Some(weft_engine::Event::Fetched { from, want });
        }
        let node = self.nodes.get_mut(i)?;
        let (life, answer) = (node.life, Answer { from, want, bodies: bodies.into() });
        let turned = node.checker.answer(&desk, answer);
        self.begin_work(i, desk);
        let turned = turned?;
        self.faults.note("turned_bodies");
        if !self.is_byzantine(i) {
            self.turned.0.entry((i, life, want)).or_insert((self.now, from));
        }
        Some(weft_engine::Event::CheckerFull(turned))
    }

    fn begin_work(&mut self, i: usize, desk: Desk) {
        let Some(node) = self.nodes.get_mut(i) else { return };
        if let Some(ms) = node.checker.begin(&desk) {
            let life = node.life;
            self.agenda.plan(self.now + ms.max(1), Event::Checked { node: i, life });
        }
    }

    /// The checker of a node is done with one thing.
    pub fn checked(&mut self, i: usize, life: u64) {
        let Some(node) = self.nodes.get_mut(i).filter(|node| node.life == life) else { return };
        let Some(desk) = self.plan.desk else { return };
        if node.paused.is_some() {
            // The whole process stands still.
            return self.agenda.plan(self.now + SLOT_MS, Event::Checked { node: i, life });
        }
        match node.checker.work.take() {
            None => {}
            Some(Work::List(source, txs)) => {
                let event = self.check_txs(source, txs);
                self.happens_to(i, event);
            }
            Some(Work::Body { from, body, last }) => {
                node.checker.bytes = node.checker.bytes.saturating_sub(body.bytes);
                let event = self.check_body(from, body);
                self.happens_to(i, event);
                if let Some(want) = last {
                    self.happens_to(i, weft_engine::Event::Fetched { from, want });
                }
            }
        }
        if self.nodes.get(i).is_some_and(|node| node.life == life) {
            self.begin_work(i, desk);
        }
    }

    /// A node asks for blocks: what was turned away of them has a source again.
    pub fn asks_again(&mut self, i: usize, data: &[u8]) {
        if self.turned.0.is_empty() {
            return;
        }
        let request = unpack(Kind::Request, data).map(Request::from_bytes);
        let Some(Ok(Request::Blocks(asked))) = request else { return };
        let is_same = |want: &Want| match (want, &asked) {
            (Want::Block(hash), Want::Block(other)) => hash == other,
            // Another tip, or from another height: the chain leads there too.
            (Want::Chain { .. }, Want::Chain { .. }) => true,
            _ => false,
        };
        self.turned.0.retain(|(node, _, want), _| *node != i || !is_same(want));
    }

    /// What was turned away is not lacked any more, or was asked for again, or who had it is gone.
    pub fn watch_turned(&mut self) {
        let mut turned = std::mem::take(&mut self.turned.0);
        turned.retain(|(i, life, want), (_, from)| self.lacks(*i, *life, want, *from));
        let late = turned.iter().find(|(_, (since, _))| since + AGAIN_MS < self.now);
        if let Some(((i, _, want), (since, _))) = late {
            self.watch.broken(format!(
                "asks: node {i} lacks {want:?}, turned away {} ms ago, and asks nobody for it",
                self.now - since
            ));
        }
        self.turned.0 = turned;
    }

    /// Whether a node lacks in this life what it had no room for, and knows who has it.
    fn lacks(&self, i: usize, life: u64, want: &Want, from: PeerId) -> bool {
        let Some(node) = self.nodes.get(i).filter(|node| node.life == life) else { return false };
        let Some(core) = node.core() else { return node.paused.is_some() };
        match want {
            Want::Block(hash) => core.lacked_bodies().any(|lack| lack.hash == *hash),
            Want::Chain { tip, .. } => {
                // Whoever has left that chain for another tells of the other.
                let teller = self.core(node_of(from));
                let tells = teller.is_some_and(|t| self.watch.stands_on(&t.head_hash(), tip));
                let known = self.watch.blocks.get(tip).map(|block| block.header().height);
                tells
                    && !core.is_known(tip)
                    && known.is_some_and(|height| height > core.finalized().0.height)
            }
        }
    }
}
