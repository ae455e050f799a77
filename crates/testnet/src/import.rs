//! A genesis of a real launch ledger: balances and stakes as they were, one voter of our
//! own, and subnet 1 as every launch has it.
//!
//! The file is JSON: `balances` {SS58: rao} and `stakes` {coldkey: {hotkey: [rao, uid]}}.
//! The uids meant a network that no longer is, and are not read. Keys may also stand there
//! in hex or as addresses of the network that the chain will be of.
//!
//! 1. Read at most [`MAX_BYTES`]; take apart, keeping what stands there twice.
//! 2. Turn texts into keys, sort, refuse doubles and hotkeys of two owners.
//! 3. Add the voter with power 1 TAO and its seat in subnet 1, and the preset's numbers.
//! 4. Check it as every genesis is checked: sums within the cap among the rest.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::io::Read as _;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use weft_types::genesis::{GenesisAccount, GenesisError, GenesisStake};
use weft_types::key_text::{self, KeyTextError};
use weft_types::text::unmarked;
use weft_types::{ChainId, Genesis, Millis, Network, PublicKey, Rao};

/// The largest file that is read.
pub const MAX_BYTES: u64 = 128 << 20;

/// The most accounts, and the most stakes: their canonical bytes, at most 40 and 72 each,
/// stay within the 64 MiB of a genesis.
pub const MAX_ENTRIES: usize = 500_000;

/// Why a ledger can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file can't be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It is no such ledger.
    #[error(
        "{path} is no ledger of balances {{key: rao}} and stakes {{coldkey: {{hotkey: [rao, uid]}}}}: {reason}"
    )]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is more in it than is read.
    #[error("{path} holds more than the {limit} {what} that are read")]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Of what.
        what: &'static str,
        /// How many are read.
        limit: u64,
    },
    /// A key is not one.
    #[error("the key \"{text}\": {error}")]
    Key {
        /// What stands there, cut.
        text: String,
        /// What is wrong with it.
        error: KeyTextError,
    },
    /// A hotkey stands under two coldkeys.
    #[error("hotkey {0} stands under two coldkeys; each has one owner")]
    TwoOwners(PublicKey),
    /// A key stands twice in one list.
    #[error("{what} {key} stands there twice; keep one")]
    Twice {
        /// In which list.
        what: &'static str,
        /// Which.
        key: PublicKey,
    },
    /// The outcome makes no chain.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
}

/// What the chain gets beside the ledger.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Whose numbers it has.
    pub network: Network,
    /// Its name; part of the chain id.
    pub name: String,
    /// When slot 0 begins.
    pub genesis_time: Millis,
    /// The hotkey that votes.
    pub voter: PublicKey,
    /// Who owns the voter and earns its fees, unless the ledger names its owner.
    pub coldkey: PublicKey,
}

/// What was imported; sums in rao.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Accounts with free coins.
    pub accounts: usize,
    /// Stakes: pairs of coldkey and hotkey.
    pub stakes: usize,
    /// All free coins.
    pub balance_sum: Rao,
    /// All stake.
    pub stake_sum: Rao,
    /// The chain.
    pub chain_id: ChainId,
    /// Its voter.
    pub voter: PublicKey,
    /// The voter's owner.
    pub coldkey: PublicKey,
}

/// Keys and values in the order of the file, so that one that stands there twice is seen.
struct Pairs<V>(Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Reader<V> {
            type Value = Pairs<V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs<V>, M::Error> {
                let mut list = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    list.push(pair);
                }
                Ok(Pairs(list))
            }
        }
        d.deserialize_map(Reader(PhantomData))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    balances: Pairs<u64>,
    stakes: Pairs<Pairs<(u64, u64)>>,
}

/// Reads a ledger into a genesis of one voter.
///
/// # Errors
/// [`ImportError`] names the first thing that is wrong.
pub fn import(path: &Path, launch: &Launch) -> Result<(Genesis, Imported), ImportError> {
    let file = read(path)?;
    let (accounts, stakes) = (accounts(&file, launch.network)?, stakes(&file, launch.network)?);
    let owner = stakes.iter().find(|s| s.hotkey == launch.voter).map(|s| s.coldkey);
    let coldkey = owner.unwrap_or(launch.coldkey);
    let voters = [(launch.voter, coldkey)];
    let fair = Genesis::fair(launch.network, &launch.name, launch.genesis_time, &voters);
    let genesis = Genesis { accounts, stakes, ..fair };
    genesis.check()?;
    // Within the cap, which was just checked.
    let sum = |amounts: &mut dyn Iterator<Item = Rao>| {
        amounts.fold(Rao::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(Rao::MAX))
    };
    let imported = Imported {
        accounts: genesis.accounts.len(),
        stakes: genesis.stakes.len(),
        balance_sum: sum(&mut genesis.accounts.iter().map(|a| a.free)),
        stake_sum: sum(&mut genesis.stakes.iter().map(|s| s.stake)),
        chain_id: genesis.chain_id(),
        voter: launch.voter,
        coldkey,
    };
    Ok((genesis, imported))
}

fn read(path: &Path) -> Result<File, ImportError> {
    let unreadable = |e: std::io::Error| ImportError::Unreadable {
        path: path.to_owned(),
        reason: e.to_string(),
    };
    let large = |what, limit| ImportError::TooLarge { path: path.to_owned(), what, limit };
    let mut bytes = Vec::new();
    // One more than may be, so that a pipe without end is seen as well.
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let got = file.take(MAX_BYTES.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(got).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(large("bytes", MAX_BYTES));
    }
    let malformed = |reason: String| ImportError::Malformed { path: path.to_owned(), reason };
    let text = std::str::from_utf8(&bytes).map_err(|e| malformed(e.to_string()))?;
    let file: File = serde_json::from_str(unmarked(text)).map_err(|e| malformed(e.to_string()))?;
    let stakes: usize = file.stakes.0.iter().map(|(_, list)| list.0.len()).sum();
    let limit = u64::try_from(MAX_ENTRIES).unwrap_or(u64::MAX);
    for (what, count) in [("balances", file.balances.0.len()), ("stakes", stakes)] {
        if count > MAX_ENTRIES {
            return Err(large(what, limit));
        }
    }
    Ok(file)
}

fn key(text: &str, network: Network) -> Result<PublicKey, ImportError> {
    key_text::read(text, Some(network))
        .map_err(|error| ImportError::Key { text: text.chars().take(64).collect(), error })
}

fn accounts(file: &File, network: Network) -> Result<Vec<GenesisAccount>, ImportError> {
    let account = |(text, rao): &(String, u64)| {
        Ok(GenesisAccount { key: key(text, network)?, free: Rao(*rao) })
    };
    let mut list = file.balances.0.iter().map(account).collect::<Result<Vec<_>, ImportError>>()?;
    list.sort_by_key(|a| a.key);
    match double(list.iter().map(|a| a.key)) {
        Some(key) => Err(ImportError::Twice { what: "account", key }),
        None => Ok(list),
    }
}

/// Hotkeys ascending, each with its one owner.
fn stakes(file: &File, network: Network) -> Result<Vec<GenesisStake>, ImportError> {
    let (mut list, mut coldkeys) = (Vec::new(), Vec::new());
    for (coldkey, hotkeys) in &file.stakes.0 {
        let coldkey = key(coldkey, network)?;
        coldkeys.push(coldkey);
        for (hotkey, (rao, _)) in &hotkeys.0 {
            list.push(GenesisStake { hotkey: key(hotkey, network)?, coldkey, stake: Rao(*rao) });
        }
    }
    coldkeys.sort_unstable();
    if let Some(key) = double(coldkeys.into_iter()) {
        return Err(ImportError::Twice { what: "coldkey", key });
    }
    list.sort_by_key(|s| (s.hotkey, s.coldkey));
    if let Some((key, _)) = double(list.iter().map(|s| (s.hotkey, s.coldkey))) {
        return Err(ImportError::Twice { what: "the stake behind hotkey", key });
    }
    match double(list.iter().map(|s| s.hotkey)) {
        Some(key) => Err(ImportError::TwoOwners(key)),
        None => Ok(list),
    }
}

/// The first of a sorted list that stands there twice.
fn double<T: PartialEq>(mut sorted: impl Iterator<Item = T>) -> Option<T> {
    let mut last = sorted.next()?;
    for next in sorted {
        if next == last {
            return Some(next);
        }
        last = next;
    }
    None
}
