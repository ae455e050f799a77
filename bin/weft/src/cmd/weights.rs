//! `weft weights set|commit|reveal|show`.
//!
//! A commitment is worthless without its salt, so `commit` writes what it committed to
//! under the home directory before it sends, and `reveal` reads it from there.

use super::submit::Desk;
use crate::args::{Global, WeightsCommand, WeightsReveal, WeightsSet, WeightsShow};
use crate::output::{Answer, Exit, Failure, note};
use crate::remote::{Remote, home};
use crate::signer;
use serde_json::{Value, json};
use std::path::PathBuf;
use weft_types::{Call, ChainId, Commitment, Netuid, PublicKey, Reveal, Uid, WeightRow};

/// Runs the command.
pub async fn run(global: &Global, command: &WeightsCommand) -> Result<Answer, Failure> {
    match command {
        WeightsCommand::Set(args) => set(global, args).await,
        WeightsCommand::Commit(args) => commit(global, args).await,
        WeightsCommand::Reveal(args) => reveal(global, args).await,
        WeightsCommand::Show(args) => show(global, args).await,
    }
}

async fn set(global: &Global, args: &WeightsSet) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    let (uids, values) = scores(&args.set)?;
    let (netuid, version_key) = (Netuid(args.netuid), args.version_key);
    let view = desk.final_height().await?;
    let row = WeightRow { netuid, uids, values, version_key, view };
    desk.give(&signer::hotkey(global)?, Call::SetWeights { row }, args.waiting.wait).await
}

async fn commit(global: &Global, args: &WeightsSet) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    let hotkey = signer::hotkey(global)?;
    let (uids, values) = scores(&args.set)?;
    let (netuid, version_key) = (Netuid(args.netuid), args.version_key);
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|e| Failure::new(Exit::Failed, "NoEntropy", e))?;
    let reveal = Reveal { netuid, uids, values, salt, version_key };
    let hash = reveal.commitment(&hotkey.public());
    if !global.dry_run {
        let place = Place::of(global, desk.chain.chain, netuid, hotkey.public());
        place.keep(&hash.to_string(), &reveal)?;
    }
    let commitment = Commitment { netuid, hash, at: desk.final_height().await? };
    desk.give(&hotkey, Call::CommitWeights { commitment }, args.waiting.wait).await
}

async fn reveal(global: &Global, args: &WeightsReveal) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    let hotkey = signer::hotkey(global)?;
    let netuid = Netuid(args.netuid);
    let place = Place::of(global, desk.chain.chain, netuid, hotkey.public());
    let (path, reveal) = place.oldest()?;
    let sent = desk.give(&hotkey, Call::RevealWeights { reveal }, args.waiting.wait).await;
    let over = |failure: &Failure| {
        matches!(
            failure.words.name.as_str(),
            "ExpiredWeightCommit" | "InvalidRevealCommitHashNotMatch"
        )
    };
    if !global.dry_run && (sent.is_ok() || sent.as_ref().is_err_and(over)) {
        // What is revealed, or can't be any more, is not kept.
        if let Err(e) = std::fs::remove_file(&path) {
            note(&format!("{}: {e}", path.display()));
        }
    }
    sent
}

/// Where the commitments of a hotkey in a subnet of a chain are kept.
struct Place {
    dir: PathBuf,
}

impl Place {
    fn of(global: &Global, chain: ChainId, netuid: Netuid, hotkey: PublicKey) -> Self {
        let short =
            |text: String| text.trim_start_matches("0x").chars().take(16).collect::<String>();
        let (chain, hotkey) = (short(chain.to_string()), short(hotkey.to_string()));
        Self { dir: home(global).join("commits").join(chain).join(format!("{netuid}-{hotkey}")) }
    }

    fn keep(&self, hash: &str, reveal: &Reveal) -> Result<(), Failure> {
        let fault = |e: std::io::Error| {
            let message = format!("{}: {e}", self.dir.display());
            Failure::new(Exit::Failed, "Io", message)
        };
        std::fs::create_dir_all(&self.dir).map_err(fault)?;
        let number = self.files().len();
        let name = format!("{number:06}-{}.json", hash.trim_start_matches("0x"));
        let text = serde_json::to_string(reveal)
            .map_err(|e| Failure::new(Exit::Failed, "Unprintable", e))?;
        std::fs::write(self.dir.join(name), text).map_err(fault)
    }

    /// What was kept, oldest first.
    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|e| e.path()).collect();
        files.sort_unstable();
        files
    }

    fn oldest(&self) -> Result<(PathBuf, Reveal), Failure> {
        let none = || {
            let text = format!("nothing that was committed to is kept in {}", self.dir.display());
            Failure::new(Exit::NotFound, "NoCommitKept", text)
                .help("weft weights commit NETUID --set …")
        };
        let path = self.files().into_iter().next().ok_or_else(none)?;
        let bad = |e: String| {
            Failure::new(Exit::Failed, "CommitFileDamaged", format!("{}: {e}", path.display()))
        };
        let text = std::fs::read_to_string(&path).map_err(|e| bad(e.to_string()))?;
        let reveal = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
        Ok((path, reveal))
    }
}

/// Reads scores: uid=score,uid=score.
pub fn scores(text: &str) -> Result<(Vec<Uid>, Vec<u16>), Failure> {
    let bad = |part: &str| {
        let message = format!("\"{part}\" is no score; write uid=score, scores from 0 to 65535");
        Failure::new(Exit::Usage, "BadScore", message)
    };
    let mut pairs = text
        .split(',')
        .map(|part| {
            let (uid, score) = part.split_once('=').ok_or_else(|| bad(part))?;
            let uid = uid.trim().parse().map_err(|_| bad(part))?;
            Ok((Uid(uid), score.trim().parse().map_err(|_| bad(part))?))
        })
        .collect::<Result<Vec<(Uid, u16)>, Failure>>()?;
    pairs.sort_unstable();
    Ok(pairs.into_iter().unzip())
}

/// Rows of the weight matrix; those of the root matrix for netuid 0.
async fn show(global: &Global, args: &WeightsShow) -> Result<Answer, Failure> {
    let remote = Remote::new(global)?;
    if args.netuid == 0 {
        return remote.read("root_get", &json!({}), root).await;
    }
    let params = json!({ "netuid": args.netuid, "uid": args.uid });
    remote.read("subnet_weights", &params, matrix).await
}

/// The root matrix for people.
pub fn root(answer: &Value) -> String {
    let entries = |row: &Value| -> Vec<String> {
        let scores = row["scores"].as_array().into_iter().flatten();
        scores.map(|e| format!("{}={}", e[0], e[1])).collect()
    };
    let line = |row: &Value| {
        let hotkey = row["hotkey"].as_str().unwrap_or_default();
        format!(
            "{} looked at {}: {}",
            crate::output::short(hotkey),
            row["view"],
            entries(row).join(" ")
        )
    };
    let rows = answer["rows"].as_array().into_iter().flatten().map(line);
    let share = |s: &Value| format!("share of subnet {}: {}", s["netuid"], s["weight"]);
    let shares = answer["shares"].as_array().into_iter().flatten().map(share);
    let next = format!("next root epoch at height {}", answer["next_epoch"]);
    rows.chain(shares).chain([next]).collect::<Vec<_>>().join("\n")
}

fn matrix(answer: &Value) -> String {
    let line = |row: &Value| {
        let entries = row["weights"].as_array().into_iter().flatten();
        let cells: Vec<_> = entries.map(|e| format!("{}={}", e[0], e[1])).collect();
        format!("uid {}: {}", row["uid"], cells.join(" "))
    };
    let rows = answer["rows"].as_array().into_iter().flatten();
    rows.map(line).collect::<Vec<_>>().join("\n")
}
