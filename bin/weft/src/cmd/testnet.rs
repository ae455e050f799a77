//! `weft testnet up|status|down|kill|restart`; its faults are in [`crate::cmd::fault`].

use crate::args::{Global, TestnetCommand, TestnetUp};
use crate::output::{Answer, Exit, Failure, note, short, table};
use crate::remote::testnet_dir;
use crate::shell::quoted_path;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use weft_testnet::metagraph::MetagraphError;
use weft_testnet::up::{self, NetStatus, Wish};
use weft_testnet::{Choice, Net, NetError, Node, State};
use weft_types::{Millis, Network};

/// How long slot 0 lies ahead when a network is made: the time its nodes need to start.
const HEAD_START_MS: u64 = 1_000;

/// Runs the command.
pub async fn run(global: &Global, command: &TestnetCommand) -> Result<Answer, Failure> {
    match command {
        TestnetCommand::Up(args) => start(global, args).await,
        TestnetCommand::Status(at) => {
            let net = Net::load(&testnet_dir(global, at.dir.as_ref())?)?;
            answer(global, &up::status(&net).await)
        }
        TestnetCommand::Down(at) => {
            let net = Net::load(&testnet_dir(global, at.dir.as_ref())?)?;
            let running = net.nodes.iter().filter(|node| node.is_running()).count();
            net.down()?;
            let text = match running {
                0 => "no node was running".to_owned(),
                1 => "1 node stopped, no process left".to_owned(),
                _ => format!("{running} nodes stopped, no process left"),
            };
            Answer::new(&json!({ "dir": net.dir, "stopped": running }), text)
        }
        TestnetCommand::Kill(which) => {
            let mut net = Net::load(&testnet_dir(global, which.dir.dir.as_ref())?)?;
            let ran = net.kill(which.node)?;
            let name = format!("node{}", which.node);
            let text = if ran { "killed" } else { "was down already; nothing was killed" };
            Answer::new(&json!({ "node": name, "killed": ran }), format!("{name} {text}"))
        }
        TestnetCommand::Restart(which) => {
            let mut net = Net::load(&testnet_dir(global, which.dir.dir.as_ref())?)?;
            let pid = net.start(which.node, &binary()?)?;
            let name = format!("node{}", which.node);
            Answer::new(&json!({ "started": name, "pid": pid }), format!("{name} runs as {pid}"))
        }
        TestnetCommand::Fault(command) => crate::cmd::fault::run(global, command).await,
        TestnetCommand::Wires(args) => crate::cmd::fault::wires(args).await,
    }
}

/// The program that is running now: it starts the nodes.
pub fn binary() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|e| Failure::new(Exit::Failed, "NoProgram", e))
}

/// Now, as the chain counts time.
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A wish for a local network of this many nodes.
pub fn wish(global: &Global, args: &TestnetUp) -> Result<Wish, Failure> {
    let network = if args.senders.is_some() { Network::Bench } else { Network::Local };
    Ok(Wish {
        dir: testnet_dir(global, args.dir.dir.as_ref())?,
        binary: binary()?,
        choice: Choice {
            nodes: args.nodes,
            slot_ms: args.slot_ms,
            seed: args.seed.clone(),
            genesis_time: Millis(now().0.saturating_add(HEAD_START_MS)),
            network,
            senders: args.senders.unwrap_or(0),
        },
        metagraph: args.metagraph.clone(),
        fair_launch: args.fair_launch,
        wires: args.wires,
        test_rules: args.test_rules,
        params: args.params.clone(),
        // A network of everybody's usual home, of which there is one.
        usual_ports: global.home.is_none() && args.dir.dir.is_none(),
        rpc_body_bytes: if args.senders.is_some() { 8 << 20 } else { 1 << 20 },
    })
}

async fn start(global: &Global, args: &TestnetUp) -> Result<Answer, Failure> {
    let wish = wish(global, args)?;
    let mut asked = std::pin::pin!(asked_to_stop());
    let status = tokio::select! {
        biased;
        () = &mut asked => return Err(interrupted(&wish.dir)),
        status = up::up(&wish, &note) => status,
    };
    if status.is_err() {
        // What is stopped from the keyboard loses its children at once, and fails of that.
        let a_moment = std::time::Duration::from_millis(50);
        if tokio::time::timeout(a_moment, asked).await.is_ok() {
            return Err(interrupted(&wish.dir));
        }
    }
    answer(global, &status?)
}

/// Ends when somebody asks this process to stop.
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut int), Ok(mut term)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
    }
}

/// Stops what an interrupted start has started, and says so. A network that was up before is
/// none of its business.
fn interrupted(dir: &Path) -> Failure {
    let found = Net::load(dir).ok();
    let (what, help) = match &found {
        Some(net) if net.state == State::Starting => match net.down() {
            Ok(()) => ("its nodes are stopped".to_owned(), false),
            Err(error) => (error.to_string(), true),
        },
        Some(net) if net.nodes.iter().any(Node::is_running) => {
            (format!("the testnet that was up in {} runs on", dir.display()), true)
        }
        _ => ("it had started no node".to_owned(), false),
    };
    let help = if help {
        format!("stop it: weft testnet down --dir {}", quoted_path(dir))
    } else {
        String::new()
    };
    Failure::new(Exit::Failed, "Interrupted", format!("the start was interrupted; {what}"))
        .help(help)
}

/// The command that joins a network from a directory of its own beside it: one that is not
/// there yet, since a home that is may be of an older chain, or in use.
fn join_line(status: &NetStatus) -> Option<String> {
    let node = status.nodes.iter().find(|node| node.pid.is_some())?;
    let home = beside(&status.dir).find(|home| !home.exists())?;
    Some(format!("weft node join {} --home {}", node.rpc, quoted_path(&home)))
}

/// Names of homes beside a network: `DIR-joined`, `DIR-joined-2` and on.
fn beside(dir: &Path) -> impl Iterator<Item = PathBuf> {
    let name = dir.file_name().unwrap_or_default().to_owned();
    (1_u32..).map(move |n| {
        let mut name = name.clone();
        name.push("-joined");
        if n > 1 {
            name.push(format!("-{n}"));
        }
        dir.with_file_name(name)
    })
}

fn answer(global: &Global, status: &NetStatus) -> Result<Answer, Failure> {
    let height = status.nodes.iter().filter_map(|n| n.final_height).max();
    let mut text = nodes_table(status);
    if !status.rows.is_empty() {
        text = format!("{text}\n\n{}", rows_table(status));
    }
    if status.state == State::Starting {
        let dir = dir_flag(global, status);
        let again = format!("weft testnet down{dir}, then weft testnet up{dir}");
        text = format!("{text}\n\nit did not come up: {again}");
    }
    let (next, join) = (next(global, status), join_line(status));
    let text = format!("{text}\n\ndir {}\n{next}", status.dir.display());
    let text = match &join {
        Some(line) => format!("{text}\njoin it: {line}"),
        None => text,
    };
    let mut answer = Answer::new(status, text)?;
    answer.data["join"] = json!(join);
    Ok(answer.at(Some("local".to_owned()), height))
}

/// The flag that makes another command mean this very network.
fn dir_flag(global: &Global, status: &NetStatus) -> String {
    if testnet_dir(global, None).is_ok_and(|usual| usual == status.dir) {
        return String::new();
    }
    format!(" --dir {}", quoted_path(&status.dir))
}

/// What to try next, in commands that mean this very network.
fn next(global: &Global, status: &NetStatus) -> String {
    let dir = dir_flag(global, status);
    let is_usual = dir.is_empty();
    let Some(node) = status.nodes.iter().find(|node| node.pid.is_some()) else {
        return format!(
            "no node runs; next: weft testnet restart 0{dir} goes on with node 0 and its chain | \
             weft testnet up{dir} makes a new chain in its place"
        );
    };
    let network = if is_usual { String::new() } else { format!(" --network {}", node.rpc) };
    let wallets = if is_usual {
        String::new()
    } else {
        // Wallets are looked for in a home, and such a network is none's.
        let home = quoted_path(&status.dir);
        format!("\nits wallets: weft transfer carol 1 -w alice --home {home}{network}")
    };
    format!(
        "next: weft testnet status{dir} | weft query supply{network} | \
         weft subnet metagraph 1{network} | weft testnet down{dir}{wallets}"
    )
}

fn nodes_table(status: &NetStatus) -> String {
    let head = ["node", "rpc", "height", "final", "peers", "pid", "state root"];
    let mut rows = vec![head.map(ToOwned::to_owned).to_vec()];
    let number = |n: Option<u64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    for node in &status.nodes {
        rows.push(vec![
            node.name.clone(),
            node.rpc.clone(),
            number(node.height),
            number(node.final_height),
            number(node.peers),
            number(node.pid.map(u64::from)),
            node.state_root.as_deref().map_or_else(|| "-".to_owned(), short),
        ]);
    }
    table(&rows)
}

fn rows_table(status: &NetStatus) -> String {
    let mut rows = vec![["uid", "door", "row"].map(ToOwned::to_owned).to_vec()];
    for row in &status.rows {
        let what = match (&row.error, row.accepted) {
            (Some(name), _) => format!("refused: {name}"),
            (None, true) => "final".to_owned(),
            (None, false) => "missing".to_owned(),
        };
        rows.push(vec![row.uid.to_string(), row.door.clone(), what]);
    }
    table(&rows)
}

impl From<NetError> for Failure {
    fn from(error: NetError) -> Self {
        let (exit, name) = match &error {
            NetError::Io { .. } => (Exit::Failed, "Io"),
            NetError::Param { .. } => (Exit::Usage, "BadParam"),
            NetError::Genesis(_) => (Exit::Usage, "BadGenesis"),
            NetError::Absent { .. } => (Exit::NotFound, "NoTestnet"),
            NetError::Damaged { .. } => (Exit::Failed, "TestnetDamaged"),
            NetError::Running { .. } => (Exit::Failed, "TestnetRuns"),
            NetError::NotOurs { .. } => (Exit::Usage, "DirectoryNotEmpty"),
            NetError::NoNode { .. } => (Exit::NotFound, "NoSuchNode"),
            NetError::AlreadyRuns { .. } => (Exit::Failed, "NodeRuns"),
            NetError::StillRunning { .. } => (Exit::Failed, "ProcessesLeft"),
            NetError::Nodes { .. } => (Exit::Usage, "NodeCount"),
            NetError::WiredNodes { .. } => (Exit::Usage, "NodeCount"),
            NetError::NoWires { .. } => (Exit::Failed, "NoWires"),
            NetError::WiresSilent { .. } => (Exit::CannotConnect, "WiresSilent"),
            NetError::WiresRefused { .. } => (Exit::Failed, "WiresRefused"),
            NetError::Groups { .. } => (Exit::Usage, "BadGroups"),
            NetError::NoneRuns { .. } => (Exit::CannotConnect, "NoNodeRuns"),
            NetError::Ask { .. } => (Exit::CannotConnect, "NodeSilent"),
            NetError::NoVoter { .. } => (Exit::Usage, "MetagraphNoVoter"),
            NetError::Init { .. } => (Exit::Failed, "NodeInitFailed"),
            NetError::Died { .. } => (Exit::Failed, "NodeDied"),
            NetError::Timeout { .. } => (Exit::Timeout, "TestnetTimeout"),
            NetError::Wallet(_) => (Exit::Failed, "Wallet"),
            NetError::Metagraph(e) => metagraph(e),
            NetError::Row { .. } => (Exit::CheckFailed, "RowNotAsItMustBe"),
        };
        let help = next_step(&error);
        Self::new(exit, name, error).help(help)
    }
}

/// What to do about an error; empty where its text says all there is.
fn next_step(error: &NetError) -> String {
    match error {
        NetError::Absent { dir } => format!("start one: weft testnet up --dir {}", dir.display()),
        NetError::Damaged { .. } => "stop the nodes, remove the directory, start anew".to_owned(),
        NetError::Running { dir } => format!("stop it: weft testnet down --dir {}", dir.display()),
        NetError::NotOurs { .. } => "choose another --dir".to_owned(),
        NetError::NoWires { dir } => format!(
            "a network has wires from its start on: weft testnet down --dir {0}, then weft testnet up --wires --dir {0} makes a new one",
            dir.display()
        ),
        NetError::WiresSilent { log, .. } => format!("their log: {}", log.display()),
        NetError::Groups { .. } => "write groups of all nodes, as in 0,1/2,3".to_owned(),
        NetError::NoneRuns { dir } => {
            format!("weft testnet restart N --dir {} starts node N again", dir.display())
        }
        NetError::NoNode { .. } => "weft testnet status lists them".to_owned(),
        NetError::AlreadyRuns { .. } => "weft testnet kill N stops it".to_owned(),
        NetError::Timeout { dir, .. } => {
            format!("stop it: weft testnet down --dir {}", dir.display())
        }
        NetError::WiresRefused { .. } => "weft testnet fault heal ends any cut".to_owned(),
        _ => String::new(),
    }
}

const fn metagraph(error: &MetagraphError) -> (Exit, &'static str) {
    match error {
        MetagraphError::Io { .. } => (Exit::NotFound, "MetagraphUnreadable"),
        MetagraphError::TooLarge { .. } => (Exit::Usage, "MetagraphTooLarge"),
        MetagraphError::Shape { .. } => (Exit::Usage, "MetagraphShape"),
        MetagraphError::Size { .. } => (Exit::Usage, "MetagraphSize"),
        MetagraphError::UnknownUid { .. } => (Exit::Usage, "MetagraphUnknownUid"),
        MetagraphError::Unsorted { .. } => (Exit::Usage, "MetagraphUnsorted"),
        MetagraphError::TooMuchStake => (Exit::Usage, "MetagraphTooMuchStake"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    /// F42: what to try after a start that failed is of the network that failed.
    #[test]
    fn a_network_that_did_not_come_up_is_named_where_its_directory_is_not_the_usual_one() {
        let line = ["weft", "testnet", "status", "--home", "/h"];
        let global = crate::args::Cli::try_parse_from(line).unwrap().global;
        let said = |dir: &str| {
            let (dir, nodes, rows) = (dir.into(), Vec::new(), Vec::new());
            let status = NetStatus { dir, state: State::Starting, fewer: None, nodes, rows };
            answer(&global, &status).unwrap().text
        };
        let elsewhere = said("/tmp/my net");
        let flag = "--dir '/tmp/my net'";
        let hint =
            format!("it did not come up: weft testnet down {flag}, then weft testnet up {flag}");
        assert!(elsewhere.contains(&hint), "{elsewhere}");
        let usual = said("/h/testnet");
        assert!(usual.contains("weft testnet down, then weft testnet up"), "{usual}");
    }
}
