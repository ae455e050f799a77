//! Asking peers: for where they are, and for what consensus lacks; and what their answers hold.
//!
//! Not here: whom to ask when (`asks`), and what makes an answer one (`answers`).

use crate::answers::{Misfit, fit};
use crate::engine::Engine;
use crate::event::NoAnswer;
use crate::hear::ANSWER_BLOCKS;
use crate::io::{Io, Note, UncheckedBody};
use crate::lacks::{LackedBody, Lacks};
use crate::questions::Question;
use crate::sources::{Outcome, Place};
use crate::wire::{Answer, Kind, Request, Want, pack, unpack, version_of};
use weft_consensus::{PeerId, Status};
use weft_types::check::Known;
use weft_types::{Block, Canonical};

impl<K: Known> Engine<K> {
    /// Asks a peer where it is, telling it where we are, unless it has yet to say so.
    pub(crate) fn ask_status(&mut self, peer: PeerId, status: Status) {
        let is_head = status.head.hash == self.core().head_hash();
        let question = if is_head { Question::Status } else { Question::Offer };
        self.ask(peer, question, &Request::Status(status));
    }

    pub(crate) fn ask(&mut self, peer: PeerId, question: Question, request: &Request) {
        if !self.peers.is_up(peer) {
            return;
        }
        if let Some(ask) = self.asks.begin(peer, question, self.now) {
            let data = pack(Kind::Request, &request.to_bytes());
            self.out(Io::Ask { peer, ask, data });
        }
    }

    /// Asks for what is lacked and due.
    pub(crate) fn fetch(&mut self) {
        if self.core().lacks_nothing() && self.asks.rest_if_quiet() {
            return;
        }
        let place = self.place();
        let told: Vec<_> = self
            .core()
            .lacked_chains()
            .flat_map(|lack| lack.tellers.iter().map(move |peer| (*peer, lack.hash, lack.height)))
            .collect();
        for (peer, tip, height) in told {
            self.asks.told(peer, tip, height, place);
        }
        let core = &self.core;
        self.asks.learn(|hash| core.is_known(hash));
        let lacks = self.lacks();
        for (peer, ask, want) in self.asks.due(self.now, &lacks) {
            let data = pack(Kind::Request, &Request::Blocks(want).to_bytes());
            self.out(Io::Ask { peer, ask, data });
        }
    }

    fn place(&self) -> Place {
        let core = self.core();
        Place { base: core.finalized().0.height, head: core.head().height }
    }

    fn lacks(&self) -> Lacks {
        let bodies = self.core().lacked_bodies().map(|lack| LackedBody {
            hash: lack.hash,
            tellers: lack.tellers.to_vec(),
            maker: self.peers.node_of(&lack.signer),
        });
        let (bodies, kept) = (bodies.collect(), self.peers.kept().collect());
        Lacks { bodies, kept, place: self.place(), slot_ms: self.params().slot_ms }
    }

    /// A peer says where it is.
    pub(crate) fn hears_status(&mut self, from: PeerId, status: &Status) {
        self.peers.told(from, status.height);
        if self.core().is_of_use(status) {
            let place = self.place();
            self.asks.told(from, status.head.hash, status.height, place);
        }
    }

    /// A question for blocks has ended so.
    pub(crate) fn end_ask(&mut self, peer: PeerId, want: &Want, outcome: Outcome) {
        let lacks = self.lacks();
        self.asks.end(peer, want, outcome, (self.now, &lacks));
    }

    /// The bodies of an answer were looked at.
    pub(crate) fn fetched(&mut self, peer: PeerId, want: &Want) {
        let (base, core) = (self.place().base, &self.core);
        self.asks.brought(peer, want, |hash, height| height <= base || core.is_known(hash));
        self.end_ask(peer, want, Outcome::Brought);
    }

    pub(crate) fn unanswered(&mut self, peer: PeerId, ask: u64, why: NoAnswer) {
        let Some(want) = self.asks.unanswered(peer, ask) else { return };
        let outcome = match why {
            NoAnswer::TimedOut | NoAnswer::Gone => Outcome::Silence,
            NoAnswer::Busy => Outcome::Later,
            NoAnswer::NotSent => Outcome::NoRoom,
            NoAnswer::Refused => Outcome::Nothing,
        };
        self.end_ask(peer, &want, outcome);
    }

    pub(crate) fn answered(&mut self, peer: PeerId, ask: u64, data: &[u8]) {
        let question = self.asks.answered(peer, ask, self.now);
        if !self.peers.is_up(peer) {
            return;
        }
        let Some(Ok(answer)) = unpack(Kind::Answer, data).map(Answer::from_bytes) else {
            self.unreadable(peer, data.len());
            if let Some(Question::Blocks(want)) = question {
                self.end_ask(peer, &want, Outcome::Nothing);
            }
            return;
        };
        match (answer, question) {
            (
                Answer::Status(status),
                Some(question @ (Question::Status | Question::Offer | Question::Claim)),
            ) => {
                if question == Question::Claim {
                    self.peers.heard_claim(peer, self.slot());
                }
                self.hears_status(peer, &status);
            }
            (Answer::Blocks(blocks), Some(Question::Blocks(want))) => {
                self.take_blocks(peer, want, blocks)
            }
            // Another answer than was asked for is none.
            (Answer::Status(_), Some(Question::Blocks(want))) => {
                self.end_ask(peer, &want, Outcome::Nothing);
            }
            (Answer::Blocks(_), _) | (Answer::Status(_), None) => {}
        }
    }

    /// Sends the bodies of an answer to the checker, if they are one to what was asked.
    fn take_blocks(&mut self, from: PeerId, want: Want, mut answer: Vec<Vec<u8>>) {
        if self.is_superfluous(from, &want) {
            return self.end_ask(from, &want, Outcome::Brought);
        }
        answer.truncate(ANSWER_BLOCKS);
        let mut blocks = Vec::with_capacity(answer.len());
        for encoded in &answer {
            match Block::from_bytes(encoded) {
                // R21: one of a version that we can't run or judge, and what stands on it.
                Ok(block) if !self.core().may_run(block.header().version) => {
                    self.unreadable(from, encoded.len());
                    break;
                }
                Ok(block) => blocks.push(block),
                Err(_) if !version_of(encoded).is_some_and(|v| self.core().judges(v)) => {
                    self.unreadable(from, encoded.len());
                    break;
                }
                Err(why) => {
                    self.end_ask(from, &want, Outcome::Nothing);
                    return self.punish(from, why.to_string());
                }
            }
        }
        match fit(self.core().forks().tree(), &want, blocks) {
            Ok(blocks) => {
                let bodies: Vec<UncheckedBody> =
                    blocks.into_iter().map(UncheckedBody::of).collect();
                let held = bodies.iter().map(|b| (b.hash, b.block.header().height)).collect();
                self.asks.holds(from, &want, held);
                self.out(Io::CheckBodies { from, want, bodies });
            }
            Err(misfit) => self.misfits(from, &want, misfit),
        }
    }

    /// Whether a second answer came for a body that is here by now, or being looked at.
    fn is_superfluous(&self, from: PeerId, want: &Want) -> bool {
        match want {
            Want::Block(hash) => {
                self.core().is_known(hash) || self.asks.is_here_of_another(from, want)
            }
            Want::Chain { .. } => false,
        }
    }

    fn misfits(&mut self, from: PeerId, want: &Want, misfit: Misfit) {
        self.note(Note::NoAnswer(from, misfit));
        if let Misfit::Known { height } = misfit {
            // From there on: an answer ends where voters rotate, which may be below where our
            // chains part.
            self.asks.known(from, height);
            return self.end_ask(from, want, Outcome::Brought);
        }
        self.end_ask(from, want, Outcome::Nothing);
        if misfit.is_fault() {
            self.punish(from, misfit.to_string());
        }
    }
}
