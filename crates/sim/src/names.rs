//! What a node is called: its number for its peers, and its name.

use weft_consensus::PeerId;

/// The name of a node for its peers.
pub const fn peer_of(i: usize) -> PeerId {
    PeerId(i as u64)
}

/// The node that peers call so.
pub fn node_of(peer: PeerId) -> usize {
    usize::try_from(peer.0).expect("peers are named by their place in a list")
}

/// What a node is called.
pub fn name_of(i: usize) -> String {
    format!("node {i}")
}
