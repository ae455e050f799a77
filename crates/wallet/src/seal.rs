//! Sealing a seed under a password, and opening it.

use crate::error::WalletError;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use std::fmt;
use zeroize::Zeroizing;

/// The most memory a file may ask for: 1 GiB.
const MAX_MEMORY_KIB: u32 = 1 << 20;
/// The most work a file may ask for, in KiB passed over.
const MAX_WORK_KIB: u64 = 1 << 24;

/// A seed and the tag of the cipher.
const SEALED_BYTES: usize = 32 + 16;

/// What Argon2id spends on a password (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Cost {
    /// 64 MiB, three passes, four lanes: RFC 9106's choice where memory is scarce.
    fn default() -> Self {
        Self { memory_kib: 64 << 10, passes: 3, lanes: 4 }
    }
}

/// How a key is to be kept.
#[derive(Clone, Copy)]
pub enum Protection<'a> {
    /// Sealed under a password.
    Password(&'a str, Cost),
    /// In the open: for hotkeys and test networks, and only when asked for.
    None,
}

impl<'a> Protection<'a> {
    /// Sealed under a password, at the usual cost.
    #[must_use]
    pub fn password(password: &'a str) -> Self {
        Self::Password(password, Cost::default())
    }
}

impl fmt::Debug for Protection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password(_, cost) => write!(f, "Password(.., {cost:?})"),
            Self::None => write!(f, "None"),
        }
    }
}

/// A sealed seed.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    pub cost: Cost,
    pub salt: [u8; 16],
    pub nonce: [u8; 24],
    pub secret: Vec<u8>,
}

/// Why a seed does not open.
pub enum OpenError {
    /// The password is another one (or the seal is damaged).
    Refused,
    /// The seal makes no sense.
    Malformed,
    /// The costs are no costs.
    Cost(WalletError),
}

fn stretch(password: &str, salt: &[u8], cost: Cost) -> Result<Zeroizing<[u8; 32]>, WalletError> {
    let Cost { memory_kib, passes, lanes } = cost;
    let bad = || WalletError::BadCost { memory_kib, passes, lanes };
    let work = u64::from(memory_kib).saturating_mul(u64::from(passes));
    if memory_kib > MAX_MEMORY_KIB || work > MAX_WORK_KIB {
        return Err(bad());
    }
    let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(|_| bad())?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut key = Zeroizing::new([0; 32]);
    argon.hash_password_into(password.as_bytes(), salt, &mut *key).map_err(|_| bad())?;
    Ok(key)
}

/// Random bytes of the operating system.
pub fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, WalletError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes).map_err(|e| WalletError::NoEntropy(e.to_string()))?;
    Ok(bytes)
}

/// Seals a seed; `bound` must be given again to open it.
pub fn seal(
    seed: &[u8; 32],
    (password, cost): (&str, Cost),
    bound: &[u8],
) -> Result<Sealed, WalletError> {
    if password.is_empty() {
        return Err(WalletError::EmptyPassword);
    }
    let (salt, nonce) = (*random::<16>()?, *random::<24>()?);
    let key = stretch(password, &salt, cost)?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let mut secret = Vec::with_capacity(SEALED_BYTES);
    secret.extend_from_slice(seed);
    cipher
        .encrypt_in_place(&XNonce::from(nonce), bound, &mut secret)
        .expect("a seed is far shorter than the cipher's limit");
    Ok(Sealed { cost, salt, nonce, secret })
}

/// Opens a sealed seed.
pub fn open(
    sealed: &Sealed,
    password: &str,
    bound: &[u8],
) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    if sealed.secret.len() != SEALED_BYTES {
        return Err(OpenError::Malformed);
    }
    let key = stretch(password, &sealed.salt, sealed.cost).map_err(OpenError::Cost)?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let mut secret = Zeroizing::new(sealed.secret.clone());
    cipher
        .decrypt_in_place(&XNonce::from(sealed.nonce), bound, &mut *secret)
        .map_err(|_| OpenError::Refused)?;
    let seed = <[u8; 32]>::try_from(secret.as_slice()).map_err(|_| OpenError::Malformed)?;
    Ok(Zeroizing::new(seed))
}
