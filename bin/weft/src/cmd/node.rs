//! `weft node init|run|status|replay|override-votes`; `join` is in [`super::join`].

use super::given::{read_genesis, read_seed};
use super::ports;
use super::settled::{Settings, settled};
use crate::args::{Global, NodeCommand, NodeInit, NodeRun};
use crate::cmd::query::pairs;
use crate::logging;
use crate::output::{Answer, Exit, Failure, note};
use crate::remote::{Remote, node_home, testnet_dir};
use serde_json::json;
use std::path::Path;
use weft_home::config::{Config, Home, HomeError};
use weft_node::entropy;
use weft_node::error::NodeError;
use weft_node::start::{self, Order};
use weft_node::trust::{self, Trust, TrustFault};
use weft_testnet::{Choice, Net, Plan};
use weft_types::{Genesis, Network, SecretKey};

/// Runs `init` or `status`.
pub async fn run(global: &Global, command: &NodeCommand) -> Result<Answer, Failure> {
    match command {
        NodeCommand::Init(args) => init(global, args),
        NodeCommand::Status => status(global).await,
        NodeCommand::Replay => replay(global),
        NodeCommand::OverrideVotes => override_votes(global),
        NodeCommand::Join(args) => super::join::run(global, args),
        NodeCommand::Run(args) => run_until_stopped(global, args),
    }
}

/// How the node of this home is, never another's; where `--network` names one, how that is.
async fn status(global: &Global) -> Result<Answer, Failure> {
    let path = node_home(global)?;
    let is_here = path.join("config.toml").exists();
    if global.network.contains("://") || !is_here {
        let has_testnet = testnet_dir(global, None).is_ok_and(|dir| Net::load(&dir).is_ok());
        if !global.network.contains("://") && !has_testnet && global.home.is_some() {
            return Err(NodeError::Home(HomeError::NoNode(path)).into());
        }
        return Remote::new(global)?.read("chain_status", &json!({}), pairs).await;
    }
    Remote::of_home(&path, global.timeout)?.read("chain_status", &json!({}), pairs).await
}

fn init(global: &Global, args: &NodeInit) -> Result<Answer, Failure> {
    if args.genesis.is_none() && !args.peers.is_empty() {
        let text = "without --genesis a node makes a chain of its own, of which no peer is";
        return Err(Failure::new(Exit::Usage, "PeersNeedGenesis", text).help(
            "give the chain's --genesis FILE; or weft node join URL, which asks a node for it",
        ));
    }
    let (genesis, voter) = match &args.genesis {
        Some(path) => (read_genesis(path)?, None),
        None => alone(),
    };
    let voter = match &args.voter_key {
        Some(path) => Some(read_seed(path)?),
        None => voter,
    };
    let awaited = match args.trusted_checkpoint {
        Some(Trust::Own) => {
            let text = "own is said at a start, not when a home is made";
            return Err(Failure::new(Exit::Usage, "OwnIsForAStart", text)
                .help("weft node run --trusted-checkpoint own"));
        }
        Some(Trust::Block(block)) => Some(block),
        None => None,
    };
    let config = Config {
        name: args.name.clone(),
        listen: vec![args.listen.clone()],
        peers: args.peers.clone(),
        rpc: args.rpc.clone(),
        rpc_body_bytes: args.rpc_body_bytes,
        row_file: args.row_file.as_ref().map(|p| std::path::absolute(p).unwrap_or(p.clone())),
        ..Config::default()
    };
    let home = Home::new(node_home(global)?);
    start::init(&home, &config, &genesis, &entropy::seed(), voter.as_ref())?;
    if let Some(block) = awaited {
        trust::await_block(&home, block)?;
    }
    let chain = genesis.chain_id();
    let text = format!(
        "node made in {}\nchain {chain}\nrun it with: weft node run --home {}",
        home.path().display(),
        home.path().display()
    );
    let voter = voter.map(|key| key.public());
    Answer::new(&json!({ "home": home.path(), "chain_id": chain, "voter": voter }), text)
}

/// The operator's word that a lost vote file is no danger (R7).
fn override_votes(global: &Global) -> Result<Answer, Failure> {
    if !global.yes {
        let text = "this makes the voter forget what it signed; two signatures for one round are an offence";
        return Err(Failure::new(Exit::NeedsInput, "NeedsConfirmation", text)
            .help("give --yes when the voter surely signed nothing that is not in its log"));
    }
    let home = Home::new(node_home(global)?);
    start::override_votes(&home)?;
    let text = "the vote file is new; the voter signs again at the next start";
    Answer::new(&json!({ "overridden": home.path() }), text)
}

fn replay(global: &Global) -> Result<Answer, Failure> {
    let report = weft_node::replay::run(&Home::new(node_home(global)?))?;
    let text = format!(
        "{} blocks to height {} run again: {}; {} double votes, {} double proposals",
        report.blocks,
        report.height,
        if report.equal { "every state root is equal" } else { "STATE ROOTS DIFFER" },
        report.double_votes,
        report.double_proposals,
    );
    if report.equal && report.double_votes == 0 && report.double_proposals == 0 {
        return Answer::new(&report, text);
    }
    let message = report.first_difference.clone().unwrap_or_else(|| text.clone());
    Err(Failure::new(Exit::CheckFailed, "ReplayDiffers", message).data(&report))
}

/// A chain of one voter, for one node alone.
pub fn alone() -> (Genesis, Option<SecretKey>) {
    let plan = Plan::small(&Choice {
        nodes: 1,
        slot_ms: 1_000,
        seed: weft_types::hash::to_hex(&entropy::seed()),
        genesis_time: weft_types::Millis(crate::cmd::testnet::now().0.saturating_add(1_000)),
        network: Network::Local,
        senders: 0,
    });
    let voter = plan.nodes.first().map(|node| node.voter.clone());
    // The seed of the keys is a secret; the name of the chain is not.
    let name = "alone".to_owned();
    (Genesis { name, ..plan.genesis }, voter)
}

/// Runs a node on this process until it is stopped.
pub fn run_until_stopped(global: &Global, args: &NodeRun) -> Result<Answer, Failure> {
    if args.detach {
        let text = |e| format!("whoever started this node has not let it run: {e}");
        let failed = |e| Failure::new(Exit::Failed, "NotLetRun", text(e));
        weft_testnet::process::detach().map_err(failed)?;
    }
    let home = Home::new(node_home(global)?);
    if let Some(path) = &args.genesis {
        make(&home, path, args)?;
    }
    let config = home.config().map_err(NodeError::Home)?;
    logging::start(&args.log, &config)?;
    let (trust, no_wait) = (args.trusted_checkpoint, args.no_wait);
    let hangup = Some(logging::reopen as fn());
    let order = Order { trust, no_wait, hangup, ..Order::default() };
    start::run(&home, order).map_err(|error| ports::advised(error, &home))?;
    Answer::new(&json!({ "stopped": true }), "")
}

/// Makes the home of a genesis file if there is none; one of another chain is refused. The
/// voter's key is taken from where it was named, or from beside the genesis.
fn make(home: &Home, path: &Path, args: &NodeRun) -> Result<(), Failure> {
    let genesis = read_genesis(path)?;
    if home.path().join("config.toml").exists() {
        let (have, want) =
            (home.genesis().map_err(NodeError::Home)?.chain_id(), genesis.chain_id());
        if have == want {
            return settled(home, &Settings::of_run(args));
        }
        let text = format!(
            "{} is the home of chain {have}, the genesis is of {want}",
            home.path().display()
        );
        return Err(Failure::new(Exit::Usage, "OtherChain", text).help("choose another --home"));
    }
    let beside = path.with_file_name("voter.key");
    let voter = match &args.voter_key {
        Some(path) => Some(read_seed(path)?),
        None if beside.exists() => Some(read_seed(&beside)?),
        None => None,
    };
    let votes = |key: &SecretKey| genesis.voters.iter().any(|v| v.hotkey == key.public());
    if !voter.as_ref().is_some_and(votes) {
        note("no key of a voter of this genesis was given: the node only follows");
    }
    let usual = Config::default();
    let config = Config {
        listen: args.listen.clone().map_or(usual.listen, |listen| vec![listen]),
        rpc: args.rpc.clone().unwrap_or(usual.rpc),
        ..Config::default()
    };
    Ok(start::init(home, &config, &genesis, &entropy::seed(), voter.as_ref())?)
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        let (exit, name) = match &error {
            NodeError::Home(HomeError::Exists(_)) => {
                return Self::of_kind("already_exists", "NodeExists", error)
                    .help("weft node run runs it");
            }
            NodeError::Home(HomeError::NoNode(_)) => (Exit::NotFound, "NoNode"),
            NodeError::Home(HomeError::OtherVoter(_)) => (Exit::Failed, "OtherVoter"),
            NodeError::Home(HomeError::Setting { .. }) => (Exit::Usage, "BadSetting"),
            NodeError::Home(HomeError::Io { .. }) => (Exit::NotFound, "HomeUnreadable"),
            NodeError::Home(HomeError::CheckpointInConfig(_)) => {
                (Exit::Usage, "CheckpointInConfig")
            }
            NodeError::Home(HomeError::WeakMode { .. }) => (Exit::Failed, "WeakPermissions"),
            NodeError::Home(_) => (Exit::Usage, "BadHome"),
            NodeError::Store(_) => (Exit::Failed, "Store"),
            NodeError::Gossip(_) => (Exit::Failed, "Network"),
            NodeError::Rpc { .. } => (Exit::Failed, "RpcUnavailable"),
            NodeError::RpcNotLoopback(_) => (Exit::Usage, "RpcNotLoopback"),
            NodeError::State { .. } => (Exit::Failed, "StateUnusable"),
            NodeError::Genesis { .. } => (Exit::Usage, "BadGenesis"),
            NodeError::Untrusted(TrustFault::Needed { .. }) => (Exit::Usage, "CheckpointNeeded"),
            NodeError::Untrusted(TrustFault::TooOld { .. }) => (Exit::Usage, "CheckpointTooOld"),
            NodeError::Untrusted(TrustFault::NotTrusted { .. }) => (Exit::Failed, "NotTrusted"),
            NodeError::Trust(_) => (Exit::Usage, "BadCheckpoint"),
            NodeError::VotesNotLost => (Exit::Failed, "VotesNotLost"),
            NodeError::KnownRules => (Exit::Usage, "KnownRules"),
            NodeError::Rows { .. } => (Exit::Usage, "BadRowFile"),
            NodeError::Small { .. } => (Exit::Failed, "FileUnreadable"),
            NodeError::Task { .. } => (Exit::Failed, "TaskStopped"),
        };
        let help = match &error {
            NodeError::Home(HomeError::Io { .. } | HomeError::NoNode(_)) => {
                "weft node init makes a home with a chain of its own, weft node join URL one that \
                 follows a chain"
            }
            _ => "",
        };
        Self::new(exit, name, error).help(help)
    }
}
