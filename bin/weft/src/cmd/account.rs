//! `weft query account`: free coins and nonce, and the stake that is on its way back with when
//! it is free.

use crate::args::Global;
use crate::output::{Answer, Failure};
use crate::remote::{Remote, part};
use crate::show::{cell, pairs};
use crate::signer;
use crate::table::table;
use serde_json::{Value, json};
use weft_types::Rao;

/// What a coldkey has.
pub async fn run(global: &Global, remote: &Remote, key: &str) -> Result<Answer, Failure> {
    let charter = remote.charter().await?;
    let key = signer::recipient(global, key, charter.network)?;
    let leaving = leaving(remote, &json!(key)).await?;
    let mut answer = remote.read("account_get", &json!({ "key": key }), pairs).await?;
    if !leaving.is_empty() {
        let height = answer.height.unwrap_or_default();
        let rows = rows(&leaving, (height, charter.params.slot_ms))?;
        answer.text = format!("{}\n\nstake on its way back\n{}", answer.text, table(&rows));
    }
    answer.data["leaving"] = json!(leaving);
    Ok(answer)
}

/// All pieces of what is on its way back, one after the other.
async fn leaving(remote: &Remote, coldkey: &Value) -> Result<Vec<Value>, Failure> {
    let (mut all, mut from) = (Vec::new(), None::<u64>);
    loop {
        let params = json!({ "coldkey": coldkey, "from": from });
        let page = remote.call("stake_leaving", &params).await?;
        all.extend(part::<Vec<Value>>(&page, "leaving")?);
        // A node that does not get on would be asked for ever.
        match part::<Option<u64>>(&page, "next")? {
            Some(next) if from.is_none_or(|from| next > from) => from = Some(next),
            _ => return Ok(all),
        }
    }
}

/// A line for each request.
fn rows(leaving: &[Value], (height, slot_ms): (u64, u64)) -> Result<Vec<Vec<String>>, Failure> {
    let head = ["TAO", "behind", "free in block", "that is"];
    let mut rows = vec![head.map(ToOwned::to_owned).to_vec()];
    for one in leaving {
        let (amount, free_at): (Rao, Option<u64>) = (part(one, "amount")?, part(one, "free_at")?);
        let (not_before, frozen): (u64, bool) = (part(one, "not_before")?, part(one, "frozen")?);
        let lies = |at: u64| span(at.saturating_sub(height).saturating_mul(slot_ms));
        let (block, time) = match free_at {
            Some(at) => (at.to_string(), format!("in about {}", lies(at))),
            None if frozen => (
                "-".to_owned(),
                "frozen: too few could be elected at the last rotation height".to_owned(),
            ),
            None => {
                let text = format!("when voters have rotated, in {} or later", lies(not_before));
                (format!("{not_before} or later"), text)
            }
        };
        rows.push(vec![amount.as_tao(), cell("hotkey", &one["hotkey"]), block, time]);
    }
    Ok(rows)
}

/// A time for people; blocks come at least a slot apart.
fn span(ms: u64) -> String {
    match ms.div_ceil(1_000) {
        s @ 0..=99 => format!("{s} s"),
        s @ 100..=5_999 => format!("{} min", s.div_ceil(60)),
        s @ 6_000..=359_999 => format!("{} h", s.div_ceil(3_600)),
        s => format!("{} days", s.div_ceil(86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_says_how_much_and_when() {
        let one = |free_at: Option<u64>, frozen: bool| {
            json!({
                "hotkey": "0x07", "amount": "1500000000", "lost": "0", "requested": 4,
                "free_at": free_at, "not_before": 140, "frozen": frozen,
            })
        };
        let all = [one(Some(103), false), one(None, false), one(None, true)];
        let rows = rows(&all, (100, 12_000)).unwrap();
        assert_eq!(rows[1], ["1.5", "0x07", "103", "in about 36 s"]);
        assert_eq!(rows[2][2], "140 or later");
        assert_eq!(rows[2][3], "when voters have rotated, in 8 min or later");
        assert!(rows[3][3].starts_with("frozen"), "{rows:?}");
        assert!(super::rows(&[json!({ "amount": 1 })], (1, 1)).is_err(), "a wrong answer is named");
    }
}
