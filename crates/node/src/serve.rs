//! Blocks for peers: which ones an ask means, and how many of them one answer holds.
//!
//! A block that can't be read from the log is answered as if we did not have it: a
//! peer's question never stops the node, and another peer has the block.

use crate::engine::Engine;
use crate::error::NodeError;
use crate::wire::{self, Answer, pack};
use weft_consensus::Want;
use weft_types::{Block, BlockHash, Canonical, Height};

/// The most bytes of blocks in one answer, below what gossip lets through.
const ANSWER_BYTES: usize = 6 << 20;

/// The most blocks in one answer.
pub const ANSWER_BLOCKS: usize = 128;

impl Engine {
    /// The blocks a peer asks for, encoded; none when we don't have them.
    pub(crate) fn serve(&mut self, want: &Want) -> Vec<u8> {
        let hashes = match want {
            Want::Block(hash) => vec![*hash],
            Want::Chain { from, tip } => self.chain_to(*from, tip),
        };
        let (blocks, unread) = gather(&hashes, |hash| self.block(hash));
        if let Some((hash, error)) = unread {
            self.metrics.unread.inc();
            tracing::error!(%hash, %error, "a block in the log can't be read; a peer was told that it is not here");
        }
        pack(wire::Kind::Answer, &Answer::Blocks(blocks).to_bytes())
    }

    /// Hashes of the chain to `tip`, or to our head when we don't know it, oldest first.
    fn chain_to(&self, from: Height, tip: &BlockHash) -> Vec<BlockHash> {
        let known = self.core.block(tip).map(|block| block.hash());
        let mut at = known.unwrap_or_else(|| self.core.head_hash());
        let mut unfinal = Vec::new();
        while let Some(block) = self.core.block(&at).filter(|b| b.header().height >= from) {
            unfinal.push(at);
            at = block.header().parent;
        }
        let lowest = unfinal.last().and_then(|h| self.core.block(h)).map(|b| b.header().height);
        let end = lowest.unwrap_or(Height(self.finals.height().0.saturating_add(1)));
        let last = Height(from.0.saturating_add(ANSWER_BLOCKS as u64)).min(end);
        let finals = (from.0..last.0).map_while(|h| self.store.final_hash(Height(h)));
        finals.chain(unfinal.into_iter().rev()).collect()
    }
}

/// The first of these blocks that fit into an answer, up to one that we don't have or
/// can't read; that one is said.
fn gather(
    hashes: &[BlockHash],
    read: impl Fn(&BlockHash) -> Result<Option<Block>, NodeError>,
) -> (Vec<Vec<u8>>, Option<(BlockHash, NodeError)>) {
    let (mut blocks, mut bytes) = (Vec::new(), 0_usize);
    for hash in hashes.iter().take(ANSWER_BLOCKS) {
        match read(hash) {
            Ok(Some(block)) => {
                let block = block.to_bytes();
                bytes = bytes.saturating_add(block.len());
                if bytes > ANSWER_BYTES && !blocks.is_empty() {
                    break;
                }
                blocks.push(block);
            }
            Ok(None) => break,
            Err(error) => return (blocks, Some((*hash, error))),
        }
    }
    (blocks, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_store::Store;
    use weft_types::check::seal_block;
    use weft_types::{
        ChainId, CheckedBlock, Hash, Header, PublicKey, Round, SecretKey, Slot, Work,
    };

    const CHAIN: ChainId = Hash([7; 32]);

    fn hash_of(block: &[u8]) -> BlockHash {
        Block::from_bytes(block).unwrap().hash()
    }

    fn line(count: u64) -> Vec<CheckedBlock> {
        let mut parent = CHAIN;
        let mut block = |height: u64| {
            let header = Header {
                version: 1,
                signal: weft_types::RulesId::NONE,
                slot: Slot(height),
                round: Round(height),
                height: Height(height),
                parent,
                proposer: PublicKey([3; 32]),
                txs_root: Hash::ZERO,
                proof_root: Hash::ZERO,
                state_root: Hash::ZERO,
                work: Work::ZERO,
            };
            let key = SecretKey::from_seed([1; 32]);
            let block = seal_block(header, (&key, &CHAIN), vec![], None, vec![]);
            parent = block.hash();
            block
        };
        (1..=count).map(&mut block).collect()
    }

    #[test]
    fn an_answer_holds_so_many_blocks_and_no_more() {
        let blocks = line(300);
        let hashes: Vec<_> = blocks.iter().map(CheckedBlock::hash).collect();
        let find = |hash: &BlockHash| {
            Ok(blocks.iter().find(|b| b.hash() == *hash).map(|b| b.block().clone()))
        };
        let (found, unread) = gather(&hashes, find);
        assert_eq!((found.len(), ANSWER_BLOCKS, unread.is_none()), (128, 128, true));
        assert_eq!(found.last().map(|b| hash_of(b)), Some(hashes[127]));
    }

    #[test]
    fn a_damaged_block_is_absent_for_a_peer_and_stops_nothing() {
        use std::os::unix::fs::FileExt as _;
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("data");
        Store::init(&dir, CHAIN, b"never voted").unwrap();
        let mut store = Store::open(&dir, CHAIN).unwrap().0;
        let blocks = line(3);
        blocks.iter().for_each(|block| store.append(block).unwrap());
        store.sync().unwrap();
        let log = std::fs::File::options().write(true).open(dir.join("blocks.log")).unwrap();
        let end = log.metadata().unwrap().len();
        log.write_all_at(&[0xff; 8], end - 8).unwrap();
        let hashes: Vec<_> = blocks.iter().map(CheckedBlock::hash).collect();
        let (found, unread) = gather(&hashes, |hash| Ok(store.block(hash)?));
        assert_eq!(found.iter().map(|b| hash_of(b)).collect::<Vec<_>>(), hashes[..2]);
        let (hash, error) = unread.expect("the damage is said");
        assert_eq!(hash, hashes[2]);
        assert!(error.to_string().contains("is damaged at byte"), "{error}");
    }
}
