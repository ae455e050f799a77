//! What will happen when: messages under way and timers, in one ordered queue.

use crate::plan::Lost;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use weft_engine::event::NoAnswer;
use weft_engine::io::{MessageName, Topic};
use weft_engine::wire::{Kind, pack, unpack};
use weft_types::{Canonical, CheckedBlock, Domain, Hash, Share, SignedHeader};

/// What nodes say to each other.
#[derive(Clone, Debug)]
pub enum Message {
    /// Gossip, as bytes; whoever sent it first read it too, for who looks on.
    Gossip {
        /// What it is about.
        topic: Topic,
        /// Its bytes.
        data: Vec<u8>,
        /// What they say.
        said: Said,
        /// The seal of a share's vote, or of a header.
        seal: Option<Hash>,
    },
    /// A request.
    Ask {
        /// In which life of the sender.
        life: u64,
        /// Its number.
        ask: u64,
        /// Its bytes.
        data: Vec<u8>,
        /// Whether it is for blocks.
        is_for_blocks: bool,
    },
    /// Its answer.
    Answer {
        /// In which life of the receiver it asked.
        life: u64,
        /// The number of its request.
        ask: u64,
        /// Its bytes, or why there are none.
        data: Result<Vec<u8>, NoAnswer>,
    },
}

/// What gossip says.
#[derive(Clone, Debug)]
pub enum Said {
    /// A block is announced.
    Header(Box<SignedHeader>),
    /// A share.
    Share(Box<Share>),
    /// Transactions.
    Txs,
}

impl Message {
    /// What a node publishes.
    pub fn gossip(topic: Topic, data: Vec<u8>) -> Self {
        let value = |kind| unpack(kind, &data).expect("an engine packs what it sends");
        match topic {
            Topic::Transactions => Self::Gossip { topic, data, said: Said::Txs, seal: None },
            Topic::Headers => {
                let header = SignedHeader::from_bytes(value(Kind::Header));
                let header = header.expect("an engine sends headers");
                Self::of_header(data, header)
            }
            Topic::Shares => {
                let share = Share::from_bytes(value(Kind::Share));
                let share = share.expect("an engine sends shares");
                Self::of_share(data, Box::new(share))
            }
        }
    }

    /// A header that is announced.
    pub fn header(signed: &SignedHeader) -> Self {
        Self::of_header(pack(Kind::Header, &signed.to_bytes()), signed.clone())
    }

    /// A share that is sent.
    pub fn share(share: Box<Share>) -> Self {
        Self::of_share(pack(Kind::Share, &share.to_bytes()), share)
    }

    fn of_header(data: Vec<u8>, signed: SignedHeader) -> Self {
        let seal = Some(signed.seal());
        Self::Gossip { topic: Topic::Headers, data, said: Said::Header(Box::new(signed)), seal }
    }

    fn of_share(data: Vec<u8>, share: Box<Share>) -> Self {
        let seal = Some(share.signed.seal());
        Self::Gossip { topic: Topic::Shares, data, said: Said::Share(share), seal }
    }

    /// The name of a message by its content.
    pub fn name(&self) -> Hash {
        let bytes = match self {
            Self::Gossip { data, .. } => [&[1], &data[..]].concat(),
            Self::Ask { life, ask, data, .. } => {
                [&[2], &life.to_le_bytes()[..], &ask.to_le_bytes(), data].concat()
            }
            Self::Answer { life, ask, data } => {
                let data = data.as_deref().unwrap_or_default();
                [&[3], &life.to_le_bytes()[..], &ask.to_le_bytes(), data].concat()
            }
        };
        Hash::of(Domain::Trace, &bytes)
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
    pub fn new(message: Message) -> Self {
        Self { name: message.name(), message: Arc::new(message) }
    }

    /// How gossip calls it.
    pub fn message_name(&self) -> MessageName {
        let mut name = MessageName::default();
        name.iter_mut().zip(self.name.0).for_each(|(to, from)| *to = from);
        name
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
    /// An engine wanted to be woken in this life of its node.
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
        /// Whom.
        peer: usize,
        /// In which life.
        life: u64,
        /// The request's number.
        ask: u64,
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
    /// The checker of a node is done with one thing.
    Checked {
        /// Of which.
        node: usize,
        /// In which life.
        life: u64,
    },
    /// Who saw an offence dies.
    WitnessDies {
        /// Which node.
        node: usize,
        /// In which life.
        life: u64,
    },
    /// Strangers act.
    Strangers,
    /// The peers of a node that died hear that it is gone.
    Left {
        /// Which.
        node: usize,
    },
    /// The peers of a node that started again hear that it is there.
    Came {
        /// Which.
        node: usize,
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
    events: BTreeMap<u64, VecDeque<Event>>,
}

impl Agenda {
    /// Plans an event.
    pub fn plan(&mut self, time: u64, event: Event) {
        self.events.entry(time).or_default().push_back(event);
    }

    /// The next event before `end`, and its time.
    pub fn next(&mut self, end: u64) -> Option<(u64, Event)> {
        let mut first = self.events.first_entry().filter(|first| *first.key() < end)?;
        let (time, event) = (*first.key(), first.get_mut().pop_front()?);
        if first.get().is_empty() {
            first.remove();
        }
        Some((time, event))
    }
}
