//! What a bad client and a bad peer get: a refusal by name, nothing changed, and for
//! what no honest peer sends, the door.

use crate::support::Home;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;
use weft_engine::wire::{Kind, pack};
use weft_gossip::{Command, Config, Event, Gossip, Limits, Topic};
use weft_rpc::client::{Client, ClientError};
use weft_types::hash::to_hex;
use weft_types::key::derive_test_key;
use weft_types::{
    Call, Canonical, ChainId, ChainTag, Checkpoint, Evidence, Hash, Header, Height, Nonce,
    PublicKey, Rao, Round, SecretKey, Signature, SignedHeader, Slot, Tx, TxBody, Vote, Work,
};

const PATIENCE: Duration = Duration::from_secs(20);

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

struct Net {
    home: Home,
    client: Client,
    chain: ChainId,
    listen: String,
}

impl Net {
    async fn up() -> Self {
        let home = Home::new();
        let up = home.data(&["testnet", "up", "-n", "1", "--slot-ms", "300"]);
        let url = up["nodes"][0]["rpc"].as_str().expect("a URL").to_owned();
        let client = Client::new(&url, PATIENCE).expect("a URL");
        let genesis: Value =
            client.call("chain_getGenesis", &json!({})).await.expect("the node answers");
        let chain = serde_json::from_value(genesis["chain_id"].clone()).expect("a chain id");
        let file = home.path().join("testnet/testnet.json");
        let text = std::fs::read_to_string(file).expect("the testnet's file");
        let net: Value = serde_json::from_str(&text).expect("it is JSON");
        let listen = net["nodes"][0]["listen"].as_str().expect("an address").to_owned();
        Self { home, client, chain, listen }
    }

    async fn submit(&self, raw: String) -> Result<Value, String> {
        match self.client.call::<_, Value>("tx_submit", &json!({ "raw": raw })).await {
            Ok(answer) => Ok(answer),
            Err(ClientError::Application(e)) => Err(e.name),
            Err(other) => Err(other.to_string()),
        }
    }

    /// A peer of this chain, or of another, that is connected or will never be.
    fn peer(&self, chain: ChainId) -> Gossip {
        weft_gossip::start(&Config {
            key: [7; 32],
            listen: Vec::new(),
            peers: vec![self.listen.clone()],
            chain: chain.0,
            limits: Limits::default(),
        })
        .expect("the peer starts")
    }
}

fn alice() -> SecretKey {
    derive_test_key("weft", "alice/coldkey")
}

fn body(chain: ChainId) -> TxBody {
    TxBody {
        chain: ChainTag::of(&chain),
        signer: alice().public(),
        nonce: Nonce(0),
        fee: Rao(5_000),
        valid_until: None,
        call: Call::Transfer { to: PublicKey([9; 32]), amount: Rao(1_000_000), open: true },
    }
}

#[test]
fn every_bad_transaction_is_refused_by_its_own_name() {
    runtime().block_on(async {
        let net = Net::up().await;
        let chain = net.chain;
        let before = net.home.data(&["query", "account", "alice"]);
        let sign = |body: TxBody| to_hex(&body.sign(&alice(), &chain).to_bytes());
        let cases = [
            ("OtherChain", sign(TxBody { chain: ChainTag([1; 4]), ..body(chain) })),
            ("FeeTooLow", sign(TxBody { fee: Rao(1), ..body(chain) })),
            ("NonceAhead", sign(TxBody { nonce: Nonce(1 << 40), ..body(chain) })),
            ("Expired", sign(TxBody { valid_until: Some(Height(0)), ..body(chain) })),
            (
                "TooPoor",
                sign(TxBody {
                    call: Call::Transfer {
                        to: PublicKey([9; 32]),
                        amount: Rao(1 << 60),
                        open: true,
                    },
                    ..body(chain)
                }),
            ),
            (
                "BadSignature",
                to_hex(&Tx { body: body(chain), signature: Signature([3; 64]) }.to_bytes()),
            ),
            ("BadTransaction", "00ff".to_owned()),
            ("BadTransaction", sign(body(chain)) + "00"),
            ("BadTransaction", "zz".to_owned()),
            ("BadTransaction", "00".repeat(40_000)),
        ];
        for (name, raw) in cases {
            assert_eq!(net.submit(raw).await, Err(name.to_owned()));
        }
        let after = net.home.data(&["query", "account", "alice"]);
        assert_eq!((&after["free"], &after["nonce"]), (&before["free"], &before["nonce"]));
        // The same good one twice has one answer, and is final once.
        let good = sign(body(chain));
        let first = net.submit(good.clone()).await.expect("a good one is taken");
        assert_eq!(net.submit(good.clone()).await, Ok(first));
        let sent = net.home.data(&["transfer", "bob", "1", "--wallet", "alice"]);
        assert_eq!(sent["plan"]["nonce"], json!(1));
        assert_eq!(net.submit(good).await, Err("NonceUsed".to_owned()));
    });
}

/// A well-signed report of two votes of a key that never voted.
fn report(chain: ChainId, number: u64) -> String {
    let key = derive_test_key("weft", "nobody");
    let vote = |hash| {
        let at = |round, hash| Checkpoint { round: Round(round), hash: Hash([hash; 32]) };
        let (source, target) = (at(0, 0), at(number, hash));
        let vote = Vote { voter: key.public(), source, target, items: Hash::ZERO };
        Box::new(vote.sign(&key, &chain))
    };
    let call = Call::ReportEvidence { evidence: Evidence::Votes(vote(1), vote(2)) };
    let (signer, nonce, fee) = (key.public(), Nonce(0), Rao(0));
    let tag = ChainTag::of(&chain);
    let body = TxBody { chain: tag, signer, nonce, fee, valid_until: None, call };
    to_hex(&body.sign(&key, &chain).to_bytes())
}

/// A7: reports that are signed well and are worth nothing.
#[test]
fn a_flood_of_worthless_reports_is_refused_by_name_and_a_transfer_is_taken_meanwhile() {
    runtime().block_on(async {
        let net = Net::up().await;
        let mut names = std::collections::BTreeMap::<_, u32>::new();
        let mut number = 0;
        while names.get("ReportsTooFast").is_none_or(|refused| *refused < 20) {
            number += 1;
            let name = net.submit(report(net.chain, number)).await.expect_err("it is worthless");
            *names.entry(name).or_default() += 1;
        }
        let tried: u32 = names.values().sum();
        assert!(tried >= 52, "32 come to the ledger, the others to a closed door: {names:?}");
        let good = to_hex(&body(net.chain).sign(&alice(), &net.chain).to_bytes());
        assert!(net.submit(good).await.is_ok());
        assert_chain_goes_on(&net).await;
    });
}

/// Waits for an event that this picks.
async fn wait<T>(gossip: &mut Gossip, pick: impl Fn(&Event) -> Option<T>) -> T {
    timeout(PATIENCE, async {
        loop {
            let event = gossip.events.recv().await.expect("gossip runs");
            if let Some(found) = pick(&event) {
                return found;
            }
        }
    })
    .await
    .expect("it happens in time")
}

/// Sends a message on a topic, once; the node must hang up. It may come before the node is done
/// with the handshake, and is not lost then.
async fn is_shown_the_door(net: &Net, topic: Topic, data: Vec<u8>) {
    let mut peer = net.peer(net.chain);
    wait(&mut peer, |e| matches!(e, Event::PeerUp { .. }).then_some(())).await;
    let send = Command::Publish { topic, data };
    peer.commands.send(send).await.expect("gossip takes commands");
    wait(&mut peer, |e| matches!(e, Event::PeerDown { .. }).then_some(())).await;
}

#[test]
fn a_peer_that_sends_what_no_honest_peer_sends_is_dropped() {
    runtime().block_on(async {
        let net = Net::up().await;
        let header = pack(Kind::Header, &[&[1, 0], &[0xff; 300][..]].concat());
        is_shown_the_door(&net, Topic::Headers, header).await;
        assert_chain_goes_on(&net).await;
    });
    runtime().block_on(async {
        let net = Net::up().await;
        let forged = Tx { body: body(net.chain), signature: Signature([3; 64]) };
        let txs = pack(Kind::Transactions, &vec![forged].to_bytes());
        is_shown_the_door(&net, Topic::Transactions, txs).await;
        assert_chain_goes_on(&net).await;
    });
}

#[test]
fn a_header_of_an_unknown_parent_is_ignored_and_its_sender_stays() {
    runtime().block_on(async {
        let net = Net::up().await;
        let mut peer = net.peer(net.chain);
        wait(&mut peer, |e| matches!(e, Event::PeerUp { .. }).then_some(())).await;
        let key = derive_test_key("weft", "nobody");
        let header = Header {
            version: 1,
            signal: weft_types::RulesId::NONE,
            slot: Slot(1),
            round: Round(1),
            height: Height(1),
            parent: ChainId::ZERO,
            proposer: key.public(),
            txs_root: ChainId::ZERO,
            proof_root: ChainId::ZERO,
            state_root: ChainId::ZERO,
            work: Work(0),
        };
        let header: SignedHeader = header.sign(&key, &net.chain);
        let data = pack(Kind::Header, &header.to_bytes());
        let send = Command::Publish { topic: Topic::Headers, data };
        peer.commands.send(send).await.expect("gossip takes commands");
        assert_chain_goes_on(&net).await;
        let peers: Value = net.client.call("net_peers", &json!({})).await.expect("an answer");
        assert_eq!(peers["peers"].as_array().map(Vec::len), Some(1), "{peers}");
    });
}

/// Three more final blocks.
async fn assert_chain_goes_on(net: &Net) {
    let height = || async {
        let status: Value = net.client.call("chain_status", &json!({})).await.expect("an answer");
        status["final_height"].as_u64().expect("a height")
    };
    let start = height().await;
    timeout(PATIENCE, async {
        while height().await < start + 3 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the chain goes on");
}
