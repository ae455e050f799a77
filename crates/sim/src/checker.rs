//! The queues of a node's checker, with their bounds, and what is turned away for want of room.
//!
//! Not here: what a node does with them (`checking`).

use crate::plan::Desk;
use std::collections::{BTreeMap, VecDeque};
use weft_consensus::PeerId;
use weft_engine::event::Turned;
use weft_engine::io::{Source, Txs, UncheckedBody};
use weft_engine::wire::Want;

/// An answer of a peer.
#[derive(Debug)]
pub struct Answer {
    pub from: PeerId,
    pub want: Want,
    pub bodies: VecDeque<UncheckedBody>,
}

/// What is being looked at.
#[derive(Debug)]
pub enum Work {
    /// A body; the last of its answer has its question with it.
    Body { from: PeerId, body: UncheckedBody, last: Option<Want> },
    /// A list of transactions.
    List(Source, Txs),
}

/// What waits for a checker, and what it does.
#[derive(Debug, Default)]
pub struct Checker {
    lists: VecDeque<(Source, Txs)>,
    singles: VecDeque<Answer>,
    chains: VecDeque<Answer>,
    /// The chain whose bodies are looked at one by one.
    chain: Option<Answer>,
    pub bytes: usize,
    pub work: Option<Work>,
}

impl Checker {
    /// Puts a list down; answers that there was no room.
    pub fn list(&mut self, desk: &Desk, source: Source, txs: Txs) -> Option<Turned> {
        if self.lists.len() >= desk.lists {
            return Some(Turned::Txs(source));
        }
        self.lists.push_back((source, txs));
        None
    }

    /// Puts an answer down; answers that there was no room.
    pub fn answer(&mut self, desk: &Desk, answer: Answer) -> Option<Turned> {
        let Answer { from, want, .. } = answer;
        let bytes: usize = answer.bodies.iter().map(|body| body.bytes).sum();
        let is_single = matches!(want, Want::Block(_));
        let queue = if is_single { &mut self.singles } else { &mut self.chains };
        let has_room = self.bytes == 0 || self.bytes + bytes <= desk.body_bytes;
        if queue.len() >= desk.answers || !has_room {
            return Some(Turned::Bodies { from, want });
        }
        self.bytes += bytes;
        queue.push_back(answer);
        None
    }

    /// The next body: of a single block, else of the chain under way, else of the next one.
    fn body(&mut self) -> Option<Work> {
        let take = |answer: &mut Answer| {
            let body = answer.bodies.pop_front()?;
            let last = answer.bodies.is_empty().then_some(answer.want);
            Some(Work::Body { from: answer.from, body, last })
        };
        if let Some(mut single) = self.singles.pop_front() {
            return take(&mut single);
        }
        let mut chain = self.chain.take().or_else(|| self.chains.pop_front())?;
        let work = take(&mut chain);
        self.chain = Some(chain).filter(|chain| !chain.bodies.is_empty());
        work
    }

    /// Begins with what is next, if nothing is being looked at; answers how long it takes.
    pub fn begin(&mut self, desk: &Desk) -> Option<u64> {
        if self.work.is_some() {
            return None;
        }
        self.work = self.body();
        if self.work.is_some() {
            return Some(desk.body_ms);
        }
        self.work = self.lists.pop_front().map(|(source, txs)| Work::List(source, txs));
        self.work.is_some().then_some(desk.list_ms)
    }
}

/// What was turned away and not asked for again: by which node in which life, and what.
#[derive(Debug, Default)]
pub struct TurnedAway(pub BTreeMap<(usize, u64, Want), (u64, PeerId)>);
