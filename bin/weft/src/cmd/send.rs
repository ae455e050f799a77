//! Commands that sign: `transfer`, `stake add|remove`, `register`, `weights set`.
//!
//! Each is: plan, sign, submit, wait until final, receipt. The transaction's id stands
//! in the answer even when the wait runs out (exit 6): then the outcome is unknown, and
//! `weft query tx ID` tells it.

use crate::args::{Global, RegisterArgs, StakeCommand, TransferArgs, Wait, WeightsSet};
use crate::output::{Answer, Exit, Failure, note};
use crate::remote::{ChainInfo, Remote};
use crate::signer;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use weft_types::hash::{Domain, to_hex};
use weft_types::signature::signed_bytes;
use weft_types::tx::Consent;
use weft_types::{
    Address, Call, Canonical, ChainTag, Height, Netuid, Nonce, PublicKey, Rao, SecretKey,
    Signature, Tx, TxBody, Uid, WeightRow,
};

/// How often a waiting command asks.
const LOOK: Duration = Duration::from_millis(100);

/// Sends free coins.
pub async fn transfer(global: &Global, args: &TransferArgs) -> Result<Answer, Failure> {
    let remote = Remote::new(global)?;
    let chain = remote.chain().await?;
    let to = signer::recipient(global, &args.to, chain.network)?;
    let call = Call::Transfer { to, amount: amount(&args.amount)? };
    let key = signer::coldkey(global)?;
    pay(global, &remote, &chain, (&key, call), args.wait).await
}

/// Adds or removes stake.
pub async fn stake(global: &Global, command: &StakeCommand) -> Result<Answer, Failure> {
    let remote = Remote::new(global)?;
    let chain = remote.chain().await?;
    let (StakeCommand::Add(args) | StakeCommand::Remove(args)) = command;
    let hotkey = signer::hotkey_of(global, &args.to, chain.network)?;
    let amount = amount(&args.amount)?;
    let call = match command {
        StakeCommand::Add(_) => Call::AddStake { hotkey, amount },
        StakeCommand::Remove(_) => Call::RemoveStake { hotkey, amount },
    };
    let key = signer::coldkey(global)?;
    pay(global, &remote, &chain, (&key, call), args.wait).await
}

/// Registers the wallet's hotkey.
pub async fn register(global: &Global, args: &RegisterArgs) -> Result<Answer, Failure> {
    let remote = Remote::new(global)?;
    let chain = remote.chain().await?;
    let (coldkey, hotkey) = (signer::coldkey(global)?, signer::hotkey(global)?);
    let netuid = Netuid(args.netuid);
    let consent_height = final_height(&remote).await?;
    let consent = Consent {
        coldkey: coldkey.public(),
        hotkey: hotkey.public(),
        netuid,
        height: consent_height,
    };
    let call = Call::Register {
        netuid,
        hotkey: hotkey.public(),
        max_burn: amount(&args.max_burn)?,
        consent: hotkey.sign(&signed_bytes(Domain::Consent, &chain.chain, &consent)),
        consent_height,
    };
    pay(global, &remote, &chain, (&coldkey, call), args.wait).await
}

/// Writes the row of the wallet's hotkey.
pub async fn weights(global: &Global, args: &WeightsSet) -> Result<Answer, Failure> {
    let remote = Remote::new(global)?;
    let chain = remote.chain().await?;
    let hotkey = signer::hotkey(global)?;
    let (uids, values) = scores(&args.set)?;
    let row = WeightRow {
        netuid: Netuid(args.netuid),
        uids,
        values,
        version_key: args.version_key,
        view: final_height(&remote).await?,
    };
    let body = TxBody {
        chain: ChainTag::of(&chain.chain),
        signer: hotkey.public(),
        nonce: Nonce::ZERO,
        fee: Rao::ZERO,
        valid_until: None,
        call: Call::SetWeights(row),
    };
    send(global, &remote, &chain, body.sign(&hotkey, &chain.chain), args.wait).await
}

fn amount(text: &str) -> Result<Rao, Failure> {
    Rao::parse(text).map_err(|e| Failure::new(Exit::Usage, "BadAmount", e))
}

fn scores(text: &str) -> Result<(Vec<Uid>, Vec<u16>), Failure> {
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

async fn final_height(remote: &Remote) -> Result<Height, Failure> {
    let status = remote.call("chain_status", &json!({})).await?;
    Ok(Height(status["final_height"].as_u64().unwrap_or(0)))
}

/// Signs a call that pays: with the next nonce and the least fee.
async fn pay(
    global: &Global,
    remote: &Remote,
    chain: &ChainInfo,
    (key, call): (&SecretKey, Call),
    wait: Wait,
) -> Result<Answer, Failure> {
    let account = remote.call("account_get", &json!({ "key": key.public(), "at": "head" })).await?;
    let nonce = account["next_nonce"].as_u64().unwrap_or(0);
    let mut body = TxBody {
        chain: ChainTag::of(&chain.chain),
        signer: key.public(),
        nonce: Nonce(nonce),
        fee: Rao::ZERO,
        valid_until: None,
        call,
    };
    let size = Tx { body: body.clone(), signature: Signature([0; 64]) }.to_bytes().len();
    body.fee = fee(remote, size).await?;
    let tx = body.sign(key, &chain.chain);
    send(global, remote, chain, tx, wait).await
}

async fn fee(remote: &Remote, bytes: usize) -> Result<Rao, Failure> {
    let genesis = remote.call("chain_getGenesis", &json!({})).await?;
    let number = |name: &str| genesis["params"][name].as_str().and_then(|t| t.parse::<u64>().ok());
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    match (number("base_fee"), number("byte_fee")) {
        (Some(base), Some(byte)) => Ok(Rao(base.saturating_add(byte.saturating_mul(bytes)))),
        _ => Err(Failure::new(Exit::Failed, "BadAnswer", "the node does not say its fees")),
    }
}

/// Submits and waits.
async fn send(
    global: &Global,
    remote: &Remote,
    chain: &ChainInfo,
    tx: Tx,
    wait: Wait,
) -> Result<Answer, Failure> {
    let id = tx.body.id();
    let plan = json!({
        "tx": id,
        "call": tx.body.call,
        "signer": show(chain, tx.body.signer),
        "nonce": tx.body.nonce,
        "fee": tx.body.fee,
    });
    if global.dry_run {
        let text =
            format!("would send {} with fee {} TAO", tx.body.call.name(), tx.body.fee.as_tao());
        return Answer::new(&json!({ "plan": plan, "sent": false }), text);
    }
    note(&format!("tx {id}"));
    remote.call("tx_submit", &json!({ "raw": to_hex(&tx.to_bytes()) })).await?;
    let network = Some(chain.network.name().to_owned());
    if wait == Wait::None {
        let text = format!("sent {id}, not final yet: weft query tx {id}");
        return Ok(Answer::new(&json!({ "plan": plan, "tx": id, "status": "pending" }), text)?
            .at(network, None));
    }
    let receipt = settle(remote, &id.to_string(), Duration::from_secs(global.timeout)).await?;
    let height = receipt["height"].as_u64();
    let text = format!(
        "final {} in block {}, fee {} TAO",
        id,
        height.map_or_else(|| "-".to_owned(), |h| h.to_string()),
        tx.body.fee.as_tao()
    );
    Ok(Answer::new(
        &json!({ "plan": plan, "tx": id, "status": "finalized", "receipt": receipt }),
        text,
    )?
    .at(network, height))
}

fn show(chain: &ChainInfo, key: PublicKey) -> String {
    Address { network: chain.network, key }.to_string()
}

/// Waits until the transaction is final; its failure on the chain is ours.
async fn settle(remote: &Remote, id: &str, limit: Duration) -> Result<Value, Failure> {
    let start = Instant::now();
    loop {
        let answer = remote.call("tx_get", &json!({ "id": id })).await?;
        match answer["status"].as_str() {
            Some("finalized") => return Ok(answer),
            Some("failed") => {
                let name = answer["error"]["name"].as_str().unwrap_or("Failed").to_owned();
                let message = answer["error"]["message"].as_str().unwrap_or_default().to_owned();
                return Err(Failure::new(Exit::Failed, &name, message).data(&answer));
            }
            _ => {}
        }
        if start.elapsed() > limit {
            let message =
                format!("{id} is not final after {} s; its outcome is unknown", limit.as_secs());
            return Err(Failure::new(Exit::Timeout, "OutcomeUnknown", message)
                .help(format!("weft query tx {id}")));
        }
        tokio::time::sleep(LOOK).await;
    }
}
