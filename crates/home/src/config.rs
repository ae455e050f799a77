//! The node's home directory and `config.toml`.
//!
//! ```text
//! HOME/config.toml     this file's [`Config`], commented
//! HOME/genesis.json    the chain
//! HOME/node.key        seed of the network identity, hex, mode 0600
//! HOME/voter.key       seed of the voting hotkey, hex, mode 0600; absent on a node that only follows
//! HOME/data/           block log, vote file, state checkpoints
//! ```

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use weft_types::hash::{HexError, array_from_hex, to_hex};
use weft_types::text::unmarked;
use weft_types::{Genesis, RulesId, SecretKey};

/// What an operator may set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A name for logs and tables.
    pub name: String,
    /// Where to listen for peers, as multiaddresses.
    pub listen: Vec<String>,
    /// Peers to stay connected with, as multiaddresses.
    pub peers: Vec<String>,
    /// Where the RPC server listens. Anything but loopback must be allowed below.
    pub rpc: String,
    /// Whether the RPC server may listen on other than loopback addresses.
    pub rpc_public: bool,
    /// The most bytes of an RPC request.
    pub rpc_body_bytes: usize,
    /// A JSON file of weight rows that the voter sends once a tempo.
    pub row_file: Option<PathBuf>,
    /// Whether the voter offers itself for every rotation (R13).
    pub offer: bool,
    /// What is logged, such as "info,weft_node=debug"; `--log` and WEFT_LOG go before it.
    pub log: Option<String>,
    /// Where the log goes, instead of stderr; SIGHUP opens it anew.
    pub log_file: Option<PathBuf>,
    /// On local and bench networks: the rules that this node knows, as an older program
    /// would (R21); without it all that the program knows.
    pub known_rules: Option<Vec<RulesId>>,
    /// The most transactions that wait in the pool.
    pub pool_txs: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "node".to_owned(),
            listen: vec!["/ip4/127.0.0.1/tcp/19900".to_owned()],
            peers: Vec::new(),
            rpc: "127.0.0.1:19944".to_owned(),
            rpc_public: false,
            rpc_body_bytes: 1 << 20,
            row_file: None,
            offer: true,
            log: None,
            log_file: None,
            known_rules: None,
            pool_txs: 200_000,
        }
    }
}

impl Config {
    /// Every address in it is one. Names of hosts are looked up when the node runs.
    ///
    /// # Errors
    /// [`HomeError::Setting`] names the value and how it is written.
    pub fn check(&self) -> Result<(), HomeError> {
        let bad = |name, value: &str, reason: String| {
            Err(HomeError::Setting { name, value: value.to_owned(), reason })
        };
        match port(&self.rpc) {
            None => {
                let reason = "write HOST:PORT, as in 127.0.0.1:19944 or localhost:19944";
                return bad("rpc", &self.rpc, reason.to_owned());
            }
            Some(0) => {
                let reason = "with port 0 nobody could find the node; name a port from 1 to 65535";
                return bad("rpc", &self.rpc, reason.to_owned());
            }
            Some(_) => {}
        }
        for (name, list, most) in [
            ("listen", &self.listen, weft_gossip::MOST_LISTEN),
            ("peers", &self.peers, weft_gossip::MOST_PEERS),
        ] {
            if list.len() > most {
                return bad(name, &format!("{} addresses", list.len()), format!("{most} may be"));
            }
        }
        for address in &self.listen {
            if let Err(error) = weft_gossip::listen_address(address) {
                return bad("listen", address, error.to_string());
            }
        }
        for address in &self.peers {
            if let Err(error) = weft_gossip::peer_address(address) {
                return bad("peers", address, error.to_string());
            }
        }
        Ok(())
    }
}

/// The port of a host and port; none when the text is something else.
fn port(text: &str) -> Option<u16> {
    if let Ok(socket) = text.parse::<std::net::SocketAddr>() {
        return Some(socket.port());
    }
    let (host, port) = text.rsplit_once(':')?;
    port.parse().ok().filter(|_| weft_gossip::is_host_name(host))
}

/// Why a home directory can't be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// A file can't be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The configuration is not what it should be.
    #[error("{path} is no configuration: {reason}")]
    Config {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with the line.
        reason: String,
    },
    /// What is trusted is said for one start; in a file it would be said for ever (R16).
    #[error(
        "{0} names a trusted_checkpoint; remove the line: what you trust is said at one start, weft node run --trusted-checkpoint HEIGHT:HASH"
    )]
    CheckpointInConfig(PathBuf),
    /// The key can be read by others.
    #[error("{path} can be read by others (mode {mode:o}); run chmod 600 on it")]
    WeakMode {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The genesis is not what it should be.
    #[error("{path} is no genesis: {reason}")]
    Genesis {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A key file is not hex of 32 bytes.
    #[error("{path} is no key: {source}")]
    Key {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: HexError,
    },
    /// A value of the configuration is not what it should be.
    #[error("{name} = \"{value}\": {reason}")]
    Setting {
        /// Which.
        name: &'static str,
        /// Its value.
        value: String,
        /// How it is written.
        reason: String,
    },
    /// The node has another key to vote with.
    #[error(
        "{0} is of another voter; a key that voted here must not be lost: move it away by hand"
    )]
    OtherVoter(PathBuf),
    /// The directory holds no node.
    #[error("{0} holds no node")]
    NoNode(PathBuf),
    /// The directory holds a node already.
    #[error("{0} holds a node already; choose another --home or remove it")]
    Exists(PathBuf),
}

/// A node's directory.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// The directory at this path, which need not exist yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the store is.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// The configuration.
    ///
    /// # Errors
    /// [`HomeError`] names the file and what is wrong with it.
    pub fn config(&self) -> Result<Config, HomeError> {
        let path = self.0.join("config.toml");
        let text = read(&path)?;
        let table = toml::from_str::<toml::Table>(&text);
        if table.is_ok_and(|table| table.contains_key("trusted_checkpoint")) {
            return Err(HomeError::CheckpointInConfig(path));
        }
        toml::from_str(&text).map_err(|e| HomeError::Config { path, reason: e.to_string() })
    }

    /// The genesis, checked.
    ///
    /// # Errors
    /// [`HomeError`] names the file and what is wrong with it.
    pub fn genesis(&self) -> Result<Genesis, HomeError> {
        let path = self.0.join("genesis.json");
        let text = read(&path)?;
        let bad = |reason: String| HomeError::Genesis { path: path.clone(), reason };
        let genesis: Genesis = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
        genesis.check().map_err(|e| bad(e.to_string()))?;
        Ok(genesis)
    }

    /// The seed of the network identity.
    ///
    /// # Errors
    /// [`HomeError`] names the file and what is wrong with it.
    pub fn node_key(&self) -> Result<[u8; 32], HomeError> {
        let path = self.0.join("node.key");
        array_from_hex(read_secret(&path)?.trim()).map_err(|source| HomeError::Key { path, source })
    }

    /// The voting hotkey, if this node votes.
    ///
    /// # Errors
    /// [`HomeError`] names the file and what is wrong with it.
    pub fn voter_key(&self) -> Result<Option<SecretKey>, HomeError> {
        let path = self.0.join("voter.key");
        if !path.exists() {
            return Ok(None);
        }
        let seed = array_from_hex(read_secret(&path)?.trim());
        seed.map(|s| Some(SecretKey::from_seed(s)))
            .map_err(|source| HomeError::Key { path, source })
    }

    /// Gives a node that only follows a key to vote with.
    ///
    /// # Errors
    /// [`HomeError`]: there is no node, it has another key, or the file can't be written.
    pub fn put_voter_key(&self, key: &SecretKey) -> Result<(), HomeError> {
        if !self.0.join("config.toml").exists() {
            return Err(HomeError::NoNode(self.0.clone()));
        }
        let path = self.0.join("voter.key");
        match self.voter_key()? {
            Some(other) if other.public() != key.public() => Err(HomeError::OtherVoter(path)),
            Some(_) => Ok(()),
            None => write_file(&path, &to_hex(key.seed()), true),
        }
    }

    /// Writes a new home: configuration, genesis and keys. The store is made by
    /// the node.
    ///
    /// # Errors
    /// [`HomeError::Exists`] when there is a configuration already, else the file that
    /// could not be written.
    pub fn write(
        &self,
        config: &Config,
        genesis: &Genesis,
        node_key: &[u8; 32],
        voter_key: Option<&SecretKey>,
    ) -> Result<(), HomeError> {
        config.check()?;
        if self.0.join("config.toml").exists() {
            return Err(HomeError::Exists(self.0.clone()));
        }
        let io = |path: &Path, source| HomeError::Io { path: path.to_owned(), source };
        std::fs::create_dir_all(&self.0).map_err(|e| io(&self.0, e))?;
        let path = self.0.join("genesis.json");
        let text = serde_json::to_string_pretty(genesis)
            .map_err(|e| HomeError::Genesis { path: path.clone(), reason: e.to_string() })?;
        write_file(&path, &text, false)?;
        write_file(&self.0.join("node.key"), &to_hex(node_key), true)?;
        if let Some(key) = voter_key {
            write_file(&self.0.join("voter.key"), &to_hex(key.seed()), true)?;
        }
        let path = self.0.join("config.toml");
        let text = toml::to_string_pretty(config)
            .map_err(|e| HomeError::Config { path: path.clone(), reason: e.to_string() })?;
        write_file(&path, &format!("{COMMENT}{text}"), false)
    }
}

const COMMENT: &str = "\
# weft node. Every key has a default; an unknown key is an error.
# listen, peers (also /dns/NAME/tcp/PORT): multiaddresses, e.g. \"/ip4/127.0.0.1/tcp/19900\"
# rpc: host:port; other than loopback only with rpc_public = true
# row_file: JSON list of weight rows that the voter's shares carry once a tempo; a row that a client
#   handed in later goes before the file's of its subnet until the file is changed
# log: what is logged, e.g. info,weft_node=debug
# log_file: a file for the log instead of stderr; SIGHUP opens it anew
# offer: whether a node with a voter key offers it for every rotation
";

/// Reads a key file that nobody else can read.
fn read_secret(path: &Path) -> Result<String, HomeError> {
    use std::os::unix::fs::PermissionsExt as _;
    let io = |source| HomeError::Io { path: path.to_owned(), source };
    let mode = std::fs::metadata(path).map_err(io)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(HomeError::WeakMode { path: path.to_owned(), mode });
    }
    read(path)
}

fn read(path: &Path) -> Result<String, HomeError> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|source| HomeError::Io { path: path.to_owned(), source })?;
    Ok(unmarked(&text).to_owned())
}

fn write_file(path: &Path, text: &str, secret: bool) -> Result<(), HomeError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mode = if secret { 0o600 } else { 0o644 };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode);
    options
        .open(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(|source| HomeError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(config: &Config) -> Option<&'static str> {
        match config.check() {
            Ok(()) => None,
            Err(HomeError::Setting { name, .. }) => Some(name),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn f31_a_setting_that_no_node_can_run_with_is_refused_by_its_name() {
        let rpc = |rpc: &str| refused(&Config { rpc: rpc.to_owned(), ..Config::default() });
        for good in ["127.0.0.1:19944", "localhost:29944", "[::1]:1", "node-1.example:80"] {
            assert_eq!(rpc(good), None, "{good}");
        }
        for bad in
            ["", "19944", ":19944", "localhost", "localhost:99999", "http://localhost:1", "a b:1"]
        {
            assert_eq!(rpc(bad), Some("rpc"), "{bad}");
        }
        // A port that the system chooses is one that no command finds.
        for none in ["127.0.0.1:0", "[::1]:0", "localhost:0"] {
            let config = Config { rpc: none.to_owned(), ..Config::default() };
            let error = config.check().unwrap_err().to_string();
            assert!(error.contains(none) && error.contains("from 1 to 65535"), "{error}");
        }
        let list = |text: &str| vec![text.to_owned()];
        let many = vec!["/dns/node.example/tcp/5".to_owned(); 257];
        let many = Config { peers: many, ..Config::default() }.check().unwrap_err().to_string();
        assert!(many.contains("257 addresses") && many.contains("256 may be"), "{many}");
        let peers = Config { peers: list("127.0.0.1:19900"), ..Config::default() };
        assert_eq!(refused(&peers), Some("peers"));
        let error = peers.check().unwrap_err().to_string();
        assert!(error.contains("write /ip4/127.0.0.1/tcp/19900"), "{error}");
        let listen = Config { listen: list("garbage"), ..Config::default() };
        assert_eq!(refused(&listen), Some("listen"));
    }
}
