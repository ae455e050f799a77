//! Blocks for peers: which ones an ask means. They are read by a worker of the shell.

use crate::engine::Engine;
use crate::hear::ANSWER_BLOCKS;
use crate::io::Places;
use weft_consensus::Want;
use weft_types::check::Known;
use weft_types::{BlockHash, Height};

impl<K: Known> Engine<K> {
    /// Where the blocks stand that a peer asks for.
    pub(crate) fn places(&self, want: &Want) -> Places {
        match want {
            Want::Block(hash) => {
                Places { finals: (Height::ZERO, Height::ZERO), blocks: vec![*hash] }
            }
            Want::Chain { from, tip } => self.chain_to(*from, tip),
        }
    }

    /// The chain to `tip`, or to our head when we don't know it, oldest first.
    fn chain_to(&self, from: Height, tip: &BlockHash) -> Places {
        let core = self.core();
        let known = core.block(tip).map(|block| block.hash());
        let mut at = known.unwrap_or_else(|| core.head_hash());
        let mut blocks = Vec::new();
        while let Some(block) = core.block(&at).filter(|b| b.header().height >= from) {
            blocks.push(at);
            at = block.header().parent;
        }
        blocks.reverse();
        let lowest = blocks.first().and_then(|h| core.block(h)).map(|b| b.header().height);
        let end = lowest.unwrap_or(Height(self.finals.height().0.saturating_add(1)));
        let most = u64::try_from(ANSWER_BLOCKS).unwrap_or(u64::MAX);
        let last = Height(from.0.saturating_add(most)).min(end).max(from);
        let left = most.saturating_sub(last.since(from));
        blocks.truncate(usize::try_from(left).unwrap_or(ANSWER_BLOCKS));
        Places { finals: (from, last), blocks }
    }
}
