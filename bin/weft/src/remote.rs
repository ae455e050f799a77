//! Talking to a node: which one `--network` means, and its errors as ours.

use crate::args::Global;
use crate::output::{Answer, Exit, Failure, note};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use weft_node::config::Home;
use weft_rpc::client::{Client, ClientError};
use weft_testnet::Net;
use weft_types::key_text::KeyTextError;
use weft_types::{Address, ChainId, Network, Params, PublicKey, key_text, ss58};

/// The node that a command speaks to.
pub struct Remote {
    client: Client,
}

/// The home directory: `--home`, else `~/.weft`. Without either there is no place that keys
/// may be written to.
pub fn home(global: &Global) -> Result<PathBuf, Failure> {
    home_in(global.home.as_ref(), std::env::var_os("HOME"))
}

fn home_in(given: Option<&PathBuf>, person: Option<OsString>) -> Result<PathBuf, Failure> {
    if let Some(home) = given {
        return Ok(home.clone());
    }
    let person = person.filter(|home| !home.is_empty()).ok_or_else(|| {
        let text = "HOME is not set, so there is no place for wallets and settings";
        Failure::new(Exit::Usage, "NoHome", text).help("give --home DIR, or set WEFT_HOME")
    })?;
    Ok(PathBuf::from(person).join(".weft"))
}

/// Where a node lives: `--home`, else `~/.weft/node`.
pub fn node_home(global: &Global) -> Result<PathBuf, Failure> {
    match &global.home {
        Some(home) => Ok(home.clone()),
        None => Ok(home(global)?.join("node")),
    }
}

/// Where the testnet lives: `--dir`, else `HOME/testnet`.
pub fn testnet_dir(global: &Global, dir: Option<&PathBuf>) -> Result<PathBuf, Failure> {
    let dir = match dir {
        Some(dir) => dir.clone(),
        None => home(global)?.join("testnet"),
    };
    Ok(std::path::absolute(&dir).unwrap_or(dir))
}

/// The URL that `--network` means: of the testnet of this home when it runs, else of the node
/// of this home, else of the usual port.
fn url(global: &Global) -> String {
    if global.network.contains("://") {
        return global.network.clone();
    }
    let net = testnet_dir(global, None).ok().and_then(|dir| Net::load(&dir).ok());
    let running = net.and_then(|net| net.nodes.into_iter().find(weft_testnet::Node::is_running));
    let home = || node_home(global).ok().map(Home::new);
    let own = || home().and_then(|home| home.config().ok()).map(|config| config.rpc);
    let usual = || "127.0.0.1:19944".to_owned();
    running.map_or_else(|| format!("http://{}", own().unwrap_or_else(usual)), |node| node.rpc)
}

/// What every read answers beside its data.
#[derive(Debug, Clone)]
pub struct ChainInfo {
    /// Which kind of network.
    pub network: Network,
    /// Which chain.
    pub chain: ChainId,
    /// Its numbers.
    pub params: Params,
}

impl Remote {
    /// The node that the flags name.
    pub fn new(global: &Global) -> Result<Self, Failure> {
        if !global.network.contains("://") && global.network != "local" {
            let text = format!("\"{}\" is no network", global.network);
            return Err(Failure::new(Exit::Usage, "UnknownNetwork", text)
                .help("give local, or the URL of a node's RPC such as http://127.0.0.1:19944"));
        }
        Self::of(&url(global), global.timeout)
    }

    /// The node at a URL.
    pub fn of(url: &str, timeout_s: u64) -> Result<Self, Failure> {
        let client = Client::new(url, Duration::from_secs(timeout_s))?;
        Ok(Self { client })
    }

    /// Calls a method that may be called twice: when the connection breaks it is.
    pub async fn call(&self, method: &str, params: &impl Serialize) -> Result<Value, Failure> {
        match self.ask(method, params).await {
            Err(ClientError::Lost { .. }) => Ok(self.ask(method, params).await?),
            answer => Ok(answer?),
        }
    }

    /// Calls a method; a failure tells whether the node may have done it all the same.
    pub async fn ask(&self, method: &str, params: &impl Serialize) -> Result<Value, ClientError> {
        self.client.call::<_, Value>(method, params).await
    }

    /// Which chain the node is of.
    pub async fn chain(&self) -> Result<ChainInfo, Failure> {
        let genesis = self.call("chain_getGenesis", &json!({})).await?;
        Ok(ChainInfo {
            network: part(&genesis, "network")?,
            chain: part(&genesis, "chain_id")?,
            params: part(&genesis, "params")?,
        })
    }

    /// A read as the answer of a command.
    pub async fn read(
        &self,
        method: &str,
        params: &impl Serialize,
        text: impl FnOnce(&Value) -> String,
    ) -> Result<Answer, Failure> {
        self.read_well(method, params, |data| Ok(text(data))).await
    }

    /// A read as the answer of a command, of which something may turn out to be wrong.
    pub async fn read_well(
        &self,
        method: &str,
        params: &impl Serialize,
        text: impl FnOnce(&Value) -> Result<String, Failure>,
    ) -> Result<Answer, Failure> {
        let data = self.call(method, params).await?;
        let text = text(&data)?;
        // Not every answer has them.
        let (network, height) = (part(&data, "network")?, part(&data, "height")?);
        Ok(Answer { network, height, data, text })
    }
}

/// A part of an answer, which must be what it should be.
pub fn part<T: DeserializeOwned>(answer: &Value, name: &str) -> Result<T, Failure> {
    serde_json::from_value(answer[name].clone()).map_err(|e| {
        let text = format!("the node's answer has no \"{name}\" as it should be: {e}");
        Failure::new(Exit::Failed, "BadAnswer", text).help("update the node, or this program")
    })
}

/// A client's error as a failure, with the exit code that fits.
pub fn failure(error: ClientError) -> Failure {
    match error {
        ClientError::Application(e) => {
            Failure::of_kind(&e.kind, &e.name, &e.message).help(&e.help).context(e.context)
        }
        ClientError::Connect { .. } => Failure::new(Exit::CannotConnect, "CannotConnect", error)
            .help("is the node running? weft testnet status, or weft testnet up"),
        ClientError::Lost { .. } => Failure::new(Exit::CannotConnect, "ConnectionLost", error)
            .help("is the node running? weft testnet status, or weft testnet up"),
        ClientError::Timeout { .. } | ClientError::Status { status: 408, .. } => {
            Failure::new(Exit::Timeout, "Timeout", error)
        }
        ClientError::Status { status: 503, .. } => {
            Failure::new(Exit::NotReady, "NodeBusy", error).help("try again in a moment")
        }
        ClientError::Url { .. } => Failure::new(Exit::Usage, "BadUrl", error),
        other => Failure::new(Exit::Failed, "BadAnswer", other),
    }
}

/// Reads an address, a public key in hex, or an SS58 address, which is shown as ours on
/// stderr; wallet names are the caller's.
pub fn key(text: &str, network: Network) -> Option<Result<PublicKey, Failure>> {
    match key_text::read(text, Some(network)) {
        Ok(key) => {
            if ss58::read(text).is_ok() {
                note(&format!("{text} is {} here", Address { network, key }));
            }
            Some(Ok(key))
        }
        Err(KeyTextError::Address(_)) => None,
        Err(error) => Some(Err(Failure::new(Exit::Usage, error.name(), error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F29: keys are never made in a directory that nobody named.
    #[test]
    fn without_a_home_there_is_an_error_and_no_directory_beside_the_caller() {
        let given = PathBuf::from("H");
        let person = || Some(OsString::from("/ann"));
        assert_eq!(home_in(Some(&given), None).expect("it was given"), given);
        assert_eq!(home_in(None, person()).expect("there is one"), PathBuf::from("/ann/.weft"));
        for none in [None, Some(OsString::new())] {
            let failure = home_in(None, none).expect_err("there is none");
            assert_eq!((failure.exit, failure.words.name.as_str()), (Exit::Usage, "NoHome"));
            assert!(failure.words.help.contains("--home"));
        }
    }
}
