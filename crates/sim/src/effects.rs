//! Carrying out what a core wants, in its order, as a node does. A node that is to
//! crash dies between two effects: what was to follow does not happen.

use crate::agenda::{Event, Message, Parcel};
use crate::disk::Disk;
use crate::net::Net;
use crate::node::AccountsAt;
use std::collections::VecDeque;
use std::sync::Arc;
use weft_consensus::{Draft, Effect, Refusal, Ticket, Verdict, VoteRecord};
use weft_types::{BlockHash, CheckedBlock, Height, Share};

impl Net {
    /// Carries out effects and those they lead to.
    pub fn carry_out(&mut self, i: usize, effects: Vec<Effect>) {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            if self.is_doomed(i) {
                return self.kill(i);
            }
            self.trace.effect(self.now, i, &effect);
            match effect {
                Effect::Append(block) => self.append(i, block),
                Effect::Record(record) => self.record(i, record),
                Effect::Announce(header) => {
                    self.flood(i, None, &Parcel::new(Message::Header(header)));
                }
                Effect::SendShare(share) => self.send_share(i, &share),
                Effect::Propose(draft) => {
                    let more = self.propose(i, draft);
                    more.into_iter().rev().for_each(|effect| queue.push_front(effect));
                }
                Effect::Finalized { hash, height } => self.finalized(i, hash, height),
                Effect::Head(_) => self.new_head(i),
                Effect::Verdict { ticket, verdict } => self.verdict(i, ticket, &verdict),
                Effect::Fetch { peer, want } => self.ask(i, peer, want),
                Effect::SendStatus(_) => self.tell_all(i),
                Effect::Punish { peer, why } => {
                    self.honest(&format!("blame: node {i} blames node {}: {why}", peer.0));
                }
                Effect::Evidence(_) => {
                    self.evidence += 1;
                    self.honest(&format!("blame: node {i} sees an offence"));
                }
                Effect::Refused { hash, why } => self.refused(i, &hash, &why),
                Effect::Wake(at) => {
                    let skew = self.nodes.get(i).map_or(0, |node| node.skew_ms);
                    let time = at.0.saturating_add_signed(-skew).max(self.now);
                    let life = self.nodes.get(i).map_or(0, |node| node.life);
                    self.agenda.plan(time, Event::Wake { node: i, life });
                }
            }
        }
    }

    /// Something that honest nodes never bring about; a planted bug may.
    fn honest(&mut self, what: &str) {
        if self.plan.planted.is_none() {
            self.watch.broken(self.now, what);
        }
    }

    fn with_disk(&mut self, i: usize, change: impl FnOnce(&mut Disk)) {
        if let Some(node) = self.nodes.get_mut(i) {
            change(&mut node.disk);
        }
    }

    fn append(&mut self, i: usize, block: Arc<CheckedBlock>) {
        if let Some(core) = self.nodes.get(i).and_then(|node| node.core.as_ref()) {
            self.watch.executed(self.now, &self.world, core.executor(), &block);
        }
        self.with_disk(i, |disk| disk.append(block));
    }

    fn record(&mut self, i: usize, record: VoteRecord) {
        let clock = self.clock(i);
        if let Some(share) = &record.share {
            self.watch.signs(self.now, clock.0, &share.signed);
        }
        self.with_disk(i, |disk| disk.record(record));
    }

    fn send_share(&mut self, i: usize, share: &Share) {
        if let Some(node) = self.nodes.get(i) {
            let recorded = node.disk.vote().last_target.round;
            self.watch.sends(self.now, share.vote(), recorded);
        }
        self.known.0.insert(share.signed.seal());
        self.flood(i, None, &Parcel::new(Message::Share(Box::new(share.clone()))));
        self.plant(i, share);
    }

    fn propose(&mut self, i: usize, draft: Draft) -> Vec<Effect> {
        let now = self.clock(i);
        let Some(node) = self.nodes.get_mut(i) else { return Vec::new() };
        let Some(core) = &mut node.core else { return Vec::new() };
        let accounts = AccountsAt::of(core.executor(), &draft.header.parent);
        let txs = node.pool.pick(&self.world.genesis.params.limits, &accounts);
        core.seal(now, draft, txs)
    }

    fn finalized(&mut self, i: usize, hash: BlockHash, height: Height) {
        let Some(node) = self.nodes.get_mut(i) else { return };
        let last = std::mem::replace(&mut node.finalized, height);
        if node.disk.block(&hash).is_none() {
            self.watch.broken(self.now, &format!("durability: {hash} is final, not in the log"));
        }
        self.watch.finalized(self.now, i, last, (hash, height));
        self.settle(i);
    }

    /// Takes what became part of the ledger's base: its root is compared, the pool
    /// forgets what it carried.
    fn settle(&mut self, i: usize) {
        let Some(node) = self.nodes.get_mut(i) else { return };
        let Some(core) = &mut node.core else { return };
        let blocks = core.executor_mut().take_final();
        let accounts = AccountsAt::of(core.executor(), &core.executor().base_hash());
        for block in &blocks {
            self.watch.settled(self.now, i, block);
            if let Some(body) = self.watch.blocks.get(&block.hash) {
                node.pool.on_final(body, &accounts);
            }
        }
    }

    fn new_head(&mut self, i: usize) {
        if let Some(node) = self.nodes.get_mut(i) {
            node.pool.expire(Height(node.head_height()));
        }
    }

    fn verdict(&mut self, i: usize, ticket: Ticket, verdict: &Verdict) {
        let waiting = self.nodes.get_mut(i).and_then(|node| node.tickets.remove(&ticket));
        let Some(waiting) = waiting else {
            return self.watch.broken(self.now, &format!("node {i} answers {ticket:?} twice"));
        };
        match verdict {
            Verdict::Accept => {
                if let Message::Share(share) = &*waiting.parcel.message {
                    self.known.0.insert(share.signed.seal());
                }
                self.flood(i, Some(waiting.from), &waiting.parcel);
            }
            Verdict::Ignore(_) => {}
            Verdict::Reject(why) => {
                let from = waiting.from;
                self.honest(&format!("blame: node {i} rejects a message of node {from}: {why}"));
            }
        }
    }

    fn tell_all(&mut self, i: usize) {
        for to in (0..self.nodes.len()).filter(|to| *to != i) {
            self.tell(i, to, true);
        }
    }

    fn refused(&mut self, i: usize, hash: &BlockHash, why: &Refusal) {
        match why {
            Refusal::Invalid(_) | Refusal::Draft(_) | Refusal::Conflict(_) => {
                self.honest(&format!("refusal: node {i} refuses {hash}: {why}"));
            }
            _ => {}
        }
    }
}
