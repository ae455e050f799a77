//! Whose keys a command means, and the passwords that open them.

use crate::args::Global;
use crate::ask;
use crate::output::{Exit, Failure, note_once};
use crate::remote::{home, key, testnet_dir};
use weft_types::{Network, PublicKey, SecretKey, signature, ss58};
use weft_wallet::{KeyName, Wallet, WalletError, Wallets};

/// The wallets of this home; those of the running testnet stand behind them.
pub fn wallets(global: &Global) -> Result<Wallets, Failure> {
    Ok(Wallets::of_home(&home(global)?))
}

/// The wallets of the local testnet, whose keys anyone knows.
pub fn testnet(global: &Global) -> Result<Wallets, Failure> {
    Ok(Wallets::of_home(&testnet_dir(global, None)?))
}

/// Opens a wallet by name, here or in the testnet.
pub fn wallet(global: &Global, name: &str) -> Result<Wallet, Failure> {
    let wallet = wallets(global)?.wallet(name)?;
    if wallet.has(KeyName::Cold) {
        return Ok(wallet);
    }
    let testnet = testnet(global)?.wallet(name)?;
    if testnet.has(KeyName::Cold) {
        note_once(&format!("wallet {name}: keys of the local testnet, known to anyone"));
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

/// The public half of the coldkey, which needs no password.
pub fn coldkey_public(global: &Global) -> Result<PublicKey, Failure> {
    Ok(named(global)?.public(KeyName::Cold)?)
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
    match &global.password_file {
        Some(path) => ask::password_of(path),
        None => ask::password(global, "password: "),
    }
}

/// The password of keys that are made now: from `--password-file`, else typed twice.
pub fn new_password(global: &Global) -> Result<String, Failure> {
    match &global.password_file {
        Some(path) => ask::password_of(path),
        None => ask::new_password(global, "--password-file"),
    }
}

/// Somebody who gets coins: as [`recipient`], and nobody who can't ever move them without a
/// warning and a yes.
pub fn payee(global: &Global, text: &str, network: Network) -> Result<PublicKey, Failure> {
    let key = recipient(global, text, network)?;
    can_sign(global, text, &key)?;
    Ok(key)
}

/// A hotkey that gets stake: as [`hotkey_of`], with the same warning.
pub fn backed(global: &Global, text: &str, network: Network) -> Result<PublicKey, Failure> {
    let key = hotkey_of(global, text, network)?;
    can_sign(global, text, &key)?;
    Ok(key)
}

/// Asks before an SS58 address is used: it is as a rule that of an sr25519 key, whose secret
/// signs nothing here. Any other key that is no point of the curve is a mistyped one, and what
/// it gets is lost for ever: that is refused.
fn can_sign(global: &Global, text: &str, key: &PublicKey) -> Result<(), Failure> {
    if ss58::read(text).is_ok() {
        let warning = format!(
            "{text} is an SS58 address. Wallets of the live network make those of sr25519 keys, and keys here are ed25519: unless this one was made as ed25519, nobody can ever sign for it here, and what it gets is lost"
        );
        return ask::confirm(global, "KeyOfAnotherCurve", &warning);
    }
    if !signature::can_sign(key) {
        let message = format!(
            "{text} is no ed25519 key: nobody can ever sign for it, and what it gets is lost"
        );
        return Err(Failure::new(Exit::Usage, "NobodysKey", message)
            .help("look at the key again: a digit of it is wrong"));
    }
    Ok(())
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
            WalletError::Exists { .. } => {
                return Self::of_kind("already_exists", "KeyExists", error);
            }
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
