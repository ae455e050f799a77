//! Justified and final (R10, R11): a pure function of the parent's standing and the
//! quorums that a block carries.
//!
//! A *link* is a quorum for a block: over two thirds signed (source -> target), the
//! source being the justified checkpoint of the target's state. It justifies its
//! target. When the source is the target's parent and their rounds are consecutive,
//! it makes the source final.
//!
//! Why two conflicting blocks are never final while less than a third is Byzantine:
//! let F1 of round a be final by a link to c1 of round a + 1, and F2 of round b >= a
//! final on another branch. If b = a, two quorums voted for different targets of one
//! round. Else take the first link (s, t) on the way to F2 with round(s) <= a <
//! round(t). If round(t) = a + 1, t and c1 differ: again one round, two targets. If it
//! is more, either round(s) = a, and s and F1 have one round, or round(s) < a and the
//! link surrounds (a, a + 1). R7 forbids each, and any two quorums share over a third
//! of the set of the last common ancestor.

use weft_types::{BlockHash, Checkpoint, Finality};

/// A quorum for a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The justified checkpoint of the target's state.
    pub source: Checkpoint,
    /// The block that a quorum voted for.
    pub target: Checkpoint,
    /// The target's parent.
    pub parent: BlockHash,
}

impl Link {
    /// What the link makes final (R11).
    #[must_use]
    pub fn finalizes(&self) -> Option<Checkpoint> {
        let consecutive = self.source.round.next() == Some(self.target.round);
        (consecutive && self.source.hash == self.parent).then_some(self.source)
    }
}

/// The standing of a state, given its parent's and the links the block carries.
#[must_use]
pub fn after(parent: Finality, links: &[Link]) -> Finality {
    let mut standing = parent;
    for link in links {
        if link.target.round > standing.justified.round {
            standing.justified = link.target; // R10
        }
        if let Some(last) = link.finalizes().filter(|c| c.round > standing.finalized.round) {
            standing.finalized = last; // R11
        }
    }
    standing
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::{Hash, Round};

    /// The block of round r; its hash is r as well.
    fn block(r: u8) -> Checkpoint {
        Checkpoint { round: Round(u64::from(r)), hash: Hash([r; 32]) }
    }

    fn link(source: u8, target: u8, parent: u8) -> Link {
        Link { source: block(source), target: block(target), parent: Hash([parent; 32]) }
    }

    fn standing(justified: u8, finalized: u8) -> Finality {
        Finality { justified: block(justified), finalized: block(finalized) }
    }

    #[test]
    fn the_table_of_r10_and_r11() {
        type Row<'a> = (&'a str, (u8, u8), &'a [Link], (u8, u8));
        let table: &[Row<'_>] = &[
            ("no quorum changes nothing", (3, 2), &[], (3, 2)),
            ("r10 a quorum for the parent justifies it", (3, 2), &[link(3, 9, 8)], (9, 2)),
            ("r11 consecutive rounds and source = parent", (3, 2), &[link(3, 4, 3)], (4, 3)),
            ("r11 a round was skipped", (3, 2), &[link(3, 5, 3)], (5, 2)),
            ("r11 consecutive, but the source is not the parent", (3, 2), &[link(3, 4, 9)], (4, 2)),
            (
                "r9 a catch-up counts when the parent has no quorum",
                (3, 2),
                &[link(3, 6, 5)],
                (6, 2),
            ),
            ("both count, in either order", (3, 2), &[link(3, 9, 8), link(3, 4, 3)], (9, 3)),
            ("both count, in either order", (3, 2), &[link(3, 4, 3), link(3, 9, 8)], (9, 3)),
            ("nothing is lowered", (9, 8), &[link(3, 4, 3)], (9, 8)),
        ];
        for (what, (j, f), links, (want_j, want_f)) in table {
            assert_eq!(after(standing(*j, *f), links), standing(*want_j, *want_f), "{what}");
        }
    }

    #[test]
    fn r11_one_voter_makes_every_block_final_one_later() {
        let mut at = standing(0, 0);
        for round in 1..10 {
            at = after(at, &[link(round - 1, round, round - 1)]);
            assert_eq!(at, standing(round, round - 1));
        }
    }
}
