//! `weft transfer`, `weft stake add|remove|take` and `weft batch`.

use super::submit::{Desk, amount};
use crate::args::{BatchArgs, Global, StakeCommand, TransferArgs};
use crate::output::{Answer, Exit, Failure};
use crate::signer;
use serde_json::Value;
use weft_types::{BatchCall, Call, Rao};

/// Sends free coins.
pub async fn transfer(global: &Global, args: &TransferArgs) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    let to = signer::recipient(global, &args.to, desk.chain.network)?;
    let mut call = Call::Transfer { to, amount: amount(&args.amount)?, open: false };
    desk.open_accounts(&mut call).await?;
    desk.pay(&signer::coldkey(global)?, call, args.wait).await
}

/// Adds or removes stake, or sets a take.
pub async fn stake(global: &Global, command: &StakeCommand) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    let behind = |to: &str| signer::hotkey_of(global, to, desk.chain.network);
    let (call, wait) = match command {
        StakeCommand::Add(args) => {
            let (hotkey, amount) = (behind(&args.to)?, amount(&args.amount)?);
            (Call::AddStake { hotkey, amount }, args.wait)
        }
        StakeCommand::Remove(args) => {
            let (hotkey, amount) = (behind(&args.to)?, amount(&args.amount)?);
            (Call::RemoveStake { hotkey, amount }, args.wait)
        }
        StakeCommand::Take(args) => {
            let hotkey = signer::hotkey_public(global)?;
            (Call::SetTake { hotkey, take: take(&args.percent)? }, args.waiting.wait)
        }
    };
    desk.pay(&signer::coldkey(global)?, call, wait).await
}

/// A percentage with up to seven decimals as parts of 65 535, rounded down.
fn take(percent: &str) -> Result<u16, Failure> {
    let bad = || {
        let message = format!("\"{percent}\" is no percentage; write a number from 0 to 100");
        Failure::new(Exit::Usage, "BadPercent", message)
    };
    // A percent is read like an amount: exactly, with nine decimals.
    let scaled = Rao::parse(percent.trim_end_matches('%')).map_err(|_| bad())?;
    let part = u128::from(scaled.0) * u128::from(u16::MAX) / 100_000_000_000;
    u16::try_from(part).map_err(|_| bad())
}

/// Sends several calls as one.
pub async fn batch(global: &Global, args: &BatchArgs) -> Result<Answer, Failure> {
    let bad = |e: String| {
        let message = format!("{}: {e}", args.file.display());
        Failure::new(Exit::Usage, "BadBatch", message).help("weft reference calls")
    };
    let text = std::fs::read_to_string(&args.file).map_err(|e| bad(e.to_string()))?;
    let calls = batch_calls(&text).map_err(|e| bad(e.to_string()))?;
    if calls.is_empty() {
        return Err(bad("it holds no call".to_owned()));
    }
    let desk = Desk::open(global).await?;
    let mut call = Call::Batch { calls };
    desk.open_accounts(&mut call).await?;
    desk.pay(&signer::coldkey(global)?, call, args.waiting.wait).await
}

/// The calls of a file. A transfer may leave out `open`: this program looks for itself.
fn batch_calls(text: &str) -> Result<Vec<BatchCall>, serde_json::Error> {
    let mut calls: Vec<Value> = serde_json::from_str(text)?;
    for fields in calls.iter_mut().filter_map(|call| call["transfer"].as_object_mut()) {
        fields.entry("open").or_insert(Value::Bool(false));
    }
    calls.into_iter().map(serde_json::from_value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_file_need_not_say_which_accounts_are_open() {
        let to = weft_types::PublicKey([7; 32]);
        let text = serde_json::json!([
            { "transfer": { "to": to, "amount": "5" } },
            { "transfer": { "to": to, "amount": "5", "open": true } },
            { "leave_voters": { "hotkey": to } },
        ]);
        let calls = batch_calls(&text.to_string()).unwrap();
        let transfer = |open| BatchCall(Call::Transfer { to, amount: Rao(5), open });
        let leave = BatchCall(Call::LeaveVoters { hotkey: to });
        assert_eq!(calls, [transfer(false), transfer(true), leave]);
        assert!(batch_calls("[{\"transfer\": {}}]").is_err() && batch_calls("{}").is_err());
    }

    #[test]
    fn a_take_is_read_exactly() {
        assert_eq!(take("18").unwrap(), 11_796);
        assert_eq!(take("0%").unwrap(), 0);
        assert_eq!(take("100").unwrap(), 65_535);
        assert!(take("101").is_err() && take("a lot").is_err() && take("-1").is_err());
    }
}
