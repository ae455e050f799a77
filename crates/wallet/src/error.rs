//! What can go wrong with a key file.

use std::io;
use std::path::PathBuf;
use weft_types::hash::HexError;

/// Why a key can't be made, read or kept.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// There is no such key.
    #[error("there is no key at {path}; create or import it")]
    NotFound {
        /// Where it would be.
        path: PathBuf,
    },
    /// There is a key already.
    #[error("there is a key at {path} already; choose another name, keys are never overwritten")]
    Exists {
        /// Where it is.
        path: PathBuf,
    },
    /// The name can't be a file's.
    #[error("\"{0}\" is no name: use 1 to 64 of a-z, A-Z, 0-9, - and _")]
    BadName(String),
    /// The password does not open the key.
    #[error("the password does not open {path}; try again")]
    WrongPassword {
        /// Which key.
        path: PathBuf,
    },
    /// The key has a password and none was given.
    #[error("{path} is sealed; give its password")]
    PasswordNeeded {
        /// Which key.
        path: PathBuf,
    },
    /// A key can't be sealed with nothing.
    #[error("the password is empty; choose one, or say that the key is to be unprotected")]
    EmptyPassword,
    /// The file is not what was written.
    #[error("{path} is damaged: {reason}; restore it from a backup")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file is of another version.
    #[error("{path} has version {got}, this program knows {want}; use a newer program")]
    Version {
        /// Which file.
        path: PathBuf,
        /// The version found.
        got: u32,
        /// The version known here.
        want: u32,
    },
    /// Others may read the file.
    #[error("{path} may be read by others (mode {mode:03o}); run: chmod 600 {path}")]
    WeakPermissions {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A seed is not 32 bytes of hex.
    #[error("the seed is not 32 bytes of hex: {0}")]
    BadSeed(#[from] HexError),
    /// The costs can't be used.
    #[error("Argon2id can't take {memory_kib} KiB, {passes} passes, {lanes} lanes")]
    BadCost {
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes.
        passes: u32,
        /// Lanes.
        lanes: u32,
    },
    /// The system gave no random numbers.
    #[error("the system gives no random numbers: {0}")]
    NoEntropy(String),
    /// The operating system refused.
    #[error("can't {doing} {path}: {source}; see to the disk and its permissions")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
