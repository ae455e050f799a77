//! SS58, the addresses of the live Bittensor network: read, never written.

use crate::key::PublicKey;
use blake2::{Blake2b512, Digest};

/// The prefix of the live network and of generic Substrate keys.
const PREFIX: u8 = 42;

/// Prefix, key and checksum.
const BYTES: usize = 35;

/// What is hashed before the address for its checksum.
const CONTEXT: &[u8] = b"SS58PRE";

/// Why a text is no SS58 address that is read here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ss58Error {
    /// It holds a character that base58 has not, or is far too long.
    #[error("\"{0}\" is no base58 text")]
    NotBase58(String),
    /// It is too short or too long.
    #[error("an SS58 address of a key has {BYTES} bytes, this one {0}")]
    Length(usize),
    /// It is of another network.
    #[error("the SS58 address has prefix {0}; only {PREFIX} is read here")]
    Prefix(u8),
    /// A character was changed.
    #[error("the checksum of the SS58 address \"{0}\" is wrong; copy it again")]
    Checksum(String),
}

impl Ss58Error {
    /// The error's name in answers.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotBase58(_) => "Ss58NotBase58",
            Self::Length(_) => "Ss58Length",
            Self::Prefix(_) => "Ss58Prefix",
            Self::Checksum(_) => "Ss58Checksum",
        }
    }
}

/// Whether a text that is no other kind of key was meant as an SS58 address: letters and
/// digits, about as many as one has. A slip in it is then named as what it is.
#[must_use]
pub fn meant(text: &str) -> bool {
    (44..=52).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The key that an SS58 address names.
///
/// # Errors
/// [`Ss58Error`] says what is wrong with the text.
pub fn read(text: &str) -> Result<PublicKey, Ss58Error> {
    let shown = || text.chars().take(64).collect::<String>();
    if text.len() > 64 {
        return Err(Ss58Error::NotBase58(shown()));
    }
    let bytes = bs58::decode(text).into_vec().map_err(|_| Ss58Error::NotBase58(shown()))?;
    let length = bytes.len();
    let bytes = <[u8; BYTES]>::try_from(bytes).map_err(|_| Ss58Error::Length(length))?;
    let (body, sum) = bytes.split_at(BYTES.saturating_sub(2));
    let (prefix, key) = body.split_first().ok_or(Ss58Error::Length(length))?;
    if *prefix != PREFIX {
        return Err(Ss58Error::Prefix(*prefix));
    }
    let hash = Blake2b512::new().chain_update(CONTEXT).chain_update(body).finalize();
    if !hash.starts_with(sum) {
        return Err(Ss58Error::Checksum(shown()));
    }
    <[u8; 32]>::try_from(key).map(PublicKey).map_err(|_| Ss58Error::Length(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A well-known development address and the key behind it.
    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    const KEY: &str = "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";

    #[test]
    fn a_known_address_names_its_key() {
        assert_eq!(read(ALICE), Ok(KEY.parse().unwrap()));
    }

    #[test]
    fn every_slip_of_one_character_is_caught() {
        for place in 0..ALICE.len() {
            let mut text: Vec<u8> = ALICE.bytes().collect();
            text[place] = if text[place] == b'7' { b'8' } else { b'7' };
            assert!(read(std::str::from_utf8(&text).unwrap()).is_err(), "place {place}");
        }
    }

    #[test]
    fn another_length_or_prefix_is_named() {
        assert!(matches!(read("abc"), Err(Ss58Error::Length(_))));
        assert!(matches!(read("0OIl"), Err(Ss58Error::NotBase58(_))));
        assert!(matches!(read(&"1".repeat(65)), Err(Ss58Error::NotBase58(_))));
        // The same key under the prefix of another chain.
        let other = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5";
        assert_eq!(read(other), Err(Ss58Error::Prefix(0)));
    }
}
