//! The one table of methods: names, what they give, and what their parameters look like.

use crate::error::{Kind, RpcError};
use crate::shape::Shape::{self, Key, Names, Number, Object, Text, Texts, Truth};
use serde_json::{Map, Value, json};

/// A parameter of a method.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// What its value looks like.
    pub shape: Shape,
}

const fn must(name: &'static str, shape: Shape, doc: &'static str) -> Param {
    Param { name, doc, required: true, shape }
}

const fn may(name: &'static str, shape: Shape, doc: &'static str) -> Param {
    Param { name, doc, required: false, shape }
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

const AT: Param = may("at", Names(&["finalized", "head"]), "\"finalized\" (default) or \"head\"");

methods! {
    ChainStatus = "chain_status", "where this node is: height, final height, peers, pool, chain, version, whether it is ready, and how full its state is with what an account costs", [];
    ChainGetGenesis = "chain_getGenesis", "chain id, network, genesis time, and all numbers of the chain as its next block has them", [];
    ChainGenesis = "chain_genesis", "the whole genesis, canonical bytes in pages of 1 MiB; their hash is the chain id", [
        may("from", Number(u64::MAX), "the byte at which the page begins; 0")];
    ChainVersion = "chain_version", "by which rules the chain runs, what this program runs, what is signalled, and the change that is locked in", [AT];
    ChainGetBlock = "chain_getBlock", "a block by height or hash", [
        may("height", Number(u64::MAX), "its height"), may("hash", Text, "its hash"),
        may("txs", Names(&["count", "ids", "full"]), "\"count\" (default), \"ids\" or \"full\"")];
    ChainGetSupply = "chain_getSupply", "the totals of all money", [
        AT, may("audit", Truth, "true: sum the whole state and compare")];
    AccountGet = "account_get", "free coins and nonce of an account and whether it is open, the nonce to use next, and what its waiting transactions may take; its stake: stake_get, stake_leaving", [
        must("key", Key, "public key in hex or address"), AT];
    AccountProof = "account_proof", "the proof that the state holds an account, or holds none", [
        must("key", Key, "public key in hex or address"), AT];
    StakeGet = "stake_get", "stake of a coldkey behind a hotkey", [
        must("hotkey", Key, "public key or address"), must("coldkey", Key, "public key or address"), AT];
    StakeLeaving = "stake_leaving", "stake of a coldkey that is on its way back, and when it is free, in pieces of the heights it is listed by", [
        must("coldkey", Key, "public key or address"),
        may("from", Number(u64::MAX), "the height to go on from: next of the answer before"), AT];
    TxSubmit = "tx_submit", "takes a signed transaction; \"pending\" is no acknowledgement of finality", [
        must("raw", Text, "the canonical bytes in hex")];
    TxSubmitMany = "tx_submitMany", "takes many signed transactions, with an answer for each", [
        must("raws", Texts, "a list of canonical bytes in hex")];
    TxTry = "tx_try", "what a signed transaction would do on the head's state, or why it would fail; nothing is sent", [
        must("raw", Text, "the canonical bytes in hex")];
    TxGet = "tx_get", "what became of a transaction: pending, finalized, failed or unknown", [
        must("id", Text, "its id")];
    SubnetList = "subnet_list", "all subnets", [AT];
    SubnetMetagraph = "subnet_metagraph", "the neurons of a subnet", [must("netuid", Number(65_535), "which"), AT];
    SubnetWeights = "subnet_weights", "weight rows as stored", [
        must("netuid", Number(65_535), "which"), may("uid", Number(65_535), "only this row"), AT];
    SubnetHyperparameters = "subnet_hyperparameters", "the hyperparameters of a subnet", [
        must("netuid", Number(65_535), "which"), AT];
    SubnetCost = "subnet_cost", "what creating a subnet locks in the next block, and whom it evicts", [AT];
    SubnetNextEviction = "subnet_nextEviction", "which subnet goes next, and the order of all", [AT];
    SubnetRegistrationCost = "subnet_registrationCost", "what registering costs in the next block, and what a stamp must name", [
        must("netuid", Number(65_535), "where"), AT];
    SubnetCommitments = "subnet_commitments", "what a hotkey has committed to, and when that may be revealed", [
        must("netuid", Number(65_535), "where"), must("hotkey", Key, "public key or address"), AT];
    RootGet = "root_get", "the rows of the root matrix and the shares that came of them", [AT];
    VoterSet = "voter_set", "who votes, since when, and the voters before while they still count", [AT];
    VoterOffences = "voter_offences", "what a hotkey was punished for of late, and until when it is jailed", [
        must("hotkey", Key, "public key or address"), AT];
    VoterCandidates = "voter_candidates", "who offers to vote, and what is left of the bootstrap", [AT];
    ChainReference = "chain_reference", "the tables of calls, errors, events and hyperparameters", [];
    NetPeers = "net_peers", "this node and the peers connected with it, each with where it can be dialled", [];
    VoterStatus = "voter_status", "whether this node votes, and its last vote", [];
    VoterQueueRow = "voter_queueRow", "gives this node's voter a weight row for its next shares; it is on disk when this answers, and outlives a restart unless the row file was changed since", [
        must("row", Object, "a weight row")];
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
        let param = |p: &Param| json!({ "name": p.name, "doc": p.doc, "required": p.required, "type": p.shape.to_string() });
        let method = |m: &Self| {
            json!({
                "name": m.name(),
                "doc": m.doc(),
                "params": m.params().iter().map(param).collect::<Vec<_>>(),
            })
        };
        json!({ "methods": Self::ALL.iter().map(method).collect::<Vec<_>>() })
    }

    /// Parameters by name, from those given by name or by position; each is known, has the
    /// shape that the table gives it, and none is missing. `null` is as good as left out.
    ///
    /// # Errors
    /// [`Kind::InvalidArgument`] with the parameter's name in text and context.
    pub(crate) fn named(self, params: Value) -> Result<Value, RpcError> {
        let given = match params {
            Value::Array(list) if list.len() > self.params().len() => {
                let (got, most) = (list.len(), self.params().len());
                let text = format!("{} has {most} parameters, not {got}", self.name());
                let first = format!("the one at position {most}, from 0, is too many");
                let error = RpcError::new(Kind::InvalidArgument, "UnknownParameter", text);
                return Err(error.help(&first).context(json!({ "parameter": most })));
            }
            Value::Array(list) => {
                let names = self.params().iter().map(|p| p.name.to_owned());
                names.zip(list).collect()
            }
            Value::Object(given) => given,
            _ => Map::new(),
        };
        let known = |name: &String| self.params().iter().any(|p| p.name == name);
        if let Some(stray) = given.keys().find(|name| !known(name)) {
            let text = format!("{} has no parameter \"{stray}\"", self.name());
            let names: Vec<_> = self.params().iter().map(|p| p.name).collect();
            let help = if names.is_empty() { "it has none".to_owned() } else { names.join(", ") };
            return Err(self.refused("UnknownParameter", stray, text).help(&help));
        }
        let value = |p: &Param| given.get(p.name).filter(|value| !value.is_null());
        for param in self.params() {
            match value(param) {
                None if param.required => {
                    let text = format!("{} needs \"{}\": {}", self.name(), param.name, param.doc);
                    return Err(self.refused("MissingParameter", param.name, text));
                }
                Some(value) if !param.shape.holds(value) => {
                    let (name, shape) = (param.name, param.shape);
                    let text = format!("\"{name}\" is {}; it takes {shape}", brief(value));
                    return Err(self.refused("BadParameter", name, text).help(param.doc));
                }
                _ => {}
            }
        }
        Ok(Value::Object(given))
    }

    fn refused(self, error: &str, param: &str, text: String) -> RpcError {
        let context = json!({ "parameter": param, "method": self.name() });
        RpcError::new(Kind::InvalidArgument, error, text).context(context)
    }
}

/// A value's text, cut where it is long.
fn brief(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
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
        let named = Method::TxGet.named(json!(["0x01"])).unwrap();
        assert_eq!(named, json!({ "id": "0x01" }));
        assert_eq!(Method::ChainStatus.named(Value::Null), Ok(json!({})));
    }

    /// F17: no value that is not what it should be stands for a default.
    #[test]
    fn every_parameter_of_every_method_refuses_what_is_not_its_shape_and_names_it() {
        let odd = [
            json!(true),
            json!(-1),
            json!(5),
            json!(1.5),
            json!("yes"),
            json!([1]),
            json!({}),
            json!("0x00"),
            json!([]),
        ];
        for method in Method::ALL {
            let good: Map<String, Value> =
                method.params().iter().map(|p| (p.name.to_owned(), p.shape.sample())).collect();
            assert!(method.named(json!(good)).is_ok(), "{}: {good:?}", method.name());
            for param in method.params() {
                let mut refused = 0;
                for value in odd.iter().filter(|value| !param.shape.holds(value)) {
                    let mut bad = good.clone();
                    bad.insert(param.name.to_owned(), value.clone());
                    let error = method.named(json!(bad)).unwrap_err();
                    assert_eq!(error.kind, Kind::InvalidArgument);
                    assert_eq!(error.name, "BadParameter", "{value}");
                    assert_eq!(error.context["parameter"], json!(param.name));
                    assert!(error.message.contains(param.name), "{error}");
                    refused += 1;
                }
                assert!(refused >= odd.len() - 3, "{} {}", method.name(), param.name);
            }
            let mut more: Vec<Value> = method.params().iter().map(|p| p.shape.sample()).collect();
            more.push(json!(1));
            assert_eq!(method.named(json!(more)).unwrap_err().name, "UnknownParameter");
            assert_eq!(
                method.named(json!({ "x": 1 })).unwrap_err().context["parameter"],
                json!("x")
            );
        }
    }
}
