//! The wires of a network: for each ordered pair of nodes a port of loopback that the first
//! dials, from which bytes go on to where the second listens.
//!
//! Not here: the process that carries them ([`crate::switch`]).

use crate::process;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The most nodes that are wired: with a connection or two for each pair their wires stay
/// within 1 024 open files.
pub const MAX_NODES: usize = 16;

/// The wires of a network, as its file has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wires {
    /// Their process, when it was last started.
    pub pid: Option<u32>,
    /// The port that takes requests.
    pub control: u16,
    /// One for each ordered pair of nodes.
    pub wires: Vec<Wire>,
}

/// Where a node reaches another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// Who dials.
    pub from: usize,
    /// Who is reached.
    pub to: usize,
    /// The port to dial.
    pub port: u16,
}

impl Wires {
    /// How many ports so many nodes need.
    #[must_use]
    pub const fn ports(nodes: usize) -> usize {
        nodes * nodes.saturating_sub(1) + 1
    }

    /// Wires between so many nodes, on [`Self::ports`] free ports; none without a port.
    #[must_use]
    pub fn on(ports: &[u16], nodes: usize) -> Option<Self> {
        let (control, ports) = ports.split_first()?;
        let pairs = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
        let wire = |((from, to), port): (_, &u16)| Wire { from, to, port: *port };
        let wires = pairs.filter(|(from, to)| from != to).zip(ports).map(wire).collect();
        Some(Self { pid: None, control: *control, wires })
    }

    /// The file that the process of a network's directory logs to.
    #[must_use]
    pub fn log(dir: &Path) -> PathBuf {
        dir.join("wires.log")
    }

    /// Whether the process runs on this directory.
    #[must_use]
    pub fn is_running(&self, dir: &Path) -> bool {
        self.pid.is_some_and(|pid| process::is_running(pid, dir))
    }
}
