//! Files that several commands are given: a genesis, a secret key.

use crate::input::Input;
use crate::output::Failure;
use std::path::Path;
use weft_types::hash::array_from_hex;
use weft_types::{Genesis, SecretKey};

/// A genesis file.
const GENESIS: Input = Input {
    what: "a genesis",
    most: 512 << 20,
    absent: "Unreadable",
    too_large: "GenesisTooLarge",
    bad: "BadGenesis",
};

/// A file with a secret key.
const SEED: Input = Input {
    what: "a seed of 32 bytes in hex",
    most: 1 << 16,
    absent: "Unreadable",
    too_large: "BadSeed",
    bad: "BadSeed",
};

/// A genesis file that was checked.
pub fn read_genesis(path: &Path) -> Result<Genesis, Failure> {
    let genesis: Genesis = GENESIS.json(path)?;
    genesis.check().map_err(|e| GENESIS.refused(path, &e))?;
    Ok(genesis)
}

/// A secret key from a file whose first line is its seed in hex.
pub fn read_seed(path: &Path) -> Result<SecretKey, Failure> {
    let text = SEED.text(path)?;
    let seed = array_from_hex(text.lines().next().unwrap_or_default().trim());
    seed.map(SecretKey::from_seed).map_err(|e| SEED.refused(path, &e))
}
