//! Signed transactions whose outcome is not known yet, kept in the home: `--resume ID` sends
//! the very same bytes again, and a transaction that is known is not run twice.
//!
//! One is written as keys are, for its owner only and durably, before it is sent. It goes when
//! its outcome is known: when it is final, or when the first node that was given it refused it.
//! The newest [`MOST`] stay.

use super::turn::short;
use crate::args::Global;
use crate::output::{Exit, Failure, note};
use crate::remote::home;
use std::path::PathBuf;
use weft_types::hash::{from_hex, to_hex};
use weft_types::{Canonical, ChainId, Tx, TxId};
use weft_wallet::{WalletError, write_secret};

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

    /// Keeps a transaction; in a home that can't be written to it is sent all the same. Answers
    /// whether it was not kept before.
    pub fn keep(&self, tx: &Tx) -> bool {
        let path = self.path(&tx.body.id());
        let text = format!("{}\n", to_hex(&tx.to_bytes()));
        match write_secret(&path, &text) {
            Ok(()) => {}
            Err(WalletError::Exists { .. }) => return false,
            Err(e) => note(&format!("{e}; --resume will not know this transaction")),
        }
        self.prune();
        true
    }

    /// Whether a home keeps this transaction, of whichever chain.
    pub fn anywhere(global: &Global, id: &TxId) -> Result<bool, Failure> {
        let chains = std::fs::read_dir(home(global)?.join("sent")).into_iter().flatten();
        Ok(chains.flatten().any(|chain| Self { dir: chain.path() }.path(id).exists()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use weft_types::{Call, ChainTag, Hash, Nonce, PublicKey, Rao, Signature, TxBody};

    fn tx(nonce: u64) -> Tx {
        let chain = ChainTag::of(&Hash([7; 32]));
        let (signer, nonce, fee) = (PublicKey([1; 32]), Nonce(nonce), Rao(5));
        let call = Call::Transfer { to: signer, amount: Rao(1), open: false };
        let body = TxBody { chain, signer, nonce, fee, valid_until: None, call };
        Tx { body, signature: Signature([0; 64]) }
    }

    #[test]
    fn what_is_kept_is_its_owners_only_and_is_whole_after_a_crash() {
        let home = tempfile::tempdir().unwrap();
        let kept = Kept { dir: home.path().join("sent").join("chain") };
        let (tx, id) = (tx(1), tx(1).body.id());
        // As a process leaves it that ended while it wrote.
        std::fs::create_dir_all(&kept.dir).unwrap();
        let torn = kept.path(&id).with_extension("json.new");
        std::fs::write(&torn, "0x00").unwrap();
        assert_eq!(kept.read(&id).unwrap_err().words.name, "NotKept");
        std::fs::remove_dir_all(home.path().join("sent")).unwrap();
        assert!(kept.keep(&tx), "it is new");
        assert!(!kept.keep(&tx), "it was kept before");
        assert_eq!(kept.read(&id).unwrap(), tx);
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&kept.path(&id)), mode(&kept.dir)), (0o600, 0o700));
        assert_eq!(mode(&home.path().join("sent")), 0o700);
        kept.forget(&id);
        assert_eq!(std::fs::read_dir(&kept.dir).unwrap().count(), 0, "nothing is left beside it");
    }

    #[test]
    fn the_newest_stay() {
        let home = tempfile::tempdir().unwrap();
        let kept = Kept { dir: home.path().to_owned() };
        let most = u64::try_from(MOST).unwrap();
        for nonce in 0..most + 3 {
            kept.keep(&tx(nonce));
        }
        assert_eq!(std::fs::read_dir(&kept.dir).unwrap().count(), MOST);
        assert_eq!(kept.read(&tx(most + 2).body.id()).unwrap(), tx(most + 2));
    }
}
