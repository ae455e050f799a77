//! What will happen when: messages under way and timers, in one ordered queue.

use crate::plan::Lost;
use std::collections::BTreeMap;
use std::sync::Arc;
use weft_consensus::{Status, Want};
use weft_types::{Canonical, CheckedBlock, CheckedTx, Domain, Hash, Share, SignedHeader};

/// What nodes say to each other.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a parcel holds one behind a pointer")]
pub enum Message {
    /// Gossip: a block is announced.
    Header(SignedHeader),
    /// Gossip: a share.
    Share(Box<Share>),
    /// Gossip: a transaction, its signature checked where it was submitted.
    Tx(Box<CheckedTx>),
    /// Where the sender is.
    Status {
        /// Where.
        status: Status,
        /// Whether the receiver should answer with its own.
        asks: bool,
    },
    /// A request for blocks.
    Request {
        /// Its number.
        id: u64,
        /// What is wanted.
        want: Want,
    },
    /// Its answer.
    Answer {
        /// The request's number.
        id: u64,
        /// What was wanted.
        want: Want,
        /// The blocks; none when the sender has nothing.
        blocks: Vec<Arc<CheckedBlock>>,
    },
}

impl Message {
    /// The name of a message by its content.
    #[must_use]
    pub fn name(&self) -> Hash {
        let (kind, bytes) = match self {
            Self::Header(header) => (1, header.to_bytes()),
            Self::Share(share) => (2, share.to_bytes()),
            Self::Tx(tx) => (3, tx.seal().0.to_vec()),
            Self::Status { status, asks } => (4 + u8::from(*asks), status.to_bytes()),
            Self::Request { id, want } => (6, [&id.to_le_bytes(), &want.to_bytes()[..]].concat()),
            Self::Answer { id, blocks, .. } => {
                let hashes = blocks.iter().flat_map(|b| b.hash().0);
                (7, id.to_le_bytes().into_iter().chain(hashes).collect())
            }
        };
        Hash::of(Domain::Trace, &[&[kind], &bytes[..]].concat())
    }
}

/// A message and the name of its content.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// The name.
    pub name: Hash,
    /// The content.
    pub message: Arc<Message>,
}

impl Parcel {
    /// Wraps a message.
    #[must_use]
    pub fn new(message: Message) -> Self {
        Self { name: message.name(), message: Arc::new(message) }
    }
}

/// A part of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A quarter is over: blocks are made.
    Quarter,
    /// Everybody has voted who will: votes are cast late.
    Late,
}

/// What Byzantine voters tell each other.
#[derive(Clone, Debug)]
pub enum Secret {
    /// A block of theirs.
    Block(Arc<CheckedBlock>),
    /// A share of theirs.
    Share(Box<Share>),
}

/// Something that happens at its time.
#[derive(Clone, Debug)]
pub enum Event {
    /// A slot begins.
    Slot(u64),
    /// A core wanted to be woken in this life of its node.
    Wake {
        /// Which node.
        node: usize,
        /// Which life.
        life: u64,
    },
    /// A message arrives.
    Arrival {
        /// From whom.
        from: usize,
        /// To whom.
        to: usize,
        /// What.
        parcel: Parcel,
    },
    /// A request was not answered.
    Timeout {
        /// Who asked.
        node: usize,
        /// The request's number.
        id: u64,
    },
    /// Somebody submits a transfer to a node.
    Submit {
        /// To which.
        node: usize,
    },
    /// The next crash is due.
    Crash,
    /// The process of a node stands still, as planned.
    Pause(usize),
    /// It goes on.
    Resume(usize),
    /// A node goes down, as planned.
    Down {
        /// Which.
        node: usize,
        /// What it loses meanwhile.
        loses: Lost,
    },
    /// A part of a slot has begun in which Byzantine voters act.
    Scheme(Phase),
    /// Something that was withheld is sent.
    Release {
        /// By whom.
        from: usize,
        /// To whom.
        to: Vec<usize>,
        /// What.
        parcel: Parcel,
    },
    /// A Byzantine voter tells another in secret.
    Whisper {
        /// Who is told.
        to: usize,
        /// What.
        secret: Secret,
    },
    /// A node that is down starts again.
    Restart {
        /// Which.
        node: usize,
    },
}

/// Events by time, and among equals in the order they were planned.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    events: BTreeMap<(u64, u64), Event>,
    sequence: u64,
}

impl Agenda {
    /// Plans an event.
    pub fn plan(&mut self, time: u64, event: Event) {
        self.sequence += 1;
        self.events.insert((time, self.sequence), event);
    }

    /// The next event before `end`, and its time.
    pub fn next(&mut self, end: u64) -> Option<(u64, Event)> {
        let entry = self.events.first_entry().filter(|e| e.key().0 < end)?;
        let ((time, _), event) = entry.remove_entry();
        Some((time, event))
    }
}
