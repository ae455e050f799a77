//! The rows of a metagraph: sent through the doors that a validator without a node
//! uses, offered even where the chain must refuse.

use crate::error::NetError;
use crate::net::Net;
use crate::plan::{LateRow, NETUID, Plan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use weft_rpc::client::{Client, ClientError};
use weft_types::hash::to_hex;
use weft_types::{Call, Canonical, ChainTag, Height, Nonce, Rao, TxBody, Uid};

/// How long the rows may take to be final.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the matrix is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(200);

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowReport {
    /// Whose.
    pub uid: Uid,
    /// `share` or `transaction`.
    pub door: String,
    /// Whether it is final.
    pub accepted: bool,
    /// The name of the chain's refusal.
    pub error: Option<String>,
}

/// Sends all rows and waits until those that must be taken are final.
///
/// # Errors
/// [`NetError::Row`] names a row that was taken or refused against the rules, or that
/// was not final before the first epoch.
pub async fn send(net: &Net, plan: &Plan) -> Result<Vec<RowReport>, NetError> {
    let unreachable =
        |e: ClientError| NetError::Row { uid: Uid(0), got: format!("not sent: {e}"), want: "sent" };
    let url = net.nodes.first().map(|n| n.rpc.clone()).unwrap_or_default();
    let client = Client::new(&url, Duration::from_secs(10)).map_err(unreachable)?;
    let mut reports = Vec::new();
    for late in &plan.late {
        reports.push(offer(&client, plan, late).await?);
    }
    let wanted: BTreeSet<Uid> = reports.iter().filter(|r| r.accepted).map(|r| r.uid).collect();
    let shared = voters(&client, plan).await.map_err(unreachable)?;
    for uid in &shared {
        let door = "share".to_owned();
        reports.push(RowReport { uid: *uid, door, accepted: true, error: None });
    }
    wait_final(&client, net, &wanted.union(&shared).copied().collect()).await?;
    reports.sort_by_key(|r| r.uid);
    Ok(reports)
}

/// Sends one row as a transaction and checks that the chain's answer is the right one.
async fn offer(client: &Client, plan: &Plan, late: &LateRow) -> Result<RowReport, NetError> {
    let chain = plan.genesis.chain_id();
    let status = client.call::<_, Value>("chain_status", &json!({})).await;
    let odd = |got: String| NetError::Row { uid: late.uid, got, want: "a final height" };
    let status = status.map_err(|e| odd(e.to_string()))?;
    let height = status["final_height"].as_u64();
    let height = height.ok_or_else(|| odd(format!("final_height {}", status["final_height"])))?;
    let mut row = late.row.clone();
    row.view = Height(height.max(1));
    let body = TxBody {
        chain: ChainTag::of(&chain),
        signer: late.hotkey.public(),
        nonce: Nonce::ZERO,
        fee: Rao::ZERO,
        valid_until: None,
        call: Call::SetWeights { row },
    };
    let raw = to_hex(&body.sign(&late.hotkey, &chain).to_bytes());
    let answer = client.call::<_, Value>("tx_submit", &json!({ "raw": raw })).await;
    let error = match answer {
        Ok(_) => None,
        Err(ClientError::Application(e)) => Some(e.name),
        Err(other) => Some(other.to_string()),
    };
    let report = RowReport {
        uid: late.uid,
        door: "transaction".to_owned(),
        accepted: error.is_none(),
        error: error.clone(),
    };
    match (late.permitted, error) {
        (true, Some(name)) => {
            Err(NetError::Row { uid: late.uid, got: format!("refused: {name}"), want: "taken" })
        }
        (false, None) => {
            Err(NetError::Row { uid: late.uid, got: "taken".to_owned(), want: "refused by name" })
        }
        _ => Ok(report),
    }
}

/// The uids of the voters, whose rows their shares carry.
async fn voters(client: &Client, plan: &Plan) -> Result<BTreeSet<Uid>, ClientError> {
    let keys: BTreeSet<String> = plan.nodes.iter().map(|n| n.voter.public().to_string()).collect();
    let metagraph = metagraph(client).await?;
    let neurons = metagraph["neurons"].as_array().cloned().unwrap_or_default();
    let is_voter = |n: &&Value| n["hotkey_key"].as_str().is_some_and(|k| keys.contains(k));
    Ok(neurons.iter().filter(is_voter).filter_map(uid_of).collect())
}

async fn metagraph(client: &Client) -> Result<Value, ClientError> {
    client.call("subnet_metagraph", &json!({ "netuid": NETUID })).await
}

fn uid_of(neuron: &Value) -> Option<Uid> {
    neuron["uid"].as_u64().and_then(|u| u16::try_from(u).ok()).map(Uid)
}

/// Waits until every row is in the final matrix, and names the first that is not when
/// the first epoch has run or time is over.
async fn wait_final(client: &Client, net: &Net, wanted: &BTreeSet<Uid>) -> Result<(), NetError> {
    let start = Instant::now();
    loop {
        let params = json!({ "netuid": NETUID });
        // A node that does not answer now may answer at the next look.
        let rows = client.call::<_, Value>("subnet_weights", &params).await.unwrap_or_default();
        let have: BTreeSet<Uid> =
            rows["rows"].as_array().iter().flat_map(|r| r.iter()).filter_map(uid_of).collect();
        let Some(missing) = wanted.difference(&have).next() else { return Ok(()) };
        match rows["epochs"].as_u64() {
            None if rows.is_null() => {}
            Some(0) => {}
            Some(_) => {
                let got = "not final before the first epoch".to_owned();
                return Err(NetError::Row { uid: *missing, got, want: "final" });
            }
            None => {
                let got = format!("epochs {}", rows["epochs"]);
                return Err(NetError::Row { uid: *missing, got, want: "a number of epochs" });
            }
        }
        if start.elapsed() > PATIENCE {
            let what = format!("the row of uid {missing} is not final");
            let (seconds, dir) = (PATIENCE.as_secs(), net.dir.clone());
            return Err(NetError::Timeout { seconds, what, dir });
        }
        tokio::time::sleep(LOOK).await;
    }
}
