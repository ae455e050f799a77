//! Peers without stake beside four voters, over real sockets: processes that stand still, and
//! such that lie about their head, pass headers on and withhold bodies, or ask for everything.
//! The chain goes on as if they were not there; the worst lag of what is final is printed.

use crate::imported::free_port;
use crate::support::{Home, Running, until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, interval};
use weft_consensus::Status;
use weft_engine::wire::{Kind, Request, Want, pack};
use weft_gossip::{Command, Config, Event, Gossip, Limits, PeerName, Verdict};
use weft_rpc::client::Client;
use weft_types::{Canonical, ChainId, Checkpoint, Hash, Height, Round};

const PATIENCE: Duration = Duration::from_secs(120);

/// Final blocks that every node makes while they are there.
const BLOCKS: u64 = 40;

/// A node is far behind when what is final lags by more slots than this.
const FAR: u64 = 6;

#[derive(Clone, Copy, Debug)]
enum Habit {
    Lies,
    Withholds,
    Greedy,
    Silent,
}

struct Net {
    home: Home,
    urls: Vec<String>,
    listen: Vec<String>,
    chain: ChainId,
}

impl Net {
    fn up() -> Self {
        let home = Home::new();
        home.data(&["testnet", "up", "-n", "4", "--slot-ms", "250"]);
        let file = home.path().join("testnet/testnet.json");
        let net = std::fs::read_to_string(file).expect("the testnet's file");
        let net: Value = serde_json::from_str(&net).expect("it is JSON");
        let text = |node: &Value, at: &str| node[at].as_str().expect("text").to_owned();
        let nodes = net["nodes"].as_array().expect("nodes");
        let urls = nodes.iter().map(|node| text(node, "rpc")).collect();
        let listen = nodes.iter().map(|node| text(node, "listen")).collect();
        let chain = home.data(&["node", "status"])["chain_id"].take();
        let chain = serde_json::from_value(chain).expect("a chain id");
        Self { home, urls, listen, chain }
    }

    async fn statuses(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for url in &self.urls {
            let client = Client::new(url, Duration::from_secs(20)).expect("a URL");
            all.push(client.call("chain_status", &json!({})).await.expect("a node answers"));
        }
        all
    }

    /// Waits for so many final blocks more at every node; answers the worst lag. Three quarters
    /// of all looks must find none that is far behind: a busy machine may stand still for once,
    /// and what strangers held up was behind again and again.
    async fn goes_on(&self) -> u64 {
        let number = |status: &Value, name: &str| status[name].as_u64().unwrap_or_default();
        let lowest =
            |all: &[Value]| all.iter().map(|s| number(s, "final_height")).min().unwrap_or(0);
        let (start, first) = (Instant::now(), lowest(&self.statuses().await));
        let mut lags = Vec::new();
        loop {
            let all = self.statuses().await;
            let lag = all.iter().map(|status| number(status, "final_lag_slots")).max();
            lags.push(lag.unwrap_or_default());
            if lowest(&all) >= first + BLOCKS {
                lags.sort_unstable();
                assert!(lags[lags.len() * 3 / 4] <= FAR, "{lags:?}");
                return lags.pop().unwrap_or_default();
            }
            assert!(start.elapsed() < PATIENCE, "from {first} on: {all:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn stranger(&self, key: u8) -> Gossip {
        weft_gossip::start(&Config {
            key: [key; 32],
            listen: Vec::new(),
            peers: self.listen.clone(),
            chain: self.chain.0,
            limits: Limits::default(),
        })
        .expect("it starts")
    }
}

/// A head that nobody has.
fn invented(n: u64) -> Vec<u8> {
    let hash = Hash::of(weft_types::Domain::Trace, &n.to_le_bytes());
    let head = Checkpoint { round: Round(1_000_000 + n), hash };
    let status = Status { finalized: Height(0), height: Height(1_000_000 + n), head, version: 1 };
    pack(Kind::Request, &Request::Status(status).to_bytes())
}

fn everything() -> Vec<u8> {
    let want = Want::Chain { from: Height(1), tip: Hash::ZERO };
    pack(Kind::Request, &Request::Blocks(want).to_bytes())
}

/// One stranger, until it is dropped.
async fn lives(mut gossip: Gossip, habit: Habit, seed: u64) {
    let mut peers: Vec<PeerName> = Vec::new();
    let (mut beat, mut n) = (interval(Duration::from_millis(100)), seed << 32);
    loop {
        let command = tokio::select! {
            _ = beat.tick() => {
                for peer in peers.clone() {
                    n += 1;
                    let data = match habit {
                        Habit::Lies => invented(n),
                        Habit::Greedy => everything(),
                        Habit::Withholds | Habit::Silent => continue,
                    };
                    if gossip.commands.send(Command::Request { peer, id: n, data }).await.is_err() {
                        return;
                    }
                }
                continue;
            }
            event = gossip.events.recv() => match event {
                None => return,
                Some(Event::PeerUp { peer, .. }) => {
                    peers.push(peer);
                    continue;
                }
                Some(Event::PeerDown { peer }) => {
                    peers.retain(|other| *other != peer);
                    continue;
                }
                Some(Event::Request { ticket, .. }) if matches!(habit, Habit::Lies | Habit::Greedy) => {
                    Command::Respond { ticket, data: None }
                }
                // It has not looked at it, and is the first to pass it on.
                Some(Event::Message { name: message, .. }) if !matches!(habit, Habit::Silent) => {
                    Command::Verdict { message, verdict: Verdict::Accept }
                }
                Some(_) => continue,
            },
        };
        if gossip.commands.send(command).await.is_err() {
            return;
        }
    }
}

/// How high the load of the machine is, for the figure.
fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().chars().take(14).collect()
}

#[test]
fn a_crowd_of_strangers_holds_up_nothing_that_voters_do() {
    let net = Net::up();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let alone = net.goes_on().await;
        eprintln!("alone: worst lag {alone} slots, load {}", load());
        for (habit, count) in
            [(Habit::Lies, 16), (Habit::Withholds, 1), (Habit::Greedy, 4), (Habit::Silent, 16)]
        {
            let crowd: Vec<_> = (0..count)
                .map(|n| tokio::spawn(lives(net.stranger(1 + n), habit, u64::from(n))))
                .collect();
            let worst = net.goes_on().await;
            eprintln!("{count} x {habit:?}: worst lag {worst} slots, load {}", load());
            crowd.iter().for_each(tokio::task::JoinHandle::abort);
        }
        // Voters have not lost each other over it.
        for status in net.statuses().await {
            assert!(status["peers"].as_u64() >= Some(3), "{status}");
        }
    });
}

/// The pids of processes whose node has this home.
fn stop(pids: &[u32], signal: Signal) {
    for pid in pids {
        let pid = Pid::from_raw(i32::try_from(*pid).expect("a pid")).expect("not 0");
        kill_process(pid, signal).expect("it is ours");
    }
}

#[test]
fn five_followers_that_stand_still_hold_up_nothing_that_voters_do() {
    let net = Net::up();
    let genesis = net.home.path().join("testnet/genesis.json");
    let follower = |n: usize| {
        let at = net.home.path().join(format!("follower{n}"));
        let rpc = format!("127.0.0.1:{}", free_port());
        let text = |path: &Path| path.to_str().expect("a plain path").to_owned();
        let mut init = vec!["node".to_owned(), "init".to_owned(), "--home".to_owned(), text(&at)];
        init.extend(["--genesis".to_owned(), text(&genesis), "--rpc".to_owned(), rpc.clone()]);
        init.extend(["--listen".to_owned(), "/ip4/127.0.0.1/tcp/0".to_owned()]);
        net.listen.iter().for_each(|peer| init.extend(["--peer".to_owned(), peer.clone()]));
        let init: Vec<&str> = init.iter().map(String::as_str).collect();
        net.home.data(&init);
        (Running::node(&at, &[]), format!("http://{rpc}"), at)
    };
    let followers: Vec<_> = (0..5).map(follower).collect();
    for (_, url, _) in &followers {
        let ask = || net.home.json(&["node", "status", "--network", url]).1["data"].take();
        until(PATIENCE, ask, |status| status["final_height"].as_u64() > Some(3));
    }
    let pids: Vec<u32> =
        followers.iter().flat_map(|(.., at)| crate::support::running_on(at)).collect();
    assert_eq!(pids.len(), 5);
    stop(&pids, Signal::STOP);
    let worst = tokio::runtime::Runtime::new().expect("a runtime").block_on(net.goes_on());
    eprintln!("5 that stand still: worst lag {worst} slots, load {}", load());
    stop(&pids, Signal::CONT);
}
