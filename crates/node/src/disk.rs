//! The disk's side of a node: the log, the vote file, and the writes on the way to the next
//! checkpoint.

use crate::error::NodeError;
use weft_consensus::trust::Awaited;
use weft_consensus::{Base, VoteRecord};
use weft_engine::io::Finalized;
use weft_engine::kept::{Kept, Offences};
use weft_ledger::forks::FinalBlock;
use weft_reads::record::Records;
use weft_store::{Entry, Meta, StateChanges, Store};
use weft_types::{BlockHash, Canonical, CheckedBlock, Hash, Header, Height};

/// The last final block, as a checkpoint names it.
struct Last {
    height: Height,
    hash: BlockHash,
    state_root: Hash,
    header: Header,
}

/// The store, and what of the state it does not have yet.
pub(crate) struct Disk {
    pub(crate) store: Store,
    writes: StateChanges,
    last: Option<Last>,
}

impl Disk {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, writes: StateChanges::default(), last: None }
    }

    /// The whole state of a restored base, for a store that has no checkpoint.
    pub(crate) fn whole(&mut self, entries: impl Iterator<Item = (Vec<u8>, Entry)>) {
        for (key, entry) in entries {
            self.writes.0.entry(key).or_insert(Some(entry));
        }
    }

    pub(crate) fn append(&mut self, block: &CheckedBlock) -> Result<(), NodeError> {
        Ok(self.store.append(block)?)
    }

    pub(crate) fn sync(&mut self) -> Result<(), NodeError> {
        Ok(self.store.sync()?)
    }

    pub(crate) fn vote(&mut self, record: &VoteRecord) -> Result<(), NodeError> {
        Ok(self.store.write_vote(&record.to_bytes())?)
    }

    pub(crate) fn keep_rows(&mut self, kept: &Kept) -> Result<(), NodeError> {
        Ok(self.store.write_rows(&kept.to_bytes())?)
    }

    pub(crate) fn keep_offences(&mut self, kept: &Offences) -> Result<(), NodeError> {
        Ok(self.store.write_offences(&kept.to_bytes())?)
    }

    pub(crate) fn wait_for(&mut self, awaited: Option<Awaited>) -> Result<(), NodeError> {
        Ok(self.store.write_awaited(awaited.map(|a| a.to_bytes()).as_deref())?)
    }

    pub(crate) fn mark_final(&mut self, hash: &BlockHash) -> Result<(), NodeError> {
        Ok(self.store.mark_final(hash)?)
    }

    /// Takes a final block: what became of its transactions, and what it wrote.
    pub(crate) fn add(&mut self, finalized: Finalized, records: &Records) {
        let Finalized { block, header } = finalized;
        let FinalBlock { height, hash, state_root, writes, receipts } = block;
        records.add(height, &receipts.txs);
        for write in writes {
            let entry = write.value.map(|v| Entry { slot: write.slot, value: v.to_bytes() });
            self.writes.0.insert(write.key.to_bytes(), entry);
        }
        self.last = Some(Last { height, hash, state_root, header });
    }

    /// Hands a checkpoint of the last final block to the store's thread.
    pub(crate) fn checkpoint(&mut self, base: &Base) -> Result<(), NodeError> {
        let at = base.standing().hash;
        let Some(last) = self.last.take_if(|last| last.hash == at) else {
            let reason =
                format!("a checkpoint of {at} is asked for, which is not the last final block");
            return Err(NodeError::State { reason });
        };
        let Last { height, hash, state_root, header } = last;
        let meta = Meta { height, hash, state_root, header, base: base.to_bytes() };
        Ok(self.store.checkpoint(std::mem::take(&mut self.writes), meta)?)
    }

    /// Looks after the store's thread.
    pub(crate) fn look(&mut self) -> Result<(), NodeError> {
        Ok(self.store.poll()?)
    }

    pub(crate) fn close(self) -> Result<(), NodeError> {
        Ok(self.store.close()?)
    }
}
