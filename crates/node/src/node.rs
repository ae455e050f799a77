//! The node: one loop around the engine.
//!
//! One receive of a bounded event, one step of the engine ([`weft_engine`]), and what came back
//! carried out in its order (I5, I6). Nothing is decided here. What fails on the way to the
//! disk stops the node at that place: a voter that can't write must not sign.

use crate::backend::busy;
use crate::checker::Desk;
use crate::clients::Clients;
use crate::clock::now;
use crate::disk::Disk;
use crate::error::NodeError;
use crate::event::Event;
use crate::health::Said;
use crate::network::Network;
use crate::serve::Workers;
use crate::show::show;
use crate::watch::{self, Watched};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use weft_engine::Engine;
use weft_engine::io::{Io, Source};
use weft_reads::Reads;
use weft_types::{BlockHash, Millis};

/// The longest a node sleeps without looking at its clock.
const NAP: Duration = Duration::from_millis(500);

/// How often the store's thread and the node's health are looked after.
const LOOK: Duration = Duration::from_millis(500);

/// An engine and what it needs around it.
pub struct Node {
    pub(crate) engine: Engine,
    pub(crate) disk: Disk,
    pub(crate) network: Network,
    pub(crate) checker: Desk,
    /// The thread that verifies.
    pub(crate) checking: Watched,
    pub(crate) clients: Clients,
    /// Who reads blocks for peers.
    pub(crate) workers: Workers,
    pub(crate) events: mpsc::Receiver<Event>,
    /// Who answers clients beside this loop, by what it leaves there.
    pub(crate) reads: Arc<Reads>,
    /// Where the engine stood when it was last left there.
    pub(crate) shown: (BlockHash, Option<BlockHash>),
    pub(crate) health_said: Said,
    /// When health and the store were last looked at.
    pub(crate) looked: Instant,
    /// When the engine is to hear of time.
    pub(crate) wake: Millis,
}

impl Node {
    /// Runs until asked to stop, until the disk fails, or until the checker or the
    /// network ends.
    ///
    /// # Errors
    /// [`NodeError`] says what can't go on.
    pub async fn run(mut self) -> Result<(), NodeError> {
        let ended = loop {
            match self.next().await {
                Ok(Event::Stop) => break Ok(()),
                Ok(event) => match self.take(event) {
                    Ok(()) => {}
                    // Nothing more is written behind what could not be.
                    Err(error @ NodeError::Store(_)) => {
                        self.reads.board.close(); // Nor is it waited for an audit.
                        return Err(error);
                    }
                    Err(error) => break Err(error),
                },
                Err(error) => break Err(error),
            }
        };
        self.shut().and(ended)
    }

    /// The next thing that happens: an event, a peer's message, or time.
    ///
    /// # Errors
    /// [`NodeError::Task`] when the checker or the network has ended.
    async fn next(&mut self) -> Result<Event, NodeError> {
        // The engine's wish is a point in time, so that events in between never put it off: when
        // it has come, the clock goes before whatever waits, or events that never cease would
        // let no slot begin here.
        let left = Duration::from_millis(self.wake.0.saturating_sub(now().0));
        if left.is_zero() {
            return Ok(Event::Engine(weft_engine::Event::Tick));
        }
        tokio::select! {
            error = self.checking.ended() => Err(error),
            end = &mut self.network.gossip.task => Err(watch::ended("the network", end)),
            event = self.events.recv() => Ok(event.unwrap_or(Event::Stop)),
            Some(event) = self.network.gossip.events.recv() => Ok(Event::Peer(event)),
            () = tokio::time::sleep(left.min(NAP)) => Ok(Event::Engine(weft_engine::Event::Tick)),
        }
    }

    /// Takes one event.
    pub(crate) fn take(&mut self, event: Event) -> Result<(), NodeError> {
        match event {
            Event::Engine(event) => self.step(event)?,
            Event::Body { event, room } => {
                self.step(event)?;
                drop(room);
            }
            Event::Peer(event) => {
                if let Some(event) = self.network.hear(event) {
                    self.step(event)?;
                }
            }
            Event::Submit { txs, reply } => {
                let client = self.clients.take(reply);
                self.step(weft_engine::Event::Submit { client, txs })?;
            }
            Event::Row { row, reply } => {
                let client = self.clients.take(reply);
                self.step(weft_engine::Event::Row { client, row })?;
            }
            Event::Stop => {}
        }
        let is_due = self.looked.elapsed() >= LOOK;
        if is_due || self.shown != self.engine.stands_at() {
            self.show();
        }
        if is_due {
            self.looked = Instant::now();
            self.health_said.say(&self.reads);
            self.network.look();
            self.disk.look()?;
        }
        Ok(())
    }

    /// Leaves what readers may look at. All that was wanted before is carried out by now.
    pub(crate) fn show(&mut self) {
        show(&self.reads.board, &mut self.engine);
        self.shown = self.engine.stands_at();
    }

    /// Lets the engine take an event, and carries out what it wants. What comes back at once,
    /// since the checker has no room, is an event of its own behind the whole list: a step
    /// within a list would write what it wants before what the engine wanted first.
    pub(crate) fn step(&mut self, event: weft_engine::Event) -> Result<(), NodeError> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for io in self.engine.step(now(), event) {
                events.extend(self.carry_out(io)?);
            }
        }
        self.wake = self.engine.wakes_at();
        Ok(())
    }

    /// Carries out one thing; one short line for each kind. Answers what happened by it.
    fn carry_out(&mut self, io: Io) -> Result<Option<weft_engine::Event>, NodeError> {
        match io {
            Io::Append(block) => {
                self.reads.metrics.blocks.inc();
                self.disk.append(&block)?;
            }
            Io::Sync => self.disk.sync()?,
            Io::Vote(record) => self.disk.vote(&record)?,
            Io::Await(awaited) => self.disk.wait_for(awaited)?,
            Io::Rows(kept) => self.disk.keep_rows(&kept)?,
            Io::Offences(kept) => self.disk.keep_offences(&kept)?,
            Io::Final(finality) => self.disk.add(*finality, &self.reads.records),
            Io::MarkFinal(hash) => self.disk.mark_final(&hash)?,
            Io::Checkpoint(base) => self.disk.checkpoint(&base)?,
            Io::Publish { topic, data } => self.network.publish(topic, data),
            Io::Judge { message, judgement } => self.network.judge(message, judgement),
            Io::Ask { peer, ask, data } => return Ok(self.network.ask(peer, ask, data)),
            Io::Answer { ticket, data } => self.network.answer(ticket, data),
            Io::Busy { ticket } => self.network.busy(ticket),
            Io::Serve { to, ticket, places } => self.workers.serve(to, ticket, places),
            Io::Keep { voter, peer } => self.network.keep(voter, peer),
            Io::Voters(voters) => self.network.voters(&voters),
            Io::Disconnect { peer, why } => self.network.disconnect(peer, why),
            Io::Punish { peer, why } => self.network.punish(peer, why),
            Io::CheckTxs { source: Source::Client(client), txs } => {
                if self.checker.txs(Source::Client(client), txs).is_some() {
                    self.clients.refuse(client, busy());
                }
            }
            Io::CheckTxs { source, txs } => {
                return Ok(self.checker.txs(source, txs).map(weft_engine::Event::CheckerFull));
            }
            Io::CheckBodies { from, want, bodies } => {
                return Ok(self
                    .checker
                    .bodies(from, want, bodies)
                    .map(weft_engine::Event::CheckerFull));
            }
            Io::Tell { client, told } => self.clients.tell(client, told),
            Io::Note(note) => self.note(note),
            Io::Halt(halt) => return Err(halt.into()),
        }
        Ok(None)
    }

    /// The end: everything is written, then the store is closed.
    ///
    /// # Errors
    /// [`NodeError`] when the disk fails.
    fn shut(mut self) -> Result<(), NodeError> {
        self.reads.board.close();
        for io in self.engine.stop(now()) {
            self.carry_out(io)?;
        }
        self.disk.close()?;
        tracing::info!("stopped");
        Ok(())
    }
}
