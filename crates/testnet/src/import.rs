//! A genesis of a real launch ledger: balances and stakes as they were, one voter of our
//! own, and subnet 1 as every launch has it.
//!
//! The file is JSON: `balances` {SS58: rao} and `stakes` {coldkey: {hotkey: [rao, uid]}}.
//! The uids meant a network that no longer is, and are not read.

use crate::plan::{Choice, Plan};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use weft_types::genesis::{GenesisAccount, GenesisError, GenesisStake};
use weft_types::ss58::{self, Ss58Error};
use weft_types::{ChainId, Genesis, PublicKey, Rao, SecretKey};

/// The largest file that is read.
const MAX_BYTES: u64 = 256 << 20;

/// The most accounts, and the most stakes.
const MAX_ENTRIES: usize = 5_000_000;

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
    /// There is more in it than is read.
    #[error("{path} holds more than {limit} {what}")]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Of what.
        what: &'static str,
        /// How many are read.
        limit: u64,
    },
    /// A key is not one.
    #[error("\"{text}\": {error}")]
    Key {
        /// What stands there.
        text: String,
        /// What is wrong with it.
        error: Ss58Error,
    },
    /// A hotkey stands under two coldkeys.
    #[error("hotkey {0} stands under two coldkeys; each has one owner")]
    TwoOwners(PublicKey),
    /// An account stands there twice.
    #[error("account {0} stands there twice")]
    Twice(PublicKey),
    /// The outcome makes no chain.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
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
struct File {
    balances: Pairs<u64>,
    stakes: Pairs<Pairs<(u64, u64)>>,
}

/// Reads a ledger into a genesis of one voter, whose key is beside it.
///
/// # Errors
/// [`ImportError`] names the first thing that is wrong.
pub fn import(path: &Path, choice: &Choice) -> Result<(Genesis, SecretKey, Imported), ImportError> {
    let file = read(path)?;
    let plan = Plan::fair(&Choice { nodes: 1, ..choice.clone() });
    let unreadable = || ImportError::Genesis(GenesisError::NoVoters);
    let voter = plan.nodes.first().ok_or_else(unreadable)?.voter.clone();
    let mut genesis = plan.genesis;
    genesis.accounts = accounts(&file)?;
    genesis.stakes = stakes(&file)?;
    genesis.check()?;
    let sum = |amounts: &mut dyn Iterator<Item = Rao>| {
        amounts.fold(Rao::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(Rao::MAX))
    };
    let imported = Imported {
        accounts: genesis.accounts.len(),
        stakes: genesis.stakes.len(),
        balance_sum: sum(&mut genesis.accounts.iter().map(|a| a.free)),
        stake_sum: sum(&mut genesis.stakes.iter().map(|s| s.stake)),
        chain_id: genesis.chain_id(),
        voter: voter.public(),
    };
    Ok((genesis, voter, imported))
}

fn read(path: &Path) -> Result<File, ImportError> {
    let bad = |reason: String| ImportError::Unreadable { path: path.to_owned(), reason };
    let size = std::fs::metadata(path).map_err(|e| bad(e.to_string()))?.len();
    let path = path.to_owned();
    if size > MAX_BYTES {
        return Err(ImportError::TooLarge { path, what: "bytes", limit: MAX_BYTES });
    }
    let text = std::fs::read_to_string(&path).map_err(|e| bad(e.to_string()))?;
    let file: File = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
    let stakes: usize = file.stakes.0.iter().map(|(_, list)| list.0.len()).sum();
    if file.balances.0.len().max(stakes) > MAX_ENTRIES {
        let limit = u64::try_from(MAX_ENTRIES).unwrap_or(u64::MAX);
        return Err(ImportError::TooLarge { path, what: "entries", limit });
    }
    Ok(file)
}

fn key(text: &str) -> Result<PublicKey, ImportError> {
    ss58::read(text).map_err(|error| ImportError::Key { text: text.to_owned(), error })
}

fn accounts(file: &File) -> Result<Vec<GenesisAccount>, ImportError> {
    let account =
        |(text, rao): &(String, u64)| Ok(GenesisAccount { key: key(text)?, free: Rao(*rao) });
    let mut list = file.balances.0.iter().map(account).collect::<Result<Vec<_>, ImportError>>()?;
    list.sort_by_key(|a| a.key);
    match list.windows(2).find(|pair| pair[0].key == pair[1].key) {
        Some(pair) => Err(ImportError::Twice(pair[0].key)),
        None => Ok(list),
    }
}

fn stakes(file: &File) -> Result<Vec<GenesisStake>, ImportError> {
    let mut list = Vec::new();
    for (coldkey, hotkeys) in &file.stakes.0 {
        let coldkey = key(coldkey)?;
        for (hotkey, (rao, _)) in &hotkeys.0 {
            list.push(GenesisStake { hotkey: key(hotkey)?, coldkey, stake: Rao(*rao) });
        }
    }
    list.sort_by_key(|s| s.hotkey);
    match list.windows(2).find(|pair| pair[0].hotkey == pair[1].hotkey) {
        Some(pair) => Err(ImportError::TwoOwners(pair[0].hotkey)),
        None => Ok(list),
    }
}
