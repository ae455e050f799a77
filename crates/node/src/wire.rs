//! What travels between nodes directly. Gossip carries canonical values as they are:
//! a list of transactions, a share, a signed header.
//!
//! An encoding that is not canonical is the sender's fault (R20): no honest peer
//! sends it.

use bincode::{Decode, Encode};
use weft_consensus::{Status, Want};
use weft_types::signature::{Claim as ClaimOf, signed_raw, verify};
use weft_types::{Block, ChainId, Domain, PublicKey, SecretKey, Signature, canonical};

/// What a node asks a peer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Request {
    /// "Here is where I am; where are you?"
    Status(Status),
    /// Blocks.
    Blocks(Want),
    /// "I am the node of this voter": it keeps its place here whoever else comes.
    Voter(Claim),
}

/// A voter's word that a peer is its node's.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Claim {
    /// Which voter.
    pub voter: PublicKey,
    /// Its signature over the name of the peer.
    pub signature: Signature,
}

impl Claim {
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
        verify(&ClaimOf { key: self.voter, signature: self.signature, message: &message })
    }
}

/// What a peer answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Answer {
    /// Where it is.
    Status(Status),
    /// The blocks asked for, oldest first; fewer or none when it has no more.
    Blocks(Vec<Block>),
}

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
        let claim = Claim::of(&key, "12D3Koo", &chain);
        assert!(claim.is_for("12D3Koo", &chain));
        assert!(!claim.is_for("12D3Kop", &chain));
        assert!(!claim.is_for("12D3Koo", &Hash([8; 32])));
        let other = derive_test_key("wire", "other").public();
        assert!(!Claim { voter: other, ..claim }.is_for("12D3Koo", &chain));
    }
}
