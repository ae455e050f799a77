//! From a home directory to a running node.
//!
//! 1. Open the store: its lock keeps a second process out.
//! 2. Restore the last checkpoint, or start from genesis.
//! 3. Give the log's tail to the core; nothing is sent or signed for it.
//! 4. Start checker, network and RPC.
//! 5. Run the engine until the process is asked to stop.

use crate::backend::Door;
use crate::checker::{self, Inbox};
use crate::clients::Clients;
use crate::clock::now;
use crate::error::NodeError;
use crate::event::{EVENTS, Event};
use crate::health::Said;
use crate::network::Network;
use crate::node::Node;
use crate::restore::{self, Restored, Who};
use crate::rules;
use crate::serve::Workers;
use crate::trust::Trust;
use crate::watch::Watched;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};
use weft_consensus::VoteRecord;
use weft_engine::rows::Rows;
use weft_engine::slot_at;
use weft_gossip::{Limits, PeerName};
use weft_home::config::{Config, Home};
use weft_mempool::Bounds;
use weft_reads::Reads;
use weft_reads::board::Board;
use weft_reads::chain::Chain;
use weft_reads::genesis_pages::GenesisPages;
use weft_reads::metrics::Metrics;
use weft_reads::shared::Shared;
use weft_rpc::{Server, ServerConfig, ServerError};
use weft_store::{Store, VoteState};
use weft_types::text::unmarked;
use weft_types::{Canonical, Genesis, Millis, SecretKey, WeightRow};

/// Makes a home: configuration, genesis, keys, and a store with a vote file that says
/// "never voted".
///
/// # Errors
/// [`NodeError`] when the home exists or can't be written.
pub fn init(
    home: &Home,
    config: &Config,
    genesis: &Genesis,
    node_key: &[u8; 32],
    voter: Option<&SecretKey>,
) -> Result<(), NodeError> {
    home.write(config, genesis, node_key, voter)?;
    Ok(Store::init(&home.data(), genesis.chain_id(), &VoteRecord::default().to_bytes())?)
}

/// Writes a vote record that says "never voted" in the place of a lost one: the
/// operator's override of R7, by name.
///
/// # Errors
/// [`NodeError`] when the home or its store can't be used.
pub fn override_votes(home: &Home) -> Result<(), NodeError> {
    let (mut store, found) = Store::open(&home.data(), home.genesis()?.chain_id())?;
    if !matches!(found.vote, VoteState::Lost(_)) {
        return Err(NodeError::VotesNotLost);
    }
    store.write_vote(&VoteRecord::default().to_bytes())?;
    Ok(store.close()?)
}

/// How a node is to run this time.
#[derive(Debug, Default)]
pub struct Order {
    /// What its operator trusts (R16).
    pub trust: Option<Trust>,
    /// Peers to stay connected with, beside those of its configuration.
    pub peers: Vec<String>,
    /// Whether its voter signs at once, without listening whether its key runs elsewhere.
    pub no_wait: bool,
    /// What to do on SIGHUP, such as opening a log file anew; nothing by default.
    pub hangup: Option<fn()>,
    /// Stops it when its other half says so.
    pub stop: Option<Stop>,
}

/// Stops a node that runs, from another thread; when it is dropped the node goes on.
#[derive(Debug)]
pub struct Stopper(oneshot::Sender<()>);

/// What a node with a [`Stopper`] listens to.
#[derive(Debug)]
pub struct Stop(oneshot::Receiver<()>);

impl Stopper {
    /// Both halves.
    #[must_use]
    pub fn new() -> (Self, Stop) {
        let (tell, told) = oneshot::channel();
        (Self(tell), Stop(told))
    }

    /// Stops the node; one that has ended by itself does not hear it.
    pub fn stop(self) {
        if self.0.send(()).is_err() {
            tracing::debug!("the node had stopped already");
        }
    }
}

/// The name that a home's node has among peers.
///
/// # Errors
/// [`NodeError`] when the home has no key for it.
pub fn peer_name(home: &Home) -> Result<String, NodeError> {
    Ok(PeerName::of_key(&home.node_key()?)?.to_string())
}

/// Runs a node until it is asked to stop (SIGINT, SIGTERM, the order) or can't go on.
///
/// # Errors
/// [`NodeError`] says what can't go on.
pub fn run(home: &Home, order: Order) -> Result<(), NodeError> {
    let task = |reason: std::io::Error| NodeError::Task {
        what: "the runtime",
        reason: reason.to_string(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(task)?;
    runtime.block_on(serve(home, order))
}

async fn serve(home: &Home, mut order: Order) -> Result<(), NodeError> {
    let stop = order.stop.take();
    tokio::spawn(heed_hangup(order.hangup));
    let (node, server, events) = assemble(home, order).await?;
    if let Some(Stop(stop)) = stop {
        let events = events.clone();
        tokio::spawn(async move {
            // An engine that has ended needs no word; neither does one whose stop is gone.
            if stop.await.is_ok() {
                drop(events.send(Event::Stop).await);
            }
        });
    }
    tokio::spawn(stop_on_signal(events));
    let result = run_node(node).await;
    drop(server);
    result
}

/// All parts of a node, started and joined; its loop does not run yet.
async fn assemble(
    home: &Home,
    order: Order,
) -> Result<(Node, Server, mpsc::Sender<Event>), NodeError> {
    let (config, genesis) = (home.config()?, home.genesis()?);
    config.check()?;
    let Restored { engine, disk, records, genesis_root, .. } =
        restore(home, (&config, &genesis), &order)?;
    let (events, inbox) = mpsc::channel(EVENTS);
    let (checker, work) = checker::desk();
    let checking = start_checker(&genesis, work, &events)?;
    let gossip = start_gossip(home, &config, &genesis, order.peers)?;
    let (board, metrics) = (Arc::<Board>::default(), Arc::<Metrics>::default());
    let network = Network::new(gossip, &board, &metrics);
    let reads = Arc::new(Reads {
        board,
        waiting: engine.waiting().clone(),
        records,
        shared: Shared::default(),
        log: disk.store.reader().clone(),
        metrics,
        chain: Chain::of(&genesis),
        genesis_root,
        name: config.name.clone(),
        peer: network.local().to_string(),
    });
    let mut node = Node {
        shown: engine.stands_at(),
        engine,
        disk,
        workers: Workers::new(&reads, network.gossip.commands.clone(), events.clone()),
        network,
        checker,
        checking,
        clients: Clients::default(),
        events: inbox,
        reads,
        health_said: Said::default(),
        looked: Instant::now(),
        wake: Millis::ZERO,
    };
    node.show();
    let pages = GenesisPages::of(&genesis);
    let door = Door::new(
        Arc::clone(&node.reads),
        events.clone(),
        node.checker.txs.clone(),
        config.rpc_public,
        pages,
    );
    let server = start_rpc(&config, door).await?;
    tracing::info!(rpc = %server.address, peer = %node.network.local(), "ready");
    Ok((node, server, events))
}

/// The engine and its disk, where the node stood, judged.
fn restore(
    home: &Home,
    (config, genesis): (&Config, &Genesis),
    order: &Order,
) -> Result<Restored, NodeError> {
    let voter = home.voter_key()?;
    let started = Instant::now();
    let seed = voter.as_ref().map(|key| *key.seed()).unwrap_or_default();
    let who = Who {
        program: rules::program(genesis, config.known_rules.as_deref())?,
        offers: config.offer,
        rows: read_rows(config.row_file.as_deref(), &seed)?,
        pool: Bounds { txs: config.pool_txs, ..Bounds::default() },
        name: peer_name(home)?,
        voter,
    };
    let mut restored = restore::open(&home.data(), genesis, who)?;
    restored.judge(order.trust)?;
    if restored.engine.voter().is_some() {
        let slots = listens(genesis, &restored, order.no_wait);
        restored.engine.mind_own_key(slots);
    } else {
        tracing::warn!(
            "there is no voter.key: this node is not a voter of this chain, it only follows"
        );
    }
    tracing::info!(
        name = %config.name,
        chain = %genesis.chain_id(),
        height = restored.engine.core().head().height.0,
        r#final = restored.engine.finals().said().map(|tip| tip.height.0),
        took_ms = started.elapsed().as_millis(),
        "state restored"
    );
    Ok(restored)
}

/// The rows of a row file: a JSON list of weight rows. `seed` is the voter's.
fn read_rows(path: Option<&Path>, seed: &[u8; 32]) -> Result<Rows, NodeError> {
    let bad = |reason: String| NodeError::Rows {
        path: path.map(|path| path.display().to_string()).unwrap_or_default(),
        reason,
    };
    let file: Vec<WeightRow> = match path {
        None => Vec::new(),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
            serde_json::from_str(unmarked(&text)).map_err(|e| bad(e.to_string()))?
        }
    };
    Rows::of(file, seed).map_err(|e| bad(e.to_string()))
}

/// The network, with these peers beside those of the configuration.
fn start_gossip(
    home: &Home,
    config: &Config,
    genesis: &Genesis,
    peers: Vec<String>,
) -> Result<weft_gossip::Gossip, NodeError> {
    Ok(weft_gossip::start(&weft_gossip::Config {
        key: home.node_key()?,
        listen: config.listen.clone(),
        peers: both(&config.peers, peers),
        chain: genesis.chain_id().0,
        limits: Limits::default(),
    })?)
}

/// All of the first, and of the second what is not among them.
fn both(first: &[String], second: Vec<String>) -> Vec<String> {
    let new = second.into_iter().filter(|address| !first.contains(address));
    first.iter().cloned().chain(new).collect()
}

/// For how many slots the voter only listens: a rotation, so that whoever has its key too is
/// heard first. Not when the key never signed and the chain is in its first rotation, where
/// everybody would wait for everybody; nor when no other key votes, so that nothing would be
/// heard.
fn listens(genesis: &Genesis, restored: &Restored, no_wait: bool) -> u64 {
    let rotation = genesis.params.rotation_blocks;
    let slot = slot_at(now(), genesis.genesis_time, genesis.params.slot_ms);
    let is_first = restored.is_fresh && slot.0 < rotation;
    let base = restored.engine.core().base();
    let is_alone = base.standing().sets.current.voters.len() < 2;
    if no_wait || is_first || is_alone { 0 } else { rotation }
}

/// The loop has a thread of its own: it computes and waits for the disk.
async fn run_node(node: Node) -> Result<(), NodeError> {
    let failed = |reason: String| NodeError::Task { what: "the engine", reason };
    let handle = tokio::runtime::Handle::current();
    let thread = tokio::task::spawn_blocking(move || handle.block_on(node.run()));
    thread.await.map_err(|e| failed(e.to_string()))?
}

fn start_checker(
    genesis: &Genesis,
    work: Inbox,
    events: &mpsc::Sender<Event>,
) -> Result<Watched, NodeError> {
    let (params, chain) = (genesis.widest(), genesis.chain_id());
    let events = events.clone();
    Watched::start("the checker", move || checker::run(work, &events, &params, &chain))
}

async fn start_rpc(config: &Config, door: Door) -> Result<Server, NodeError> {
    let unknown = |reason: String| NodeError::Rpc { address: config.rpc.clone(), reason };
    let found = tokio::net::lookup_host(&config.rpc).await.map_err(|e| unknown(e.to_string()))?;
    // Of a name with several addresses the one that everybody means by it.
    let address = found.min_by_key(SocketAddr::is_ipv6);
    let address = address.ok_or_else(|| unknown("the name has no address".to_owned()))?;
    let (public, body_bytes) = (config.rpc_public, config.rpc_body_bytes);
    let limits = weft_rpc::Limits::default();
    let server = Server::start(ServerConfig { address, public, body_bytes, limits }, door).await;
    server.map_err(|e| match e {
        ServerError::NotLoopback(address) => NodeError::RpcNotLoopback(address),
        ServerError::Listen { address, source } => {
            NodeError::Rpc { address: address.to_string(), reason: source.to_string() }
        }
    })
}

/// SIGHUP ends no node.
async fn heed_hangup(act: Option<fn()>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangups) = signal(SignalKind::hangup()) else { return };
    while hangups.recv().await.is_some() {
        if let Some(act) = act {
            act();
        }
    }
}

async fn stop_on_signal(events: mpsc::Sender<Event>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals can't be received; stop this node with SIGKILL");
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    if events.send(Event::Stop).await.is_err() {
        tracing::debug!("the engine had stopped already");
    }
}

#[cfg(test)]
mod tests;
