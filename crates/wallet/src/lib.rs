//! Key files: secrets at rest under a password.
//!
//! ```text
//! HOME/wallets/NAME/coldkey.json        the key that owns
//! HOME/wallets/NAME/hotkeys/NAME.json   keys that work for it
//! ```
//!
//! A file holds the public key in the open and the 32-byte seed sealed with
//! XChaCha20-Poly1305 under a key that Argon2id makes of the password (RFC 9106; costs
//! and salt stand in the file, the public key and the costs are authenticated with it).
//! A checksum over all fields tells a damaged file from a wrong password.
//!
//! In the order of events: a key is made or imported, sealed, written beside its place,
//! synced and linked into it; a file that is there is never overwritten but by
//! [`Wallet::change_password`] and [`Wallet::change_all`]. Files are readable by their owner only, and not read
//! otherwise. Seeds and derived keys are wiped from memory when they are dropped.

mod error;
mod file;
mod save;
mod seal;
mod survey;
mod wallet;

pub use error::WalletError;
pub use save::write_secret;
pub use seal::{Cost, Protection};
pub use survey::{Coldkey, Survey, Unreadable};
pub use wallet::{KeyName, Wallet, Wallets, generate, import};
