//! Hashes with a domain each: a header's hash can never be read as a
//! transaction's (R1).
//!
//! Every domain is a 32-byte key of blake3's keyed mode, fixed here as text, so
//! nothing is derived at run time.

use bincode::{Decode, Encode};

/// A 32-byte blake3 hash. In JSON and on screen: lower-case hex with `0x`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Hash(pub [u8; 32]);

/// The hash of the canonical genesis: which chain this is (R1).
pub type ChainId = Hash;

/// The hash of an unsigned header: which block this is.
pub type BlockHash = Hash;

macro_rules! domains {
    ($($(#[$doc:meta])* $name:ident = $key:literal,)*) => {
        /// What kind of thing is hashed or signed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Domain { $($(#[$doc])* $name,)* }

        impl Domain {
            /// The 32-byte key of this kind, and the domain string of R1.
            #[must_use]
            pub const fn key(self) -> &'static [u8; 32] {
                match self { $(Self::$name => $key,)* }
            }

            /// Every domain there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

domains! {
    /// The canonical genesis; its hash is the chain id.
    Genesis = b"weft v1 genesis                 ",
    /// An unsigned header; its hash is the block's.
    Header = b"weft v1 header                  ",
    /// A header with its signature: how a good one is remembered.
    HeaderSeal = b"weft v1 header seal             ",
    /// An unsigned transaction; its hash is the transaction's id.
    Tx = b"weft v1 transaction             ",
    /// A transaction with its signature: what a block commits to.
    TxSeal = b"weft v1 transaction seal        ",
    /// A vote with its signature: what a work proof commits to.
    VoteSeal = b"weft v1 vote seal               ",
    /// The unsigned body of a share.
    Vote = b"weft v1 vote                    ",
    /// The items that a share carries.
    Items = b"weft v1 items                   ",
    /// A leaf of the tree over a block's transactions or shares.
    ListLeaf = b"weft v1 list leaf               ",
    /// An inner node of that tree.
    ListNode = b"weft v1 list node               ",
    /// A key of the state.
    StateKey = b"weft v1 state key               ",
    /// A value of the state.
    StateValue = b"weft v1 state value             ",
    /// A leaf of the state tree: key, value hash, next key.
    StateLeaf = b"weft v1 state leaf              ",
    /// An inner node of the state tree.
    StateNode = b"weft v1 state node              ",
    /// The state root: tree root and number of slots.
    StateRoot = b"weft v1 state root              ",
    /// A voter's place in the proposer schedule (R4).
    Schedule = b"weft v1 schedule                ",
    /// A hotkey's consent to be registered.
    Consent = b"weft v1 consent                 ",
    /// A stamp: the work of a registration.
    Stamp = b"weft v1 stamp                   ",
    /// What a validator commits to before it reveals a row.
    Commitment = b"weft v1 commitment              ",
    /// A message signed by a person with the wallet.
    Message = b"weft v1 message                 ",
    /// Keys derived from a seed for test networks.
    TestKey = b"weft v1 test key                ",
    /// A record on disk: its checksum.
    Record = b"weft v1 record                  ",
    /// A description of rules; the first bytes of its hash name them (R21).
    Rules = b"weft v1 rules                   ",
    /// A voter's word that a peer is its node's.
    PeerName = b"weft v1 peer name               ",
    /// The trace of a simulation.
    Trace = b"weft v1 trace                   ",
}

impl Hash {
    /// All zero: the parent of genesis and the root of an empty list.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash of `bytes` as a thing of kind `domain`.
    #[must_use]
    pub fn of(domain: Domain, bytes: &[u8]) -> Self {
        Self(blake3::keyed_hash(domain.key(), bytes).into())
    }

    /// The hash of two hashes side by side: an inner node of a tree.
    #[must_use]
    pub fn pair(domain: Domain, left: &Self, right: &Self) -> Self {
        let mut bytes = [0; 64];
        let (a, b) = bytes.split_at_mut(32);
        a.copy_from_slice(&left.0);
        b.copy_from_slice(&right.0);
        Self::of(domain, &bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Why a text is not a value in hex.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// The number of digits is wrong.
    #[error("{got} hex digits where {want} belong")]
    Length {
        /// How many digits the value has.
        want: usize,
        /// How many there were.
        got: usize,
    },
    /// Something else than 0-9, a-f.
    #[error("\"{0}\" is not a hex digit")]
    Digit(char),
}

/// Lower-case hex without a prefix.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS.get(usize::from(n & 15)).copied().unwrap_or(b'?'));
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(*b)]).collect()
}

/// Reads hex, with or without `0x`, either case.
///
/// # Errors
/// [`HexError`] when a character is no hex digit or a digit is missing.
pub fn from_hex(text: &str) -> Result<Vec<u8>, HexError> {
    let text = text.strip_prefix("0x").unwrap_or(text);
    let nibbles = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()).ok_or(HexError::Digit(c)))
        .collect::<Result<Vec<u8>, _>>()?;
    let (pairs, rest) = nibbles.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(HexError::Length { want: nibbles.len().saturating_add(1), got: nibbles.len() });
    }
    Ok(pairs.iter().map(|[high, low]| (high << 4) | low).collect())
}

/// Reads exactly `N` bytes of hex.
///
/// # Errors
/// [`HexError`] when the text is not hex or not of that length.
pub fn array_from_hex<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let bytes = from_hex(text)?;
    <[u8; N]>::try_from(bytes.as_slice()).map_err(|_| HexError::Length {
        want: N.saturating_mul(2),
        got: bytes.len().saturating_mul(2),
    })
}

/// Lower-case hex with `0x` as the text of a type around an array of bytes, on screen and in JSON.
macro_rules! hex_text {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "0x{}", $crate::hash::to_hex(&self.0))
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{self}")
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::hash::HexError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::hash::array_from_hex(text).map(Self)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text: String = serde::Deserialize::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use hex_text;

hex_text!(Hash);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_domain_has_a_key_of_its_own() {
        for (i, a) in Domain::ALL.iter().enumerate() {
            for b in &Domain::ALL[i + 1..] {
                assert_ne!(a.key(), b.key(), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn hex_is_read_back_and_nonsense_is_refused() {
        let hash = Hash::of(Domain::Message, b"x");
        assert_eq!(hash.to_string().parse::<Hash>(), Ok(hash));
        assert_eq!(from_hex("0xabc"), Err(HexError::Length { want: 4, got: 3 }));
        assert_eq!(from_hex("zz"), Err(HexError::Digit('z')));
        assert_eq!(array_from_hex::<2>("aa"), Err(HexError::Length { want: 4, got: 2 }));
    }
}
