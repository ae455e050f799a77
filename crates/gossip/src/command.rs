//! The plain values that cross between the node and the network task.

use thiserror::Error;

use crate::names::{MessageName, PeerName, Topic};

/// What the node asks of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Send a message to every peer. It is counted and forgotten when nobody can take
    /// it: too large, already seen within two minutes, no peers, or all queues full.
    Publish {
        /// What it is about.
        topic: Topic,
        /// The bytes, at most [`Limits::message_bytes`](crate::Limits::message_bytes).
        data: Vec<u8>,
    },
    /// The answer that every [`Event::Message`] needs. A second answer, or one after
    /// [`Limits::verdict_ms`](crate::Limits::verdict_ms), is counted and has no effect.
    Verdict {
        /// Which message.
        message: MessageName,
        /// What to do with it.
        verdict: Verdict,
    },
    /// Ask one peer. Ends in one [`Event::Response`] or [`Event::RequestFailed`].
    Request {
        /// Whom to ask; it must be up.
        peer: PeerName,
        /// Chosen by the node and returned with the outcome.
        id: u64,
        /// The bytes, at most [`Limits::request_bytes`](crate::Limits::request_bytes).
        data: Vec<u8>,
    },
    /// Answer an [`Event::Request`]. Unknown and expired tickets are ignored.
    Respond {
        /// The ticket of the request.
        ticket: u64,
        /// The bytes, at most [`Limits::response_bytes`](crate::Limits::response_bytes);
        /// `None` (and anything larger) tells the asker that we cannot serve it.
        data: Option<Vec<u8>>,
    },
    /// Tell the peer of an [`Event::Request`] to ask later.
    Busy {
        /// The ticket of the request.
        ticket: u64,
    },
    /// A peer has shown that it belongs to a voter: it takes no place of strangers', now
    /// and when it comes again.
    Keep {
        /// The voter's public key.
        voter: [u8; 32],
        /// Which peer; of one voter the two that came last.
        peer: PeerName,
    },
    /// Who votes now: the peers of all others are strangers again.
    Voters {
        /// Their public keys.
        voters: Vec<[u8; 32]>,
    },
    /// Disconnect a peer, which may come again: it costs too much, and may be honest.
    Disconnect {
        /// Which peer.
        peer: PeerName,
        /// Why, for the log.
        reason: String,
    },
    /// Disconnect a peer and keep it away for [`Limits::ban_ms`](crate::Limits::ban_ms),
    /// whoever dials. For what no honest peer could do.
    Punish {
        /// Which peer.
        peer: PeerName,
        /// Why, for the log.
        reason: String,
    },
}

/// What becomes of a received message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Valid: forward it.
    Accept,
    /// Late, unknown or of no use: do not forward, blame nobody.
    Ignore,
    /// No honest peer sends this: do not forward, and lower the score of the sender.
    Reject,
}

/// What the network tells the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message that waits for a [`Command::Verdict`].
    Message {
        /// What it is about.
        topic: Topic,
        /// Its name, for the verdict.
        name: MessageName,
        /// The peer that handed it to us, not its author.
        from: PeerName,
        /// The bytes, at most [`Limits::message_bytes`](crate::Limits::message_bytes).
        data: Vec<u8>,
    },
    /// A request that waits for a [`Command::Respond`].
    Request {
        /// Who asks.
        from: PeerName,
        /// Its number, for the response; never used twice.
        ticket: u64,
        /// The bytes, at most [`Limits::request_bytes`](crate::Limits::request_bytes).
        data: Vec<u8>,
    },
    /// The response to our request.
    Response {
        /// Who answered.
        from: PeerName,
        /// The id given with [`Command::Request`].
        id: u64,
        /// The bytes, at most [`Limits::response_bytes`](crate::Limits::response_bytes).
        data: Vec<u8>,
    },
    /// Our request has no response and will get none.
    RequestFailed {
        /// Whom we asked.
        from: PeerName,
        /// The id given with [`Command::Request`].
        id: u64,
        /// Why.
        reason: RequestFailure,
    },
    /// A peer of our chain is connected and takes our messages.
    PeerUp {
        /// Which peer.
        peer: PeerName,
        /// Where others can dial it, as far as we know: `/ip4/…/tcp/…/p2p/<peer name>`.
        addresses: Vec<String>,
    },
    /// A peer that is up said where it listens, when that is not known yet or has changed.
    PeerAt {
        /// Which peer.
        peer: PeerName,
        /// Where others can dial it now, as with [`Event::PeerUp`].
        addresses: Vec<String>,
    },
    /// The last connection to a peer that was up has closed.
    PeerDown {
        /// Which peer.
        peer: PeerName,
    },
    /// We accept connections here.
    Listening {
        /// The address with its real port and our `/p2p/<peer name>` at the end.
        address: String,
    },
}

/// Why a request has no response.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestFailure {
    /// The peer is not up. Ask another, or wait for its `PeerUp`.
    #[error("the peer is not connected")]
    NotConnected,
    /// Too many of our own requests have no response yet. Wait for one.
    #[error("{open} requests are open and {limit} are allowed")]
    TooManyOpen {
        /// How many are open, to this peer or to all, whichever was full.
        open: usize,
        /// How many may be.
        limit: usize,
    },
    /// Our request is too large and was not sent. Waiting does not help.
    #[error("the request has {bytes} bytes and {limit} are allowed")]
    RequestTooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The peer announced a response larger than we accept; none of it was read.
    #[error("the response would have {bytes} bytes and {limit} are allowed")]
    ResponseTooLarge {
        /// The size the peer announced.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// No whole response within the timeout.
    #[error("no response within {after_ms} ms")]
    TimedOut {
        /// The timeout.
        after_ms: u64,
    },
    /// The connection closed first.
    #[error("the peer disconnected before it answered")]
    Disconnected,
    /// The peer says that it does not have what we asked for.
    #[error("the peer cannot serve this request")]
    Unavailable,
    /// The peer says that we, or all its peers together, ask too much at once.
    #[error("the peer is busy with other requests")]
    Busy,
    /// The peer does not speak our request protocol.
    #[error("the peer does not speak the request protocol")]
    Unsupported,
    /// The stream broke or carried something that is not a response.
    #[error("the request stream broke: {why}")]
    Broken {
        /// What the transport said.
        why: String,
    },
}
