//! What a plan says of Byzantine voters: how many, and what they do.
//!
//! Not here: how they do it (`crate::cabal`).

use serde::{Deserialize, Serialize};

/// Byzantine voters, who act as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cabal {
    /// How many voters at the most; together they stay below a third of the power.
    pub members: usize,
    /// What they do.
    pub strategy: Strategy,
    /// Whether their keys were chosen to sit badly in the schedule.
    #[serde(default)]
    pub placed: bool,
    /// Whether their power is raised to just below a third.
    #[serde(default)]
    pub just_below: bool,
    /// After so many offences that honest voters saw they keep to the rules. Without it there is no end.
    #[serde(default)]
    pub times: Option<u64>,
}

impl Cabal {
    /// Whether it is to stop after offences that nobody will see.
    pub(super) const fn stops_in_vain(&self) -> bool {
        self.times.is_some() && !self.strategy.offends()
    }
}

super::acts::acts! {
    /// What Byzantine voters do.
    Strategy "byzantine-"
    /// They neither vote nor propose.
    Silent "silent" "silent_slots",
    /// They propose two blocks in a slot, one for each half of the others.
    Equivocate "equivocate" "equivocations",
    /// They vote for every block they see.
    DoubleVote "double-vote" "double_votes",
    /// They vote for any block of the tree, old ones too.
    Surround "surround" "old_votes",
    /// They withhold a block until the next proposer has built beside it.
    WithholdBlocks "withhold-blocks" "withheld_blocks",
    /// They send their shares slots later.
    WithholdShares "withhold-shares" "withheld_shares",
    /// They show their shares only in blocks of their own.
    WithholdQuorums "withhold-quorums" "hidden_shares",
    /// They send everything to one half of the others.
    Selective "selective" "selective_sends",
    /// Their blocks leave shares out.
    OmitShares "omit-shares" "omitted_shares",
    /// They release blocks and shares as three quarters of the slot are over.
    ThreeQuarters "three-quarters" "late_releases",
    /// They release a block to one half before half of the slot, to the others after it.
    LateSplit "late-split" "split_releases",
    /// They vote and build for the lighter of two forks.
    Balance "balance" "balancing_votes",
    /// Their blocks take the highest round there may be, and are withheld.
    Inflate "inflate" "withheld_blocks",
    /// They carry the rows of others as their own.
    CopyRows "copy-rows" "copied_rows",
    /// In every other slot their block breaks a rule: round, work, state root, a share that
    /// does not count, a catch-up proof that is no quorum, or a version that nobody asked for.
    Forge "forge" "forged_blocks",
    /// They do any of it, by chance.
    Wild "wild" "wild_acts",
}

impl Strategy {
    /// Whether honest voters see them offend (R17), whatever else goes wrong. Those who vote for the
    /// lighter fork may by chance; a forged vote stands in a block that nobody takes.
    #[must_use]
    pub const fn offends(self) -> bool {
        match self {
            Self::Equivocate | Self::DoubleVote | Self::Surround | Self::Wild => true,
            Self::Silent
            | Self::WithholdBlocks
            | Self::WithholdShares
            | Self::WithholdQuorums
            | Self::Selective
            | Self::OmitShares
            | Self::ThreeQuarters
            | Self::LateSplit
            | Self::Balance
            | Self::Inflate
            | Self::CopyRows
            | Self::Forge => false,
        }
    }
}
