//! Nodes for the tests, and waiting with a deadline instead of sleeping.

use std::net::TcpListener;
use std::time::Duration;

use tokio::time::{interval, timeout};
use weft_gossip::{
    Command, Config, Event, Gossip, Limits, MessageName, PeerName, Snapshot, Topic, Verdict, start,
};

/// Longer than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A configuration with one loopback address and a key made of one byte.
pub fn config(seed: u8, peers: &[&str]) -> Config {
    Config {
        key: [seed; 32],
        listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
        peers: peers.iter().map(|peer| (*peer).to_owned()).collect(),
        chain: [9; 32],
        limits: Limits::default(),
    }
}

/// A loopback address that was free a moment ago, for nodes that must know each
/// other's addresses before they start.
pub fn free_address() -> String {
    let socket = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let port = socket.local_addr().expect("a bound socket has an address").port();
    format!("/ip4/127.0.0.1/tcp/{port}")
}

/// An open room whose address is known.
pub struct Node {
    pub gossip: Gossip,
    pub address: String,
}

impl Node {
    pub async fn open(config: &Config) -> Self {
        let mut gossip = start(config).expect("the test configuration is valid");
        let first = timeout(PATIENCE, gossip.events.recv()).await.expect("it listens in time");
        let Some(Event::Listening { address }) = first else {
            unreachable!("a node without peers listens first, and said {first:?}");
        };
        Self { gossip, address }
    }

    pub async fn new(seed: u8, peers: &[&str]) -> Self {
        Self::open(&config(seed, peers)).await
    }

    pub fn name(&self) -> PeerName {
        self.gossip.local
    }

    pub fn counters(&self) -> Snapshot {
        self.gossip.counters.snapshot()
    }

    pub async fn send(&self, command: Command) {
        let sent = timeout(PATIENCE, self.gossip.commands.send(command)).await;
        sent.expect("commands are taken").expect("the task runs");
    }

    pub async fn publish(&self, topic: Topic, data: &[u8]) {
        self.send(Command::Publish { topic, data: data.to_vec() }).await;
    }

    pub async fn judge(&self, message: MessageName, verdict: Verdict) {
        self.send(Command::Verdict { message, verdict }).await;
    }

    pub async fn next(&mut self) -> Event {
        let event = timeout(PATIENCE, self.gossip.events.recv()).await;
        event.expect("an event comes in time").expect("the task runs")
    }

    /// Passes over events until one is wanted.
    pub async fn until<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.next().await) {
                return found;
            }
        }
    }

    pub async fn up(&mut self, wanted: PeerName) {
        self.until(|event| {
            matches!(event, Event::PeerUp { peer, .. } if peer == wanted).then_some(())
        })
        .await;
    }

    pub async fn down(&mut self, wanted: PeerName) {
        self.until(|event| (event == Event::PeerDown { peer: wanted }).then_some(())).await;
    }

    /// The next message, whatever else happens.
    pub async fn message(&mut self) -> (MessageName, PeerName, Vec<u8>) {
        self.until(|event| match event {
            Event::Message { name, from, data, .. } => Some((name, from, data)),
            _ => None,
        })
        .await
    }

    /// The next message, which must be this one.
    pub async fn hear(&mut self, expected: &[u8]) -> (MessageName, PeerName) {
        let (name, from, data) = self.message().await;
        assert_eq!(String::from_utf8_lossy(&data), String::from_utf8_lossy(expected));
        (name, from)
    }

    /// The events that wait right now.
    pub fn waiting(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.gossip.events.try_recv().ok()).collect()
    }

    /// Looks at the counters until they are as wanted.
    pub async fn counted(&self, wanted: impl Fn(&Snapshot) -> bool) {
        let mut clock = interval(Duration::from_millis(5));
        let looked = timeout(PATIENCE, async {
            while !wanted(&self.counters()) {
                clock.tick().await;
            }
        });
        assert!(looked.await.is_ok(), "the counters stay at {:?}", self.counters());
    }

    /// Leaves without a word, as a killed process does.
    pub async fn die(self) {
        self.gossip.task.abort();
        let ended = timeout(PATIENCE, self.gossip.task).await.expect("an aborted task ends");
        assert!(ended.is_err_and(|error| error.is_cancelled()));
    }
}

/// Two nodes that are up for each other.
pub async fn pair(first: &Config, second: &Config) -> (Node, Node) {
    let mut one = Node::open(first).await;
    let mut second = second.clone();
    second.peers.push(one.address.clone());
    let mut two = Node::open(&second).await;
    one.up(two.name()).await;
    two.up(one.name()).await;
    (one, two)
}

/// Three nodes in a line: the outer two know only the middle one.
pub async fn line(middle: &Config) -> (Node, Node, Node) {
    let mut middle = Node::open(middle).await;
    let mut left = Node::new(101, &[&middle.address]).await;
    let mut right = Node::new(102, &[&middle.address]).await;
    left.up(middle.name()).await;
    right.up(middle.name()).await;
    let (mut left_up, mut right_up) = (false, false);
    while !(left_up && right_up) {
        if let Event::PeerUp { peer, .. } = middle.next().await {
            left_up |= peer == left.name();
            right_up |= peer == right.name();
        }
    }
    (left, middle, right)
}
