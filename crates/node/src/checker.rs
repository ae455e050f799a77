//! The checker: one thread that verifies what is heavy, so that the engine never
//! waits for a signature of a stranger.
//!
//! Transactions and bodies go in as bytes or values and come back to the engine as
//! `Checked*`. Each good signature is remembered by its seal, so a transaction that
//! was verified for the pool is not verified again in a block.
//!
//! Bodies have a queue of their own, which is emptied before the next transaction is
//! looked at: a flood of transactions never holds a block up for longer than one batch.
//! When a queue is full, what comes is dropped, and gossip and fetching bring it again;
//! a client is told to try later.

use crate::event::{Event, Reply};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};
use weft_consensus::{PeerId, Want};
use weft_engine::Event as Happened;
use weft_engine::event::Turned;
use weft_engine::hear::ANSWER_BLOCKS;
use weft_engine::io::{Body, Source, Txs};
use weft_types::check::{Known, check_block, check_txs, seals_of, shares_of};
use weft_types::codec::CodecError;
use weft_types::{Call, Canonical, ChainId, Hash, Params, Tx};

/// How many lists of transactions may wait.
pub const LISTS: usize = 256;

/// How many bodies, and words behind them, may wait: two full answers of a peer.
pub const BODIES: usize = 2 * (ANSWER_BLOCKS + 1);

/// How many bytes of bodies may be on their way to the checker and back to the engine: four
/// answers of the largest kind. The places alone would let in a thousand times a block's bytes.
pub const BODY_BYTES: usize = 32 << 20;

/// How long transactions wait for others to be verified with.
const LINGER: Duration = Duration::from_millis(10);

/// Transactions that are enough for a batch.
const ENOUGH: usize = 512;

/// Reports that are enough for a batch: the evidence of each is two signatures more, looked at
/// alone.
const REPORTS: usize = 64;

/// How many seals are remembered, some minutes of full blocks: 18 MiB with their tables, which
/// double when one more is in them.
const SEALS: usize = 224_000;

/// Who waits for a verdict.
#[derive(Debug)]
pub enum Asker {
    /// The engine.
    Engine(Source),
    /// A client that wants to know what would become of a transaction.
    Trial(Reply),
}

/// Transactions to verify.
#[derive(Debug)]
pub struct Job {
    /// Who waits.
    pub asker: Asker,
    /// The transactions.
    pub txs: Txs,
}

/// What an answer of a peer consists of.
#[derive(Debug)]
pub enum Part {
    /// The body of a block.
    Body {
        /// Who sent it.
        from: PeerId,
        /// It.
        body: Body,
        /// The room that its bytes take, until the engine has looked at it.
        room: OwnedSemaphorePermit,
    },
    /// Behind the last body of an answer.
    Done {
        /// Who answered.
        from: PeerId,
        /// What was asked.
        want: Want,
    },
}

/// Where work for the checker is put down.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Transactions.
    pub txs: mpsc::Sender<Job>,
    /// Bodies, which go first.
    pub bodies: mpsc::Sender<Part>,
    /// Room for the bytes of bodies, [`BODY_BYTES`] in all.
    pub room: Arc<Semaphore>,
}

impl Desk {
    /// Puts transactions down for the engine; answers that there was no room.
    #[must_use]
    pub fn txs(&self, source: Source, txs: Txs) -> Option<Turned> {
        let job = Job { asker: Asker::Engine(source), txs };
        self.txs.try_send(job).is_err().then_some(Turned::Txs(source))
    }

    /// Puts the bodies of an answer down, and behind them the word that it is through. One that
    /// does not find places and room for its bytes as a whole is turned away as a whole.
    #[must_use]
    pub fn bodies(&self, from: PeerId, want: Want, bodies: Vec<Body>) -> Option<Turned> {
        let bytes = bodies.iter().map(|body| body.bytes).fold(0, usize::saturating_add);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(bytes);
        let places = self.bodies.try_reserve_many(bodies.len().saturating_add(1));
        let (Ok(mut room), Ok(places)) = (room, places) else {
            return Some(Turned::Bodies { from, want });
        };
        let bodies = bodies.into_iter().filter_map(|body| {
            let room = room.split(body.bytes)?;
            Some(Part::Body { from, body, room })
        });
        let parts = bodies.chain([Part::Done { from, want }]);
        places.zip(parts).for_each(|(place, part)| place.send(part));
        None
    }
}

/// Where the checker takes it from.
#[derive(Debug)]
pub struct Inbox {
    txs: mpsc::Receiver<Job>,
    bodies: mpsc::Receiver<Part>,
}

/// A desk and its inbox.
#[must_use]
pub fn desk() -> (Desk, Inbox) {
    let (txs, tx_inbox) = mpsc::channel(LISTS);
    let (bodies, body_inbox) = mpsc::channel(BODIES);
    let room = Arc::new(Semaphore::new(BODY_BYTES));
    (Desk { txs, bodies, room }, Inbox { txs: tx_inbox, bodies: body_inbox })
}

/// The seals of good signatures, oldest forgotten first.
#[derive(Default)]
struct Seals {
    set: HashSet<Hash>,
    order: VecDeque<Hash>,
}

impl Known for Seals {
    fn knows(&self, seal: &Hash) -> bool {
        self.set.contains(seal)
    }
}

impl Seals {
    fn remember(&mut self, seal: Hash) {
        if self.set.insert(seal) {
            self.order.push_back(seal);
        }
        while self.order.len() > SEALS {
            if let Some(oldest) = self.order.pop_front() {
                self.set.remove(&oldest);
            }
        }
    }
}

/// Verifies what is put on the desk until nobody holds it. Runs on a thread of its own.
///
/// # Errors
/// What the system says when it gives no timer.
pub fn run(
    inbox: Inbox,
    events: &mpsc::Sender<Event>,
    params: &Params,
    chain: &ChainId,
) -> std::io::Result<()> {
    let timer = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let (seals, rng) = (Seals::default(), crate::entropy::generator());
    let mut checker = Checker { inbox, seals, rng, rules: (params, chain) };
    while let Some((batch, first)) = timer.block_on(checker.next()) {
        let mut body = first;
        while let Some(part) = body {
            if events.blocking_send(checker.part(part)).is_err() {
                return Ok(());
            }
            body = checker.inbox.bodies.try_recv().ok();
        }
        for event in checker.check(batch) {
            if events.blocking_send(event).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

const fn is_report(tx: &Tx) -> bool {
    matches!(tx.body.call, Call::ReportEvidence { .. })
}

struct Checker<'a> {
    inbox: Inbox,
    seals: Seals,
    rng: crate::entropy::Generator,
    rules: (&'a Params, &'a ChainId),
}

/// Transactions that are verified together, with the places they came from.
type Batch = Vec<(Asker, Result<Vec<Tx>, CodecError>)>;

impl Checker<'_> {
    /// What is to be done next: a body at once, transactions after a moment. Nothing when
    /// nobody holds the desk any more.
    async fn next(&mut self) -> Option<(Batch, Option<Part>)> {
        tokio::select! {
            biased;
            Some(part) = self.inbox.bodies.recv() => Some((Batch::new(), Some(part))),
            Some(job) = self.inbox.txs.recv() => Some(self.gather(job).await),
            else => None,
        }
    }

    /// Collects transactions for a moment: a batch of hundreds costs half of what they
    /// cost alone. A body ends the wait and goes before the batch.
    async fn gather(&mut self, first: Job) -> (Batch, Option<Part>) {
        let until = Instant::now() + LINGER;
        let (mut batch, mut count, mut next) = (Batch::new(), 0, Some(first));
        let mut reports = 0;
        while let Some(job) = next {
            let txs = match job.txs {
                Txs::Encoded(data) => Vec::<Tx>::from_bytes(&data),
                Txs::Decoded(txs) => Ok(txs),
            };
            count += txs.as_ref().map_or(0, Vec::len);
            reports += txs.iter().flatten().filter(|tx| is_report(tx)).count();
            batch.push((job.asker, txs));
            next = tokio::select! {
                biased;
                Some(part) = self.inbox.bodies.recv() => return (batch, Some(part)),
                () = std::future::ready(()), if count >= ENOUGH || reports >= REPORTS => None,
                job = self.inbox.txs.recv() => job,
                () = sleep_until(until) => None,
            };
        }
        (batch, None)
    }

    /// Verifies a batch as one and gives each source its own verdicts.
    fn check(&mut self, batch: Batch) -> Vec<Event> {
        let sizes: Vec<_> = batch.iter().map(|(_, txs)| txs.as_ref().map_or(0, Vec::len)).collect();
        let (askers, lists): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let errors: Vec<_> = lists.iter().map(|txs| txs.as_ref().err().cloned()).collect();
        let all: Vec<Tx> = lists.into_iter().flatten().flatten().collect();
        let verdicts = check_txs(all, self.rules, &self.seals, &mut self.rng);
        verdicts.iter().flatten().for_each(|tx| self.seals.remember(*tx.seal()));
        let mut verdicts = verdicts.into_iter();
        let events = askers.into_iter().zip(sizes).zip(errors);
        events
            .map(|((asker, size), error)| {
                let mine: Vec<_> = verdicts.by_ref().take(size).collect();
                match asker {
                    Asker::Trial(reply) => Event::Tried { checked: mine, reply },
                    Asker::Engine(source) => {
                        let checked = error.map_or(Ok(mine), Err);
                        Event::Engine(Happened::Txs { source, checked })
                    }
                }
            })
            .collect()
    }

    /// A body, or the word behind the last one.
    fn part(&mut self, part: Part) -> Event {
        match part {
            Part::Done { from, want } => Event::Engine(Happened::Fetched { from, want }),
            Part::Body { from, body: Body { hash, block, bytes }, room } => {
                let version = block.header().version;
                let checked = check_block(*block, self.rules, &self.seals, &mut self.rng);
                let checked = checked.map(Arc::new);
                if let Ok(block) = &checked {
                    seals_of(block).for_each(|seal| self.seals.remember(seal));
                    shares_of(block).iter().for_each(|s| self.seals.remember(*s.seal()));
                }
                let event = Happened::Body { from, hash, version, bytes, checked };
                Event::Body { event, room }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::key::derive_test_key;
    use weft_types::{
        ChainTag, Header, Height, Nonce, PublicKey, Rao, Round, Slot, TxBody, Work,
        check::seal_block,
    };

    const CHAIN: ChainId = Hash([7; 32]);

    fn transactions() -> Job {
        let key = derive_test_key("checker", "sender");
        let call = Call::Transfer { to: PublicKey([9; 32]), amount: Rao(1), open: true };
        let (chain, fee) = (ChainTag::of(&CHAIN), Rao(5_000));
        let body =
            TxBody { chain, signer: key.public(), nonce: Nonce(0), fee, valid_until: None, call };
        let txs = Txs::Decoded(vec![body.sign(&key, &CHAIN)]);
        Job { asker: Asker::Engine(Source::Own { is_offer: true }), txs }
    }

    fn body() -> Part {
        let key = derive_test_key("checker", "proposer");
        let header = Header {
            version: 1,
            signal: weft_types::RulesId::NONE,
            slot: Slot(1),
            round: Round(1),
            height: Height(1),
            parent: CHAIN,
            proposer: key.public(),
            txs_root: Hash::ZERO,
            proof_root: Hash::ZERO,
            state_root: Hash::ZERO,
            work: Work::ZERO,
        };
        let block = seal_block(header, (&key, &CHAIN), vec![], None, vec![]).block().clone();
        let room = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let body = Body { hash: block.hash(), block: Box::new(block), bytes: 0 };
        Part::Body { from: PeerId(1), body, room }
    }

    #[test]
    fn a_body_and_the_word_behind_it_go_before_a_flood_of_transactions() {
        let (desk, inbox) = desk();
        for _ in 0..LISTS {
            desk.txs.try_send(transactions()).unwrap();
        }
        assert!(desk.txs.try_send(transactions()).is_err(), "the flood has a bound");
        desk.bodies.try_send(body()).unwrap();
        let want = Want::Block(Hash::ZERO);
        desk.bodies.try_send(Part::Done { from: PeerId(1), want }).unwrap();
        drop(desk);
        let (events, mut outbox) = mpsc::channel(2 * LISTS);
        run(inbox, &events, &weft_types::Params::preset(weft_types::Network::Local), &CHAIN)
            .unwrap();
        drop(events);
        assert!(matches!(outbox.try_recv(), Ok(Event::Body { .. })));
        assert!(matches!(outbox.try_recv(), Ok(Event::Engine(Happened::Fetched { .. }))));
        for n in 0..LISTS {
            assert!(
                matches!(outbox.try_recv(), Ok(Event::Engine(Happened::Txs { .. }))),
                "list {n}"
            );
        }
        assert!(outbox.try_recv().is_err());
    }

    /// A4: bodies are bounded by bytes from when they come until the engine has looked at them.
    #[test]
    fn bodies_before_the_checker_are_bounded_by_their_bytes() {
        let (desk, mut inbox) = desk();
        let Part::Body { body, .. } = body() else { panic!("a body") };
        let (want, bytes) = (Want::Block(Hash::ZERO), 1_000);
        let answer = || desk.bodies(PeerId(1), want, vec![Body { bytes, ..body.clone() }]);
        let left = u32::try_from(BODY_BYTES - bytes + 1).unwrap();
        let others = Arc::clone(&desk.room).try_acquire_many_owned(left).unwrap();
        assert!(matches!(answer(), Some(Turned::Bodies { .. })), "there is a byte too little");
        drop(others);
        assert!(answer().is_none(), "it finds room");
        let Some(Part::Body { room, .. }) = inbox.bodies.try_recv().ok() else { panic!("it is") };
        assert_eq!(desk.room.available_permits(), BODY_BYTES - bytes);
        drop(room);
        assert_eq!(desk.room.available_permits(), BODY_BYTES);
    }

    #[tokio::test]
    async fn a_body_ends_the_wait_for_company() {
        let (desk, inbox) = desk();
        let params = weft_types::Params::preset(weft_types::Network::Local);
        let (seals, rng) = (Seals::default(), crate::entropy::generator());
        let mut checker = Checker { inbox, seals, rng, rules: (&params, &CHAIN) };
        desk.bodies.try_send(body()).unwrap();
        let (batch, part) = checker.gather(transactions()).await;
        assert_eq!(batch.len(), 1);
        assert!(matches!(part, Some(Part::Body { .. })));
    }
}
