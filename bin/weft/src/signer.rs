//! Whose keys a command means, and the passwords that open them.

use crate::args::Global;
use crate::output::{Exit, Failure, note};
use crate::remote::{home, key, testnet_dir};
use std::io::{IsTerminal, stdin};
use weft_types::{Network, PublicKey, SecretKey};
use weft_wallet::{KeyName, Wallet, WalletError, Wallets};

/// The wallets of this home; those of the running testnet stand behind them.
pub fn wallets(global: &Global) -> Wallets {
    Wallets::of_home(&home(global))
}

/// The wallets of the local testnet, whose keys anyone knows.
pub fn testnet(global: &Global) -> Wallets {
    Wallets::of_home(&testnet_dir(global, None))
}

/// Opens a wallet by name, here or in the testnet.
pub fn wallet(global: &Global, name: &str) -> Result<Wallet, Failure> {
    let wallet = wallets(global).wallet(name)?;
    if wallet.has(KeyName::Cold) {
        return Ok(wallet);
    }
    let testnet = testnet(global).wallet(name)?;
    if testnet.has(KeyName::Cold) {
        note(&format!("wallet {name}: keys of the local testnet, known to anyone"));
        return Ok(testnet);
    }
    let text = format!("there is no wallet \"{name}\"");
    Err(Failure::new(Exit::NotFound, "NoWallet", text).help("weft wallet list"))
}

/// The wallet that `--wallet` names.
pub fn named(global: &Global) -> Result<Wallet, Failure> {
    let name = global.wallet.as_deref().ok_or_else(|| {
        Failure::new(Exit::Usage, "NoWallet", "this command signs, and no wallet is named")
            .help("give --wallet NAME; weft wallet list shows them")
    })?;
    wallet(global, name)
}

/// The coldkey of `--wallet`.
pub fn coldkey(global: &Global) -> Result<SecretKey, Failure> {
    let wallet = named(global)?;
    load(global, &wallet, KeyName::Cold)
}

/// The hotkey of `--wallet` and `--hotkey`.
pub fn hotkey(global: &Global) -> Result<SecretKey, Failure> {
    let wallet = named(global)?;
    let name = global.hotkey.as_deref().unwrap_or("default");
    load(global, &wallet, KeyName::Hot(name))
}

/// The public half of the hotkey, which needs no password.
pub fn hotkey_public(global: &Global) -> Result<PublicKey, Failure> {
    let name = global.hotkey.as_deref().unwrap_or("default");
    Ok(named(global)?.public(KeyName::Hot(name))?)
}

/// A key of a wallet, with the password when it has one.
pub fn load(global: &Global, wallet: &Wallet, key: KeyName<'_>) -> Result<SecretKey, Failure> {
    let password = if wallet.is_sealed(key)? { Some(password(global)?) } else { None };
    Ok(wallet.load(key, password.as_deref())?)
}

/// The password: from `--password-file`, else from a person at a terminal.
pub fn password(global: &Global) -> Result<String, Failure> {
    if let Some(path) = &global.password_file {
        let text = std::fs::read_to_string(path).map_err(|e| {
            Failure::new(Exit::NotFound, "NoPasswordFile", format!("{}: {e}", path.display()))
        })?;
        return Ok(text.lines().next().unwrap_or_default().to_owned());
    }
    if global.json || global.no_input || !stdin().is_terminal() {
        let text = "the wallet is encrypted and no password was given";
        return Err(
            Failure::new(Exit::NeedsInput, "NeedsPassword", text).help("give --password-file FILE")
        );
    }
    rpassword::prompt_password("password: ")
        .map_err(|e| Failure::new(Exit::NeedsInput, "NeedsPassword", e))
}

/// A recipient: address, public key in hex, wallet name (its coldkey), or `wallet/hotkey`.
pub fn recipient(global: &Global, text: &str, network: Network) -> Result<PublicKey, Failure> {
    if let Some(found) = key(text, network) {
        return found;
    }
    let (name, key) = match text.split_once('/') {
        Some((name, hotkey)) => (name, KeyName::Hot(hotkey)),
        None => (text, KeyName::Cold),
    };
    match wallet(global, name) {
        Ok(wallet) => Ok(wallet.public(key)?),
        Err(_) => {
            let message = format!("\"{text}\" is no address, public key or wallet");
            Err(Failure::new(Exit::NotFound, "UnknownKey", message)
                .help("addresses of this network begin with ".to_owned() + network.prefix() + "1"))
        }
    }
}

/// A hotkey: address, public key in hex, `wallet` or `wallet/hotkey`.
pub fn hotkey_of(global: &Global, text: &str, network: Network) -> Result<PublicKey, Failure> {
    if let Some(found) = key(text, network) {
        return found;
    }
    let (name, hotkey) = text.split_once('/').unwrap_or((text, "default"));
    Ok(wallet(global, name)?.public(KeyName::Hot(hotkey))?)
}

impl From<WalletError> for Failure {
    fn from(error: WalletError) -> Self {
        let (exit, name) = match &error {
            WalletError::NotFound { .. } => (Exit::NotFound, "NoKey"),
            WalletError::Exists { .. } => (Exit::Failed, "KeyExists"),
            WalletError::BadName(_) => (Exit::Usage, "BadName"),
            WalletError::WrongPassword { .. } => (Exit::NeedsInput, "WrongPassword"),
            WalletError::PasswordNeeded { .. } => (Exit::NeedsInput, "NeedsPassword"),
            WalletError::EmptyPassword => (Exit::NeedsInput, "EmptyPassword"),
            WalletError::Damaged { .. } => (Exit::Failed, "KeyFileDamaged"),
            WalletError::Version { .. } => (Exit::Failed, "KeyFileVersion"),
            WalletError::WeakPermissions { .. } => (Exit::Failed, "WeakPermissions"),
            WalletError::BadSeed(_) => (Exit::Usage, "BadSeed"),
            WalletError::BadCost { .. } => (Exit::Failed, "BadCost"),
            WalletError::NoEntropy(_) => (Exit::Failed, "NoEntropy"),
            WalletError::Io { .. } => (Exit::Failed, "Io"),
        };
        Self::new(exit, name, error)
    }
}
