//! Blocks to keep, and a directory to keep them in.

use std::path::PathBuf;
use weft_store::{Entry, Meta, Recovered, StateChanges, Store, StoreError};
use weft_types::check::{seal_block, seals_of};
use weft_types::{
    Block, BlockHash, ChainId, CheckedBlock, Hash, Header, Height, PublicKey, Round, SecretKey,
    Slot, Work,
};

pub const CHAIN: ChainId = Hash([7; 32]);

/// A block on `parent` (height, hash); `salt` tells siblings apart.
pub fn block((height, parent): (u64, BlockHash), salt: u64) -> CheckedBlock {
    let header = Header {
        version: 1,
        signal: weft_types::RulesId::NONE,
        slot: Slot(salt),
        round: Round(height + 1),
        height: Height(height + 1),
        parent,
        proposer: PublicKey([3; 32]),
        txs_root: Hash::ZERO,
        proof_root: Hash::ZERO,
        state_root: Hash([9; 32]),
        work: Work(u128::from(salt)),
    };
    let sealed = seal_block(header, (&SecretKey::from_seed([1; 32]), &CHAIN), vec![], None, vec![]);
    assert_eq!(seals_of(&sealed).count(), 0);
    sealed
}

/// The first `count` blocks of a chain without forks.
pub fn line(count: u64) -> Vec<CheckedBlock> {
    let mut at = (0, CHAIN);
    (0..count)
        .map(|salt| {
            let next = block(at, salt);
            at = (at.0 + 1, next.hash());
            next
        })
        .collect()
}

pub struct Place(tempfile::TempDir);

impl Place {
    pub fn bare() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn new() -> Self {
        let place = Self::bare();
        Store::init(&place.dir(), CHAIN, b"never voted").unwrap();
        place
    }

    pub fn dir(&self) -> PathBuf {
        self.0.path().join("data")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    pub fn open(&self) -> (Store, Recovered) {
        self.try_open().unwrap()
    }

    pub fn try_open(&self) -> Result<(Store, Recovered), StoreError> {
        Store::open(&self.dir(), CHAIN)
    }

    /// A directory that holds these blocks, closed.
    pub fn with(blocks: &[CheckedBlock]) -> Self {
        let place = Self::new();
        let mut store = place.open().0;
        blocks.iter().for_each(|b| store.append(b).unwrap());
        store.close().unwrap();
        place
    }
}

pub fn meta(block: &CheckedBlock) -> Meta {
    let header = block.header().clone();
    Meta {
        height: header.height,
        hash: block.hash(),
        state_root: header.state_root,
        header,
        base: vec![7; 100],
    }
}

pub fn changes(list: &[(u8, Option<u8>)]) -> StateChanges {
    let entry = |value: u8| Entry { slot: u32::from(value) << 20, value: vec![value; 3] };
    StateChanges(list.iter().map(|(key, v)| (vec![*key], v.map(entry))).collect())
}

pub fn plain(blocks: &[CheckedBlock]) -> Vec<Block> {
    blocks.iter().map(|b| b.block().clone()).collect()
}

pub fn tail(recovered: Recovered) -> Vec<Block> {
    recovered.tail.map(Result::unwrap).collect()
}
