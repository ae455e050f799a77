//! What the pool asks of a state, how much it holds, and what it counts.

use weft_types::{Nonce, PublicKey, Rao, TxBody};

/// What the pool needs to know of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Its free coins.
    pub free: Rao,
    /// Its paying transactions so far.
    pub nonce: Nonce,
}

/// A state, as far as the pool looks at it.
pub trait Accounts {
    /// An account; one that does not exist is empty.
    fn account(&self, key: &PublicKey) -> Account;

    /// Whether a call that is not paid from free coins could be carried by the next
    /// block: a free call must succeed, `remove_stake` must free enough for its fee.
    fn allows(&self, body: &TxBody) -> bool;

    /// Whether the rules of the next block let a transaction be in a block at all: it was
    /// checked by the widest numbers of all rules, and those may be narrower (R21).
    fn is_good(&self, body: &TxBody) -> bool;

    /// What the next block asks for opening an account: nothing where there is one, none
    /// when the state is full.
    fn opening(&self, key: &PublicKey) -> Option<Rao>;
}

/// How much the pool holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Transactions in all.
    pub txs: usize,
    /// Their bytes in all.
    pub bytes: u64,
    /// Transactions of one signer.
    pub per_signer: usize,
    /// Their bytes.
    pub signer_bytes: u64,
    /// How far above the account's a nonce may be: the queue of future ones.
    pub nonces_ahead: u64,
    /// Free calls of a kind but reports; part of `txs`. Of what can wait half as many (R19).
    pub free: usize,
    /// Reports in all; part of `txs`.
    pub reports: usize,
    /// Reports of one hotkey's offences.
    pub of_offender: usize,
    /// Blocks after which what still waits is dropped.
    pub lifetime_blocks: u64,
    /// The same behind the height that a free call names: no block takes it later.
    pub free_blocks: u64,
    /// The same behind the height that a stamp names.
    pub stamp_blocks: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            txs: 200_000,
            bytes: 64 << 20,
            per_signer: 2_048,
            signer_bytes: 1 << 20,
            nonces_ahead: 1_024,
            free: 20_000,
            reports: 1_024,
            of_offender: 4,
            lifetime_blocks: 1_000,
            free_blocks: 100,
            stamp_blocks: 16,
        }
    }
}

/// What the pool holds and what became of the rest. Counts since start, but `txs`,
/// `bytes`, `free` and `signers`, which are now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Transactions that wait.
    pub txs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Free calls among them.
    pub free: u64,
    /// How many signers they have.
    pub signers: u64,
    /// Taken in.
    pub added: u64,
    /// Replaced by one of the same nonce that pays more.
    pub replaced: u64,
    /// Refused.
    pub refused: u64,
    /// Dropped for a better one when the pool was full.
    pub evicted: u64,
    /// Dropped because their time was over.
    pub expired: u64,
    /// Dropped because a final block carried them or used their nonce.
    pub finalized: u64,
}
