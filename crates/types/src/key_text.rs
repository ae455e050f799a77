//! A key as people write it: 64 digits of hex, an address of this chain's network, or an
//! SS58 address of the live network. One reading for commands, RPC and files.

use crate::address::{Address, AddressError, Network};
use crate::key::PublicKey;
use crate::ss58::{self, Ss58Error};

/// Why a text names no key here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// It is an address of another network, where it would be paid by mistake.
    #[error("{text} is an address of {}, this is {}", of.name(), here.name())]
    OtherNetwork {
        /// The address.
        text: String,
        /// Whose it is.
        of: Network,
        /// Which was meant to read it.
        here: Network,
    },
    /// It looks like an SS58 address and is none that is read.
    #[error(transparent)]
    Ss58(#[from] Ss58Error),
    /// It is neither.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl KeyTextError {
    /// The error's name in answers.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OtherNetwork { .. } => "OtherNetwork",
            Self::Ss58(error) => error.name(),
            Self::Address(_) => "BadKey",
        }
    }
}

/// The key that a text names on a network; on any, when none is given.
///
/// # Errors
/// [`KeyTextError`] says what the text is instead.
pub fn read(text: &str, here: Option<Network>) -> Result<PublicKey, KeyTextError> {
    if let Ok(key) = text.parse::<PublicKey>() {
        return Ok(key);
    }
    match text.parse::<Address>() {
        Ok(Address { network: of, key }) => match here {
            Some(here) if here != of => {
                Err(KeyTextError::OtherNetwork { text: text.to_owned(), of, here })
            }
            _ => Ok(key),
        },
        Err(_) if ss58::meant(text) => Ok(ss58::read(text)?),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

    #[test]
    fn a_key_is_the_same_in_all_three_spellings() {
        let key = read(ALICE, Some(Network::Main)).unwrap();
        let ours = Address { network: Network::Local, key }.to_string();
        assert_eq!(read(&ours, Some(Network::Local)), Ok(key));
        assert_eq!(read(&ours, None), Ok(key));
        assert_eq!(read(&key.to_string(), Some(Network::Local)), Ok(key));
    }

    #[test]
    fn what_a_text_is_instead_of_a_key_is_named() {
        let key = read(ALICE, None).unwrap();
        let ours = Address { network: Network::Local, key }.to_string();
        let name = |text: &str| read(text, Some(Network::Main)).unwrap_err().name();
        assert_eq!(name(&ours), "OtherNetwork");
        assert_eq!(name(&ALICE.replace('Q', "R")), "Ss58Checksum");
        assert_eq!(name("15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5"), "Ss58Prefix");
        assert_eq!(name(&format!("{ALICE}1")), "Ss58Length");
        assert_eq!(name(&ALICE.replace('Q', "l")), "Ss58NotBase58");
        assert_eq!(name(&ours.replace("weftl1", "weftl1q")), "BadKey");
        assert_eq!(name("alice"), "BadKey");
    }
}
