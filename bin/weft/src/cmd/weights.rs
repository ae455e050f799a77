//! `weft weights set|commit|reveal|show`.
//!
//! A commitment is worthless without its salt, so `commit` keeps what it committed to in
//! `commits` before it sends, and `reveal` takes from there what is due.

use super::commits::{self, Commits, Hidden};
use super::desk::Desk;
use crate::args::{Global, WeightsCommand, WeightsReveal, WeightsSet, WeightsShow};
use crate::output::{Answer, Exit, Failure};
use crate::remote::{Remote, part};
use crate::show::{cell, percent, text};
use crate::signer;
use serde_json::{Value, json};
use weft_ledger::query::commits::Promises;
use weft_types::{Call, Commitment, Netuid, Reveal, Uid, WeightRow};

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
    desk.give(&signer::hotkey(global)?, Call::SetWeights { row }, &args.sending).await
}

async fn commit(global: &Global, args: &WeightsSet) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    let hotkey = signer::hotkey(global)?;
    let (uids, values) = scores(&args.set)?;
    let (netuid, version_key) = (Netuid(args.netuid), args.version_key);
    let kept = Commits::of(global, desk.charter.chain, (netuid, hotkey.public()))?;
    let (chain, height) = commits::promises(&desk, netuid, hotkey.public()).await?;
    fits(&chain, &uids, version_key)?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|e| Failure::new(Exit::Failed, "NoEntropy", e))?;
    let reveal = Reveal { netuid, uids, values, salt, version_key };
    let hash = reveal.commitment(&hotkey.public());
    let at = desk.final_height().await?;
    if !global.dry_run {
        commits::gone(&chain, height, &kept.all()).iter().for_each(|hash| kept.forget(hash));
        kept.keep(&hash, &Hidden { at, reveal })?;
    }
    let call = Call::CommitWeights { commitment: Commitment { netuid, hash, at } };
    let sent = desk.give(&hotkey, call, &args.sending).await;
    // What was refused is no commitment; of what may have been taken the row is needed.
    if sent.as_ref().is_err_and(|e| e.exit != Exit::Timeout) {
        kept.forget(&hash);
    }
    sent
}

/// Whether the row could be revealed: a commitment hides what would be refused then.
fn fits(chain: &Promises, uids: &[Uid], version_key: u64) -> Result<(), Failure> {
    let refused = |name: &str, text: String| Err(Failure::of_kind("invalid_argument", name, text));
    if let Some(uid) = uids.iter().find(|uid| uid.0 >= chain.neurons) {
        let text = format!("there is no uid {uid}; the subnet has {}", chain.neurons);
        return refused("UidVecContainInvalidOne", text);
    }
    if uids.len() < usize::from(chain.least) && uids.len() != 1 {
        let text = format!("{} scores, at least {} are needed", uids.len(), chain.least);
        return refused("WeightVecLengthIsLow", text);
    }
    if version_key < chain.weights_version.0 {
        let text =
            format!("version key {version_key}, at least {} is asked for", chain.weights_version);
        return refused("IncorrectWeightVersionKey", text);
    }
    Ok(())
}

async fn reveal(global: &Global, args: &WeightsReveal) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    let hotkey = signer::hotkey(global)?;
    let netuid = Netuid(args.netuid);
    let kept = Commits::of(global, desk.charter.chain, (netuid, hotkey.public()))?;
    let (chain, height) = commits::promises(&desk, netuid, hotkey.public()).await?;
    let all = kept.all();
    if !global.dry_run {
        commits::gone(&chain, height, &all).iter().for_each(|hash| kept.forget(hash));
    }
    let (hash, reveal) = commits::due(&chain, height, &all)?;
    let call = Call::RevealWeights { reveal: reveal.clone() };
    let sent = desk.give(&hotkey, call, &args.sending).await;
    // What is only on its way may have to be revealed again.
    if sent.as_ref().is_ok_and(|a| a.data["status"] == json!("finalized")) {
        kept.forget(&hash);
    }
    sent
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
    if let Some([(uid, _), _]) = pairs.windows(2).find(|p| matches!(p, [a, b] if a.0 == b.0)) {
        let message = format!("uid {uid} stands there twice");
        return Err(Failure::new(Exit::Usage, "DuplicateUids", message).help("score each uid once"));
    }
    Ok(pairs.into_iter().unzip())
}

/// Rows of the weight matrix; those of the root matrix for netuid 0.
async fn show(global: &Global, args: &WeightsShow) -> Result<Answer, Failure> {
    let remote = Remote::new(global)?;
    if args.netuid == 0 {
        if args.uid.is_some() {
            let text = "the root matrix has voters, not uids";
            return Err(Failure::new(Exit::Usage, "NoUidInRoot", text).help("leave --uid out"));
        }
        return remote.read_well("root_get", &json!({}), root).await;
    }
    let params = json!({ "netuid": args.netuid, "uid": args.uid });
    remote.read("subnet_weights", &params, matrix).await
}

/// What the numbers of rows are.
const SCORES: &str = "uid=score; scores are parts of 65535, as stored, and only their ratios count";

/// The root matrix for people.
pub fn root(answer: &Value) -> Result<String, Failure> {
    let line = |row: &Value| {
        let (hotkey, scores) = (cell("hotkey", &row["hotkey"]), cell("scores", &row["scores"]));
        format!("{hotkey} looked at {}: {scores}", row["view"])
    };
    let (rows, shares): (Vec<Value>, Vec<Value>) = (part(answer, "rows")?, part(answer, "shares")?);
    let weight = |share: &Value| -> Result<u128, Failure> {
        let bad = |_| {
            let text = format!("the node says {} as a share of the root matrix", share["weight"]);
            Failure::new(Exit::Failed, "BadAnswer", text)
        };
        text(&share["weight"]).parse().map_err(bad)
    };
    let weights = shares.iter().map(weight).collect::<Result<Vec<_>, _>>()?;
    let all = weights.iter().try_fold(0_u128, |sum, weight| sum.checked_add(*weight));
    let all = all.ok_or_else(|| {
        Failure::new(Exit::Failed, "BadAnswer", "the shares of the root matrix have no sum")
    })?;
    let shares = shares.iter().zip(weights).map(|(share, weight)| {
        format!("share of subnet {}: {}", share["netuid"], percent(weight, all))
    });
    let next = format!("next root epoch at height {}", answer["next_epoch"]);
    let rows = rows.iter().map(line);
    Ok(rows.chain(shares).chain([next, SCORES.to_owned()]).collect::<Vec<_>>().join("\n"))
}

fn matrix(answer: &Value) -> String {
    let line = |row: &Value| format!("uid {}: {}", row["uid"], cell("weights", &row["weights"]));
    let rows = answer["rows"].as_array().into_iter().flatten();
    rows.map(line).chain([SCORES.to_owned()]).collect::<Vec<_>>().join("\n")
}
