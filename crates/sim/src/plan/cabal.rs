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

macro_rules! strategies {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal,)*) => {
        /// What Byzantine voters do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Strategy {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Strategy {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The name of the profile in which they do just that.
            #[must_use]
            pub const fn profile(self) -> &'static str {
                match self { $(Self::$variant => concat!("byzantine-", $name),)* }
            }

            /// What it does.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)* }
            }
        }
    };
}

strategies! {
    /// They neither vote nor propose.
    Silent "silent",
    /// They propose two blocks in a slot, one for each half of the others.
    Equivocate "equivocate",
    /// They vote for every block they see.
    DoubleVote "double-vote",
    /// They vote for any block of the tree, old ones too.
    Surround "surround",
    /// They withhold a block until the next proposer has built beside it.
    WithholdBlocks "withhold-blocks",
    /// They send their shares slots later.
    WithholdShares "withhold-shares",
    /// They show their shares only in blocks of their own.
    WithholdQuorums "withhold-quorums",
    /// They send everything to one half of the others.
    Selective "selective",
    /// Their blocks leave shares out.
    OmitShares "omit-shares",
    /// They release blocks and shares as three quarters of the slot are over.
    ThreeQuarters "three-quarters",
    /// They release a block to one half before half of the slot, to the others after it.
    LateSplit "late-split",
    /// They vote and build for the lighter of two forks.
    Balance "balance",
    /// Their blocks take the highest round there may be, and are withheld.
    Inflate "inflate",
    /// They carry the rows of others as their own.
    CopyRows "copy-rows",
    /// In every other slot their block breaks a rule: round, work, state root, a share that
    /// does not count, a catch-up proof that is no quorum, or a version that nobody asked for.
    Forge "forge",
    /// They do any of it, by chance.
    Wild "wild",
}
