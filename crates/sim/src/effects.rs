//! Carrying out what a core wants, in its order, as a node does. A node that is to
//! crash dies between two effects: what was to follow does not happen.

use crate::agenda::{Event, Message, Parcel};
use crate::disk::Disk;
use crate::net::{Net, node_of};
use crate::node::AccountsAt;
use crate::plan::Conflict;
use crate::watch::offends;
use std::collections::VecDeque;
use std::sync::Arc;
use weft_consensus::{Draft, Effect, Foreign, Refusal, Status, Ticket, Verdict, VoteRecord};
use weft_types::{BlockHash, CheckedBlock, Evidence, Header, Height, Share};

impl Net {
    /// Carries out effects and those they lead to.
    pub fn carry_out(&mut self, i: usize, effects: Vec<Effect>) {
        let mut queue = VecDeque::from(effects);
        let life = self.nodes.get(i).map(|node| node.life);
        while let Some(effect) = queue.pop_front() {
            if self.nodes.get(i).map(|node| node.life) != life {
                return; // It stopped by itself.
            }
            if self.is_doomed(i) {
                return self.kill(i);
            }
            self.trace.effect(self.now, i, &effect);
            match effect {
                Effect::Append(block) => self.append(i, block),
                Effect::Record(record) => self.record(i, record),
                Effect::Announce(header) => {
                    self.announces(i, &header.header);
                    self.seals.add(header.seal());
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
                Effect::SendStatus(status) => self.tell_all(i, status),
                Effect::Punish { peer, why } => {
                    self.blames(i, node_of(peer), &why.to_string());
                }
                Effect::Evidence(evidence) => self.accuse(i, evidence),
                Effect::KeyTwice(seen) => self.key_twice(i, &seen),
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

    /// A node believes that its key runs elsewhere too: only that of a twin does, whose nodes
    /// are not asked.
    fn key_twice(&mut self, i: usize, seen: &Foreign) {
        if self.world.keys.get(i).is_some_and(|pair| self.watch.is_byzantine(&pair.public)) {
            return; // It was sold.
        }
        let text = format!("own key: node {i} takes {seen} for somebody else's");
        self.watch.broken(self.now, &text);
    }

    /// A node blames another: no honest node gives an honest one a reason to.
    fn blames(&mut self, i: usize, other: usize, why: &str) {
        if !self.is_byzantine(i) && !self.is_byzantine(other) {
            let text = format!("blame: node {i} blames node {other}: {why}");
            self.watch.broken(self.now, &text);
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
        if block.header().version > self.world.runs(i, &self.plan) {
            let text =
                format!("rules: node {i} takes {}, whose rules it does not run", block.hash());
            self.watch.broken(self.now, &text);
        }
        if self.mind.is_forged(&block.hash()) && !self.is_byzantine(i) {
            let text = format!("forged: node {i} takes {}, which breaks a rule", block.hash());
            self.watch.broken(self.now, &text);
        }
        if self.other.holds(&block.hash()) && !self.is_byzantine(i) {
            self.faults.note("past_taken");
        }
        let clock = self.clock(i).0;
        if let Some(node) = self.nodes.get_mut(i) {
            node.arrivals.note(clock, block.header().slot, block.hash());
        }
        self.with_disk(i, |disk| disk.append(block));
        self.sees_block(i);
    }

    fn record(&mut self, i: usize, record: VoteRecord) {
        self.signs_in_trust(i);
        let clock = self.clock(i);
        if let Some(share) = &record.share {
            self.watch.signs(self.now, clock.0, &share.signed);
        }
        self.with_disk(i, |disk| disk.record(record));
    }

    /// R5: a slot is recorded before a block of it leaves.
    fn announces(&mut self, i: usize, header: &Header) {
        let Some(node) = self.nodes.get(i) else { return };
        let is_own = self.world.keys.get(i).is_some_and(|pair| pair.public == header.proposer);
        let recorded = node.disk.vote().proposed;
        let is_restored = node.disk.log().iter().any(|block| block.hash() == header.hash());
        if is_own && recorded < header.slot && !is_restored {
            let slot = header.slot;
            let text =
                format!("durability: node {i} announces slot {slot}, recorded is {recorded}");
            self.watch.broken(self.now, &text);
        }
    }

    fn send_share(&mut self, i: usize, share: &Share) {
        let core = self.nodes.get(i).and_then(|node| node.core.as_ref());
        if core.is_some_and(|core| core.stopped().is_some()) {
            self.watch.broken(self.now, &format!("rules: node {i} has stopped and sends a share"));
        }
        if let Some(node) = self.nodes.get(i) {
            let recorded = node.disk.vote().last_target.round;
            self.watch.sends(self.now, share.vote(), recorded);
        }
        self.seals.add(share.signed.seal());
        self.flood(i, None, &Parcel::new(Message::Share(Box::new(share.clone()))));
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
        node.unsaid.push_back((hash, height));
        if Some(i) == self.plan.sleeper() {
            node.disk.sync(); // It signs nothing: what is final is what it keeps.
        }
        if node.disk.block(&hash).is_none() {
            self.watch.broken(self.now, &format!("durability: {hash} is final, not in the log"));
        }
        self.check_trust(i, (hash, height));
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
            if self.is_byzantine(i) {
                return; // It was told in secret.
            }
            return self.watch.broken(self.now, &format!("node {i} answers {ticket:?} twice"));
        };
        match verdict {
            Verdict::Accept => {
                match &*waiting.parcel.message {
                    Message::Share(share) => self.seals.add(share.signed.seal()),
                    Message::Header(header) => self.seals.add(header.seal()),
                    _ => {}
                }
                self.takes(i, &waiting.parcel.message);
                self.flood(i, Some(waiting.from), &waiting.parcel);
            }
            Verdict::Ignore(_) => {}
            Verdict::Reject(why) => self.blames(i, waiting.from, &why.to_string()),
        }
    }

    /// A node sees an offence: an honest voter commits none.
    fn accuse(&mut self, i: usize, evidence: Evidence) {
        self.faults.note("evidence");
        self.watch.accused(self.now, (i, &self.world.chain), &evidence);
        if let Some(node) = self.nodes.get_mut(i) {
            node.taken.accused.insert(evidence.offender());
            node.reports.push_back(evidence);
        }
    }

    /// An honest node took a message in: of two that no honest key signs both of, the
    /// second must have made it accuse the signer.
    fn takes(&mut self, i: usize, message: &Message) {
        if self.is_byzantine(i) {
            return;
        }
        let Some(node) = self.nodes.get_mut(i) else { return };
        let Some(last) = node.core.as_ref().map(|core| core.finalized().0.clone()) else { return };
        let who = match message {
            Message::Share(share) if share.vote().target.round > last.round => {
                let vote = share.vote();
                let votes = node.taken.votes.entry(vote.voter).or_default();
                // What finality has passed the node may have forgotten.
                votes.retain(|old| old.target.round > last.round);
                let is_offence = votes.iter().any(|old| old != vote && offends(old, vote));
                votes.push(*vote);
                is_offence.then_some(vote.voter)
            }
            Message::Header(signed) if signed.header.slot > last.slot => {
                let (header, hash) = (&signed.header, signed.header.hash());
                let first = node.taken.headers.entry((header.proposer, header.slot));
                (*first.or_insert(hash) != hash).then_some(header.proposer)
            }
            _ => None,
        };
        if let Some(who) = who.filter(|who| !node.taken.accused.contains(who)) {
            let text = format!("blind: node {i} took two of {who} and accused nobody");
            self.watch.broken(self.now, &text);
        }
    }

    fn tell_all(&mut self, i: usize, status: Status) {
        for to in (0..self.nodes.len()).filter(|to| *to != i) {
            self.tell(i, to, (status, true));
        }
    }

    fn refused(&mut self, i: usize, hash: &BlockHash, why: &Refusal) {
        let is_grave = match why {
            // What one honest node executed all take.
            Refusal::Invalid(_) => {
                !self.watch.is_by_byzantine(hash) || self.watch.blocks.contains_key(hash)
            }
            Refusal::Draft(_) => true,
            Refusal::Conflict(_) => {
                self.plan.conflict == Conflict::Never && self.plan.former.is_none()
            }
            _ => false,
        };
        if is_grave && !self.is_byzantine(i) {
            self.watch.broken(self.now, &format!("refusal: node {i} refuses {hash}: {why}"));
        }
    }
}
