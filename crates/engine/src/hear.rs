//! From events to inputs of the core: decoding, sending to be checked, and answering what
//! needs no decision.

use crate::engine::Engine;
use crate::event::{Event, Turned};
use crate::io::{Io, Judgement, MessageName, Note, Source, Told, Topic, Txs};
use crate::peers::{NOBODY, Pending, UNREADABLE};
use crate::refused::Refused;
use crate::sources::Outcome;
use crate::wire::{Answer, Kind, Request, pack, unpack, version_of};
use weft_consensus::{Input, PeerId};
use weft_types::check::Known;
use weft_types::{Canonical, Share, SignedHeader, WeightRow};

/// The most blocks in one answer.
pub const ANSWER_BLOCKS: usize = 128;

const fn kind_of(topic: Topic) -> Kind {
    match topic {
        Topic::Transactions => Kind::Transactions,
        Topic::Shares => Kind::Share,
        Topic::Headers => Kind::Header,
    }
}

impl<K: Known> Engine<K> {
    /// What the core must hear of an event.
    pub(crate) fn hear(&mut self, event: Event) -> Option<Input> {
        match event {
            Event::Tick => Some(Input::Tick),
            Event::PeerUp { peer, name } => {
                self.peers.up(peer, name);
                self.asks.up(peer);
                self.greet(peer);
                self.claim(peer);
                None
            }
            Event::PeerDown { peer } => {
                let was_here = self.peers.down(peer);
                self.asks.gone(peer, self.now);
                was_here.then_some(Input::PeerGone { peer })
            }
            Event::Said { from, topic, message, data } => {
                self.message(topic, Pending { message, from, bytes: data.len() }, &data)
            }
            Event::Asked { from, ticket, data } => self.request(from, ticket, &data),
            Event::Answered { from, ask, data } => {
                self.answered(from, ask, &data);
                None
            }
            Event::Unanswered { from, ask, why } => {
                self.unanswered(from, ask, why);
                None
            }
            Event::Served { to, bytes } => {
                self.served(to, bytes);
                None
            }
            Event::Txs { source, checked } => {
                self.checked_txs(source, checked);
                None
            }
            Event::Body { from, hash, version, bytes, checked } => Some(match checked {
                Ok(block) => {
                    let is_asked = self.asks.is_chain_here(from);
                    Input::Block { from: Some(from), is_asked, block }
                }
                Err(why) => {
                    if !self.core().judges(version) {
                        self.unreadable(from, bytes);
                    }
                    Input::BadBlock { from, hash, version, why }
                }
            }),
            Event::Fetched { from, want } => {
                self.fetched(from, &want);
                None
            }
            Event::CheckerFull(turned) => self.turned(turned),
            Event::Submit { client, txs } => {
                let (source, txs) = (Source::Client(client), Txs::Decoded(txs));
                self.out(Io::CheckTxs { source, txs });
                None
            }
            Event::Row { client, row } => {
                let told = self.take_row(row);
                self.out(Io::Tell { client, told });
                None
            }
        }
    }

    /// The checker had no room for something.
    fn turned(&mut self, turned: Turned) -> Option<Input> {
        match turned {
            Turned::Txs(Source::Peer { message, .. }) => self.judge(message, Judgement::Ignore),
            Turned::Txs(Source::Own { is_offer: true }) => self.offers.lost(),
            // A report is sent again by itself.
            Turned::Txs(Source::Client(_) | Source::Own { .. }) => {}
            Turned::Bodies { from, want } => {
                self.note(Note::AnswerDropped(from));
                self.end_ask(from, &want, Outcome::NoRoom);
            }
        }
        None
    }

    fn message(&mut self, topic: Topic, pending: Pending, data: &[u8]) -> Option<Input> {
        let Pending { message, bytes, .. } = pending;
        // Who has left, or was sent away, brought something that nobody can bring again for two
        // minutes: it is judged all the same. Not so a header, which is of use only with somebody
        // to ask for its body; a status tells of it.
        let from = if self.peers.is_up(pending.from) { pending.from } else { NOBODY };
        if from == NOBODY && topic == Topic::Headers {
            self.judge(message, Judgement::Ignore);
            return None;
        }
        let pending = Pending { from, ..pending };
        let Some(value) = unpack(kind_of(topic), data) else { return self.strange(pending) };
        match topic {
            // By rules that we don't know nobody here can say what is good (R21). It is not
            // looked at, so it costs nothing, and nobody: peers are needed to hear of a fork.
            Topic::Transactions if self.core().stopped().is_some() => {
                self.judge(message, Judgement::Ignore);
                None
            }
            Topic::Transactions => {
                let source = Source::Peer { from, message, bytes };
                self.out(Io::CheckTxs { source, txs: Txs::Encoded(value.to_vec()) });
                None
            }
            Topic::Shares => match Share::from_bytes(value) {
                Ok(share) => {
                    let ticket = self.peers.ticket(pending);
                    Some(Input::Share { from, ticket, share })
                }
                Err(_) => self.strange(pending),
            },
            Topic::Headers => match SignedHeader::from_bytes(value) {
                Ok(header) => {
                    let ticket = self.peers.ticket(pending);
                    Some(Input::Header { from, ticket, header })
                }
                Err(_) if !version_of(value).is_some_and(|v| self.core().judges(v)) => {
                    self.strange(pending)
                }
                Err(why) => {
                    self.judge(message, Judgement::Reject);
                    self.punish(from, why.to_string());
                    None
                }
            },
        }
    }

    /// A message that is for another program: it costs its bytes (R21).
    pub(crate) fn strange(&mut self, Pending { message, from, bytes }: Pending) -> Option<Input> {
        self.judge(message, Judgement::Ignore);
        self.unreadable(from, bytes);
        None
    }

    /// Counts bytes that we can't read against the peer that sent them. One that sends too many
    /// in an hour is disconnected; it may come again, since it may be a newer program.
    pub(crate) fn unreadable(&mut self, peer: PeerId, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.note(Note::Unreadable { peer, bytes });
        let Some(sum) = self.peers.charge(peer, bytes, self.now) else { return };
        let why = format!(
            "{sum} bytes that can't be read here came from it within an hour, {UNREADABLE} may; \
             if it runs a newer program, run that too"
        );
        self.out(Io::Disconnect { peer, why });
    }

    pub(crate) fn judge(&mut self, message: MessageName, judgement: Judgement) {
        self.out(Io::Judge { message, judgement });
    }

    fn request(&mut self, peer: PeerId, ticket: u64, data: &[u8]) -> Option<Input> {
        if !self.peers.is_up(peer) {
            self.out(Io::Answer { ticket, data: None });
            return None;
        }
        let request = unpack(Kind::Request, data).map(Request::from_bytes);
        let Some(Ok(request)) = request else {
            self.out(Io::Answer { ticket, data: None });
            self.unreadable(peer, data.len());
            return None;
        };
        match request {
            Request::Status(status) => {
                self.answer_status(ticket);
                self.hears_status(peer, &status);
                None
            }
            Request::Voter(claim) => {
                self.answer_status(ticket);
                self.claimed(peer, &claim);
                None
            }
            Request::Blocks(want) => {
                self.serve(peer, ticket, &want);
                None
            }
        }
    }

    fn answer_status(&mut self, ticket: u64) {
        let answer = Answer::Status(self.core().status());
        self.out(Io::Answer { ticket, data: Some(pack(Kind::Answer, &answer.to_bytes())) });
    }

    /// Takes a row for the voter of this node; one that can never count is refused.
    fn take_row(&mut self, row: WeightRow) -> Told {
        let Some(voter) = self.voter() else { return Told::NoVoter };
        let executor = self.core().executor();
        let view = executor.view(&self.core().head_hash()).ok_or(Refused::NoState);
        let fits = view
            .and_then(|view| executor.ledger().try_row(&view, &voter, &row).map_err(Refused::Call));
        match fits {
            Ok(()) => {
                let netuid = row.netuid;
                self.rows.set(row);
                self.keep_rows();
                Told::Row { netuid, rows: self.rows.count() }
            }
            Err(why) => Told::RowRefused(why),
        }
    }
}
