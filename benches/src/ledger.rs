//! `bench ledger`: plain transfers between random accounts, signatures already checked,
//! state root included, on one thread; and what the state takes in time and memory.

use crate::chain::{self, ChainError, Maker, Spread, key, map_seed, ms, replay, spread};
use crate::host::{Host, Memory, memory};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde::Serialize;
use std::time::Instant;
use weft_ledger::forks::Forks;
use weft_ledger::state::Entry;
use weft_types::genesis::GenesisAccount;
use weft_types::{Call, CheckedBlock, Genesis, Hash, Nonce, PublicKey, Rao};

/// What each account has at the start.
const START: Rao = Rao(1_000_000_000);

/// What is run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LedgerPlan {
    /// Accounts of the genesis.
    pub accounts: u32,
    /// Blocks.
    pub blocks: u32,
    /// Transfers in each.
    pub txs: u32,
    /// Everything random follows from it.
    pub seed: u64,
}

/// The result of a run.
#[derive(Clone, Debug, Serialize)]
pub struct LedgerReport {
    /// What was run.
    pub plan: LedgerPlan,
    /// Transfers a second, running and finalising.
    pub transfers_per_s: f64,
    /// A block, running and finalising.
    pub block_ms: Spread,
    /// Running a block, root included.
    pub execute_ms: Spread,
    /// Making a block final.
    pub finalize_ms: Spread,
    /// The rules alone, in a run of their own.
    pub rules_ms: Spread,
    /// Layer, tree and root alone, in the same.
    pub root_ms: Spread,
    /// What the state takes.
    pub state: StateCost,
    /// The sum over the whole state, in milliseconds.
    pub audit_ms: f64,
    /// The root after the last block; two runs gave the same.
    pub state_root: Hash,
    /// Threads used.
    pub threads: u8,
    /// Where it ran.
    pub machine: Host,
}

/// What a state of that many accounts takes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StateCost {
    /// The first state from the genesis, in milliseconds.
    pub genesis_ms: f64,
    /// The same state from stored entries, in milliseconds.
    pub restore_ms: f64,
    /// By how much the process grew for it, in MiB.
    pub rss_mib: u64,
    /// The same for each account, in bytes.
    pub bytes_per_account: u64,
    /// The process at the end of the run.
    pub process: Memory,
}

/// Runs it.
///
/// # Errors
/// [`ChainError`] when there is no load, or a check fails.
pub fn run(plan: LedgerPlan, say: &dyn Fn(&str)) -> Result<LedgerReport, ChainError> {
    if plan.accounts < 2 || plan.blocks == 0 || plan.txs == 0 {
        return Err(ChainError::Load("--accounts must be at least 2, --blocks and --txs positive"));
    }
    let (genesis, keys) = genesis(plan);
    let before = memory().rss_mib;
    let start = Instant::now();
    let first = Forks::new(&genesis, map_seed(plan.seed, 1))?;
    let genesis_ms = ms(start);
    let rss_mib = memory().rss_mib.saturating_sub(before);
    let entries = stored(&first);
    let root = first.root_of(&genesis.block_hash()).unwrap_or_default();
    say("making the blocks");
    let mut maker = Maker::new(genesis, first, ChaCha8Rng::seed_from_u64(plan.seed));
    let blocks = blocks(&mut maker, plan, &keys)?;
    let start = Instant::now();
    let want = maker.audit()?;
    let audit_ms = ms(start);
    let Maker { genesis, halves, .. } = maker;
    let start = Instant::now();
    let at = (genesis.block_hash(), root);
    let second = Forks::restore(&genesis, at, entries, map_seed(plan.seed, 2))?;
    let restore_ms = ms(start);
    say("running them");
    let (timings, supply) = replay(&genesis, second, &blocks)?;
    if supply != want {
        return Err(ChainError::Load("two runs end with different totals; report this"));
    }
    let seconds = timings.iter().map(chain::Timing::total).sum::<f64>() / 1e3;
    let transfers = f64::from(plan.blocks) * f64::from(plan.txs);
    Ok(LedgerReport {
        plan,
        transfers_per_s: transfers / seconds,
        block_ms: spread(timings.iter().map(chain::Timing::total)),
        execute_ms: spread(timings.iter().map(|t| t.execute)),
        finalize_ms: spread(timings.iter().map(|t| t.finalize)),
        rules_ms: spread(halves.iter().map(|h| h.0)),
        root_ms: spread(halves.iter().map(|h| h.1)),
        state: StateCost {
            genesis_ms,
            restore_ms,
            rss_mib,
            bytes_per_account: (rss_mib << 20) / u64::from(plan.accounts),
            process: memory(),
        },
        audit_ms,
        state_root: blocks.last().map_or(root, |b| b.header().state_root),
        threads: 1,
        machine: Host::here(),
    })
}

/// A genesis of many equal accounts, and their keys in order.
fn genesis(plan: LedgerPlan) -> (Genesis, Vec<PublicKey>) {
    let mut keys: Vec<_> = (0..plan.accounts).map(|n| key(1, plan.seed, n)).collect();
    keys.sort_unstable();
    let mut genesis = chain::genesis("bench ledger");
    genesis.accounts = keys.iter().map(|k| GenesisAccount { key: *k, free: START }).collect();
    let limits = &mut genesis.params.limits;
    limits.block_calls = limits.block_calls.max(plan.txs);
    limits.block_bytes = limits.block_bytes.max(plan.txs.saturating_mul(256));
    (genesis, keys)
}

/// Every value of a final state, as it comes from a disk.
fn stored(forks: &Forks) -> Vec<Entry> {
    let entry = |(key, slot, value): (&_, u32, &weft_ledger::state::Value)| Entry {
        key: *key,
        slot,
        value: value.clone(),
    };
    forks.entries().map(entry).collect()
}

fn blocks(
    maker: &mut Maker,
    plan: LedgerPlan,
    keys: &[PublicKey],
) -> Result<Vec<CheckedBlock>, ChainError> {
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed ^ u64::MAX);
    let mut nonces = vec![0_u64; keys.len()];
    let mut one = || {
        let pick = |n: u32| usize::try_from(n % plan.accounts).unwrap_or(0);
        let from = pick(rng.next_u32());
        let to = (from + 1 + pick(rng.next_u32() % (plan.accounts - 1))) % keys.len();
        let nonce = Nonce(nonces[from]);
        nonces[from] += 1;
        let amount = Rao(u64::from(rng.next_u32() % 1_000) + 1_000);
        (keys[from], nonce, Call::Transfer { to: keys[to], amount, open: false })
    };
    let mut blocks = Vec::new();
    for _ in 0..plan.blocks {
        let calls = (0..plan.txs).map(|_| one()).collect();
        let txs = maker.check(calls)?;
        blocks.push(maker.block(txs)?);
    }
    Ok(blocks)
}
