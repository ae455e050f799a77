//! Blocks for peers: which ones an ask means. They are read by a worker of the shell.

use crate::answers::last_of_its_voters;
use crate::engine::Engine;
use crate::hear::ANSWER_BLOCKS;
use crate::io::{Io, Note, Places};
use crate::wire::Want;
use weft_consensus::PeerId;
use weft_types::check::Known;
use weft_types::{BlockHash, Height};

/// The most bytes of blocks in one answer, unless its first has more.
pub const ANSWER_BYTES: usize = 2 << 20;

impl<K: Known> Engine<K> {
    /// A peer asks for blocks.
    pub(crate) fn serve(&mut self, to: PeerId, ticket: u64, want: &Want) {
        let name = self.peers.name(to).unwrap_or_default();
        if self.budget.allows(name, self.peers.is_kept(to), self.now) {
            let places = self.places(want);
            self.out(Io::Serve { to, ticket, places });
        } else {
            self.note(Note::OverBudget(to));
            self.out(Io::Busy { ticket });
        }
    }

    /// A peer got blocks; one that has left meanwhile has no name any more.
    pub(crate) fn served(&mut self, to: PeerId, bytes: u64) {
        if let Some(name) = self.peers.name(to) {
            self.budget.charge(name, self.peers.is_kept(to), bytes, self.now);
        }
    }

    /// Where the blocks stand that a peer asks for.
    pub(crate) fn places(&self, want: &Want) -> Places {
        match want {
            Want::Block(hash) => Places::Block(*hash),
            Want::Chain { from, tip } => self.chain_to(*from, tip),
        }
    }

    /// The chain to `tip`, or to our head when we don't know it, oldest first, up to where others
    /// vote, so that whoever gets it can say whose turn it was. Of final blocks we know where
    /// that may be, of those that are not final where it is.
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
        let mut last = Height(from.0.saturating_add(most)).min(end).max(from);
        if from < end {
            let view = core.executor().view(&core.head_hash());
            let numbers =
                view.map_or(self.params(), |view| core.executor().ledger().numbers_of(&view));
            let rotates = last_of_its_voters(from, numbers.rotation_blocks);
            let is_within =
                |hash: &BlockHash| core.block(hash).is_some_and(|b| b.header().height <= rotates);
            blocks.retain(is_within);
            last = last.min(Height(rotates.0.saturating_add(1)));
        }
        blocks.truncate(self.of_the_same_voters(&blocks));
        let left = most.saturating_sub(last.since(from));
        blocks.truncate(usize::try_from(left).unwrap_or(ANSWER_BLOCKS));
        Places::Chain { finals: (from, last), blocks }
    }

    /// How many of these blocks, each on the one before it, the voters of the first may make.
    fn of_the_same_voters(&self, blocks: &[BlockHash]) -> usize {
        let tree = self.core().forks().tree();
        let above = |hash: &BlockHash| tree.get(&tree.get(hash)?.header().parent);
        let Some(first) = blocks.first().and_then(above) else { return blocks.len() };
        let same = |hash: &&BlockHash| above(hash).is_some_and(|n| n.schedule == first.schedule);
        blocks.iter().take_while(same).count()
    }
}
