//! `--resume ID`: the very bytes of an earlier transaction once more.
//!
//! 1. Find the kept bytes; they must be what the command says ([`super::says`]).
//! 2. Ask what became of them. What waits, or is in a final block, is waited for.
//! 3. What the node does not know it is given again, and asked once more when it refuses: a
//!    block may have carried it between the two questions.
//!
//! Why no refusal of a second send is believed: the bytes have been on the wire. A node that
//! has not got them can only say what they would meet on its own head; another node may hold
//! them, or a block that is gone from what this one remembers may have run them. A used nonce
//! may be their own, a fee too low now may do later, and a last height, which would end it,
//! is in no transaction that this program signs. So the outcome stays unknown and the bytes
//! stay kept, until a receipt says what became of them. Who would rather send something else
//! gives it the same nonce: of two with one nonce at most one runs.

use super::desk::Desk;
use super::kept::Kept;
use super::plan::Plan;
use super::says::says;
use super::submit::unknown;
use crate::args::{Command, Global, Sends};
use crate::output::{Answer, Exit, Failure, note};
use serde_json::json;
use weft_rpc::client::ClientError;
use weft_types::{Tx, TxId};

/// Sends a kept transaction again and waits for it, if it is what the command says.
pub async fn run(
    global: &Global,
    (id, command): (TxId, &Command),
    sends: Sends<'_>,
) -> Result<Answer, Failure> {
    let desk = match Desk::open(global).await {
        // Nothing was heard, and nothing is known of what was sent before.
        Err(e) if e.exit != Exit::Usage && Kept::anywhere(global, &id)? => {
            return Err(unknown(&id, &e.words.message));
        }
        desk => desk?,
    };
    let tx = Kept::of(global, &desk.charter.chain)?.read(&id)?;
    if !says(&desk, (command, sends.paying), &tx)? {
        let text = format!("{id} is a {}, and not what this command says", tx.body.call.name());
        return Err(Failure::new(Exit::Usage, "OtherTransaction", text)
            .help("give the same command as before, with --resume ID behind it"));
    }
    // What opening an account costs now is only said; it is no reason to stop.
    let deposit = desk.deposit_of(&tx.body.call).await.ok();
    let plan = Plan::of(&tx, deposit, &desk.charter);
    if !global.dry_run && !is_known(&desk, &id).await? {
        note(&format!("tx {id}, once more"));
        if let Err(e) = desk.hand_over(&tx).await
            && !is_known(&desk, &id).await.unwrap_or(false)
        {
            return Err(open(&tx, &e));
        }
    }
    desk.conclude(&tx, plan, sends.sending).await
}

/// Whether the node has the transaction, waiting or in a block.
async fn is_known(desk: &Desk<'_>, id: &TxId) -> Result<bool, Failure> {
    let known = desk.remote.call("tx_get", &json!({ "id": id })).await;
    let known = known.map_err(|e| unknown(id, &e.words.message))?;
    match known["status"].as_str() {
        Some("unknown") => Ok(false),
        Some("pending" | "finalized" | "failed") => Ok(true),
        _ => Err(unknown(id, "the node does not say what became of it")),
    }
}

/// The second send was refused or broke: its outcome is as open as before.
fn open(tx: &Tx, error: &ClientError) -> Failure {
    let id = tx.body.id();
    let refused = match error {
        ClientError::Application(e) => Some(e.name.clone()),
        _ => None,
    };
    let failure = unknown(&id, &error.to_string());
    let mut help = failure.words.help.clone();
    if !tx.body.call.is_free() {
        help.push_str(&format!(
            "; to send another in its place give that --nonce {}: of two with one nonce at most one runs",
            tx.body.nonce
        ));
    }
    failure.help(help).context(json!({ "tx": id, "refused": refused }))
}
