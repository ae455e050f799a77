//! What the room is told at the start: who it is, whom to dial, and every limit.

use std::fmt;
use std::time::Duration;

use crate::GossipError;

/// Everything the room needs to open. Addresses are multiaddrs of TCP over IP, such as
/// `/ip4/127.0.0.1/tcp/9000`; a peer's may begin with a host name, `/dns/NAME`, and may end
/// in `/p2p/<peer name>`, and then only that peer is accepted there.
#[derive(Clone)]
pub struct Config {
    /// The ed25519 seed of the node's network identity. It signs no consensus data.
    pub key: [u8; 32],
    /// Addresses to listen on. Port 0 takes a free one; see
    /// [`Event::Listening`](crate::Event::Listening).
    pub listen: Vec<String>,
    /// Addresses of peers to dial, and to dial again for ever. The node's own address
    /// among them is harmless: it is noticed at the first dial and then left alone.
    pub peers: Vec<String>,
    /// The chain id. Nodes with different chain ids cannot exchange anything.
    pub chain: [u8; 32],
    /// Sizes, counts and times.
    pub limits: Limits,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("key", &"withheld")
            .field("listen", &self.listen)
            .field("peers", &self.peers)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Bounds on what peers may cost us. Bytes and milliseconds are in the names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest gossip message, without framing.
    pub message_bytes: usize,
    /// Largest request.
    pub request_bytes: usize,
    /// Largest response.
    pub response_bytes: usize,
    /// Time from sending a request to having its whole response, and from receiving
    /// a request to having sent the response.
    pub request_timeout_ms: u64,
    /// Requests of one peer that wait for our response or are being answered.
    pub inbound_per_peer: usize,
    /// The same over all peers.
    pub inbound_total: usize,
    /// Bytes of responses to one stranger that may be on their way at once, beside the first:
    /// who reads slowly waits, and takes no more memory than this.
    pub responses_bytes: usize,
    /// Our own requests to one peer that have no response yet.
    pub outbound_per_peer: usize,
    /// The same over all peers.
    pub outbound_total: usize,
    /// Connections that others may open, those of known peers not counted.
    pub inbound_peers: usize,
    /// Of these for strangers to stay; the others are for who has yet to show whose it is.
    pub strangers: usize,
    /// Time the node has to answer a message with a verdict.
    pub verdict_ms: u64,
    /// Time a new connection has to become a peer: transport, identify, subscriptions.
    pub handshake_ms: u64,
    /// How long a punished peer is kept away.
    pub ban_ms: u64,
    /// Messages that may wait for one slow peer before further ones are dropped.
    pub queue_messages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 64 * KIB,
            request_bytes: 64 * KIB,
            response_bytes: 8 * KIB * KIB,
            request_timeout_ms: 10_000,
            inbound_per_peer: 5,
            // As many as all peers may have, so that none waits for another's.
            inbound_total: 320,
            responses_bytes: 4 * KIB * KIB,
            outbound_per_peer: 5,
            outbound_total: 320,
            inbound_peers: 48,
            strangers: 32,
            verdict_ms: 5_000,
            handshake_ms: 2_500,
            ban_ms: 300_000,
            queue_messages: 2_048,
        }
    }
}

const KIB: usize = 1_024;
const MINUTE_MS: u64 = 60_000;

impl Limits {
    /// Refuses values with which the room could not work at all.
    pub(crate) fn check(&self) -> Result<(), GossipError> {
        let wire = u64::from(u32::MAX);
        let sizes = [
            ("message_bytes", self.message_bytes, wire),
            ("request_bytes", self.request_bytes, wire),
            ("response_bytes", self.response_bytes, wire),
            ("inbound_per_peer", self.inbound_per_peer, 1_024),
            ("inbound_total", self.inbound_total, 65_536),
            ("responses_bytes", self.responses_bytes, wire),
            ("outbound_per_peer", self.outbound_per_peer, 1_024),
            ("outbound_total", self.outbound_total, 65_536),
            ("inbound_peers", self.inbound_peers, 1_024),
            ("strangers", self.strangers, 1_024),
            ("queue_messages", self.queue_messages, 1 << 20),
        ];
        for (name, value, most) in sizes {
            let value = u64::try_from(value).map_err(|_| GossipError::Limit {
                name,
                value: u64::MAX,
                least: 1,
                most,
            })?;
            within(name, value, 1, most)?;
        }
        within("request_timeout_ms", self.request_timeout_ms, 1, 10 * MINUTE_MS)?;
        within("verdict_ms", self.verdict_ms, 1, MINUTE_MS)?;
        within("handshake_ms", self.handshake_ms, 1, MINUTE_MS)?;
        within("ban_ms", self.ban_ms, 1, 7 * 24 * 60 * MINUTE_MS)
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub(crate) fn verdict(&self) -> Duration {
        Duration::from_millis(self.verdict_ms)
    }

    pub(crate) fn handshake(&self) -> Duration {
        Duration::from_millis(self.handshake_ms)
    }

    /// How long a stranger beyond its places has to show whose it is.
    pub(crate) fn grace(&self) -> Duration {
        2 * self.handshake()
    }

    pub(crate) fn ban(&self) -> Duration {
        Duration::from_millis(self.ban_ms)
    }
}

fn within(name: &'static str, value: u64, least: u64, most: u64) -> Result<(), GossipError> {
    if value < least || value > most {
        return Err(GossipError::Limit { name, value, least, most });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Config, Limits};
    use crate::GossipError;

    #[test]
    fn the_default_limits_work() {
        assert!(Limits::default().check().is_ok());
    }

    #[test]
    fn a_limit_of_zero_is_refused_by_name() {
        let limits = Limits { inbound_total: 0, ..Limits::default() };
        let refused = limits.check();
        assert!(matches!(refused, Err(GossipError::Limit { name: "inbound_total", value: 0, .. })));
    }

    #[test]
    fn the_node_key_is_not_shown() {
        let config = Config {
            key: [0xab; 32],
            listen: Vec::new(),
            peers: Vec::new(),
            chain: [1; 32],
            limits: Limits::default(),
        };
        let shown = format!("{config:?}");
        assert!(shown.contains("withheld"));
        assert!(!shown.contains("171"));
    }
}
