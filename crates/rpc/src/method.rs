//! The one table of methods.

use serde_json::{Value, json};

/// A parameter of a method.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Whether it must be given.
    pub required: bool,
}

const fn must(name: &'static str, doc: &'static str) -> Param {
    Param { name, doc, required: true }
}

const fn may(name: &'static str, doc: &'static str) -> Param {
    Param { name, doc, required: false }
}

macro_rules! methods {
    ($($variant:ident = $name:literal, $doc:literal, [$($param:expr),*];)*) => {
        /// A method of the RPC.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Method { $(#[doc = $doc] $variant,)* }

        impl Method {
            /// All methods.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in a request.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it gives.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }

            /// Its parameters, in order.
            #[must_use]
            pub const fn params(self) -> &'static [Param] {
                match self { $(Self::$variant => const { &[$($param),*] },)* }
            }
        }
    };
}

const AT: Param = may("at", "\"finalized\" (default) or \"head\"");

methods! {
    ChainStatus = "chain_status", "where this node is: height, final height, peers, pool, chain, version, and whether it is ready", [];
    ChainGetGenesis = "chain_getGenesis", "chain id, network, genesis time and all numbers of the chain", [];
    ChainGetBlock = "chain_getBlock", "a block by height or hash", [
        may("height", "its height"), may("hash", "its hash"),
        may("txs", "\"count\" (default), \"ids\" or \"full\"")];
    ChainGetSupply = "chain_getSupply", "the totals of all money", [
        AT, may("audit", "true: sum the whole state and compare")];
    AccountGet = "account_get", "free coins and nonce of an account, the nonce to use next, and what its waiting transactions may take; its stake: stake_get", [
        must("key", "public key in hex or address"), AT];
    AccountProof = "account_proof", "the proof that the state holds an account, or holds none", [
        must("key", "public key in hex or address")];
    StakeGet = "stake_get", "stake of a coldkey behind a hotkey", [
        must("hotkey", "public key or address"), must("coldkey", "public key or address"), AT];
    TxSubmit = "tx_submit", "takes a signed transaction; \"pending\" is no acknowledgement of finality", [
        must("raw", "the canonical bytes in hex")];
    TxSubmitMany = "tx_submitMany", "takes many signed transactions, with an answer for each", [
        must("raws", "a list of canonical bytes in hex")];
    TxTry = "tx_try", "what a signed transaction would do on the head's state, or why it would fail; nothing is sent", [
        must("raw", "the canonical bytes in hex")];
    TxGet = "tx_get", "what became of a transaction: pending, finalized, failed or unknown", [
        must("id", "its id")];
    SubnetList = "subnet_list", "all subnets", [AT];
    SubnetMetagraph = "subnet_metagraph", "the neurons of a subnet", [must("netuid", "which"), AT];
    SubnetWeights = "subnet_weights", "weight rows as stored", [
        must("netuid", "which"), may("uid", "only this row"), AT];
    SubnetHyperparameters = "subnet_hyperparameters", "the hyperparameters of a subnet", [
        must("netuid", "which"), AT];
    SubnetCost = "subnet_cost", "what creating a subnet locks in the next block, and whom it evicts", [AT];
    SubnetNextEviction = "subnet_nextEviction", "which subnet goes next, and the order of all", [AT];
    SubnetRegistrationCost = "subnet_registrationCost", "what registering costs in the next block, and what a stamp must name", [
        must("netuid", "where"), AT];
    SubnetCommitments = "subnet_commitments", "what a hotkey has committed to, and when that may be revealed", [
        must("netuid", "where"), must("hotkey", "public key or address"), AT];
    RootGet = "root_get", "the rows of the root matrix and the shares that came of them", [AT];
    VoterSet = "voter_set", "who votes, since when, and the voters before while they still count", [AT];
    VoterOffences = "voter_offences", "what a hotkey was punished for of late, and until when it is jailed", [
        must("hotkey", "public key or address"), AT];
    VoterCandidates = "voter_candidates", "who offers to vote, and what is left of the bootstrap", [AT];
    ChainReference = "chain_reference", "the tables of calls, errors, events and hyperparameters", [];
    NetPeers = "net_peers", "connected peers", [];
    VoterStatus = "voter_status", "whether this node votes, and its last vote", [];
    VoterQueueRow = "voter_queueRow", "gives this node's voter a weight row for its next shares", [
        must("row", "a weight row")];
    Discover = "rpc.discover", "this list", [];
}

impl Method {
    /// The method with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|m| m.name() == name)
    }

    /// The known name that is nearest to this one, for help.
    #[must_use]
    pub fn nearest(name: &str) -> &'static str {
        let near = |m: &&Self| distance(name, m.name());
        Self::ALL.iter().min_by_key(near).map_or("rpc.discover", |m| m.name())
    }

    /// All methods with their parameters.
    #[must_use]
    pub fn discover() -> Value {
        let param = |p: &Param| json!({ "name": p.name, "doc": p.doc, "required": p.required });
        let method = |m: &Self| {
            json!({
                "name": m.name(),
                "doc": m.doc(),
                "params": m.params().iter().map(param).collect::<Vec<_>>(),
            })
        };
        json!({ "methods": Self::ALL.iter().map(method).collect::<Vec<_>>() })
    }

    /// Parameters by name, from those given by name or by position.
    pub(crate) fn named(self, params: Value) -> Value {
        match params {
            Value::Array(list) => {
                let names = self.params().iter().map(|p| p.name.to_owned());
                Value::Object(names.zip(list).collect())
            }
            Value::Null => json!({}),
            other => other,
        }
    }
}

/// Edits from one name to another.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let change = row[j] + usize::from(x != *y);
            next.push(change.min(row[j + 1] + 1).min(next[j] + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_method_finds_its_neighbour() {
        assert_eq!(Method::nearest("chain_getblock"), "chain_getBlock");
        assert_eq!(Method::nearest("txget"), "tx_get");
    }

    #[test]
    fn positional_parameters_get_their_names() {
        let named = Method::TxGet.named(json!(["0x01"]));
        assert_eq!(named, json!({ "id": "0x01" }));
    }
}
