//! A chain in memory for the ledger's benches: blocks made by one ledger, then run by
//! another one that is timed.
//!
//! 1. a [`Maker`] assembles and seals the blocks on its own states; nothing is timed but
//!    the two halves of its work, rules and tree;
//! 2. [`replay`] hands them to `Executor::execute` of a second ledger, whose map is keyed
//!    otherwise, compares every state root with the header's, and finalises as a node
//!    does: two blocks behind the head;
//! 3. both ledgers must conserve money to the rao.

use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::time::Instant;
use weft_ledger::forks::{AuditError, Forks, Refusal, RestoreError};
use weft_ledger::query;
use weft_ledger::rules::{BlockInput, EpochReceipt};
use weft_ledger::state::Seed;
use weft_ledger::state::value::{Account, Supply};
use weft_types::block::proof_root;
use weft_types::check::{Known, TxError, check_txs, seal_block};
use weft_types::executor::{Draft, Executor};
use weft_types::genesis::{GenesisError, GenesisVoter};
use weft_types::{
    BlockHash, Call, ChainId, ChainTag, CheckedBlock, CheckedTx, Genesis, Hash, Header, Height,
    Millis, Network, Nonce, Params, Power, PublicKey, Rao, Round, SecretKey, Signature, Slot, Tx,
    TxBody, Work,
};

/// How many blocks a node's last final one is behind the block that it runs.
const BEHIND: usize = 2;

/// What every transfer pays.
const FEE: Rao = Rao(10_000);

/// Why a bench of the ledger has no result.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The genesis is not good.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// A state could not be restored.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// A transaction is not good.
    #[error(transparent)]
    Tx(#[from] TxError),
    /// A block was refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Money was made or lost.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// Two runs of one block differ.
    #[error("block {height} has state root {want}, the second run gave {got}")]
    Root {
        /// Which block.
        height: u64,
        /// The root of the first run.
        want: Hash,
        /// The root of the second.
        got: Hash,
    },
    /// A block would not take all that it was offered.
    #[error("block {height} took {taken} of {offered} transactions; offer fewer")]
    Dropped {
        /// Which block.
        height: u64,
        /// How many it took.
        taken: usize,
        /// How many there were.
        offered: usize,
    },
    /// A call of the load failed.
    #[error("{failed} calls of block {height} failed: the load is not what it says")]
    Failed {
        /// Which block.
        height: u64,
        /// How many.
        failed: usize,
    },
    /// Epochs were lost, doubled, or too many for one block.
    #[error("{0}")]
    Epochs(String),
    /// The arguments make no load.
    #[error("{0}")]
    Load(&'static str),
}

/// The middle and the tail of many times.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Spread {
    /// Half of them took no longer, in milliseconds.
    pub p50: f64,
    /// 99 of 100 took no longer, in milliseconds.
    pub p99: f64,
    /// The longest, in milliseconds.
    pub max: f64,
}

/// The spread of times in milliseconds.
#[must_use]
pub fn spread(times: impl IntoIterator<Item = f64>) -> Spread {
    let mut times: Vec<f64> = times.into_iter().collect();
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100).max(1);
        times.get(rank - 1).copied().unwrap_or_default()
    };
    Spread { p50: at(50), p99: at(99), max: at(100) }
}

/// Milliseconds since a moment.
#[must_use]
pub fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

/// The generator and the seed of a state's map that follow from a bench's seed.
#[must_use]
pub const fn map_seed(seed: u64, which: u64) -> Seed {
    Seed([seed, which, 3, 4])
}

/// The secret key of the one voter.
#[must_use]
pub fn voter() -> SecretKey {
    SecretKey::from_seed([1; 32])
}

/// A genesis of the bench preset with one voter and nothing else.
#[must_use]
pub fn genesis(name: &str) -> Genesis {
    let hotkey = voter().public();
    Genesis {
        network: Network::Bench,
        name: name.to_owned(),
        genesis_time: Millis(0),
        rules: weft_types::rules::GenesisRules::default(),
        params: Params::preset(Network::Bench),
        voters: vec![GenesisVoter { hotkey, coldkey: hotkey, power: Power(1) }],
        accounts: Vec::new(),
        stakes: Vec::new(),
        subnets: Vec::new(),
    }
}

/// A key that nobody holds the secret of: signatures are outside of what is measured.
#[must_use]
pub fn key(kind: u8, seed: u64, n: u32) -> PublicKey {
    let mut bytes = [0; 13];
    bytes[0] = kind;
    bytes[1..9].copy_from_slice(&seed.to_le_bytes());
    bytes[9..].copy_from_slice(&n.to_le_bytes());
    PublicKey(Hash::of(weft_types::hash::Domain::TestKey, &bytes).0)
}

/// Takes every signature as looked at before.
struct Seen;

impl Known for Seen {
    fn knows(&self, _: &Hash) -> bool {
        true
    }
}

/// Makes blocks on states of its own.
pub struct Maker {
    /// What the chain starts from.
    pub genesis: Genesis,
    forks: Forks,
    chain: ChainId,
    voter: SecretKey,
    path: Vec<BlockHash>,
    rng: ChaCha8Rng,
    /// Milliseconds of each block in the rules, and in tree and layer.
    pub halves: Vec<(f64, f64)>,
    /// The epochs that ran, with their heights.
    pub epochs: Vec<(u64, EpochReceipt)>,
}

impl Maker {
    /// On the first state of a chain.
    #[must_use]
    pub fn new(genesis: Genesis, forks: Forks, rng: ChaCha8Rng) -> Self {
        let (chain, path) = (genesis.chain_id(), vec![genesis.block_hash()]);
        Self {
            genesis,
            forks,
            chain,
            voter: voter(),
            path,
            rng,
            halves: Vec::new(),
            epochs: Vec::new(),
        }
    }

    /// The height of the last block.
    #[must_use]
    pub fn height(&self) -> u64 {
        u64::try_from(self.path.len() - 1).unwrap_or(u64::MAX)
    }

    /// A checked call, as a node has it in its pool.
    ///
    /// # Errors
    /// [`ChainError::Tx`] when it is not good by itself.
    pub fn check(
        &mut self,
        calls: Vec<(PublicKey, Nonce, Call)>,
    ) -> Result<Vec<CheckedTx>, ChainError> {
        let tx = |(signer, nonce, call): (PublicKey, Nonce, Call)| {
            let fee = if call.is_free() { Rao::ZERO } else { FEE };
            let chain = ChainTag::of(&self.chain);
            let body = TxBody { chain, signer, nonce, fee, valid_until: None, call };
            Tx { body, signature: Signature([7; 64]) }
        };
        let txs = calls.into_iter().map(tx).collect();
        let checked = check_txs(txs, (&self.genesis.params, &self.chain), &Seen, &mut self.rng);
        Ok(checked.into_iter().collect::<Result<_, _>>()?)
    }

    /// The next block with all of these transactions.
    ///
    /// # Errors
    /// [`ChainError`] when it can't be made, or not with all of them.
    pub fn block(&mut self, txs: Vec<CheckedTx>) -> Result<CheckedBlock, ChainError> {
        let (draft, offered) = (self.draft(), txs.len());
        self.halve(&draft, &txs)?;
        let made = self.forks.assemble(&draft, txs)?;
        let (height, taken) = (draft.header.height.0, made.txs.len());
        if taken != offered {
            return Err(ChainError::Dropped { height, taken, offered });
        }
        let hash = made.header.hash();
        let receipts = self.forks.receipts(&hash).unwrap_or_default();
        self.epochs.extend(receipts.epochs.iter().map(|epoch| (height, epoch.clone())));
        let failed = receipts.txs.iter().filter(|tx| tx.result.is_err()).count();
        if failed > 0 {
            return Err(ChainError::Failed { height, failed });
        }
        self.path.push(hash);
        if let Some(last) = self.path.iter().rev().nth(BEHIND) {
            self.forks.finalize(last);
            drop(self.forks.take_final());
        }
        Ok(seal_block(made.header, (&self.voter, &self.chain), vec![], None, made.txs))
    }

    /// Runs the block once by hand, to time the rules and the tree apart.
    fn halve(&mut self, draft: &Draft, txs: &[CheckedTx]) -> Result<(), ChainError> {
        let parent = draft.header.parent;
        let view = self.forks.view(&parent).ok_or(Refusal::UnknownParent { parent })?;
        let txs = txs.iter().map(Into::into).collect();
        let work =
            BlockInput { header: &draft.header, finality: draft.finality, items: vec![], txs };
        let start = Instant::now();
        let outcome = self.forks.ledger().execute(&view, work).map_err(Refusal::from)?;
        let rules = ms(start);
        let start = Instant::now();
        std::hint::black_box(view.grow(outcome.changes).root());
        self.halves.push((rules, ms(start)));
        Ok(())
    }

    fn draft(&self) -> Draft {
        let height = self.height() + 1;
        let header = Header {
            version: self.genesis.rules.version,
            signal: weft_types::RulesId::NONE,
            slot: Slot(height),
            round: Round(height),
            height: Height(height),
            parent: self.path.last().copied().unwrap_or_default(),
            proposer: self.voter.public(),
            txs_root: Hash::ZERO,
            proof_root: proof_root(&[], None),
            state_root: Hash::ZERO,
            work: Work::ZERO,
        };
        let finality = self.genesis.finality();
        Draft { header, proof: vec![], catch_up: None, finality }
    }

    /// The states of the blocks that are not final yet, and the last final one.
    #[must_use]
    pub const fn forks(&self) -> &Forks {
        &self.forks
    }

    /// An account in the last state; one that is not open is empty.
    #[must_use]
    pub fn account(&self, key: &PublicKey) -> Account {
        let view = self.path.last().and_then(|head| self.forks.view(head));
        view.map(|view| query::account(&view, key)).unwrap_or_default()
    }

    /// Sums up the last state.
    ///
    /// # Errors
    /// [`AuditError`] when money was made or lost.
    pub fn audit(&self) -> Result<Supply, AuditError> {
        self.forks.audit(self.path.last().unwrap_or(&Hash::ZERO))
    }
}

/// How long a block took.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Running it, state root included, in milliseconds.
    pub execute: f64,
    /// Making the block two before it final, in milliseconds.
    pub finalize: f64,
    /// How many epochs ran in it.
    pub epochs: usize,
}

impl Timing {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.execute + self.finalize
    }
}

/// Runs blocks on a ledger as a node does, and sums up its last state.
///
/// # Errors
/// [`ChainError`] when a block is refused, has another root, or money was made or lost.
pub fn replay(
    genesis: &Genesis,
    mut forks: Forks,
    blocks: &[CheckedBlock],
) -> Result<(Vec<Timing>, Supply), ChainError> {
    let mut timings = Vec::with_capacity(blocks.len());
    let (mut path, finality) = (Vec::new(), genesis.finality());
    for block in blocks {
        let start = Instant::now();
        let got = forks.execute(block, finality)?.state_root;
        let execute = ms(start);
        let want = block.header().state_root;
        if got != want {
            return Err(ChainError::Root { height: block.header().height.0, want, got });
        }
        let epochs = forks.receipts(&block.hash()).map_or(0, |r| r.epochs.len());
        path.push(block.hash());
        let start = Instant::now();
        if let Some(last) = path.iter().rev().nth(BEHIND) {
            forks.finalize(last);
            drop(forks.take_final());
        }
        timings.push(Timing { execute, finalize: ms(start), epochs });
    }
    let head = path.last().copied().unwrap_or_else(|| genesis.block_hash());
    let supply = forks.audit(&head)?;
    Ok((timings, supply))
}
