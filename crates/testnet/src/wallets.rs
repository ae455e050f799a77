//! Wallets to play with: coldkeys of funded accounts, in the open, since anyone can
//! derive them.

use crate::error::NetError;
use std::path::Path;
use weft_types::SecretKey;
use weft_types::key::derive_test_key;
use weft_wallet::{KeyName, Protection, Wallets};

/// Writes a wallet for each name, with a hotkey named `default`.
///
/// # Errors
/// [`NetError::Wallet`] when a file can't be written.
pub fn write(dir: &Path, wallets: &[(String, SecretKey)]) -> Result<(), NetError> {
    let all = Wallets::at(dir.to_owned());
    for (name, coldkey) in wallets {
        let wallet = all.wallet(name)?;
        wallet.save(KeyName::Cold, coldkey, Protection::None)?;
        let hotkey = derive_test_key(&coldkey.public().to_string(), "hotkey");
        wallet.save(KeyName::Hot("default"), &hotkey, Protection::None)?;
    }
    Ok(())
}
