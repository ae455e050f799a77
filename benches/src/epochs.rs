//! `bench epochs`: what a block costs in which no, one or two epochs run.
//!
//! 1. Every validator writes a full row in every subnet, in blocks before the first epoch.
//! 2. All subnets are due at one height (their numbers are a tempo apart, so genesis does
//!    not stagger them). The cap on epochs in a block spreads them over the blocks that
//!    follow: each must run exactly once there, and nowhere else.
//! 3. The first pass makes the bonds; only later passes are timed.
//!
//! One chain for each cap, from 1 up, so that blocks with fewer epochs are timed as well.

use crate::chain::{self, ChainError, Maker, Spread, Timing, key, map_seed, replay, spread};
use crate::host::{Host, Memory, memory};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde::Serialize;
use std::collections::BTreeMap;
use weft_ledger::forks::Forks;
use weft_types::genesis::{GenesisNeuron, GenesisStake, GenesisSubnet};
use weft_types::units::RAO_PER_TAO;
use weft_types::{
    Call, CheckedBlock, Genesis, Hash, Height, Netuid, Nonce, PublicKey, Rao, Uid, WeightRow,
};

/// What is run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EpochsPlan {
    /// Started subnets.
    pub subnets: u16,
    /// Neurons of each.
    pub uids: u16,
    /// Validators with a full row in each; they are the same in all.
    pub validators: u16,
    /// The most epochs in a block.
    pub cap: u16,
    /// Blocks between two epochs of a subnet.
    pub tempo: u16,
    /// Timed passes over all subnets.
    pub passes: u16,
    /// Everything random follows from it.
    pub seed: u64,
}

/// The result of a run.
#[derive(Clone, Debug, Serialize)]
pub struct EpochsReport {
    /// What was run.
    pub plan: EpochsPlan,
    /// Blocks by the number of epochs in them.
    pub blocks: Vec<EpochBlocks>,
    /// In how many blocks the subnets ran that were all due at once, by cap from 1 up.
    pub spread_over: Vec<u16>,
    /// The roots after the last block, by cap; two runs gave the same.
    pub state_roots: Vec<Hash>,
    /// The process at the end.
    pub process: Memory,
    /// Threads used.
    pub threads: u8,
    /// Where it ran.
    pub machine: Host,
}

/// The blocks with one number of epochs.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EpochBlocks {
    /// How many epochs.
    pub epochs: usize,
    /// How many blocks.
    pub blocks: usize,
    /// Running and finalising one.
    pub block_ms: Spread,
    /// Running it, root included.
    pub execute_ms: Spread,
}

/// Runs it.
///
/// # Errors
/// [`ChainError`] when there is no load, or a check fails.
pub fn run(plan: EpochsPlan, say: &dyn Fn(&str)) -> Result<EpochsReport, ChainError> {
    check(plan)?;
    let mut by_epochs: BTreeMap<usize, Vec<Timing>> = BTreeMap::new();
    let (mut spread_over, mut state_roots) = (Vec::new(), Vec::new());
    for cap in 1..=plan.cap {
        say(&format!("a chain with at most {cap} epochs in a block"));
        let plan = EpochsPlan { cap, ..plan };
        let (timings, root) = timed(plan)?;
        for timing in timings {
            by_epochs.entry(timing.epochs).or_default().push(timing);
        }
        spread_over.push(plan.subnets.div_ceil(cap));
        state_roots.push(root);
    }
    let of = |(epochs, timings): (usize, Vec<Timing>)| EpochBlocks {
        epochs,
        blocks: timings.len(),
        block_ms: spread(timings.iter().map(Timing::total)),
        execute_ms: spread(timings.iter().map(|t| t.execute)),
    };
    Ok(EpochsReport {
        plan,
        blocks: by_epochs.into_iter().map(of).collect(),
        spread_over,
        state_roots,
        process: memory(),
        threads: 1,
        machine: Host::here(),
    })
}

/// Blocks in which rows are written, from the second on: a row that looked at genesis
/// would be as old as the neurons, and so count for none of them.
const ROW_BLOCKS: u16 = 16;

fn check(plan: EpochsPlan) -> Result<(), ChainError> {
    let last = u32::from(plan.subnets.saturating_sub(1)) * u32::from(plan.tempo) + 1;
    let load = |good: bool, text| if good { Ok(()) } else { Err(ChainError::Load(text)) };
    load(plan.cap > 0 && plan.passes > 0, "--cap and --passes must be positive")?;
    load(
        (1..=plan.uids).contains(&plan.validators) && plan.uids > 1,
        "--validators must be from 1 to --uids, and --uids at least 2",
    )?;
    load(
        plan.subnets > 0 && plan.subnets <= plan.tempo && plan.tempo > ROW_BLOCKS + 1,
        "--tempo must be at least --subnets and over 17: all run within one",
    )?;
    load(last <= u32::from(u16::MAX), "--subnets times --tempo must be under 65536")
}

/// The timed blocks of a chain, and its last root.
fn timed(plan: EpochsPlan) -> Result<(Vec<Timing>, Hash), ChainError> {
    let genesis = genesis(plan);
    let forks = |which| Forks::new(&genesis, map_seed(plan.seed, which));
    let (first, second) = (forks(1)?, forks(2)?);
    let mut maker = Maker::new(genesis, first, ChaCha8Rng::seed_from_u64(plan.seed));
    let blocks = blocks(&mut maker, plan)?;
    each_once(&maker, plan)?;
    let want = maker.audit()?;
    let (timings, supply) = replay(&maker.genesis, second, &blocks)?;
    if supply != want {
        return Err(ChainError::Load("two runs end with different totals; report this"));
    }
    let root = blocks.last().map_or(Hash::ZERO, |b| b.header().state_root);
    let timed = usize::from(plan.tempo) + usize::from(plan.subnets.div_ceil(plan.cap));
    Ok((timings.into_iter().skip(timed).collect(), root))
}

/// A tempo's worth of subnets, all due at the same height.
fn genesis(plan: EpochsPlan) -> Genesis {
    let mut genesis = chain::genesis("bench epochs");
    let stake = |uid| RAO_PER_TAO * (1_000 + 250 * (u64::from(uid) % 7));
    for at in 0..plan.subnets {
        let neuron = |uid| GenesisNeuron {
            hotkey: hotkey(plan, at, uid),
            validator_permit: uid < plan.validators,
        };
        let mut hyperparameters = genesis.params.subnet_defaults.clone();
        hyperparameters.tempo = u64::from(plan.tempo);
        hyperparameters.activity_cutoff = 1_000_000;
        hyperparameters.commit_reveal = false;
        (hyperparameters.max_uids, hyperparameters.max_validators) = (plan.uids, plan.validators);
        genesis.subnets.push(GenesisSubnet {
            netuid: netuid(plan, at),
            owner: None,
            hyperparameters,
            neurons: (0..plan.uids).map(neuron).collect(),
        });
        let staked = if at == 0 { 0 } else { plan.validators };
        genesis.stakes.extend((staked..plan.uids).map(|uid| GenesisStake {
            hotkey: hotkey(plan, at, uid),
            coldkey: key(4, plan.seed, u32::from(uid)),
            stake: Rao(if uid < plan.validators { stake(uid) } else { 0 }),
        }));
    }
    genesis.stakes.sort_unstable_by_key(|s| s.hotkey);
    genesis.params.max_epochs_per_block = plan.cap;
    let limits = &mut genesis.params.limits;
    (limits.block_bytes, limits.free_bytes) = (64 << 20, 60 << 20);
    genesis
}

fn netuid(plan: EpochsPlan, at: u16) -> Netuid {
    Netuid(1 + at * plan.tempo)
}

/// Validators have one hotkey for all subnets, miners one for each.
fn hotkey(plan: EpochsPlan, at: u16, uid: u16) -> PublicKey {
    if uid < plan.validators {
        return key(2, plan.seed, u32::from(uid));
    }
    key(3, plan.seed, u32::from(at) * u32::from(u16::MAX) + u32::from(uid))
}

fn blocks(maker: &mut Maker, plan: EpochsPlan) -> Result<Vec<CheckedBlock>, ChainError> {
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed ^ u64::MAX);
    let mut blocks = Vec::new();
    let last = plan.tempo * (plan.passes + 1) + plan.subnets.div_ceil(plan.cap);
    for height in 1..last {
        let mut rows = Vec::new();
        for at in (0..plan.subnets).filter(|at| height == 2 + at % ROW_BLOCKS) {
            for uid in 0..plan.validators {
                let view = Height(u64::from(height - 1));
                let row = row((netuid(plan, at), view), plan.uids, &mut rng);
                rows.push((hotkey(plan, at, uid), Nonce::ZERO, Call::SetWeights { row }));
            }
        }
        let txs = maker.check(rows)?;
        blocks.push(maker.block(txs)?);
    }
    Ok(blocks)
}

fn row((netuid, view): (Netuid, Height), uids: u16, rng: &mut ChaCha8Rng) -> WeightRow {
    let score = || u16::try_from(rng.next_u32() >> 16).unwrap_or(u16::MAX).max(1);
    let values = std::iter::repeat_with(score).take(usize::from(uids)).collect();
    WeightRow { netuid, uids: (0..uids).map(Uid).collect(), values, version_key: 0, view }
}

/// In every pass each subnet runs once, as early as the cap lets it, and pays; no epoch
/// runs elsewhere.
fn each_once(maker: &Maker, plan: EpochsPlan) -> Result<(), ChainError> {
    let wrong = |text: String| Err(ChainError::Epochs(text));
    for pass in 1..=u64::from(plan.passes) + 1 {
        for at in 0..plan.subnets {
            let height = pass * u64::from(plan.tempo) + u64::from(at / plan.cap);
            let netuid = netuid(plan, at);
            let ran = maker.epochs.iter().filter(|e| e.0 == height && e.1.netuid == netuid);
            match ran.collect::<Vec<_>>().as_slice() {
                [(_, receipt)] if receipt.validators > Rao::ZERO => {}
                [_] => return wrong(format!("subnet {netuid} paid no validator at {height}")),
                list => {
                    let times = list.len();
                    return wrong(format!(
                        "subnet {netuid} ran {times} times at {height}, not once"
                    ));
                }
            }
        }
    }
    let (ran, want) =
        (maker.epochs.len(), usize::from(plan.subnets) * (usize::from(plan.passes) + 1));
    if ran == want { Ok(()) } else { wrong(format!("{ran} epochs ran, {want} were due")) }
}
