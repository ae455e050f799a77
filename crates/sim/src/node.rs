//! One node: an engine, a disk, and what the simulator remembers of it.

use crate::agenda::Parcel;
use crate::checker::Checker;
use crate::disk::Disk;
use crate::plan::Lost;
use crate::seals::Seals;
use crate::watch::head::Arrivals;
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use weft_consensus::Core;
use weft_engine::Engine;
use weft_engine::io::MessageName;
use weft_ledger::forks::Forks;
use weft_types::{BlockHash, Hash, Height, PublicKey, Slot, Vote};

/// A gossip message that waits for its verdict.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Who sent it.
    pub from: usize,
    /// What.
    pub parcel: Parcel,
}

/// What a node took in of signed things, and whom it accused, in its present life.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// The votes of each voter.
    pub votes: BTreeMap<PublicKey, Vec<Vote>>,
    /// The first header of each proposer and slot.
    pub headers: BTreeMap<(PublicKey, Slot), BlockHash>,
    /// Whom it saw offend.
    pub accused: BTreeSet<PublicKey>,
}

/// A node, up or down.
#[derive(Default)]
pub struct Node {
    /// The engine; none while the node is down.
    pub engine: Option<Engine<Seals>>,
    /// The engine of a process that stands still.
    pub paused: Option<Engine<Seals>>,
    /// The slot since which it does.
    pub paused_in: u64,
    /// Its checker.
    pub checker: Checker,
    /// What outlives a crash.
    pub disk: Disk,
    /// How many times it was started: events of an earlier life are not heard.
    pub life: u64,
    /// The slot in which it was started.
    pub since: u64,
    /// How far its clock is from true time.
    pub skew_ms: i64,
    /// Gossip it has seen; asked, and never walked.
    pub seen: HashSet<Hash>,
    /// Messages that wait for their verdict.
    pub judged: BTreeMap<MessageName, Waiting>,
    /// Requests that wait for their answer: of whom, in which life of his, and his number.
    pub asked: BTreeMap<u64, (usize, u64, u64)>,
    /// Requests of its own that wait.
    pub asks: BTreeSet<u64>,
    /// When it will be woken.
    pub wakes: u64,
    /// When it queued its last row.
    pub offered: Option<Height>,
    /// The last block it said to be final in this life.
    pub finalized: Height,
    /// What its core made final since, oldest first.
    pub unsaid: VecDeque<(BlockHash, Height)>,
    /// It dies when it has carried out this many more effects.
    pub doom: Option<u64>,
    /// It stays down until a restart that was planned.
    pub is_held: bool,
    /// What will not be there at the next start.
    pub loses: Lost,
    /// Its operator has it hear the makers of another past no more.
    pub shuns: bool,
    /// What it took in.
    pub taken: Taken,
    /// Which blocks came in time.
    pub arrivals: Arrivals,
}

impl Node {
    /// Forgets all that only memory holds; answers how many blocks were not synced.
    pub fn die(&mut self) -> usize {
        let mut disk = std::mem::take(&mut self.disk);
        let lost = disk.crash();
        let (life, skew_ms) = (self.life + 1, self.skew_ms);
        let (is_held, loses, shuns) = (self.is_held, self.loses, self.shuns);
        *self = Self { disk, life, skew_ms, is_held, loses, shuns, ..Self::default() };
        lost
    }

    /// Its consensus, while it is up.
    pub fn core(&self) -> Option<&Core<Forks, Seals>> {
        self.engine.as_ref().map(Engine::core)
    }

    /// Whether it is up.
    pub const fn is_up(&self) -> bool {
        self.engine.is_some()
    }

    /// Whether others are connected to it: it has not died, though it may stand still.
    pub const fn is_connected(&self) -> bool {
        self.is_up() || self.paused.is_some() || self.life == 0
    }

    /// The height of the last block that it says is final; 0 while it is down.
    pub fn final_height(&self) -> u64 {
        self.engine.as_ref().map_or(0, |_| self.finalized.0)
    }

    /// The height of the head.
    pub fn head_height(&self) -> u64 {
        self.core().map_or(0, |core| core.head().height.0)
    }
}
