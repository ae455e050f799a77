//! What travels between nodes: the first byte of every message is the format, the second
//! says what kind it is, the rest is a canonical value.
//!
//! A message of a format or kind that we don't know is not looked into: it costs the bytes
//! that it took and is not passed on, but never its sender, who may be a newer program (R21).
//! So does what is of a known kind and can't be decoded, or fails by numbers that rules may
//! change. Only what no honest peer of any version sends costs the sender its connection for a
//! while (R20): a bad signature, and a header or body that says a version which our head has
//! come to and is not one.

use bincode::{Decode, Encode};
use weft_consensus::Status;
use weft_types::signature::{Claim, signed_raw, verify};
use weft_types::{BlockHash, ChainId, Domain, Height, PublicKey, SecretKey, Signature, canonical};

/// The format of all that we send.
pub const FORMAT: u8 = 1;

/// What a message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Gossip: a list of transactions.
    Transactions,
    /// Gossip: a share.
    Share,
    /// Gossip: a signed header.
    Header,
    /// A [`Request`].
    Request,
    /// An [`Answer`].
    Answer,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::Transactions, Self::Share, Self::Header, Self::Request, Self::Answer];

    const fn byte(self) -> u8 {
        match self {
            Self::Transactions => 1,
            Self::Share => 2,
            Self::Header => 3,
            Self::Request => 4,
            Self::Answer => 5,
        }
    }
}

/// A message of this kind.
#[must_use]
pub fn pack(kind: Kind, value: &[u8]) -> Vec<u8> {
    [&[FORMAT, kind.byte()], value].concat()
}

/// The value of a message; none when it is of another format or kind than this.
#[must_use]
pub fn unpack(kind: Kind, message: &[u8]) -> Option<&[u8]> {
    let ([format, got], value) = message.split_first_chunk::<2>()?;
    let is_known = *format == FORMAT && Kind::ALL.iter().any(|kind| kind.byte() == *got);
    (is_known && *got == kind.byte()).then_some(value)
}

/// The version that a header or block begins with (R21).
#[must_use]
pub fn version_of(value: &[u8]) -> Option<u16> {
    value.first_chunk::<2>().map(|bytes| u16::from_le_bytes(*bytes))
}

/// Which blocks are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Want {
    /// One block.
    Block(BlockHash),
    /// The blocks of the peer's chain to `tip`, oldest first, from this height on; as
    /// many as one answer holds.
    Chain {
        /// The first height.
        from: Height,
        /// The last block.
        tip: BlockHash,
    },
}

/// What a node asks a peer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Request {
    /// "Here is where I am; where are you?"
    Status(Status),
    /// Blocks.
    Blocks(Want),
    /// "I am the node of this voter": it keeps its place here whoever else comes.
    Voter(VoterClaim),
}

/// A voter's word that a peer is its node's.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct VoterClaim {
    /// Which voter.
    pub voter: PublicKey,
    /// Its signature over the name of the peer.
    pub signature: Signature,
}

impl VoterClaim {
    /// The word of a voter for the peer that it is called.
    #[must_use]
    pub fn of(key: &SecretKey, peer: &str, chain: &ChainId) -> Self {
        let message = signed_raw(Domain::PeerName, chain, peer.as_bytes());
        Self { voter: key.public(), signature: key.sign(&message) }
    }

    /// Whether the voter gave it for this peer.
    #[must_use]
    pub fn is_for(&self, peer: &str, chain: &ChainId) -> bool {
        let message = signed_raw(Domain::PeerName, chain, peer.as_bytes());
        verify(&Claim { key: self.voter, signature: self.signature, message: &message })
    }
}

/// What a peer answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Answer {
    /// Where it is.
    Status(Status),
    /// The blocks asked for, oldest first, each as its canonical bytes: one of a version that
    /// we don't know spoils nothing before it. Fewer or none when it has no more.
    Blocks(Vec<Vec<u8>>),
}

canonical!(Want, 64);
canonical!(Request, 4 << 10);
canonical!(Answer, 8 << 20);

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::{Hash, key::derive_test_key};

    /// A8
    #[test]
    fn a_voters_word_is_good_for_one_peer_of_one_chain() {
        let (key, chain) = (derive_test_key("wire", "voter"), Hash([7; 32]));
        let claim = VoterClaim::of(&key, "12D3Koo", &chain);
        assert!(claim.is_for("12D3Koo", &chain));
        assert!(!claim.is_for("12D3Kop", &chain));
        assert!(!claim.is_for("12D3Koo", &Hash([8; 32])));
        let other = derive_test_key("wire", "other").public();
        assert!(!VoterClaim { voter: other, ..claim }.is_for("12D3Koo", &chain));
    }

    #[test]
    fn a_message_comes_back_as_it_went_and_one_of_another_format_or_kind_is_not_read() {
        for kind in Kind::ALL {
            let packed = pack(kind, b"value");
            assert_eq!(unpack(kind, &packed), Some(&b"value"[..]));
            let others = Kind::ALL.iter().filter(|other| **other != kind);
            assert!(others.clone().all(|other| unpack(*other, &packed).is_none()));
            assert_eq!(unpack(kind, &[&[FORMAT + 1], &packed[1..]].concat()), None);
            assert_eq!(unpack(kind, &[FORMAT, 99, 0]), None);
        }
        assert_eq!(unpack(Kind::Share, &[]), None);
        assert_eq!((version_of(&[2, 1, 9]), version_of(&[2])), (Some(258), None));
    }
}
