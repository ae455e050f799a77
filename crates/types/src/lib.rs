//! The words every other room speaks: units, keys, the canonical encoding,
//! transactions, weight rows, shares, headers, blocks and genesis.
//!
//! A value that came from outside enters here as bytes, is decoded by [`codec`]
//! (one value, one encoding), and is checked by [`check`], which alone can build
//! the `Checked*` types that the rest of the chain works on.
//!
//! Not in this room: any rule about state (the ledger's), about forks or votes
//! (consensus'), and any IO, clock or randomness. The one place that needs random
//! numbers, batch verification, is given a generator by its caller.
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)
)]

pub mod address;
pub mod block;
pub mod call;
pub mod check;
pub mod codec;
pub mod endpoint;
pub mod evidence;
pub mod executor;
pub mod genesis;
pub mod hash;
pub mod header;
pub mod hyperparameters;
pub mod key;
pub mod key_text;
pub mod merkle;
pub mod params;
pub mod room;
pub mod row;
pub mod rules;
pub mod share;
pub mod signature;
pub mod ss58;
pub mod stamp;
pub mod text;
pub mod tx;
pub mod units;
mod wide;

pub use address::{Address, Network};
pub use block::{Block, CatchUp};
pub use call::{BatchCall, Call, Identity};
pub use check::{CheckedBlock, CheckedShare, CheckedTx};
pub use codec::Canonical;
pub use endpoint::Endpoint;
pub use evidence::{Evidence, EvidenceError, Offence};
pub use genesis::Genesis;
pub use hash::{BlockHash, ChainId, Domain, Hash};
pub use header::{Header, SignedHeader};
pub use hyperparameters::{Hyperparameters, Parameter};
pub use key::{PublicKey, SecretKey, Signature};
pub use params::{Limits, Params};
pub use row::{Commitment, Reveal, WeightRow};
pub use rules::{Program, Rules, RulesId, Version};
pub use share::{Checkpoint, Finality, Item, Share, SignedVote, Vote, Voter, VoterSet, VoterSets};
pub use tx::{ChainTag, Tx, TxBody, TxId};
pub use units::{Height, Millis, Netuid, Nonce, Power, Rao, Round, Slot, Uid, Wide, Work};
