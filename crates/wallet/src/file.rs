//! The format of a key file.

use crate::error::WalletError;
use crate::seal::{self, Cost, OpenError, Protection, Sealed};
use serde::{Deserialize, Serialize};
use std::path::Path;
use weft_types::hash::{array_from_hex, from_hex, to_hex};
use weft_types::{Domain, Hash, PublicKey, SecretKey};
use zeroize::Zeroizing;

/// The version that this program writes and reads.
const VERSION: u32 = 1;

/// A key file as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    version: u32,
    public: PublicKey,
    /// Absent when the key is in the open.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<Argon>,
    /// The seed or what it was sealed to, in hex.
    secret: Zeroizing<String>,
    checksum: Hash,
}

/// How the password was stretched.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Argon {
    kdf: Kdf,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    cipher: Cipher,
    nonce: String,
}

#[derive(Serialize, Deserialize)]
enum Kdf {
    #[serde(rename = "argon2id")]
    Argon2id,
}

#[derive(Serialize, Deserialize)]
enum Cipher {
    #[serde(rename = "xchacha20poly1305")]
    XChaCha20Poly1305,
}

/// Just enough to know whether the rest can be read.
#[derive(Deserialize)]
struct Probe {
    version: u32,
}

/// A key file whose checksum is good.
pub struct KeyFile {
    public: PublicKey,
    kept: Kept,
}

enum Kept {
    Open(SecretKey),
    Sealed(Sealed),
}

/// What is authenticated with the seed: nobody can exchange the public key or the costs.
fn bound(public: &PublicKey, cost: Cost) -> Vec<u8> {
    let mut bytes = VERSION.to_le_bytes().to_vec();
    bytes.extend_from_slice(&public.0);
    for number in [cost.memory_kib, cost.passes, cost.lanes] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes
}

impl KeyFile {
    /// Puts a key under a protection.
    pub fn of(key: &SecretKey, protection: Protection<'_>) -> Result<Self, WalletError> {
        let public = key.public();
        let kept = match protection {
            Protection::None => Kept::Open(key.clone()),
            Protection::Password(password, cost) => {
                Kept::Sealed(seal::seal(key.seed(), (password, cost), &bound(&public, cost))?)
            }
        };
        Ok(Self { public, kept })
    }

    /// The public key.
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// Whether it has a password.
    pub const fn is_sealed(&self) -> bool {
        matches!(self.kept, Kept::Sealed(_))
    }

    /// A hash over everything in the file.
    fn checksum(&self) -> Hash {
        let mut bytes = Zeroizing::new(VERSION.to_le_bytes().to_vec());
        bytes.extend_from_slice(&self.public.0);
        match &self.kept {
            Kept::Open(key) => bytes.extend_from_slice(key.seed()),
            Kept::Sealed(sealed) => {
                bytes.extend_from_slice(&bound(&self.public, sealed.cost));
                bytes.extend_from_slice(&sealed.salt);
                bytes.extend_from_slice(&sealed.nonce);
                bytes.extend_from_slice(&sealed.secret);
            }
        }
        Hash::of(Domain::Record, &bytes)
    }

    /// The file's text.
    pub fn to_text(&self) -> Zeroizing<String> {
        let (password, secret) = match &self.kept {
            Kept::Open(key) => (None, to_hex(key.seed())),
            Kept::Sealed(sealed) => (Some(Argon::of(sealed)), to_hex(&sealed.secret)),
        };
        let (public, checksum) = (self.public, self.checksum());
        let secret = Zeroizing::new(secret);
        let text = Text { version: VERSION, public, password, secret, checksum };
        let mut json = serde_json::to_string_pretty(&text).expect("it has string keys only");
        json.push('\n');
        Zeroizing::new(json)
    }

    /// Reads a file's text.
    pub fn from_text(text: &str, path: &Path) -> Result<Self, WalletError> {
        let damaged = |reason: String| WalletError::Damaged { path: path.to_owned(), reason };
        let probe: Probe = serde_json::from_str(text).map_err(|e| damaged(e.to_string()))?;
        if probe.version != VERSION {
            let (got, want) = (probe.version, VERSION);
            return Err(WalletError::Version { path: path.to_owned(), got, want });
        }
        let text: Text = serde_json::from_str(text).map_err(|e| damaged(e.to_string()))?;
        let kept = text.kept().map_err(|e| damaged(e.to_string()))?;
        let file = Self { public: text.public, kept };
        if file.checksum() != text.checksum {
            return Err(damaged("it does not have its checksum".to_owned()));
        }
        Ok(file)
    }

    /// The secret key.
    pub fn open(&self, password: Option<&str>, path: &Path) -> Result<SecretKey, WalletError> {
        let path = || path.to_owned();
        let damaged = |reason: &str| WalletError::Damaged { path: path(), reason: reason.into() };
        let key = match (&self.kept, password) {
            (Kept::Open(key), _) => key.clone(),
            (Kept::Sealed(_), None) => return Err(WalletError::PasswordNeeded { path: path() }),
            (Kept::Sealed(sealed), Some(password)) => {
                let seed = seal::open(sealed, password, &bound(&self.public, sealed.cost));
                SecretKey::from_seed(*seed.map_err(|e| match e {
                    OpenError::Refused => WalletError::WrongPassword { path: path() },
                    OpenError::Malformed => damaged("the sealed seed has another length"),
                    OpenError::Cost(e) => e,
                })?)
            }
        };
        if key.public() != self.public {
            return Err(damaged("its public key is not that of its seed"));
        }
        Ok(key)
    }
}

impl Argon {
    fn of(sealed: &Sealed) -> Self {
        let Cost { memory_kib, passes, lanes } = sealed.cost;
        let (salt, nonce) = (to_hex(&sealed.salt), to_hex(&sealed.nonce));
        let (kdf, cipher) = (Kdf::Argon2id, Cipher::XChaCha20Poly1305);
        Self { kdf, memory_kib, passes, lanes, salt, cipher, nonce }
    }
}

impl Text {
    fn kept(&self) -> Result<Kept, weft_types::hash::HexError> {
        let Some(argon) = &self.password else {
            let seed = Zeroizing::new(array_from_hex(&self.secret)?);
            return Ok(Kept::Open(SecretKey::from_seed(*seed)));
        };
        let Argon { memory_kib, passes, lanes, .. } = *argon;
        Ok(Kept::Sealed(Sealed {
            cost: Cost { memory_kib, passes, lanes },
            salt: array_from_hex(&argon.salt)?,
            nonce: array_from_hex(&argon.nonce)?,
            secret: from_hex(&self.secret)?,
        }))
    }
}
