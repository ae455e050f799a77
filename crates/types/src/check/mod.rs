//! From values to checked values: signatures, roots and digests, sizes and fees.
//!
//! Everything that can be said of a transaction, share or block without any state
//! is said here, cheap checks first, and only here can a `Checked*` value be built.
//! What is left for later rooms is state: nonces and balances (ledger), slots,
//! parents, proposers, voters (consensus).
//!
//! A signature is looked at once per node: the caller remembers the seals of what
//! was good ([`Known`]) and those are not verified again inside a block.

mod block;
mod error;
mod share;
mod tx;

pub use block::{block_fits_rules, check_block, seal_block};
pub use error::{BlockError, ShareError, TxError};
pub use share::{check_share, own_share, shares_of};
pub use tx::{check_txs, fits_rules, seal_of, seals_of};

use crate::block::Block;
use crate::hash::{BlockHash, Hash};
use crate::header::Header;
use crate::key::{PublicKey, Signature};
use crate::share::Share;
use crate::signature::Claim;
use crate::tx::{Tx, TxId};
use crate::units::Rao;

/// Remembers what was verified before, by seal.
pub trait Known {
    /// Whether the signature under this seal was found good.
    fn knows(&self, seal: &Hash) -> bool;
}

/// Remembers nothing.
impl Known for () {
    fn knows(&self, _: &Hash) -> bool {
        false
    }
}

/// A transaction whose signature, size and fee are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedTx {
    tx: Tx,
    id: TxId,
    seal: Hash,
    bytes: u32,
    least: Rao,
}

/// A share whose signature, digest and size are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedShare {
    share: Share,
    seal: Hash,
}

/// A block whose signatures, roots, digests and sizes are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedBlock {
    block: Block,
    hash: BlockHash,
    ids: Vec<TxId>,
    sizes: Vec<u32>,
    bytes: u32,
}

impl CheckedTx {
    /// The transaction.
    #[must_use]
    pub const fn tx(&self) -> &Tx {
        &self.tx
    }
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &TxId {
        &self.id
    }
    /// The hash of transaction and signature.
    #[must_use]
    pub const fn seal(&self) -> &Hash {
        &self.seal
    }
    /// Its size.
    #[must_use]
    pub const fn bytes(&self) -> u32 {
        self.bytes
    }
    /// The least fee of its size and calls; nothing when it is free.
    #[must_use]
    pub const fn least_fee(&self) -> Rao {
        self.least
    }
}

impl CheckedShare {
    /// The share.
    #[must_use]
    pub const fn share(&self) -> &Share {
        &self.share
    }
    /// The hash of vote and signature.
    #[must_use]
    pub const fn seal(&self) -> &Hash {
        &self.seal
    }
}

impl CheckedBlock {
    /// The block.
    #[must_use]
    pub const fn block(&self) -> &Block {
        &self.block
    }
    /// Its unsigned header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        self.block.header()
    }
    /// Its hash.
    #[must_use]
    pub const fn hash(&self) -> BlockHash {
        self.hash
    }
    /// The ids of its transactions, in order.
    #[must_use]
    pub fn tx_ids(&self) -> &[TxId] {
        &self.ids
    }
    /// The sizes of its transactions, in order.
    #[must_use]
    pub fn tx_bytes(&self) -> &[u32] {
        &self.sizes
    }
    /// Its size.
    #[must_use]
    pub const fn bytes(&self) -> u32 {
        self.bytes
    }
}
const fn claim(key: PublicKey, signature: Signature, message: &[u8]) -> Claim<'_> {
    Claim { key, signature, message }
}
