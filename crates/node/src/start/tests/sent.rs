//! What a client hears that sends a transaction: the same bytes twice, and what is refused.

use super::*;
use crate::checker::Job;
use crate::event::Source;
use weft_types::{Call, ChainTag, Netuid, Nonce, Rao, SecretKey, Tx, TxBody};

/// An engine that does not run by itself, and the key of its voter.
struct Still {
    engine: Engine,
    voter: SecretKey,
    _rest: (Server, mpsc::Sender<Event>, tempfile::TempDir),
}

impl Still {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = home(dir.path());
        let voter = home.voter_key().unwrap().unwrap();
        let (engine, server, events) = assemble(&home, Order::default()).await.unwrap();
        Self { engine, voter, _rest: (server, events, dir) }
    }

    /// Lets time pass until something is so.
    fn until(&mut self, is_so: impl Fn(&Engine) -> bool) {
        let began = crate::engine::now();
        while !is_so(&self.engine) {
            for input in self.engine.inputs(Event::Tick) {
                let effects = self.engine.core.step(crate::engine::now(), input);
                self.engine.apply(effects).unwrap();
            }
            assert!(crate::engine::now().0 < began.0 + 60_000, "it never is");
            std::thread::yield_now();
        }
    }

    /// What a client hears.
    async fn submit(&mut self, tx: &Tx) -> Value {
        let (reply, answer) = oneshot::channel();
        let job = Job::Txs { source: Source::Client(reply), txs: vec![tx.clone()] };
        self.engine.checker.txs.try_send(job).unwrap();
        let event = timeout(PATIENCE, self.engine.events.recv()).await.unwrap().unwrap();
        self.engine.inputs(event);
        answer.await.unwrap().unwrap()["results"][0].take()
    }

    fn sign(&self, call: Call) -> Tx {
        let chain = self.engine.chain.id;
        let (nonce, fee, signer) = (Nonce::ZERO, Rao::ZERO, self.voter.public());
        let chain_tag = ChainTag::of(&chain);
        TxBody { chain: chain_tag, signer, nonce, fee, valid_until: None, call }
            .sign(&self.voter, &chain)
    }
}

/// F2: what waits is taken a second time, whatever a second one like it would meet.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_taken_again_though_the_head_that_carries_it_would_refuse_it() {
    let mut node = Still::new().await;
    node.until(|engine| engine.core.head().height > Height(1));
    let ask = |at| Call::SeekPermit { netuid: Netuid(1), seek: false, at: Height(at) };
    let tx = node.sign(ask(1));
    let id = tx.body.id();
    let first = node.submit(&tx).await;
    assert_eq!(first["status"], json!("pending"), "{first}");
    let before = node.engine.core.head().height;
    node.until(|engine| engine.core.head().height > before);
    assert!(node.engine.pool.get(&id).is_some(), "a block carries it that is not final yet");
    let like = node.submit(&node.sign(ask(2))).await;
    assert_eq!(like["error"]["data"]["name"], json!("PermitAlreadySo"), "{like}");
    let again = node.submit(&tx).await;
    assert_eq!((&again["tx"], &again["status"]), (&json!(id), &json!("pending")), "{again}");
}
