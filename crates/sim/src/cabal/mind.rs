//! What Byzantine voters remember together.

use crate::agenda::{Message, Said};
use std::collections::{BTreeMap, BTreeSet};
use weft_consensus::VoteRecord;
use weft_types::{BlockHash, Round, Slot, WeightRow};

/// What they remember together.
#[derive(Clone, Debug, Default)]
pub struct Mind {
    /// Who voted for which block.
    pub(super) voted: BTreeSet<(usize, BlockHash)>,
    /// The links that each of them signed: rounds of source and target.
    pub(super) links: BTreeMap<usize, Vec<(Round, Round)>>,
    /// In which rounds who voted.
    pub(super) rounds: BTreeSet<(usize, Round)>,
    /// What those signed last who keep to R7.
    pub(super) records: BTreeMap<usize, VoteRecord>,
    /// Who made a block of which slot.
    pub(super) proposed: BTreeSet<(usize, Slot)>,
    /// Blocks of theirs that break a rule.
    pub(super) forged: BTreeSet<BlockHash>,
    /// Blocks of theirs that were not shown yet.
    pub(super) hidden: BTreeSet<BlockHash>,
    /// The last row of an honest voter.
    pub(super) row: Option<WeightRow>,
}

impl Mind {
    /// Whether a block of theirs was not shown yet.
    pub fn hides(&self, hash: &BlockHash) -> bool {
        self.hidden.contains(hash)
    }

    /// Whether a block of theirs breaks a rule.
    pub fn is_forged(&self, hash: &BlockHash) -> bool {
        self.forged.contains(hash)
    }

    /// A message of theirs is sent to the honest.
    pub fn shows(&mut self, message: &Message) {
        if let Message::Gossip { said: Said::Header(signed), .. } = message {
            self.hidden.remove(&signed.header.hash());
        }
    }
}
