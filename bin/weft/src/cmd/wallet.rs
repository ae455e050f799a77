//! `weft wallet create|import|list|show|passwd|export|sign|verify`. Never speaks to a node.

use crate::args::{
    Global, WalletCommand, WalletExport, WalletName, WalletPasswd, WalletSign, WalletVerify,
};
use crate::ask;
use crate::cmd::given::read_seed;
use crate::input::Input;
use crate::output::{Answer, Exit, Failure, note, table};
use crate::signer;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;
use weft_node::entropy;
use weft_types::hash::{ChainId, Domain, array_from_hex, from_hex, to_hex};
use weft_types::signature::{Claim, signed_raw, verify, verify_batch};
use weft_types::{Address, Network, PublicKey, SecretKey, Signature, key_text};
use weft_wallet::{Coldkey, KeyName, Protection, Survey, Unreadable};
use zeroize::Zeroizing;

/// The hotkey that a new wallet gets.
const HOTKEY: &str = "default";

/// A file of signatures.
const CASES: Input = Input {
    what: "a list of {public_key, message, signature}",
    most: 256 << 20,
    absent: "CasesUnreadable",
    too_large: "CasesTooLarge",
    bad: "BadCases",
};

/// Runs the command.
pub fn run(global: &Global, command: &WalletCommand) -> Result<Answer, Failure> {
    match command {
        WalletCommand::Create(name) => keep(global, name, &weft_wallet::generate()?),
        WalletCommand::Import(args) => keep(global, &args.name, &read_seed(&args.seed_file)?),
        WalletCommand::List => list(global),
        WalletCommand::Show(of) => show(global, &of.name),
        WalletCommand::Passwd(args) => passwd(global, args),
        WalletCommand::Export(args) => export(global, args),
        WalletCommand::Sign(args) => sign(global, args),
        WalletCommand::Verify(args) => check(args),
    }
}

fn keep(global: &Global, args: &WalletName, coldkey: &SecretKey) -> Result<Answer, Failure> {
    let wallet = signer::wallets(global)?.wallet(&args.name)?;
    if wallet.has(KeyName::Cold) {
        return Err(weft_wallet::WalletError::Exists { path: wallet.path(KeyName::Cold)? }.into());
    }
    let password = if args.unencrypted { None } else { Some(signer::new_password(global)?) };
    let protection = || password.as_deref().map_or(Protection::None, Protection::password);
    wallet.save(KeyName::Cold, coldkey, protection())?;
    wallet.save(KeyName::Hot(HOTKEY), &weft_wallet::generate()?, protection())?;
    show(global, &args.name)
}

/// Puts all keys of a wallet under another password.
fn passwd(global: &Global, args: &WalletPasswd) -> Result<Answer, Failure> {
    let wallet = signer::wallets(global)?.wallet(&args.name)?;
    let old = if wallet.is_sealed(KeyName::Cold)? { Some(signer::password(global)?) } else { None };
    // Before a new one is asked for: a slip in the old one ends the command here.
    wallet.load(KeyName::Cold, old.as_deref())?;
    let new = match &args.new_password_file {
        _ if args.unencrypted => None,
        Some(path) => Some(ask::password_of(path)?),
        None => Some(ask::new_password(global, "--new-password-file")?),
    };
    let protection = new.as_deref().map_or(Protection::None, Protection::password);
    wallet.change_all(old.as_deref(), protection)?;
    let text = if new.is_some() {
        format!("the keys of {} have the new password from now on", args.name)
    } else {
        format!("the keys of {} lie open from now on", args.name)
    };
    Answer::new(&json!({ "name": args.name, "encrypted": new.is_some() }), text)
}

/// Shows a key's seed, or writes it to a file: `wallet import --seed-file` reads it.
fn export(global: &Global, args: &WalletExport) -> Result<Answer, Failure> {
    let wallet = signer::wallet(global, &args.name)?;
    let name = global.hotkey.as_deref().map_or(KeyName::Cold, KeyName::Hot);
    if args.out.is_none() {
        let warning = "the seed is shown in the open: who has it has the key and all it owns";
        ask::confirm(global, "SeedInTheOpen", warning)?;
    }
    let key = signer::load(global, &wallet, name)?;
    let seed = Zeroizing::new(to_hex(key.seed()));
    let public = key.public();
    let Some(path) = &args.out else {
        let data = json!({ "public_key": public, "addresses": addresses(public), "seed": *seed });
        return Answer::new(&data, seed.to_string());
    };
    weft_wallet::write_secret(path, &format!("{}\n", *seed))?;
    let text =
        format!("the seed of {public} is in {}; keep it where nobody reads it", path.display());
    Answer::new(&json!({ "public_key": public, "addresses": addresses(public), "out": path }), text)
}

/// A key as every network writes it.
fn addresses(key: PublicKey) -> Value {
    let all =
        Network::ALL.map(|n| (n.name().to_owned(), json!(Address { network: n, key }.to_string())));
    Value::Object(all.into_iter().collect())
}

/// What a wallet holds; what of it can't be read stands apart.
fn describe(wallet: &Survey) -> Value {
    let hotkey = |(name, key): &(String, PublicKey)| json!({ "name": name, "key": key, "addresses": addresses(*key) });
    json!({
        "name": wallet.name,
        "coldkey": wallet.coldkey.map(|cold| cold.key),
        "addresses": wallet.coldkey.map(|cold| addresses(cold.key)),
        "encrypted": wallet.coldkey.map(|cold| cold.sealed),
        "hotkeys": wallet.hotkeys.iter().map(hotkey).collect::<Vec<_>>(),
    })
}

/// What can't be read, as data; each is named on stderr as well.
fn named(unreadable: &[Unreadable]) -> Vec<Value> {
    let one = |odd: &Unreadable| {
        note(&format!("can't be read: {}: {}", odd.path.display(), odd.why));
        json!({ "path": odd.path, "why": odd.why.to_string() })
    };
    unreadable.iter().map(one).collect()
}

fn show(global: &Global, name: &str) -> Result<Answer, Failure> {
    let wallet = signer::wallet(global, name)?.survey(name).map_err(|odd| odd.why)?;
    let mut shown = describe(&wallet);
    shown["unreadable"] = json!(named(&wallet.unreadable));
    let text = crate::cmd::query::pairs(&shown);
    Answer::new(&shown, text)
}

fn list(global: &Global) -> Result<Answer, Failure> {
    let (mut shown, mut unreadable) = (Vec::new(), Vec::new());
    let head = ["name", "coldkey (local)", "hotkeys", "of"];
    let mut rows = vec![head.map(ToOwned::to_owned).to_vec()];
    for (of, wallets) in [("home", signer::wallets(global)?), ("testnet", signer::testnet(global)?)]
    {
        let (good, odd) = wallets.survey()?;
        unreadable.extend(named(&odd));
        for wallet in good {
            let address = |cold: Coldkey| Address { network: Network::Local, key: cold.key };
            let address = wallet.coldkey.map_or("-".to_owned(), |cold| address(cold).to_string());
            let hotkeys: Vec<_> = wallet.hotkeys.iter().map(|(name, _)| name.as_str()).collect();
            rows.push(vec![wallet.name.clone(), address, hotkeys.join(" "), of.to_owned()]);
            let mut described = describe(&wallet);
            described["of"] = json!(of);
            unreadable.extend(named(&wallet.unreadable));
            shown.push(described);
        }
    }
    Answer::new(&json!({ "wallets": shown, "unreadable": unreadable }), table(&rows))
}

/// What a person signs: the message under a domain of its own and no chain, so that it
/// can never be read as a transaction or a vote.
fn message_bytes(message: &str) -> Vec<u8> {
    signed_raw(Domain::Message, &ChainId::ZERO, message.as_bytes())
}

fn sign(global: &Global, args: &WalletSign) -> Result<Answer, Failure> {
    let wallet = signer::wallet(global, &args.name)?;
    let key = match &global.hotkey {
        Some(hotkey) => signer::load(global, &wallet, KeyName::Hot(hotkey))?,
        None => signer::load(global, &wallet, KeyName::Cold)?,
    };
    let signature = key.sign(&message_bytes(&args.message));
    let data = json!({
        "public_key": key.public(),
        "addresses": addresses(key.public()),
        "message": args.message,
        "signature": signature,
    });
    Answer::new(&data, signature.to_string())
}

fn check(args: &WalletVerify) -> Result<Answer, Failure> {
    if let Some(file) = &args.file {
        return check_file(file, args.batch);
    }
    let (Some(address), Some(message), Some(signature)) =
        (&args.address, &args.message, &args.signature)
    else {
        let text = "give --file, or --address, --message and --signature";
        return Err(Failure::new(Exit::Usage, "NothingToVerify", text));
    };
    let bad = |e: &dyn std::fmt::Display| Failure::new(Exit::Usage, "BadSignatureText", e);
    let key = key_text::read(address, None).map_err(|e| bad(&e))?;
    let signature: Signature = signature.parse().map_err(|e| bad(&e))?;
    let good = verify(&Claim { key, signature, message: &message_bytes(message) });
    let data = json!({ "valid": good });
    if good {
        return Answer::new(&data, "the signature is good");
    }
    let text = "the signature is not by this key over this message";
    Err(Failure::new(Exit::CheckFailed, "BadSignature", text).data(&data))
}

/// A case of a file; messages are raw bytes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    public_key: String,
    message: String,
    signature: String,
}

/// A case read; none when key or signature are no 32 and 64 bytes of hex: such a thing
/// is no signature.
fn read_case(case: &Case) -> Option<(PublicKey, Signature, Vec<u8>)> {
    let key = array_from_hex(&case.public_key).ok()?;
    let signature = array_from_hex(&case.signature).ok()?;
    Some((PublicKey(key), Signature(signature), from_hex(&case.message).ok()?))
}

fn check_file(path: &Path, batch: Option<usize>) -> Result<Answer, Failure> {
    let cases: Vec<Case> = CASES.json(path)?;
    let verdicts = verdicts(&cases, batch.unwrap_or(1));
    let good = verdicts.iter().filter(|v| **v).count();
    let text = format!("{good} of {} signatures are good", verdicts.len());
    Answer::new(&json!({ "verdicts": verdicts }), text)
}

fn verdicts(cases: &[Case], batch: usize) -> Vec<bool> {
    let read: Vec<_> = cases.iter().map(read_case).collect();
    let mut rng = entropy::generator();
    let mut verdicts = Vec::with_capacity(cases.len());
    for chunk in read.chunks(batch.max(1)) {
        let claims: Vec<_> = chunk
            .iter()
            .flatten()
            .map(|(key, signature, message)| Claim { key: *key, signature: *signature, message })
            .collect();
        let judged = if batch <= 1 {
            claims.iter().map(verify).collect()
        } else {
            verify_batch(&claims, &mut rng)
        };
        let mut judged = judged.into_iter();
        verdicts.extend(chunk.iter().map(|c| c.is_some() && judged.next() == Some(true)));
    }
    verdicts
}
