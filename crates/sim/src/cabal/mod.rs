//! Byzantine voters: they hold their keys, follow the chain with a core that has none, and
//! sign what they like.
//!
//! # What happens, in order
//!
//! 1. A quarter of a slot is over ([`Phase::Quarter`]): whose turn it is makes a block, or
//!    two, on the head or beside it ([`blocks`]).
//! 2. A block becomes known to one of them: it votes for it or not ([`votes`]).
//! 3. Near the end of the time to vote ([`Phase::Late`]) those vote who vote for old blocks
//!    or for the lighter fork.
//! 4. What was signed goes to the others of them at once and in secret, and to the honest
//!    when and as the conduct says ([`release`]).
//!
//! What a strategy does is a [`Conduct`]: a few choices, in one table. But for those who
//! forge blocks ([`forge`]) none of them makes a block or share that is invalid.

mod blocks;
mod forge;
mod mind;
mod release;
mod votes;

use crate::agenda::{Event, Phase, Secret};
use crate::names::peer_of;
use crate::net::Net;
use crate::plan::Strategy;
use crate::slots::SLOT_MS;
use weft_consensus::{Input, Ticket};
use weft_types::Slot;

pub use mind::Mind;

/// Which blocks they make in a slot of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blocks {
    None,
    One,
    Two,
}

/// What they vote for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Votes {
    None,
    /// The head, as R7 says.
    Head,
    /// Every block as it becomes known.
    Every,
    /// A block with a link around one of their own or within it; else any block there is.
    Old,
    /// The lighter of two forks.
    Lighter,
}

/// When something is shown to the honest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Now,
    /// As three quarters of the slot are over.
    ThreeQuarters,
    /// When the next proposer has built.
    NextSlot,
    /// Slots later.
    Later,
    Never,
}

/// Whom it is shown to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    All,
    /// One half of the others.
    Half,
    /// One half before half of the slot is over, the others after it.
    Split,
}

/// What Byzantine voters do.
#[derive(Clone, Copy, Debug)]
struct Conduct {
    blocks: Blocks,
    votes: Votes,
    shows_block: When,
    shows_share: When,
    whom: Whom,
    /// Whether blocks carry all shares at hand.
    carries: bool,
    /// Whether blocks take their slot as round.
    jumps: bool,
    /// Whether blocks stand beside the head.
    forks: bool,
    /// Whether shares carry rows of others.
    copies: bool,
    /// Whether blocks break a rule.
    forges: bool,
}

/// Who does nothing wrong.
const HONEST: Conduct = Conduct {
    blocks: Blocks::One,
    votes: Votes::Head,
    shows_block: When::Now,
    shows_share: When::Now,
    whom: Whom::All,
    carries: true,
    jumps: false,
    forks: false,
    copies: false,
    forges: false,
};

/// The table: how each strategy differs from honest conduct.
const fn conduct(strategy: Strategy) -> Conduct {
    use When::{Later, Never, NextSlot, ThreeQuarters};
    let c = HONEST;
    match strategy {
        Strategy::Silent => Conduct { blocks: Blocks::None, votes: Votes::None, ..c },
        Strategy::Equivocate => Conduct { blocks: Blocks::Two, ..c },
        Strategy::DoubleVote => Conduct { votes: Votes::Every, blocks: Blocks::Two, ..c },
        Strategy::Surround => Conduct { votes: Votes::Old, forks: true, carries: false, ..c },
        Strategy::WithholdBlocks => Conduct { shows_block: NextSlot, shows_share: NextSlot, ..c },
        Strategy::WithholdShares => Conduct { shows_share: Later, ..c },
        Strategy::WithholdQuorums => Conduct { shows_share: Never, shows_block: NextSlot, ..c },
        Strategy::Selective => Conduct { whom: Whom::Half, ..c },
        Strategy::OmitShares => Conduct { carries: false, ..c },
        Strategy::ThreeQuarters => {
            Conduct { shows_block: ThreeQuarters, shows_share: ThreeQuarters, ..c }
        }
        Strategy::LateSplit => Conduct { whom: Whom::Split, ..c },
        Strategy::Balance => Conduct { votes: Votes::Lighter, forks: true, whom: Whom::Half, ..c },
        Strategy::Inflate => Conduct { jumps: true, shows_block: NextSlot, ..c },
        Strategy::CopyRows => Conduct { copies: true, ..c },
        Strategy::Forge => Conduct { forges: true, ..c },
        Strategy::Wild => c,
    }
}

impl Net {
    /// Their conduct in one act.
    fn conduct(&mut self) -> Option<Conduct> {
        let cabal = self.plan.cabal?;
        let strategy = cabal.strategy;
        if cabal.times.is_some_and(|times| self.watch.duties.seen.len() as u64 >= times) {
            return Some(HONEST);
        }
        if strategy != Strategy::Wild {
            return Some(conduct(strategy));
        }
        let at = self.dice.place(Strategy::ALL.len());
        Strategy::ALL.get(at).map(|strategy| conduct(*strategy))
    }

    /// One of them signed something, or made nothing where it could.
    fn acted(&mut self) {
        if self.plan.cabal.is_some_and(|cabal| cabal.strategy == Strategy::Wild) {
            self.faults.note("wild_acts");
        }
    }

    /// A slot begins: they will act in it.
    pub fn begin_scheme(&mut self) {
        if !self.world.cabal.is_empty() {
            self.agenda.plan(self.now + SLOT_MS / 4 + 1, Event::Scheme(Phase::Quarter));
            self.agenda.plan(self.now + SLOT_MS * 7 / 10, Event::Scheme(Phase::Late));
        }
    }

    /// A part of a slot has begun in which they act.
    pub fn scheme(&mut self, phase: Phase) {
        let slot = Slot(self.slot());
        for i in self.world.cabal.clone() {
            match phase {
                Phase::Quarter => self.make_blocks(i, slot),
                Phase::Late => self.vote_late(i, slot),
            }
        }
    }

    /// One of them is told something in secret.
    pub fn whisper(&mut self, to: usize, secret: Secret) {
        match secret {
            Secret::Block(block) => {
                self.inject(to, Input::Block { from: None, is_asked: false, block })
            }
            Secret::Share(share) => {
                // Nobody waits for the verdict, so nothing is passed on.
                let (from, ticket) = (peer_of(to), Ticket(self.number()));
                self.inject(to, Input::Share { from, ticket, share: *share });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_offends_when_its_conduct_makes_two_blocks_or_votes_for_any() {
        for strategy in Strategy::ALL.iter().filter(|strategy| **strategy != Strategy::Wild) {
            let Conduct { blocks, votes, .. } = conduct(*strategy);
            let is_seen = blocks == Blocks::Two || matches!(votes, Votes::Every | Votes::Old);
            assert_eq!(strategy.offends(), is_seen, "{strategy:?}");
        }
    }
}
