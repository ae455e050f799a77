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
use tokio::sync::mpsc;
use weft_consensus::{PeerId, Want};
use weft_types::check::{Known, check_block, check_txs, shares_of, txs_of};
use weft_types::codec::CodecError;
use weft_types::{Block, BlockHash, Canonical, ChainId, CheckedTx, Hash, Params, Tx};

/// How many jobs may wait.
pub const JOBS: usize = 256;

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
    mut jobs: mpsc::Receiver<Job>,
    events: &mpsc::Sender<Event>,
    params: &Params,
    chain: &ChainId,
) {
    let mut seals = Seals::default();
    let mut rng = crate::entropy::generator();
    while let Some(job) = jobs.blocking_recv() {
        let event = match job {
            Job::Bundle { source, data } => match Vec::<Tx>::from_bytes(&data) {
                Ok(txs) => check_bundle(source, txs, (params, chain), &mut seals, &mut rng),
                Err(error) => Event::Txs { source, checked: Err(error) },
            },
            Job::Txs { source, txs } => {
                check_bundle(source, txs, (params, chain), &mut seals, &mut rng)
            }
            Job::Done { from, want } => Event::Fetched { from, want },
            Job::Body { from, hash, block } => {
                let checked = check_block(*block, (params, chain), &seals, &mut rng).map(Arc::new);
                if let Ok(block) = &checked {
                    txs_of(block).iter().for_each(|tx| seals.remember(*tx.seal()));
                    shares_of(block).iter().for_each(|share| seals.remember(*share.seal()));
                }
                Event::Body { from, hash, checked }
            }
        };
        if events.blocking_send(event).is_err() {
            return;
        }
    }
}

fn check_bundle(
    source: Source,
    txs: Vec<Tx>,
    rules: (&Params, &ChainId),
    seals: &mut Seals,
    rng: &mut crate::entropy::Generator,
) -> Event {
    let checked = check_txs(txs, rules, seals, rng);
    checked.iter().flatten().for_each(|tx: &CheckedTx| seals.remember(*tx.seal()));
    Event::Txs { source, checked: Ok::<_, CodecError>(checked) }
}
