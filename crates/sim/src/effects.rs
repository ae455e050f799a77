//! Carrying out what an engine wants, in its order, as a node does. A node that is to crash
//! dies between two things: what was to follow does not happen.

use crate::agenda::{Event, Message, Parcel, Said};
use crate::disk::Disk;
use crate::names::node_of;
use crate::net::Net;
use crate::node::Node;
use crate::strangers::FIRST;
use std::collections::VecDeque;
use std::sync::Arc;
use weft_consensus::{Base, PeerId, VoteRecord};
use weft_engine::event::NoAnswer;
use weft_engine::halt::Halt;
use weft_engine::io::{
    Finalized, Io, Judgement, MessageName, Note, Source, Told, Txs, UncheckedBody, forged,
};
use weft_engine::wire::Want;
use weft_types::check::{check_block, check_txs};
use weft_types::codec::CodecError;
use weft_types::{BlockHash, Canonical, CheckedBlock, Header, Share, Tx};

impl Net {
    /// Something happens to a node, and what follows is carried out.
    pub fn happens_to(&mut self, i: usize, event: weft_engine::Event) {
        let now = self.clock(i);
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let engine = self.nodes.get_mut(i).and_then(|node| node.engine.as_mut());
            let Some(list) = engine.map(|engine| engine.step(now, event)) else { return };
            if !self.carry_out(i, list, &mut events) {
                return;
            }
        }
        self.plan_wake(i);
    }

    /// Carries out a list; what comes back at once is put behind it. Answers whether the node
    /// lives.
    pub fn carry_out(
        &mut self,
        i: usize,
        list: Vec<Io>,
        events: &mut VecDeque<weft_engine::Event>,
    ) -> bool {
        let life = self.nodes.get(i).map(|node| node.life);
        for io in list {
            if self.is_doomed(i) {
                self.kill(i);
            }
            if self.nodes.get(i).map(|node| node.life) != life {
                return false;
            }
            self.trace.io(self.now, i, &io);
            match io {
                Io::Append(block) => self.append(i, block),
                Io::Sync => self.with_disk(i, Disk::sync),
                Io::Vote(record) => self.record(i, record),
                Io::Await(awaited) => self.with_disk(i, |disk| disk.awaited = awaited),
                Io::Rows(kept) => self.with_disk(i, |disk| disk.rows = Some(*kept)),
                Io::Offences(kept) => self.with_disk(i, |disk| disk.offences = *kept),
                Io::Final(finality) => self.finalized(i, &finality),
                Io::MarkFinal(hash) => self.mark_final(i, &hash),
                Io::Checkpoint(base) => self.checkpoint(i, *base),
                Io::Publish { topic, data } => self.publish(i, Message::gossip(topic, data)),
                Io::Judge { message, judgement } => self.judge(i, &message, judgement),
                Io::Ask { peer, ask, data } => {
                    self.asks_again(i, &data);
                    self.ask(i, node_of(peer), ask, data);
                }
                Io::Answer { ticket, data } => {
                    self.answer(i, ticket, data.ok_or(NoAnswer::Refused));
                }
                Io::Busy { ticket } => self.answer(i, ticket, Err(NoAnswer::Busy)),
                Io::Serve { to, ticket, places } => {
                    let bytes = self.serve(i, ticket, &places);
                    events.push_back(weft_engine::Event::Served { to, bytes });
                }
                Io::Disconnect { peer, .. } | Io::Punish { peer, .. } if node_of(peer) >= FIRST => {
                    self.sends_away(i, node_of(peer), events);
                }
                Io::Disconnect { peer, why } | Io::Punish { peer, why } => {
                    self.blames(i, node_of(peer), &why);
                }
                Io::CheckTxs { source, txs } => events.extend(match self.plan.desk {
                    Some(desk) => self.puts_list(i, (source, txs), desk),
                    None => Some(self.check_txs(source, txs)),
                }),
                Io::CheckBodies { from, want, bodies } => {
                    self.watch_bodies(i, &want, &bodies);
                    events.extend(self.look_at_bodies(i, (from, want), bodies));
                }
                Io::Tell { told: Told::Submitted(results), .. } => {
                    self.taken = results.iter().all(Result::is_ok);
                }
                Io::Note(note) => self.note(i, note),
                Io::Halt(Halt::Untrusted(fault)) => self.distrusts(i, &fault),
                Io::Halt(halt @ Halt::NeverExecuted(_)) => {
                    self.watch.broken(format!("durability: node {i}: {halt}"));
                }
                Io::Keep { .. } | Io::Voters(_) | Io::Tell { .. } => {}
            }
        }
        self.say_finals(i);
        true
    }

    /// Plans when a node is woken, unless it is earlier.
    fn plan_wake(&mut self, i: usize) {
        let Some(node) = self.nodes.get_mut(i) else { return };
        let Some(engine) = &node.engine else { return };
        let time = engine.wakes_at().0.saturating_add_signed(-node.skew_ms).max(self.now + 1);
        if node.wakes <= self.now || time < node.wakes {
            node.wakes = time;
            self.agenda.plan(time, Event::Wake { node: i, life: node.life });
        }
    }

    /// What comes back at once of an answer for the checker.
    fn look_at_bodies(
        &mut self,
        i: usize,
        (from, want): (PeerId, Want),
        bodies: Vec<UncheckedBody>,
    ) -> Vec<weft_engine::Event> {
        let bad = forged(&bodies, &self.world.chain, &self.seals).map(|bad| bad.hash);
        let looked = |body: &UncheckedBody| bad.is_none_or(|bad| body.hash == bad);
        let bodies: Vec<UncheckedBody> = bodies.into_iter().filter(looked).collect();
        if let Some(desk) = self.plan.desk {
            return self.puts_bodies(i, (from, want), bodies, desk).into_iter().collect();
        }
        let mut events: Vec<_> =
            bodies.into_iter().map(|body| self.check_body(from, body)).collect();
        events.push(weft_engine::Event::Fetched { from, want });
        events
    }

    /// A list of transactions comes out of the checker.
    pub fn check_txs(&mut self, source: Source, txs: Txs) -> weft_engine::Event {
        let txs: Result<Vec<Tx>, CodecError> = match txs {
            Txs::Encoded(data) => Vec::from_bytes(&data),
            Txs::Decoded(txs) => Ok(txs),
        };
        let rules = (&self.world.widest, &self.world.chain);
        let checked = txs.map(|txs| check_txs(txs, rules, &self.seals, &mut self.checks));
        checked.iter().flatten().flatten().for_each(|tx| self.seals.add(*tx.seal()));
        weft_engine::Event::Txs { source, checked }
    }

    /// Bodies are checked as if they had come as bytes from a stranger.
    pub fn check_body(&mut self, from: PeerId, body: UncheckedBody) -> weft_engine::Event {
        let UncheckedBody { hash, block, bytes } = body;
        let version = block.header().version;
        let rules = (&self.world.widest, &self.world.chain);
        let checked = check_block(*block, rules, &self.seals, &mut self.checks).map(Arc::new);
        weft_engine::Event::Body { from, hash, version, bytes, checked }
    }

    fn note(&mut self, i: usize, note: Note) {
        match note {
            Note::Offence(evidence) => self.accuse(i, &evidence),
            Note::ReportSent(_) => self.faults.note("reports"),
            Note::KeyTwice(seen) => self.key_twice(i, &seen),
            Note::Dismissed { hash, why } => self.refused(i, &hash, &why),
            Note::TrustReached(_) => self.faults.note("reached"),
            _ => {}
        }
    }

    fn with_disk(&mut self, i: usize, change: impl FnOnce(&mut Disk)) {
        if let Some(node) = self.nodes.get_mut(i) {
            change(&mut node.disk);
        }
    }

    fn append(&mut self, i: usize, block: Arc<CheckedBlock>) {
        if let Some(core) = self.nodes.get(i).and_then(Node::core) {
            self.watch.executed(&self.world, core.executor(), &block);
        }
        if block.header().version > self.world.runs(i, &self.plan) {
            self.watch.broken(format!(
                "rules: node {i} takes {}, whose rules it does not run",
                block.hash()
            ));
        }
        if self.mind.is_forged(&block.hash()) && !self.is_byzantine(i) {
            self.watch
                .broken(format!("forged: node {i} takes {}, which breaks a rule", block.hash()));
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
        if let Some(share) = &record.share {
            self.watch.signs(self.clock(i).0, &share.signed);
        }
        self.with_disk(i, |disk| disk.record(record));
    }

    /// What a node sends to all.
    fn publish(&mut self, i: usize, message: Message) {
        match &message {
            Message::Gossip { said: Said::Header(header), .. } => {
                self.announces(i, &header.header);
            }
            Message::Gossip { said: Said::Share(share), .. } => self.sends_share(i, share),
            _ => {}
        }
        self.knows_seal(&message);
        self.flood(i, None, &Parcel::new(message));
    }

    /// R5: a slot is recorded before a block of it leaves.
    fn announces(&mut self, i: usize, header: &Header) {
        let Some(node) = self.nodes.get(i) else { return };
        let is_own = self.world.keys.get(i).is_some_and(|key| key.public() == header.proposer);
        let recorded = node.disk.vote().proposed;
        let is_restored = node.disk.is_synced(&header.hash());
        if is_own && recorded < header.slot && !is_restored {
            let slot = header.slot;
            self.watch.broken(format!(
                "durability: node {i} announces slot {slot}, recorded is {recorded}"
            ));
        }
    }

    fn sends_share(&mut self, i: usize, share: &Share) {
        if self.core(i).is_some_and(|core| core.stopped().is_some()) {
            self.watch.broken(format!("rules: node {i} has stopped and sends a share"));
        }
        if let Some(node) = self.nodes.get(i) {
            let recorded = node.disk.vote().last_target.round;
            self.watch.sends(share.vote(), recorded);
        }
    }

    fn knows_seal(&self, message: &Message) {
        if let Message::Gossip { seal: Some(seal), .. } = message {
            self.seals.add(*seal);
        }
    }

    /// A block became final at a node. It is said when the node may.
    fn finalized(&mut self, i: usize, finality: &Finalized) {
        let block = &finality.block;
        self.watch.settled(i, block);
        if let Some(node) = self.nodes.get_mut(i) {
            node.unsaid.push_back((block.hash, block.height));
            if self.plan.checkpoints {
                node.disk.checkpoint.add(block.hash, &block.writes);
            }
        }
    }

    /// The state of a final block is handed to the disk.
    fn checkpoint(&mut self, i: usize, base: Base) {
        let hash = base.standing().hash;
        self.is_synced(i, &hash, "a checkpoint");
        let node = self.nodes.get_mut(i).filter(|_| self.plan.checkpoints);
        let first = || self.world.first_entries();
        let is_last = node.is_none_or(|node| node.disk.checkpoint.write(base, first));
        // The forger of another past goes on from what nobody saw become final.
        if !is_last && Some(i) != self.plan.forger() {
            self.watch.broken(format!(
                "durability: node {i} asks for a checkpoint of {hash}, not of its last final block"
            ));
        }
    }

    /// What a node calls final is in its log.
    fn mark_final(&mut self, i: usize, hash: &BlockHash) {
        let Some(node) = self.nodes.get_mut(i) else { return };
        if node.disk.block(hash).is_none() {
            self.watch.broken(format!("durability: {hash} is final at node {i}, not in the log"));
        }
        node.disk.mark_final(hash);
    }

    /// What a node calls final to others, or starts from, is in its log and synced.
    pub fn is_synced(&mut self, i: usize, hash: &BlockHash, what: &str) {
        let is_first = *hash == self.watch.first_block;
        let node = self.nodes.get(i);
        if !is_first && node.is_some_and(|node| !node.disk.is_synced(hash)) {
            self.watch.broken(format!("durability: {hash} is {what} at node {i}, not synced"));
        }
    }

    fn judge(&mut self, i: usize, name: &MessageName, judgement: Judgement) {
        let waiting = self.nodes.get_mut(i).and_then(|node| node.judged.remove(name));
        let Some(waiting) = waiting else {
            return self.watch.broken(format!("node {i} judges {name:?} twice"));
        };
        match judgement {
            Judgement::Accept => {
                self.knows_seal(&waiting.parcel.message);
                if let Message::Gossip { said, .. } = &*waiting.parcel.message {
                    self.takes(i, said);
                }
                self.flood(i, Some(waiting.from), &waiting.parcel);
            }
            Judgement::Ignore => {}
            Judgement::Reject => self.blames(i, waiting.from, "it rejects a message"),
        }
    }
}
