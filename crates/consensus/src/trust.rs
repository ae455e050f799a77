//! Weak subjectivity (R16): what a node that was away may believe by itself.
//!
//! Stake that voted once can leave; from then on its keys can sign another past for
//! nothing. Who last looked at the chain within [`window`] slots can't be misled so: what
//! voted then still answers for it.
//!
//! # What happens, in order
//!
//! 1. At a start the [`Guard`] looks how old the last final block here is. Over the window
//!    its operator must name a block that he trusts, or say that what is in the home is
//!    the chain ([`Trust`]).
//! 2. What was named is *awaited*: the shell stores it before a block is taken. While it is,
//!    nothing is signed and nothing is called final.
//! 3. A block of that height becomes final: another one ends the node; the right one ends the
//!    wait if its own slot lies within the window, else it goes on, since a past that is old
//!    enough can be signed by anyone up to there too.
//! 4. At each look at the clock: a process that stood still (suspended, stopped) was as little
//!    there as one that did not run. When it stood still for longer than the window since
//!    the last final block, that counts as a start.
//!
//! Not here: which chain is followed ([`crate::forks`]), and where it is stored (the shell).

use bincode::{Decode, Encode};
use std::fmt;
use std::str::FromStr;
use weft_types::{BlockHash, Hash, Height, Params, Slot, canonical};

/// A block that an operator trusts and that is not final here yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Awaited {
    /// Its height.
    pub height: Height,
    /// Its hash.
    pub hash: BlockHash,
}

canonical!(Awaited, 64);

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.height, self.hash)
    }
}

/// What an operator trusts, for one start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// What is in the home: its last final block, or its genesis.
    Own,
    /// This block.
    Block(Awaited),
}

/// A text that names no block to trust.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" names no checkpoint; write HEIGHT:HASH, or own to trust what is in the home")]
pub struct TrustError(String);

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("own"),
            Self::Block(awaited) => awaited.fmt(f),
        }
    }
}

impl FromStr for Trust {
    type Err = TrustError;

    fn from_str(text: &str) -> Result<Self, TrustError> {
        if text == "own" {
            return Ok(Self::Own);
        }
        let block = |(height, hash): (&str, &str)| {
            let (height, hash) = (Height(height.parse().ok()?), hash.parse().ok()?);
            Some(Self::Block(Awaited { height, hash }))
        };
        text.split_once(':').and_then(block).ok_or_else(|| TrustError(text.to_owned()))
    }
}

/// A final block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its height.
    pub height: Height,
    /// Its hash.
    pub hash: BlockHash,
    /// Its slot.
    pub slot: Slot,
}

/// Why a node may not go on by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustFault {
    /// It was away for longer than stake is sure to answer for its votes.
    #[error(
        "the last final block here, {height} {hash}, is {away} slots old, over the {window} in which stake is sure to answer for its votes; name a block you trust: --trusted-checkpoint HEIGHT:HASH, or own if the chain stood still or is new"
    )]
    Needed {
        /// The height of the last final block.
        height: Height,
        /// Its hash.
        hash: BlockHash,
        /// How many slots ago it was.
        away: u64,
        /// How many it may be.
        window: u64,
    },
    /// The named block is itself too old to say anything.
    #[error(
        "the trusted checkpoint {height} {hash} is {age} slots old, over the {window} in which stake is sure to answer for its votes; name a newer one"
    )]
    TooOld {
        /// Its height.
        height: Height,
        /// Its hash.
        hash: BlockHash,
        /// How many slots ago it was.
        age: u64,
        /// How many it may be.
        window: u64,
    },
    /// Another block than the trusted one is final at its height.
    #[error(
        "block {height} is {got} here, the trusted one is {want}; if that is right, move the data directory away and start from other peers"
    )]
    NotTrusted {
        /// Which height.
        height: Height,
        /// What is here.
        got: BlockHash,
        /// What is trusted.
        want: BlockHash,
    },
}

/// For so many slots a node may be away: what voted last before is let go at most two
/// rotations later, and its stake is held for `unbonding_blocks` from then.
#[must_use]
pub const fn window(params: &Params) -> u64 {
    params.unbonding_blocks.saturating_sub(params.rotation_blocks.saturating_mul(2))
}

/// Where a node stands when it starts.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// For how many slots it may have been away ([`window`]).
    pub window: u64,
    /// The slot that its clock shows.
    pub now: Slot,
    /// The last final block here.
    pub last: Mark,
    /// What was awaited when it stopped.
    pub stored: Option<Awaited>,
    /// What its operator says.
    pub word: Option<Trust>,
}

/// Who decides whether a node may believe what it sees.
#[derive(Clone, Copy, Debug)]
pub struct Guard {
    window: u64,
    awaited: Option<Awaited>,
    looked: Slot,
    /// For how many slots the process stood still since the last final block.
    paused: u64,
}

/// What a final block meant to what is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Nothing.
    No,
    /// It is the awaited one, and ended the wait.
    Yes,
    /// It is the awaited one, and so many slots old, so the wait goes on.
    TooOld(u64),
}

impl Guard {
    /// Judges a start. `own` answers the final block of a height in the home.
    ///
    /// # Errors
    /// [`TrustFault`] when the node must not start so.
    pub fn start(start: &Start, own: impl Fn(Height) -> Option<Mark>) -> Result<Self, TrustFault> {
        let Start { window, now, last, stored, word } = *start;
        let (away, named) = (age(now, last.slot), matches!(word, Some(Trust::Block(_))));
        let awaited = match word {
            Some(Trust::Own) => None,
            Some(Trust::Block(block)) => Some(block),
            None => stored,
        };
        if awaited.is_none() && word.is_none() && away > window {
            let (height, hash) = (last.height, last.hash);
            return Err(TrustFault::Needed { height, hash, away, window });
        }
        let mut guard = Self { window, awaited, looked: now, paused: 0 };
        let Some(block) = awaited.filter(|block| block.height <= last.height) else {
            return Ok(guard);
        };
        let here = if block.height == last.height { Some(last) } else { own(block.height) };
        let reached = here.map(|mark| guard.finalized(now, &mark)).transpose()?;
        match reached {
            // Who was not away needs no block, and an old one only has to be right.
            Some(Reached::TooOld(_)) if stored.is_none() && away <= window => guard.awaited = None,
            Some(Reached::TooOld(age)) if named => {
                let Awaited { height, hash } = block;
                return Err(TrustFault::TooOld { height, hash, age, window });
            }
            _ => {}
        }
        Ok(guard)
    }

    /// One that was not asked yet: it believes nothing.
    #[must_use]
    pub const fn closed() -> Self {
        let awaited = Some(Awaited { height: Height::MAX, hash: Hash::ZERO });
        Self { window: 0, awaited, looked: Slot::ZERO, paused: 0 }
    }

    /// The block that is awaited; while there is one nothing is signed or called final.
    #[must_use]
    pub const fn awaited(&self) -> Option<Awaited> {
        self.awaited
    }

    /// Whether what is final here may be called so: nothing is awaited.
    #[must_use]
    pub const fn says_final(&self) -> bool {
        self.awaited.is_none()
    }

    /// Looks at the clock, before anything that came since the last look is believed.
    ///
    /// # Errors
    /// [`TrustFault::Needed`] when the process stood still for too long.
    pub fn look(&mut self, now: Slot, last: Mark) -> Result<(), TrustFault> {
        self.paused = self.paused.saturating_add(age(now, self.looked).saturating_sub(1));
        self.looked = now;
        if self.paused <= self.window {
            return Ok(());
        }
        let (window, stored) = (self.window, self.awaited);
        *self = Self::start(&Start { window, now, last, stored, word: None }, |_| None)?;
        Ok(())
    }

    /// A block became final here.
    ///
    /// # Errors
    /// [`TrustFault::NotTrusted`] when another one was awaited at its height.
    pub fn finalized(&mut self, now: Slot, block: &Mark) -> Result<Reached, TrustFault> {
        let age = age(now, block.slot);
        self.paused = self.paused.min(age);
        let Some(want) = self.awaited.filter(|want| want.height == block.height) else {
            return Ok(Reached::No);
        };
        if want.hash != block.hash {
            let (height, got, want) = (block.height, block.hash, want.hash);
            return Err(TrustFault::NotTrusted { height, got, want });
        }
        if age > self.window {
            return Ok(Reached::TooOld(age));
        }
        self.awaited = None;
        Ok(Reached::Yes)
    }
}

const fn age(now: Slot, slot: Slot) -> u64 {
    now.0.saturating_sub(slot.0)
}
