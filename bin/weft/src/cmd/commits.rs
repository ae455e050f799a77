//! Rows that were committed to, kept in the home until they are revealed: a commitment is
//! worthless without its row and salt.
//!
//! They are a map by the commitment's hash, and the chain says which of them is due when. What
//! can't be revealed any more leaves by itself: what was refused, what came too late, what
//! another commitment took the place of, and what was revealed.

use super::desk::Desk;
use super::turn::short;
use crate::args::Global;
use crate::output::{Exit, Failure, note};
use crate::remote::home;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use weft_ledger::query::commits::Promises;
use weft_types::{ChainId, Hash, Height, Netuid, PublicKey, Reveal};
use weft_wallet::write_secret;

/// A commitment that names a height older than this is taken by no block.
const RECENT_BLOCKS: u64 = 100;

/// What is behind a commitment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// The height that the commitment named.
    pub at: Height,
    /// The row and its salt.
    pub reveal: Reveal,
}

/// The commitments of a hotkey in a subnet of a chain.
pub struct Commits {
    dir: PathBuf,
}

impl Commits {
    /// Where they are kept in this home.
    pub fn of(
        global: &Global,
        chain: ChainId,
        (netuid, hotkey): (Netuid, PublicKey),
    ) -> Result<Self, Failure> {
        let name = format!("{netuid}-{}", short(&hotkey));
        Ok(Self { dir: home(global)?.join("commits").join(short(&chain)).join(name) })
    }

    fn path(&self, hash: &Hash) -> PathBuf {
        self.dir.join(format!("{}.json", hash.to_string().trim_start_matches("0x")))
    }

    /// Keeps what is behind a commitment as keys are kept: durably, and for its owner only.
    pub fn keep(&self, hash: &Hash, hidden: &Hidden) -> Result<(), Failure> {
        let text = serde_json::to_string(hidden)
            .map_err(|e| Failure::new(Exit::Failed, "Unprintable", e))?;
        write_secret(&self.path(hash), &text).map_err(|e| {
            Failure::from(e)
                .help("nothing was committed to: without its row a commitment is worthless")
        })
    }

    /// Forgets one.
    pub fn forget(&self, hash: &Hash) {
        // One that is not there is forgotten.
        drop(std::fs::remove_file(self.path(hash)));
    }

    /// All that are kept; a file that is none is named and left alone.
    pub fn all(&self) -> BTreeMap<Hash, Hidden> {
        let mut kept = BTreeMap::new();
        for entry in std::fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "new") {
                // A write that was broken off: nothing was committed to.
                continue;
            }
            let hash = path.file_stem().and_then(|s| s.to_str()).and_then(|s| s.parse().ok());
            let text = std::fs::read_to_string(&path).ok();
            match hash.zip(text.and_then(|t| serde_json::from_str::<Hidden>(&t).ok())) {
                Some((hash, hidden)) => drop(kept.insert(hash, hidden)),
                None => note(&format!("{} is no commitment that was kept", path.display())),
            }
        }
        kept
    }
}

/// What the chain says of a hotkey's commitments at the head, and how high that is.
pub async fn promises(
    desk: &Desk<'_>,
    netuid: Netuid,
    hotkey: PublicKey,
) -> Result<(Promises, Height), Failure> {
    let params = json!({ "netuid": netuid, "hotkey": hotkey, "at": "head" });
    let answer = desk.remote.call("subnet_commitments", &params).await?;
    let bad = |e: serde_json::Error| Failure::new(Exit::Failed, "BadAnswer", e);
    let height = serde_json::from_value(answer["height"].clone()).map_err(bad)?;
    Ok((serde_json::from_value(answer).map_err(bad)?, height))
}

/// Which of the kept can't be revealed any more, on the chain as it is.
pub fn gone(chain: &Promises, height: Height, kept: &BTreeMap<Hash, Hidden>) -> Vec<Hash> {
    let is_gone = |(hash, hidden): &(&Hash, &Hidden)| {
        match chain.live.iter().find(|p| p.hash == **hash) {
            Some(promise) => promise.reveal_epoch < chain.epoch,
            // It may be on its way, until a later one was taken or it is too old to be.
            None => hidden.at <= chain.last || height.since(hidden.at) > RECENT_BLOCKS,
        }
    };
    kept.iter().filter(is_gone).map(|(hash, _)| *hash).collect()
}

/// The one of the kept that is to be revealed now.
pub fn due<'a>(
    chain: &Promises,
    height: Height,
    kept: &'a BTreeMap<Hash, Hidden>,
) -> Result<(Hash, &'a Reveal), Failure> {
    let live = || chain.live.iter().filter_map(|p| Some((p, kept.get(&p.hash)?)));
    if let Some((promise, hidden)) = live().find(|(p, _)| p.reveal_epoch == chain.epoch) {
        return Ok((promise.hash, &hidden.reveal));
    }
    let next = live().map(|(p, _)| p.reveal_epoch).filter(|due| *due > chain.epoch).min();
    let Some(due) = next else {
        let text = "nothing that was committed to here can be revealed";
        return Err(Failure::new(Exit::NotFound, "NoCommitKept", text).help(
            "weft weights commit NETUID --set …; one that is on its way is seen in a moment",
        ));
    };
    let epochs = due.saturating_sub(chain.epoch).saturating_sub(1);
    let at = chain.next_epoch.0.saturating_add(chain.tempo.saturating_mul(epochs));
    let blocks_left = at.saturating_sub(height.0).saturating_sub(1);
    let epoch = chain.epoch;
    let text = format!(
        "this is epoch {epoch}, the commitment may be revealed in epoch {due}, in {blocks_left} blocks"
    );
    Err(Failure::of_kind("too_early", "RevealTooEarly", text)
        .help("run the same command then")
        .context(json!({ "epoch": epoch, "due": due, "blocks_left": blocks_left })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_ledger::query::commits::Promise;

    fn hash(n: u8) -> Hash {
        Hash([n; 32])
    }

    fn hidden(at: u64) -> Hidden {
        let reveal = Reveal {
            netuid: Netuid(1),
            uids: Vec::new(),
            values: Vec::new(),
            salt: [0; 16],
            version_key: 0,
        };
        Hidden { at: Height(at), reveal }
    }

    #[test]
    fn what_is_hidden_is_its_owners_only_and_a_torn_write_is_none() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let kept = Commits { dir: home.path().join("commits").join("chain").join("1-key") };
        kept.keep(&hash(1), &hidden(70)).unwrap();
        std::fs::write(kept.path(&hash(2)).with_extension("json.new"), "{").unwrap();
        assert_eq!(kept.all(), BTreeMap::from([(hash(1), hidden(70))]));
        let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(kept.path(&hash(1))), 0o600);
        assert_eq!(mode(kept.dir.clone()), 0o700);
        assert_eq!(mode(home.path().join("commits")), 0o700);
        // What was there is not overwritten.
        assert!(kept.keep(&hash(1), &hidden(71)).is_err());
    }

    fn chain(epoch: u64, live: &[(u8, u64, u64)]) -> Promises {
        let promise = |(n, at, due): &(u8, u64, u64)| Promise {
            hash: hash(*n),
            at: Height(*at),
            epoch: due - 1,
            reveal_epoch: *due,
        };
        Promises {
            commit_reveal: true,
            epoch,
            next_epoch: Height(100),
            tempo: 20,
            last: live.last().map_or(Height(0), |(_, at, _)| Height(*at)),
            live: live.iter().map(promise).collect(),
            neurons: 4,
            least: 1,
            weights_version: weft_types::Wide(0),
        }
    }

    /// F4.
    #[test]
    fn the_commitment_that_is_due_is_found_whatever_was_kept_before_it() {
        let kept =
            BTreeMap::from([(hash(9), hidden(50)), (hash(1), hidden(70)), (hash(5), hidden(85))]);
        // Of three kept one is of an epoch that is over, one is due, one comes next.
        let chain = chain(5, &[(1, 70, 5), (5, 85, 6)]);
        assert_eq!(due(&chain, Height(90), &kept).unwrap().0, hash(1));
        assert_eq!(gone(&chain, Height(90), &kept), [hash(9)]);
    }

    /// F4.
    #[test]
    fn what_expired_was_refused_or_has_a_later_one_in_its_place_leaves_by_itself() {
        let kept = BTreeMap::from([
            (hash(1), hidden(70)),
            (hash(2), hidden(80)),
            (hash(3), hidden(85)),
            (hash(4), hidden(90)),
        ]);
        // 1 expired, 2 was never taken and a later one was, 3 is live, 4 is on its way.
        let mut chain = chain(6, &[(1, 70, 5), (3, 85, 7)]);
        assert_eq!(gone(&chain, Height(90), &kept), [hash(1), hash(2)]);
        chain.live.clear();
        chain.last = Height(0);
        assert!(gone(&chain, Height(95), &kept).is_empty(), "a commitment may still be taken");
        assert_eq!(gone(&chain, Height(191), &kept).len(), 4, "none that old is");
    }

    /// F37.
    #[test]
    fn before_its_epoch_a_reveal_is_too_early_by_so_many_blocks() {
        let kept = BTreeMap::from([(hash(1), hidden(70))]);
        let refused = due(&chain(4, &[(1, 70, 6)]), Height(90), &kept).unwrap_err();
        assert_eq!(refused.words.name, "RevealTooEarly");
        // The epochs come at heights 100 and 120; a call of the block at 120 is of epoch 6.
        assert_eq!(refused.words.context["blocks_left"], json!(29));
        let none = due(&chain(4, &[]), Height(90), &kept).unwrap_err();
        assert_eq!((none.exit, none.words.name.as_str()), (Exit::NotFound, "NoCommitKept"));
    }
}
