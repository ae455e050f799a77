//! Talking to a node: which one `--network` means, and its errors as ours.

use crate::args::Global;
use crate::output::{Answer, Exit, Failure, note};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use weft_home::config::Home;
use weft_node::error::NodeError;
use weft_node::start::peer_name;
use weft_rpc::client::{Client, ClientError};
use weft_testnet::Net;
use weft_types::key_text::KeyTextError;
use weft_types::{Address, ChainId, Network, Params, PublicKey, key_text, ss58};

/// The node that a command speaks to.
pub struct Remote {
    client: Client,
    /// The node that must answer, where the line names a home and no node.
    own: Option<Own>,
    /// Said once it has answered by its name.
    met: OnceLock<()>,
}

/// The node of a home: no other may answer for it, wherever that listens.
struct Own {
    home: PathBuf,
    /// Where its configuration says that it answers.
    url: String,
    /// Its name among peers.
    name: String,
    /// The line that starts it.
    start: String,
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

/// Which node `--network` means.
enum Meant {
    /// One by its address: whoever answers there.
    At(String),
    /// That of a home, and nobody else.
    Own(Own),
}

/// The testnet of this home when it runs, else the node of this home, else the first of the
/// testnet that does not run. Where a home has neither it is a home of wallets: whoever
/// answers at the usual port is asked.
fn meant(global: &Global) -> Result<Meant, Failure> {
    if global.network.contains("://") {
        return Ok(Meant::At(global.network.clone()));
    }
    let net = testnet_dir(global, None).ok().and_then(|dir| Net::load(&dir).ok());
    let nodes = net.map(|net| net.nodes).unwrap_or_default();
    if let Some(node) = nodes.iter().find(|node| node.is_running()) {
        return Ok(Meant::At(node.rpc.clone()));
    }
    if let Ok(home) = node_home(global)
        && home.join("config.toml").exists()
    {
        return Own::of(&home, run_line(&home)).map(Meant::Own);
    }
    // One whose start was interrupted may have no homes yet.
    let first = nodes.first().filter(|node| node.home.join("config.toml").exists());
    if let Some(node) = first {
        let dir = node.home.parent().unwrap_or(&node.home);
        let start = format!("weft testnet restart 0 --dir {}", dir.display());
        return Own::of(&node.home, start).map(Meant::Own);
    }
    Ok(Meant::At("http://127.0.0.1:19944".to_owned()))
}

fn run_line(home: &Path) -> String {
    format!("weft node run --home {}", crate::shell::quoted_path(home))
}

impl Own {
    fn of(home: &Path, start: String) -> Result<Self, Failure> {
        let node = Home::new(home);
        let (rpc, name) = (node.config().map_err(NodeError::Home)?.rpc, peer_name(&node)?);
        Ok(Self { home: home.to_owned(), url: format!("http://{rpc}"), name, start })
    }

    /// It does not answer.
    fn away(&self, failure: Failure) -> Failure {
        match failure.exit {
            Exit::CannotConnect => {
                failure.help(format!("it does not run; start it: {}", self.start))
            }
            _ => failure,
        }
    }

    /// Another one answers where it would.
    fn is_other(&self) -> Failure {
        let Self { home, url, start, .. } = self;
        let text = format!(
            "the node of {} does not run; at {url}, where it would answer, another node does",
            home.display()
        );
        let help = format!(
            "start it: {start}, with another rpc in its config.toml while that one runs; or ask \
             that one: --network {url}"
        );
        Failure::new(Exit::CannotConnect, "OtherNode", text).help(help)
    }
}

/// What a chain was founded with, and what is signed for.
#[derive(Debug, Clone)]
pub struct Charter {
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
        let (url, own) = match meant(global)? {
            Meant::At(url) => (url, None),
            Meant::Own(own) => (own.url.clone(), Some(own)),
        };
        Self::at(&url, own, global.timeout)
    }

    /// The node of a home, and no other.
    pub fn of_home(home: &Path, timeout_s: u64) -> Result<Self, Failure> {
        let own = Own::of(home, run_line(home))?;
        Self::at(&own.url.clone(), Some(own), timeout_s)
    }

    fn at(url: &str, own: Option<Own>, timeout_s: u64) -> Result<Self, Failure> {
        let client = Client::new(url, Duration::from_secs(timeout_s))?;
        Ok(Self { client, own, met: OnceLock::new() })
    }

    /// Calls a method that may be called twice: when the connection breaks it is.
    pub async fn call(&self, method: &str, params: &impl Serialize) -> Result<Value, Failure> {
        self.meet().await?;
        Ok(self.ask_again(method, params).await?)
    }

    async fn ask_again(&self, method: &str, params: &impl Serialize) -> Result<Value, ClientError> {
        match self.ask(method, params).await {
            Err(ClientError::Lost { .. }) => self.ask(method, params).await,
            answer => answer,
        }
    }

    /// Sees that the node of the home answers, once: the answer of another would be taken for
    /// its own (F21).
    async fn meet(&self) -> Result<(), Failure> {
        let Some(own) = self.own.as_ref().filter(|_| self.met.get().is_none()) else {
            return Ok(());
        };
        let status = self.ask_again("chain_status", &json!({})).await;
        let status = status.map_err(|e| own.away(failure(e)))?;
        if status["peer"].as_str() != Some(own.name.as_str()) {
            return Err(own.is_other());
        }
        self.met.get_or_init(|| ());
        Ok(())
    }

    /// Calls a method; a failure tells whether the node may have done it all the same.
    pub async fn ask(&self, method: &str, params: &impl Serialize) -> Result<Value, ClientError> {
        self.client.call::<_, Value>(method, params).await
    }

    /// What the chain of the node was founded with.
    pub async fn charter(&self) -> Result<Charter, Failure> {
        let genesis = self.call("chain_getGenesis", &json!({})).await?;
        Ok(Charter {
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
        // Of a transaction that was handed over, [`crate::cmd::submit::unknown`] speaks.
        ClientError::Timeout { .. } | ClientError::Status { status: 408, .. } => {
            Failure::new(Exit::CannotConnect, "Timeout", error).help(
                "no transaction was handed over; is the node busy? --timeout SECONDS waits longer",
            )
        }
        ClientError::Status { status: 503, .. } => {
            Failure::new(Exit::NotReady, "NodeBusy", error).help("try again in a moment")
        }
        ClientError::Url { .. } => Failure::new(Exit::Usage, "BadUrl", error),
        other => Failure::new(Exit::Failed, "BadAnswer", other),
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        failure(error)
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
        Err(KeyTextError::Address(error)) => is_meant(text).then(|| {
            Err(Failure::new(Exit::Usage, "BadAddress", error)
                .help("a character of it is wrong or missing: look at it again"))
        }),
        Err(error) => Some(Err(Failure::new(Exit::Usage, error.name(), error))),
    }
}

/// Whether somebody who writes this means an address: no wallet has so long a name that begins as one.
fn is_meant(text: &str) -> bool {
    let begins = |network: Network| text.starts_with(&format!("{}1", network.prefix()));
    text.len() > 40 && Network::ALL.into_iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F8: a mistyped address is called so, and is nobody's name.
    #[test]
    fn an_address_with_a_wrong_letter_is_a_bad_address_and_no_wallet() {
        let good = Address { network: Network::Local, key: PublicKey([7; 32]) }.to_string();
        assert!(key(&good, Network::Local).expect("it is read").is_ok());
        let other = if good.ends_with('q') { 'p' } else { 'q' };
        let wrong = format!("{}{other}", &good[..good.len() - 1]);
        let failure = key(&wrong, Network::Local).expect("it is meant as one").expect_err("wrong");
        assert_eq!((failure.exit, failure.words.name.as_str()), (Exit::Usage, "BadAddress"));
        assert!(key("ann", Network::Local).is_none());
    }

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
