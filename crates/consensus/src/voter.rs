//! The vote rule (R7) and the proposer's promise (R5): what our key signs.
//!
//! A voter signs at most one share per target round, never a link around another, and
//! at most one header per slot. The record of it is an effect before the signature
//! is: whoever carries effects out in order can't sign what is not on disk.
//!
//! A key that runs on two nodes makes offences without any ill will. So a voter that sees
//! a vote or header of its own key that its record does not hold stops for good, and at
//! the start it may listen for a while before it signs.

use crate::clock::Moment;
use crate::config::Standing;
use crate::record::{VoteFile, VoteRecord};
use crate::tally::is_voter;
use std::fmt;
use weft_types::check::own_share;
use weft_types::share::items_digest;
use weft_types::{
    Canonical, ChainId, CheckedShare, Checkpoint, Evidence, Header, Item, PublicKey, SecretKey,
    Slot, Vote,
};

/// Our key and what it has signed.
#[derive(Clone, Debug)]
pub struct Voter {
    key: SecretKey,
    public: PublicKey,
    record: VoteRecord,
    is_lost: bool,
    /// Nothing is signed up to this slot: we listen whether our key runs elsewhere.
    listens: Option<Slot>,
    foreign: Option<Foreign>,
}

/// Something that our key signed and our vote file does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A vote for this block.
    Vote(Checkpoint),
    /// A header of this slot.
    Header(Slot),
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vote(at) => write!(f, "a vote for block {} in round {}", at.hash, at.round),
            Self::Header(slot) => write!(f, "a header of slot {slot}"),
        }
    }
}

/// Whether the record allows a share for this block (R7): a higher round than any
/// target before, from a source not below any before.
#[must_use]
pub fn allows(record: &VoteRecord, target: &Standing) -> bool {
    let source = target.finality.justified.round;
    target.header.round > record.last_target.round
        && source >= record.last_source.round
        && record.silent.is_none_or(|slot| target.header.slot > slot && source.0 > slot.0)
}

impl Voter {
    /// A voter with what its file said.
    #[must_use]
    pub fn new(key: SecretKey, file: VoteFile) -> Self {
        let public = key.public();
        let (record, is_lost) = match file {
            VoteFile::Known(record) => (record, false),
            VoteFile::Lost => (VoteRecord::default(), true),
        };
        Self { key, public, record, is_lost, listens: None, foreign: None }
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// The secret key, to sign a header with.
    #[must_use]
    pub const fn key(&self) -> &SecretKey {
        &self.key
    }

    /// What was signed so far.
    #[must_use]
    pub const fn record(&self) -> &VoteRecord {
        &self.record
    }

    /// At start: a slot that our clock or store has reached. Without a file we may have
    /// signed anything up to there (R7).
    pub fn was_at(&mut self, slot: Slot) {
        if self.is_lost {
            self.record.silent = self.record.silent.max(Some(slot));
        }
    }

    /// The log is restored: from now on slots that pass add nothing to our silence. For so
    /// many more we listen.
    pub const fn start(&mut self, now: Slot, listens: u64) {
        self.is_lost = false;
        if listens > 0 {
            self.listens = Some(Slot(now.0.saturating_add(listens)));
        }
    }

    /// At start: a block in the log carries a vote of ours; it counts as signed, whatever
    /// the file says (R7).
    pub fn has_voted(&mut self, vote: &Vote) {
        if vote.voter == self.public && vote.target.round > self.record.last_target.round {
            self.record.last_target = vote.target;
            if vote.source.round > self.record.last_source.round {
                self.record.last_source = vote.source;
            }
        }
    }

    /// What was seen of our key that we did not sign here.
    #[must_use]
    pub const fn foreign(&self) -> Option<Foreign> {
        self.foreign
    }

    /// Up to which slot we only listen.
    #[must_use]
    pub const fn listens_until(&self) -> Option<Slot> {
        self.listens
    }

    /// Our key runs elsewhere: nothing more is signed here.
    pub const fn stop(&mut self, foreign: Foreign) {
        self.foreign = Some(foreign);
    }

    /// Whether a vote is of our key and not in our record: later than all in it, or another
    /// one of the last round. What is earlier the record can't tell; nor, once the file
    /// was lost, what is not later than that.
    #[must_use]
    pub fn foreign_vote(&self, vote: &Vote) -> Option<Foreign> {
        let (last, round) = (self.record.last_target, vote.target.round);
        let share = self.record.share.as_ref().filter(|share| share.vote().target == last);
        let is_other = vote.target != last || share.is_some_and(|share| share.vote() != vote);
        let is_later = round > last.round || (round == last.round && is_other);
        let is_known = self.record.silent.is_some_and(|silent| round.0 <= silent.0);
        let is_foreign = vote.voter == self.public && is_later && !is_known;
        is_foreign.then_some(Foreign::Vote(vote.target))
    }

    /// Whether a header is of our key and of a later slot than any that we proposed in.
    #[must_use]
    pub fn foreign_header(&self, header: &Header) -> Option<Foreign> {
        let known =
            self.record.silent.map_or(self.record.proposed, |s| s.max(self.record.proposed));
        let is_foreign = header.proposer == self.public && header.slot > known;
        is_foreign.then_some(Foreign::Header(header.slot))
    }

    /// Whether an offence is ours: we commit none here.
    #[must_use]
    pub fn foreign_offence(&self, evidence: &Evidence) -> Option<Foreign> {
        (evidence.offender() == self.public).then_some(match evidence {
            Evidence::Votes(_, late) => Foreign::Vote(late.vote.target),
            Evidence::Headers(_, late) => Foreign::Header(late.header.slot),
        })
    }

    /// Whether our key is ours alone as far as we know, and we have listened for long enough.
    fn is_alone(&self, slot: Slot) -> bool {
        self.foreign.is_none() && self.listens.is_none_or(|until| slot > until)
    }

    /// At start: a block of our own is in the log, so its slot is used (R5).
    pub fn has_proposed(&mut self, slot: Slot) {
        self.record.proposed = self.record.proposed.max(slot);
    }

    /// Whether we may sign a share for the head now (R7).
    #[must_use]
    pub fn may_vote(&self, moment: Moment, head: &Standing) -> bool {
        head.header.slot == moment.slot
            && moment.quarter < 3
            && self.is_alone(moment.slot)
            && is_voter(&head.sets, &self.public)
            && allows(&self.record, head)
    }

    /// Signs a share; the record is to be durable before the share leaves.
    pub fn vote(&mut self, target: &Standing, items: Vec<Item>, chain: &ChainId) -> CheckedShare {
        let vote = Vote {
            voter: self.public,
            source: target.finality.justified,
            target: target.checkpoint(),
            items: items_digest(&items),
        };
        let share = own_share(vote.sign(&self.key, chain), items);
        self.record.last_target = vote.target;
        self.record.last_source = vote.source;
        self.record.share = Some(share.share().clone());
        if self.record.to_bytes().len() > VoteRecord::MAX_BYTES {
            self.record.share = None;
        }
        share
    }

    /// Whether we may propose in a slot: not twice, and not while silent (R5, R7).
    #[must_use]
    pub fn may_propose(&self, slot: Slot) -> bool {
        self.is_alone(slot)
            && slot > self.record.proposed
            && self.record.silent.is_none_or(|silent| slot > silent)
    }

    /// A block of this slot is about to be published.
    pub const fn propose(&mut self, slot: Slot) {
        self.record.proposed = slot;
    }
}
