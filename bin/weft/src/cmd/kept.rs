//! Signed transactions whose outcome is not known yet, kept in the home: `--resume ID` sends
//! the very same bytes again, and a transaction that is known is not run twice.
//!
//! One is written before it is sent, and goes when it is final or was refused. The newest
//! [`MOST`] stay.

use super::turn::short;
use crate::args::Global;
use crate::output::{Exit, Failure, note};
use crate::remote::home;
use std::path::PathBuf;
use weft_types::hash::{from_hex, to_hex};
use weft_types::{Canonical, ChainId, Tx, TxId};

/// How many are kept of one chain.
const MOST: usize = 256;

/// Where those of a chain are kept.
pub struct Kept {
    dir: PathBuf,
}

impl Kept {
    /// Those of a chain in this home.
    pub fn of(global: &Global, chain: &ChainId) -> Result<Self, Failure> {
        Ok(Self { dir: home(global)?.join("sent").join(short(chain)) })
    }

    fn path(&self, id: &TxId) -> PathBuf {
        self.dir.join(format!("{}.tx", id.to_string().trim_start_matches("0x")))
    }

    /// Keeps a transaction; in a home that can't be written to it is sent all the same.
    pub fn keep(&self, tx: &Tx) {
        let path = self.path(&tx.body.id());
        let text = format!("{}\n", to_hex(&tx.to_bytes()));
        let done = std::fs::create_dir_all(&self.dir).and_then(|()| std::fs::write(&path, text));
        if let Err(e) = done {
            note(&format!("{}: {e}; --resume will not know this transaction", path.display()));
        }
        self.prune();
    }

    /// Forgets one whose outcome is known.
    pub fn forget(&self, id: &TxId) {
        // One that is not there is forgotten.
        drop(std::fs::remove_file(self.path(id)));
    }

    /// A kept transaction.
    pub fn read(&self, id: &TxId) -> Result<Tx, Failure> {
        let path = self.path(id);
        let none = |e: std::io::Error| {
            let text = format!("no transaction {id} is kept in {}: {e}", self.dir.display());
            Failure::new(Exit::NotFound, "NotKept", text)
                .help("what became final or was refused is not kept; weft query tx ID")
        };
        let text = std::fs::read_to_string(&path).map_err(none)?;
        let damaged = |e: String| {
            Failure::new(Exit::Failed, "KeptDamaged", format!("{}: {e}", path.display()))
        };
        let bytes = from_hex(text.trim()).map_err(|e| damaged(e.to_string()))?;
        let tx = Tx::from_bytes(&bytes).map_err(|e| damaged(e.to_string()))?;
        if tx.body.id() == *id { Ok(tx) } else { Err(damaged("it is another one".to_owned())) }
    }

    /// Drops the oldest when there are too many.
    fn prune(&self) {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let dated = entries.filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, e.path())));
        let mut files: Vec<_> = dated.collect();
        files.sort_unstable();
        for (_, path) in files.iter().take(files.len().saturating_sub(MOST)) {
            drop(std::fs::remove_file(path));
        }
    }
}
