//! The network room: it knows bytes and peers, nothing of blocks or consensus.
//!
//! One task owns the swarm. The node hands it [`Command`]s and reads [`Event`]s,
//! both over bounded channels of plain values, and decodes every byte itself.
//!
//! # What happens, in order
//!
//! 1. [`start`] binds the listen addresses and dials every configured peer at
//!    once. A failed or lost peer is dialled again for ever, after 200 ms, then
//!    twice as long each time up to 5 s; the wait falls back when the peer is up. An
//!    address where nobody answers, or that of a peer of another chain, is named in a
//!    warning once, and again after the peer was up.
//! 2. Two nodes shake hands: noise proves the peer name, identify must carry the
//!    same chain id, and the peer must subscribe to all three [`Topic`]s. Then
//!    [`Event::PeerUp`] appears, so a message published after it reaches that
//!    peer. One whose gossip arrives sooner is up with its first message: it subscribed
//!    before it, on the same stream, and that protocol's name carries the chain id.
//!    A peer of another chain, or one that is not done within
//!    [`Limits::handshake_ms`], is disconnected, without an event if it was not up.
//! 3. [`Command::Publish`] sends a message to every subscribed peer. A receiver
//!    gets [`Event::Message`] and must answer it with [`Command::Verdict`]: only
//!    Accept forwards it, Reject costs the sender score, and silence becomes
//!    Ignore after [`Limits::verdict_ms`].
//! 4. [`Command::Request`] asks one peer. It ends in exactly one
//!    [`Event::Response`] or [`Event::RequestFailed`]. An [`Event::Request`] is
//!    answered with [`Command::Respond`]; silence becomes a timeout at the asker.
//! 5. A few rejected messages drive a peer's score under the graylist line; it is
//!    then disconnected and kept away for [`Limits::ban_ms`], exactly as
//!    [`Command::Punish`] does.
//! 6. Of the places that others can take with us most are for anybody. Configured peers and
//!    those that the node named with [`Command::Keep`] come in beside them, so that a crowd
//!    keeps no voter out; a stranger beyond its places has to go again.
//! 7. Dropping the last command sender ends the task; so does dropping the event
//!    receiver, at the next event.
//!
//! # What the node may rely on
//!
//! - `PeerUp` and `PeerDown` of one peer alternate, however many connections it has.
//! - No message or request of a peer arrives before its `PeerUp`: of two nodes one is done
//!   with the handshake first, and what it sends then is not lost. A message, request or
//!   `RequestFailed` may come shortly after `PeerDown`, or of a peer that was turned away.
//! - What became of a message is final for two minutes, whoever brings it: the node judges
//!   it by what it says, also when who sent it has left.
//! - Events are never dropped. While the event channel is full the swarm is not
//!   polled, which slows the peers down; commands are still taken.
//! - Gossip is not reliable: queues to slow peers are bounded, a message refused
//!   with Ignore is not offered again for two minutes, and nothing is resent after
//!   a partition. Missing data is fetched by request.
//!
//! # Why it is safe
//!
//! Every length is checked before memory is taken for it, every table here has a
//! limit in all and per peer, and every name on the wire (topics, gossip and
//! request protocols, identify) carries the chain id, so nodes of two chains have
//! no protocol in common over which a message could travel.

mod address;
mod ask;
mod command;
mod config;
mod counters;
mod dial;
mod error;
mod frame;
mod names;
mod peers;
mod room;
mod seats;
mod start;
mod swarm;
mod verdicts;

pub use address::{
    ADDRESS_CHARS, MOST_LISTEN, MOST_PEERS, is_host_name, listen_address, peer_address,
};
pub use command::{Command, Event, RequestFailure, Verdict};
pub use config::{Config, Limits};
pub use counters::{Counters, Snapshot, TopicCounts};
pub use error::GossipError;
pub use names::{MessageName, PeerName, Topic};
pub use start::{Gossip, start};
