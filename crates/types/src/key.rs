//! ed25519 keys and signatures.
//!
//! Signing is ed25519-dalek's; whether a signature is good is said by
//! [`crate::signature`] alone.

use crate::hash::{Domain, Hash, hex_text};
use bincode::{Decode, Encode};
use ed25519_dalek::{Signer as _, SigningKey};
use std::fmt;
use zeroize::{Zeroize as _, ZeroizeOnDrop};

/// A public key: 32 bytes, not yet known to be a point.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct PublicKey(pub [u8; 32]);

/// A signature: R and s, 64 bytes, not yet known to be good.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Signature(pub [u8; 64]);

/// A secret key with its public half, wiped from memory when dropped and never printed.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl ZeroizeOnDrop for SecretKey {}

impl SecretKey {
    /// The key of a 32-byte seed (RFC 8032).
    #[must_use]
    pub fn from_seed(mut seed: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        seed.zeroize();
        Self(key)
    }

    /// The seed, for the encrypted key file.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs exactly these bytes; what they mean is the caller's (see
    /// [`crate::signature::signed_bytes`]).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

/// The key that a seed text gives for a label: for test networks, whose keys anyone
/// may know. Never a way to make a key that holds value.
#[must_use]
pub fn derive_test_key(seed: &str, label: &str) -> SecretKey {
    let text = format!("{}:{seed}{label}", seed.len());
    SecretKey::from_seed(Hash::of(Domain::TestKey, text.as_bytes()).0)
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}

hex_text!(PublicKey);
hex_text!(Signature);

#[cfg(test)]
mod tests {
    use super::*;

    /// It does not compile where a feature of the library that wipes keys is off.
    #[test]
    fn a_secret_key_is_wiped_when_it_is_dropped_and_never_printed() {
        const fn is_wiped<T: ZeroizeOnDrop>() {}
        is_wiped::<SigningKey>();
        is_wiped::<SecretKey>();
        let key = SecretKey::from_seed([7; 32]);
        assert_eq!(key.seed(), &[7; 32]);
        assert_eq!(format!("{key:?}"), format!("SecretKey(of {})", key.public()));
    }
}
