//! What the RPC server holds of the node: submits are events for the loop, what is to be tried
//! goes by way of the checker, and all reads are answered beside the loop ([`weft_reads`]).
//!
//! What would take too much of the machine is bounded here: so many read at once, so many
//! blocks are described, there is one audit at a time, on loopback only. Reports of offences
//! beyond a client's turn are refused, and transactions while the checker is behind.

use crate::checker::{Asker, Job, LISTS};
use crate::clock::now;
use crate::event::{Event, Reply};
use crate::turns::{AT_ONCE, Turns};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;
use weft_engine::io::Txs;
use weft_reads::Reads;
use weft_reads::genesis_pages::GenesisPages;
use weft_reads::look::{about, parse};
use weft_rpc::{Backend, Health, Kind, Method, RpcError, Written};
use weft_types::hash::from_hex;
use weft_types::{Call, Canonical, Tx, WeightRow};

/// The most transactions of one `tx_submitMany`.
const MANY: usize = 2_000;

/// Reads that are answered at once, each on a thread: a moment of the engine is held by so many
/// at most.
const READS_AT_ONCE: usize = 4;

/// Blocks that are read and described at once.
const BLOCKS_AT_ONCE: usize = 2;

/// Audits that run at once: each walks the whole state.
const AUDITS_AT_ONCE: usize = 1;

/// What the RPC server holds of the node.
#[derive(Clone)]
pub struct Door {
    reads: Arc<Reads>,
    events: mpsc::Sender<Event>,
    txs: mpsc::Sender<Job>,
    public: bool,
    genesis: GenesisPages,
    readers: Arc<Semaphore>,
    blocks: Arc<Semaphore>,
    audits: Arc<Semaphore>,
    turns: Arc<Mutex<Turns>>,
}

fn stopping() -> RpcError {
    RpcError::new(Kind::NotReady, "Stopping", "the node is stopping")
}

impl Door {
    /// A door to the loop, the checker and what is read; `public` when others than this
    /// machine can knock.
    #[must_use]
    pub fn new(
        reads: Arc<Reads>,
        events: mpsc::Sender<Event>,
        txs: mpsc::Sender<Job>,
        public: bool,
        genesis: GenesisPages,
    ) -> Self {
        let turns = |at_once| Arc::new(Semaphore::new(at_once));
        Self {
            reads,
            events,
            txs,
            public,
            genesis,
            readers: turns(READS_AT_ONCE),
            blocks: turns(BLOCKS_AT_ONCE),
            audits: turns(AUDITS_AT_ONCE),
            turns: Arc::default(),
        }
    }

    /// Reads on a thread of its own when it is its turn.
    async fn read<T: Send + 'static>(
        &self,
        turns: &Arc<Semaphore>,
        read: impl FnOnce(&Reads) -> T + Send + 'static,
    ) -> Result<T, RpcError> {
        let turn = Arc::clone(turns).acquire_owned().await.map_err(|_| stopping())?;
        self.read_at(turn, read).await
    }

    /// The same in a turn that was taken. The turn goes with the thread: a client that hangs up
    /// ends no read.
    async fn read_at<T: Send + 'static>(
        &self,
        turn: OwnedSemaphorePermit,
        read: impl FnOnce(&Reads) -> T + Send + 'static,
    ) -> Result<T, RpcError> {
        let reads = Arc::clone(&self.reads);
        let read = tokio::task::spawn_blocking(move || {
            let read = read(&reads);
            drop(turn);
            read
        });
        read.await.map_err(|e| RpcError::new(Kind::Internal, "Task", e))
    }

    async fn ask(&self, method: Method, params: Value) -> Result<Written, RpcError> {
        self.read(&self.readers, move |reads| reads.answer(now(), method, &params)).await?
    }

    async fn submit(&self, from: IpAddr, txs: Vec<Tx>) -> Result<Value, RpcError> {
        self.counts(from, &txs)?;
        let (reply, answer) = oneshot::channel();
        self.events.send(Event::Submit { txs, reply }).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }

    /// Counts the reports among a client's transactions.
    fn counts(&self, from: IpAddr, txs: &[Tx]) -> Result<(), RpcError> {
        let is_report = |tx: &&Tx| matches!(tx.body.call, Call::ReportEvidence { .. });
        let reports = u32::try_from(txs.iter().filter(is_report).count()).unwrap_or(u32::MAX);
        if reports == 0 {
            return Ok(());
        }
        if reports > AT_ONCE {
            return Err(too_many_reports(reports));
        }
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.take(from, reports, Instant::now()).map_err(|wait| reports_too_fast(reports, wait))
    }

    /// Has a transaction verified, and tries it then.
    async fn try_one(&self, from: IpAddr, tx: Tx) -> Result<Written, RpcError> {
        self.counts(from, std::slice::from_ref(&tx))?;
        let (reply, answer) = oneshot::channel();
        let job = Job { asker: Asker::Trial(reply), txs: Txs::Decoded(vec![tx]) };
        self.txs.try_send(job).map_err(|e| match e {
            TrySendError::Full(_) => busy(),
            TrySendError::Closed(_) => stopping(),
        })?;
        let checked = answer.await.map_err(|_| stopping())?;
        self.read(&self.readers, move |reads| reads.trial(now(), checked)).await?
    }

    /// Hands a row to the engine, whose answer goes to the client.
    async fn queue_row(&self, params: Value) -> Result<Value, RpcError> {
        let row: WeightRow = parse(&params, "row")?;
        if self.public {
            let text = "rows for this node's voter are taken on loopback only";
            return Err(RpcError::new(Kind::NotAuthorized, "LoopbackOnly", text));
        }
        let (reply, answer): (Reply, _) = oneshot::channel();
        self.events.send(Event::Row { row, reply }).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }

    async fn supply(&self, params: Value) -> Result<Written, RpcError> {
        if parse::<Option<bool>>(&params, "audit")? != Some(true) {
            return self.ask(Method::ChainGetSupply, params).await;
        }
        if self.public {
            let text = "audits are answered by nodes whose RPC is on loopback only";
            return Err(RpcError::new(Kind::NotAuthorized, "LoopbackOnly", text)
                .help("ask without audit, or run a node of your own"));
        }
        let Ok(turn) = Arc::clone(&self.audits).try_acquire_owned() else {
            let text = format!("{AUDITS_AT_ONCE} audit runs, and no more may at once");
            return Err(
                RpcError::new(Kind::RateLimited, "AuditRuns", text).help("ask again in a moment")
            );
        };
        let audit = move |reads: &Reads| reads.answer(now(), Method::ChainGetSupply, &params);
        self.read_at(turn, audit).await?
    }
}

/// No room in the checker.
pub(crate) fn busy() -> RpcError {
    let text = format!("{LISTS} lists of transactions wait to be verified, nothing was taken");
    RpcError::new(Kind::RateLimited, "CheckerBusy", text)
        .help("send the same bytes again in a moment")
        .context(json!({ "limit": LISTS }))
}

/// What no wait helps against.
fn too_many_reports(reports: u32) -> RpcError {
    let text = format!("{reports} reports of offences at once; {AT_ONCE} are allowed");
    RpcError::new(Kind::LimitExceeded, "TooManyReports", text)
        .help("send them in several calls")
        .context(json!({ "got": reports, "limit": AT_ONCE }))
}

/// Too many of one client by now.
fn reports_too_fast(reports: u32, wait: Duration) -> RpcError {
    let text = format!(
        "{reports} reports of offences more than this client may hand in now, nothing was taken"
    );
    let wait_s = wait.as_millis().div_ceil(1_000);
    RpcError::new(Kind::RateLimited, "ReportsTooFast", text)
        .help("send the same bytes again after retry_after_s seconds")
        .context(json!({ "got": reports, "limit": AT_ONCE }))
        .retry_after(u64::try_from(wait_s).unwrap_or(u64::MAX))
}

/// A transaction from its canonical bytes in hex, which the parameter holds.
fn transaction(text: &str, parameter: &str) -> Result<Tx, RpcError> {
    let bad =
        |e: String| about(parameter, RpcError::new(Kind::InvalidArgument, "BadTransaction", e));
    let bytes = from_hex(text).map_err(|e| bad(e.to_string()))?;
    Tx::from_bytes(&bytes).map_err(|e| bad(e.to_string()))
}

impl Backend for Door {
    async fn call(&self, from: IpAddr, method: Method, params: Value) -> Result<Written, RpcError> {
        match method {
            Method::TxSubmit => {
                let raw: String = parse(&params, "raw")?;
                let mut answers = self.submit(from, vec![transaction(&raw, "raw")?]).await?;
                match answers["results"][0].take() {
                    Value::Object(one) if one.contains_key("error") => Err(refusal(&one["error"])),
                    one => Ok(one.into()),
                }
            }
            Method::TxTry => {
                let raw: String = parse(&params, "raw")?;
                self.try_one(from, transaction(&raw, "raw")?).await
            }
            Method::TxSubmitMany => {
                let raws: Vec<String> = parse(&params, "raws")?;
                if raws.len() > MANY {
                    let text = format!("{} transactions; {MANY} are allowed", raws.len());
                    return Err(RpcError::new(Kind::LimitExceeded, "TooMany", text));
                }
                let txs = raws
                    .iter()
                    .map(|raw| transaction(raw, "raws"))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(self.submit(from, txs).await?.into())
            }
            Method::ChainGenesis => Ok(self.genesis.page(&params)?.into()),
            Method::ChainGetBlock => {
                self.read(&self.blocks, move |reads| reads.block(now(), &params)).await?
            }
            Method::VoterQueueRow => Ok(self.queue_row(params).await?.into()),
            Method::ChainGetSupply => self.supply(params).await,
            _ => self.ask(method, params).await,
        }
    }

    fn lives(&self) -> bool {
        self.reads.lives()
    }

    async fn health(&self) -> Health {
        let gone = |why: RpcError| Health { reasons: vec![why.to_string()], notes: Vec::new() };
        self.read(&self.readers, |reads| reads.health(now())).await.unwrap_or_else(gone)
    }

    async fn metrics(&self) -> String {
        self.read(&self.readers, |reads| reads.figures(now())).await.unwrap_or_default()
    }
}

/// An error that stood in a list of answers, as an error of its own.
fn refusal(error: &Value) -> RpcError {
    let text = |name: &str| error["data"][name].as_str().unwrap_or_default().to_owned();
    let kind = serde_json::from_value(error["data"]["kind"].clone()).unwrap_or(Kind::Internal);
    let message = error["message"].as_str().unwrap_or_default();
    RpcError::new(kind, &text("name"), message)
        .help(&text("help"))
        .context(error["data"]["context"].clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_engine::waiting::Waiting;
    use weft_reads::chain::Chain;
    use weft_reads::record::Records;
    use weft_reads::shared::Shared;
    use weft_store::Store;
    use weft_types::key::derive_test_key;
    use weft_types::{
        Call, ChainTag, Checkpoint, Evidence, Genesis, Hash, Millis, Network, Nonce, PublicKey,
        Rao, Round, TxBody, Vote,
    };

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    struct Room {
        door: Door,
        _dir: tempfile::TempDir,
        events: mpsc::Receiver<Event>,
        txs: mpsc::Receiver<Job>,
    }

    fn room(public: bool) -> Room {
        let (to_engine, events) = mpsc::channel(4);
        let (to_checker, txs) = mpsc::channel(1);
        let genesis = Genesis::fair(Network::Local, "door", Millis(1), &[]);
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        Store::init(&data, genesis.chain_id(), b"never voted").unwrap();
        let reads = Reads {
            board: Arc::default(),
            waiting: Waiting::default(),
            records: Records::default(),
            shared: Shared::default(),
            log: Store::open(&data, genesis.chain_id()).unwrap().0.reader().clone(),
            metrics: Arc::default(),
            chain: Chain::of(&genesis),
            genesis_root: Hash::ZERO,
            name: String::new(),
            peer: String::new(),
        };
        let pages = GenesisPages::of(&genesis);
        let door = Door::new(Arc::new(reads), to_engine, to_checker, public, pages);
        Room { door, _dir: dir, events, txs }
    }

    fn raw() -> Value {
        let key = derive_test_key("door", "sender");
        let chain = Hash([7; 32]);
        let call = Call::Transfer { to: PublicKey([9; 32]), amount: Rao(1), open: true };
        let (tag, fee) = (ChainTag::of(&chain), Rao(5_000));
        let signer = key.public();
        let body = TxBody { chain: tag, signer, nonce: Nonce(0), fee, valid_until: None, call };
        json!(weft_types::hash::to_hex(&body.sign(&key, &chain).to_bytes()))
    }

    #[tokio::test]
    async fn while_the_checker_is_behind_transactions_are_refused_and_do_not_wait() {
        let mut room = room(false);
        let (reply, _answer) = oneshot::channel();
        let first = Job { asker: Asker::Trial(reply), txs: Txs::Decoded(Vec::new()) };
        room.door.txs.try_send(first).unwrap();
        let params = || json!({ "raw": raw() });
        let refused = room.door.call(HERE, Method::TxTry, params()).await.unwrap_err();
        assert_eq!((refused.kind, refused.name.as_str()), (Kind::RateLimited, "CheckerBusy"));
        room.txs.close();
        room.events.close();
        for method in [Method::TxSubmit, Method::TxTry] {
            let refused = room.door.call(HERE, method, params()).await.unwrap_err();
            assert_eq!(refused.name, "Stopping");
        }
    }

    /// F17: what is given and is not what it should be never counts as left out.
    #[tokio::test]
    async fn a_parameter_that_is_not_what_it_should_be_is_refused_and_named() {
        let room = room(false);
        for (method, name, params) in [
            (Method::TxSubmitMany, "raws", json!({ "raws": "0x00" })),
            (Method::TxSubmitMany, "raws", json!({ "raws": [1] })),
            (Method::TxSubmitMany, "raws", json!({ "raws": ["0x00"] })),
            (Method::TxSubmit, "raw", json!({ "raw": 7 })),
            (Method::ChainGetSupply, "audit", json!({ "audit": "yes" })),
        ] {
            let refused = room.door.call(HERE, method, params).await.unwrap_err();
            assert_eq!(refused.kind, Kind::InvalidArgument, "{refused}");
            assert_eq!(refused.context["parameter"], json!(name), "{refused}");
        }
    }

    /// A well-signed report of two votes of a key that never voted.
    fn report(n: u8) -> Value {
        let (key, chain) = (derive_test_key("door", "nobody"), Hash([7; 32]));
        let vote = |hash: u8| {
            let at = |round, hash| Checkpoint { round: Round(round), hash: Hash([hash; 32]) };
            let (source, target) = (at(0, 0), at(1, hash));
            let vote = Vote { voter: key.public(), source, target, items: Hash::ZERO };
            Box::new(vote.sign(&key, &chain))
        };
        let evidence = Evidence::Votes(vote(n), vote(255));
        let call = Call::ReportEvidence { evidence };
        let (tag, signer, nonce) = (ChainTag::of(&chain), key.public(), Nonce(0));
        let body = TxBody { chain: tag, signer, nonce, fee: Rao(0), valid_until: None, call };
        json!(weft_types::hash::to_hex(&body.sign(&key, &chain).to_bytes()))
    }

    /// A7: a flood of reports of one client is refused by name, before the checker or the engine
    /// hears of it; its other transactions, and others' reports, are not held up.
    #[tokio::test]
    async fn reports_beyond_a_clients_turn_are_refused_by_name_and_hold_nobody_up() {
        let mut here = room(false);
        let many = |n: u8| json!({ "raws": (0..n).map(report).collect::<Vec<_>>() });
        let call = |from: IpAddr, method, params| {
            let door = here.door.clone();
            tokio::spawn(async move { door.call(from, method, params).await })
        };
        let whole = u8::try_from(AT_ONCE).unwrap();
        let refused = call(HERE, Method::TxSubmitMany, many(whole + 1)).await.unwrap();
        let refused = refused.unwrap_err();
        assert_eq!((refused.kind, &*refused.name), (Kind::LimitExceeded, "TooManyReports"));
        let taken = call(HERE, Method::TxSubmitMany, many(whole));
        let Some(Event::Submit { txs, reply }) = here.events.recv().await else {
            panic!("so many go to the engine");
        };
        assert_eq!(txs.len(), usize::from(whole));
        reply.send(Ok(json!({ "results": [] }))).unwrap();
        taken.await.unwrap().unwrap();
        for method in [Method::TxSubmit, Method::TxTry] {
            let refused = call(HERE, method, json!({ "raw": report(0) })).await.unwrap();
            let refused = refused.unwrap_err();
            assert_eq!((refused.kind, &*refused.name), (Kind::RateLimited, "ReportsTooFast"));
            assert_eq!(refused.retry_after_s(), Some(1), "{refused}");
        }
        assert!(here.txs.try_recv().is_err(), "the checker heard of none of them");
        assert!(here.events.try_recv().is_err(), "and the engine of none");
        let other = IpAddr::from([10, 0, 0, 1]);
        for (from, raw) in [(HERE, raw()), (other, report(0))] {
            let taken = call(from, Method::TxSubmit, json!({ "raw": raw }));
            let Some(Event::Submit { reply, .. }) = here.events.recv().await else {
                panic!("it goes to the engine");
            };
            reply.send(Ok(json!({ "results": [{ "status": "pending" }] }))).unwrap();
            assert_eq!(taken.await.unwrap(), Ok(json!({ "status": "pending" }).into()));
        }
    }

    /// A planted bug that this finds: a turn that is given back while the thread reads on.
    #[tokio::test]
    async fn who_hangs_up_ends_no_read_and_gives_no_turn_back() {
        let here = room(false);
        let (begun, wait) = (oneshot::channel(), std::sync::mpsc::channel::<()>());
        let (door, go) = (here.door.clone(), wait.1);
        let read = tokio::spawn(async move {
            let read = move |_: &Reads| {
                begun.0.send(()).unwrap();
                go.recv().unwrap_err();
            };
            door.read(&door.blocks, read).await
        });
        begun.1.await.unwrap();
        read.abort();
        assert!(read.await.unwrap_err().is_cancelled());
        assert_eq!(here.door.blocks.available_permits(), BLOCKS_AT_ONCE - 1);
        drop(wait.0);
        let all = u32::try_from(BLOCKS_AT_ONCE).unwrap();
        drop(here.door.blocks.acquire_many(all).await.unwrap());
    }

    #[tokio::test]
    async fn there_is_one_audit_at_a_time_and_none_for_strangers() {
        let audit = || json!({ "audit": true });
        let here = room(false);
        let first = here.door.audits.acquire().await.unwrap();
        let ask = || here.door.call(HERE, Method::ChainGetSupply, audit());
        let second = ask().await.unwrap_err();
        assert_eq!((second.kind, second.name.as_str()), (Kind::RateLimited, "AuditRuns"));
        drop(first);
        assert_eq!(ask().await.unwrap_err().name, "NotReady", "no moment was left here");
        let public = room(true);
        let refused = public.door.call(HERE, Method::ChainGetSupply, audit()).await.unwrap_err();
        assert_eq!((refused.kind, refused.name.as_str()), (Kind::NotAuthorized, "LoopbackOnly"));
    }
}
