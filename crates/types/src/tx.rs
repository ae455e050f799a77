//! Transactions: one signer, one nonce, one fee, one call ([`crate::call`]).

use crate::call::Call;
use crate::canonical;
use crate::codec::Canonical;
use crate::hash::{ChainId, Domain, Hash, hex_text};
use crate::key::{PublicKey, SecretKey, Signature};
use crate::signature::signed_raw;
use crate::units::{Height, Netuid, Nonce, Rao};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// The hash of an unsigned transaction; never covers the signature.
pub type TxId = Hash;

/// What a hotkey signs to be registered: nobody can register a key they don't hold,
/// or take over a registration seen in the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Consent {
    /// Who will own the neuron.
    pub coldkey: PublicKey,
    /// Who consents.
    pub hotkey: PublicKey,
    /// Where.
    pub netuid: Netuid,
    /// A recent height, so that a consent does not live for ever.
    pub height: Height,
}

/// The first bytes of a chain id: enough to say "that was for another chain". The
/// whole id is signed (R1), not sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct ChainTag(pub [u8; 4]);

impl ChainTag {
    /// The tag of a chain.
    #[must_use]
    pub fn of(chain: &ChainId) -> Self {
        Self(chain.0.first_chunk().copied().unwrap_or_default())
    }
}

hex_text!(ChainTag);

/// The signed part of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct TxBody {
    /// The chain it is for.
    pub chain: ChainTag,
    /// Who signs and pays.
    pub signer: PublicKey,
    /// The signer's paying transactions so far; 0 in a free call.
    pub nonce: Nonce,
    /// What the signer pays, of which the proposer's coldkey earns a part; 0 in a free call.
    pub fee: Rao,
    /// The last height whose block may carry it.
    pub valid_until: Option<Height>,
    /// What it does.
    pub call: Call,
}

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Tx {
    /// What is signed.
    pub body: TxBody,
    /// The signer's signature.
    pub signature: Signature,
}

canonical!(Consent, 256);
canonical!(TxBody, 32 << 10);
canonical!(Tx, 32 << 10);
canonical!(Vec<Tx>, 1 << 20);

impl TxBody {
    /// The transaction's id: the hash of its body.
    #[must_use]
    pub fn id(&self) -> TxId {
        Hash::of(Domain::Tx, &self.to_bytes())
    }

    /// Signs this body for a chain.
    #[must_use]
    pub fn sign(self, key: &SecretKey, chain: &ChainId) -> Tx {
        let signature = key.sign(&signed_raw(Domain::Tx, chain, &self.to_bytes()));
        Tx { body: self, signature }
    }
}
