//! Answers to questions: reads of the last final state, or of the head's.

use crate::clock::now;
use crate::error::NodeError;
use crate::event::Reply;
use crate::node::Node;
use serde_json::{Value, json};
use weft_consensus::trust::Awaited;
use weft_engine::accounts::AccountsAt;
use weft_ledger::forks::View;
use weft_ledger::query::{self, leaving};
use weft_rpc::{Health, Kind, Method, RpcError};
use weft_types::{BlockHash, Hash, Height, Netuid, PublicKey, Uid, WeightRow, key_text};

pub(crate) type Answer = Result<Value, RpcError>;

fn bad(name: &str, message: impl Into<String>) -> RpcError {
    RpcError::new(Kind::InvalidArgument, name, message.into())
}

pub(crate) fn missing(name: &str, message: impl Into<String>) -> RpcError {
    RpcError::new(Kind::NotFound, name, message.into())
}

pub(crate) fn parse<T: serde::de::DeserializeOwned>(
    params: &Value,
    name: &str,
) -> Result<T, RpcError> {
    serde_json::from_value(params[name].clone())
        .map_err(|e| about(name, bad("BadParameter", format!("\"{name}\": {e}"))))
}

/// An error that names the parameter it is about.
pub(crate) fn about(name: &str, error: RpcError) -> RpcError {
    error.context(json!({ "parameter": name }))
}

/// A read of one state: where it stands beside what it says.
pub(crate) struct At<'a> {
    pub(crate) view: View<'a>,
    pub(crate) hash: BlockHash,
    height: Height,
    finalized: bool,
}

impl Node {
    pub(crate) fn figures(&self) -> String {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let height = |h: Height| i64::try_from(h.0).unwrap_or(i64::MAX);
        self.metrics.height.set(height(self.engine.core().head().height));
        self.metrics
            .final_height
            .set(self.engine.finals().said().map_or(0, |said| height(said.height)));
        self.metrics.peers.set(count(self.network.count()));
        self.metrics.pool.set(count(self.engine.pool().len()));
        self.metrics.rules_version.set(i64::from(self.engine.core().rules().version));
        self.metrics.rules_unknown.set(i64::from(self.unknown_signals()));
        if let Some(full) = self.fullness() {
            let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            self.metrics.state_values.set(number(full.values));
            self.metrics.state_capacity.set(number(full.capacity));
        }
        self.metrics.text()
    }

    pub(crate) fn answer(&self, method: Method, params: &Value) -> Answer {
        match method {
            Method::ChainStatus => Ok(self.get_status()),
            Method::ChainGetGenesis => Ok(self.genesis()),
            Method::ChainVersion => self.version(params),
            Method::ChainGetSupply => self.supply(params),
            Method::AccountGet => self.account(params),
            Method::AccountProof => self.proof(params),
            Method::StakeGet => self.stake(params),
            Method::StakeLeaving => self.leaving(params),
            Method::TxGet => self.get_tx(params),
            Method::SubnetList => {
                self.read(params, |at| Ok(json!({ "subnets": query::subnets(&at.view) })))
            }
            Method::SubnetMetagraph => self.metagraph(params),
            Method::SubnetWeights => self.weights(params),
            Method::SubnetHyperparameters => self.hyperparameters(params),
            Method::SubnetCost => self.subnet_cost(params),
            Method::SubnetNextEviction => self.next_eviction(params),
            Method::SubnetRegistrationCost => self.registration_cost(params),
            Method::SubnetCommitments => self.commitments(params),
            Method::RootGet => self.root_matrix(params),
            Method::VoterSet => self.voter_set(params),
            Method::VoterOffences => self.offences(params),
            Method::VoterCandidates => self.candidates(params),
            Method::ChainReference => Ok(crate::reference::reference()),
            Method::NetPeers => Ok(self.peer_list()),
            Method::VoterStatus => Ok(self.voter_status()),
            Method::ChainGenesis
            | Method::ChainGetBlock
            | Method::TxSubmit
            | Method::TxSubmitMany
            | Method::TxTry
            | Method::VoterQueueRow
            | Method::Discover => {
                Err(RpcError::new(Kind::Internal, "WrongDoor", "not a question to the engine"))
            }
        }
    }

    fn get_status(&self) -> Value {
        let (head, said) = (self.engine.core().head(), self.engine.finals().said());
        let Health { reasons, notes } = self.health();
        json!({
            "name": self.config.name,
            "peer": self.network.local().to_string(),
            "time": now(),
            "network": self.chain.network,
            "chain_id": self.chain.id,
            "height": head.height,
            "hash": self.engine.core().head_hash(),
            "slot": head.slot,
            "round": head.round,
            "final_height": said.map(|said| said.height),
            "final_hash": said.map(|said| said.hash),
            "state_root": said.map(|said| said.state_root),
            "final_lag_slots": self.final_lag_slots(),
            "awaited": self.engine.finals().awaited().map(|a| json!({ "height": a.height, "hash": a.hash })),
            "peers": self.network.count(),
            "pool": self.engine.pool().len(),
            "state": self.fullness(),
            "voter": self.engine.voter().map(|key| self.chain.address(key)),
            "rules": self.engine.core().rules(),
            "stopped": self.stop_reason(),
            "ready": reasons.is_empty(),
            "reasons": reasons,
            "notes": notes,
            "version": env!("CARGO_PKG_VERSION"),
        })
    }

    /// What genesis says, and the numbers of the next block, which rules may have changed (R21).
    fn genesis(&self) -> Value {
        let head = self.engine.core().executor().view(&self.engine.core().head_hash());
        json!({
            "network": self.chain.network,
            "chain_id": self.chain.id,
            "name": self.chain.name,
            "genesis_time": self.genesis_time,
            "params": head.map_or(&self.chain.params, |view| self.numbers(&view)),
        })
    }

    /// The state that `at` means.
    fn at(&self, params: &Value) -> Result<At<'_>, RpcError> {
        let at: Option<String> = parse(params, "at")?;
        let (hash, height, finalized) = match at.as_deref() {
            None | Some("finalized") => {
                // The state of what this node says is final, and of no later block.
                let hash = self.engine.core().executor().base_hash();
                let height = self.engine.core().executor().chain(&hash).map(|chain| chain.height);
                (hash, height.unwrap_or_default(), true)
            }
            Some("head") => {
                (self.engine.core().head_hash(), self.engine.core().head().height, false)
            }
            Some(other) => {
                let text = format!("at = \"{other}\"; \"finalized\" or \"head\" may be");
                return Err(about("at", bad("BadParameter", text)));
            }
        };
        let gone = || RpcError::new(Kind::StatePruned, "StatePruned", "that state is not kept");
        let view = self.engine.core().executor().view(&hash).ok_or_else(gone)?;
        Ok(At { view, hash, height, finalized })
    }

    pub(crate) fn read(&self, params: &Value, data: impl FnOnce(&At<'_>) -> Answer) -> Answer {
        let at = self.at(params)?;
        if let Some(Awaited { height, hash }) =
            self.engine.finals().awaited().filter(|_| at.finalized)
        {
            let text = format!(
                "the chain here is at block {}, the trusted checkpoint {height} {hash} is not reached; wait, or ask at the head",
                at.height
            );
            return Err(RpcError::new(Kind::NotReady, "CheckpointNotReached", text));
        }
        let mut answer = data(&at)?;
        answer["network"] = json!(self.chain.network);
        answer["height"] = json!(at.height);
        answer["hash"] = json!(at.hash);
        answer["finalized"] = json!(at.finalized && self.engine.finals().says(at.height));
        Ok(answer)
    }

    fn supply(&self, params: &Value) -> Answer {
        self.read(params, |at| {
            let mut answer = json!(query::supply(&at.view));
            if parse::<Option<bool>>(params, "audit")? == Some(true) {
                let audit = self.engine.core().executor().audit(&at.hash);
                answer["conserved"] = json!(audit.is_ok());
                answer["fault"] = json!(audit.err().map(|e| e.to_string()));
            }
            Ok(answer)
        })
    }

    /// A key in hex, as an address of this network or in SS58.
    pub(crate) fn key(&self, params: &Value, name: &str) -> Result<PublicKey, RpcError> {
        let text: String = parse(params, name)?;
        key_text::read(&text, Some(self.chain.network))
            .map_err(|e| about(name, bad(e.name(), e.to_string())))
    }

    fn account(&self, params: &Value) -> Answer {
        let key = self.key(params, "key")?;
        self.read(params, |at| {
            let account = query::account(&at.view, &key);
            let accounts =
                AccountsAt::of(self.engine.core().executor(), &self.engine.core().head_hash());
            let next = self.engine.pool().next_nonce(&key, &accounts);
            Ok(json!({
                "address": self.chain.address(key),
                "key": key,
                "open": query::has_account(&at.view, &key),
                "free": account.free,
                "nonce": account.nonce,
                "next_nonce": next.max(account.nonce),
                "waiting": self.engine.pool().committed(&key, account.nonce),
            }))
        })
    }

    fn proof(&self, params: &Value) -> Answer {
        let key = self.key(params, "key")?;
        self.read(params, |at| {
            let name = weft_ledger::state::Key::Account(key);
            let proof = self.engine.core().executor().prove(&at.hash, &name);
            let proof =
                proof.map(|p| weft_types::hash::to_hex(&weft_types::Canonical::to_bytes(&p)));
            Ok(json!({
                "proof": proof,
                "state_root": self.engine.core().executor().root_of(&at.hash),
            }))
        })
    }

    fn stake(&self, params: &Value) -> Answer {
        let (hotkey, coldkey) = (self.key(params, "hotkey")?, self.key(params, "coldkey")?);
        self.read(params, |at| Ok(json!({ "stake": query::stake(&at.view, &hotkey, &coldkey) })))
    }

    fn leaving(&self, params: &Value) -> Answer {
        let coldkey = self.key(params, "coldkey")?;
        let from = parse::<Option<Height>>(params, "from")?.unwrap_or_default();
        self.read(params, |at| {
            Ok(json!(leaving::page(&at.view, self.numbers(&at.view), (&coldkey, from))))
        })
    }

    fn metagraph(&self, params: &Value) -> Answer {
        let netuid: Netuid = parse(params, "netuid")?;
        self.read(params, |at| {
            let neurons = query::metagraph(&at.view, netuid).ok_or_else(|| {
                missing("SubnetNotExists", format!("there is no subnet {netuid}"))
            })?;
            let neuron = |n: &query::NeuronInfo| {
                let mut value = json!(n);
                value["hotkey_key"] = json!(n.hotkey);
                value["hotkey"] = json!(self.chain.address(n.hotkey));
                value
            };
            let neurons: Vec<_> = neurons.iter().map(neuron).collect();
            let subnet = query::subnet(&at.view, netuid);
            Ok(json!({ "netuid": netuid, "subnet": subnet, "neurons": neurons }))
        })
    }

    fn weights(&self, params: &Value) -> Answer {
        let netuid: Netuid = parse(params, "netuid")?;
        let uid: Option<Uid> = parse(params, "uid")?;
        self.read(params, |at| {
            let subnet = query::subnet(&at.view, netuid).ok_or_else(|| {
                missing("SubnetNotExists", format!("there is no subnet {netuid}"))
            })?;
            if let Some(uid) = uid.filter(|uid| uid.0 >= subnet.neurons) {
                let text =
                    format!("subnet {netuid} has {} neurons, none of uid {uid}", subnet.neurons);
                return Err(missing("NoSuchNeuron", text));
            }
            let rows = query::rows(&at.view, netuid);
            let rows: Vec<_> = rows
                .into_iter()
                .filter(|(of, _)| uid.is_none_or(|uid| uid == *of))
                .map(|(uid, row)| json!({ "uid": uid, "weights": row }))
                .collect();
            Ok(json!({ "netuid": netuid, "epochs": subnet.epochs, "rows": rows }))
        })
    }

    fn peer_list(&self) -> Value {
        let peer =
            |name| json!({ "name": format!("{name}"), "addresses": self.network.addresses(name) });
        let peers: Vec<_> = self.network.all().map(peer).collect();
        let local =
            json!({ "name": self.network.local().to_string(), "addresses": self.network.own() });
        json!({ "local": local, "peers": peers })
    }

    fn voter_status(&self) -> Value {
        json!({
            "voter": self.engine.voter().map(|key| self.chain.address(key)),
            "justified": self.engine.core().justified(),
            "listens_until": self.engine.core().listens_until(),
            "not_offered": self.offer_note(),
            "key_runs_twice": self.engine.core().foreign().map(|seen| seen.to_string()),
            "last_vote": self.engine.last_vote().map(|r| json!({
                "target": r.last_target,
                "source": r.last_source,
                "proposed_slot": r.proposed,
            })),
        })
    }

    /// Hands a row to the engine, whose answer goes to the client.
    pub(crate) fn queue_row(&mut self, params: &Value, reply: Reply) -> Result<(), NodeError> {
        let row = parse(params, "row").and_then(|row: WeightRow| {
            let text = "rows for this node's voter are taken on loopback only";
            let refused = RpcError::new(Kind::NotAuthorized, "LoopbackOnly", text);
            if self.config.rpc_public { Err(refused) } else { Ok(row) }
        });
        let client = self.clients.take(reply);
        match row {
            Ok(row) => self.step(weft_engine::Event::Row { client, row })?,
            Err(why) => self.clients.refuse(client, why),
        }
        Ok(())
    }

    fn get_tx(&self, params: &Value) -> Answer {
        let id: Hash = parse(params, "id")?;
        let network = self.chain.network;
        let Some(landed) = self.record.get(&id).filter(|l| self.engine.finals().says(l.height))
        else {
            let status = if self.engine.pool().get(&id).is_some() || self.record.get(&id).is_some()
            {
                "pending"
            } else {
                "unknown"
            };
            return Ok(json!({ "id": id, "status": status, "network": network }));
        };
        let mut answer = landed.outcome();
        answer["id"] = json!(id);
        answer["height"] = json!(landed.height);
        answer["index"] = json!(landed.index);
        answer["network"] = json!(network);
        Ok(answer)
    }
}
