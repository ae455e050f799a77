//! Bringing a network up, and asking how it is.
//!
//! 1. Plan genesis and keys, and write down that a network begins here.
//! 2. Choose ports; write one home per node with `weft node init`.
//! 3. Start every node; one whose port was taken meanwhile says so, and all begins anew.
//! 4. Wait until every node has the same first final block.
//! 5. With a metagraph: send the rows of the validators without a node, and wait until
//!    all permitted rows are final; those the chain must refuse are offered too, and
//!    their refusals kept.

use crate::error::NetError;
use crate::metagraph::Metagraph;
use crate::net::{Net, Node, State, free_ports};
use crate::plan::{Choice, NodePlan, Plan};
use crate::rows::{self, RowReport};
use crate::wires::{self, Wires};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use weft_rpc::client::Client;
use weft_types::RulesId;
use weft_types::hash::to_hex;
use weft_types::rules::{LAUNCH, TEST_TWO};

/// The most nodes of a local network.
pub const MAX_NODES: usize = 64;

/// How long the first final block may take.
const FIRST_FINAL: Duration = Duration::from_secs(30);

/// How often a network begins anew since another program has taken one of its ports.
const RACES: u32 = 3;

/// How often the nodes are asked meanwhile.
const LOOK: Duration = Duration::from_millis(50);

/// What the caller wants.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where the network shall live.
    pub dir: PathBuf,
    /// The program to start nodes with.
    pub binary: PathBuf,
    /// The numbers.
    pub choice: Choice,
    /// A real subnet.
    pub metagraph: Option<PathBuf>,
    /// Whether it starts from zero coins.
    pub fair_launch: bool,
    /// Whether connections between nodes go through wires that can be cut.
    pub wires: bool,
    /// Whether the chain can change to the rules of tests, and its nodes begin as an older
    /// program would (R21).
    pub test_rules: bool,
    /// Numbers that differ from the preset, as `NAME=VALUE`.
    pub params: Vec<String>,
    /// Whether its nodes listen on the usual ports, where those are free.
    pub usual_ports: bool,
    /// The most bytes of an RPC request, for load generators.
    pub rpc_body_bytes: usize,
}

/// How a node is; nulls when it does not answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// `node0` and on.
    pub name: String,
    /// Its process, if it runs.
    pub pid: Option<u32>,
    /// Where its RPC listens.
    pub rpc: String,
    /// The height of its head.
    pub height: Option<u64>,
    /// The height of its last final block.
    pub final_height: Option<u64>,
    /// The hash of its head.
    pub head_hash: Option<String>,
    /// The hash of its last final block.
    pub final_hash: Option<String>,
    /// The state root of that final block.
    pub state_root: Option<String>,
    /// How many peers it has.
    pub peers: Option<u64>,
}

/// Fewer nodes than were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fewer {
    /// How many were asked for.
    pub asked: usize,
    /// How many there are.
    pub made: usize,
    /// Why.
    pub reason: String,
}

impl Fewer {
    /// What a plan for so many nodes lacks.
    fn of(asked: usize, plan: &Plan) -> Option<Self> {
        let made = plan.nodes.len();
        let threshold = plan.genesis.params.stake_threshold;
        let reason = format!(
            "only {made} uids of the metagraph have written a row and hold {threshold:#} TAO of stake"
        );
        (made < asked).then_some(Self { asked, made, reason })
    }
}

/// How a network is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetStatus {
    /// Where it lives.
    pub dir: PathBuf,
    /// How far it has come.
    pub state: State,
    /// Whether it has fewer nodes than were asked for; said when it comes up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fewer: Option<Fewer>,
    /// Its nodes.
    pub nodes: Vec<NodeStatus>,
    /// What became of the rows of a metagraph.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowReport>,
}

/// Makes and starts a network; returns when its first block is final everywhere. A port that
/// was free when it was chosen may be another program's when its node listens: then all begins
/// anew with other ports.
///
/// # Errors
/// [`NetError`] says what could not be made, which node died, or what did not happen
/// in time. What was started is stopped again.
pub async fn up(wish: &Wish, say: &impl Fn(&str)) -> Result<NetStatus, NetError> {
    let got = wish.choice.nodes;
    if got == 0 || got > MAX_NODES {
        return Err(NetError::Nodes { got, max: MAX_NODES });
    }
    if wish.wires && got > wires::MAX_NODES {
        return Err(NetError::WiredNodes { got, max: wires::MAX_NODES });
    }
    let plan = plan(wish)?;
    let fewer = Fewer::of(got, &plan);
    if let Some(Fewer { asked, made, reason }) = &fewer {
        say(&format!("nodes     {made} instead of {asked}: {reason}"));
    }
    let mut races = RACES;
    loop {
        match raise(wish, &plan, say).await {
            Err(NetError::Died { name, log }) if races > 0 && is_port_taken(&log) => {
                races -= 1;
                say(&format!("ports     one of {name} is another program's now; anew with others"));
            }
            raised => return raised.map(|status| NetStatus { fewer, ..status }),
        }
    }
}

/// Whether what a node said last is that somebody else listens on a port of its.
#[must_use]
pub fn is_port_taken(words: &str) -> bool {
    words.contains(&std::io::Error::from(rustix::io::Errno::ADDRINUSE).to_string())
}

/// One try, on ports that are free when it begins; what it has started is stopped again.
async fn raise(wish: &Wish, plan: &Plan, say: &impl Fn(&str)) -> Result<NetStatus, NetError> {
    Net::clear(&wish.dir)?;
    let mut net = write(wish, plan)?;
    say(&format!(
        "genesis   {} voters, {} neurons in subnet 1, chain {}",
        plan.genesis.voters.len(),
        plan.genesis.subnets.iter().map(|s| s.neurons.len()).sum::<usize>(),
        plan.genesis.chain_id(),
    ));
    for number in 0..net.nodes.len() {
        if let Err(error) = net.start(number, &wish.binary) {
            net.down()?;
            return Err(error);
        }
    }
    say(&format!("nodes     {} processes started", net.nodes.len()));
    if let Some(wires) = &net.wires {
        say(&format!("wires     {} between them, in one process", wires.wires.len()));
    }
    match settle(&net, plan, say).await {
        Ok(status) => {
            net.state = State::Up;
            net.save()?;
            Ok(NetStatus { state: net.state, ..status })
        }
        Err(error) => {
            net.down()?;
            Err(error)
        }
    }
}

fn plan(wish: &Wish) -> Result<Plan, NetError> {
    let mut plan = match &wish.metagraph {
        Some(path) => Plan::real(&wish.choice, &Metagraph::read(path)?),
        None if wish.fair_launch => Plan::fair(&wish.choice),
        None => Plan::small(&wish.choice),
    };
    if plan.nodes.is_empty() {
        return Err(NetError::NoVoter { threshold: plan.genesis.params.stake_threshold });
    }
    crate::setting::apply(&mut plan.genesis, &wish.params)?;
    if wish.test_rules {
        plan.genesis.rules.test = vec![RulesId::of(TEST_TWO)];
    }
    plan.genesis.check()?;
    Ok(plan)
}

async fn settle(net: &Net, plan: &Plan, say: &impl Fn(&str)) -> Result<NetStatus, NetError> {
    let start = Instant::now();
    let mut status = first_final(net).await?;
    say(&format!(
        "finality  first block final everywhere after {:.1} s",
        start.elapsed().as_secs_f32()
    ));
    if !plan.late.is_empty() {
        status.rows = rows::send(net, plan).await?;
        let taken = status.rows.iter().filter(|r| r.accepted).count();
        say(&format!("rows      {taken} final, {} refused by name", status.rows.len() - taken));
    }
    Ok(status)
}

fn write(wish: &Wish, plan: &Plan) -> Result<Net, NetError> {
    let dir = &wish.dir;
    let (seed, nodes) = (wish.choice.seed.clone(), Vec::new());
    let mut net = Net { dir: dir.clone(), state: State::Starting, seed, nodes, wires: None };
    net.save()?;
    let genesis = dir.join("genesis.json");
    let text = serde_json::to_string(&plan.genesis)
        .map_err(|e| NetError::Damaged { path: genesis.clone(), reason: e.to_string() })?;
    put(&genesis, &text)?;
    let count = plan.nodes.len();
    let ports = free_ports(&ports(wish, count))?;
    let (listen, ports) = ports.split_at(count);
    let (rpc, ports) = ports.split_at(count);
    net.wires = Wires::on(ports, count);
    let address = |port: &u16| format!("/ip4/127.0.0.1/tcp/{port}");
    for ((n, node), (port, rpc)) in plan.nodes.iter().enumerate().zip(listen.iter().zip(rpc)) {
        let made = Node {
            name: node.name.clone(),
            home: dir.join(&node.name),
            pid: None,
            rpc: format!("http://127.0.0.1:{rpc}"),
            listen: address(port),
        };
        let peers: Vec<_> = match &net.wires {
            Some(wires) => wires.wires.iter().filter(|w| w.from == n).map(|w| w.port).collect(),
            None => listen.iter().copied().filter(|other| other != port).collect(),
        };
        let peers: Vec<_> = peers.iter().map(address).collect();
        init(wish, &made, node, &peers)?;
        net.nodes.push(made);
    }
    crate::wallets::write(&dir.join("wallets"), &plan.wallets)?;
    net.save()?;
    Ok(net)
}

/// The first port of a usual network's nodes for peers, and for RPC.
const USUAL: [u16; 2] = [19_900, 19_944];

/// Which ports a network wants: of its nodes for peers, then for RPC, then of its wires.
fn ports(wish: &Wish, nodes: usize) -> Vec<u16> {
    let one_each = |first: u16| {
        (0..nodes).map(move |n| {
            let port = u16::try_from(n).ok().and_then(|n| first.checked_add(n));
            port.filter(|_| wish.usual_ports).unwrap_or(0)
        })
    };
    let wires = if wish.wires { Wires::ports(nodes) } else { 0 };
    USUAL.into_iter().flat_map(one_each).chain(std::iter::repeat_n(0, wires)).collect()
}

fn put(path: &Path, text: &str) -> Result<(), NetError> {
    std::fs::write(path, text).map_err(|e| NetError::io(path, e))
}

/// Writes a node's home the way a person would.
fn init(wish: &Wish, node: &Node, plan: &NodePlan, peers: &[String]) -> Result<(), NetError> {
    let key = wish.dir.join(format!("{}.voter", node.name));
    let rows = wish.dir.join(format!("{}.rows.json", node.name));
    put(&key, &to_hex(plan.voter.seed()))?;
    let text = serde_json::to_string(&plan.rows)
        .map_err(|e| NetError::Damaged { path: rows.clone(), reason: e.to_string() })?;
    put(&rows, &text)?;
    let mut command = Command::new(&wish.binary);
    command.args(["node", "init", "--json", "--name", &node.name, "--listen", &node.listen]);
    command.args(["--rpc", node.rpc.trim_start_matches("http://")]);
    command.arg("--rpc-body-bytes").arg(wish.rpc_body_bytes.to_string());
    command.arg("--home").arg(&node.home);
    command.arg("--genesis").arg(wish.dir.join("genesis.json"));
    command.arg("--voter-key").arg(&key).arg("--row-file").arg(&rows);
    for peer in peers {
        command.args(["--peer", peer]);
    }
    let out = command.output().map_err(|e| NetError::io(&wish.binary, e))?;
    if !out.status.success() {
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        let reason = said + &String::from_utf8_lossy(&out.stderr);
        return Err(NetError::Init { name: node.name.clone(), reason });
    }
    if wish.test_rules {
        know_the_first_rules(&node.home.join("config.toml"))?;
    }
    std::fs::remove_file(&key).map_err(|e| NetError::io(&key, e))
}

/// Makes a node one that runs an older program (R21): who takes the line out has updated it.
fn know_the_first_rules(config: &Path) -> Result<(), NetError> {
    let io = |e| NetError::io(config, e);
    let text = std::fs::read_to_string(config).map_err(io)?;
    let line = format!("known_rules = [\"{}\"]\n", RulesId::of(LAUNCH));
    std::fs::write(config, text + &line).map_err(io)
}

/// Waits until every node has the same first final block.
async fn first_final(net: &Net) -> Result<NetStatus, NetError> {
    let start = Instant::now();
    loop {
        let status = status(net).await;
        if status.nodes.iter().all(|n| n.final_height.is_some_and(|h| h > 0)) {
            return Ok(status);
        }
        let dead = net.nodes.iter().find(|n| !n.is_running()).map(|n| (n.name.clone(), n.log()));
        let cut_off = net.wires.iter().find(|wires| !wires.is_running(&net.dir));
        let dead = dead.or(cut_off.map(|_| ("wires".to_owned(), Wires::log(&net.dir))));
        if let Some((name, log)) = dead {
            return Err(NetError::Died { name, log: log_end(&log) });
        }
        if start.elapsed() > FIRST_FINAL {
            let what = "not every node has a final block".to_owned();
            let (seconds, dir) = (FIRST_FINAL.as_secs(), net.dir.clone());
            return Err(NetError::Timeout { seconds, what, dir });
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn log_end(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<_> = text.lines().rev().take(12).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// How each node is, asked at once; nulls for one that does not answer.
pub async fn status(net: &Net) -> NetStatus {
    let mut nodes = Vec::new();
    for node in &net.nodes {
        nodes.push(node_status(node).await);
    }
    NetStatus { dir: net.dir.clone(), state: net.state, fewer: None, nodes, rows: Vec::new() }
}

async fn node_status(node: &Node) -> NodeStatus {
    let pid = node.pid.filter(|_| node.is_running());
    let silent =
        NodeStatus { name: node.name.clone(), pid, rpc: node.rpc.clone(), ..NodeStatus::default() };
    if pid.is_none() {
        return silent;
    }
    let Ok(client) = Client::new(&node.rpc, Duration::from_secs(2)) else { return silent };
    let Ok(answer) = client.call::<_, Value>("chain_status", &json!({})).await else {
        return silent;
    };
    let text = |name: &str| answer[name].as_str().map(ToOwned::to_owned);
    NodeStatus {
        height: answer["height"].as_u64(),
        final_height: answer["final_height"].as_u64(),
        head_hash: text("hash"),
        final_hash: text("final_hash"),
        state_root: text("state_root"),
        peers: answer["peers"].as_u64(),
        ..silent
    }
}
