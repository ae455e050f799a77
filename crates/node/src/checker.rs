//! The checker: one thread that verifies what is heavy, so that the engine never
//! waits for a signature of a stranger.
//!
//! Transactions and bodies go in as bytes or values and come back to the engine as
//! `Checked*`. Each good signature is remembered by its seal, so a transaction that
//! was verified for the pool is not verified again in a block. When the checker is
//! behind, the engine drops the job: gossip and fetching will bring it again.

use crate::event::{Event, Source};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use weft_consensus::{PeerId, Want};
use weft_types::check::{Known, check_block, check_txs, shares_of, txs_of};
use weft_types::codec::CodecError;
use weft_types::{Block, BlockHash, Canonical, ChainId, Hash, Params, Tx};

/// How many jobs may wait.
pub const JOBS: usize = 256;

/// How long transactions wait for others to be verified with.
const LINGER: Duration = Duration::from_millis(10);

/// Transactions that are enough for a batch.
const ENOUGH: usize = 512;

/// How many seals are remembered: some minutes of full blocks.
const SEALS: usize = 400_000;

/// Something to verify.
#[derive(Debug)]
pub enum Job {
    /// Transactions, still encoded.
    Bundle {
        /// Where they came from.
        source: Source,
        /// A canonical list of transactions.
        data: Vec<u8>,
    },
    /// Transactions, decoded one by one by the RPC.
    Txs {
        /// Where they came from.
        source: Source,
        /// The transactions.
        txs: Vec<Tx>,
    },
    /// The body of a block.
    Body {
        /// Who sent it.
        from: PeerId,
        /// The block it should be.
        hash: BlockHash,
        /// The body.
        block: Box<Block>,
    },
    /// Behind the last body of an answer.
    Done {
        /// Who answered.
        from: PeerId,
        /// What was asked.
        want: Want,
    },
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

/// Verifies jobs until their channel closes. Runs on a thread of its own.
pub fn run(
    jobs: mpsc::Receiver<Job>,
    events: &mpsc::Sender<Event>,
    params: &Params,
    chain: &ChainId,
) -> std::io::Result<()> {
    let timer = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let (seals, rng) = (Seals::default(), crate::entropy::generator());
    let mut checker = Checker { jobs, seals, rng, rules: (params, chain) };
    while let Some(first) = checker.jobs.blocking_recv() {
        let (batch, other) = timer.block_on(checker.gather(first));
        for event in checker.check(batch).into_iter().chain(other.map(|job| checker.one(job))) {
            if events.blocking_send(event).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

struct Checker<'a> {
    jobs: mpsc::Receiver<Job>,
    seals: Seals,
    rng: crate::entropy::Generator,
    rules: (&'a Params, &'a ChainId),
}

/// Transactions that are verified together, with the places they came from.
type Batch = Vec<(Source, Result<Vec<Tx>, CodecError>)>;

impl Checker<'_> {
    /// Collects transactions for a moment: a batch of hundreds costs half of what they
    /// cost alone. A body is not kept waiting; it is given beside the batch.
    async fn gather(&mut self, first: Job) -> (Batch, Option<Job>) {
        let until = Instant::now() + LINGER;
        let (mut batch, mut count, mut next) = (Batch::new(), 0, Some(first));
        while let Some(job) = next {
            let (source, txs) = match job {
                Job::Bundle { source, data } => (source, Vec::<Tx>::from_bytes(&data)),
                Job::Txs { source, txs } => (source, Ok(txs)),
                other => return (batch, Some(other)),
            };
            count += txs.as_ref().map_or(0, Vec::len);
            batch.push((source, txs));
            next = match count {
                ENOUGH.. => None,
                _ => timeout_at(until, self.jobs.recv()).await.unwrap_or_default(),
            };
        }
        (batch, None)
    }

    /// Verifies a batch as one and gives each source its own verdicts.
    fn check(&mut self, batch: Batch) -> Vec<Event> {
        let sizes: Vec<_> = batch.iter().map(|(_, txs)| txs.as_ref().map_or(0, Vec::len)).collect();
        let (sources, lists): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let errors: Vec<_> = lists.iter().map(|txs| txs.as_ref().err().cloned()).collect();
        let all: Vec<Tx> = lists.into_iter().flatten().flatten().collect();
        let verdicts = check_txs(all, self.rules, &self.seals, &mut self.rng);
        verdicts.iter().flatten().for_each(|tx| self.seals.remember(*tx.seal()));
        let mut verdicts = verdicts.into_iter();
        let events = sources.into_iter().zip(sizes).zip(errors);
        events
            .map(|((source, size), error)| {
                let mine = verdicts.by_ref().take(size).collect();
                Event::Txs { source, checked: error.map_or(Ok(mine), Err) }
            })
            .collect()
    }

    /// A body, or the word behind the last one.
    fn one(&mut self, job: Job) -> Event {
        match job {
            Job::Done { from, want } => Event::Fetched { from, want },
            Job::Body { from, hash, block } => {
                let checked = check_block(*block, self.rules, &self.seals, &mut self.rng);
                let checked = checked.map(Arc::new);
                if let Ok(block) = &checked {
                    txs_of(block).iter().for_each(|tx| self.seals.remember(*tx.seal()));
                    shares_of(block).iter().for_each(|s| self.seals.remember(*s.seal()));
                }
                Event::Body { from, hash, checked }
            }
            Job::Bundle { source, data } => {
                let txs = Vec::<Tx>::from_bytes(&data);
                self.check(vec![(source, txs)]).pop().unwrap_or(Event::Tick)
            }
            Job::Txs { source, txs } => {
                self.check(vec![(source, Ok(txs))]).pop().unwrap_or(Event::Tick)
            }
        }
    }
}
