//! The request side of the room: our questions to peers, and theirs to us.

use std::io;

use libp2p::PeerId;
use libp2p::request_response::{self, OutboundFailure, OutboundRequestId, ResponseChannel};
use tokio::time::Instant;

use super::Room;
use crate::frame::{Answer, FrameError};
use crate::names::PeerName;
use crate::{Event, RequestFailure};

type AskEvent = request_response::Event<Vec<u8>, Answer>;
type AskMessage = request_response::Message<Vec<u8>, Answer>;

impl Room {
    pub(super) fn request(&mut self, peer: PeerName, id: u64, data: Vec<u8>) {
        if let Err(reason) = self.may_ask(peer, data.len()) {
            self.failed(peer.0, id, reason);
            return;
        }
        let key = self.swarm.behaviour_mut().ask.send_request(&peer.0, data);
        self.asked.sent(key, peer.0, id, Instant::now());
        self.counters.requests_sent.one();
    }

    fn may_ask(&self, peer: PeerName, bytes: usize) -> Result<(), RequestFailure> {
        let limit = self.limits.request_bytes;
        if bytes > limit {
            return Err(RequestFailure::RequestTooLarge { bytes, limit });
        }
        if !self.peers.is_up(peer.0) {
            return Err(RequestFailure::NotConnected);
        }
        self.asked.check(peer.0)
    }

    pub(super) fn respond(&mut self, ticket: u64, data: Option<Vec<u8>>) {
        let answer = match data {
            Some(data) if data.len() <= self.limits.response_bytes => {
                let may_wait = self.tickets.may_send(ticket, data.len(), |p| self.seats.is_kept(p));
                if may_wait { Answer::Data(data) } else { Answer::Busy }
            }
            Some(data) => {
                tracing::warn!(bytes = data.len(), "a response is too large to be sent");
                Answer::Unavailable
            }
            None => Answer::Unavailable,
        };
        self.give(ticket, answer);
    }

    pub(super) fn busy(&mut self, ticket: u64) {
        self.counters.requests_refused.one();
        self.give(ticket, Answer::Busy);
    }

    fn give(&mut self, ticket: u64, answer: Answer) {
        match self.tickets.redeem(ticket) {
            Some(channel) => self.answer(channel, answer),
            None => tracing::debug!(ticket, "a response to a request that is over"),
        }
    }

    fn answer(&mut self, channel: ResponseChannel<Answer>, answer: Answer) {
        if self.swarm.behaviour_mut().ask.send_response(channel, answer).is_err() {
            tracing::debug!("a response came after its stream was gone");
        }
    }

    pub(super) fn on_ask(&mut self, event: AskEvent) {
        match event {
            AskEvent::Message { peer, message, .. } => self.on_ask_message(peer, message),
            AskEvent::OutboundFailure { peer, request_id, error, .. } => {
                let reason = self.failure(error);
                self.end(peer, request_id, Err(reason));
            }
            AskEvent::InboundFailure { peer, request_id, error, .. } => {
                tracing::debug!(%peer, %error, "a request went unanswered");
                self.tickets.close(request_id);
            }
            AskEvent::ResponseSent { request_id, .. } => self.tickets.close(request_id),
        }
    }

    fn on_ask_message(&mut self, peer: PeerId, message: AskMessage) {
        match message {
            AskMessage::Request { request_id, request, channel } => {
                match self.tickets.issue(request_id, peer, channel) {
                    Ok(ticket) => {
                        self.counters.requests_received.one();
                        let (from, data) = (PeerName(peer), request);
                        let request = Event::Request { from, ticket, data };
                        if self.peers.may_come_up(peer) {
                            self.early.entry(peer).or_default().push(request);
                        } else {
                            self.news.push_back(request);
                        }
                    }
                    Err(channel) => {
                        self.counters.requests_refused.one();
                        self.answer(channel, Answer::Busy);
                    }
                }
            }
            AskMessage::Response { request_id, response } => {
                let outcome = match response {
                    Answer::Data(data) => Ok(data),
                    Answer::Unavailable => Err(RequestFailure::Unavailable),
                    Answer::Busy => Err(RequestFailure::Busy),
                };
                self.end(peer, request_id, outcome);
            }
        }
    }

    /// The outcome of a request that was sent, unless it has timed out here before.
    fn end(
        &mut self,
        peer: PeerId,
        key: OutboundRequestId,
        outcome: Result<Vec<u8>, RequestFailure>,
    ) {
        let Some(id) = self.asked.ended(&key) else {
            return;
        };
        match outcome {
            Ok(data) => self.news.push_back(Event::Response { from: PeerName(peer), id, data }),
            Err(reason) => self.failed(peer, id, reason),
        }
    }

    pub(super) fn timed_out(&mut self, peer: PeerId, id: u64) {
        let after_ms = self.limits.request_timeout_ms;
        self.failed(peer, id, RequestFailure::TimedOut { after_ms });
    }

    fn failed(&mut self, peer: PeerId, id: u64, reason: RequestFailure) {
        self.counters.request_failures.one();
        self.news.push_back(Event::RequestFailed { from: PeerName(peer), id, reason });
    }

    fn failure(&self, error: OutboundFailure) -> RequestFailure {
        match error {
            OutboundFailure::DialFailure => RequestFailure::NotConnected,
            OutboundFailure::Timeout => {
                RequestFailure::TimedOut { after_ms: self.limits.request_timeout_ms }
            }
            OutboundFailure::ConnectionClosed => RequestFailure::Disconnected,
            OutboundFailure::UnsupportedProtocols => RequestFailure::Unsupported,
            OutboundFailure::Io(error) => broken(&error),
        }
    }
}

fn broken(error: &io::Error) -> RequestFailure {
    let frame = error.get_ref().and_then(|inner| inner.downcast_ref::<FrameError>());
    match frame {
        Some(&FrameError::TooLarge { bytes, limit }) => {
            RequestFailure::ResponseTooLarge { bytes, limit }
        }
        _ => RequestFailure::Broken { why: error.to_string() },
    }
}
