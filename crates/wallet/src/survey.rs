//! What a home holds, the good and the odd: one file that can't be read hides no other.

use crate::error::WalletError;
use crate::save;
use crate::wallet::{KeyName, Wallet, Wallets};
use std::path::PathBuf;
use weft_types::PublicKey;

/// A file that is no key that can be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Which.
    pub path: PathBuf,
    /// Why not.
    pub why: WalletError,
}

/// The key that owns, as far as it is known without a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coldkey {
    /// Which.
    pub key: PublicKey,
    /// Whether it has a password.
    pub sealed: bool,
}

/// A wallet of which something can be read.
#[derive(Debug)]
pub struct Survey {
    /// Its name.
    pub name: String,
    /// The key that owns, if it can be read.
    pub coldkey: Option<Coldkey>,
    /// The hotkeys that can be read, by name, sorted.
    pub hotkeys: Vec<(String, PublicKey)>,
    /// Its keys that can't.
    pub unreadable: Vec<Unreadable>,
}

impl Wallets {
    /// All wallets here, sorted by name, and what can't be read beside them. Names that begin
    /// with a point are other programs'.
    ///
    /// # Errors
    /// When the directory itself can't be listed.
    pub fn survey(&self) -> Result<(Vec<Survey>, Vec<Unreadable>), WalletError> {
        let (mut good, mut odd) = (Vec::new(), Vec::new());
        for name in self.entries()?.into_iter().filter(|name| !name.starts_with('.')) {
            let path = self.place(&name);
            let wallet = self.wallet(&name).map_err(|why| Unreadable { path, why });
            match wallet.and_then(|wallet| wallet.survey(&name)) {
                Ok(survey) => good.push(survey),
                Err(unreadable) => odd.push(unreadable),
            }
        }
        Ok((good, odd))
    }
}

impl Wallet {
    /// What this wallet holds.
    ///
    /// # Errors
    /// [`Unreadable`] names the coldkey when no key can be read, or the hotkeys can't be listed.
    pub fn survey(&self, name: &str) -> Result<Survey, Unreadable> {
        let unreadable =
            |why| Unreadable { path: self.path(KeyName::Cold).unwrap_or_default(), why };
        let coldkey = self.coldkey().map_err(unreadable);
        let (mut hotkeys, mut odd) = (Vec::new(), Vec::new());
        for hotkey in self.hotkeys().map_err(unreadable)? {
            match self.public(KeyName::Hot(&hotkey)) {
                Ok(key) => hotkeys.push((hotkey, key)),
                Err(why) => odd.push(Unreadable { path: self.hot_place(&hotkey), why }),
            }
        }
        let coldkey = match coldkey {
            Ok(coldkey) => Some(coldkey),
            Err(cold) if hotkeys.is_empty() => return Err(cold),
            Err(cold) => {
                odd.insert(0, cold);
                None
            }
        };
        Ok(Survey { name: name.to_owned(), coldkey, hotkeys, unreadable: odd })
    }

    fn coldkey(&self) -> Result<Coldkey, WalletError> {
        let (key, sealed) = (self.public(KeyName::Cold)?, self.is_sealed(KeyName::Cold)?);
        Ok(Coldkey { key, sealed })
    }
}

impl Wallets {
    fn entries(&self) -> Result<Vec<String>, WalletError> {
        save::names(&self.dir, "")
    }

    /// Where an entry lies, whatever its name is.
    fn place(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

impl Wallet {
    fn hot_place(&self, name: &str) -> PathBuf {
        self.dir.join("hotkeys").join(format!("{name}.json"))
    }
}
