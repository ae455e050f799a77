//! Whose turn it is to sign with a key: commands of one home that run at the same time take
//! their nonces one after the other.
//!
//! A command holds the key's lock from asking for the nonce until the node has its
//! transaction, so the next one gets the nonce behind it. The system lets go of the lock
//! when the process ends, however it ends.

use crate::args::Global;
use crate::output::{Exit, Failure, note};
use crate::remote::home;
use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use weft_types::{ChainId, PublicKey};

/// How often a waiting command looks.
const LOOK: Duration = Duration::from_millis(20);

/// The first 16 digits of a hash or key, for names of files.
pub fn short(text: &impl ToString) -> String {
    text.to_string().trim_start_matches("0x").chars().take(16).collect()
}

/// Waits for the turn of a key on a chain; it lasts until what this gives is dropped. In a
/// home that can't be written to there are no turns, which is said.
pub async fn take(
    global: &Global,
    chain: &ChainId,
    key: &PublicKey,
) -> Result<Option<File>, Failure> {
    let path = home(global)?.join("locks").join(format!("{}-{}", short(chain), short(key)));
    let file = match open(&path) {
        Ok(file) => file,
        Err(e) => {
            note(&format!("{}: {e}; commands at the same time may take one nonce", path.display()));
            return Ok(None);
        }
    };
    let (start, limit) = (Instant::now(), Duration::from_secs(global.timeout));
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if start.elapsed() < limit => {
                tokio::time::sleep(LOOK).await;
            }
            Err(TryLockError::WouldBlock) => {
                let text = format!(
                    "another command signs with this key since {} s; nothing was sent",
                    limit.as_secs()
                );
                return Err(Failure::new(Exit::Failed, "KeyInUse", text)
                    .help("wait for it, or end it; --timeout waits longer"));
            }
            Err(TryLockError::Error(e)) => {
                note(&format!("{}: {e}", path.display()));
                return Ok(None);
            }
        }
    }
}

fn open(path: &PathBuf) -> std::io::Result<File> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    File::options().create(true).truncate(false).write(true).open(path)
}
