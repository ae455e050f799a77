//! The vote rule (R7) and the proposer's promise (R5): what our key signs.
//!
//! A voter signs at most one share per target round, never a link around another, and
//! at most one header per slot. The record of it is an effect before the signature
//! is: whoever carries effects out in order can't sign what is not on disk.

use crate::clock::Moment;
use crate::config::Standing;
use crate::record::{VoteFile, VoteRecord};
use crate::tally::is_voter;
use weft_types::check::own_share;
use weft_types::share::items_digest;
use weft_types::{Canonical, ChainId, CheckedShare, Item, PublicKey, SecretKey, Slot, Vote};

/// Our key and what it has signed.
#[derive(Clone, Debug)]
pub struct Voter {
    key: SecretKey,
    public: PublicKey,
    record: VoteRecord,
    is_lost: bool,
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
        Self { key, public, record, is_lost }
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

    /// The log is restored: from now on slots that pass add nothing to our silence.
    pub const fn start(&mut self) {
        self.is_lost = false;
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
        slot > self.record.proposed && self.record.silent.is_none_or(|silent| slot > silent)
    }

    /// A block of this slot is about to be published.
    pub const fn propose(&mut self, slot: Slot) {
        self.record.proposed = slot;
    }
}
