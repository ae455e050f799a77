//! Wallets of a home directory, and the keys in them.

use crate::error::WalletError;
use crate::file::KeyFile;
use crate::save::{self, Existing};
use crate::seal::{Protection, random};
use std::path::{Path, PathBuf};
use weft_types::hash::array_from_hex;
use weft_types::{PublicKey, SecretKey};
use zeroize::Zeroizing;

/// All wallets of a home directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallets {
    pub(crate) dir: PathBuf,
}

/// One wallet: a coldkey and its hotkeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    pub(crate) dir: PathBuf,
}

/// A key of a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyName<'a> {
    /// The key that owns.
    Cold,
    /// A key that works, by its name.
    Hot(&'a str),
}

/// A new key from the system's random numbers.
///
/// # Errors
/// [`WalletError::NoEntropy`] when there are none.
pub fn generate() -> Result<SecretKey, WalletError> {
    Ok(SecretKey::from_seed(*random::<32>()?))
}

/// The key of a 32-byte seed in hex.
///
/// # Errors
/// [`WalletError::BadSeed`] when it is not that.
pub fn import(seed_hex: &str) -> Result<SecretKey, WalletError> {
    let seed = Zeroizing::new(array_from_hex(seed_hex.trim())?);
    Ok(SecretKey::from_seed(*seed))
}

fn named(name: &str) -> Result<&str, WalletError> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=64).contains(&name.len()) && name.chars().all(good) {
        return Ok(name);
    }
    Err(WalletError::BadName(name.to_owned()))
}

impl Wallets {
    /// The wallets below a home directory, in `wallets/`.
    #[must_use]
    pub fn of_home(home: &Path) -> Self {
        Self::at(home.join("wallets"))
    }

    /// The wallets in a directory.
    #[must_use]
    pub const fn at(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The names of all wallets that have a coldkey, sorted.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn names(&self) -> Result<Vec<String>, WalletError> {
        let mut names = save::names(&self.dir, "")?;
        names.retain(|name| self.dir.join(name).join("coldkey.json").exists());
        Ok(names)
    }

    /// A wallet, whether it exists yet or not.
    ///
    /// # Errors
    /// [`WalletError::BadName`].
    pub fn wallet(&self, name: &str) -> Result<Wallet, WalletError> {
        Ok(Wallet { dir: self.dir.join(named(name)?) })
    }
}

impl Wallet {
    /// Where a key is kept.
    ///
    /// # Errors
    /// [`WalletError::BadName`].
    pub fn path(&self, key: KeyName<'_>) -> Result<PathBuf, WalletError> {
        Ok(match key {
            KeyName::Cold => self.dir.join("coldkey.json"),
            KeyName::Hot(name) => self.dir.join("hotkeys").join(format!("{}.json", named(name)?)),
        })
    }

    /// Keeps a new key.
    ///
    /// # Errors
    /// [`WalletError::Exists`] when there is one; [`WalletError::EmptyPassword`]; those of
    /// the disk.
    pub fn save(
        &self,
        name: KeyName<'_>,
        key: &SecretKey,
        protection: Protection<'_>,
    ) -> Result<(), WalletError> {
        let path = self.path(name)?;
        save::write(&path, &KeyFile::of(key, protection)?.to_text(), Existing::Keep)
    }

    /// Makes and keeps a new key.
    ///
    /// # Errors
    /// As [`Wallet::save`], and [`WalletError::NoEntropy`].
    pub fn create(
        &self,
        name: KeyName<'_>,
        protection: Protection<'_>,
    ) -> Result<PublicKey, WalletError> {
        let key = generate()?;
        self.save(name, &key, protection)?;
        Ok(key.public())
    }

    /// The secret key. A key in the open needs no password.
    ///
    /// # Errors
    /// [`WalletError::WrongPassword`], [`WalletError::PasswordNeeded`] and what
    /// [`Wallet::public`] may say.
    pub fn load(
        &self,
        name: KeyName<'_>,
        password: Option<&str>,
    ) -> Result<SecretKey, WalletError> {
        let (file, path) = self.read(name)?;
        file.open(password, &path)
    }

    /// The public key; needs no password.
    ///
    /// # Errors
    /// [`WalletError::NotFound`], [`WalletError::Damaged`], [`WalletError::Version`],
    /// [`WalletError::WeakPermissions`].
    pub fn public(&self, name: KeyName<'_>) -> Result<PublicKey, WalletError> {
        Ok(self.read(name)?.0.public())
    }

    /// Whether a key has a password.
    ///
    /// # Errors
    /// As [`Wallet::public`].
    pub fn is_sealed(&self, name: KeyName<'_>) -> Result<bool, WalletError> {
        Ok(self.read(name)?.0.is_sealed())
    }

    /// Whether the wallet has this key.
    #[must_use]
    pub fn has(&self, name: KeyName<'_>) -> bool {
        self.path(name).is_ok_and(|path| path.exists())
    }

    /// The names of its hotkeys, sorted.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn hotkeys(&self) -> Result<Vec<String>, WalletError> {
        save::names(&self.dir.join("hotkeys"), ".json")
    }

    /// Keeps a key under another protection, in the place of the old file.
    ///
    /// # Errors
    /// As [`Wallet::load`]; the old file stays then.
    pub fn change_password(
        &self,
        name: KeyName<'_>,
        old: Option<&str>,
        new: Protection<'_>,
    ) -> Result<(), WalletError> {
        let key = self.load(name, old)?;
        let path = self.path(name)?;
        save::write(&path, &KeyFile::of(&key, new)?.to_text(), Existing::Replace)
    }

    /// Keeps every key of the wallet under another protection. All are opened before the first
    /// is written, so a wrong password changes nothing. A key that an interrupted change has
    /// left under the new password is opened by that.
    ///
    /// # Errors
    /// As [`Wallet::load`] for each key; those of the disk.
    pub fn change_all(&self, old: Option<&str>, new: Protection<'_>) -> Result<(), WalletError> {
        let hotkeys = self.hotkeys()?;
        let names = std::iter::once(KeyName::Cold).chain(hotkeys.iter().map(|n| KeyName::Hot(n)));
        let mut keys = Vec::new();
        for name in names {
            let key = match (self.load(name, old), new) {
                (Err(WalletError::WrongPassword { .. }), Protection::Password(password, _)) => {
                    self.load(name, Some(password)).or_else(|_| self.load(name, old))
                }
                (loaded, _) => loaded,
            };
            keys.push((name, key?));
        }
        for (name, key) in keys {
            let path = self.path(name)?;
            save::write(&path, &KeyFile::of(&key, new)?.to_text(), Existing::Replace)?;
        }
        Ok(())
    }

    fn read(&self, name: KeyName<'_>) -> Result<(KeyFile, PathBuf), WalletError> {
        let path = self.path(name)?;
        let file = KeyFile::from_text(&save::read(&path)?, &path)?;
        Ok((file, path))
    }
}
