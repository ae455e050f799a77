//! Whose keys a command means, and the passwords that open them.

use crate::args::Global;
use crate::output::{Exit, Failure, note};
use crate::remote::{home, key, testnet_dir};
use std::io::{IsTerminal, stdin};
use weft_types::{Network, PublicKey, SecretKey};
use weft_wallet::{Wallet, WalletError, Wallets};

/// The wallets of this home; those of the running testnet stand behind them.
pub fn wallets(global: &Global) -> Wallets {
    Wallets::new(home(global).join("wallets"))
}

/// Opens a wallet by name, here or in the testnet.
pub fn wallet(global: &Global, name: &str) -> Result<Wallet, Failure> {
    match wallets(global).open(name) {
        Err(WalletError::Absent { .. }) => {
            let testnet = Wallets::new(testnet_dir(global, None).join("wallets"));
            let wallet = testnet.open(name)?;
            note(&format!("wallet {name}: keys of the local testnet, known to anyone"));
            Ok(wallet)
        }
        other => Ok(other?),
    }
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
    let password = if wallet.coldkey_is_encrypted()? { Some(password(global)?) } else { None };
    Ok(wallet.coldkey(password.as_deref())?)
}

/// The hotkey of `--wallet` and `--hotkey`.
pub fn hotkey(global: &Global) -> Result<SecretKey, Failure> {
    let wallet = named(global)?;
    let name = global.hotkey.as_deref().unwrap_or("default");
    let password = if wallet.hotkey_is_encrypted(name)? { Some(password(global)?) } else { None };
    Ok(wallet.hotkey(name, password.as_deref())?)
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
        return Err(Failure::new(Exit::NeedsInput, "NeedsPassword", text)
            .help("give --password-file FILE"));
    }
    rpassword::prompt_password("password: ")
        .map_err(|e| Failure::new(Exit::NeedsInput, "NeedsPassword", e))
}

/// A recipient: address, public key in hex, or wallet name (its coldkey).
pub fn recipient(global: &Global, text: &str, network: Network) -> Result<PublicKey, Failure> {
    if let Some(found) = key(text, network) {
        return found;
    }
    match wallet(global, text) {
        Ok(wallet) => Ok(wallet.coldkey_public()?),
        Err(_) => {
            let message = format!("\"{text}\" is no address, public key or wallet");
            Err(Failure::new(Exit::Usage, "UnknownRecipient", message)
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
    Ok(wallet(global, name)?.hotkey_public(hotkey)?)
}
