//! Joining a chain: what a node elsewhere says of it, checked before a home is made of it.
//!
//! 1. Ask for its status: which chain, how high, which rules, what its clock shows.
//! 2. Ask for the genesis, page by page, and compare its hash with the chain id. What does
//!    not hash to it is refused, and so is what is larger than any genesis.
//! 3. Ask where it listens, and where its peers do, so that the chain is followed on when
//!    the node that was asked is gone. Of these only what may be its word is taken (`places`).
//!
//! Nothing that it says is believed where it can be checked, and nothing that it sends takes
//! more memory than a genesis may or more time than it is given. Which chain is the right
//! one nobody can check: that is the word of whoever named the node, or of a chain id that
//! is given.

mod error;
mod places;

pub use error::JoinError;

use places::Seat;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;
use weft_rpc::GENESIS_PAGE as PAGE;
use weft_rpc::client::Client;
use weft_types::hash::{Domain, from_hex};
use weft_types::{BlockHash, Canonical, ChainId, Genesis, Hash, Height, Millis, Program, Version};

/// The most bytes of an answer: a page in hex and what stands around it.
const ANSWER_BYTES: usize = 2 * PAGE + (64 << 10);

/// The most addresses of peers that are taken; a node keeps 16 connections of its own.
pub const PEERS: usize = 16;

/// How many answers' time all of a genesis may take.
const TIMES: u32 = 10;

/// What a node said when it was asked for its chain.
#[derive(Clone, Debug)]
pub struct Welcome {
    /// Which chain it follows.
    pub chain: ChainId,
    /// The height of its head.
    pub height: Height,
    /// Its last final block; none while it awaits a block of its own (R16).
    pub last_final: Option<(Height, BlockHash)>,
    /// By which rules the next block is run, where it says so.
    rules: Option<Version>,
    /// Its clock less ours: the least and the most that it can be, in milliseconds.
    clock: (i128, i128),
}

/// A node that is asked for its chain.
pub struct Host {
    client: Client,
    url: String,
    patience: Duration,
    /// What time it is here.
    clock: fn() -> Millis,
}

impl Host {
    /// The node at a URL, which is given so long for each answer; by this clock its own is judged.
    ///
    /// # Errors
    /// [`JoinError::Client`] when it is no URL.
    pub fn new(url: &str, patience: Duration, clock: fn() -> Millis) -> Result<Self, JoinError> {
        let client = Client::new(url, patience)?.answers(ANSWER_BYTES);
        Ok(Self { client, url: url.to_owned(), patience, clock })
    }

    fn odd(&self, reason: &str) -> JoinError {
        JoinError::NoNode { url: self.url.clone(), reason: reason.to_owned() }
    }

    /// Which chain it is of, and how far it has come.
    ///
    /// # Errors
    /// [`JoinError`]: it can't be reached, or is no node.
    pub async fn greet(&self) -> Result<Welcome, JoinError> {
        let asked = (self.clock)();
        let status: Value = self.client.call("chain_status", &json!({})).await?;
        let heard = (self.clock)();
        let odd = |name: &str| self.odd(&format!("its status has no \"{name}\""));
        let number = |name: &str| status[name].as_u64().ok_or_else(|| odd(name));
        let hash = |name: &str| {
            status[name].as_str().and_then(|t| t.parse::<Hash>().ok()).ok_or_else(|| odd(name))
        };
        let rules = match &status["rules"] {
            Value::Null => None,
            said => Some(rules(said).ok_or_else(|| odd("rules"))?),
        };
        let (theirs, ms) = (number("time")?, |m: Millis| i128::from(m.0));
        Ok(Welcome {
            chain: hash("chain_id")?,
            height: Height(number("height")?),
            last_final: match &status["final_height"] {
                Value::Null => None,
                _ => Some((Height(number("final_height")?), hash("final_hash")?)),
            },
            rules,
            clock: (i128::from(theirs) - ms(heard), i128::from(theirs) - ms(asked)),
        })
    }

    /// Its genesis, which has the hash that its chain is named by.
    ///
    /// # Errors
    /// [`JoinError`] says what is wrong with it.
    pub async fn genesis(&self, chain: ChainId) -> Result<Genesis, JoinError> {
        let patience = self.patience.saturating_mul(TIMES);
        let slow = |_| JoinError::TooSlow { seconds: patience.as_secs() };
        let bytes = timeout(patience, self.pages()).await.map_err(slow)??;
        let got = Hash::of(Domain::Genesis, &bytes);
        if got != chain {
            return Err(JoinError::GenesisLies { got, want: chain });
        }
        let unread = |reason: String| JoinError::GenesisUnread { chain, reason };
        let genesis = Genesis::from_bytes(&bytes).map_err(|e| unread(e.to_string()))?;
        genesis.check().map_err(|e| unread(e.to_string()))?;
        Ok(genesis)
    }

    /// All pages, each of which but the last must be whole: so their number is bounded.
    async fn pages(&self) -> Result<Vec<u8>, JoinError> {
        let mut bytes = Vec::new();
        loop {
            let params = json!({ "from": bytes.len() });
            let page: Value = self.client.call("chain_genesis", &params).await?;
            let all = page["bytes"].as_u64().ok_or_else(|| self.odd("a page has no \"bytes\""))?;
            let total = usize::try_from(all).ok().filter(|all| *all <= Genesis::MAX_BYTES);
            let total = total.ok_or(JoinError::GenesisTooLarge { bytes: all })?;
            let part = page["hex"].as_str().and_then(|hex| from_hex(hex).ok());
            let part = part.ok_or_else(|| self.odd("a page has no \"hex\""))?;
            let due = total.saturating_sub(bytes.len()).min(PAGE);
            if part.len() != due || due == 0 {
                let text = format!("a page has {} bytes and should have {due}", part.len());
                return Err(self.odd(&text));
            }
            bytes.extend_from_slice(&part);
            if bytes.len() == total {
                return Ok(bytes);
            }
        }
    }

    /// Addresses to dial: its own first, then those of its peers, as far as they may be its
    /// word (`places`).
    ///
    /// # Errors
    /// [`JoinError`]: it can't be reached, or is no node.
    pub async fn peers(&self) -> Result<Vec<String>, JoinError> {
        let answer: Value = self.client.call("net_peers", &json!({})).await?;
        let odd = || self.odd("its list of peers is none");
        let seat = Seat::of(&self.client.host(), self.patience).await;
        let others = answer["peers"].as_array().ok_or_else(odd)?;
        let own = std::iter::once((&answer["local"], true));
        let mut found = Vec::new();
        for (peer, is_own) in own.chain(others.iter().take(4 * PEERS).map(|peer| (peer, false))) {
            let addresses = peer["addresses"].as_array().ok_or_else(odd)?;
            for address in addresses.iter().take(PEERS) {
                let seen = seat.seen(address.as_str().ok_or_else(odd)?, is_own);
                found.extend(seen.filter(|address| !found.contains(address)));
            }
        }
        found.truncate(PEERS);
        Ok(found)
    }
}

/// The number and the id of some rules.
fn rules(said: &Value) -> Option<Version> {
    let version = said["version"].as_u64().and_then(|n| u16::try_from(n).ok())?;
    Some(Version { version, id: said["id"].as_str()?.parse().ok()? })
}

impl Welcome {
    /// Its chain is the one that is meant.
    ///
    /// # Errors
    /// [`JoinError::OtherChain`] names both.
    pub fn is_of(&self, chain: ChainId, whose: &str) -> Result<(), JoinError> {
        let (want, got) = (chain, self.chain);
        if want == got {
            return Ok(());
        }
        Err(JoinError::OtherChain { whose: whose.to_owned(), want, got })
    }

    /// This program runs the rules that the chain runs.
    ///
    /// # Errors
    /// [`JoinError::OtherRules`] names them.
    pub fn fits_rules(&self, genesis: &Genesis) -> Result<(), JoinError> {
        let program = Program::on(&genesis.rules);
        match self.rules.filter(|rules| !program.runs(&rules.id)) {
            Some(Version { version, id }) => Err(JoinError::OtherRules { version, id }),
            None => Ok(()),
        }
    }

    /// Its clock and ours agree within a quarter of a slot: what is further in the future a
    /// node does not take (R4).
    ///
    /// # Errors
    /// [`JoinError::ClockOff`] says by how much they differ at least.
    pub fn fits_clock(&self, slot_ms: u64) -> Result<(), JoinError> {
        let most_ms = slot_ms / 4;
        let (least, most) = self.clock;
        let (off, is_behind) = if least > 0 { (least, true) } else { (-most, false) };
        if off <= i128::from(most_ms) {
            return Ok(());
        }
        let off_ms = u64::try_from(off).unwrap_or(u64::MAX);
        Err(JoinError::ClockOff { off_ms, is_behind, most_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn welcome(clock: (i128, i128)) -> Welcome {
        let (chain, height) = (Hash([7; 32]), Height(5));
        Welcome { chain, height, last_final: Some((height, chain)), rules: None, clock }
    }

    #[test]
    fn a_clock_that_is_off_is_named_with_its_side_and_one_that_may_be_right_is_not() {
        let off = |clock| match welcome(clock).fits_clock(1_000) {
            Err(JoinError::ClockOff { off_ms, is_behind, most_ms: 250 }) => {
                Some((off_ms, is_behind))
            }
            Err(other) => panic!("{other}"),
            Ok(()) => None,
        };
        assert_eq!(off((-40, 60)), None, "the way there and back takes time");
        assert_eq!(off((-9_000, 60)), None, "a slow answer proves nothing");
        assert_eq!(off((250, 300)), None);
        assert_eq!(off((251, 300)), Some((251, true)));
        assert_eq!(off((-300, -251)), Some((251, false)));
        let text = welcome((3_600_000, 3_600_010)).fits_clock(1_000).unwrap_err().to_string();
        assert_eq!(text, "this machine's clock is 3600000 ms behind that of the node; 250 may be");
    }
}
