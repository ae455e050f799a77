//! The gossip side of the room: handshakes, messages and their verdicts.

use libp2p::swarm::StreamUpgradeError;
use libp2p::{PeerId, gossipsub, identify};
use tokio::time::Instant;

use super::Room;
use crate::names::{MessageName, PeerName, Topic};
use crate::verdicts::Origin;
use crate::{Event, Verdict};

impl Room {
    pub(super) fn on_identify(&mut self, event: identify::Event) {
        match event {
            identify::Event::Received { peer_id, info, .. } => {
                let before = self.places.of(peer_id);
                self.places.listens(peer_id, &info.listen_addrs);
                if info.protocol_version != self.names.version {
                    for address in self.dialer.stranger(peer_id) {
                        let (ours, theirs) = (&self.names.version, plain(&info.protocol_version));
                        tracing::warn!(%address, ours, theirs, "the peer at this address is of another chain; nothing is exchanged with it");
                    }
                    self.refuse(peer_id, "it is of another chain");
                } else if self.peers.named_our_chain(peer_id) {
                    self.up(peer_id);
                } else if self.peers.is_up(peer_id) {
                    let addresses = self.places.of(peer_id);
                    if addresses != before {
                        self.news.push_back(Event::PeerAt { peer: PeerName(peer_id), addresses });
                    }
                }
            }
            identify::Event::Error { peer_id, connection_id, error } => match error {
                StreamUpgradeError::NegotiationFailed => {
                    self.refuse(peer_id, "it does not identify itself");
                }
                error => {
                    tracing::debug!(peer = %peer_id, %error, "a connection is dead");
                    self.swarm.close_connection(connection_id);
                }
            },
            identify::Event::Sent { .. } | identify::Event::Pushed { .. } => {}
        }
    }

    pub(super) fn on_gossip(&mut self, event: gossipsub::Event, now: Instant) {
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                self.message(propagation_source, &message_id, message, now);
            }
            gossipsub::Event::Subscribed { peer_id, topic } => {
                let topic = self.names.topic(&topic);
                if topic.is_some_and(|topic| self.peers.subscribed(peer_id, topic)) {
                    self.up(peer_id);
                }
            }
            gossipsub::Event::GossipsubNotSupported { peer_id } => {
                self.refuse(peer_id, "it does not speak the gossip protocol of our chain");
            }
            gossipsub::Event::SlowPeer { peer_id, failed_messages } => {
                let lost = failed_messages.priority + failed_messages.non_priority;
                self.counters.dropped.add(lost);
                tracing::debug!(peer = %peer_id, lost, "a peer is too slow for our messages");
            }
            gossipsub::Event::Unsubscribed { .. } => {}
        }
    }

    fn message(
        &mut self,
        from: PeerId,
        id: &gossipsub::MessageId,
        message: gossipsub::Message,
        now: Instant,
    ) {
        let (topic, name) = (self.names.topic(&message.topic), MessageName::read(id));
        let (Some(topic), Some(name)) = (topic, name) else {
            tracing::debug!(peer = %from, "a message on no topic of ours");
            return;
        };
        let counters = self.counters.topic(topic);
        counters.received.one();
        counters.received_bytes.add(message.data.len());
        // Others bring it in vain for two minutes from now on, so it can't be left for later; and
        // who speaks this protocol knows our chain.
        if self.peers.gossips(from) {
            self.up(from);
        }
        self.verdicts.wait_for(name, Origin { from, topic }, now);
        if message.data.len() > self.limits.message_bytes {
            self.verdict(name, Verdict::Reject);
            return;
        }
        let (from, data) = (PeerName(from), message.data);
        self.news.push_back(Event::Message { topic, name, from, data });
    }

    pub(super) fn publish(&mut self, topic: Topic, data: Vec<u8>) {
        let bytes = data.len();
        if bytes > self.limits.message_bytes {
            self.counters.dropped.one();
            tracing::warn!(%topic, bytes, "a message is too large to be published");
            return;
        }
        let hash = self.names.hash(topic);
        match self.swarm.behaviour_mut().gossip.publish(hash, data) {
            Ok(_) => {
                let counters = self.counters.topic(topic);
                counters.published.one();
                counters.published_bytes.add(bytes);
            }
            Err(gossipsub::PublishError::Duplicate) => self.counters.duplicates.one(),
            Err(gossipsub::PublishError::NoPeersSubscribedToTopic) => self.counters.unheard.one(),
            Err(error) => {
                self.counters.dropped.one();
                tracing::debug!(%topic, bytes, %error, "a message was not published");
            }
        }
    }

    pub(super) fn verdict(&mut self, name: MessageName, verdict: Verdict) {
        let Some(origin) = self.verdicts.answer(name) else {
            self.counters.late_verdicts.one();
            return;
        };
        let counters = self.counters.topic(origin.topic);
        match verdict {
            Verdict::Accept => counters.accepted.one(),
            Verdict::Ignore => counters.ignored.one(),
            Verdict::Reject => counters.rejected.one(),
        }
        self.report(name, origin, verdict);
        if verdict == Verdict::Reject {
            self.judge(origin.from);
        }
    }

    pub(super) fn expired(&mut self, name: MessageName, origin: Origin) {
        self.counters.unanswered.one();
        self.report(name, origin, Verdict::Ignore);
    }

    fn report(&mut self, name: MessageName, origin: Origin, verdict: Verdict) {
        let acceptance = match verdict {
            Verdict::Accept => gossipsub::MessageAcceptance::Accept,
            Verdict::Ignore => gossipsub::MessageAcceptance::Ignore,
            Verdict::Reject => gossipsub::MessageAcceptance::Reject,
        };
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        if !gossip.report_message_validation_result(&name.id(), &origin.from, acceptance) {
            tracing::debug!(message = %name, "a verdict found its message gone");
        }
    }
}

/// What a stranger calls its chain, fit for a log.
fn plain(version: &str) -> String {
    version.chars().filter(|c| c.is_ascii_graphic()).take(80).collect()
}
