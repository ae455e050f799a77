//! Addresses: a public key as bech32m text with one prefix per network
//! (BIP-350), so that a test address is never paid on main.

use crate::key::PublicKey;
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32m, Hrp};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which kind of network a chain is; fixed in its genesis.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// The public chain.
    Main,
    /// A public test chain.
    Test,
    /// A chain on one machine or in one room.
    Local,
    /// A chain that exists to be measured.
    Bench,
}

impl Network {
    /// All networks.
    pub const ALL: [Self; 4] = [Self::Main, Self::Test, Self::Local, Self::Bench];

    /// The human-readable part of its addresses.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Main => "weft",
            Self::Test => "weftt",
            Self::Local => "weftl",
            Self::Bench => "weftb",
        }
    }

    /// The name in commands and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Test => "test",
            Self::Local => "local",
            Self::Bench => "bench",
        }
    }
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not bech32m, or a character was changed.
    #[error("\"{text}\" is not an address: {reason}")]
    Malformed {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A prefix no network has.
    #[error(
        "no network has the prefix \"{0}\"; addresses begin with weft1, weftt1, weftl1 or weftb1"
    )]
    Prefix(String),
    /// The data is not 32 bytes.
    #[error("an address holds 32 bytes, this one {0}")]
    Length(usize),
}

/// A public key on a network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address {
    /// Where it is valid.
    pub network: Network,
    /// Whose it is.
    pub key: PublicKey,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hrp = Hrp::parse(self.network.prefix()).map_err(|_| fmt::Error)?;
        bech32::encode_lower_to_fmt::<Bech32m, _>(f, hrp, &self.key.0).map_err(|_| fmt::Error)
    }
}

impl std::str::FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let parsed = CheckedHrpstring::new::<Bech32m>(text).map_err(|e| {
            AddressError::Malformed { text: text.to_owned(), reason: e.to_string() }
        })?;
        let prefix = parsed.hrp().to_lowercase();
        let network = Network::ALL
            .into_iter()
            .find(|n| n.prefix() == prefix)
            .ok_or(AddressError::Prefix(prefix))?;
        let bytes: Vec<u8> = parsed.byte_iter().collect();
        let key = <[u8; 32]>::try_from(bytes.as_slice())
            .map_err(|_| AddressError::Length(bytes.len()))?;
        let address = Self { network, key: PublicKey(key) };
        // Padding bits are not read; only the one encoding counts.
        if address.to_string() != text.to_ascii_lowercase() {
            let reason = "its padding is not zero".to_owned();
            return Err(AddressError::Malformed { text: text.to_owned(), reason });
        }
        Ok(address)
    }
}
