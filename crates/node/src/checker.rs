//! The checker: one thread that verifies what is heavy, so that the engine never
//! waits for a signature of a stranger.
//!
//! Transactions and bodies go in as bytes or values and come back to the engine as
//! `Checked*`. Each good signature is remembered by its seal, so a transaction that
//! was verified for the pool is not verified again in a block.
//!
//! Answers of peers have queues of their own, which are emptied before the next transaction is
//! looked at: a flood of transactions never holds a block up for longer than one batch. Of an
//! answer all headers are looked at before the first body, and a block that was asked for by
//! itself goes before the next one of a chain.
//! When a queue is full, what comes is dropped, and gossip and fetching bring it again;
//! a client is told to try later.

use crate::event::Event;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use weft_consensus::PeerId;
use weft_engine::event::Turned;
use weft_engine::io::{Source, Txs, UncheckedBody, forged};
use weft_engine::wire::Want;
use weft_types::check::{BlockError, Known, TxError, check_block, check_txs, seals_of, shares_of};
use weft_types::codec::CodecError;
use weft_types::{Call, Canonical, ChainId, CheckedTx, Hash, Params, Tx};

/// How many lists of transactions may wait.
pub const LISTS: usize = 256;

/// How many answers of peers may wait: of single blocks, and of chains.
pub const ANSWERS: usize = 64;

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
    Trial(oneshot::Sender<Tried>),
}

/// What is verified of a transaction that is to be tried.
pub type Tried = Result<CheckedTx, TxError>;

/// Transactions to verify.
#[derive(Debug)]
pub struct Job {
    /// Who waits.
    pub asker: Asker,
    /// The transactions.
    pub txs: Txs,
}

/// An answer of a peer.
#[derive(Debug)]
pub struct Answer {
    /// Who answered.
    pub from: PeerId,
    /// What was asked.
    pub want: Want,
    /// The bodies, in their order.
    pub bodies: Vec<UncheckedBody>,
    /// The room that their bytes take, until the engine has looked at them.
    pub room: OwnedSemaphorePermit,
}

/// Where work for the checker is put down.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Transactions.
    pub txs: mpsc::Sender<Job>,
    /// Blocks that were asked for by themselves, which go first.
    pub singles: mpsc::Sender<Answer>,
    /// Chains, which go before transactions.
    pub chains: mpsc::Sender<Answer>,
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

    /// Puts the bodies of an answer down. One that does not find a place and room for its bytes as
    /// a whole is turned away as a whole.
    #[must_use]
    pub fn bodies(&self, from: PeerId, want: Want, bodies: Vec<UncheckedBody>) -> Option<Turned> {
        let bytes = bodies.iter().map(|body| body.bytes).fold(0, usize::saturating_add);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let turned = Some(Turned::Bodies { from, want });
        let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(bytes) else { return turned };
        let queue = if matches!(want, Want::Block(_)) { &self.singles } else { &self.chains };
        queue.try_send(Answer { from, want, bodies, room }).err().and(turned)
    }
}

/// Where the checker takes it from.
#[derive(Debug)]
pub struct Inbox {
    txs: mpsc::Receiver<Job>,
    singles: mpsc::Receiver<Answer>,
    chains: mpsc::Receiver<Answer>,
}

impl Inbox {
    /// The next answer, when one is there.
    fn answer(&mut self) -> Option<Answer> {
        self.singles.try_recv().or_else(|_| self.chains.try_recv()).ok()
    }
}

/// A desk and its inbox.
#[must_use]
pub fn desk() -> (Desk, Inbox) {
    let (txs, tx_inbox) = mpsc::channel(LISTS);
    let (singles, single_inbox) = mpsc::channel(ANSWERS);
    let (chains, chain_inbox) = mpsc::channel(ANSWERS);
    let room = Arc::new(Semaphore::new(BODY_BYTES));
    let inbox = Inbox { txs: tx_inbox, singles: single_inbox, chains: chain_inbox };
    (Desk { txs, singles, chains, room }, inbox)
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
        let mut next = first;
        while let Some(answer) = next {
            if checker.answer(answer, events).is_none() {
                return Ok(());
            }
            next = checker.inbox.answer();
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
    async fn next(&mut self) -> Option<(Batch, Option<Answer>)> {
        tokio::select! {
            biased;
            Some(answer) = self.inbox.singles.recv() => Some((Batch::new(), Some(answer))),
            Some(answer) = self.inbox.chains.recv() => Some((Batch::new(), Some(answer))),
            Some(job) = self.inbox.txs.recv() => Some(self.gather(job).await),
            else => None,
        }
    }

    /// Collects transactions for a moment: a batch of hundreds costs half of what they
    /// cost alone. A body ends the wait and goes before the batch.
    async fn gather(&mut self, first: Job) -> (Batch, Option<Answer>) {
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
                Some(answer) = self.inbox.singles.recv() => return (batch, Some(answer)),
                Some(answer) = self.inbox.chains.recv() => return (batch, Some(answer)),
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
            .filter_map(|((asker, size), error)| {
                let mut mine: Vec<_> = verdicts.by_ref().take(size).collect();
                match asker {
                    Asker::Trial(reply) => {
                        // A client that went away does not want its verdict.
                        if let Some(tried) = mine.pop() {
                            drop(reply.send(tried));
                        }
                        None
                    }
                    Asker::Engine(source) => {
                        let checked = error.map_or(Ok(mine), Err);
                        Some(Event::Engine(weft_engine::Event::Txs { source, checked }))
                    }
                }
            })
            .collect()
    }

    /// Verifies an answer: its headers, then its bodies, each said at once. None when nobody
    /// listens any more.
    fn answer(&mut self, answer: Answer, events: &mpsc::Sender<Event>) -> Option<()> {
        let Answer { from, want, bodies, mut room } = answer;
        let is_chain = matches!(want, Want::Chain { .. });
        let bad = forged(&bodies, self.rules.1, &self.seals).map(|bad| bad.hash);
        for body in bodies.into_iter().filter(|body| bad.is_none_or(|bad| body.hash == bad)) {
            while let Some(single) = is_chain.then(|| self.inbox.singles.try_recv().ok()).flatten()
            {
                self.answer(single, events)?;
            }
            let room = room.split(body.bytes)?;
            let event = self.body(from, body, bad.is_some());
            events.blocking_send(Event::Body { event, room }).ok()?;
        }
        events.blocking_send(Event::Engine(weft_engine::Event::Fetched { from, want })).ok()
    }

    fn body(&mut self, from: PeerId, body: UncheckedBody, is_forged: bool) -> weft_engine::Event {
        let UncheckedBody { hash, block, bytes } = body;
        let (version, proposer) = (block.header().version, block.header().proposer);
        let checked = if is_forged {
            Err(BlockError::BadSignature { proposer })
        } else {
            self.seals.remember(block.signed.seal());
            check_block(*block, self.rules, &self.seals, &mut self.rng).map(Arc::new)
        };
        if let Ok(block) = &checked {
            seals_of(block).for_each(|seal| self.seals.remember(seal));
            shares_of(block).iter().for_each(|s| self.seals.remember(*s.seal()));
        }
        weft_engine::Event::Body { from, hash, version, bytes, checked }
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

    fn block(key: &weft_types::SecretKey) -> UncheckedBody {
        let header = Header {
            version: 1,
            signal: weft_types::RulesId::NONE,
            slot: Slot(1),
            round: Round(1),
            height: Height(1),
            parent: CHAIN,
            proposer: derive_test_key("checker", "proposer").public(),
            txs_root: Hash::ZERO,
            proof_root: Hash::ZERO,
            state_root: Hash::ZERO,
            work: Work::ZERO,
        };
        UncheckedBody::of(seal_block(header, (key, &CHAIN), vec![], None, vec![]).block().clone())
    }

    fn body() -> UncheckedBody {
        block(&derive_test_key("checker", "proposer"))
    }

    const CHAIN_OF_ALL: Want = Want::Chain { from: Height(1), tip: Hash::ZERO };

    fn said(outbox: &mut mpsc::Receiver<Event>) -> &'static str {
        match outbox.try_recv() {
            Ok(Event::Body {
                event:
                    weft_engine::Event::Body { checked: Err(BlockError::BadSignature { .. }), .. },
                ..
            }) => "forged",
            Ok(Event::Body { .. }) => "looked at",
            Ok(Event::Engine(weft_engine::Event::Fetched { want: Want::Block(_), .. })) => {
                "block done"
            }
            Ok(Event::Engine(weft_engine::Event::Fetched { .. })) => "chain done",
            Ok(Event::Engine(weft_engine::Event::Txs { .. })) => "txs",
            Ok(_) => "else",
            Err(_) => "nothing",
        }
    }

    fn runs(inbox: Inbox) -> Vec<&'static str> {
        let (events, mut outbox) = mpsc::channel(2 * LISTS);
        let params = weft_types::Params::preset(weft_types::Network::Local);
        run(inbox, &events, &params, &CHAIN).unwrap();
        drop(events);
        let mut all = Vec::new();
        loop {
            match said(&mut outbox) {
                "nothing" => return all,
                said => all.push(said),
            }
        }
    }

    #[test]
    fn a_body_and_the_word_behind_it_go_before_a_flood_of_transactions() {
        let (desk, inbox) = desk();
        for _ in 0..LISTS {
            desk.txs.try_send(transactions()).unwrap();
        }
        assert!(desk.txs.try_send(transactions()).is_err(), "the flood has a bound");
        assert!(desk.bodies(PeerId(1), Want::Block(Hash::ZERO), vec![body()]).is_none());
        drop(desk);
        let said = runs(inbox);
        assert_eq!(said[..2], ["looked at", "block done"]);
        assert_eq!(said[2..], ["txs"; LISTS]);
    }

    #[test]
    fn a_block_by_itself_goes_before_what_is_left_of_a_chain() {
        let (desk, inbox) = desk();
        assert!(desk.bodies(PeerId(1), CHAIN_OF_ALL, vec![body(), body()]).is_none());
        assert!(desk.bodies(PeerId(2), Want::Block(Hash::ZERO), vec![body()]).is_none());
        drop(desk);
        assert_eq!(
            runs(inbox),
            ["looked at", "block done", "looked at", "looked at", "chain done"]
        );
    }

    /// R20: what is made up costs whoever gets it a look at headers, not at bodies.
    #[test]
    fn of_a_chain_with_a_forged_header_no_body_is_looked_at() {
        let (desk, inbox) = desk();
        let mut forged = block(&derive_test_key("checker", "somebody else"));
        forged.hash = Hash([1; 32]);
        let chain = vec![body(), body(), forged];
        assert!(desk.bodies(PeerId(1), CHAIN_OF_ALL, chain).is_none());
        drop(desk);
        assert_eq!(runs(inbox), ["forged", "chain done"]);
    }

    /// A4: bodies are bounded by bytes from when they come until the engine has looked at them.
    #[test]
    fn bodies_before_the_checker_are_bounded_by_their_bytes() {
        let (desk, mut inbox) = desk();
        let (body, want, bytes) = (body(), Want::Block(Hash::ZERO), 1_000);
        let answer = || desk.bodies(PeerId(1), want, vec![UncheckedBody { bytes, ..body.clone() }]);
        let left = u32::try_from(BODY_BYTES - bytes + 1).unwrap();
        let others = Arc::clone(&desk.room).try_acquire_many_owned(left).unwrap();
        assert!(matches!(answer(), Some(Turned::Bodies { .. })), "there is a byte too little");
        drop(others);
        assert!(answer().is_none(), "it finds room");
        let room = inbox.singles.try_recv().expect("it is there").room;
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
        assert!(desk.bodies(PeerId(1), CHAIN_OF_ALL, vec![body()]).is_none());
        let (batch, answer) = checker.gather(transactions()).await;
        assert_eq!((batch.len(), answer.map(|answer| answer.bodies.len())), (1, Some(1)));
    }
}
