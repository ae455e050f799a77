//! A local network on disk: which nodes it has and where they listen.
//!
//! ```text
//! DIR/testnet.json     this file's [`Net`]
//! DIR/genesis.json     the chain
//! DIR/nodeN/           the home of a node, with node.log in it
//! DIR/wires.log        what the process of the wires says, if there are any
//! DIR/wallets/         funded wallets to play with
//! ```

use crate::error::NetError;
use crate::process;
use crate::wires::Wires;
use serde::{Deserialize, Serialize};
use std::io;
use std::net::TcpListener;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// How far a network has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is being made; when nobody is at it any more, that was interrupted.
    Starting,
    /// It came up once.
    #[default]
    Up,
}

/// A network that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Net {
    /// Where it lives.
    pub dir: PathBuf,
    /// How far it has come. It is written down before anything else is made, so that an
    /// interrupted network is known as ours.
    #[serde(default)]
    pub state: State,
    /// The text all its keys are derived from.
    pub seed: String,
    /// Its nodes.
    pub nodes: Vec<Node>,
    /// What carries the connections between them, if they don't dial each other directly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wires: Option<Wires>,
}

/// A node of a local network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// `node0` and on.
    pub name: String,
    /// Its home directory.
    pub home: PathBuf,
    /// Its process, when it was last started.
    pub pid: Option<u32>,
    /// Where its RPC listens, `http://127.0.0.1:port`.
    pub rpc: String,
    /// Where it listens for peers, as multiaddress.
    pub listen: String,
}

impl Node {
    /// The file its process logs to.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.home.join("node.log")
    }

    /// Whether its process runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.pid.is_some_and(|pid| process::is_running(pid, &self.home))
    }

    /// The port where it listens for peers.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.listen.rsplit('/').next()?.parse().ok()
    }
}

fn file(dir: &Path) -> PathBuf {
    dir.join("testnet.json")
}

impl Net {
    /// Reads the network of a directory.
    ///
    /// # Errors
    /// [`NetError::Absent`] when there is none, or what is wrong with its file.
    pub fn load(dir: &Path) -> Result<Self, NetError> {
        let path = file(dir);
        if !path.exists() {
            return Err(NetError::Absent { dir: dir.to_owned() });
        }
        let text = std::fs::read_to_string(&path).map_err(|e| NetError::io(&path, e))?;
        serde_json::from_str(&text).map_err(|e| NetError::Damaged { path, reason: e.to_string() })
    }

    /// Writes the network's file.
    ///
    /// # Errors
    /// [`NetError::Io`] when it can't be written.
    pub fn save(&self) -> Result<(), NetError> {
        let path = file(&self.dir);
        let text = serde_json::to_string_pretty(self)
            .map_err(|e| NetError::Damaged { path: path.clone(), reason: e.to_string() })?;
        let new = path.with_extension("new");
        std::fs::write(&new, text).map_err(|e| NetError::io(&new, e))?;
        std::fs::rename(&new, &path).map_err(|e| NetError::io(&path, e))
    }

    /// Makes the directory ready for a new network: an old one that no process uses is
    /// removed, anything else is left alone.
    ///
    /// # Errors
    /// [`NetError::Running`] when nodes run in it, [`NetError::NotOurs`] when it holds
    /// something else.
    pub fn clear(dir: &Path) -> Result<(), NetError> {
        match Self::load(dir) {
            Ok(net) if !net.running().is_empty() => {
                return Err(NetError::Running { dir: dir.to_owned() });
            }
            Ok(_) => std::fs::remove_dir_all(dir).map_err(|e| NetError::io(dir, e))?,
            Err(NetError::Absent { .. }) => {
                let mut entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
                // An interrupted first save leaves the file under its other name.
                if entries.any(|entry| file(dir).with_extension("new") != entry.path()) {
                    return Err(NetError::NotOurs { dir: dir.to_owned() });
                }
            }
            Err(other) => return Err(other),
        }
        std::fs::create_dir_all(dir).map_err(|e| NetError::io(dir, e))
    }

    /// The node with this number.
    ///
    /// # Errors
    /// [`NetError::NoNode`] when there is none.
    pub fn node_mut(&mut self, number: usize) -> Result<&mut Node, NetError> {
        let nodes = self.nodes.len();
        self.nodes.get_mut(number).ok_or(NetError::NoNode { number, nodes })
    }

    /// Starts the process of a node and writes down its pid before it does anything. The
    /// wires are started first, if there are any and they don't run.
    ///
    /// # Errors
    /// [`NetError::Io`] when it can't be started.
    pub fn start(&mut self, number: usize, binary: &Path) -> Result<u32, NetError> {
        let node = self.node_mut(number)?;
        if node.is_running() {
            return Err(NetError::AlreadyRuns { name: node.name.clone() });
        }
        self.start_wires(binary)?;
        let node = self.node_mut(number)?;
        let failed = |e| NetError::io(binary, e);
        // All of the chain is here, and no home of it runs twice.
        let trust = ["--trusted-checkpoint", "own", "--no-wait"];
        let words = [&["node", "run", "--detach"][..], &trust, &["--home"]].concat();
        let started = process::spawn(binary, &words, &node.home, &node.log()).map_err(failed)?;
        let pid = started.pid;
        node.pid = Some(pid);
        self.save()?;
        started.go().map_err(failed)?;
        Ok(pid)
    }

    fn start_wires(&mut self, binary: &Path) -> Result<(), NetError> {
        let dir = self.dir.clone();
        let Some(wires) = self.wires.as_mut().filter(|wires| !wires.is_running(&dir)) else {
            return Ok(());
        };
        let failed = |e| NetError::io(binary, e);
        let words = ["testnet", "wires", "--detach"];
        let started = process::spawn(binary, &words, &dir, &Wires::log(&dir)).map_err(failed)?;
        wires.pid = Some(started.pid);
        self.save()?;
        started.go().map_err(failed)
    }

    /// Kills the process of a node as a crash would; answers whether it ran.
    ///
    /// # Errors
    /// [`NetError::Io`] when it can't be killed.
    pub fn kill(&mut self, number: usize) -> Result<bool, NetError> {
        let node = self.node_mut(number)?;
        let Some(pid) = node.pid.filter(|_| node.is_running()) else { return Ok(false) };
        process::kill(pid, &node.home).map_err(|e| NetError::io(&node.home, e))?;
        Ok(true)
    }

    /// Stops every process that was written down. One of a start that was interrupted before
    /// it was ends by itself ([`process::Started`]).
    ///
    /// # Errors
    /// [`NetError::StillRunning`] names the pids that could not be stopped.
    pub fn down(&self) -> Result<(), NetError> {
        let left = process::stop_all(&self.running()).map_err(|e| NetError::io(&self.dir, e))?;
        if left.is_empty() { Ok(()) } else { Err(NetError::StillRunning { pids: left }) }
    }

    /// The processes that were written down and run, each with what it runs on.
    fn running(&self) -> Vec<(u32, &Path)> {
        let nodes = self.nodes.iter().filter_map(|n| Some((n.pid?, n.home.as_path())));
        let wires = self.wires.iter().filter_map(|w| Some((w.pid?, self.dir.as_path())));
        nodes.chain(wires).filter(|(pid, home)| process::is_running(*pid, home)).collect()
    }
}

/// Where ports are looked for that nobody wished for: below those that systems lend to
/// outgoing connections (from 32 768 on Linux), of which one may be lent between the moment a
/// port is found free and the start of the node that is to listen there, or while it restarts.
const QUIET_PORTS: Range<u16> = 20_000..32_000;

/// A port of [`QUIET_PORTS`] that nobody listens on; never the same twice in a process, and
/// processes that start one after the other look in different places first.
fn quiet_port() -> io::Result<TcpListener> {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let count = QUIET_PORTS.end - QUIET_PORTS.start;
    let first = std::process::id().wrapping_mul(61);
    for _ in 0..count {
        let next = first.wrapping_add(ASKED.fetch_add(1, Ordering::Relaxed));
        let within = u16::try_from(next % u32::from(count)).unwrap_or_default();
        if let Ok(held) = TcpListener::bind(("127.0.0.1", QUIET_PORTS.start + within)) {
            return Ok(held);
        }
    }
    TcpListener::bind("127.0.0.1:0")
}

/// Ports of loopback that are free now: these, or others where they are taken or 0. All are
/// held until the last is found, so they differ.
///
/// # Errors
/// [`NetError::Io`] when the system gives none.
pub fn free_ports(wanted: &[u16]) -> Result<Vec<u16>, NetError> {
    let wished = |port: u16| (port > 0).then(|| TcpListener::bind(("127.0.0.1", port)).ok());
    let held = wanted
        .iter()
        .map(|port| wished(*port).flatten().map_or_else(quiet_port, Ok))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| NetError::io(Path::new("127.0.0.1"), e))?;
    held.iter()
        .map(|socket| Ok(socket.local_addr()?.port()))
        .collect::<Result<Vec<_>, io::Error>>()
        .map_err(|e| NetError::io(Path::new("127.0.0.1"), e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_where_a_start_was_interrupted_is_ours_to_clear() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("testnet");
        let (state, seed) = (State::Starting, "weft".to_owned());
        Net::clear(&dir).unwrap();
        Net { dir: dir.clone(), state, seed, nodes: Vec::new(), wires: None }.save().unwrap();
        std::fs::write(dir.join("genesis.json"), "{}").unwrap();
        Net::clear(&dir).unwrap();
        assert!(!dir.join("genesis.json").exists());
        std::fs::write(dir.join("testnet.new"), "{").unwrap();
        Net::clear(&dir).unwrap();
        std::fs::write(dir.join("a-file-of-somebody"), "x").unwrap();
        assert!(matches!(Net::clear(&dir), Err(NetError::NotOurs { .. })));
        assert!(dir.join("a-file-of-somebody").exists());
    }

    #[test]
    fn a_wanted_port_that_is_taken_is_another() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = held.local_addr().unwrap().port();
        let got = free_ports(&[taken, 0, taken]).unwrap();
        assert!(!got.contains(&taken) && got[0] != got[2], "{got:?}");
    }

    #[test]
    fn a_file_that_says_nothing_of_its_state_is_of_a_network_that_came_up() {
        let text = r#"{"dir":"/tmp/net","seed":"weft","nodes":[]}"#;
        assert_eq!(serde_json::from_str::<Net>(text).unwrap().state, State::Up);
    }
}
