//! Questions that are under way: to whom, since when, and whether the answer is being looked at.
//!
//! A peer has a place for each kind of question, so one that never answers holds up nothing but
//! what it was asked.
//!
//! Not here: whom to ask next (`asks`).

use crate::wire::Want;
use std::collections::BTreeMap;
use weft_consensus::PeerId;
use weft_types::{BlockHash, Height, Millis};

/// Fetches under way that are younger than a slot. Older ones hold only their peer's place.
const YOUNG: usize = 16;

/// How many of them may be for chains: anyone can tell of a tip, and none of a body.
const YOUNG_CHAINS: usize = 8;

/// After how long a question counts as not answered, whatever the shell says of it: longer than
/// a shell waits, which may lose a word.
pub const LOST_MS: u64 = 15_000;

/// What a peer can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Where it is.
    Status,
    /// The same, when told of a block beside our head that says more of justified (R7): it is told
    /// in the same moment as our head is.
    Offer,
    /// To keep a place for us.
    Claim,
    /// Blocks.
    Blocks(Want),
}

impl Question {
    /// Whether two questions take the same place of a peer.
    #[must_use]
    pub const fn shares_place(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Status, Self::Status)
                | (Self::Offer, Self::Offer)
                | (Self::Claim, Self::Claim)
                | (Self::Blocks(Want::Block(_)), Self::Blocks(Want::Block(_)))
                | (Self::Blocks(Want::Chain { .. }), Self::Blocks(Want::Chain { .. }))
        )
    }
}

/// A question that is under way.
#[derive(Clone, Debug)]
pub struct Open {
    /// Who was asked.
    pub peer: PeerId,
    /// What.
    pub question: Question,
    /// When.
    pub since: Millis,
    /// Its answer is here and being looked at.
    pub is_here: bool,
    /// The blocks in it.
    held: Vec<(BlockHash, Height)>,
}

impl Open {
    /// Whether it is younger than this, or its answer is being looked at.
    fn is_young(&self, now: Millis, ms: u64) -> bool {
        self.is_here || now.0.saturating_sub(self.since.0) < ms
    }
}

/// All questions under way.
#[derive(Debug, Default)]
pub struct Questions {
    last: u64,
    open: BTreeMap<u64, Open>,
}

impl Questions {
    /// A number for a question to a peer; none while its place there is taken.
    pub fn begin(&mut self, peer: PeerId, question: Question, now: Millis) -> Option<u64> {
        if self.since(peer, question).is_some() {
            return None;
        }
        self.last = self.last.saturating_add(1);
        let new = Open { peer, question, since: now, is_here: false, held: Vec::new() };
        self.open.insert(self.last, new);
        Some(self.last)
    }

    /// An answer came: to which question, asked when, once. One for blocks is under way until
    /// [`Questions::end`].
    pub fn answered(&mut self, peer: PeerId, ask: u64) -> Option<(Question, Millis)> {
        let open = self.open.get_mut(&ask).filter(|open| open.peer == peer && !open.is_here)?;
        open.is_here = true;
        let (question, since) = (open.question, open.since);
        if !matches!(question, Question::Blocks(_)) {
            self.open.remove(&ask);
        }
        Some((question, since))
    }

    /// No answer comes; answers for which blocks it would have been.
    pub fn unanswered(&mut self, peer: PeerId, ask: u64) -> Option<Want> {
        let open = self.open.get(&ask).filter(|open| open.peer == peer && !open.is_here)?;
        let Question::Blocks(want) = open.question else {
            self.open.remove(&ask);
            return None;
        };
        Some(want)
    }

    /// A question for blocks has ended.
    pub fn end(&mut self, peer: PeerId, want: &Want) {
        self.open.retain(|_, open| open.peer != peer || open.question != Question::Blocks(*want));
    }

    /// The answer to a question for blocks holds these.
    pub fn holds(&mut self, peer: PeerId, want: &Want, held: Vec<(BlockHash, Height)>) {
        let question = Question::Blocks(*want);
        let mut open = self.open.values_mut();
        if let Some(open) = open.find(|open| open.peer == peer && open.question == question) {
            open.held = held;
        }
    }

    /// What the answer of a peer to a question for blocks holds.
    pub fn held(&self, peer: PeerId, want: &Want) -> impl Iterator<Item = &(BlockHash, Height)> {
        let question = Question::Blocks(*want);
        let open = self.open.values().filter(move |o| o.peer == peer && o.question == question);
        open.flat_map(|open| &open.held)
    }

    /// A peer is gone: answers for which bodies it was asked.
    pub fn gone(&mut self, peer: PeerId) -> Vec<BlockHash> {
        let gone = self.open.extract_if(.., |_, open| open.peer == peer);
        let body = |(_, open): (u64, Open)| match open.question {
            Question::Blocks(Want::Block(hash)) => Some(hash),
            _ => None,
        };
        gone.filter_map(body).collect()
    }

    /// Gives up those of which the shell never said what became of them: answers whose they were.
    pub fn lose(&mut self, now: Millis) -> Vec<(PeerId, Question)> {
        let is_lost = |open: &Open| open.since.0.saturating_add(LOST_MS) <= now.0 && !open.is_here;
        let lost = self.open.extract_if(.., |_, open| is_lost(open));
        lost.map(|(_, open)| (open.peer, open.question)).collect()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// Those for blocks.
    pub fn for_blocks(&self) -> impl Iterator<Item = (&Open, Want)> {
        self.open.values().filter_map(|open| match open.question {
            Question::Blocks(want) => Some((open, want)),
            _ => None,
        })
    }

    /// Whose answer to a question for blocks is being looked at.
    pub fn here(&self, want: &Want) -> impl Iterator<Item = PeerId> {
        let of = self.for_blocks().filter(move |(open, other)| open.is_here && other == want);
        of.map(|(open, _)| open.peer)
    }

    /// Since when the place of a peer that a question needs is taken.
    #[must_use]
    pub fn since(&self, peer: PeerId, question: Question) -> Option<Millis> {
        let mut open = self.open.values();
        let takes = |o: &&Open| o.peer == peer && o.question.shares_place(question);
        open.find(takes).map(|open| open.since)
    }

    /// Whether one more may be asked for a body, or for a chain.
    #[must_use]
    pub fn has_room(&self, is_chain: bool, (now, slot_ms): (Millis, u64)) -> bool {
        let young = self.for_blocks().filter(|(open, _)| open.is_young(now, slot_ms));
        let is_chain_too = |want: &Want| matches!(want, Want::Chain { .. });
        let young: Vec<bool> = young.map(|(_, want)| is_chain_too(&want)).collect();
        let chains = young.iter().filter(|of_chain| **of_chain).count();
        young.len() < YOUNG && (!is_chain || chains < YOUNG_CHAINS)
    }
}
