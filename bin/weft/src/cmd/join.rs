//! `weft node join URL`: a node that follows a chain that runs elsewhere, in one command.
//!
//! 1. Ask the node at the URL which chain it is of, and check what can be checked
//!    ([`weft_home::join`]).
//! 2. Write a home; one that is there already must be of the same chain, and goes on, with
//!    the peers that a node named which has shown the chain's genesis.
//! 3. Run the node, and say how far it is until it is at the head ([`super::follow`]).
//!
//! When the node at the URL is not there any more, a home that was made before goes on with
//! the peers it knows.

use super::follow::Watch;
use super::given::read_seed;
use super::ports;
use super::settled::{Settings, settled};
use crate::args::{Global, NodeJoin};
use crate::logging;
use crate::output::{Answer, Exit, Failure, note, tell};
use crate::remote::node_home;
use serde_json::json;
use std::net::TcpListener;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use weft_home::config::{Config, Home};
use weft_home::join::{Host, JoinError, Welcome};
use weft_node::clock::now;
use weft_node::entropy;
use weft_node::error::NodeError;
use weft_node::start::{self, Order, Stopper};
use weft_node::trust::TrustFault;
use weft_rpc::client::ClientError;
use weft_types::{ChainId, Genesis, Height};

/// The ports of a node's home when they are free: for its RPC and for its peers.
const USUAL: (u16, u16) = (19_944, 19_900);

/// A home that is ready to follow.
struct Joined {
    home: Home,
    genesis: Genesis,
    config: Config,
    /// Peers beside those of the configuration.
    more: Vec<String>,
    /// What the node at the URL said; none when it is gone.
    welcome: Option<Welcome>,
}

/// Joins, and follows until it is stopped.
pub fn run(global: &Global, args: &NodeJoin) -> Result<Answer, Failure> {
    let joined = crate::runtime::runtime()?.block_on(prepare(global, args))?;
    logging::start(&args.log, &joined.config)?;
    let (config, chain) = (&joined.config, joined.genesis.chain_id());
    let url = format!("http://{}", config.rpc);
    let at = joined.welcome.as_ref().map_or(Height::ZERO, |w| w.height);
    let text = format!(
        "home {}\nchain {chain}\nrpc {url}\npeers {}",
        joined.home.path().display(),
        config.peers.len().saturating_add(joined.more.len()),
    );
    let peers: Vec<_> = config.peers.iter().chain(&joined.more).collect();
    let data = json!({
        "event": "joined", "home": joined.home.path(), "chain_id": chain, "rpc": url,
        "peers": peers, "of": at,
    });
    let network = joined.genesis.network.name().to_owned();
    tell(Answer::new(&data, text)?.at(Some(network.clone()), None), global.json)?;
    let (stopper, stop) = Stopper::new();
    let lost = Arc::new(OnceLock::new());
    Watch {
        lost: Arc::clone(&lost),
        own: url,
        host: args.url.clone(),
        home: joined.home.path().to_owned(),
        network,
        genesis_time: joined.genesis.genesis_time,
        slot_ms: joined.genesis.params.slot_ms,
        as_json: global.json,
        ends: args.until_synced,
    }
    .start(stopper)?;
    let order = Order {
        trust: args.trusted_checkpoint,
        peers: joined.more.clone(),
        stop: Some(stop),
        hangup: Some(logging::reopen),
        ..Order::default()
    };
    start::run(&joined.home, order).map_err(|error| advised(error, &joined, &args.url))?;
    match lost.get() {
        Some(failure) => Err(Failure::clone(failure)),
        None => Answer::new(&json!({ "event": "stopped" }), ""),
    }
}

/// What a node elsewhere said, checked against the chain that is meant.
struct Heard {
    welcome: Welcome,
    genesis: Genesis,
    peers: Vec<String>,
}

/// Asks, checks, and writes the home or finds it.
async fn prepare(global: &Global, args: &NodeJoin) -> Result<Joined, Failure> {
    let home = Home::new(node_home(global)?);
    let known = home.path().join("config.toml").exists();
    let known = known.then(|| home.genesis().map_err(NodeError::Home)).transpose()?;
    let own = known.as_ref().map(Genesis::chain_id);
    // Whether anybody answers or not: the word of the person counts before any other's.
    if let Some((have, want)) = own.zip(args.chain).filter(|(have, want)| have != want) {
        let text =
            format!("--chain is {want}, the home {} is of chain {have}", home.path().display());
        return Err(Failure::new(Exit::Failed, "OtherChain", text)
            .help("choose another --home, or leave --chain out to go on with this one"));
    }
    if own.is_some() {
        settled(&home, &Settings::of_join(args))?;
    }
    let place = format!("the home {}", home.path().display());
    let meant = own.map(|chain| (chain, &*place)).or(args.chain.map(|chain| (chain, "--chain")));
    let host = Host::new(&args.url, Duration::from_secs(global.timeout), now)?;
    let heard = match (ask(&host, meant).await, known) {
        (Err(JoinError::Client(error)), Some(genesis)) if is_away(&error) => {
            let config = home.config().map_err(NodeError::Home)?;
            note(&format!(
                "{error}; the home goes on with the {} peers it knows",
                config.peers.len()
            ));
            return Ok(Joined { home, genesis, config, more: Vec::new(), welcome: None });
        }
        (heard, _) => heard?,
    };
    let Heard { welcome, genesis, peers } = heard;
    if own.is_none() {
        make(args, &home, &genesis, peers.clone())?;
    }
    let config = home.config().map_err(NodeError::Home)?;
    let more = peers.into_iter().filter(|peer| !config.peers.contains(peer)).collect();
    Ok(Joined { home, genesis, config, more, welcome: Some(welcome) })
}

/// Which chain it is of anybody can say; its addresses are asked for when it has shown the
/// genesis that the chain is named by, also where a home has that genesis already.
async fn ask(host: &Host, meant: Option<(ChainId, &str)>) -> Result<Heard, JoinError> {
    let welcome = host.greet().await?;
    if let Some((chain, whose)) = meant {
        welcome.is_of(chain, whose)?;
    }
    note(&format!("joining   chain {} at height {}", welcome.chain, welcome.height));
    let genesis = host.genesis(welcome.chain).await?;
    welcome.fits_rules(&genesis)?;
    welcome.fits_clock(genesis.params.slot_ms)?;
    let peers = host.peers().await?;
    Ok(Heard { welcome, genesis, peers })
}

/// Whether the node is just not there: nothing was said that could be wrong.
const fn is_away(error: &ClientError) -> bool {
    matches!(
        error,
        ClientError::Connect { .. } | ClientError::Lost { .. } | ClientError::Timeout { .. }
    )
}

fn make(
    args: &NodeJoin,
    home: &Home,
    genesis: &Genesis,
    peers: Vec<String>,
) -> Result<(), Failure> {
    if peers.is_empty() {
        let text = format!("the node at {} listens for no peers and has none", args.url);
        return Err(Failure::new(Exit::Failed, "NoPeers", text)
            .help("join through another node of the chain"));
    }
    let voter = args.voter_key.as_deref().map(read_seed).transpose()?;
    let config = Config {
        name: args.name.clone().unwrap_or_else(|| Config::default().name),
        listen: vec![match &args.listen {
            Some(address) => address.clone(),
            None => format!("/ip4/127.0.0.1/tcp/{}", port(USUAL.1)?),
        }],
        peers,
        rpc: match &args.rpc {
            Some(address) => address.clone(),
            None => format!("127.0.0.1:{}", port(USUAL.0)?),
        },
        ..Config::default()
    };
    Ok(start::init(home, &config, genesis, &entropy::seed(), voter.as_ref())?)
}

/// The usual port of loopback, or one that is free when it is taken.
fn port(usual: u16) -> Result<u16, Failure> {
    let socket = TcpListener::bind(("127.0.0.1", usual));
    let socket = socket.or_else(|_| TcpListener::bind(("127.0.0.1", 0)));
    let port = socket.and_then(|socket| Ok(socket.local_addr()?.port()));
    port.map_err(|e| Failure::new(Exit::Failed, "NoPort", format!("no port of loopback: {e}")))
}

/// A node that needs a block to trust hears which one the node at the URL would name.
fn advised(error: NodeError, joined: &Joined, url: &str) -> Failure {
    let needs_trust = matches!(error, NodeError::Untrusted(TrustFault::Needed { .. }));
    let failure = ports::advised(error, &joined.home);
    match joined.welcome.as_ref().and_then(|w| w.last_final).filter(|_| needs_trust) {
        Some((height, hash)) => failure.help(format!(
            "ask somebody you trust for a block of this chain; {url} names {height}:{hash}, \
                 which is as good as whoever runs it"
        )),
        None => failure,
    }
}

impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        let (exit, name, help) = match &error {
            JoinError::Client(ClientError::Connect { .. }) => {
                let help = "is the node running there, and is this the address of its RPC?";
                (Exit::CannotConnect, "CannotConnect", help)
            }
            JoinError::Client(_) => {
                let JoinError::Client(error) = error else { return Self::from(error) };
                return Self::from(error).help("give the address of the RPC of a node of weft");
            }
            JoinError::NoNode { .. } => {
                (Exit::Failed, "NoNode", "give the address of the RPC of a node of weft")
            }
            JoinError::OtherChain { .. } => {
                (Exit::Failed, "OtherChain", "choose another --home, or a node of that chain")
            }
            JoinError::GenesisLies { .. }
            | JoinError::GenesisTooLarge { .. }
            | JoinError::TooSlow { .. } => {
                (Exit::Failed, name_of(&error), "join through another node of the chain")
            }
            JoinError::GenesisUnread { .. } | JoinError::OtherRules { .. } => {
                (Exit::Failed, "OtherVersion", "update: use a program that runs the chain's rules")
            }
            JoinError::ClockOff { .. } => (
                Exit::Failed,
                "ClockOff",
                "set this machine's clock, or when it is right join through another node",
            ),
        };
        Self::new(exit, name, &error).help(help)
    }
}

const fn name_of(error: &JoinError) -> &'static str {
    match error {
        JoinError::GenesisTooLarge { .. } => "GenesisTooLarge",
        JoinError::TooSlow { .. } => "TooSlow",
        _ => "GenesisLies",
    }
}
