//! What a node makes of messages that it can't read or judge (R21), and of those that nobody
//! honest sends.

use super::*;
use crate::event::Source;
use crate::peers::UNREADABLE;
use crate::wire::{Answer, Kind, pack};
use std::sync::Arc;
use weft_consensus::{PeerId, Want};
use weft_gossip::{Command, Event as Peer, MessageName, PeerName, Topic, Verdict};
use weft_types::check::{BlockError, TxError, seal_block};
use weft_types::key::derive_test_key;
use weft_types::{Canonical, Header, PublicKey, Rao, Round, RulesId, Share, Slot, Work};

/// An engine that does not run, what it tells gossip, and a peer that is up.
struct Alone {
    engine: Engine,
    told: mpsc::Receiver<Command>,
    name: PeerName,
    peer: PeerId,
    _rest: (Server, mpsc::Sender<Event>, mpsc::Sender<Command>, tempfile::TempDir),
}

impl Alone {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (mut engine, server, events) =
            assemble(&home(dir.path()), Order::default()).await.unwrap();
        let (commands, told) = mpsc::channel(1_024);
        let room = std::mem::replace(&mut engine.gossip.commands, commands);
        let name = PeerName::of_key(&[9; 32]).unwrap();
        let peer = engine.peers.number(&name);
        Self { engine, told, name, peer, _rest: (server, events, room, dir) }
    }

    fn told(&mut self) -> Vec<Command> {
        std::iter::from_fn(|| self.told.try_recv().ok()).collect()
    }

    fn hears(&mut self, topic: Topic, data: Vec<u8>) -> Vec<Command> {
        let event = Peer::Message { topic, name: message(), from: self.name, data };
        for input in self.engine.inputs(Event::Peer(event)) {
            let effects = self.engine.core.step(crate::engine::now(), input);
            self.engine.apply(effects).unwrap();
        }
        // What the core asks of the peer besides is no answer to this.
        let mut told = self.told();
        told.retain(|command| !matches!(command, Command::Request { .. }));
        told
    }

    fn checked(&mut self, errors: Vec<TxError>) -> Vec<Command> {
        let source = Source::Peer { from: self.peer, message: message(), bytes: 100 };
        let checked = Ok(errors.into_iter().map(Err).collect());
        self.engine.inputs(Event::Txs { source, checked });
        self.told()
    }

    fn charged(&self) -> u64 {
        self.engine.metrics.unreadable.get()
    }
}

fn message() -> MessageName {
    MessageName::of_bytes([5; 20])
}

fn ignored() -> Vec<Command> {
    vec![Command::Verdict { message: message(), verdict: Verdict::Ignore }]
}

fn block(version: u16) -> weft_types::Block {
    let key = derive_test_key("strange", "proposer");
    let header = Header {
        version,
        signal: RulesId::NONE,
        slot: Slot(1),
        round: Round(1),
        height: Height(1),
        parent: Hash::ZERO,
        proposer: key.public(),
        txs_root: Hash::ZERO,
        proof_root: Hash::ZERO,
        state_root: Hash::ZERO,
        work: Work(0),
    };
    seal_block(header, (&key, &Hash::ZERO), vec![], None, vec![]).block().clone()
}

/// A5
#[tokio::test(flavor = "multi_thread")]
async fn r21_what_can_not_be_decoded_costs_its_bytes_and_bans_nobody() {
    let mut node = Alone::new().await;
    let strange = [
        (Topic::Shares, pack(Kind::Share, &[0xff; 50])),
        (Topic::Headers, pack(Kind::Header, &[9, 0, 0xff])),
        (Topic::Headers, pack(Kind::Header, &block(2).signed.to_bytes())),
        (Topic::Headers, vec![99; 70]),
    ];
    let mut sum = 0;
    for (topic, data) in strange {
        sum += data.len() as u64;
        assert_eq!(node.hears(topic, data), ignored(), "{topic:?}");
        assert_eq!(node.charged(), sum, "{topic:?}");
    }
    let source = Source::Peer { from: node.peer, message: message(), bytes: 100 };
    let checked = Err(Share::from_bytes(&[]).unwrap_err());
    node.engine.inputs(Event::Txs { source, checked });
    assert_eq!((node.told(), node.charged()), (ignored(), sum + 100));
    let (from, data) = (node.name, pack(Kind::Request, &[0xff; 20]));
    node.engine.inputs(Event::Peer(Peer::Request { from, ticket: 3, data }));
    assert_eq!(node.told(), [Command::Respond { ticket: 3, data: None }]);
    let data = pack(Kind::Answer, &[0xff; 20]);
    node.engine.inputs(Event::Peer(Peer::Response { from, id: 3, data }));
    assert_eq!(node.told(), []);
    assert_eq!(node.charged(), sum + 144);
    // What says a version that we know and is not one is no newer program's.
    let told = node.hears(Topic::Headers, pack(Kind::Header, &[1, 0, 0xff]));
    assert!(matches!(told.last(), Some(Command::Punish { .. })), "{told:?}");
}

/// A5
#[tokio::test(flavor = "multi_thread")]
async fn r21_a_transaction_that_fails_by_numbers_bans_nobody_and_a_forged_one_does() {
    let mut node = Alone::new().await;
    let (have, need) = (Rao(1), Rao(2));
    let numbers = [
        TxError::FeeTooLow { have, need, bytes: 3 },
        TxError::BatchSize { got: 100, limit: 64 },
        TxError::TooLarge { got: 2, limit: 1 },
    ];
    for error in numbers {
        assert_eq!(node.checked(vec![error]), ignored());
    }
    assert_eq!(node.charged(), 300);
    let signer = PublicKey([1; 32]);
    for forged in [TxError::BadSignature { signer }, TxError::BadEvidence { offender: signer }] {
        let few = TxError::FeeTooLow { have, need, bytes: 3 };
        let told = node.checked(vec![few, forged]);
        let [Command::Verdict { verdict, .. }, Command::Punish { .. }] = &told[..] else {
            panic!("{told:?}")
        };
        assert_eq!(*verdict, Verdict::Reject);
    }
    assert_eq!(node.charged(), 300);
}

/// A5
#[tokio::test(flavor = "multi_thread")]
async fn r21_a_body_of_a_version_that_we_do_not_run_is_charged_and_never_checked() {
    let mut node = Alone::new().await;
    let (desk, mut inbox) = checker::desk();
    node.engine.checker = desk;
    let want = Want::Block(Hash::ZERO);
    let body = block(2).to_bytes();
    let id = node.engine.relay.ask(Some(want));
    let data = pack(Kind::Answer, &Answer::Blocks(vec![body.clone()]).to_bytes());
    node.engine.inputs(Event::Peer(Peer::Response { from: node.name, id, data }));
    assert_eq!(node.charged(), body.len() as u64);
    assert!(matches!(inbox.next_body(), Some(checker::Part::Done { .. })));
    // One of rules that we know and have not come to, which fails by our numbers.
    let why = BlockError::TooLarge { got: 9, limit: 8 };
    let (from, hash, checked) = (node.peer, Hash::ZERO, Err(why));
    let room = Arc::clone(&node.engine.checker.room).try_acquire_owned().unwrap();
    node.engine.inputs(Event::Body { from, hash, version: 2, bytes: 7, checked, room });
    assert_eq!(node.charged(), body.len() as u64 + 7);
    assert_eq!(node.told(), []);
}

/// A5
#[tokio::test(flavor = "multi_thread")]
async fn r21_a_peer_that_sends_too_much_that_can_not_be_read_is_disconnected_by_name_not_banned() {
    let mut node = Alone::new().await;
    let half = UNREADABLE / 2;
    node.engine.unreadable(node.peer, usize::try_from(half).unwrap());
    node.engine.unreadable(node.peer, usize::try_from(half).unwrap());
    assert_eq!(node.told(), [], "so many may be");
    let told = node.hears(Topic::Shares, vec![99; 10]);
    let [_, Command::Disconnect { peer, reason }] = &told[..] else { panic!("{told:?}") };
    assert_eq!(*peer, node.name);
    assert!(reason.contains(&(UNREADABLE + 10).to_string()), "{reason}");
}

/// A4: bodies are bounded by bytes from when they come until the engine has looked at them.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_before_the_checker_are_bounded_by_their_bytes() {
    let mut node = Alone::new().await;
    let (desk, mut inbox) = checker::desk();
    let room = Arc::clone(&desk.room);
    node.engine.checker = desk;
    let body = block(1).to_bytes();
    let answer = |node: &mut Alone| {
        let id = node.engine.relay.ask(Some(Want::Block(Hash::ZERO)));
        let data = pack(Kind::Answer, &Answer::Blocks(vec![body.clone()]).to_bytes());
        node.engine.inputs(Event::Peer(Peer::Response { from: node.name, id, data }));
    };
    let left = u32::try_from(checker::BODY_BYTES - body.len() + 1).unwrap();
    let others = Arc::clone(&room).try_acquire_many_owned(left).unwrap();
    answer(&mut node);
    assert!(inbox.next_body().is_none(), "there is a byte too little");
    drop(others);
    answer(&mut node);
    let Some(checker::Part::Body { from, hash, bytes, room: taken, .. }) = inbox.next_body() else {
        panic!("it finds room")
    };
    assert_eq!((bytes, room.available_permits()), (body.len(), checker::BODY_BYTES - bytes));
    let why = BlockError::TooLarge { got: 9, limit: 8 };
    node.engine.inputs(Event::Body {
        from,
        hash,
        version: 1,
        bytes,
        checked: Err(why),
        room: taken,
    });
    assert_eq!(room.available_permits(), checker::BODY_BYTES);
}

/// A8
#[tokio::test(flavor = "multi_thread")]
async fn gossip_hears_who_votes_when_that_changes_and_once() {
    let mut node = Alone::new().await;
    let voter = node.engine.voter.unwrap();
    node.engine.tell_voters();
    let told = node.told();
    assert_eq!(told[0], Command::Voters { voters: vec![voter.0] });
    assert!(matches!(told[1..], [Command::Request { .. }]), "it says whose it is: {told:?}");
    node.engine.tell_voters();
    assert_eq!(node.told(), []);
}

/// What is refused can't be brought again for two minutes, by whomever. So who has left, or
/// was sent away, must not be able to take a share or a transaction along.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_peer_sent_before_it_left_is_judged_by_what_it_says_and_not_lost() {
    let mut node = Alone::new().await;
    let (desk, _inbox) = checker::desk();
    node.engine.checker = desk;
    node.engine.peers.forget(&node.name);
    let list = pack(Kind::Transactions, &Vec::<weft_types::Tx>::new().to_bytes());
    assert_eq!(node.hears(Topic::Transactions, list), [], "the checker has it");
    let checkpoint = |round, hash| weft_types::Checkpoint { round: Round(round), hash };
    let vote = weft_types::Vote {
        voter: node.engine.voter.unwrap(),
        source: checkpoint(0, node.engine.core.head_hash()),
        target: checkpoint(1, Hash([3; 32])),
        items: Hash::ZERO,
    };
    let signed = weft_types::SignedVote { vote, signature: weft_types::Signature([1; 64]) };
    let share = Share { signed, items: Vec::new() };
    let told = node.hears(Topic::Shares, pack(Kind::Share, &share.to_bytes()));
    assert_eq!(told, [Command::Verdict { message: message(), verdict: Verdict::Reject }]);
    // Nobody is there to be asked for the body.
    let header = pack(Kind::Header, &block(1).signed.to_bytes());
    assert_eq!(node.hears(Topic::Headers, header), ignored());
}
