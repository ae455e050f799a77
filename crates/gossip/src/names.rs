//! Names: of peers, of messages, of topics, and of everything on the wire that
//! must differ from one chain to the next.

use std::fmt;
use std::str::FromStr;

use libp2p::gossipsub::{IdentTopic, MessageId, TopicHash};
use libp2p::identity::Keypair;
use libp2p::{PeerId, StreamProtocol};

use crate::GossipError;

/// The name of a peer: its public network key in short. Cheap to copy and ordered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerName(pub(crate) PeerId);

impl PeerName {
    /// The name a node with this ed25519 seed has, as used after `/p2p/` in addresses.
    ///
    /// # Errors
    ///
    /// [`GossipError::Key`] when the bytes are not a seed.
    pub fn of_key(key: &[u8; 32]) -> Result<Self, GossipError> {
        Ok(Self(keypair(key)?.public().to_peer_id()))
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerName({})", self.0)
    }
}

impl FromStr for PeerName {
    type Err = GossipError;

    fn from_str(text: &str) -> Result<Self, GossipError> {
        PeerId::from_str(text)
            .map(Self)
            .map_err(|why| GossipError::Address { address: text.to_owned(), why: why.to_string() })
    }
}

/// Turns a seed into the key pair; the copy the library takes is wiped by it.
pub(crate) fn keypair(key: &[u8; 32]) -> Result<Keypair, GossipError> {
    let mut seed = *key;
    Keypair::ed25519_from_bytes(&mut seed).map_err(|why| GossipError::Key { why: why.to_string() })
}

/// The three things nodes gossip about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Batches of transactions.
    Transactions,
    /// Shares: votes with their items.
    Shares,
    /// Block headers, with the body when it is small.
    Headers,
}

impl Topic {
    /// All topics, in the order of [`Topic::index`].
    pub const ALL: [Self; TOPICS] = [Self::Transactions, Self::Shares, Self::Headers];

    /// The place of this topic in per-topic tables such as
    /// [`Snapshot::topics`](crate::Snapshot::topics).
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Transactions => 0,
            Self::Shares => 1,
            Self::Headers => 2,
        }
    }

    /// The word for this topic in logs, metrics and topic names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::Shares => "shares",
            Self::Headers => "headers",
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How many topics there are.
pub(crate) const TOPICS: usize = 3;

/// The name of a message: a hash of its topic and its bytes, so the same bytes have
/// the same name whoever sends them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageName([u8; NAME_BYTES]);

/// Long enough that nobody makes two messages of one name, short enough that lists of
/// 500 names fit into one control message.
const NAME_BYTES: usize = 20;

impl MessageName {
    /// A name of these bytes, for tests and tools: gossip makes its own.
    #[must_use]
    pub const fn of_bytes(bytes: [u8; NAME_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; NAME_BYTES] {
        self.0
    }

    pub(crate) fn of(topic: &TopicHash, data: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("weft gossip message name 1");
        hasher.update(&topic_bytes(topic.as_str()));
        hasher.update(data);
        let mut name = [0; NAME_BYTES];
        hasher.finalize_xof().fill(&mut name);
        Self(name)
    }

    pub(crate) fn read(id: &MessageId) -> Option<Self> {
        id.0.as_slice().try_into().ok().map(Self)
    }

    pub(crate) fn id(self) -> MessageId {
        MessageId::new(&self.0)
    }
}

/// A hash of the topic's name: of fixed length, so no topic is the start of another.
fn topic_bytes(topic: &str) -> [u8; 32] {
    *blake3::hash(topic.as_bytes()).as_bytes()
}

impl fmt::Display for MessageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for MessageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageName({self})")
    }
}

/// Every name on the wire that carries the chain id.
#[derive(Clone, Debug)]
pub(crate) struct ChainNames {
    /// What identify must say.
    pub(crate) version: String,
    /// The gossip protocol.
    pub(crate) gossip: String,
    /// The request protocol.
    pub(crate) ask: StreamProtocol,
    topics: [IdentTopic; TOPICS],
    hashes: [TopicHash; TOPICS],
}

impl ChainNames {
    pub(crate) fn new(chain: &[u8; 32]) -> Result<Self, GossipError> {
        let version = format!("/weft/{}", hex(chain));
        let ask = StreamProtocol::try_from_owned(format!("{version}/ask/1"))
            .map_err(|why| GossipError::Setup { part: "request names", why: why.to_string() })?;
        let topics = Topic::ALL.map(|topic| IdentTopic::new(format!("{version}/{topic}")));
        let hashes = topics.clone().map(|topic| topic.hash());
        Ok(Self { gossip: format!("{version}/gossip/1"), version, ask, topics, hashes })
    }

    pub(crate) fn topics(&self) -> &[IdentTopic] {
        &self.topics
    }

    pub(crate) fn hashes(&self) -> &[TopicHash] {
        &self.hashes
    }

    pub(crate) fn hash(&self, topic: Topic) -> TopicHash {
        self.hashes[topic.index()].clone()
    }

    pub(crate) fn topic(&self, hash: &TopicHash) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| self.hashes[topic.index()] == *hash)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{ChainNames, MessageName, PeerName, Topic};

    #[test]
    fn the_index_of_a_topic_is_its_place_in_all() {
        for (place, topic) in Topic::ALL.into_iter().enumerate() {
            assert_eq!(topic.index(), place);
        }
    }

    #[test]
    fn two_chains_share_no_name() {
        let (one, two) = (ChainNames::new(&[1; 32]).unwrap(), ChainNames::new(&[2; 32]).unwrap());
        assert_ne!(one.version, two.version);
        assert_ne!(one.gossip, two.gossip);
        assert_ne!(one.ask, two.ask);
        for topic in Topic::ALL {
            assert_eq!(one.topic(&one.hash(topic)), Some(topic));
            assert_eq!(two.topic(&one.hash(topic)), None);
        }
    }

    #[test]
    fn a_message_is_named_by_its_topic_and_bytes() {
        let names = ChainNames::new(&[1; 32]).unwrap();
        let (shares, headers) = (names.hash(Topic::Shares), names.hash(Topic::Headers));
        let name = MessageName::of(&shares, b"abc");
        assert_eq!(name, MessageName::of(&shares, b"abc"));
        assert_ne!(name, MessageName::of(&shares, b"abd"));
        assert_ne!(name, MessageName::of(&headers, b"abc"));
        assert_eq!(MessageName::read(&name.id()), Some(name));
        assert_eq!(name.to_string().len(), 40);
    }

    #[test]
    fn a_peer_name_survives_printing() {
        let name = PeerName::of_key(&[7; 32]).unwrap();
        assert_eq!(name.to_string().parse::<PeerName>().unwrap(), name);
        assert!("not a peer".parse::<PeerName>().is_err());
    }
}
