//! A block and its transactions as the rules see them.

use weft_types::{Canonical, CheckedTx, Finality, Header, Item, PublicKey, Tx, TxId};

/// A block as the rules see it.
#[derive(Clone, Debug)]
pub struct BlockInput<'a> {
    /// Height, slot and proposer are read; the roots are not.
    pub header: &'a Header,
    /// What the block's proofs made of its parent's standing.
    pub finality: Finality,
    /// The items of the shares for the parent that it carries, voters in key order.
    pub items: Vec<(PublicKey, &'a [Item])>,
    /// The transactions, signatures and sizes checked.
    pub txs: Vec<Offer<'a>>,
}

/// A transaction with what was worked out when it was checked.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The transaction.
    pub tx: &'a Tx,
    /// Its id.
    pub id: TxId,
    /// Its size.
    pub bytes: u32,
}

impl<'a> From<&'a CheckedTx> for Offer<'a> {
    fn from(checked: &'a CheckedTx) -> Self {
        Self { tx: checked.tx(), id: *checked.id(), bytes: checked.bytes() }
    }
}

impl<'a> From<&'a Tx> for Offer<'a> {
    fn from(tx: &'a Tx) -> Self {
        let bytes = u32::try_from(tx.to_bytes().len()).unwrap_or(u32::MAX);
        Self { tx, id: tx.body.id(), bytes }
    }
}
