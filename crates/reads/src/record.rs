//! What became of transactions that are final, for those who ask a while later: as bytes,
//! bounded.
//!
//! A receipt in memory is many times as large as what it says, and a batch of a hundred
//! calls has a hundred times as many events as one call; counted in pieces, receipts of new
//! accounts took most of a node's memory. So each is written down, in less than half of the
//! bytes that it takes as text, and the oldest go when all together are too long. Older ones
//! are in the blocks.

use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use weft_ledger::rules::{Events, TxReceipt};
use weft_types::codec::encode;
use weft_types::{Canonical, Height, Rao, TxId};

/// Bytes of all that is remembered.
const BYTES: usize = 8 << 20;

/// What an entry takes besides what is written down: its name twice, its place, and what the
/// tables and the allocator add.
const ENTRY: usize = 192;

/// Where a transaction stands.
#[derive(Clone, Debug)]
pub struct Landed {
    /// In the block of this height.
    pub height: Height,
    /// At this position.
    pub index: usize,
    outcome: Outcome,
}

/// Transactions by name, and the order in which they are forgotten.
#[derive(Debug, Default)]
pub struct Record {
    landed: HashMap<TxId, Landed>,
    order: VecDeque<TxId>,
    bytes: usize,
}

/// What became of it: what it did as the ledger writes it down, or why it failed as it will
/// be said.
#[derive(Clone, Debug)]
enum Outcome {
    Ran(Rao, Box<[u8]>),
    Failed(Box<str>),
}

impl Landed {
    /// What `tx_get` says of it beside its place: `status` and `receipt`, and `error` when
    /// it failed.
    #[must_use]
    pub fn said(&self, id: TxId) -> Value {
        match &self.outcome {
            Outcome::Ran(fee, events) => {
                let Events(events) = Events::from_bytes(events).expect("they were written here");
                let receipt = TxReceipt { id, fee: *fee, result: Ok(()), events };
                json!({ "status": "finalized", "receipt": receipt })
            }
            Outcome::Failed(said) => serde_json::from_str(said).unwrap_or(Value::Null),
        }
    }

    fn bytes(&self) -> usize {
        let said = match &self.outcome {
            Outcome::Ran(_, events) => events.len(),
            Outcome::Failed(said) => said.len(),
        };
        said.saturating_add(ENTRY)
    }
}

fn outcome(receipt: &TxReceipt) -> Outcome {
    let Err(error) = &receipt.result else {
        return Outcome::Ran(receipt.fee, encode(&receipt.events).into_boxed_slice());
    };
    let said = crate::told::told(error);
    let mut error = said.data();
    error["message"] = json!(said.message);
    let said = json!({ "status": "failed", "receipt": receipt, "error": error });
    Outcome::Failed(said.to_string().into_boxed_str())
}

impl Record {
    /// Takes what became of a transaction, and forgets the oldest until there is room.
    pub fn add(&mut self, (height, index): (Height, usize), receipt: &TxReceipt) {
        let id = receipt.id;
        let landed = Landed { height, index, outcome: outcome(receipt) };
        self.bytes = self.bytes.saturating_add(landed.bytes());
        match self.landed.insert(id, landed) {
            Some(old) => self.bytes = self.bytes.saturating_sub(old.bytes()),
            None => self.order.push_back(id),
        }
        while self.bytes > BYTES {
            let Some(oldest) = self.order.pop_front() else { return };
            let gone = self.landed.remove(&oldest).map_or(0, |landed| landed.bytes());
            self.bytes = self.bytes.saturating_sub(gone);
        }
    }

    /// What became of a transaction.
    #[must_use]
    pub fn get(&self, id: &TxId) -> Option<&Landed> {
        self.landed.get(id)
    }
}

/// The same, shared by the loop that adds and those who read.
#[derive(Clone, Debug, Default)]
pub struct Records(Arc<Mutex<Record>>);

impl Records {
    fn held(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what became of the transactions of a final block, in their order.
    pub fn add(&self, height: Height, receipts: &[TxReceipt]) {
        let mut record = self.held();
        for (index, receipt) in receipts.iter().enumerate() {
            record.add((height, index), receipt);
        }
    }

    /// What became of a transaction.
    #[must_use]
    pub fn get(&self, id: &TxId) -> Option<Landed> {
        self.held().get(id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_ledger::rules::{CallError, Event};
    use weft_types::{Hash, PublicKey};

    fn id(n: u64) -> TxId {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&n.to_le_bytes());
        Hash(bytes)
    }

    fn receipt(n: u64, events: usize) -> TxReceipt {
        let (hotkey, coldkey) = (PublicKey([3; 32]), PublicKey([4; 32]));
        let event = Event::StakeAdded { hotkey, coldkey, amount: Rao(n) };
        TxReceipt { id: id(n), fee: Rao(5), result: Ok(()), events: vec![event; events] }
    }

    /// A4
    #[test]
    fn what_became_of_transactions_is_remembered_by_bytes() {
        for events in [1, 500] {
            let mut all = Record::default();
            all.add((Height(0), 7), &receipt(0, events));
            let fit = u64::try_from(BYTES / all.bytes).unwrap();
            for n in 1..2 * fit {
                all.add((Height(n), 7), &receipt(n, events));
                assert!(all.bytes <= BYTES && all.landed.len() == all.order.len());
            }
            assert!(all.get(&id(fit / 2)).is_none(), "{events}: the oldest are forgotten");
            let last = all.get(&id(2 * fit - 1)).unwrap();
            assert_eq!((last.height, last.index), (Height(2 * fit - 1), 7));
            let said = last.said(id(2 * fit - 1));
            assert_eq!(said["status"], json!("finalized"));
            assert_eq!(said["receipt"], json!(receipt(2 * fit - 1, events)));
            let text = said.to_string().len();
            assert!(last.bytes() - ENTRY < text / 2, "{events}: {} of {text}", last.bytes());
            assert!(all.bytes > BYTES / 2, "{events}: there is room for many");
        }
    }

    #[test]
    fn what_failed_says_why() {
        let mut all = Record::default();
        let failed = TxReceipt { result: Err(CallError::OutOfRange), ..receipt(1, 1) };
        all.add((Height(1), 0), &failed);
        let said = all.get(&id(1)).unwrap().said(id(1));
        assert_eq!(said["status"], json!("failed"));
        assert_eq!(said["error"]["name"], json!(CallError::OutOfRange.name()));
        assert!(all.get(&id(2)).is_none());
    }
}
