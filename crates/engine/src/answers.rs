//! Whether an answer is one to what was asked, before a signature in it is looked at (R20).
//!
//! An answer to a chain stands on a block that we have, hangs together, and each of its headers
//! names whose turn it was; past the first block of which that can't be said, because the voters
//! are others there, the rest is left for the next question.

use crate::wire::Want;
use thiserror::Error;
use weft_consensus::tree::{Node, Tree};
use weft_types::{Block, BlockHash, Header, Height};

/// Why an answer is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Misfit {
    /// There is nothing in it.
    #[error("there is nothing in it")]
    Nothing,
    /// All of it is known: ours and its chain part further up.
    #[error("all of it is known, up to height {height}")]
    Known {
        /// The height of its last block.
        height: Height,
    },
    /// It stands on nothing that we have: it is of another fork, or of another past.
    #[error("block {hash} stands on nothing that is known here")]
    Unconnected {
        /// Its first block that is not known.
        hash: BlockHash,
    },
    /// It holds another block than was asked for.
    #[error("block {got} was sent for block {want}")]
    Another {
        /// What was asked.
        want: BlockHash,
        /// What came.
        got: BlockHash,
    },
    /// A block does not stand on the one before it.
    #[error("block {hash} does not stand on the block before it")]
    Broken {
        /// Which.
        hash: BlockHash,
    },
    /// A block is of a voter whose turn it was not (R4).
    #[error("it was not the turn of who made block {hash}")]
    NotItsTurn {
        /// Which.
        hash: BlockHash,
    },
}

impl Misfit {
    /// Whether no honest peer answers so.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        !matches!(self, Self::Nothing | Self::Known { .. } | Self::Unconnected { .. })
    }
}

/// The blocks of an answer that are worth verifying.
///
/// # Errors
/// [`Misfit`] says why it is no answer to what was asked.
pub fn fit(tree: &Tree, want: &Want, blocks: Vec<Block>) -> Result<Vec<Block>, Misfit> {
    match want {
        Want::Block(hash) => {
            let block = blocks.into_iter().next().ok_or(Misfit::Nothing)?;
            let got = block.hash();
            if got == *hash { Ok(vec![block]) } else { Err(Misfit::Another { want: *hash, got }) }
        }
        Want::Chain { .. } => chain(tree, blocks),
    }
}

fn chain(tree: &Tree, blocks: Vec<Block>) -> Result<Vec<Block>, Misfit> {
    let base = tree.base().header().height;
    let is_known =
        |block: &Block| block.header().height <= base || tree.get(&block.hash()).is_some();
    let height = blocks.last().ok_or(Misfit::Nothing)?.header().height;
    let mut blocks = blocks.into_iter().skip_while(is_known);
    let first = blocks.next().ok_or(Misfit::Known { height })?;
    let hash = first.hash();
    let parent = tree.get(&first.header().parent).ok_or(Misfit::Unconnected { hash })?;
    if !follows(parent.header(), first.header()) {
        return Err(Misfit::Broken { hash });
    }
    if !has_turn(parent, first.header()) {
        return Err(Misfit::NotItsTurn { hash });
    }
    let (mut above, mut hash) = (first.header().clone(), hash);
    let mut good = vec![first];
    for block in blocks {
        let (header, name) = (block.header(), block.hash());
        if header.parent != hash || !follows(&above, header) {
            return Err(Misfit::Broken { hash: name });
        }
        if !has_turn(parent, header) {
            break; // Others vote from here on.
        }
        (above, hash) = (header.clone(), name);
        good.push(block);
    }
    Ok(good)
}

fn follows(parent: &Header, header: &Header) -> bool {
    header.slot > parent.slot && Some(header.height) == parent.height.next()
}

fn has_turn(parent: &Node, header: &Header) -> bool {
    parent.schedule.proposer(header.slot) == Some(header.proposer)
}

/// The height of the last block that the voters of the block before `from` may make: a block at
/// which they rotate ends an answer, so that who gets it can say whose turn it was.
#[must_use]
pub const fn last_of_its_voters(from: Height, rotation_blocks: u64) -> Height {
    match from.0.checked_next_multiple_of(rotation_blocks) {
        Some(last) => Height(last),
        None => Height(u64::MAX),
    }
}
