//! One value, one encoding (R2).
//!
//! Fixed-width little-endian bincode with a size limit per type. A value is
//! decoded only when nothing trails it and when encoding it again gives the very
//! same bytes, so two byte strings never mean the same thing. Types that are
//! encoded hold no map, set, float, `usize` or zero-sized element; lists that
//! stand for sets are sorted and checked where they are read.
//!
//! The library is private to this file: what replaces it must give these bytes,
//! which golden tests hold.

use bincode::{Decode, Encode};

/// Why bytes are not a canonical value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// More bytes than the kind may have.
    #[error("{kind} of {got} bytes is over its limit of {limit}")]
    TooLarge {
        /// What was decoded.
        kind: &'static str,
        /// Its limit in bytes.
        limit: usize,
        /// How many there were.
        got: usize,
    },
    /// The bytes break off, hold an unknown tag, or claim a length they don't have.
    #[error("bytes are no {kind}: {reason}")]
    Malformed {
        /// What was decoded.
        kind: &'static str,
        /// What the decoder found.
        reason: String,
    },
    /// Bytes are left over.
    #[error("{left} bytes trail the {kind}")]
    Trailing {
        /// What was decoded.
        kind: &'static str,
        /// How many are left.
        left: usize,
    },
    /// The bytes mean a value whose one encoding is another.
    #[error("this is not the canonical encoding of the {kind}")]
    NotCanonical {
        /// What was decoded.
        kind: &'static str,
    },
}

/// A type with exactly one encoding.
pub trait Canonical: Encode + Decode<()> + Sized {
    /// The name used in errors.
    const KIND: &'static str;
    /// The most bytes one value may take.
    const MAX_BYTES: usize;

    /// The encoding.
    fn to_bytes(&self) -> Vec<u8>;

    /// The value of exactly these bytes.
    ///
    /// # Errors
    /// [`CodecError`] when they are too many, no such value, trailed or not canonical.
    fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError>;
}

/// Implements [`Canonical`] for a type that derives bincode's traits, with a limit in
/// bytes: `canonical!(Header, 512)`.
#[macro_export]
macro_rules! canonical {
    ($name:ty, $limit:expr) => {
        impl $crate::codec::Canonical for $name {
            const KIND: &'static str = stringify!($name);
            const MAX_BYTES: usize = $limit;

            fn to_bytes(&self) -> Vec<u8> {
                $crate::codec::encode(self)
            }

            fn from_bytes(bytes: &[u8]) -> Result<Self, $crate::codec::CodecError> {
                $crate::codec::decode::<Self, { $limit }>(bytes)
            }
        }
    };
}

/// The encoding of any encodable value; [`Canonical::to_bytes`] is the way to it.
#[must_use]
pub fn encode<T: Encode>(value: &T) -> Vec<u8> {
    let config = bincode::config::standard().with_little_endian().with_fixed_int_encoding();
    bincode::encode_to_vec(value, config)
        .expect("writing to memory fails for no type that is encoded here")
}

/// The value of exactly these bytes; [`Canonical::from_bytes`] is the way to it.
///
/// # Errors
/// [`CodecError`] when they are too many, no such value, trailed or not canonical.
pub fn decode<T: Canonical, const LIMIT: usize>(bytes: &[u8]) -> Result<T, CodecError> {
    let kind = T::KIND;
    if bytes.len() > LIMIT {
        return Err(CodecError::TooLarge { kind, limit: LIMIT, got: bytes.len() });
    }
    let config = bincode::config::standard()
        .with_little_endian()
        .with_fixed_int_encoding()
        .with_limit::<LIMIT>();
    let (value, used) = bincode::decode_from_slice::<T, _>(bytes, config)
        .map_err(|e| CodecError::Malformed { kind, reason: e.to_string() })?;
    if used != bytes.len() {
        return Err(CodecError::Trailing { kind, left: bytes.len().saturating_sub(used) });
    }
    if value.to_bytes() != bytes {
        return Err(CodecError::NotCanonical { kind });
    }
    Ok(value)
}
